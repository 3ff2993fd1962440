"""The days of the calendar: which are worked on in mainland China, with 调休.

They come with a package for the years that it knows, and from the State Council's notices that an operator imports. A
year is there as a whole or not at all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, delete, false, or_, select

from storage.database import ConflictError, Transaction
from storage.tables import calendar_day

_SATURDAY = 5
NAME_LENGTH = 40
"""So many characters the name of a holiday may have."""


@dataclass(frozen=True, slots=True)
class Day:
    """What a day is.

    Args:
        works: whether it is worked on.
        name: of the holiday that made it other than the week says, in Chinese; empty where none did.
        notice: the year whose notice an operator imported; None for the package's.
    """

    works: bool
    name: str = ""
    notice: int | None = None


def days_of_year(year: int) -> Iterable[date]:
    """Return the days of a year in their order."""
    first = date(year, 1, 1)
    return (first + timedelta(number) for number in range((date(year + 1, 1, 1) - first).days))


def by_the_week(day: date) -> bool:
    """Return whether a day is one from Monday to Friday."""
    return day.weekday() < _SATURDAY


def packaged() -> dict[date, Day]:
    """Return every day of the years that the package knows."""
    import chinese_calendar  # noqa: PLC0415 -- only an upgrade needs it

    named = {
        **{day: Day(works=False, name=_in_chinese(name)) for day, name in chinese_calendar.holidays.items()},
        **{day: Day(works=True, name=_in_chinese(name)) for day, name in chinese_calendar.workdays.items()},
    }
    years = range(min(named).year, max(named).year + 1)
    return {day: named.get(day) or Day(by_the_week(day)) for year in years for day in days_of_year(year)}


def _in_chinese(name: str) -> str:
    from chinese_calendar import Holiday  # noqa: PLC0415 -- see `packaged`

    return str(Holiday(name).chinese)


async def put_in_packaged(tx: Transaction) -> None:
    """Bring the days to what the package says, but those of an imported notice."""
    there = await read_days(tx)
    changed = {
        day: new
        for day, new in packaged().items()
        if (old := there.get(day)) is None or (old.notice is None and old != new)
    }
    await _write(tx, changed)


async def read_days(tx: Transaction, years: Iterable[int] | None = None) -> dict[date, Day]:
    """Return the days that are known, in their order; of some years or of all."""
    table = calendar_day.c
    found = select(table.day, table.works, table.name, table.notice).order_by(table.day)
    if years is not None:
        found = found.where(or_(false(), *(_within(year) for year in years)))
    return {row.day: Day(row.works, row.name, row.notice) for row in await tx.run(found)}


async def put_in_notice(tx: Transaction, year: int, named: Mapping[date, Day]) -> None:
    """Put the whole year of a notice in the place of what was there.

    Args:
        tx: the transaction.
        year: the one of the notice. What the notice of the year after says of its last days stays.
        named: what it says, of that year and of the last days of the year before.

    Raises:
        ConflictError: it has days of the year before, which is not known.
    """
    if any(day.year < year for day in named) and not await read_days(tx, [year - 1]):
        message = f"the notice has days of {year - 1}, which is not known: import the notice of {year - 1} first"
        raise ConflictError(message)
    later = calendar_day.c.notice.is_not_distinct_from(year + 1)
    await tx.run(delete(calendar_day).where(_within(year), ~later))
    kept = await read_days(tx, [year])
    days = {day: Day(by_the_week(day), notice=year) for day in days_of_year(year) if day not in kept}
    await _write(tx, days | {day: Day(what.works, what.name, year) for day, what in named.items()})


def _within(year: int) -> ColumnElement[bool]:
    return calendar_day.c.day.between(date(year, 1, 1), date(year, 12, 31))


async def _write(tx: Transaction, days: Mapping[date, Day]) -> None:
    rows = [{"day": day, "works": what.works, "name": what.name, "notice": what.notice} for day, what in days.items()]
    if rows:
        insert = tx.insert(calendar_day)
        changes = {name: insert.excluded[name] for name in ("works", "name", "notice")}
        await tx.run(insert.on_conflict_do_update(index_elements=["day"], set_=changes), rows)
