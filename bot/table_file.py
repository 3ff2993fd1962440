"""Reading a table that somebody hands over: a CSV file (UTF-8 or GBK) or the first sheet of an XLSX workbook.

It is read a row at a time, so its length does not matter. What is wrong is collected with its row, for people to mend.
"""

import codecs
import csv
import re
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast
from zipfile import ZipFile

from openpyxl import load_workbook
from openpyxl.cell.cell import ERROR_CODES

from dialogs.numbers import fold_width
from dialogs.people import read_code

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
MAX_FAULTS: Final = 1_000
EXACT_PLACES: Final = 15
"""Excel keeps a number no better; a credit code that was typed as a number is lost."""
SHOWN: Final = 40
"""So many characters of a cell are repeated in a fault."""

_EDGES = " \t\r\n\u00a0\u3000"
_BLACK_SHEEP = {"Cc": "a control character", "Cf": "an invisible character", "Cs": "half a character"}
_BLACK_SHEEP |= {"Zl": "a line break", "Zp": "a line break"}
_CELLS_IN_MIND = 1 << 14
_PIECE = 1 << 16


# ---- what is wrong


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a file, in plain English for the operator.

    Args:
        row: as the file counts: the header is row 1. 0 is the file as a whole.
        field: the header of the column; empty for the row as a whole.
        reason: what is wrong. Names and phone numbers are not repeated.
        file: its name, where there are several.
    """

    row: int
    field: str
    reason: str
    file: str = ""

    def __str__(self) -> str:
        """Return the fault as one line."""
        place = f"row {self.row}" if self.row else "the file"
        if self.file:
            place = f"{self.file}, {place}" if self.row else self.file
        return f"{place}, {self.field}: {self.reason}" if self.field else f"{place} {self.reason}"


class Faults:
    """The faults in the order of finding: the first thousand, and how many there are."""

    def __init__(self) -> None:
        """Begin without."""
        self.first: list[Fault] = []
        self.count = 0

    def add(self, fault: Fault) -> None:
        """Note one more."""
        self.count += 1
        if len(self.first) < MAX_FAULTS:
            self.first.append(fault)


class BadTableError(Exception):
    """Something is wrong, and nothing was imported; the text has all of it, one fault a line."""

    def __init__(self, faults: Faults) -> None:
        """Keep the faults."""
        more = faults.count - len(faults.first)
        lines = ["nothing was imported:", *map(str, faults.first), *([f"and {more} more"] if more else [])]
        super().__init__("\n".join(lines))
        self.faults = tuple(faults.first)


class UnfitError(Exception):
    """A cell does not hold what it should; the text says why."""


class UnreadableError(Exception):
    """The file cannot be read from here on; the text says why."""


# ---- one cell


def plain_words(cell: object) -> str:
    """Return what a cell says. CSV has text only; a workbook has numbers, dates and errors as well.

    Raises:
        UnfitError: it holds something that is not text, or a number whose last places Excel has lost.
    """
    match cell:
        case None:
            return ""
        case str():
            if cell in ERROR_CODES:
                message = f"is an error value ({cell})"
                raise UnfitError(message)
            return cell
        case int() | float() if not isinstance(cell, bool):
            words = re.sub(r"\.0$", "", str(cell))
            if sum(char.isdigit() for char in words) > EXACT_PLACES or "e" in words:
                message = f"is a number, of which Excel keeps {EXACT_PLACES} places: enter it as text"
                raise UnfitError(message)
            return words
        case _:
            message = f"is a {type(cell).__name__}, not text"
            raise UnfitError(message)


def figure_words(cell: object) -> str:
    """Return what a cell says that holds a figure: of a number the places that Excel keeps.

    What lies behind them comes from calculating in binary; Excel itself does not show it.

    Raises:
        UnfitError: it holds something that is neither text nor a number.
    """
    return f"{Decimal(f'{cell:.{EXACT_PLACES}g}'):f}" if isinstance(cell, float) else plain_words(cell)


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column that means something.

    Args:
        header: its title; width and spaces do not matter.
        name: where its values go.
        required: the column must be there, and no cell of it may be empty.
        read: returns the value of a cell that is not empty, or raises `UnfitError`. The same words give the same value.
        words: returns what a cell says, or raises `UnfitError`.
        length: how many characters a value may have; 0 is any number.
    """

    header: str
    name: str
    required: bool
    read: Callable[[str], str] = str
    words: Callable[[object], str] = plain_words
    length: int = 0


