"""Importing earlier reports from CSV or XLSX files: all of them, or nothing and a list of faults.

The manual, section 2.2, lists an enterprise's reports since 2012 and says that they are still to be brought over
(历史数据暂未迁移). A row is one value of one report. Rows may stand in any order and in several files, so they wait in
a temporary database until the last one was read; memory does not grow with them. What was filed is not edited again: a
value must fit its form, but the relations between values are not looked at, and a report may have gaps.
"""

import asyncio
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Final, TypeAlias

import orjson

from bot.table_file import (
    SHOWN,
    BadTableError,
    Column,
    Fault,
    Faults,
    Table,
    UnfitError,
    figure_words,
    plain_words,
    read_credit_code,
    without_spaces,
)
from dialogs.form import Form, Forms, Indicator, Question
from dialogs.numbers import Refusal, fit_figure, fold_width
from dialogs.offices import district_of_code
from dialogs.periods import SHANGHAI, Period, due_period
from dialogs.report import Chosen, Entered, Origin, Report, content_of, receipt_of, submitted
from dialogs.texts import write_out
from storage import history
from storage.database import Database, Transaction
from storage.history import Filed

Progress: TypeAlias = Callable[[str], None]
"""Is told now and then, in one line and from any thread, how far an import has come."""

_CODE, _PERIOD, _ITEM, _MEASURE, _VALUE, _TIME = "统一社会信用代码", "报表期", "指标", "栏目", "数值", "提交时间"
_MONTH = re.compile(r"(\d{4})(?:(\d{2})|年(\d{1,2})月|[-/.](\d{1,2})(?:[-/.]\d{1,2})?)", re.ASCII)
_FIGURE = re.compile(r"[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,20})(?:\.[0-9]{1,20})?")
_LAST_MONTH: Final = 12
_AT_ONCE: Final = 500
"""So many reports or enterprises are held, and go to the database in one statement."""
_NEWS_EVERY: Final = 100_000
_IN_MIND: Final = 1 << 14
_SOURCE: Final = 40
"""So many characters of a file's name are kept with every figure."""


@dataclass(frozen=True, slots=True)
class Imported:
    """How an import went.

    Args:
        reports: how many were stored.
        there: how many were in the database before with the same content.
        enterprises: how many were made for them from the registry.
        ignored: the headers of columns that mean nothing here.
    """

    reports: int
    there: int
    enterprises: int
    ignored: tuple[str, ...]


async def import_history(
    database: Database, forms: Forms, paths: Sequence[Path], at: datetime, progress: Progress = lambda _: None
) -> Imported:
    """Store the reports of these files as submitted ones, revision 1, that nobody made here.

    Importing the same files again is harmless. An enterprise that is not there yet is made from the registry.

    Args:
        database: of this program's schema. It is written to in one transaction: the bot waits meanwhile.
        forms: a report is of the one in force in its period.
        paths: CSV files (UTF-8 or GBK) or XLSX files, of which the first sheet counts.
        at: when; also the time of submission of reports that have none.
        progress: told how far it has come.

    Raises:
        BadTableError: something is wrong with a file, an enterprise is not in the registry, or has already another
            report for a period.
        OSError: a file cannot be read.
        ConflictError, DatabaseDownError: see `Database.transaction`.
    """
    with closing(await asyncio.to_thread(check, paths, forms, at, progress)) as checked:
        async with database.transaction() as tx:
            made = await _number_enterprises(tx, checked, at)
            stored, there = await _store_reports(tx, checked, at, progress)
            counts = {"reports": stored, "there": there, "enterprises": made}
            await history.record_import(tx, counts, at)
    return Imported(stored, there, made, checked.ignored)


