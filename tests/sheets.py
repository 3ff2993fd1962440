"""Tables as people hand them over, in bytes."""

import csv
import io
from collections.abc import Sequence

from openpyxl import Workbook


def csv_bytes(*rows: Sequence[object], encoding: str = "utf-8") -> bytes:
    """Return a CSV file."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_bytes(*rows: Sequence[object]) -> bytes:
    """Return a workbook of one sheet."""
    book, file = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    book.save(file)
    return file.getvalue()
