"""`/broadcast` and `/remind`: a message of an office to many reporters, or to those who have not submitted.

The message of an office is asked for by a reply; that of a reminder is made from the catalogue for each person. What is
confirmed goes out by itself (`scheduler.broadcaster`): the message with the preview shows how far it is, and has the
button that stops it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Any

from dialogs.office.authority import CITY, Action, Confirmation, OfficeFacts, asked_by
from dialogs.office.orders import read_period
from dialogs.offices import CATEGORIES, read_district
from dialogs.periods import Period, deadline, due_period, fillable_periods
from dialogs.reminders import MOST_BUTTONS, Notice, Unsubmitted, reminder_page
from dialogs.texts import DEFAULT_LANGUAGE, LANGUAGES, write_out
from dialogs.turn import Button, Effect, Event, Page, Text, Turn, Words, text
from dialogs.written import bodies_of

MOST_CHARS = 1_000
"""How long the text of an office may be."""
_LEAST_OF_CATEGORY = 2
"""So many characters of a category name it."""


class Status(StrEnum):
    """How the report of the enterprises concerned stands."""

    NONE = "none"
    DRAFT = "draft"
    RETURNED = "returned"
    SUBMITTED = "submitted"
    UNSUBMITTED = "unsubmitted"
    ALL = "all"


_STATUS: Mapping[Status, Text] = {
    Status.NONE: text("state-none"),
    Status.DRAFT: text("state-draft"),
    Status.RETURNED: text("state-returned"),
    Status.SUBMITTED: text("state-submitted"),
    Status.UNSUBMITTED: text("broadcast-unsubmitted"),
    Status.ALL: text("broadcast-all"),
}
_STATUS_MEANT: Mapping[str, Status] = {
    **{status.value: status for status in Status},
    **{write_out(words, language).lower(): one for language in LANGUAGES for one, words in _STATUS.items()},
}


class Kind(StrEnum):
    """What is sent: the text of an office, or a reminder that is made for each person."""

    BROADCAST = "broadcast"
    REMIND = "remind"


class Reason(StrEnum):
    """Why a message did not arrive."""

    BLOCKED = "blocked"
    GONE = "gone"
    LONG = "long"
    STOPPED = "stopped"
    OTHER = "other"


STOPPED = "stopped"
"""What the outbox gives as the error of a message that was not sent any more."""
_REASONS: Mapping[str, Reason] = {
    STOPPED: Reason.STOPPED,
    "too long": Reason.LONG,
    "blocked": Reason.BLOCKED,
    "not found": Reason.GONE,
    "deactivated": Reason.GONE,
    "peer_id_invalid": Reason.GONE,
}


def reason_of(error: str) -> Reason:
    """Return what the error of a message in the outbox means."""
    return next((reason for part, reason in _REASONS.items() if part in error.lower()), Reason.OTHER)


@dataclass(frozen=True, slots=True)
class Audience:
    """The reporters who are meant, by their enterprises.

    Args:
        period: `YYYY-MM`, whose report counts.
        district: empty for all within the scope.
        category: empty for all.
        status: a `Status`.
    """

    period: str
    district: str
    category: str
    status: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a broadcast is, counted in people.

    Args:
        planning: the list of people is not complete yet.
        stopped: somebody has stopped it.
        over: nothing waits any more.
        sent, ambiguous, left: how many got it, perhaps got it, are still to get it.
        failed: how many did not get it, by reason.
        remaining: how long it will take yet; None when that is not known.
    """

    planning: bool = False
    stopped: bool = False
    over: bool = False
    sent: int = 0
    ambiguous: int = 0
    left: int = 0
    failed: Mapping[Reason, int] = field(default_factory=dict)
    remaining: timedelta | None = None


# ---- events and effects


@dataclass(frozen=True, slots=True)
class OrderBroadcast(Event):
    """Ask for the text, for these filters; see `Audience`."""

    period: str
    district: str
    category: str
    status: str


@dataclass(frozen=True, slots=True)
class WordBroadcast(Event):
    """The text, as the answer to the question for it."""

    period: str
    district: str
    category: str
    status: str
    words: str


