"""Importing the legal-entity registry (法人库) from a CSV or XLSX file: all of it, or nothing and a list of faults.

The file is read once, a row at a time; what is good waits in a temporary file until the last row has been seen. So a
long file does not keep the database waiting, and of the rows only their codes stay in memory.
"""

import asyncio
import codecs
import csv
import re
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Final, cast
from zipfile import ZipFile

import orjson
from openpyxl import load_workbook
from openpyxl.cell.cell import ERROR_CODES
from sqlalchemy import String

from dialogs.conversation import Registered
from dialogs.numbers import fold_width
from dialogs.offices import CATEGORIES, read_district
from dialogs.people import read_code
from storage.database import Database
from storage.registry import import_rows
from storage.tables import audit, registry

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet
    from openpyxl.worksheet.worksheet import Worksheet

MIB: Final = 1 << 20
MAX_UPLOAD: Final = 64 * MIB
MAX_ENTRIES: Final = 200
MAX_UNPACKED: Final = 256 * MIB
"""Its reader holds all texts of a workbook in memory, and they may be nearly all of it."""
MAX_RATIO: Final = 100
MAX_ROWS: Final = 1 << 20
MAX_COLUMNS: Final = 64
EXACT_PLACES: Final = 15
"""Excel keeps a number no better; a credit code that was typed as a number is lost."""

_EDGES = " \t\r\n\u00a0\u3000"
_BLACK_SHEEP = {"Cc": "a control character", "Cf": "an invisible character", "Cs": "half a character"}
_BLACK_SHEEP |= {"Zl": "a line break", "Zp": "a line break"}
_LENGTHS = {column.name: column.type.length or 0 for column in registry.columns if isinstance(column.type, String)}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a file, in plain English for the operator.

    Args:
        row: as the file counts: the header is row 1. 0 is the file as a whole.
        field: the header of the column; empty for the row as a whole.
        reason: what is wrong. Names and phone numbers are not repeated.
    """

    row: int
    field: str
    reason: str

    def __str__(self) -> str:
        """Return the fault as one line."""
        place = f"row {self.row}" if self.row else "the file"
        return f"{place}, {self.field}: {self.reason}" if self.field else f"{place} {self.reason}"


class BadRegistryError(Exception):
    """The file cannot be imported, and nothing of it was; the text has all its faults, one a line."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Keep the faults, in the order of the file."""
        super().__init__("\n".join(["nothing was imported:", *map(str, faults)]))
        self.faults = tuple(faults)


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
        BadRegistryError: something is wrong with the file.
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
        BadRegistryError: with everything that is wrong.
        OSError: the file cannot be read.
    """
    faults: list[Fault] = []
    with ExitStack() as stack:
        spool = stack.enter_context(TemporaryFile("w+", encoding="utf-8", newline="\n"))
        number, header = 0, _Header((), {}, ())
        seen: dict[str, int] = {}
        try:
            for number, cells in enumerate(_rows(path), 1):
                if number == 1:
                    header = _read_header(cells, faults)
                    continue
                entry = _read_row(number, cells, header, faults)
                if entry is None:
                    continue
                first = seen.setdefault(entry["code"], number)
                if first != number:
                    faults.append(Fault(number, _CODE, f"{entry['code']} is in row {first} already"))
                if not faults:
                    spool.write("\t".join(entry[name] for name in _NAMES) + "\n")
        except _UnreadableError as error:
            faults.append(Fault(number and number + 1, "", str(error)))
        if not seen and not faults:
            faults.append(Fault(0, "", "has no entries"))
        if faults:
            raise BadRegistryError(faults)
        stack.pop_all()
        return Checked(spool, header.ignored)


# ---- one row


class _UnfitError(Exception):
    """A cell does not hold what it should; the text says why."""


class _UnreadableError(Exception):
    """The file cannot be read from here on; the text says why."""


def _read_code(cell: str) -> str:
    code = read_code(cell)
    if code is None:
        message = f"{cell[:40]} is not a unified social credit code (18 places, the last one checks the others)"
        raise _UnfitError(message)
    return code


def _read_district(cell: str) -> str:
    district = read_district(cell)
    if district is None:
        message = f"{cell[:40]} is not a district of Shanghai"
        raise _UnfitError(message)
    return district


def _read_category(cell: str) -> str:
    if cell not in CATEGORIES:
        message = f"{cell[:40]} is none of {', '.join(CATEGORIES)}"
        raise _UnfitError(message)
    return cell


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that means something: its header, where its values go, and how they are read."""

    header: str
    name: str
    required: bool
    read: Callable[[str], str] = str


