"""What was filed: the list of a year, a report with its revisions, the year side by side (section 2.2).

Whoever is linked to an enterprise may read what was submitted for it; a draft is for its reporter alone. Pages are
numbered from 1: what is asked for without a page (or year) was opened anew and is a message of its own, a page that is
leafed to takes the place of the one before.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from dialogs.filed import Change, Content, Kind, changes_between, report_of
from dialogs.filling import Desk, Enterprise, Filling, answer_lines, figure_lines, kept_lines
from dialogs.form import Form, Forms
from dialogs.home import Facts, home_button, home_page
from dialogs.periods import FIRST_YEAR, SHANGHAI, Period, deadline, due_period, fillable_periods
from dialogs.places import AskReturn, AtHome, LinkNew, Open, ShowEnterprise, ShowHistory, ShowYear, View
from dialogs.report import Report, ReportState, Returned
from dialogs.texts import LANGUAGES, show_figure, write_out
from dialogs.turn import Button, Effect, Event, Page, Turn, Words, text
from dialogs.year import Part, Series, YearTable, year_table

MOST_CHARS = 900
"""How much is on a page in any language, besides its heading: some screens of a phone."""
MOST_ENTERPRISES = 8
"""How many enterprises are offered on a page."""
_NONE = "—"

_Block: TypeAlias = tuple[Words, ...]
"""Lines that stay together."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A report being filled was left to read something; the way back to it stays on every page."""

    enterprise: int
    period: str


# ---- what is read


@dataclass(frozen=True, slots=True)
class Linked:
    """An enterprise that can be read about."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Filing:
    """A stored report, as the list of a year needs it.

    Args:
        state: of the report.
        first: when it was submitted for the first time, None when it was not yet.
        imported: it is from before this program.
    """

    state: ReportState
    first: datetime | None = None
    imported: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a period; `state` is None when there is no report. See `standing`."""

    period: Period
    state: ReportState | None
    late: bool = False
    backfilled: bool = False


