"""The submitted reports of an office's enterprises, to be read piece by piece, however many there are.

A report is submitted and live when its row says so; the submission of its revision is what was filed. Each piece is
read in a transaction of its own, so that nobody waits for an export: every report is a whole revision, but one that is
submitted, returned or corrected meanwhile may be in it as it was before or as it is now.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select

from dialogs.periods import Period
from storage.database import Transaction
from storage.offices import Scope, within
from storage.tables import enterprise, person, report, submission


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reports: from one period to another, of the enterprises within a scope."""

    first: Period
    last: Period
    scope: Scope

    @property
    def months(self) -> int:
        """How many periods these are."""
        return (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1


@dataclass(frozen=True, slots=True)
class FiledReport:
    """A submitted report.

    Args:
        code, name, district, category: of the enterprise.
        form: the version of the form.
        number: of the receipt.
        submitted_at: aware, in UTC.
        reporter: the name of who submitted it; empty for an imported one.
        content: see `dialogs.filed.read_content`.
    """

    code: str
    name: str
    district: str
    category: str
    form: str
    number: str
    submitted_at: datetime
    reporter: str
    content: bytes


async def count_reports(tx: Transaction, wanted: Wanted) -> Mapping[str, int]:
    """Return how many reports there are by form version, in the order of the versions."""
    counted = (
        _live(select(report.c.form, func.count().label("reports")), wanted)
        .group_by(report.c.form)
        .order_by(report.c.form)
    )
    return {row.form: row.reports for row in await tx.run(counted)}


async def read_piece(
    tx: Transaction, wanted: Wanted, after: int, enterprises: int
) -> tuple[list[FiledReport], int | None]:
    """Return the reports of the next enterprises, in the order of their ids and periods.

    Args:
        tx: the transaction.
        wanted: which reports.
        after: the id of the last enterprise of the piece before; 0 for the first.
        enterprises: how many.

    Returns:
        The reports, and where to go on; None when that was all.
    """
    # First where the piece ends: so both databases walk along the primary keys, whatever they think of the tables.
    ids = select(enterprise.c.id).where(enterprise.c.id > after, within(wanted.scope)).order_by(enterprise.c.id)
    found = (await tx.run(ids.limit(enterprises))).scalars().all()
    if not found:
        return [], None
    statement = (
        _live(select(*_COLUMNS), wanted)
        .join(
            submission,
            and_(
                submission.c.enterprise_id == report.c.enterprise_id,
                submission.c.period == report.c.period,
                submission.c.revision == report.c.revision,
            ),
        )
        .outerjoin(person, person.c.id == submission.c.person_id)
        .where(report.c.enterprise_id > after, report.c.enterprise_id <= found[-1])
        .order_by(report.c.enterprise_id, report.c.period)
    )
    return [FiledReport(**row._asdict()) for row in await tx.run(statement)], found[-1]


def _live(what: Select[Any], wanted: Wanted) -> Select[Any]:
    """Return a query of submitted reports and their enterprises, as far as they are wanted."""
    return what.join_from(report, enterprise, enterprise.c.id == report.c.enterprise_id).where(
        report.c.state == "submitted",
        report.c.period.between(str(wanted.first), str(wanted.last)),
        within(wanted.scope),
    )


_COLUMNS = (
    enterprise.c.code,
    enterprise.c.name,
    enterprise.c.district,
    enterprise.c.category,
    report.c.form,
    submission.c.number,
    submission.c.submitted_at,
    func.coalesce(person.c.name, "").label("reporter"),
    submission.c.content,
)