_CODE = "统一社会信用代码"
_COLUMNS = (
    _Column(_CODE, "code", required=True, read=_read_code),
    _Column("企业名称", "name", required=True),
    _Column("法定代表人", "representative", required=True),
    _Column("区", "district", required=False, read=_read_district),
    _Column("类别", "category", required=False, read=_read_category),
    _Column("联系电话", "phone", required=False),
)
_NAMES = tuple(column.name for column in _COLUMNS)


@dataclass(frozen=True, slots=True)
class _Header:
    """The headers of a file, the places of the columns that mean something, and the headers of those that do not."""

    titles: tuple[str, ...]
    places: dict[str, int]
    ignored: tuple[str, ...]


def _read_header(cells: Sequence[object], faults: list[Fault]) -> _Header:
    titles = tuple("".join(fold_width(str(cell or "")).split()) for cell in cells)
    while titles and not titles[-1]:
        titles = titles[:-1]
    for column in _COLUMNS:
        if titles.count(column.header) > 1:
            faults.append(Fault(1, column.header, "the column is there more than once"))
        elif column.required and column.header not in titles:
            faults.append(Fault(1, column.header, "the column is missing"))
    known = {column.header for column in _COLUMNS}
    ignored = tuple(title for title in titles if title and title not in known)
    return _Header(titles, {title: place for place, title in enumerate(titles) if title in known}, ignored)


def _read_row(number: int, cells: Sequence[object], header: _Header, faults: list[Fault]) -> dict[str, str] | None:
    """Return the values of a row by name, or None when it is blank or anything about it is wrong."""
    if all(map(_blank, cells)):
        return None
    before = len(faults)
    if not all(map(_blank, cells[len(header.titles) :])):
        faults.append(Fault(number, "", f"has more cells than the header, which has {len(header.titles)}"))
    entry = {}
    for column in _COLUMNS:
        place = header.places.get(column.header, len(cells))
        try:
            entry[column.name] = _read_cell(cells[place] if place < len(cells) else None, column)
        except _UnfitError as unfit:
            if column.header in header.places:  # a missing column was told once, not for every row
                faults.append(Fault(number, column.header, str(unfit)))
    return entry if len(faults) == before and len(entry) == len(_COLUMNS) else None


def _blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip(_EDGES))


def _read_cell(cell: object, column: _Column) -> str:
    words = _words(cell).strip(_EDGES)
    if not words:
        if column.required:
            message = "is empty"
            raise _UnfitError(message)
        return ""
    for char in "" if words.isprintable() else words:
        sheep = _BLACK_SHEEP.get(unicodedata.category(char))
        if sheep:
            message = f"contains {sheep} (U+{ord(char):04X})"
            raise _UnfitError(message)
    value = column.read(words)
    if len(value) > _LENGTHS[column.name]:
        message = f"is longer than {_LENGTHS[column.name]} characters"
        raise _UnfitError(message)
    return value


