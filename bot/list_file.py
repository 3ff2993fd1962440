"""A list of enterprises that somebody sends: a column of a workbook, a CSV file or a text file."""

from itertools import islice
from pathlib import Path
from typing import Final

from bot.attachment import BadFileError
from bot.table_file import MIB, UnfitError, UnreadableError, plain_words, raw_rows, without_spaces

MOST_BYTES: Final = 2 * MIB
MOST_UNPACKED: Final = 16 * MIB
_MOST_ROWS: Final = 10_000
"""Blank ones as well: a sheet may have them at its end in any number."""
_HEADERS: Final = ("统一社会信用代码", "企业名称")


def read_list(path: Path) -> tuple[str, ...]:
    """Return the codes or names in a file, each once, in its order.

    They are in the column under 统一社会信用代码 or 企业名称; without such a header, in the first one.

    Args:
        path: of an XLSX, CSV or text file.

    Raises:
        BadFileError: `bad` when it is none of these, `empty` when nothing is in it.
    """
    try:
        rows = [[_words(cell) for cell in cells] for cells in islice(raw_rows(path, MOST_UNPACKED), _MOST_ROWS)]
    except UnreadableError as error:
        raise BadFileError("bad") from error
    titles = [without_spaces(cell) for cell in rows[0]] if rows else []
    header = next((title for title in _HEADERS if title in titles), None)
    column = titles.index(header) if header else 0
    cells = (row[column] for row in rows[bool(header) :] if len(row) > column)
    found = tuple(dict.fromkeys(cell for cell in cells if cell))
    if not found:
        raise BadFileError("empty")
    return found


def _words(cell: object) -> str:
    try:
        return " ".join(plain_words(cell).split())
    except UnfitError:
        # A code that Excel took for a number is lost; it is shown with those that were not found.
        return str(cell)
