"""The calendar for the operator: importing the State Council's notice of a year's holidays, and showing a year."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

import orjson

from bot.table_file import SHOWN, BadTableError, Column, Faults, Table, UnfitError, plain_words
from scheduler.calendar import load_calendar, statutory_days
from storage.calendar import NAME_LENGTH, Day, by_the_week, days_of_year, packaged, put_in_notice, read_days
from storage.database import Database, Transaction
from storage.tables import audit

_DECEMBER = 12


async def import_notice(database: Database, path: Path, at: datetime) -> int:
    """Import the notice of a year; return the year. What was known of it before is replaced.

    Args:
        database: of this program's schema.
        path: a CSV file (UTF-8 or GBK) or an XLSX file with the columns 日期, 安排 (放假 or 上班) and 名称.
        at: when, for the audit.

    Raises:
        BadTableError: something is wrong with the file, or it is not the whole notice.
        OSError: it cannot be read.
        ConflictError: it has days of the year before, of which nothing is known.
        DatabaseDownError: see `Database.transaction`.
    """
    year, named = await asyncio.to_thread(read_notice, path)
    detail = orjson.dumps({"year": year, "days": len(named)}).decode()
    async with database.transaction() as tx:
        await put_in_notice(tx, year, named)
        await tx.run(audit.insert(), {"at": at, "action": "calendar-imported", "detail": detail})
    return year


def read_notice(path: Path) -> tuple[int, Mapping[date, Day]]:
    """Read and check a file; return its year, and what it says of days of this year and of the December before.

    Raises:
        BadTableError: with everything that is wrong.
        OSError: the file cannot be read.
    """
    faults = Faults()
    table = Table(path, _COLUMNS, faults)
    rows: dict[date, int] = {}
    named: dict[date, Day] = {}
    for number, entry in table.rows():
        day, works = date.fromisoformat(entry["day"]), entry["works"] == _WORKS
        if day in rows:
            table.fault(number, _DAY, f"{day} is in row {rows[day]} already")
        elif works and by_the_week(day):
            table.fault(number, _DAY, f"{day} is a {day:%A}, which is worked on anyway")
        rows[day] = number
        named[day] = Day(works, entry["name"])
    if not faults.count:
        year = max(named).year
        for reason in _missing(year, named):
            table.fault(0, "", reason)
    if faults.count:
        raise BadTableError(faults)
    return max(named).year, named


def _missing(year: int, named: Mapping[date, Day]) -> Iterator[str]:
    """Yield why this is not the whole notice of that year; half of it would be silently wrong."""
    for day in sorted(named):
        if day.year < year and (day.year, day.month) != (year - 1, _DECEMBER):
            yield f"is not one notice: {day} belongs to another than that of {year}"
    for day in sorted(statutory_days(year)):
        if day not in named or named[day].works:
            yield f"is not the whole notice of {year}: {day} is a statutory holiday and is not {_OFF} in it"


async def describe_year(tx: Transaction, year: int) -> list[str]:
    """Return what is known of a year, in lines for the operator: where it is from, and what the week does not say.

    Raises:
        UnknownDayError: nothing is known.
    """
    known = await read_days(tx, [year])
    calendar = await load_calendar(tx, [year])
    off = sum(not calendar.is_working_day(day) for day in days_of_year(year))
    if year in calendar.provisional:
        source = (
            "PROVISIONAL: nothing is published, moved days are missing; `tianbao calendar import FILE` reads a notice"
        )
    elif any(day.notice == year for day in known.values()):
        source = "from an imported notice"
    else:
        source = "from the package"
    lines = [f"{year}: {len(calendar.days) - off} working days, {off} days off, {source}"]
    for day, works in calendar.days.items():
        name = known[day].name if day in known else ""
        if name or works != by_the_week(day):
            lines.append(f"{day} {day:%a} {'works' if works else 'off'} {name}".rstrip())
    others = packaged()
    for day, what in known.items():
        if day in others and others[day].works != what.works:
            lines.append(
                f"the package says otherwise: {day} {'works' if others[day].works else 'off'}; import a notice"
            )
    return lines


# ---- the columns


def _read_day(cell: str) -> str:
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", cell, re.ASCII)
    try:
        return date(*map(int, found.groups())).isoformat() if found else date.fromisoformat(cell).isoformat()
    except ValueError as error:
        message = f"{cell[:SHOWN]} is not a date such as 2027-02-06"
        raise UnfitError(message) from error


def _day_words(cell: object) -> str:
    # A workbook has dates of its own.
    return cell.date().isoformat() if isinstance(cell, datetime) else plain_words(cell)


def _read_works(cell: str) -> str:
    if cell not in {_WORKS, _OFF}:
        message = f"{cell[:SHOWN]} is neither {_OFF} nor {_WORKS}"
        raise UnfitError(message)
    return cell


_DAY, _WORKS, _OFF = "日期", "上班", "放假"
_COLUMNS = (
    Column(_DAY, "day", required=True, read=_read_day, words=_day_words),
    Column("安排", "works", required=True, read=_read_works),
    Column("名称", "name", required=False, length=NAME_LENGTH),
)