async def _number_enterprises(tx: Transaction, checked: "Checked", at: datetime) -> int:
    """Find the enterprises or make them; return how many were made."""
    faults, made, last = Faults(), 0, ""
    while chunk := await asyncio.to_thread(checked.codes, last):
        last = chunk[-1][0]
        known = await history.find_enterprises(tx, [code for code, _ in chunk])
        missing = {code: place for code, place in chunk if code not in known}
        registered = await history.find_registered(tx, list(missing)) if missing else {}
        entries = []
        for code, place in missing.items():
            entry = registered.get(code)
            district = entry and (entry.district or district_of_code(code))
            if entry and district:
                entries.append(replace(entry, district=district))
            else:
                lack = f"has no district: {code} is not registered in Shanghai, so the registry must say it"
                reason = lack if entry else f"{code} is not in the registry: import it first"
                faults.add(checked.fault(place, _CODE, reason))
        if entries and not faults.count:
            made += await history.add_enterprises(tx, entries, at)
            known |= await history.find_enterprises(tx, list(missing))
        await asyncio.to_thread(checked.number, known)
    if faults.count:
        raise BadTableError(faults)
    return made


async def _store_reports(tx: Transaction, checked: "Checked", at: datetime, progress: Progress) -> tuple[int, int]:
    """Store what is new; return how many reports that were, and how many were there."""
    faults, stored, there = Faults(), 0, 0
    found = checked.reports(at)
    while chunk := await asyncio.to_thread(lambda: list(islice(found, _AT_ONCE))):
        before = await history.stored_reports(tx, (filed.report.enterprise for _, filed in chunk))
        new = []
        for place, filed in chunk:
            old = before.get((filed.report.enterprise, str(filed.report.period)))
            if old is None:
                new.append(filed)
            elif filed.receipt.digest in old.digests:
                there += 1
            else:
                reason = f"{filed.report.period} has a report already ({old.state}), and it is not overwritten"
                faults.add(checked.fault(place, _PERIOD, reason))
        if new and not faults.count:
            await history.add_reports(tx, new, at)
            stored += len(new)
        progress(f"{stored + there:,} of {checked.count:,} reports stored")
    if faults.count:
        raise BadTableError(faults)
    return stored, there


# ---- the rows, until the last one was read


Place: TypeAlias = tuple[int, int]
"""The number of the file, and the row."""


@dataclass(slots=True)
class _Part:
    """Rows of one report that stand together.

    Args:
        time: of submission, empty when they do not say it.
        row: the first.
        values: the cell's full name or the question's id, the value, and the row.
    """

    code: str
    period: str
    time: str
    row: int
    values: list[tuple[str, str, int]] = field(default_factory=list)


@dataclass(slots=True)
class _Whole:
    """A report put together, with the first place that is about it, the values and the time of submission."""

    code: str
    period: str
    place: Place
    values: dict[str, tuple[str, Place]] = field(default_factory=dict)
    time: str = ""
    time_place: Place = (0, 0)


