"""The report of one enterprise for one period: what was entered, by whom, and what is still wanted.

Progress is never stored. `wants` answers from the report and its form which items still need the reporter; resume,
skip and finish are all "go to the first of those".
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import Any, TypeAlias

from dialogs.form import MONTH_NUMBER, Edit, EditCase, Form, Indicator, Question, Severity, Stage
from dialogs.periods import Period


class ReportState(StrEnum):
    """The states of a report, named as in the database and in the administrators' texts."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"


class Origin(StrEnum):
    """Where a value came from."""

    TYPED = "typed"
    PASTED = "pasted"
    DERIVED = "derived"
    CARRIED = "carried"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Entered:
    """A figure with its provenance. `source` names the file and row, the formula, or the report and revision."""

    figure: Decimal
    by: int
    at: datetime
    origin: Origin = Origin.TYPED
    source: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The answer to a question: the option's id, and who gave it when."""

    option: str
    by: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """A questioned value that was kept: the seal of the figures as they were, and the reason given."""

    seal: str
    reason: str
    by: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the reporter holds in hand: the number, when it was submitted, the digest of the content."""

    number: str
    at: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class Returned:
    """Why a report came back: the reason, and the items to correct that were not dealt with yet."""

    reason: str
    flagged: frozenset[str]
    at: datetime


Findings: TypeAlias = "tuple[Finding, ...]"


@dataclass(frozen=True, slots=True)
class Report:
    """A report. Figures are by `indicator.measure`; what is not in `figures` was not entered, which is not zero.

    `examined` remembers what the edits find in this very report, by item and stage: each step asks several times, and
    the answer never changes. The next report, which `dataclasses.replace` makes of this one, begins without.
    """

    enterprise: int
    period: Period
    form: str
    state: ReportState = ReportState.DRAFT
    revision: int = 1
    figures: Mapping[str, Entered] = field(default_factory=dict)
    choices: Mapping[str, Chosen] = field(default_factory=dict)
    skipped: frozenset[str] = frozenset()
    kept: Mapping[str, Kept] = field(default_factory=dict)
    receipt: Receipt | None = None
    returned: Returned | None = None
    examined: dict[tuple[str, Stage], "Findings"] = field(default_factory=dict, init=False, repr=False, compare=False)

    def lookup(self, name: str) -> Decimal | str | None:
        """Return the figure of a cell, the option chosen for a question, or the month's number; None without one."""
        if name == MONTH_NUMBER:
            return Decimal(self.period.month)
        if entered := self.figures.get(name):
            return entered.figure
        chosen = self.choices.get(name)
        return chosen.option if chosen else None


@dataclass(frozen=True, slots=True)
class Finding:
    """An edit that the report does not satisfy at an item.

    Args:
        cases: those in which it fails, such as the month and the cumulative value: they are asked about together.
        seal: the digest of the values that they look at.
    """

    cases: tuple[EditCase, ...]
    seal: str

    @property
    def edit(self) -> Edit:
        """The edit."""
        return self.cases[0].edit

    @property
    def at(self) -> str:
        """The item it points at."""
        return self.cases[0].at

    @property
    def key(self) -> str:
        """Names the finding in the report."""
        return f"{self.edit.id}.{self.at}"

    @property
    def hard(self) -> bool:
        """Whether the report cannot be submitted with it."""
        return self.edit.severity is Severity.HARD

    @property
    def cells(self) -> Iterator[str]:
        """The figures and questions that it looks at."""
        return (cell for case in self.cases for cell in case.cells.values())


@dataclass(frozen=True, slots=True)
class Want:
    """An item that still wants the reporter; with a finding when a value is there but not settled.

    A `flagged` one is complete, but the office asked for its correction when it returned the report.
    """

    item: Indicator | Question
    required: bool
    finding: Finding | None = None
    flagged: bool = False


def fails(report: Report, case: EditCase) -> bool:
    """Return whether the report does not satisfy that case of an edit."""
    edit = case.edit
    if edit.months and report.period.month not in edit.months:
        return False

    def lookup(name: str) -> Decimal | str | None:
        return report.lookup(case.cells[name])

    if edit.when is not None and not edit.when.holds(lookup):
        return False
    return edit.expect.holds(lookup) is False


