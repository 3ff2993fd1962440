"""What is said without being asked: that a report is due or overdue, and who is late; and how to be left alone.

A reminder is one message for all enterprises of a person; a press on one of its buttons opens a report.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from dialogs.home import Facts
from dialogs.office.overview import ShowMissing
from dialogs.periods import SHANGHAI, Period
from dialogs.places import Open, ShowEnterprises
from dialogs.report import ReportState
from dialogs.turn import Button, Effect, Event, Page, Turn, Words, text

MOST_BUTTONS = 8
"""How many enterprises get a button of their own; the others are found under 关联企业."""
MOST_NAMES = 20
"""How many enterprises an office is told by name."""


# ---- buttons, what they ask for, what that brings back


@dataclass(frozen=True, slots=True)
class RemindTomorrow(Event):
    """Leave me alone until the next working day (明天提醒我)."""

    period: str


@dataclass(frozen=True, slots=True)
class Silence(Event):
    """No more reminders of this period (本月不再提醒)."""

    period: str


@dataclass(frozen=True, slots=True)
class Hush(Effect):
    """Leave the person alone, until the next working day or for the `whole` month; brings `Hushed` or `HushOver`."""

    period: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Hushed(Event):
    """There are no reminders of the period until then (aware; None: any more), and it closes at `closes`."""

    period: str
    until: datetime | None
    closes: datetime


@dataclass(frozen=True, slots=True)
class HushOver(Event):
    """There are no more reminders of that period anyway."""

    period: str


EVENTS: tuple[type[Event], ...] = (RemindTomorrow, Silence, Hushed, HushOver)


def step(state: object, event: Event, facts: Facts) -> Turn[Any]:  # noqa: ARG001 -- as every dialog
    """Take one of `EVENTS`; whatever else is going on goes on, so the answers have no buttons."""
    match event:
        case RemindTomorrow(period):
            return Turn(state, effects=(Hush(period, whole=False),))
        case Silence(period):
            return Turn(state, effects=(Hush(period, whole=True),))
        case Hushed(period, until, closes):
            return Turn(state, (Page((_hushed(period, until, closes),)),))
        case HushOver(period):
            return Turn(state, (Page((text("hush-over", period=period),)),))
        case _:
            raise AssertionError(event)


def _hushed(period: str, until: datetime | None, closes: datetime) -> Words:
    if until is None:
        return text("hushed-month", period=period, by=_by(closes))
    if until >= closes:
        return text("hushed-past-deadline", period=period, by=_by(closes))
    day = until.astimezone(SHANGHAI)
    return text("hushed-until", period=period, month=day.month, day=day.day)


# ---- what reporters are told


class Notice(StrEnum):
    """What a reporter is told: the period can be filled, or is due; how many hours are left; it is overdue."""

    OPENED = "opened"
    DUE = "due"
    LAST = "last"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Unsubmitted:
    """An enterprise whose report is not submitted: its id, its name and how far the report is (None: not begun)."""

    enterprise: int
    name: str
    state: ReportState | None


def reminder_page(notice: Notice, period: Period, closes: datetime, now: datetime, due: Sequence[Unsubmitted]) -> Page:
    """Return what a reporter is told of all enterprises that are concerned.

    Args:
        notice: what is the matter.
        period: of the reports.
        closes: the first instant after the deadline, aware.
        now: when it is said, aware.
        due: the enterprises, at least one.
    """
    told = str(period)
    lines: list[Words] = [
        _heading(notice, told, closes, now),
        *(_line(number, one) for number, one in enumerate(due, 1)),
    ]
    rows = _opening(told, due)
    if notice is not Notice.OVERDUE:
        tomorrow = Button(text("button-tomorrow"), RemindTomorrow(told))
        rows.append((tomorrow, Button(text("button-silence"), Silence(told))))
    return Page(tuple(lines), tuple(rows))


def _heading(notice: Notice, period: str, closes: datetime, now: datetime) -> Words:
    by = _by(closes)
    match notice:
        case Notice.OPENED:
            return text("reminder-opened", period=period, by=by)
        case Notice.DUE:
            return text("reminder-due", period=period, by=by)
        case Notice.LAST:
            return text("reminder-last", period=period, by=by, hours=hours_left(closes, now))
        case Notice.OVERDUE:
            return text("reminder-overdue", period=period, by=by)


def hours_left(closes: datetime, now: datetime) -> int:
    """Return how many whole hours are left."""
    return int((closes - now) / timedelta(hours=1))


def _line(number: int, one: Unsubmitted) -> Words:
    match one.state:
        case None:
            # The usual case for a whole city at once: without the catalogue it takes a tenth of the time.
            return f"{number}. {one.name}"
        case state:
            return text("reminder-line", number=number, name=one.name, state=text(f"state-{state}"))


def _opening(period: str, due: Sequence[Unsubmitted]) -> list[tuple[Button, ...]]:
    if len(due) == 1:
        label = text("button-modify" if due[0].state is ReportState.RETURNED else "button-fill")
        return [(Button(label, Open(due[0].enterprise, period)),)]
    rows: list[tuple[Button, ...]] = [
        (Button(f"{number}. {one.name}", Open(one.enterprise, period)),)
        for number, one in enumerate(due[:MOST_BUTTONS], 1)
    ]
    if len(due) > MOST_BUTTONS:
        rows.append((Button(text("button-enterprises"), ShowEnterprises()),))
    return rows


def _by(closes: datetime) -> Words:
    """Return the deadline in words: the end of its last day."""
    last = last_day(closes)
    return text("reminder-by", month=last.month, day=last.day)


def last_day(closes: datetime) -> date:
    """Return the day at whose end a period closes, in Shanghai, from the first instant after it."""
    return (closes.astimezone(SHANGHAI) - timedelta(microseconds=1)).date()


# ---- what offices are told


def no_reporter_page(where: Words, period: Period, closes: datetime, names: Sequence[str], count: int) -> Page:
    """Return what an office is told of enterprises that nobody reports for.

    Args:
        where: the districts.
        period: whose reports are not submitted.
        closes: the first instant after the deadline, aware.
        names: of the first of them.
        count: of all.
    """
    heading = text("office-unreported", where=where, period=str(period), count=count, by=_by(closes))
    return Page((heading, *_names(names, count)))


def late_page(where: Words, period: Period, names: Sequence[str], count: int) -> Page:
    """Return what an office is told after the deadline: who has not submitted; as `no_reporter_page`."""
    heading = text("office-late", where=where, period=str(period), count=count)
    button = Button(text("button-missing"), ShowMissing(str(period)))
    return Page((heading, *_names(names, count), text("office-late-hint")), ((button,),))


def _names(names: Sequence[str], count: int) -> list[Words]:
    lines: list[Words] = [f"{number}. {name}" for number, name in enumerate(names, 1)]
    return [*lines, text("office-list-more", count=count - len(names))] if count > len(names) else lines
