"""Importing the legal-entity registry (法人库) from a CSV or XLSX file: all of it, or nothing and a list of faults.

The file is read once, a row at a time; what is good waits in a temporary file until the last row has been seen. So a
long file does not keep the database waiting, and of the rows only their codes stay in memory.
"""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import orjson
from sqlalchemy import String

from bot.table_file import SHOWN, BadTableError, Column, Faults, Table, UnfitError, read_credit_code
from dialogs.enterprises import Registered
from dialogs.offices import CATEGORIES, read_district
from storage.database import Database
from storage.registry import import_rows
from storage.tables import audit, registry


@dataclass(frozen=True, slots=True)
class Imported:
    """How an import went.

    Args:
        rows: how many entries were added or put right.
        ignored: the headers of columns that mean nothing here.
    """

    rows: int
    ignored: tuple[str, ...]


async def import_registry(database: Database, path: Path, at: datetime) -> Imported:
    """Import a file into the registry. Entries that are not in the file stay.

    Args:
        database: of this program's schema.
        path: a CSV file (UTF-8 or GBK) or an XLSX file, of which the first sheet counts.
        at: when, for the audit.

    Raises:
        BadTableError: something is wrong with the file.
        OSError: it cannot be read.
        ConflictError, DatabaseDownError: see `Database.transaction`.
    """
    with closing(await asyncio.to_thread(check, path)) as checked:
        async with database.transaction() as tx:
            count = await import_rows(tx, checked.rows())
            detail = orjson.dumps({"rows": count}).decode()
            await tx.run(audit.insert(), {"at": at, "action": "registry-imported", "detail": detail})
    return Imported(count, checked.ignored)


class Checked:
    """A file of which every row is good."""

    def __init__(self, spool: IO[str], ignored: tuple[str, ...]) -> None:
        """Take over the temporary file: one entry a line, its values in the order of `_COLUMNS`, set off by tabs."""
        self._spool = spool
        self.ignored = ignored

    def rows(self) -> Iterator[Registered]:
        """Yield the entries, from the first one every time."""
        self._spool.seek(0)
        for line in self._spool:
            yield Registered(**dict(zip(_NAMES, line.removesuffix("\n").split("\t"), strict=True)))

    def close(self) -> None:
        """Remove the temporary file."""
        self._spool.close()


def check(path: Path) -> Checked:
    """Read and check a file. This takes seconds to a minute; the caller closes what it gets.

    Raises:
        BadTableError: with everything that is wrong.
        OSError: the file cannot be read.
    """
    faults = Faults()
    table = Table(path, _COLUMNS, faults)
    with ExitStack() as stack:
        spool = stack.enter_context(TemporaryFile("w+", encoding="utf-8", newline="\n"))
        seen: dict[str, int] = {}
        for number, entry in table.rows():
            first = seen.setdefault(entry["code"], number)
            if first != number:
                table.fault(number, _CODE, f"{entry['code']} is in row {first} already")
            if not faults.count:
                spool.write("\t".join(entry[name] for name in _NAMES) + "\n")
        if faults.count:
            raise BadTableError(faults)
        stack.pop_all()
        return Checked(spool, table.ignored)


# ---- the columns


def _read_district(cell: str) -> str:
    district = read_district(cell)
    if district is None:
        message = f"{cell[:SHOWN]} is not a district of Shanghai"
        raise UnfitError(message)
    return district


def _read_category(cell: str) -> str:
    if cell not in CATEGORIES:
        message = f"{cell[:SHOWN]} is none of {', '.join(CATEGORIES)}"
        raise UnfitError(message)
    return cell


_LENGTHS = {column.name: column.type.length or 0 for column in registry.columns if isinstance(column.type, String)}
_CODE = "统一社会信用代码"
_COLUMNS = (
    Column(_CODE, "code", required=True, read=read_credit_code),
    Column("企业名称", "name", required=True, length=_LENGTHS["name"]),
    Column("法定代表人", "representative", required=True, length=_LENGTHS["representative"]),
    Column("区", "district", required=False, read=_read_district),
    Column("类别", "category", required=False, read=_read_category),
    Column("联系电话", "phone", required=False, length=_LENGTHS["phone"]),
)
_NAMES = tuple(column.name for column in _COLUMNS)