def _words(cell: object) -> str:
    """Return what a cell says. CSV has text only; a workbook has numbers, dates and errors as well."""
    match cell:
        case None:
            return ""
        case str():
            if cell in ERROR_CODES:
                message = f"is an error value ({cell})"
                raise _UnfitError(message)
            return cell
        case int() | float() if not isinstance(cell, bool):
            words = re.sub(r"\.0$", "", str(cell))
            if sum(char.isdigit() for char in words) > EXACT_PLACES or "e" in words:
                message = f"is a number, of which Excel keeps {EXACT_PLACES} places: enter it as text"
                raise _UnfitError(message)
            return words
        case _:
            message = f"is a {type(cell).__name__}, not text"
            raise _UnfitError(message)


# ---- the two kinds of file


def _rows(path: Path) -> Iterator[Sequence[object]]:
    """Yield the rows of a file, blank ones too.

    Raises:
        _UnreadableError: it cannot be read, or not any further.
    """
    with path.open("rb") as file:
        head = file.read(8)
        size = file.seek(0, 2)
    if not head:
        message = "is empty"
        raise _UnreadableError(message)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        message = "is an old Excel file (.xls) or has a password: save it as .xlsx without one"
        raise _UnreadableError(message)
    if not head.startswith(b"PK\x03\x04"):
        yield from _csv_rows(path)
        return
    if size > MAX_UPLOAD:
        message = f"is larger than {MAX_UPLOAD // MIB} MiB"
        raise _UnreadableError(message)
    yield from _xlsx_rows(path)


def _csv_rows(path: Path) -> Iterator[Sequence[object]]:
    with path.open(encoding=_encoding(path), newline="") as file:
        try:
            yield from csv.reader(file, strict=True)
        except csv.Error as error:
            message = f"is not CSV: {error}"
            raise _UnreadableError(message) from error


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        if file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
            message = "is UTF-16: save it as CSV UTF-8"
            raise _UnreadableError(message)
    # UTF-8 first: hardly any Chinese text in GBK is valid UTF-8, but UTF-8 is often valid GB18030.
    for encoding in ("utf-8-sig", "gb18030"):
        with path.open(encoding=encoding, newline="") as file:
            try:
                while file.read(MIB):
                    pass
            except UnicodeDecodeError:
                continue
            return encoding
    message = "is neither UTF-8 nor GBK"
    raise _UnreadableError(message)


def _xlsx_rows(path: Path) -> Iterator[Sequence[object]]:
    with path.open("rb") as file, ExitStack() as stack:
        try:
            with ZipFile(file) as archive:
                _guard(archive)
            with warnings.catch_warnings(action="ignore"):  # styles and extensions that openpyxl does not know
                workbook = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            stack.callback(workbook.close)
            sheet = workbook.worksheets[0]
            cast("ReadOnlyWorksheet", sheet).reset_dimensions()  # they may lie
            yield from cast("Worksheet", sheet).iter_rows(max_row=MAX_ROWS, max_col=MAX_COLUMNS, values_only=True)
        except _UnreadableError:
            raise
        except Exception as error:  # a damaged workbook makes its reader stumble anywhere
            message = f"is a damaged workbook ({type(error.__cause__ or error).__name__})"
            raise _UnreadableError(message) from error


def _guard(archive: ZipFile) -> None:
    """Refuse what unpacks to too much, or holds more than tables, before anything is unpacked."""
    entries = archive.infolist()
    reason = ""
    if len(entries) > MAX_ENTRIES:
        reason = f"has more than {MAX_ENTRIES} parts"
    elif any(entry.flag_bits & 1 for entry in entries):
        reason = "has a password"
    elif any(entry.filename.lower().endswith("vbaproject.bin") for entry in entries):
        reason = "has macros: save it as .xlsx"
    elif sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        reason = f"unpacks to more than {MAX_UNPACKED // MIB} MiB"
    elif any(entry.file_size > max(MIB, MAX_RATIO * entry.compress_size) for entry in entries):
        reason = f"unpacks to more than {MAX_RATIO} times its size"
    if reason:
        raise _UnreadableError(reason)
