"""`/find` and `/view`: an enterprise with its people and reports, and one report with all its revisions.

What was submitted is shown whole, and only that: a draft is its reporter's alone, as it is for everybody who is linked.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from dialogs.filed import changes_between
from dialogs.form import Form, Forms
from dialogs.numbers import fold_width
from dialogs.office.authority import Action, OfficeFacts
from dialogs.office.moving import OrderTransfer
from dialogs.office.orders import Seek, read_period
from dialogs.office.overview import state_words
from dialogs.office.returning import OrderReturn
from dialogs.people import mask_phone
from dialogs.periods import SHANGHAI, Period, due_period
from dialogs.reading import (
    Dossier,
    Filing,
    Revision,
    Standing,
    change_line,
    leafing,
    leaves_of,
    one_by_one,
    place_of,
    return_lines,
    sections_of,
    standings,
    submission_lines,
    title_line,
)
from dialogs.report import Entered, ReportState
from dialogs.turn import Button, Effect, Event, Page, Turn, Words, text

_REVISION = re.compile(r"第?([1-9][0-9]?)版?", re.ASCII)


# ---- what is read


@dataclass(frozen=True, slots=True)
class Card:
    """An enterprise at a glance.

    Args:
        id, name, code, district, category: which one.
        state: of the report that is due, None without one.
        reporter, mobile: name and whole number of its reporter, both empty without one.
    """

    id: int
    name: str
    code: str
    district: str
    category: str
    state: ReportState | None
    reporter: str
    mobile: str


@dataclass(frozen=True, slots=True)
class Associate:
    """Somebody who is linked: name, whole number (empty when the account was closed), since when the reporter."""

    name: str
    phone: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """An enterprise with its people, in the order of linking, and its reports."""

    card: Card
    people: tuple[Associate, ...]
    filings: Mapping[Period, Filing]


@dataclass(frozen=True, slots=True)
class Filed:
    """One report as administrators read it.

    Args:
        dossier: all that was submitted, without a draft.
        entered: the figures of the newest revision with their provenance; empty unless the report is submitted now.
        names: of those who entered them, by id.
    """

    dossier: Dossier
    entered: Mapping[str, Entered] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)


# ---- events and effects


@dataclass(frozen=True, slots=True)
class FindAny(Event):
    """Look for enterprises by code, name, a part of it or its initials."""

    query: str


@dataclass(frozen=True, slots=True)
class ShowFound(Event):
    """Show an enterprise; `again` is 1 when it takes the place of the page before."""

    enterprise: int
    again: int = 0


@dataclass(frozen=True, slots=True)
class ViewFiled(Event):
    """Show a page of a report: the newest revision when `revision` is 0; `page` is 0 when it is opened anew."""

    enterprise: int
    period: str
    revision: int = 0
    page: int = 0


@dataclass(frozen=True, slots=True)
class ViewChanges(Event):
    """Show what changed from the revision before to this one."""

    enterprise: int
    period: str
    revision: int
    page: int = 0


@dataclass(frozen=True, slots=True)
class SearchEnterprises(Effect):
    """Look for enterprises within the scope; brings `Searched`."""

    query: str
    period: Period


@dataclass(frozen=True, slots=True)
class Searched(Event):
    """Some of the enterprises that were found, and whether there are more."""

    period: Period
    found: tuple[Card, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class ReadFound(Effect):
    """Read of an enterprise within the scope; brings `FoundRead`."""

    asked: ShowFound
    period: Period
    years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FoundRead(Event):
    """An enterprise; None for one that is not in the scope."""

    asked: ShowFound
    found: Found | None


@dataclass(frozen=True, slots=True)
class ReadFiled(Effect):
    """Read a report of an enterprise within the scope; brings `FiledRead`."""

    asked: ViewFiled | ViewChanges
    period: Period


@dataclass(frozen=True, slots=True)
class FiledRead(Event):
    """A report: None when there is none; `name` is None for an enterprise that is not in the scope."""

    asked: ViewFiled | ViewChanges
    name: str | None
    filed: Filed | None


EVENTS: Mapping[type[Event], Action] = {
    FindAny: Action.FIND,
    Searched: Action.FIND,
    ShowFound: Action.FIND,
    FoundRead: Action.FIND,
    ViewFiled: Action.VIEW,
    ViewChanges: Action.VIEW,
    FiledRead: Action.VIEW,
}


def read_find(words: list[str], _: OfficeFacts) -> Event | None:
    """Read a code, a name or a part of it; blanks are part of a name."""
    return FindAny(" ".join(words)) if words else None


def read_view(words: list[str], facts: OfficeFacts) -> Event | None:
    """Read `enterprise [period] [revision]`; without a period it is the one that is due."""
    rest = list(words)
    revision, period = 0, due_period(facts.now)
    if len(rest) > 1 and (number := _REVISION.fullmatch(fold_width(rest[-1]))):
        revision = int(number[1])
        rest.pop()
    for word in rest if len(rest) > 1 else ():
        if found := read_period(word, facts.now):
            period = found
            rest.remove(word)
            break
    return Seek(" ".join(rest), ViewFiled(0, str(period), revision)) if rest else None


def step(event: Event, facts: OfficeFacts) -> Turn[None]:  # noqa: PLR0911 -- one case an event
    """Take one of `EVENTS`."""
    due = due_period(facts.now)
    match event:
        case FindAny(query):
            return Turn(None, effects=(SearchEnterprises(query, due),))
        case Searched(_, (only,)):
            return step(ShowFound(only.id), facts)
        case Searched(_, ()) | FoundRead(_, None) | FiledRead(_, None):
            return Turn(None, (Page((text("office-no-enterprise"),)),), refused=True)
        case Searched():
            return Turn(None, (_cards_page(event),))
        case ShowFound():
            return Turn(None, effects=(ReadFound(event, due, (due.year, due.year - 1)),))
        case FoundRead(asked, Found() as found):
            return Turn(None, (_found_page(asked, found, facts),))
        case ViewFiled(_, period) | ViewChanges(_, period):
            return Turn(None, effects=(ReadFiled(event, Period.parse(period)),))
        case FiledRead(asked, str(name), None):
            line = text("view-nothing", enterprise=name, period=asked.period)
            return Turn(None, (Page((line,), (_back(asked.enterprise),)),), refused=True)
        case FiledRead(asked, _, Filed() as filed):
            return Turn(None, (_filed_page(asked, filed, facts),))
        case _:
            raise AssertionError(event)


# ---- /find


def _cards_page(event: Searched) -> Page:
    lines: list[Words] = [text("find-several", period=str(event.period))]
    for number, card in enumerate(event.found, 1):
        lines += ["", text("find-name", number=number, name=card.name), *_card_lines(card)]
    lines += ["", text("office-more-matches")] if event.more else []
    rows = tuple(
        (Button(text("find-button", number=n, name=c.name), ShowFound(c.id)),) for n, c in enumerate(event.found, 1)
    )
    return Page(tuple(lines), rows)


def _card_lines(card: Card) -> tuple[Words, ...]:
    who: Words = text("missing-no-reporter")
    if card.reporter:
        who = text("missing-reporter", name=card.reporter, phone=mask_phone(card.mobile))
    state = text(f"state-{card.state.value if card.state else 'none'}")
    return (
        card.code,
        text("find-sorted", district=card.district, category=card.category),
        text("missing-state", state=state, who=who),
    )


def _found_page(asked: ShowFound, found: Found, facts: OfficeFacts) -> Page:
    card, due = found.card, due_period(facts.now)
    form = facts.forms.in_force(due)
    lines: list[Words] = [
        text("find-heading", name=card.name),
        card.code,
        text("find-sorted", district=card.district, category=card.category),
    ]
    if form is not None:
        state = state_words(due, found.filings.get(due), form, facts.now)
        lines.append(text("find-due", period=str(due), state=state))
    lines += ["", text("find-people"), *(_person_line(one) for one in found.people)]
    lines += [] if any(one.since for one in found.people) else [text("missing-no-reporter")]
    for year in (due.year, due.year - 1):
        filings = {period: filing for period, filing in found.filings.items() if period.year == year}
        lines += ["", text("find-year", year=str(year)), *_months(standings(facts.forms, year, filings, facts.now))]
    return Page(tuple(lines), _doing(found, facts), in_place=bool(asked.again))


def _person_line(one: Associate) -> Words:
    phone = mask_phone(one.phone) if one.phone else ""
    if one.since is None:
        return text("find-associate", name=one.name, phone=phone)
    since = one.since.astimezone(SHANGHAI).date().isoformat()
    return text("find-reporter", name=one.name, phone=phone, since=since)


def _months(standings_: tuple[Standing, ...]) -> list[Words]:
    """Return the months of a year, those that follow each other and stand alike in one line; the newest come first."""
    lines: list[Words] = []
    for (state, late, backfilled), group in groupby(standings_, lambda one: (one.state, one.late, one.backfilled)):
        last, *others = [one.period.month for one in group]
        first = others[-1] if others else last
        line = text(
            "find-months",
            months=f"{first}–{last}" if first != last else str(last),
            state=text(f"state-{state.value if state else 'none'}"),
            late=text("mark-late") if late else "",
            backfilled=text("mark-backfilled") if backfilled else "",
        )
        lines.append(line)
    return lines or [text("not-migrated")]


def _doing(found: Found, facts: OfficeFacts) -> tuple[tuple[Button, ...], ...]:
    """Return what can be done: the newest submission viewed, and for who may: returned, the seat moved."""
    number = found.card.id
    filed = [period for period, filing in found.filings.items() if filing.first]
    submitted = [period for period, filing in found.filings.items() if filing.state is ReportState.SUBMITTED]
    rows = []
    if filed:
        newest = str(max(filed))
        rows.append(Button(text("find-view", period=newest), ViewFiled(number, newest)))
    if submitted and facts.who and facts.who.may(Action.RETURN):
        newest = str(max(submitted))
        rows.append(Button(text("find-return", period=newest), OrderReturn(number, newest, "")))
    if facts.who and facts.who.may(Action.TRANSFER):
        rows.append(Button(text("find-transfer"), OrderTransfer(number, "")))
    return tuple((button,) for button in rows)


def _back(enterprise: int) -> tuple[Button, ...]:
    return (Button(text("button-enterprise"), ShowFound(enterprise, 1)),)


# ---- /view


def _filed_page(asked: ViewFiled | ViewChanges, filed: Filed, facts: OfficeFacts) -> Page:
    dossier = filed.dossier
    by_number = {one.revision: one for one in dossier.revisions}
    number = asked.revision
    if isinstance(asked, ViewChanges) and number in by_number and number - 1 in by_number:
        return _changes_page(asked, dossier, facts.forms)
    if number and number not in by_number:
        # A revision that there is not: which ones there are, the newest one shows.
        number = 0
    shown = by_number.get(number) or (dossier.revisions[-1] if dossier.revisions else None)
    form = facts.forms.version(shown.content.form) if shown else dossier.form
    lines = [title_line(dossier, form), text("view-state", state=text(f"state-{dossier.state.value}"))]
    for back in dossier.revisions:
        lines += _returned(dossier, back, form)
    if shown:
        lines += submission_lines(shown, len(dossier.revisions))
    sections = [one_by_one(lines) for lines in sections_of(dossier, shown, form, facts.now)]
    if shown and shown is dossier.revisions[-1]:
        sections.append(one_by_one(_origins(filed, form)))
    leaves = leaves_of(sections)
    at = place_of(asked.page, len(leaves))
    if len(leaves) > 1:
        lines.append(text("view-leaf", page=at + 1, pages=len(leaves)))
    body = ("", *leaves[at]) if leaves else (text("view-draft"),)
    enterprise, period = dossier.enterprise.id, str(dossier.period)
    revision = shown.revision if shown else 0
    rows = [*leafing(lambda page: ViewFiled(enterprise, period, revision, page), at, len(leaves))]
    others = [one.revision for one in dossier.revisions if one is not shown]
    if others:
        rows.append(
            tuple(
                Button(text("button-revision", revision=one), ViewFiled(enterprise, period, one, 1)) for one in others
            )
        )
    if revision - 1 in by_number:
        rows.append((Button(text("button-changes"), ViewChanges(enterprise, period, revision, 1)),))
    if dossier.state is ReportState.SUBMITTED and facts.who and facts.who.may(Action.RETURN):
        rows.append((Button(text("find-return", period=period), OrderReturn(enterprise, period, "")),))
    return Page((*lines, *body), (*rows, _back(enterprise)), in_place=bool(asked.page))


def _returned(dossier: Dossier, revision: Revision, form: Form) -> list[Words]:
    """Return when and why a revision was returned; nothing for one that was not."""
    back = dossier.returns.get(revision.revision)
    if back is None:
        return []
    at = back.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    return [text("view-returned", revision=revision.revision, at=at), *return_lines(dossier, revision.revision, form)]


def _origins(filed: Filed, form: Form) -> list[Words]:
    """Return by whom and how the figures were entered, and until when; all indicators by one in one line."""
    groups: dict[tuple[str, int], dict[str, datetime]] = {}
    for indicator in form.indicators:
        for cell in form.cells_of[indicator.id]:
            if entered := filed.entered.get(cell):
                labels = groups.setdefault((entered.origin.value, entered.by), {})
                labels[indicator.label] = max(entered.at, labels.get(indicator.label, entered.at))
    lines: list[Words] = [text("view-origins")] if groups else []
    for (origin, by), labels in groups.items():
        at = max(labels.values()).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
        what: Words = "、".join(labels) if len(groups) > 1 else text("view-all-indicators")
        how = text(f"origin-{origin}")
        if name := filed.names.get(by, ""):
            lines.append(text("view-origin", origin=how, by=name, at=at, labels=what))
        else:
            lines.append(text("view-origin-by-nobody", origin=how, at=at, labels=what))
    return lines


def _changes_page(asked: ViewChanges, dossier: Dossier, forms: Forms) -> Page:
    by_number = {one.revision: one for one in dossier.revisions}
    old, new = by_number[asked.revision - 1], by_number[asked.revision]
    form = forms.version(new.content.form)
    enterprise, period = dossier.enterprise.id, str(dossier.period)
    lines = [title_line(dossier, form), text("changes-heading", old=old.revision, new=new.revision)]
    lines += return_lines(dossier, old.revision, form)
    changes = changes_between(form, old.content, new.content)
    leaves = leaves_of(
        [one_by_one([change_line(one, form, dossier.period) for one in changes] or [text("changes-none")])]
    )
    at = place_of(asked.page, len(leaves))
    turns = leafing(lambda page: ViewChanges(enterprise, period, new.revision, page), at, len(leaves))
    back = (Button(text("button-return"), ViewFiled(enterprise, period, new.revision, 1)),)
    return Page((*lines, "", *leaves[at]), (*turns, back), in_place=bool(asked.page))