@dataclass(frozen=True, slots=True)
class OrderRemind(Event):
    """Remind those who have not submitted."""

    period: str
    district: str


@dataclass(frozen=True, slots=True)
class DoBroadcast(Confirmation):
    """What was shown is to be sent."""

    period: str
    district: str
    category: str
    status: str
    words: str


@dataclass(frozen=True, slots=True)
class DoRemind(Confirmation):
    """Those who were counted are to be reminded."""

    period: str
    district: str


@dataclass(frozen=True, slots=True)
class StopBroadcast(Event):
    """What is not sent yet is not to be sent; whoever may send may stop."""

    broadcast: int


@dataclass(frozen=True, slots=True)
class CountAudience(Effect):
    """Count the people who are meant; brings `AudienceCounted`. `words` are empty for a reminder.

    Args:
        kind: a `Kind`.
        audience: whom.
        closes: the first instant after the deadline of the period, aware.
        words: the text.
    """

    kind: Kind
    audience: Audience
    closes: datetime
    words: str


@dataclass(frozen=True, slots=True)
class AudienceCounted(Event):
    """So many people are meant, and so many of these can be reached."""

    asked: CountAudience
    people: int
    reachable: int


@dataclass(frozen=True, slots=True)
class StartBroadcast(Effect):
    """Have it sent; brings `BroadcastGoes`, or `AudienceCounted` of nobody."""

    asked: CountAudience


@dataclass(frozen=True, slots=True)
class StopSending(Effect):
    """Send nothing more of it; brings `BroadcastGoes`, or `BroadcastOver`."""

    broadcast: int


@dataclass(frozen=True, slots=True)
class BroadcastGoes(Event):
    """It was started, or stopped."""

    broadcast: int
    kind: str
    audience: Audience
    progress: Progress


@dataclass(frozen=True, slots=True)
class BroadcastOver(Event):
    """It was `started` already, or there is nothing to stop: it is `over`, or none of this chat's."""

    why: str


EVENTS: Mapping[type[Event], Action] = {
    **dict.fromkeys((OrderRemind, DoRemind), Action.REMIND),
    **dict.fromkeys(
        (OrderBroadcast, WordBroadcast, DoBroadcast, StopBroadcast, AudienceCounted, BroadcastGoes, BroadcastOver),
        Action.BROADCAST,
    ),
}


# ---- commands


def read_broadcast(words: list[str], facts: OfficeFacts) -> Event | None:
    """Read `[district] [category] [status]` in any order; all reporters within the scope without them."""
    found: dict[str, str] = {}
    for word in words:
        kind, value = _filter(word, facts)
        if not value or kind in found:
            return None
        found[kind] = value
    status = found.get("status", Status.ALL.value)
    district = found.get("district", _own_district(facts))
    return OrderBroadcast(str(due_period(facts.now)), district, found.get("category", ""), status)


def read_remind(words: list[str], facts: OfficeFacts) -> Event | None:
    """Read `[period] [district]` in any order; without a period it is the one that is due."""
    period, district = None, ""
    for word in words:
        if found := read_period(word, facts.now):
            if period:
                return None
            period = found
        elif named := _district(word, facts):
            if district:
                return None
            district = named
        else:
            return None
    return OrderRemind(str(period or due_period(facts.now)), district or _own_district(facts))


def _filter(word: str, facts: OfficeFacts) -> tuple[str, str]:
    """Return what a word is, and its value; an empty value for a word that means nothing."""
    if status := _STATUS_MEANT.get(word.lower()):
        return "status", status.value
    named = [one for one in CATEGORIES if one.startswith(word)] if len(word) >= _LEAST_OF_CATEGORY else []
    if len(named) == 1:
        return "category", named[0]
    return "district", _district(word, facts)


def _district(word: str, facts: OfficeFacts) -> str:
    """Return the district within the scope that a word means; one outside of it is a word that means nothing."""
    named = read_district(word)
    return named if named and facts.who and facts.who.scope in {CITY, named} else ""


