"""The submitted reports as an Excel workbook or a CSV file, one row an enterprise and period, in little memory.

Nothing in it can be a formula: in Excel every cell is written as what it is, a text or a number; a text of a CSV file
that a spreadsheet would take for a formula gets an apostrophe in front.
"""

import asyncio
import csv
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from decimal import Context, Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

import xlsxwriter

from bot.table_file import EXACT_PLACES
from dialogs.filed import Content, read_content
from dialogs.form import Form, Forms
from dialogs.office.exporting import scope_name, span_name
from dialogs.periods import SHANGHAI, Period
from dialogs.texts import write_out
from dialogs.turn import Words, text
from storage.database import Database
from storage.export import FiledReport, Wanted, count_reports, read_piece

Tell = Callable[[str], Awaitable[None]]
"""Tells people how far it is."""
TELL_EVERY: Final = 2.0
"""Seconds between two words about how far it is."""
REPORTS_AT_A_TIME: Final = 500
"""About so many reports are in memory at a time."""
_LIKE_A_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")
_WIDTH: Final = 16
"""Of a column, in characters."""
_EXACTLY: Final = Context(prec=EXACT_PLACES)
COLUMNS: Final = ("code", "name", "district", "category", "period", "state", "revision", "number", "at", "reporter")
"""What stands in front of the figures; a column is called `export-column-…`."""

Cell: TypeAlias = str | int | Decimal | datetime | None
"""A datetime is one of Shanghai, without its zone: a spreadsheet has none."""