class Checked:
    """Reports that are good as far as the files can tell, in a temporary database; used by one thread at a time."""

    def __init__(self, paths: Sequence[Path], forms: Forms) -> None:
        """Begin without any."""
        self._forms = forms
        self._names = [path.name for path in paths]
        self._shown = [str(path) for path in paths] if len(paths) > 1 else [""]
        self.ignored: tuple[str, ...] = ()
        self.count = 0
        # Without a name it is a file that nobody sees; what fits into the cache never gets there.
        self._spool = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._spool.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA cache_size = -16000;"
            "CREATE TABLE part (code TEXT, period TEXT, time TEXT, file INTEGER, row INTEGER, content BLOB);"
            "CREATE TABLE enterprise (code TEXT PRIMARY KEY, file INTEGER, row INTEGER, id INTEGER) WITHOUT ROWID;"
            "BEGIN;"
        )

    def add(self, file: int, part: _Part) -> None:
        """Keep rows of a report."""
        row = (part.code, part.period, part.time, file, part.row, orjson.dumps(part.values))
        self._spool.execute("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)", row)

    def put_together(self, faults: Faults) -> None:
        """Note what cannot be together in one report, when all rows are there."""
        self._spool.executescript(
            "CREATE INDEX part_of ON part (code, period);"
            # min() makes the other columns those of the first part.
            "INSERT INTO enterprise SELECT code, file, row, NULL FROM"
            " (SELECT code, file, row, min(rowid) FROM part GROUP BY code);"
        )
        for (code,) in self._spool.execute("SELECT code FROM enterprise ORDER BY code"):
            self.count += sum(1 for _ in self._wholes(code, faults))

    def codes(self, after: str) -> list[tuple[str, Place]]:
        """Return some of the codes that follow that one, and the first place of each."""
        query = "SELECT code, file, row FROM enterprise WHERE code > ? ORDER BY code LIMIT ?"
        return [(code, (file, row)) for code, file, row in self._spool.execute(query, (after, _AT_ONCE))]

    def number(self, ids: dict[str, int]) -> None:
        """Note the ids of enterprises."""
        rows = [(number, code) for code, number in ids.items()]
        self._spool.executemany("UPDATE enterprise SET id = ? WHERE code = ?", rows)

    def reports(self, at: datetime) -> Iterator[tuple[Place, Filed]]:
        """Yield the reports with their first places, in the order of the enterprises' ids.

        Args:
            at: the time of submission of those that have none.
        """
        for code, number in self._spool.execute("SELECT code, id FROM enterprise ORDER BY id"):
            for whole in self._wholes(code, Faults()):
                yield whole.place, self._filed(whole, number, at)

    def fault(self, place: Place, field: str, reason: str) -> Fault:
        """Return what is wrong at that place."""
        return Fault(place[1], field, reason, self._shown[place[0]])

    def close(self) -> None:
        """Remove the temporary database."""
        self._spool.close()

    def _wholes(self, code: str, faults: Faults) -> Iterator[_Whole]:
        query = "SELECT period, time, file, row, content FROM part WHERE code = ? ORDER BY period, rowid"
        for period, parts in groupby(self._spool.execute(query, (code,)), key=itemgetter(0)):
            whole: _Whole | None = None
            for _, time, file, row, content in parts:
                whole = whole or _Whole(code, period, (file, row))
                for cell, value, number in orjson.loads(content):
                    _, first = whole.values.setdefault(cell, (value, (file, number)))
                    if first != (file, number):
                        reason = f"{cell} of this report is in {self._told(first)} already"
                        faults.add(self.fault((file, number), _ITEM, reason))
                if time and whole.time and time != whole.time:
                    reason = f"{self._told(whole.time_place)} has another time for this report"
                    faults.add(self.fault((file, row), _TIME, reason))
                elif time:
                    whole.time, whole.time_place = time, (file, row)
            if whole:
                yield whole

    def _told(self, place: Place) -> str:
        file, row = self._shown[place[0]], place[1]
        return f"row {row} of {file}" if file else f"row {row}"

    def _filed(self, whole: _Whole, enterprise: int, at: datetime) -> Filed:
        period = Period.parse(whole.period)
        form = form_of(self._forms, period)
        time = datetime.fromisoformat(whole.time).astimezone(UTC) if whole.time else at
        figures, choices = {}, {}
        for cell, (value, place) in whole.values.items():
            if "." in cell:
                figures[cell] = Entered(Decimal(value), 0, time, Origin.IMPORTED, self._source(place))
            else:
                choices[cell] = Chosen(value, 0, time)
        report = Report(enterprise, period, form.version, figures=figures, choices=choices)
        content = content_of(report, form, whole.code)
        receipt = receipt_of(report, content, time)
        return Filed(submitted(report, receipt), content, receipt, self._source(whole.place))

    def _source(self, place: Place) -> str:
        return f"{self._names[place[0]][-_SOURCE:]}:{place[1]}"