def findings(report: Report, form: Form, item: str, stage: Stage) -> Findings:
    """Return what the edits of that stage find at an item, settled or not."""
    cases = form.edits_at.get(item, ())
    if not cases:
        return ()
    found = report.examined.get((item, stage))
    if found is None:
        failing = (case for case in cases if case.edit.stage is stage and fails(report, case))
        together = (tuple(group) for _, group in groupby(failing, key=lambda case: case.edit.id))
        found = tuple(Finding(group, _seal(report, group)) for group in together)
        report.examined[item, stage] = found
    return found


def _seal(report: Report, cases: tuple[EditCase, ...]) -> str:
    looked_at = [
        part for case in cases for part in (case.key, *(str(report.lookup(cell)) for cell in case.cells.values()))
    ]
    return hashlib.sha256("\0".join(looked_at).encode()).hexdigest()[:16]


def open_findings(report: Report, form: Form, item: str, stage: Stage) -> Iterator[Finding]:
    """Return the findings at an item that are not settled: hard ones, and soft ones not kept for these very values."""
    return _still_open(report, findings(report, form, item, stage))


def _still_open(report: Report, found: Findings) -> Iterator[Finding]:
    return (one for one in found if one.hard or not _is_kept(report, one))


def _is_kept(report: Report, finding: Finding) -> bool:
    kept = report.kept.get(finding.key)
    return kept is not None and kept.seal == finding.seal


def missing_cells(report: Report, indicator: Indicator) -> tuple[str, ...]:
    """Return the measures of an indicator that have no figure, in the order of the form."""
    return tuple(measure for measure in indicator.measures if f"{indicator.id}.{measure}" not in report.figures)


def is_complete(report: Report, form: Form, item: Indicator | Question) -> bool:
    """Return whether there is nothing left to enter for that item."""
    if isinstance(item, Question):
        return item.id in report.choices
    return all(cell in report.figures for cell in form.cells_of[item.id])


def lacks_required(report: Report, form: Form, item: Indicator | Question) -> bool:
    """Return whether a submission would fail because of what is missing here.

    The current values of a required indicator are; those of last year are only asked for, as a new enterprise has none.
    """
    if isinstance(item, Question):
        return item.required and item.id not in report.choices
    return item.required and any(form.measure[cell].compares_with is None for cell in missing_cells(report, item))


def _unanswered(report: Report, form: Form, item: Indicator | Question) -> bool:
    if is_complete(report, form, item):
        return False
    return item.id not in report.skipped or lacks_required(report, form, item)


def wants(report: Report, form: Form) -> Iterator[Want]:
    """Return what still wants the reporter, in the order in which it is asked.

    First what a return asks to correct; then the items in the order of the form, unanswered or with a value that must
    be looked at as soon as it is entered; then the findings that concern the report as a whole.
    """
    items = form.items_in(report.period.month)
    if report.returned:
        for item in items:
            if item.id in report.returned.flagged:
                yield Want(item, required=True, flagged=True)
    for item in items:
        if _unanswered(report, form, item):
            yield Want(item, lacks_required(report, form, item))
        else:
            for finding in open_findings(report, form, item.id, Stage.ENTRY):
                yield Want(item, required=True, finding=finding)
    for item in items:
        for finding in open_findings(report, form, item.id, Stage.SUBMIT):
            yield Want(item, required=True, finding=finding)


