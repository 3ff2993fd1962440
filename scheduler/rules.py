"""When whom is told what without asking: rules that are data (`rules.yaml`), and what follows from them.

All of it is pure; the times are Shanghai's, wherever the machine stands. The deadline is the form's: the end of the
20th (manual, 报送说明), on whatever day it falls.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from dialogs.data_file import Place, read_data_file
from dialogs.periods import SHANGHAI, Period, deadline
from scheduler.calendar import Calendar

RULES = Path(__file__).with_name("rules.yaml")
LOUD_FROM, LOUD_UNTIL = time(8, 30), time(20)
"""Between these, on working days, people may be told what they have not asked for."""


class Kind(StrEnum):
    """What is told: that a period can be filled, that it is due, that it is overdue; to the office, who is late."""

    OPENED = "opened"
    REMINDER = "reminder"
    OVERDUE = "overdue"
    OFFICE_LIST = "office_list"

    @property
    def before_the_deadline(self) -> bool:
        """Whether it makes sense only while the report can still be in time."""
        return self in {Kind.OPENED, Kind.REMINDER}


def _read_minute(value: object) -> object:
    # Pydantic also takes seconds of a day; and 14:30 without quotes is a number for YAML.
    if isinstance(value, str) and re.fullmatch(r"\d\d:\d\d", value, re.ASCII):
        return value
    message = 'a time is written as "09:30", with quotes'
    raise ValueError(message)


class Rule(BaseModel):
    """When one thing is told; `rules.yaml` says what the fields mean."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z-]{0,39}$")
    kind: Kind
    pick: Literal["first", "last", "itself", "after"]
    day: Annotated[int, Field(ge=1, le=28)] | Literal["deadline"]
    before: int = Field(default=0, ge=0, le=20)
    at: Annotated[time, BeforeValidator(_read_minute)]
    useful_days: int | None = Field(default=None, ge=1, le=28)

    def date_in(self, calendar: Calendar, last_day: date) -> date | None:
        """Return the day of the rule in the month of a deadline; None if it has none there.

        Args:
            calendar: of that year.
            last_day: the day at whose end the report is overdue.

        Raises:
            UnknownDayError: the calendar does not have the year.
        """
        day = last_day if self.day == "deadline" else last_day.replace(day=self.day)
        match self.pick:
            case "first":
                day = calendar.first_working_day_from(day)
            case "last":
                day = calendar.last_working_day_up_to(day)
            case "after":
                day = calendar.first_working_day_from(day + timedelta(days=1))
            case "itself" if not calendar.is_working_day(day):
                return None
            case "itself":
                pass
        return calendar.working_days_before(day, self.before)


class Rules(BaseModel):
    """All rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[Rule, ...]


def read_rules(path: Path = RULES) -> Rules:
    """Read a file of rules.

    Raises:
        DataFileError: it is not usable; every fault with its line.
        OSError: it cannot be read.
    """
    return read_data_file(path, Rules, _faults)


def _faults(rules: Rules) -> Iterator[tuple[Place, str]]:
    seen: set[str] = set()
    for number, rule in enumerate(rules.rules):
        if rule.id in seen:
            yield ("rules", number, "id"), f"there are two rules {rule.id!r}"
        seen.add(rule.id)
        if not LOUD_FROM <= rule.at < LOUD_UNTIL:
            yield ("rules", number, "at"), f"not between {LOUD_FROM:%H:%M} and {LOUD_UNTIL:%H:%M}"
        if (rule.useful_days is None) != rule.kind.before_the_deadline:
            yield ("rules", number), "useful_days belongs to what is told after the deadline, and only there"


@dataclass(frozen=True, slots=True)
class Slot:
    """One time at which one thing is told.

    Args:
        rule: its id.
        kind: what is told.
        at: from when on, aware, in Shanghai; never at a quiet time.
        until: from then on it is too late for it; aware.
    """

    rule: str
    kind: Kind
    at: datetime
    until: datetime


def slots(rules: Rules, calendar: Calendar, period: Period, deadline_day: int) -> tuple[Slot, ...]:
    """Return all slots of a period in the order of time.

    What is told before the deadline is useful until the next such slot or the deadline. Where two of them meet, as
    after a long holiday, only the one further down in the file is told.

    Args:
        rules: the rules.
        calendar: of the year of the deadline and, for a deadline at the end of December, of the next.
        period: the month that is reported.
        deadline_day: the form's, in the month after.

    Raises:
        UnknownDayError: the calendar does not have the year.
    """
    ends = deadline(period, deadline_day)
    last_day = (ends - timedelta(days=1)).date()
    opens = datetime(last_day.year, last_day.month, 1, tzinfo=SHANGHAI)
    placed: dict[tuple[Kind | None, datetime], Rule] = {}
    for rule in rules.rules:
        day = rule.date_in(calendar, last_day)
        if day is not None:
            at = datetime.combine(day, rule.at, SHANGHAI)
            if not rule.kind.before_the_deadline:
                placed[rule.kind, at] = rule
            elif opens <= at < ends:
                placed[None, at] = rule
    following = dict(pairwise([*sorted(at for kind, at in placed if kind is None), ends]))
    found = (
        Slot(
            rule.id,
            rule.kind,
            at,
            following[at] if rule.useful_days is None else at + timedelta(days=rule.useful_days),
        )
        for (_, at), rule in placed.items()
    )
    return tuple(sorted(found, key=lambda slot: slot.at))


def due(planned: Iterable[Slot], now: datetime) -> tuple[Slot, ...]:
    """Return what is due: of each kind the newest slot that has come and is still useful.

    So whoever was away over several slots catches up on one only. What was told already is not known here.

    Args:
        planned: the slots of a period, in the order of time.
        now: aware.
    """
    return tuple({slot.kind: slot for slot in planned if slot.at <= now < slot.until}.values())


def quiet(calendar: Calendar, now: datetime) -> bool:
    """Return whether nobody is to be told anything now that they have not asked for: at night and on days off.

    Args:
        calendar: of the year.
        now: aware.

    Raises:
        UnknownDayError: the calendar does not have the year.
    """
    local = now.astimezone(SHANGHAI)
    return not LOUD_FROM <= local.time() < LOUD_UNTIL or not calendar.is_working_day(local.date())


def next_loud(calendar: Calendar, now: datetime) -> datetime:
    """Return `now` if it is not quiet, or else when it next is not: the beginning of a working day, in Shanghai.

    Args:
        calendar: of the year and, at its end, of the next.
        now: aware.

    Raises:
        UnknownDayError: the calendar does not have the year.
    """
    if not quiet(calendar, now):
        return now
    local = now.astimezone(SHANGHAI)
    day = local.date() + timedelta(days=int(local.time() >= LOUD_FROM))
    return datetime.combine(calendar.first_working_day_from(day), LOUD_FROM, SHANGHAI)