def check(paths: Sequence[Path], forms: Forms, now: datetime, progress: Progress = lambda _: None) -> Checked:
    """Read and check files. This takes a minute for some million rows; the caller closes what it gets.

    Raises:
        BadTableError: with what is wrong.
        OSError: a file cannot be read.
    """
    faults, reading = Faults(), _Reading(forms, now)
    ignored: dict[str, None] = {}
    with ExitStack() as stack:
        checked = stack.enter_context(closing(Checked(paths, forms)))
        for file, path in enumerate(paths):
            table = Table(path, reading.columns, faults, checked.fault((file, 0), "", "").file)
            for part in _parts(table, reading, progress):
                checked.add(file, part)
            ignored |= dict.fromkeys(table.ignored)
        checked.put_together(faults)
        if faults.count:
            raise BadTableError(faults)
        checked.ignored = tuple(ignored)
        stack.pop_all()
        return checked


def _parts(table: Table, reading: "_Reading", progress: Progress) -> Iterator[_Part]:
    """Yield the rows of a file, put together as far as those of one report stand together."""
    part: _Part | None = None
    for number, row in table.rows():
        if number % _NEWS_EVERY == 0:
            progress(f"{number:,} rows read")
        try:
            cell, value = reading.read(row)
        except _WrongError as wrong:
            table.fault(number, wrong.field, str(wrong))
            continue
        about = (row["code"], row["period"], row["time"])
        if part is None or about != (part.code, part.period, part.time):
            if part:
                yield part
            part = _Part(*about, number)
        part.values.append((cell, value, number))
    if part:
        yield part


# ---- one row


class _WrongError(UnfitError):
    """A cell does not go together with the others of its row; the text says why."""

    def __init__(self, field: str, reason: str) -> None:
        """Keep the header of its column."""
        super().__init__(reason)
        self.field = field


def form_of(forms: Forms, period: Period) -> Form:
    """Return the form in force in a period.

    Raises:
        UnfitError: none is known.
    """
    form = forms.in_force(period)
    if form is None:
        message = f"no form of {period} is known; the first is of {forms.versions[0].effective_from}"
        raise UnfitError(message)
    return form


