"""`/audit`: who did what to an enterprise, newest first. It shows no figures and no phone numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dialogs.office.authority import CITY, Action, OfficeFacts
from dialogs.office.orders import Seek, read_period
from dialogs.periods import SHANGHAI
from dialogs.turn import Button, Effect, Event, Page, Turn, Words, text

LINES = 12
"""How many entries a page has."""

ACTIONS = (
    *("phone-verified", "phone-changed", "name-set", "account-closed"),
    *("compare-failed", "linked", "unlinked", "link-asked", "link-granted", "link-refused"),
    *("seat-taken", "seat-asked", "seat-granted", "seat-refused", "seat-transferred"),
    *("invited", "invitation-used"),
    *("report", "submitted", "return-asked", "return-refused", "returned"),
    *("missing-exported", "exported"),
    *("broadcast-asked", "broadcast-stopped", "broadcast-done"),
    "hushed",
    *("registry-imported", "enterprise-imported", "report-imported", "history-imported"),
    "calendar-imported",
)
"""What is recorded; the catalogue has a `journal-…` for each, and a test finds those that are missing here."""


@dataclass(frozen=True, slots=True)
class ShowJournal(Event):
    """Show a page of the journal.

    Args:
        enterprise: of which one.
        period: of that one only (`YYYY-MM`); empty for all.
        page: counted from 0, the newest.
        top: the newest entry that the first page had, so that what happens meanwhile moves no page; 0 for now.
    """

    enterprise: int
    period: str
    page: int = 0
    top: int = 0


@dataclass(frozen=True, slots=True)
class ReadJournal(Effect):
    """Read a page; brings `JournalRead`, or `Matches` of nothing."""

    asked: ShowJournal


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody did, once or several times in a row.

    Args:
        action: one of `ACTIONS`.
        times: how often.
        first, last: when, aware.
        period: of which report (`YYYY-MM`), empty for none.
        person: the real name of the person, empty for who has closed the account; None when it was no person.
        actor: the administrator, as channel:user; empty for none. Nobody at all is the program itself.
        where: the channel that it came through, or the scope of the admin chat; empty when that is not known any more.
    """

    action: str
    times: int
    first: datetime
    last: datetime
    period: str
    person: str | None
    actor: str
    where: str


@dataclass(frozen=True, slots=True)
class JournalRead(Event):
    """A page of the journal; `asked` has its top by now, `more` says that there are older entries."""

    asked: ShowJournal
    name: str
    entries: tuple[Entry, ...]
    more: bool


EVENTS: Mapping[type[Event], Action] = dict.fromkeys((ShowJournal, JournalRead), Action.AUDIT)


def read(words: list[str], facts: OfficeFacts) -> Event | None:
    """Read `enterprise [period]`, in any order."""
    periods = [period for word in words[:2] if (period := read_period(word, facts.now))]
    names = [word for word in words if read_period(word, facts.now) is None]
    if len(names) != 1 or len(words) > 2:  # noqa: PLR2004 -- an enterprise and a period
        return None
    return Seek(names[0], ShowJournal(0, str(periods[0]) if periods else ""))


def step(event: Event, _: OfficeFacts) -> Turn[None]:
    """Take one of `EVENTS`."""
    match event:
        case ShowJournal():
            return Turn(None, effects=(ReadJournal(event),))
        case JournalRead():
            return Turn(None, (_page(event),))
        case _:
            raise AssertionError(event)


def _page(event: JournalRead) -> Page:
    asked = event.asked
    title = text("journal-title", enterprise=event.name)
    if asked.period:
        title = text("journal-title-period", enterprise=event.name, period=asked.period)
    lines: list[Words] = [title, *(_line(entry) for entry in event.entries)]
    if not event.entries:
        lines.append(text("journal-empty"))
    turning = []
    if asked.page:
        turning.append(Button(text("button-newer"), _turned(asked, -1)))
    if event.more:
        turning.append(Button(text("button-older"), _turned(asked, 1)))
    return Page(tuple(lines), (tuple(turning),) if turning else (), in_place=True)


def _turned(asked: ShowJournal, by: int) -> ShowJournal:
    return ShowJournal(asked.enterprise, asked.period, asked.page + by, asked.top)


def _line(entry: Entry) -> Words:
    known = entry.action if entry.action in ACTIONS else "other"
    what: Words = text(f"journal-{known}")
    if entry.times > 1:
        what = text("journal-times", what=what, times=entry.times)
    if entry.period:
        what = text("journal-of", what=what, period=entry.period)
    if entry.where:
        what = text("journal-from", what=what, where=_where(entry))
    return text("journal-line", when=_when(entry), who=_who(entry), what=what)


def _who(entry: Entry) -> Words:
    if entry.actor:
        return text("journal-administrator", account=entry.actor)
    if entry.person is None:
        return text("journal-system")
    return entry.person or text("journal-gone")


def _where(entry: Entry) -> Words:
    if not entry.actor:
        return text("journal-web") if entry.where == "web" else entry.where.capitalize()
    return text("journal-center") if entry.where == CITY else text("journal-office", scope=entry.where)


def _when(entry: Entry) -> str:
    first, last = entry.first.astimezone(SHANGHAI), entry.last.astimezone(SHANGHAI)
    began = f"{first:%Y-%m-%d %H:%M}"
    if f"{last:%Y-%m-%d %H:%M}" == began:
        return began
    return f"{began}–{last:%H:%M}" if last.date() == first.date() else f"{began}–{last:%Y-%m-%d %H:%M}"