async def render(database: Database, params: Mapping[str, Any], path: Path, tell: Tell) -> str:
    """Write the file, see `bot.documents.Gradual`.

    Args:
        database: the database.
        params: `first` and `last`, `YYYY-MM`; `districts`, those that may be in it, None for all; `scope`, how they are
            called, see `dialogs.office.authority`; `format`, `xlsx` or `csv`; `language`.
        path: where to write; what it takes meanwhile lies beside it.
        tell: is told how far it is.

    Returns:
        The name of the file.
    """
    first, last, districts = Period.parse(params["first"]), Period.parse(params["last"]), params["districts"]
    wanted = Wanted(first, last, None if districts is None else tuple(districts))
    language = params["language"]
    async with database.transaction() as tx:
        counted = await count_reports(tx, wanted)
    tables = {version: _Table(_forms().version(version), language) for version in counted}
    file = _CsvFile(path, tables) if params["format"] == "csv" else _ExcelFile(path, tables)
    clock, done, after = asyncio.get_running_loop().time, 0, 0
    told_at, enterprises = clock(), max(1, REPORTS_AT_A_TIME // wanted.months)
    with closing(file):
        while True:
            async with database.transaction() as tx:
                piece, goes_on = await read_piece(tx, wanted, after, enterprises)
            if goes_on is None:
                break
            # The first report on another form may have come since they were counted: it is in the next export.
            known = [filed for filed in piece if filed.form in tables]
            await asyncio.to_thread(file.add, known)
            after, done = goes_on, done + len(known)
            if clock() >= told_at + TELL_EVERY:
                told_at = clock()
                await tell(
                    write_out(text("export-progress", done=done, total=max(done, sum(counted.values()))), language)
                )
        await asyncio.to_thread(file.finish)
    await tell(write_out(text("export-done", reports=done), language))
    names = {"what": span_name(params["first"], params["last"]), "scope": scope_name(params["scope"])}
    return f"{write_out(text('export-file', **names), language)}.{params['format']}"


@cache
def _forms() -> Forms:
    return Forms.read()


class _Table:
    """What the reports of a form version look like as rows."""

    def __init__(self, form: Form, language: str) -> None:
        """Take the form, and the language of the headers."""
        self._form = form
        self.name = write_out(text("export-sheet", version=form.version), language)
        self._submitted = write_out(text("state-submitted"), language)
        self._no_reason = write_out(text("reason-none"), language)
        self._label_of = {case.key: form.item[case.at].label for cases in form.edits_at.values() for case in cases}
        headers: list[Words] = [text(f"export-column-{name}") for name in COLUMNS]
        self._cells: list[str] = []
        self.decimals: dict[int, int] = {}
        """How many decimals are shown, by the place of the column."""
        for row in form.indicators:
            unit = form.unit_of[row.id]
            for measure in row.measures:
                self.decimals[len(headers)] = unit.decimals
                self._cells.append(f"{row.id}.{measure}")
                label = form.measure[measure].label
                headers.append(text("export-cell", item=row.label, measure=label, unit=unit.label))
        headers += [question.label for question in form.questions]
        headers.append(text("export-column-reasons"))
        self.headers = [write_out(header, language) for header in headers]

    def row(self, filed: FiledReport) -> Sequence[Cell]:
        """Return the cells of a report."""
        content = read_content(filed.content)
        return (
            filed.code,
            filed.name,
            filed.district,
            filed.category,
            str(content.period),
            self._submitted,
            content.revision,
            filed.number,
            filed.submitted_at.astimezone(SHANGHAI).replace(tzinfo=None),
            filed.reporter,
            *(None if (figure := content.figures.get(cell)) is None else _EXACTLY.plus(figure) for cell in self._cells),
            *(self._answer(question.id, content) for question in self._form.questions),
            "；".join(
                f"{self._label_of.get(key, key)}：{reason or self._no_reason}"
                for key, reason in content.reasons.items()
            ),
        )

    def _answer(self, question: str, content: Content) -> str | None:
        chosen = content.choices.get(question)
        option = self._form.option.get((question, chosen or ""))
        return self._form.option_label(option, content.period) if option else chosen


class _ExcelFile:
    """A workbook with a sheet for each form version."""

    def __init__(self, path: Path, tables: Mapping[str, _Table]) -> None:
        """Begin.

        Args:
            path: of the file; what it takes meanwhile lies beside it.
            tables: by form version.
        """
        options = {
            "constant_memory": True,
            "tmpdir": str(path.parent),
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book = xlsxwriter.Workbook(path, options)
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._tables = tables
        self._sheets = {version: self._sheet(table) for version, table in tables.items()}
        self._lines = dict.fromkeys(tables, 0)
        self._figures = {
            version: {
                place: self._book.add_format({"num_format": _shown(decimals)})
                for place, decimals in table.decimals.items()
            }
            for version, table in tables.items()
        }

    def _sheet(self, table: _Table) -> Any:
        sheet = self._book.add_worksheet(table.name)
        sheet.freeze_panes(1, 2)
        sheet.set_column(0, len(table.headers) - 1, _WIDTH)
        sheet.set_column(0, 1, 2 * _WIDTH)
        bold = self._book.add_format({"bold": True, "text_wrap": True})
        for place, header in enumerate(table.headers):
            sheet.write_string(0, place, header, bold)
        return sheet

    def add(self, reports: Sequence[FiledReport]) -> None:
        """Write the next reports."""
        for filed in reports:
            table, sheet, figures = self._tables[filed.form], self._sheets[filed.form], self._figures[filed.form]
            self._lines[filed.form] += 1
            line = self._lines[filed.form]
            for place, cell in enumerate(table.row(filed)):
                match cell:
                    case None | "":
                        pass
                    case str():
                        sheet.write_string(line, place, cell)
                    case Decimal() | int():
                        # As a float it would be written with the places that a float cannot hold.
                        sheet.write_number(line, place, cell, figures.get(place))
                    case datetime():
                        sheet.write_datetime(line, place, cell, self._moment)

    def finish(self) -> None:
        """Put the file together."""
        for version, sheet in self._sheets.items():
            sheet.autofilter(0, 0, self._lines[version], len(self._tables[version].headers) - 1)
        self._book.close()

    def close(self) -> None:
        """Let go of everything, finished or not."""
        for sheet in self._sheets.values():
            sheet._opt_close()  # noqa: SLF001 -- what Workbook.close does at its end, without writing the file


def _shown(decimals: int) -> str:
    return "#,##0" + ("." + "0" * decimals if decimals else "")


class _CsvFile:
    """A CSV file as RFC 4180 has it, in UTF-8 with the mark that Excel looks for; of one form version."""

    def __init__(self, path: Path, tables: Mapping[str, _Table]) -> None:
        """Begin, see `_ExcelFile`."""
        self._tables = tables
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        for table in tables.values():
            self._writer.writerow(map(_harmless, table.headers))

    def add(self, reports: Sequence[FiledReport]) -> None:
        """Write the next reports."""
        self._writer.writerows([_plain(cell) for cell in self._tables[filed.form].row(filed)] for filed in reports)

    def finish(self) -> None:
        """Write what is not written yet."""
        self._file.flush()

    def close(self) -> None:
        """Let go of everything, finished or not."""
        self._file.close()


def _plain(cell: Cell) -> str:
    match cell:
        case str():
            return _harmless(cell)
        case Decimal():
            return f"{cell:f}"
        case None:
            return ""
        case _:
            return str(cell)


def _harmless(words: str) -> str:
    return f"'{words}" if words.startswith(_LIKE_A_FORMULA) else words