class _Reading:
    """What cells mean by the forms. The same few words come again in every report, so what they meant is kept."""

    def __init__(self, forms: Forms, now: datetime) -> None:
        """Prepare to read reports up to the last month before `now`."""
        self._forms = forms
        self._now = now
        self._cell = lru_cache(_IN_MIND)(self._find_cell)
        self._option = lru_cache(_IN_MIND)(self._find_option)
        self.columns = (
            Column(_CODE, "code", required=True, read=read_credit_code),
            Column(_PERIOD, "period", required=True, read=self._read_period, words=_month_words),
            Column(_ITEM, "item", required=True, read=without_spaces),
            Column(_MEASURE, "measure", required=False, read=without_spaces),
            Column(_VALUE, "value", required=True, words=figure_words),
            Column(_TIME, "time", required=False, read=self._read_time, words=_time_words),
        )

    def read(self, row: dict[str, str]) -> tuple[str, str]:
        """Return the full name of the cell, or the id of the question, and its value as reports have it.

        Raises:
            _WrongError: what the row says is not possible.
        """
        period, words = row["period"], row["value"]
        if row["time"] and row["time"] < period:
            raise _WrongError(_TIME, f"is before {period} began")
        name, item, form = self._cell(period, row["item"], row["measure"])
        if isinstance(item, Question):
            return name, self._option(period, name, words)
        return name, _read_figure(words, item, form)

    def _read_period(self, words: str) -> str:
        found = _MONTH.fullmatch(without_spaces(words))
        month = int(found[2] or found[3] or found[4]) if found else 0
        if not found or not 1 <= month <= _LAST_MONTH:
            message = f"{words[:SHOWN]} is not a month such as 2021-01"
            raise UnfitError(message)
        period = Period(int(found[1]), month)
        if period > due_period(self._now):
            message = f"{period} has not ended yet"
            raise UnfitError(message)
        form_of(self._forms, period)
        return str(period)

    def _read_time(self, words: str) -> str:
        """Return the instant by Shanghai's clock, which it is by already when it has no time zone."""
        padded = re.sub(r"(?<![0-9.])[0-9](?![0-9])", r"0\g<0>", fold_width(words).replace("/", "-"))
        try:
            moment = datetime.fromisoformat(padded)
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).astimezone(SHANGHAI)
        except (ValueError, OverflowError):
            message = f"{words[:SHOWN]} is not a time such as 2021-02-05 10:00"
            raise UnfitError(message) from None
        if moment > self._now:
            message = f"{words[:SHOWN]} is still to come"
            raise UnfitError(message)
        return moment.isoformat()

    def _find_cell(self, period: str, words: str, measure: str) -> tuple[str, Indicator | Question, Form]:
        month = Period.parse(period)
        form = form_of(self._forms, month)
        items = enumerate(form.items_in(month.month), 1)
        found = [item for number, item in items if words in (item.id, without_spaces(item.label), str(number))]
        if len(found) != 1:
            what = "several items" if found else "no item"
            raise _WrongError(_ITEM, f"{words[:SHOWN]} is {what} of the form of {period}")
        (item,) = found
        if isinstance(item, Question):
            if measure:
                raise _WrongError(_MEASURE, f"must be empty, as {item.label} is a question")
            return item.id, item, form
        return f"{item.id}.{_find_measure(measure, item, form)}", item, form

    def _find_option(self, period: str, question: str, words: str) -> str:
        month, plain = Period.parse(period), without_spaces(words)
        form = form_of(self._forms, month)
        asked = form.item[question]
        for option in asked.options if isinstance(asked, Question) else ():
            labels = (option.label, form.option_label(option, month))
            if plain == option.id or plain in map(without_spaces, labels):
                return option.id
        raise _WrongError(_VALUE, f"{words[:SHOWN]} is no answer to {asked.label}")


def _find_measure(words: str, indicator: Indicator, form: Form) -> str:
    names = {measure: _full_name(measure, form) for measure in indicator.measures}
    found = [
        measure
        for measure, full in names.items()
        if words in (measure, without_spaces(full), without_spaces(form.measure[measure].label))
    ]
    if len(found) == 1:
        return found[0]
    problem = "is empty" if not words else f"{words[:SHOWN]} is {'more than one' if found else 'no'} value"
    raise _WrongError(_MEASURE, f"{problem}: {indicator.label} has {', '.join(names.values())}")


def _full_name(measure: str, form: Form) -> str:
    """Return the label of a measure; with that of the current value before it, where it is one of last year."""
    label, current = form.measure[measure].label, form.measure[measure].compares_with
    before = form.measure[current].label if current else ""
    return label if label.startswith(before) else before + label


def _read_figure(words: str, indicator: Indicator, form: Form) -> str:
    plain = fold_width(words)
    if not _FIGURE.fullmatch(plain):
        raise _WrongError(_VALUE, f"{words[:SHOWN]} is not a plain number such as -1234.56")
    figure, unit = Decimal(plain.replace(",", "")), form.unit_of[indicator.id]
    fitted = fit_figure(figure, indicator, unit)
    if isinstance(fitted, Refusal):
        raise _WrongError(_VALUE, write_out(fitted.why, "en"))
    if fitted != figure:
        # Rounding is for the person who typed the figure and sees what becomes of it.
        raise _WrongError(_VALUE, f"{words[:SHOWN]} has more than {unit.decimals} decimals")
    return str(fitted)


def _month_words(cell: object) -> str:
    return f"{cell:%Y-%m}" if isinstance(cell, datetime) else plain_words(cell)


def _time_words(cell: object) -> str:
    return cell.isoformat(" ") if isinstance(cell, datetime) else plain_words(cell)