@dataclass(frozen=True, slots=True)
class Revision:
    """A submission.

    Args:
        number: of the receipt.
        at: when it was submitted.
        by: the name of who submitted it; None for one from before this program.
        content: the answers.
    """

    number: str
    at: datetime
    by: str | None
    content: Content

    @property
    def revision(self) -> int:
        """Which one it is, from 1."""
        return self.content.revision


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is stored for a period.

    Args:
        enterprise, period: which one.
        mine: who asks is the reporter.
        state: of the report.
        form: its form.
        draft: what was entered so far; None for a report that was submitted, and for everybody but the reporter.
        revisions: the submissions, oldest first.
        returns: why a revision was returned, by its number.
    """

    enterprise: Enterprise
    period: Period
    mine: bool
    state: ReportState
    form: Form
    draft: Report | None = None
    revisions: tuple[Revision, ...] = ()
    returns: Mapping[int, Returned] = field(default_factory=dict)


# ---- events and effects


@dataclass(frozen=True, slots=True)
class PickEnterprise(Event):
    """Which enterprise to read about; `wanted` is "history" or "year"."""

    wanted: str
    page: int = 0


@dataclass(frozen=True, slots=True)
class ShowChanges(Event):
    """What changed from the revision before to this one (与上一版的变化)."""

    enterprise: int
    period: str
    revision: int
    page: int = 0


@dataclass(frozen=True, slots=True)
class ListReadable(Effect):
    """Brings `ReadableListed`."""

    asked: PickEnterprise


@dataclass(frozen=True, slots=True)
class ReadHistory(Effect):
    """Brings `HistoryRead` or `CannotOpen`."""

    asked: ShowHistory
    year: int


@dataclass(frozen=True, slots=True)
class ReadYear(Effect):
    """Brings `YearRead` or `CannotOpen`."""

    asked: ShowYear
    year: int


@dataclass(frozen=True, slots=True)
class ReadReport(Effect):
    """Brings `ReportRead` or `CannotOpen`."""

    asked: View | ShowChanges
    period: Period


@dataclass(frozen=True, slots=True)
class ReadableListed(Event):
    """The enterprises of the person."""

    asked: PickEnterprise
    linked: tuple[Linked, ...]


@dataclass(frozen=True, slots=True)
class HistoryRead(Event):
    """The reports of a year that there are."""

    asked: ShowHistory
    year: int
    enterprise: Enterprise
    mine: bool
    filings: Mapping[Period, Filing]
    forms: Forms


@dataclass(frozen=True, slots=True)
class YearRead(Event):
    """The newest submission of each period of a year that has one."""

    asked: ShowYear
    year: int
    enterprise: Enterprise
    filed: Mapping[Period, Content]
    forms: Forms


@dataclass(frozen=True, slots=True)
class ReportRead(Event):
    """All that is stored for a period."""

    asked: View | ShowChanges
    dossier: Dossier
    forms: Forms


EVENTS: tuple[type[Event], ...] = (
    ShowHistory,
    ShowYear,
    View,
    PickEnterprise,
    ShowChanges,
    ReadableListed,
    HistoryRead,
    YearRead,
    ReportRead,
)


def step(state: object, event: Event, facts: Facts) -> Turn[Any]:  # noqa: C901, PLR0911, PLR0912 -- one case an event
    """Take one of `EVENTS`."""
    match event:
        case ShowHistory(0):
            return Turn(state, effects=(ListReadable(PickEnterprise("history")),))
        case ShowYear(0):
            return Turn(state, effects=(ListReadable(PickEnterprise("year")),))
        case ShowHistory(_, year):
            return Turn(state, effects=(ReadHistory(event, _year(year, facts)),))
        case ShowYear(_, year):
            return Turn(state, effects=(ReadYear(event, _year(year, facts)),))
        case PickEnterprise():
            return Turn(state, effects=(ListReadable(event),))
        case View(_, period) | ShowChanges(_, period):
            try:
                return Turn(state, effects=(ReadReport(event, Period.parse(period)),))
            except ValueError:
                return Turn(AtHome(), (home_page(facts).under(text("cannot-open-report")),), refused=True)
        case ReadableListed(PickEnterprise(wanted), (only,)):
            return step(state, ShowYear(only.id) if wanted == "year" else ShowHistory(only.id), facts)
        case ReadableListed():
            return _leave(state, _pick_page(event))
        case HistoryRead():
            return _leave(state, _history_page(event, facts))
        case YearRead():
            return _leave(state, _year_page(event, facts))
        case ReportRead():
            return _leave(state, _report_page(event, facts))
        case _:
            raise AssertionError(event)


def _leave(state: object, page: Page) -> Turn[Any]:
    """Show a page; a report being filled is left, so that what is typed next cannot get into it unseen."""
    if isinstance(state, Filling) and state.report.state is not ReportState.SUBMITTED:
        # The question that was asked last would otherwise still be the last message.
        page = replace(page, in_place=False)
        state = Reading(state.report.enterprise, str(state.report.period))
    if not isinstance(state, Reading):
        return Turn(AtHome(), (page,))
    return Turn(state, (_with_way_back(page, state),))


def resting_page(state: Reading, facts: Facts) -> Page:
    """Return the page for what makes no sense while reading, such as an answer to what was asked before."""
    return _with_way_back(home_page(facts), state)


def _with_way_back(page: Page, state: Reading) -> Page:
    back = (Button(text("button-go-on"), Open(state.enterprise, state.period)),)
    return replace(page, rows=(*page.rows, back))


def _year(asked: int, facts: Facts) -> int:
    """Return the year that is meant: the newest with something to report when it is 0, back to the first one."""
    newest = due_period(facts.now).year
    return min(max(asked, FIRST_YEAR), newest) if asked else newest


def _pick_page(event: ReadableListed) -> Page:
    asked, linked = event.asked, event.linked
    if not linked:
        return Page((text("enterprises-none"),), ((Button(text("button-link"), LinkNew()),),))
    leaves = [linked[at : at + MOST_ENTERPRISES] for at in range(0, len(linked), MOST_ENTERPRISES)]
    at = place_of(asked.page, len(leaves))
    to: Callable[[int], Event] = ShowYear if asked.wanted == "year" else ShowHistory
    rows = [(Button(one.name, to(one.id)),) for one in leaves[at]]
    turning = leafing(lambda page: PickEnterprise(asked.wanted, page), at, len(leaves))
    return Page((text("ask-enterprise-to-read"),), (*rows, *turning), in_place=bool(asked.page))


# ---- the list of a year


def standing(period: Period, filing: Filing | None, form: Form, now: datetime) -> Standing:
    """Return how it stands with a period.

    What counts is when its report was submitted for the first time; as long as it was not, now.

    - Late (逾期): that is after the deadline, the end of the 20th of the following month. A report that was submitted
      in time and returned since is not late.
    - Backfilled (补填): that is when the period was no longer the due one, after the end of the month in which it was
      due. A report that nobody has begun is not.

    A report from before this program is neither, as nobody knows.

    Args:
        period: the period.
        filing: its report, None without one.
        form: the one in force in that period.
        now: aware.
    """
    if filing and filing.imported:
        return Standing(period, filing.state)
    counts = filing.first if filing and filing.first else now
    late = counts >= deadline(period, form.deadline_day)
    if filing is None:
        return Standing(period, None, late)
    return Standing(period, filing.state, late, due_period(counts) > period)


def standings(forms: Forms, year: int, filings: Mapping[Period, Filing], now: datetime) -> tuple[Standing, ...]:
    """Return how it stands with the periods of a year up to the due one, newest first.

    Only those that have a form. None at all for a year that can no longer be filled and of which nothing is stored:
    it was not brought over (历史数据未迁移).
    """
    fillable = fillable_periods(now)
    if not filings and year < fillable[-1].year:
        return ()
    periods = (Period(year, month) for month in range(12, 0, -1))
    return tuple(
        standing(period, filings.get(period), form, now)
        for period in periods
        if period <= fillable[0] and (form := forms.in_force(period))
    )


def _history_page(event: HistoryRead, facts: Facts) -> Page:
    number, year = event.enterprise.id, event.year
    found = standings(event.forms, year, event.filings, facts.now)
    lines = [text("history-heading", enterprise=event.enterprise.name, year=str(year))]
    lines += [
        text(
            "history-row",
            month=one.period.month,
            state=_state_words(one.state),
            late=text("mark-late") if one.late else "",
            backfilled=text("mark-backfilled") if one.backfilled else "",
        )
        for one in found
    ]
    lines += [] if found else [text("not-migrated")]
    months = [button for one in found if (button := _month_button(one, event, facts))]
    rows = [tuple(months[at : at + 3]) for at in range(0, len(months), 3)]
    rows += _years(lambda other: ShowHistory(number, other), year, facts)
    rows.append(
        (Button(text("button-year"), ShowYear(number, year, 1)), Button(text("button-return"), ShowEnterprise(number)))
    )
    return Page(tuple(lines), tuple(rows), in_place=bool(event.asked.year))


def _state_words(state: ReportState | None) -> Words:
    return text(f"state-{state.value if state else 'none'}")


def _month_button(one: Standing, event: HistoryRead, facts: Facts) -> Button | None:
    """Return what can be done with a month: filled by the reporter, or looked at once there is something to see."""
    target: Event = View(event.enterprise.id, str(one.period), 0, 1)
    words = _state_words(one.state)
    if one.state is None:
        if not event.mine or one.period not in fillable_periods(facts.now):
            return None
        target = Open(event.enterprise.id, str(one.period))
        words = text("button-fill") if one.period == due_period(facts.now) else text("button-backfill")
    elif one.state is ReportState.DRAFT and not event.mine:
        return None
    return Button(text("button-month", month=one.period.month, state=words), target)


def _years(to: Callable[[int], Event], year: int, facts: Facts) -> tuple[tuple[Button, ...], ...]:
    """Return the row of buttons to the years before and after."""
    row = [Button(text("button-year-before"), to(year - 1))] if year > FIRST_YEAR else []
    row += [Button(text("button-year-after"), to(year + 1))] if year < due_period(facts.now).year else []
    return (tuple(row),) if row else ()


# ---- one report


def _report_page(event: ReportRead, facts: Facts) -> Page:
    dossier = event.dossier
    by_number = {one.revision: one for one in dossier.revisions}
    asked = event.asked.revision
    shown = by_number.get(asked) or (dossier.revisions[-1] if dossier.revisions else None)
    if isinstance(event.asked, ShowChanges) and asked in by_number and asked - 1 in by_number:
        return _changes_page(event, by_number[asked - 1], by_number[asked])
    form = event.forms.version(shown.content.form) if shown else dossier.form
    lines = [title_line(dossier, form), text("view-state", state=_state_words(dossier.state))]
    if dossier.state is ReportState.RETURNED and dossier.revisions:
        lines += return_lines(dossier, dossier.revisions[-1].revision, form)
    if shown:
        lines += submission_lines(shown, len(dossier.revisions))
    leaves = leaves_of(one_by_one(section) for section in sections_of(dossier, shown, form, facts.now))
    at = place_of(event.asked.page, len(leaves))
    if len(leaves) > 1:
        lines.append(text("view-leaf", page=at + 1, pages=len(leaves)))
    body = ("", *leaves[at]) if leaves else (text("view-draft"),)
    number, period = dossier.enterprise.id, str(dossier.period)
    revision = shown.revision if shown else 0
    rows = [*leafing(lambda page: View(number, period, revision, page), at, len(leaves))]
    if len(dossier.revisions) > 1:
        others = (one.revision for one in dossier.revisions if one is not shown)
        rows.append(
            tuple(Button(text("button-revision", revision=one), View(number, period, one, 1)) for one in others)
        )
        if revision - 1 in by_number:
            rows.append((Button(text("button-changes"), ShowChanges(number, period, revision, 1)),))
    rows += _doing(dossier, facts)
    rows.append((Button(text("button-history"), ShowHistory(number, dossier.period.year)), home_button()))
    return Page((*lines, *body), tuple(rows), in_place=bool(event.asked.page))


def title_line(dossier: Dossier, form: Form) -> Words:
    """Return the heading of a report."""
    return text("report-title", enterprise=dossier.enterprise.name, period=str(dossier.period), title=form.title)


def return_lines(dossier: Dossier, revision: int, form: Form) -> list[Words]:
    """Return why a revision was returned, and the items that were to be corrected."""
    back = dossier.returns.get(revision)
    if back is None:
        return []
    lines: list[Words] = [text("returned-reason", reason=back.reason)]
    labels = "、".join(item.label for item in form.items_in(dossier.period.month) if item.id in back.flagged)
    return [*lines, text("returned-items", items=labels)] if labels else lines


def submission_lines(shown: Revision, count: int) -> list[Words]:
    """Return by whom and when a revision was submitted, which of `count` it is, and the number of its receipt."""
    at = shown.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    who = text("view-imported", at=at) if shown.by is None else text("view-submitted", by=shown.by or _NONE, at=at)
    which = [text("view-revision", revision=shown.revision, count=count)] if count > 1 else []
    return [*which, who, text("receipt-number", number=shown.number)]


def sections_of(dossier: Dossier, shown: Revision | None, form: Form, now: datetime) -> list[tuple[Words, ...]]:
    """Return figures, answers and reasons of a submission, or of the draft where there is none."""
    desk = Desk(form, dossier.enterprise, 0, now)
    if shown is None:
        report = dossier.draft
        return [figure_lines(report, desk), answer_lines(report, desk), kept_lines(report, desk)] if report else []
    report = report_of(shown.content, form, dossier.enterprise.id, shown.at)
    # A reason outlives the edit that asked for it.
    rest = tuple(
        text("view-reason", label=_label(form, key.rpartition(".")[2]), reason=reason or text("reason-none"))
        for key, reason in shown.content.reasons.items()
        if key not in report.kept
    )
    return [figure_lines(report, desk), answer_lines(report, desk), (*kept_lines(report, desk), *rest)]


def _doing(dossier: Dossier, facts: Facts) -> list[tuple[Button, ...]]:
    """Return what the reporter can do with the report as it stands."""
    number, period = dossier.enterprise.id, str(dossier.period)
    if not dossier.mine:
        return []
    match dossier.state:
        case ReportState.SUBMITTED:
            return [(Button(text("button-ask-return"), AskReturn(number, period)),)]
        case ReportState.RETURNED:
            return [(Button(text("button-modify"), Open(number, period)),)]
        case _ if dossier.period in fillable_periods(facts.now):
            return [(Button(text("button-fill"), Open(number, period)),)]
        case _:
            return []


def _changes_page(event: ReportRead, old: Revision, new: Revision) -> Page:
    dossier, form = event.dossier, event.forms.version(new.content.form)
    number, period = dossier.enterprise.id, str(dossier.period)
    lines = [title_line(dossier, form), text("changes-heading", old=old.revision, new=new.revision)]
    lines += return_lines(dossier, old.revision, form)
    changes = changes_between(form, old.content, new.content)
    written = [change_line(one, form, dossier.period) for one in changes] or [text("changes-none")]
    leaves = leaves_of([one_by_one(written)])
    at = place_of(event.asked.page, len(leaves))
    turning = leafing(lambda page: ShowChanges(number, period, new.revision, page), at, len(leaves))
    back = (Button(text("button-return"), View(number, period, new.revision, 1)),)
    return Page((*lines, "", *leaves[at]), (*turning, back), in_place=bool(event.asked.page))


def change_line(change: Change, form: Form, period: Period) -> Words:
    """Return one difference between two revisions as a sentence.

    Args:
        change: the difference.
        form: of the newer revision.
        period: of the report.
    """
    label = _label(form, change.item)
    old, new = (_changed_words(change, value, form, period) for value in (change.old, change.new))
    match change.kind:
        case Kind.FIGURE:
            measure = form.measure[change.measure].label if change.measure in form.measure else change.measure
            unit = form.unit_of[change.item].label if change.item in form.unit_of else ""
            return text("change-figure", label=label, measure=measure, unit=unit, old=old, new=new)
        case Kind.ANSWER:
            return text("change-answer", label=label, old=old, new=new)
        case Kind.REASON:
            return text("change-reason", label=label, old=old, new=new)


def _changed_words(change: Change, value: Decimal | str | None, form: Form, period: Period) -> Words:
    if value is None:
        return text("nothing-given")
    if isinstance(value, Decimal):
        unit = form.unit_of.get(change.item)
        return show_figure(value, unit.decimals) if unit else str(value)
    if change.kind is Kind.REASON:
        return value or text("reason-none")
    option = form.option.get((change.item, value))
    return form.option_label(option, period) if option else value


def _label(form: Form, item: str) -> str:
    return form.item[item].label if item in form.item else item


# ---- the year side by side


def _year_page(event: YearRead, facts: Facts) -> Page:
    number, year = event.enterprise.id, event.year
    table = year_table(event.forms, year, event.filed)
    last = min(Period(year, 12), due_period(facts.now)).month
    leaves = leaves_of(_part_blocks(part, table, last) for part in table.parts)
    at = place_of(event.asked.page, len(leaves))
    lines = [text("year-heading", enterprise=event.enterprise.name, year=str(year)), _year_filed(table, facts)]
    if len(leaves) > 1:
        lines.append(text("view-leaf", page=at + 1, pages=len(leaves)))
    body = ("", *leaves[at]) if leaves else ()
    rows = [
        *leafing(lambda page: ShowYear(number, year, page), at, len(leaves)),
        *_years(lambda other: ShowYear(number, other, 1), year, facts),
        (Button(text("button-history"), ShowHistory(number, year)), home_button()),
    ]
    return Page((*lines, *body), tuple(rows), in_place=bool(event.asked.page))


def _year_filed(table: YearTable, facts: Facts) -> Words:
    if table.months:
        return text("year-filed", count=len(table.months))
    return text("not-migrated") if table.year < fillable_periods(facts.now)[-1].year else text("year-none")


def _part_blocks(part: Part, table: YearTable, last: int) -> Iterable[_Block]:
    """Yield the series that have figures, and at the end those that have none in one line."""
    heading: _Block = ()
    first = 1
    if part.months != table.months:
        first, last = part.months[0], part.months[-1]
        heading = (text("year-part", first=first, last=last),)
    numbered = [(number, series) for number, series in enumerate(part.series, 1) if series.figures]
    for number, series in numbered:
        yield (*heading, *_series_block(number, series, first, last))
        heading = ()
    if empty := "、".join(series.indicator.label for series in part.series if not series.figures):
        yield (*heading, text("year-empty", labels=empty))


def _series_block(number: int, series: Series, first: int, last: int) -> _Block:
    unit, decimals = series.unit.label, series.unit.decimals
    lines: list[Words] = [
        text("year-series", number=number, label=series.indicator.label, unit=unit, measure=series.measure.label)
    ]
    for month in range((first - 1) // 3 * 3 + 1, last + 1, 3):
        a, b, c = (
            show_figure(series.figures[one], decimals) if one in series.figures else _NONE
            for one in range(month, month + 3)
        )
        lines.append(text("year-quarter", first=month, second=month + 1, third=month + 2, a=a, b=b, c=c))
    if series.total is not None:
        lines.append(text("year-total", total=show_figure(series.total, decimals), count=len(series.figures)))
    return tuple(lines)


# ---- leaves: a long text, a page at a time


def one_by_one(lines: Iterable[Words]) -> list[_Block]:
    """Return lines that need not stay together."""
    return [(line,) for line in lines]


def leaves_of(sections: Iterable[Iterable[_Block]]) -> list[tuple[Words, ...]]:
    """Return sections of blocks as pages of at most `MOST_CHARS` in any language; a section begins on a new page."""
    leaves: list[tuple[Words, ...]] = []
    for section in sections:
        leaf: _Block = ()
        for block in section:
            if leaf and _length((*leaf, *block)) > MOST_CHARS:
                leaves.append(leaf)
                leaf = ()
            leaf = (*leaf, *block)
        if leaf:
            leaves.append(leaf)
    return leaves


def _length(lines: Sequence[Words]) -> int:
    """Return how long lines are in the language in which they are longest, so that pages are the same in all."""
    return max(sum(len(write_out(line, language)) + 1 for line in lines) for language in LANGUAGES)


def place_of(page: int, pages: int) -> int:
    """Return the place, from 0, of a page that was asked for by its number, from 1; the nearest that there is."""
    return max(min(page, pages), 1) - 1


def leafing(to: Callable[[int], Event], at: int, pages: int) -> tuple[tuple[Button, ...], ...]:
    """Return the row of buttons to the pages before and after the one at that place."""
    row = [Button(text("button-earlier"), to(at))] if at else []
    row += [Button(text("button-later"), to(at + 2))] if at + 1 < pages else []
    return (tuple(row),) if row else ()
