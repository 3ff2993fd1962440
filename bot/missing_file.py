"""The list of those who have not submitted, as an Excel file."""

import asyncio
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import xlsxwriter

from dialogs.form import Forms
from dialogs.office.overview import Key, Unfiled, state_words
from dialogs.periods import Period, deadline
from dialogs.texts import write_out
from dialogs.turn import Words, text
from storage import overview
from storage.database import Database

AT_ONCE = 5_000
"""So many rows are read in one transaction: on SQLite nobody can write meanwhile."""
COLUMNS = ("district", "code", "name", "category", "state", "reporter", "mobile", "phone")
_WIDTHS = (8, 22, 40, 12, 18, 12, 18, 18)


@cache
def _forms() -> Forms:
    return Forms.read()


async def render(database: Database, params: Mapping[str, Any], path: Path) -> str:
    """Write the file and return its name, see `bot.documents.Renderer`.

    Args:
        database: the database.
        params: `period`, `YYYY-MM`; `districts`, those within the scope of who asked, all when None; `at`, the instant
            from which lateness is told, as ISO 8601 writes it; `language`.
        path: where to.
    """
    period, districts = Period.parse(params["period"]), params["districts"]
    form = _forms().in_force(period)
    if form is None:
        raise LookupError(period)
    scope = None if districts is None else tuple(districts)
    now, language = datetime.fromisoformat(params["at"]), params["language"]

    def cells(row: Unfiled) -> tuple[str, ...]:
        state = write_out(state_words(period, row.filing, form, now), language)
        return (row.key.district, row.code, row.key.name, row.category, state, row.reporter, row.mobile, row.phone)

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(path, options)
    with closing(book):
        sheet = book.add_worksheet(write_out(text("missing-sheet"), language))
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for place, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True)):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, write_out(text(f"missing-column-{name}"), language), bold)
        line, beyond = 1, None
        while rows := await _some(database, period, deadline(period, form.deadline_day), scope, beyond):
            await asyncio.to_thread(_write, sheet, line, [cells(row) for row in rows])
            line, beyond = line + len(rows), rows[-1].key
        sheet.autofilter(0, 0, max(line - 1, 1), len(COLUMNS) - 1)
    where: Words = text("office-city") if scope is None else "、".join(scope)
    return write_out(text("missing-file-name", period=str(period), where=where), language)


async def _some(
    database: Database, period: Period, closes: datetime, scope: tuple[str, ...] | None, beyond: Key | None
) -> list[Unfiled]:
    async with database.transaction() as tx:
        return await overview.missing(tx, period, closes, scope, beyond=beyond, most=AT_ONCE)


def _write(sheet: "xlsxwriter.worksheet.Worksheet", line: int, rows: list[tuple[str, ...]]) -> None:
    for number, row in enumerate(rows, line):
        for place, value in enumerate(row):
            if value:
                sheet.write_string(number, place, value)
