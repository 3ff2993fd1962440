"""Two years of reminders in seconds: the calendar and the rules over an invented city, without a database.

What somebody does follows from a seed alone, not from when it is looked at, so that jumping from one slot to the next
must come to the same as looking every minute; a test says so.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property
from hashlib import blake2b
from typing import Literal

from dialogs.offices import DISTRICTS
from dialogs.periods import SHANGHAI, Period, deadline, due_period
from scheduler.calendar import Calendar
from scheduler.planner import AGAIN, MORNING, tomorrow
from scheduler.rules import Kind, Rules, Slot, due, next_loud, quiet, slots

_SUBMIT = ((0.40, 1, 7), (0.82, 8, 17), (0.92, 18, 20), (0.97, 21, 28))
"""Up to which share of reports is submitted between which days of the month; the rest never is."""
_AWAKE = time(8), 15 * 60
"""Reports are submitted from then on, for so many minutes a day."""
_WITHOUT_REPORTER, _ONE_MORE = 0.03, 0.55
"""Shares of the enterprises that have no reporter, and whose reporter is the one of the enterprise before."""
_SNOOZES, _SILENCES = 0.08, 0.10
"""Of those who are reminded, a share wants it tomorrow; up to the second one wants no more of it this month."""


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An invented enterprise: its number from 1 on, its district and the number of its reporter, None for none."""

    number: int
    district: str
    reporter: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """What was told.

    Args:
        at: when, aware, in Shanghai.
        period: of the reports.
        rule: by which one.
        to: the number of a reporter, or the district of an office.
        enterprises: the numbers of those that it is about.
    """

    at: datetime
    period: Period
    rule: str
    to: int | str
    enterprises: tuple[int, ...]


@dataclass(frozen=True)
class City:
    """Invented enterprises and what their reporters do.

    Args:
        size: how many enterprises.
        seed: another one is another city.
    """

    size: int
    seed: int = 1

    @cached_property
    def enterprises(self) -> tuple[Enterprise, ...]:
        """All of them in the order of their numbers."""
        found: list[Enterprise] = []
        newest = 0
        for number in range(1, self.size + 1):
            district = DISTRICTS[int(self._share("district", number) * len(DISTRICTS))]
            lot = self._share("seat", number)
            newest += newest == 0 or lot > _ONE_MORE
            found.append(Enterprise(number, district, None if lot < _WITHOUT_REPORTER else newest))
        return tuple(found)

    def submitted_at(self, enterprise: int, period: Period) -> datetime | None:
        """Return when an enterprise submits a report, aware, in Shanghai; None if it never does."""
        lot = self._share("submits", enterprise, period)
        due_in, least = period.plus(1), 0.0
        for most, first, last in _SUBMIT:
            if lot < most:
                # Where in its part the lot fell is as good as another one.
                day = first + int((lot - least) / (most - least) * (last - first + 1))
                begin, minutes = _AWAKE
                minute = int(self._share("minute", enterprise, period) * minutes)
                opened = datetime(due_in.year, due_in.month, day, begin.hour, begin.minute, tzinfo=SHANGHAI)
                return opened + timedelta(minutes=minute)
            least = most
        return None

    def answer(self, told: Told) -> Literal["tomorrow", "never"] | None:
        """Return how a reporter answers a reminder."""
        lot = self._share("answer", told.to, told.period, told.rule, told.at.date())
        return "tomorrow" if lot < _SNOOZES else "never" if lot < _SILENCES else None

    def _share(self, *what: object) -> float:
        """Return a number from 0 up to 1 that is always the same for the same things."""
        digest = blake2b(repr((self.seed, *map(str, what))).encode(), digest_size=6).digest()
        return int.from_bytes(digest) / (1 << 48)


