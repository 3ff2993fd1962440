"""Periods of the monthly report and the dates that follow from them (manual, 报送说明 and section 2.2).

All rules are in Asia/Shanghai; every datetime that comes in must be aware.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST_YEAR = 2012
_PATTERN = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One month that is reported, such as 2026-10."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `YYYY-MM`.

        Raises:
            ValueError: the text has another form or names no month.
        """
        found = _PATTERN.fullmatch(text)
        if not found or not int(found[1]) or not 1 <= int(found[2]) <= 12:  # noqa: PLR2004 -- months
            message = f"not a period (YYYY-MM): {text!r}"
            raise ValueError(message)
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        """Return `YYYY-MM`, which also sorts in order of time."""
        return f"{self.year:04d}-{self.month:02d}"

    def plus(self, months: int) -> "Period":
        """Return the period so many months later (earlier when negative)."""
        index = self.year * 12 + self.month - 1 + months
        return Period(index // 12, index % 12 + 1)

    @property
    def previous(self) -> "Period":
        """The month before."""
        return self.plus(-1)

    @property
    def last_year(self) -> "Period":
        """The same month of the year before (去年同期)."""
        return self.plus(-12)

    @property
    def last_day(self) -> date:
        """The last day of the reported month."""
        return date(self.year, self.month, monthrange(self.year, self.month)[1])


def _in_shanghai(now: datetime) -> datetime:
    if now.tzinfo is None:
        # Python would silently take it for the time of the machine.
        message = f"a datetime without a time zone: {now}"
        raise ValueError(message)
    return now.astimezone(SHANGHAI)


def due_period(now: datetime) -> Period:
    """Return the period that is to be reported now: last month, in Shanghai's calendar."""
    today = _in_shanghai(now)
    return Period(today.year, today.month).previous


def deadline(period: Period, day: int) -> datetime:
    """Return the first instant after the deadline: the end of that day of the following month (报送说明)."""
    after = period.plus(1)
    return datetime(after.year, after.month, day, tzinfo=SHANGHAI) + timedelta(days=1)


def fillable_periods(now: datetime) -> tuple[Period, ...]:
    """Return the periods open for 补填, newest first: January of the previous year up to last month (section 2.2)."""
    newest = due_period(now)
    first = Period(_in_shanghai(now).year - 1, 1)
    return tuple(newest.plus(-back) for back in range(24) if newest.plus(-back) >= first)
