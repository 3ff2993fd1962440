"""`/status` and `/missing`: how a period stands, and who has not submitted.

Counts of enterprises by district and category are shown however small they are, also in the chat of the whole city:
who has reported is the business of the offices, and no secret of statistics. What was reported is never shown here,
neither figures nor answers.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self, TypeAlias

from dialogs.form import Form
from dialogs.office.authority import CITY, Action, OfficeFacts
from dialogs.office.orders import read_period
from dialogs.offices import CATEGORIES, DISTRICTS, read_district
from dialogs.people import mask_phone
from dialogs.periods import SHANGHAI, Period, deadline, due_period
from dialogs.reading import Filing, standing
from dialogs.turn import Button, Effect, Event, Page, Turn, Words, text

A_PAGE = 10
"""How many enterprises are on a page of `/missing`."""
_BAR = 5
_NONE = "—"
_WIDE, _DIGIT = "\u3000", "\u2007"
"""Blanks as wide as a Chinese character, and as a digit."""


# ---- what is counted


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of enterprises.

    Args:
        expected: that should report, see `storage.overview`.
        submitted, draft, returned: whose report is in that state; the others have not begun.
        late: whose first submission is not there at the deadline; reports from before this program are not late.
        before: that had submitted for the period before at the same day and time of the month before.
    """

    expected: int = 0
    submitted: int = 0
    draft: int = 0
    returned: int = 0
    late: int = 0
    before: int = 0

    @classmethod
    def of(cls, state: str | None, count: int) -> Self:
        """Return so many reports in a state, nothing without one."""
        return cls(**{state: count}) if state else cls()

    @property
    def none(self) -> int:
        """How many have not begun."""
        return self.expected - self.submitted - self.draft - self.returned

    def __add__(self, other: "Tally") -> "Tally":
        """Return both together."""
        return Tally(
            self.expected + other.expected,
            self.submitted + other.submitted,
            self.draft + other.draft,
            self.returned + other.returned,
            self.late + other.late,
            self.before + other.before,
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """The counts of a category in a district."""

    district: str
    category: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Moments:
    """What divides submissions, all aware.

    Args:
        now: when it is.
        deadline: the first instant after the deadline.
        before: up to when the submissions for the period before are counted, this instant not included.
    """

    now: datetime
    deadline: datetime
    before: datetime


@dataclass(frozen=True, slots=True)
class Key:
    """The place of an enterprise in a list that is sorted by district and name."""

    district: str
    name: str
    id: int


@dataclass(frozen=True, slots=True)
class Unfiled:
    """An enterprise that should report and has not submitted.

    Args:
        key: which one.
        code, category: of the enterprise.
        filing: its report, None when it was not begun.
        reporter, mobile: name and whole number of its reporter, both empty without one.
        phone: of the enterprise.
    """

    key: Key
    code: str
    category: str
    filing: Filing | None
    reporter: str
    mobile: str
    phone: str


_Row: TypeAlias = tuple[Words, Tally]

# ---- events and effects


@dataclass(frozen=True, slots=True)
class ShowStatus(Event):
    """Show how a period stands."""

    period: str


@dataclass(frozen=True, slots=True)
class ShowMissing(Event):
    """Show a page of those who have not submitted.

    Args:
        period: the period.
        district: of these only; of all within the scope when empty.
        page: counted from 1; 0 opens the list anew.
        total: how many there were when the list was opened.
        backwards: 1 for those before the place that follows, 0 for those behind it.
        at_district, at_name, at_id: the place, see `Key`; of no meaning on the first page.
    """

    period: str
    district: str = ""
    page: int = 0
    total: int = 0
    backwards: int = 0
    at_district: str = ""
    at_name: str = ""
    at_id: int = 0

    @property
    def beyond(self) -> Key | None:
        """The place from which to go on."""
        return Key(self.at_district, self.at_name, self.at_id) if self.page > 1 else None


@dataclass(frozen=True, slots=True)
class ExportMissing(Event):
    """Make a file of those who have not submitted."""

    period: str
    district: str = ""


@dataclass(frozen=True, slots=True)
class CountPeriod(Effect):
    """Count how a period stands within the scope; brings `PeriodCounted`."""

    period: Period
    moments: Moments


@dataclass(frozen=True, slots=True)
class PeriodCounted(Event):
    """How a period stands."""

    period: Period
    moments: Moments
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class ListMissing(Effect):
    """Look up a page of those who have not submitted, within the scope; brings `MissingListed`."""

    asked: ShowMissing
    deadline: datetime


@dataclass(frozen=True, slots=True)
class MissingListed(Event):
    """A page of those who have not submitted, and whether there are others behind."""

    asked: ShowMissing
    page: int
    total: int
    rows: tuple[Unfiled, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class NoteExport(Effect):
    """Record that a file was asked for; brings `ExportNoted`."""

    asked: ExportMissing


@dataclass(frozen=True, slots=True)
class ExportNoted(Event):
    """It was recorded; the file is of these districts, of all when None."""

    asked: ExportMissing
    districts: tuple[str, ...] | None


EVENTS: Mapping[type[Event], Action] = {
    ShowStatus: Action.STATUS,
    PeriodCounted: Action.STATUS,
    ShowMissing: Action.MISSING,
    MissingListed: Action.MISSING,
    ExportMissing: Action.EXPORT,
    ExportNoted: Action.EXPORT,
}


def read_status(words: list[str], facts: OfficeFacts) -> Event | None:
    """Read `[period]`; without one it is the one that is due."""
    if not words:
        return ShowStatus(str(due_period(facts.now)))
    period = read_period(words[0], facts.now)
    return ShowStatus(str(period)) if period and len(words) == 1 else None


def read_missing(words: list[str], facts: OfficeFacts) -> Event | None:
    """Read `[period] [district]` in any order. A district outside of the scope is a word that means nothing."""
    period, district = due_period(facts.now), ""
    seen = set()
    for word in words:
        if found := read_period(word, facts.now):
            period = found
        elif (named := read_district(word)) and facts.who and facts.who.scope in {CITY, named}:
            district = named
        else:
            return None
        seen.add(bool(found))
    return ShowMissing(str(period), district) if len(seen) == len(words) else None


def step(event: Event, facts: OfficeFacts) -> Turn[None]:
    """Take one of `EVENTS`."""
    match event:
        case ShowStatus(period) | ShowMissing(period) | ExportMissing(period):
            return _ask(event, Period.parse(period), facts)
        case PeriodCounted():
            return Turn(None, (_status_page(event, facts),))
        case MissingListed():
            return Turn(None, (_missing_page(event, facts),))
        case ExportNoted():
            return Turn(None, (_export_page(event, facts),))
        case _:
            raise AssertionError(event)


def _ask(event: Event, period: Period, facts: OfficeFacts) -> Turn[None]:
    form = facts.forms.in_force(period)
    if form is None or period > due_period(facts.now):
        return Turn(None, (Page((text("office-no-period", period=str(period)),)),), refused=True)
    closes = deadline(period, form.deadline_day)
    match event:
        case ShowStatus():
            return Turn(None, effects=(CountPeriod(period, Moments(facts.now, closes, a_month_before(facts.now))),))
        case ShowMissing():
            return Turn(None, effects=(ListMissing(event, closes),))
        case ExportMissing():
            return Turn(None, effects=(NoteExport(event),))
        case _:
            raise AssertionError(event)


def a_month_before(now: datetime) -> datetime:
    """Return the same day and time of the month before in Shanghai; its last day where it is too short."""
    here = now.astimezone(SHANGHAI)
    before = Period(here.year, here.month).previous
    day = min(here.day, monthrange(before.year, before.month)[1])
    return here.replace(year=before.year, month=before.month, day=day)


# ---- /status


def _status_page(event: PeriodCounted, facts: OfficeFacts) -> Page:
    scope = facts.who.scope if facts.who else CITY
    cells, period = event.cells, str(event.period)
    whole = _sum(cell.tally for cell in cells)
    where = text("office-city") if scope == CITY else scope
    at = facts.now.astimezone(SHANGHAI).strftime("%m-%d %H:%M")
    lines: list[Words] = [
        text("status-title", period=period, where=where, at=at),
        text("status-expected", count=whole.expected),
    ]
    if whole.expected:
        shares = (("submitted", whole.submitted), ("draft", whole.draft), ("returned", whole.returned))
        for state, count in (*shares, ("none", whole.none)):
            percent = _percent(count, whole.expected)
            lines.append(text("status-share", state=text(f"state-{state}"), count=count, percent=percent))
        lines.append(text("status-late", count=whole.late, percent=_percent(whole.late, whole.expected)))
    lines.append(text("status-before", count=whole.before, change=f"{whole.submitted - whole.before:+d}"))
    by_district = _rows(cells, DISTRICTS if scope == CITY else (scope,), lambda cell: cell.district)
    by_category = _rows(cells, CATEGORIES, lambda cell: cell.category)
    by_district += [(text("status-sum"), whole)] if scope == CITY else []
    lines += ["", text("status-districts"), *_table(by_district), "", text("status-categories"), *_table(by_category)]
    button = Button(text("button-missing"), ShowMissing(period))
    return Page(tuple(lines), ((button,),))


def _rows(cells: Sequence[Cell], names: Sequence[str], name_of: Callable[[Cell], str]) -> list[_Row]:
    """Return the counts by name, and those of what the registry told no name of, if there are any."""
    rows: list[_Row] = [(name, _sum(cell.tally for cell in cells if name_of(cell) == name)) for name in names]
    unknown = _sum(cell.tally for cell in cells if name_of(cell) not in names)
    return rows if unknown == Tally() else [*rows, (text("status-unknown"), unknown)]


def _sum(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, Tally())


def _percent(count: int, of: int) -> str:
    """Return a share in percent, rounded so that neither nothing nor everything is said of what is not."""
    percent = round(100 * count / of) if of else 0
    if 0 < count < of:
        percent = min(max(percent, 1), 99)
    return f"{percent}"


def _table(rows: Sequence[_Row]) -> list[Words]:
    """Return a line a row, under each other: name, bar and share of the submitted, the counts."""
    counts = [[str(count) for count in (one.submitted, one.draft, one.returned, one.none, one.late)] for _, one in rows]
    widths = [max(map(len, column)) for column in zip(*counts, strict=True)]
    longest = max(len(name) for name, _ in rows if isinstance(name, str))
    lines: list[Words] = []
    for (name, one), row in zip(rows, counts, strict=True):
        figures = "·".join(count.rjust(width, _DIGIT) for count, width in zip(row, widths, strict=True))
        percent = _percent(one.submitted, one.expected).rjust(3, _DIGIT)
        rest = f"{bar(one.submitted, one.expected)} {percent}% {figures}"
        blank = _WIDE * (longest - len(name)) if isinstance(name, str) else ""
        lines.append(text("status-row", name=name, rest=f"{blank} {rest}"))
    return lines


def bar(count: int, of: int) -> str:
    """Return a bar of blocks that is as full as a share; full only for all, empty only for none."""
    full = count * _BAR // of if of else 0
    full = max(full, 1) if count else full
    return "▇" * full + "▁" * (_BAR - full)


# ---- /missing


def _missing_page(event: MissingListed, facts: OfficeFacts) -> Page:
    asked, period = event.asked, Period.parse(event.asked.period)
    form = facts.forms.in_force(period)
    if not event.rows or form is None:
        return Page((text("missing-nobody", period=asked.period),), in_place=bool(asked.page))
    pages = max(-(-event.total // A_PAGE), event.page)
    title = text("missing-title", period=asked.period, total=event.total, page=event.page, pages=pages)
    lines: list[Words] = [title, *([asked.district] if asked.district else [])]
    for number, row in enumerate(event.rows, (event.page - 1) * A_PAGE + 1):
        who: Words = text("missing-no-reporter")
        if row.reporter:
            who = text("missing-reporter", name=row.reporter, phone=mask_phone(row.mobile))
        state = state_words(period, row.filing, form, facts.now)
        lines += [
            text("missing-enterprise", number=number, name=row.key.name, district=row.key.district or _NONE),
            text("missing-state", state=state, who=who),
        ]
    turning: list[Button] = []
    if event.page > 1:
        turning.append(Button(text("button-earlier"), _turned(event, event.rows[0].key, backwards=True)))
    if event.more:
        turning.append(Button(text("button-later"), _turned(event, event.rows[-1].key, backwards=False)))
    export = Button(text("button-export-missing"), ExportMissing(asked.period, asked.district))
    rows = (*((tuple(turning),) if turning else ()), (export,))
    return Page(tuple(lines), rows, in_place=bool(asked.page))


def _turned(event: MissingListed, key: Key, *, backwards: bool) -> ShowMissing:
    asked, page = event.asked, event.page + (-1 if backwards else 1)
    place = (key.district, key.name, key.id)
    return ShowMissing(asked.period, asked.district, page, event.total, int(backwards), *place)


def state_words(period: Period, filing: Filing | None, form: Form, now: datetime) -> Words:
    """Return the state of a report, marked when it is late, see `dialogs.reading.standing`."""
    stands = standing(period, filing, form, now)
    state = text(f"state-{stands.state.value if stands.state else 'none'}")
    return text("state-late", state=state) if stands.late else state


def _export_page(event: ExportNoted, facts: OfficeFacts) -> Page:
    """Return the page with the file, which is made later: for the districts that were decided on now."""
    asked, districts = event.asked, event.districts
    document = {
        "kind": "missing",
        "period": asked.period,
        "districts": districts,
        "at": facts.now.isoformat(),
        "protected": True,
    }
    where: Words = "、".join(districts) if districts is not None else text("office-city")
    return Page((text("missing-file", period=asked.period, where=where),), document=document)
