"""The working days of mainland China, with 调休: as published, or provisional where nothing is published yet.

A provisional year has its weekends and statutory holidays (全国年节及纪念日放假办法, as of 2025), but no days moved
to or from a weekend, which only the State Council's notice of each November knows. It is marked, and the operator told.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import structlog

from dialogs.periods import SHANGHAI
from scheduler.clock import Clock
from storage.calendar import by_the_week, days_of_year, read_days
from storage.database import Database, Transaction

LOG = structlog.get_logger("calendar")

_DAY = timedelta(days=1)
_BY_THE_MOON: Mapping[int, tuple[date, date, date, date]] = {
    2025: (date(2025, 1, 29), date(2025, 4, 4), date(2025, 5, 31), date(2025, 10, 6)),
    2026: (date(2026, 2, 17), date(2026, 4, 5), date(2026, 6, 19), date(2026, 9, 25)),
    2027: (date(2027, 2, 6), date(2027, 4, 5), date(2027, 6, 9), date(2027, 9, 15)),
    2028: (date(2028, 1, 26), date(2028, 4, 4), date(2028, 5, 28), date(2028, 10, 3)),
    2029: (date(2029, 2, 13), date(2029, 4, 4), date(2029, 6, 16), date(2029, 9, 22)),
    2030: (date(2030, 2, 3), date(2030, 4, 5), date(2030, 6, 5), date(2030, 9, 12)),
}
"""春节, 清明, 端午 and 中秋 of the years that may be provisional."""
_FIXED = ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3))
_SINCE_2025 = (5, 2)
_NEW_RULES = 2025
_NOTICES_COME = 11


class UnknownDayError(LookupError):
    """Nobody knows whether that day is worked on; the message names the way out."""


@dataclass(frozen=True)
class Calendar:
    """Which days are worked on.

    Args:
        days: of whole years, in the calendar of Shanghai.
        provisional: the years among them of which nothing is published yet.
    """

    days: Mapping[date, bool]
    provisional: frozenset[int] = frozenset()

    def is_working_day(self, day: date) -> bool:
        """Return whether a day is worked on.

        Raises:
            UnknownDayError: its year is neither known nor provisional. Every other method here raises it, too.
        """
        try:
            return self.days[day]
        except KeyError:
            raise UnknownDayError(_unknown(day.year)) from None

    def first_working_day_from(self, day: date) -> date:
        """Return that day, or the first one after it that is worked on."""
        while not self.is_working_day(day):
            day += _DAY
        return day

    def last_working_day_up_to(self, day: date) -> date:
        """Return that day, or the last one before it that is worked on."""
        while not self.is_working_day(day):
            day -= _DAY
        return day

    def working_days_before(self, day: date, n: int) -> date:
        """Return the working day from which on `n` are worked on before that day; the day itself for 0."""
        for _ in range(n):
            day = self.last_working_day_up_to(day - _DAY)
        return day


def _unknown(year: int) -> str:
    return f"the working days of {year} are not known: `tianbao calendar import FILE` reads the State Council's notice"


def statutory_days(year: int) -> Iterator[date]:
    """Yield the statutory holidays of a year; those by the moon only where this program knows them."""
    yield from (date(year, month, day) for month, day in _FIXED)
    if year >= _NEW_RULES:
        yield date(year, *_SINCE_2025)
    if year in _BY_THE_MOON:
        spring, *others = _BY_THE_MOON[year]
        yield from (spring + number * _DAY for number in range(-1, 3))
        yield from others


def provisional_days(year: int) -> dict[date, bool]:
    """Return the days of a year that is not published yet: weekends and statutory holidays are off.

    Raises:
        UnknownDayError: not even the holidays of that year are known here.
    """
    if year not in _BY_THE_MOON:
        raise UnknownDayError(_unknown(year))
    off = frozenset(statutory_days(year))
    return {day: by_the_week(day) and day not in off for day in days_of_year(year)}


async def load_calendar(tx: Transaction, years: Iterable[int]) -> Calendar:
    """Return the calendar of these years: as the database has it, provisional where it has nothing.

    A year of which nothing at all is known is not in it; only asking for one of its days is an error.
    """
    wanted = frozenset(years)
    days = {day: what.works for day, what in (await read_days(tx, wanted)).items()}
    provisional = frozenset(wanted & _BY_THE_MOON.keys() - {day.year for day in days})
    for year in provisional:
        days |= provisional_days(year)
    return Calendar(days, provisional)


async def warn_of_provisional(database: Database, clock: Clock) -> None:
    """Tell the operator if this year has no published days; from November on also the next, as its notice is out then.

    Raises:
        ConflictError, DatabaseDownError: see `Database.transaction`.
    """
    today = clock.now().astimezone(SHANGHAI)
    years = (today.year, today.year + 1) if today.month >= _NOTICES_COME else (today.year,)
    async with database.transaction() as tx:
        calendar = await load_calendar(tx, years)
    for year in years:
        if year in calendar.provisional or date(year, 1, 1) not in calendar.days:
            known = "weekends and statutory days only" if year in calendar.provisional else "nothing: no reminders"
            cure = "tianbao calendar import FILE, with the State Council's notice"
            LOG.warning("working days not published", year=year, known=known, cure=cure)
