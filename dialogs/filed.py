"""What was filed: the content of a submission read again, and what changed from one revision to the next."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import chain

from dialogs.form import Form, Stage
from dialogs.periods import Period
from dialogs.report import Chosen, Entered, Kept, Report, ReportState, findings


@dataclass(frozen=True, slots=True)
class Content:
    """The answers of a submission.

    Args:
        period: of the report.
        revision: 1 for the first submission.
        form: the version of its form.
        figures: by `indicator.measure`.
        choices: the options' ids, by question.
        reasons: why a questioned value was kept, by the key of the finding; empty for one that was only confirmed.
    """

    period: Period
    revision: int
    form: str
    figures: Mapping[str, Decimal]
    choices: Mapping[str, str]
    reasons: Mapping[str, str]


def read_content(content: bytes) -> Content:
    """Return what `dialogs.report.content_of` wrote."""
    read = json.loads(content)
    figures = {cell: Decimal(figure) for cell, figure in read["figures"].items()}
    period = Period.parse(read["period"])
    return Content(period, read["revision"], read["form"], figures, read["choices"], read["reasons"])


def report_of(content: Content, form: Form, enterprise: int, at: datetime) -> Report:
    """Return a submission as the report that it was; who entered what is not in it.

    Args:
        content: of the submission.
        form: its form.
        enterprise: whose report it is.
        at: when it was submitted.
    """
    report = Report(
        enterprise,
        content.period,
        content.form,
        ReportState.SUBMITTED,
        content.revision,
        figures={cell: Entered(figure, 0, at) for cell, figure in content.figures.items()},
        choices={question: Chosen(option, 0, at) for question, option in content.choices.items()},
    )
    found = (
        finding
        for item in form.items_in(content.period.month)
        for stage in Stage
        for finding in findings(report, form, item.id, stage)
    )
    kept = {one.key: Kept(one.seal, content.reasons[one.key], 0, at) for one in found if one.key in content.reasons}
    return replace(report, kept=kept)


class Kind(StrEnum):
    """What can be different in two revisions."""

    FIGURE = "figure"
    ANSWER = "answer"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two revisions.

    Args:
        kind: of what.
        item: the id of the indicator or question.
        measure: of a figure.
        old, new: the figure, the option's id or the reason; None where there was none.
    """

    kind: Kind
    item: str
    measure: str
    old: Decimal | str | None
    new: Decimal | str | None


def changes_between(form: Form, old: Content, new: Content) -> tuple[Change, ...]:
    """Return what is different in `new`: figures and answers in the order of the form, then the reasons.

    Args:
        form: that of `new`; what it does not have comes last.
        old: a revision.
        new: another one of the same report.
    """
    cells = _in_order(chain.from_iterable(form.cells_of.values()), old.figures, new.figures)
    questions = _in_order((question.id for question in form.questions), old.choices, new.choices)
    figures = (Change(Kind.FIGURE, *_parts(cell), old.figures.get(cell), new.figures.get(cell)) for cell in cells)
    answers = (Change(Kind.ANSWER, name, "", old.choices.get(name), new.choices.get(name)) for name in questions)
    reasons = (
        Change(Kind.REASON, key.rpartition(".")[2], "", old.reasons.get(key), new.reasons.get(key))
        for key in _in_order((), old.reasons, new.reasons)
    )
    return tuple(change for change in chain(figures, answers, reasons) if change.old != change.new)


def _in_order(
    known: Iterator[str] | tuple[str, ...], old: Mapping[str, object], new: Mapping[str, object]
) -> list[str]:
    """Return the names that either of the two has: the known ones in their order, then the others."""
    there = old.keys() | new.keys()
    first = [name for name in known if name in there]
    return first + sorted(there - set(first))


def _parts(cell: str) -> tuple[str, str]:
    item, _, measure = cell.partition(".")
    return item, measure