def _own_district(facts: OfficeFacts) -> str:
    scope = facts.who.scope if facts.who else CITY
    return "" if scope == CITY else scope


# ---- steps


def step(event: Event, facts: OfficeFacts) -> Turn[None]:  # noqa: PLR0911 -- one case an event
    """Take one of `EVENTS`."""
    match event:
        case OrderBroadcast(period, district, category, status):
            return Turn(None, (_ask_words(Audience(period, district, category, status)),))
        case WordBroadcast(period, district, category, status, words):
            return _worded(Audience(period, district, category, status), words.strip(), facts)
        case OrderRemind(period, district):
            return _count(Kind.REMIND, _unsubmitted(period, district), "", facts)
        case DoBroadcast(_, _, period, district, category, status, words):
            return _start(Kind.BROADCAST, Audience(period, district, category, status), words, facts)
        case DoRemind(_, _, period, district):
            return _start(Kind.REMIND, _unsubmitted(period, district), "", facts)
        case StopBroadcast(broadcast):
            return Turn(None, effects=(StopSending(broadcast),))
        case AudienceCounted():
            return Turn(None, (_preview(event, facts),))
        case BroadcastGoes(broadcast, kind, audience, progress):
            return Turn(None, (progress_page(broadcast, kind, audience, progress),))
        case BroadcastOver(why):
            return Turn(None, notice=text(f"broadcast-already-{why}"), refused=True)
        case _:
            raise AssertionError(event)


def _unsubmitted(period: str, district: str) -> Audience:
    return Audience(period, district, "", Status.UNSUBMITTED.value)


def _ask_words(audience: Audience, *why: Words) -> Page:
    """Return the page that asks for the text, with buttons for another status."""
    others = (Status.UNSUBMITTED, Status.SUBMITTED, Status.ALL)
    buttons = (
        Button(_STATUS[one], OrderBroadcast(audience.period, audience.district, audience.category, one.value))
        for one in others
        if one.value != audience.status
    )
    reply = WordBroadcast(audience.period, audience.district, audience.category, audience.status, "")
    lines = (text("broadcast-title"), _whom(audience), *why, text("broadcast-ask", most=MOST_CHARS))
    return Page(lines, (tuple(buttons),), reply=reply)


def _worded(audience: Audience, words: str, facts: OfficeFacts) -> Turn[None]:
    if not words:
        return Turn(None, (_ask_words(audience),), refused=True)
    if len(words) > MOST_CHARS:
        return Turn(None, (_ask_words(audience, text("broadcast-long", count=len(words))),), refused=True)
    return _count(Kind.BROADCAST, audience, words, facts)


def _count(kind: Kind, audience: Audience, words: str, facts: OfficeFacts) -> Turn[None]:
    asked = _asked(kind, audience, words, facts)
    # What cannot be filled any more, nobody is to be reminded of.
    if asked is None or (kind is Kind.REMIND and Period.parse(audience.period) not in fillable_periods(facts.now)):
        return _no_period(audience)
    return Turn(None, effects=(asked,))


def _start(kind: Kind, audience: Audience, words: str, facts: OfficeFacts) -> Turn[None]:
    asked = _asked(kind, audience, words, facts)
    return Turn(None, effects=(StartBroadcast(asked),)) if asked else _no_period(audience)


def _asked(kind: Kind, audience: Audience, words: str, facts: OfficeFacts) -> CountAudience | None:
    """Return what is to be counted; None for a period without a form."""
    period = Period.parse(audience.period)
    form = facts.forms.in_force(period)
    return CountAudience(kind, audience, deadline(period, form.deadline_day), words) if form else None


def _no_period(audience: Audience) -> Turn[None]:
    return Turn(None, (Page((text("office-no-period", period=audience.period),)),), refused=True)


# ---- pages