@dataclass
class Simulation:
    """A city under rules and a calendar, from a time on; `tick` goes on from what was told before.

    Args:
        city: whom it is about.
        rules: when who is told what.
        calendar: of all years that are looked at, and the one after.
        deadline_day: returns the day of the month after by which the report of a period is due.
    """

    city: City
    rules: Rules
    calendar: Calendar
    deadline_day: Callable[[Period], int]
    _fired: set[tuple[Period, str]] = field(default_factory=set)
    _resting: dict[int, datetime | None] = field(default_factory=dict)
    _month: "_Month | None" = None

    def run(self, first: datetime, last: datetime) -> Iterator[Told]:
        """Yield what is told between two times, jumping from one at which something may happen to the next.

        Raises:
            UnknownDayError: the calendar does not have one of the years.
        """
        period, end, starts = due_period(first), due_period(last), list[datetime]()
        while period <= end:
            starts += [slot.at for slot in self._slots(period)]
            period = period.plus(1)
        now = next_loud(self.calendar, first)
        while now <= last:
            yield from self.tick(now)
            events = [at for at in self._resting.values() if at is not None and at > now]
            events += starts[(place := bisect_right(starts, now)) : place + 1]
            if not events:
                break
            now = min(events)

    def tick(self, now: datetime) -> Iterator[Told]:
        """Yield what is told at a time, as `scheduler.planner` does it.

        Args:
            now: aware; later than the one before.
        """
        if quiet(self.calendar, now):
            return
        period = due_period(now)
        if self._month is None or self._month.period != period:
            self._month = _Month(period, deadline(period, self.deadline_day(period)), self._slots(period), self.city)
            self._resting.clear()
        month, now = self._month, now.astimezone(SHANGHAI)
        for slot in due(month.slots, now):
            if (period, slot.rule) not in self._fired:
                self._fired.add((period, slot.rule))
                yield from self._tell(month, slot, now)
        if now.time() >= MORNING and now < month.closes and now.date() not in month.days_with_reminder:
            woken = {who for who, at in self._resting.items() if at and at.date() == now.date() and at <= now}
            if woken:
                yield from self._remind(month, AGAIN, now, woken)
            self._resting = {who: at for who, at in self._resting.items() if at is None or at > now}

    def _slots(self, period: Period) -> tuple[Slot, ...]:
        return slots(self.rules, self.calendar, period, self.deadline_day(period))

    def _tell(self, month: "_Month", slot: Slot, now: datetime) -> Iterator[Told]:
        if slot.kind is not Kind.OFFICE_LIST:
            yield from self._remind(month, slot.rule, now)
        if slot.kind in {Kind.REMINDER, Kind.OFFICE_LIST}:
            open_: dict[str, list[int]] = {}
            for one in self.city.enterprises:
                if (slot.kind is Kind.OFFICE_LIST or one.reporter is None) and month.wants(one.number, now):
                    open_.setdefault(one.district, []).append(one.number)
            for district, numbers in open_.items():
                yield Told(now, month.period, slot.rule, district, tuple(numbers))

    def _remind(self, month: "_Month", rule: str, now: datetime, only: set[int] | None = None) -> Iterator[Told]:
        """Yield one message a reporter about all of the enterprises, but to those who rest; some answer at once."""
        for who, numbers in month.seats.items():
            until = self._resting.get(who, now)
            if (only is None or who in only) and until is not None and until <= now:
                late = tuple(number for number in numbers if month.wants(number, now))
                if late:
                    told = Told(now, month.period, rule, who, late)
                    yield told
                    answer = self.city.answer(told) if now < month.closes else None
                    if answer:
                        self._resting[who] = tomorrow(self.calendar, now) if answer == "tomorrow" else None


@dataclass(frozen=True)
class _Month:
    """What is fixed as long as a period is due."""

    period: Period
    closes: datetime
    slots: tuple[Slot, ...]
    city: City

    @cached_property
    def days_with_reminder(self) -> frozenset[object]:
        return frozenset(slot.at.date() for slot in self.slots if slot.kind is Kind.REMINDER)

    @cached_property
    def seats(self) -> Mapping[int, list[int]]:
        found: dict[int, list[int]] = {}
        for one in self.city.enterprises:
            if one.reporter is not None:
                found.setdefault(one.reporter, []).append(one.number)
        return found

    @cached_property
    def _submitted(self) -> list[datetime | None]:
        return [self.city.submitted_at(one.number, self.period) for one in self.city.enterprises]

    def wants(self, enterprise: int, now: datetime) -> bool:
        """Return whether the report of an enterprise is not submitted."""
        at = self._submitted[enterprise - 1]
        return at is None or at > now