def read_credit_code(cell: str) -> str:
    """Return a unified social credit code; a `Column.read`."""
    code = read_code(cell)
    if code is None:
        message = f"{cell[:SHOWN]} is not a unified social credit code (18 places, the last one checks the others)"
        raise UnfitError(message)
    return code


@lru_cache(_CELLS_IN_MIND, typed=True)  # 1, 1.0 and True are equal; most cells of a long table say the same as others
def _read_cell(cell: object, column: Column) -> str:
    words = column.words(cell).strip(_EDGES)
    if not words:
        if column.required:
            message = "is empty"
            raise UnfitError(message)
        return ""
    for char in "" if words.isprintable() else words:
        sheep = _BLACK_SHEEP.get(unicodedata.category(char))
        if sheep:
            message = f"contains {sheep} (U+{ord(char):04X})"
            raise UnfitError(message)
    value = column.read(words)
    if column.length and len(value) > column.length:
        message = f"is longer than {column.length} characters"
        raise UnfitError(message)
    return value


def _blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip(_EDGES))


def without_spaces(words: str) -> str:
    """Return the words as they are compared: full width made plain, without any spaces."""
    return "".join(fold_width(words).split())


# ---- the rows


class Table:
    """A file that is read with these columns."""

    def __init__(self, path: Path, columns: Sequence[Column], faults: Faults, name: str = "") -> None:
        """Prepare to read.

        Args:
            path: of a CSV or XLSX file.
            columns: what is read; others are ignored.
            faults: takes what is wrong.
            name: of the file, for faults, where there are several.
        """
        self._path = path
        self._columns = columns
        self._faults = faults
        self._name = name
        self._empty = dict.fromkeys((column.name for column in columns), "")
        self._width = 0
        self._places: list[tuple[Column, int]] = []
        self._complete = True
        self.ignored: tuple[str, ...] = ()
        """The headers of columns that mean nothing here; known when the first row was read."""

    def fault(self, row: int, field: str, reason: str) -> None:
        """Note what is wrong."""
        self._faults.add(Fault(row, field, reason, self._name))

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield the number and the values, by name, of every row that is good; note what is wrong with the others.

        An empty cell is an empty string. Blank rows are passed over.

        Raises:
            OSError: the file cannot be read.
        """
        number, seen, before = 0, False, self._faults.count
        try:
            for number, cells in enumerate(raw_rows(self._path), 1):
                if number == 1:
                    self._read_header(cells)
                elif not all(map(_blank, cells)):
                    seen = True
                    values = self._read_row(number, cells)
                    if values is not None:
                        yield number, values
        except UnreadableError as error:
            self.fault(number and number + 1, "", str(error))
        if not seen and self._faults.count == before:
            self.fault(0, "", "has no entries")

    def _read_header(self, cells: Sequence[object]) -> None:
        titles = [without_spaces(str(cell or "")) for cell in cells]
        while titles and not titles[-1]:
            titles.pop()
        for column in self._columns:
            if titles.count(column.header) > 1:
                self.fault(1, column.header, "the column is there more than once")
            elif column.header in titles:
                self._places.append((column, titles.index(column.header)))
            elif column.required:
                self.fault(1, column.header, "the column is missing")
                self._complete = False
        known = {column.header for column in self._columns}
        self._width = len(titles)
        self.ignored = tuple(title for title in titles if title and title not in known)

    def _read_row(self, number: int, cells: Sequence[object]) -> dict[str, str] | None:
        """Return the values of a row by name, or None when anything about it is wrong."""
        good = self._complete  # a column that is missing was told once, and is not told for every row
        if len(cells) > self._width and not all(map(_blank, cells[self._width :])):
            self.fault(number, "", f"has more cells than the header, which has {self._width}")
            good = False
        values = self._empty.copy()
        for column, place in self._places:
            try:
                values[column.name] = _read_cell(cells[place] if place < len(cells) else None, column)
            except UnfitError as unfit:
                self.fault(number, column.header, str(unfit))
                good = False
        return values if good else None


# ---- the two kinds of file


def raw_rows(path: Path, most_unpacked: int | None = None) -> Iterator[Sequence[object]]:
    """Yield the rows of a file, blank ones too.

    Args:
        path: of a CSV or XLSX file.
        most_unpacked: how many bytes a workbook may unpack to; `MAX_UNPACKED` when left out.

    Raises:
        UnreadableError: it cannot be read, or not any further.
    """
    with path.open("rb") as file:
        head = file.read(8)
        size = file.seek(0, 2)
    if not head:
        message = "is empty"
        raise UnreadableError(message)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        message = "is an old Excel file (.xls) or has a password: save it as .xlsx without one"
        raise UnreadableError(message)
    if not head.startswith(b"PK\x03\x04"):
        yield from _csv_rows(path)
        return
    if size > MAX_UPLOAD:
        message = f"is larger than {MAX_UPLOAD // MIB} MiB"
        raise UnreadableError(message)
    yield from _xlsx_rows(path, MAX_UNPACKED if most_unpacked is None else most_unpacked)


def _csv_rows(path: Path) -> Iterator[Sequence[object]]:
    with path.open(encoding=_encoding(path), newline="") as file:
        try:
            yield from csv.reader(file, strict=True)
        except csv.Error as error:
            message = f"is not CSV: {error}"
            raise UnreadableError(message) from error


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        if file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
            message = "is UTF-16: save it as CSV UTF-8"
            raise UnreadableError(message)
    # UTF-8 first: hardly any Chinese text in GBK is valid UTF-8, but UTF-8 is often valid GB18030.
    for encoding in ("utf-8-sig", "gb18030"):
        with path.open(encoding=encoding, newline="") as file:
            try:
                while file.read(_PIECE):
                    pass
            except UnicodeDecodeError:
                continue
            return encoding
    message = "is neither UTF-8 nor GBK"
    raise UnreadableError(message)


def _xlsx_rows(path: Path, most_unpacked: int) -> Iterator[Sequence[object]]:
    with path.open("rb") as file, ExitStack() as stack:
        try:
            with ZipFile(file) as archive:
                _guard(archive, most_unpacked)
            with warnings.catch_warnings(action="ignore"):  # styles and extensions that openpyxl does not know
                workbook = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            stack.callback(workbook.close)
            sheet = workbook.worksheets[0]
            cast("ReadOnlyWorksheet", sheet).reset_dimensions()  # they may lie
            yield from cast("Worksheet", sheet).iter_rows(max_row=MAX_ROWS, max_col=MAX_COLUMNS, values_only=True)
        except UnreadableError:
            raise
        except Exception as error:  # a damaged workbook makes its reader stumble anywhere
            message = f"is a damaged workbook ({type(error.__cause__ or error).__name__})"
            raise UnreadableError(message) from error


def _guard(archive: ZipFile, most_unpacked: int) -> None:
    """Refuse what unpacks to too much, or holds more than tables, before anything is unpacked."""
    entries = archive.infolist()
    reason = ""
    if len(entries) > MAX_ENTRIES:
        reason = f"has more than {MAX_ENTRIES} parts"
    elif any(entry.flag_bits & 1 for entry in entries):
        reason = "has a password"
    elif any(entry.filename.lower().endswith("vbaproject.bin") for entry in entries):
        reason = "has macros: save it as .xlsx"
    elif sum(entry.file_size for entry in entries) > most_unpacked:
        reason = f"unpacks to more than {most_unpacked // MIB} MiB"
    elif any(entry.file_size > max(MIB, MAX_RATIO * entry.compress_size) for entry in entries):
        reason = f"unpacks to more than {MAX_RATIO} times its size"
    if reason:
        raise UnreadableError(reason)