def _preview(event: AudienceCounted, facts: OfficeFacts) -> Page:
    """Return the page that shows who gets what, with the button that sends it."""
    asked, audience = event.asked, event.asked.audience
    lines = [_title(asked.kind, audience.period), _whom(audience), text("broadcast-people", count=event.reachable)]
    if event.people > event.reachable:
        lines.append(text("broadcast-unreachable", count=event.people - event.reachable))
    if not event.reachable:
        return Page((*lines, text("broadcast-nobody")), in_place=True)
    if asked.kind is Kind.REMIND:
        example = Unsubmitted(0, write_out(text("broadcast-example"), DEFAULT_LANGUAGE), None)
        shown = _reminder(Period.parse(audience.period), asked.closes, facts.now, [example]).lines
        do: Event = DoRemind(*asked_by(facts), audience.period, audience.district)
    else:
        shown = _notice(asked.words).lines
        do = DoBroadcast(
            *asked_by(facts), audience.period, audience.district, audience.category, audience.status, asked.words
        )
    return Page((*lines, text("broadcast-looks"), "", *shown), ((Button(text("button-broadcast-send"), do),),))


def progress_page(broadcast: int, kind: str, audience: Audience, progress: Progress) -> Page:
    """Return the page that shows how far a broadcast is, and at its end what became of it.

    Args:
        broadcast: its number.
        kind: a `Kind`.
        audience: whom it is for.
        progress: how far it is.
    """
    failed = sum(progress.failed.values())
    numbers = text("broadcast-numbers", sent=progress.sent, failed=failed, ambiguous=progress.ambiguous)
    lines: list[Words] = [_title(kind, audience.period), _whom(audience)]
    if progress.over:
        lines += [text("broadcast-was-stopped" if progress.stopped else "broadcast-done"), numbers]
        lines += [text(f"broadcast-failed-{reason}", count=count) for reason, count in progress.failed.items()]
        lines += [text("broadcast-ambiguous", count=progress.ambiguous)] if progress.ambiguous else []
        return Page(tuple(lines), in_place=True)
    if progress.stopped:
        return Page((*lines, text("broadcast-stopping"), numbers), in_place=True)
    lines += [numbers, text("broadcast-planning" if progress.planning else "broadcast-left", count=progress.left)]
    if progress.remaining is not None:
        lines.append(text("broadcast-remaining", minutes=ceil(progress.remaining / timedelta(minutes=1))))
    return Page(tuple(lines), ((Button(text("button-stop"), StopBroadcast(broadcast)),),), in_place=True)


def _title(kind: str, period: str) -> Words:
    return text("broadcast-title") if kind == Kind.BROADCAST else text("remind-title", period=period)


def _whom(audience: Audience) -> Words:
    status = Status(audience.status)
    where = audience.district or text("office-city")
    category = audience.category or text("broadcast-any-category")
    if status is Status.ALL:
        return text("broadcast-whom-all", where=where, category=category)
    return text("broadcast-whom", where=where, category=category, status=_STATUS[status], period=audience.period)


# ---- what reporters get


def notice_body(words: str, language: str) -> dict[str, Any]:
    """Return what a reporter gets of an office's text."""
    return bodies_of(_notice(words), language)[0]


def _notice(words: str) -> Page:
    return Page((text("broadcast-notice"), words))


def reminder_body(
    period: Period, closes: datetime, now: datetime, due: Sequence[Unsubmitted], language: str
) -> dict[str, Any]:
    """Return what a reporter is reminded of, as one message; where there are too many names, the first of them.

    Args:
        period: of the reports.
        closes: the first instant after the deadline, aware.
        now: when it is said, aware.
        due: the enterprises, at least one.
        language: of the reporter.
    """
    wholes = (bodies_of(_reminder(period, closes, now, due, most), language) for most in (len(due), *_FEWER))
    return next(bodies for bodies in wholes if len(bodies) == 1)[0]


# From one more than have a button of their own, there is a button for the others.
_FEWER = (20, MOST_BUTTONS + 1, 1)


def _reminder(
    period: Period, closes: datetime, now: datetime, due: Sequence[Unsubmitted], most: int | None = None
) -> Page:
    notice = Notice.LAST if now < closes else Notice.OVERDUE
    page = reminder_page(notice, period, closes, now, due[:most])
    left = len(due) - len(due[:most])
    return replace(page, lines=(*page.lines, text("office-list-more", count=left))) if left else page