def content_of(report: Report, form: Form, code: str) -> bytes:
    """Return what a submission consists of, always the same bytes for the same answers.

    Args:
        report: the report.
        form: its form.
        code: the unified social credit code of the enterprise.
    """
    content = {
        "enterprise": code,
        "period": str(report.period),
        "form": report.form,
        "revision": report.revision,
        "figures": {cell: str(entered.figure) for cell, entered in report.figures.items()},
        "choices": {question: chosen.option for question, chosen in report.choices.items()},
        "reasons": {finding.key: report.kept[finding.key].reason for finding in kept_findings(report, form)},
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def kept_findings(report: Report, form: Form) -> Iterator[Finding]:
    """Return the soft findings that were kept for the values as they are now."""
    if not report.kept:
        return
    for item in form.items_in(report.period.month):
        for stage in Stage:
            yield from (one for one in findings(report, form, item.id, stage) if not one.hard and _is_kept(report, one))


def report_seal(report: Report, form: Form) -> str:
    """Return the seal that a confirmation carries: the digest of everything that would be submitted."""
    return hashlib.sha256(content_of(report, form, "")).hexdigest()[:16]


_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def receipt_of(report: Report, content: bytes, at: datetime) -> Receipt:
    """Return the receipt of a submission.

    The number follows from the content, which names enterprise, period and revision: submitting again after a crash
    gives the same number, and 60 bits cannot be guessed or run through.
    """
    digest = hashlib.sha256(content).hexdigest()
    bits = int(hashlib.sha256(b"receipt" + content).hexdigest()[:15], 16)
    letters = "".join(_ALPHABET[bits >> shift & 31] for shift in range(55, -1, -5))
    month = str(report.period).replace("-", "")
    return Receipt(f"{month}-{letters[:4]}-{letters[4:8]}-{letters[8:]}", at, digest)


def submitted(report: Report, receipt: Receipt) -> Report:
    """Return the report as it is after its submission."""
    return replace(report, state=ReportState.SUBMITTED, receipt=receipt, returned=None)


def returned(report: Report, reason: str, items: Iterable[str], at: datetime) -> Report:
    """Return a submitted report as it is after its return: the next revision, with everything that was entered.

    Args:
        report: the report.
        reason: what the reporter is told.
        items: the ids of the items to correct.
        at: when it was returned.
    """
    back = Returned(reason, frozenset(items), at)
    return replace(report, state=ReportState.RETURNED, revision=report.revision + 1, receipt=None, returned=back)


def corrected(report: Report, item: str) -> Report:
    """Return the report with that item dealt with, if a return asked for it."""
    if report.returned is None or item not in report.returned.flagged:
        return report
    return replace(report, returned=replace(report.returned, flagged=report.returned.flagged - {item}))


def pack_report(report: Report) -> dict[str, Any]:
    """Return the entered part of a report as JSON can carry it; `unpack_report` reads it back."""
    return {
        "figures": {
            cell: [str(one.figure), one.by, one.at.isoformat(), one.origin.value, one.source]
            for cell, one in report.figures.items()
        },
        "choices": {question: [one.option, one.by, one.at.isoformat()] for question, one in report.choices.items()},
        "skipped": sorted(report.skipped),
        "kept": {key: [one.seal, one.reason, one.by, one.at.isoformat()] for key, one in report.kept.items()},
        "receipt": report.receipt and [report.receipt.number, report.receipt.at.isoformat(), report.receipt.digest],
        "returned": report.returned
        and [report.returned.reason, sorted(report.returned.flagged), report.returned.at.isoformat()],
    }


def unpack_report(  # noqa: PLR0913 -- the columns of the report's row
    packed: Mapping[str, Any], *, enterprise: int, period: Period, form: str, state: ReportState, revision: int
) -> Report:
    """Return the report that `pack_report` wrote, with the columns that are stored beside it."""
    moment = datetime.fromisoformat
    receipt = packed["receipt"]
    # Reports that were stored before there were returns have none.
    back = packed.get("returned")
    return Report(
        enterprise=enterprise,
        period=period,
        form=form,
        state=state,
        revision=revision,
        figures={
            cell: Entered(Decimal(figure), by, moment(at), Origin(origin), source)
            for cell, (figure, by, at, origin, source) in packed["figures"].items()
        },
        choices={question: Chosen(option, by, moment(at)) for question, (option, by, at) in packed["choices"].items()},
        skipped=frozenset(packed["skipped"]),
        kept={key: Kept(seal, reason, by, moment(at)) for key, (seal, reason, by, at) in packed["kept"].items()},
        receipt=receipt and Receipt(receipt[0], moment(receipt[1]), receipt[2]),
        returned=back and Returned(back[0], frozenset(back[1]), moment(back[2])),
    )


def comparable_figures(form: Form, period: Period, figures: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    """Return the figures of an earlier period that may be set beside those of a report on this form.

    Not those of an indicator whose definition changed between the two (`series_break`): they are of another series.
    """
    if period >= form.effective_from:
        return figures
    broken = {row.id for row in form.indicators if row.series_break}
    return {cell: figure for cell, figure in figures.items() if cell.partition(".")[0] not in broken}
