"""What was filed. Every query asks whether the person is linked now, or the scope of the office covers it."""

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Column, ColumnElement, and_, bindparam, exists, select

from dialogs.filed import Content, read_content
from dialogs.filling import Enterprise
from dialogs.periods import Period
from dialogs.reading import Filing, Linked, Revision
from dialogs.report import Report, ReportState, Returned, unpack_report
from storage.database import Transaction
from storage.offices import Scope, within
from storage.tables import enterprise, link, person, report, return_, seat, submission


@dataclass(frozen=True, slots=True)
class Office:
    """Who reads is an administrator, of enterprises within the scope."""

    scope: Scope


Reader = int | Office
"""Who reads: the id of a person, who must be linked, or an office."""


@dataclass(frozen=True, slots=True)
class Readable:
    """An enterprise that somebody may read about, and whether that person is its reporter."""

    enterprise: Enterprise
    mine: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """The row of a report; `draft` is None unless it was asked for."""

    state: ReportState
    form: str
    draft: Report | None


async def linked(tx: Transaction, who: int) -> tuple[Linked, ...]:
    """Return the enterprises a person is linked to, in the order of linking."""
    return tuple(Linked(row.id, row.name) for row in await tx.run(_LINKED, {"who": who}))


async def readable(tx: Transaction, number: int, who: int) -> Readable | None:
    """Return an enterprise, None for somebody who is not linked to it: such a person learns nothing."""
    row = (await tx.run(_READABLE, {"number": number, "who": who})).one_or_none()
    return row and Readable(Enterprise(row.id, row.code, row.name, row.district), row.person_id == who)


async def filings(tx: Transaction, number: int, year: int, who: int) -> dict[Period, Filing]:
    """Return the reports of an enterprise for the periods of a year, as far as there are any."""
    return {
        Period.parse(row.period): Filing(
            ReportState(row.state), row.submitted_at, imported=row.submitted_at is not None and row.person_id is None
        )
        for row in await tx.run(_FILINGS, _of_year(number, year, who))
    }


async def newest_contents(tx: Transaction, number: int, year: int, who: int) -> dict[Period, Content]:
    """Return what was submitted last for each period of a year that has a submission."""
    rows = await tx.run(_CONTENTS, _of_year(number, year, who))
    # Later revisions come later, and win.
    newest = {row.period: row.content for row in rows}
    return {Period.parse(period): read_content(content) for period, content in newest.items()}


async def stored(tx: Transaction, number: int, period: Period, who: Reader, *, draft: bool) -> Stored | None:
    """Return the report of a period, None without one.

    Args:
        tx: the transaction.
        number: the enterprise.
        period: the period.
        who: reads.
        draft: what was entered is wanted, too.
    """
    row = (
        await tx.run(_STORED.where(_may(who, report.c.enterprise_id)), _of_period(number, period, who))
    ).one_or_none()
    if row is None:
        return None
    state = ReportState(row.state)
    entered = None
    if draft:
        entered = unpack_report(
            orjson.loads(row.content),
            enterprise=number,
            period=period,
            form=row.form,
            state=state,
            revision=row.revision,
        )
    return Stored(state, row.form, entered)


async def revisions(tx: Transaction, number: int, period: Period, who: Reader) -> tuple[Revision, ...]:
    """Return the submissions of a period, oldest first."""
    return tuple(
        Revision(
            row.number,
            row.submitted_at,
            None if row.person_id is None else row.name,
            read_content(row.content),
        )
        for row in await tx.run(
            _REVISIONS.where(_may(who, submission.c.enterprise_id)), _of_period(number, period, who)
        )
    )


async def returns(tx: Transaction, number: int, period: Period, who: Reader) -> dict[int, Returned]:
    """Return why revisions of a period were returned, by their numbers."""
    return {
        row.revision: Returned(row.reason, frozenset(orjson.loads(row.items)), row.returned_at)
        for row in await tx.run(_RETURNS.where(_may(who, return_.c.enterprise_id)), _of_period(number, period, who))
    }


def _of_year(number: int, year: int, who: int) -> dict[str, object]:
    return {"number": number, "first": f"{year:04d}-01", "last": f"{year:04d}-12", "who": who}


def _of_period(number: int, period: Period, who: Reader) -> dict[str, object]:
    return {"number": number, "period": str(period), "who": who if isinstance(who, int) else None}


def _may(who: Reader, of: Column[Any]) -> ColumnElement[bool]:
    """Return the condition that a row is of the enterprise asked for, and that it may be read."""
    if isinstance(who, Office):
        return and_(of == bindparam("number"), exists().where(enterprise.c.id == of, within(who.scope)))
    return _may_read(of)


def _may_read(of: Column[Any]) -> ColumnElement[bool]:
    """Return the condition that a row is of the enterprise asked for, and that the person is linked to it."""
    is_linked = exists().where(link.c.enterprise_id == of, link.c.person_id == bindparam("who"), link.c.until.is_(None))
    return and_(of == bindparam("number"), is_linked)


def _in_year(column: Column[Any]) -> ColumnElement[bool]:
    return column.between(bindparam("first"), bindparam("last"))


_LINKED = (
    select(enterprise.c.id, enterprise.c.name)
    .join_from(link, enterprise, enterprise.c.id == link.c.enterprise_id)
    .where(link.c.person_id == bindparam("who"), link.c.until.is_(None))
    .order_by(link.c.linked_at, enterprise.c.id)
)
_READABLE = (
    select(enterprise.c.id, enterprise.c.code, enterprise.c.name, enterprise.c.district, seat.c.person_id)
    .outerjoin_from(enterprise, seat, and_(seat.c.enterprise_id == enterprise.c.id, seat.c.until.is_(None)))
    .where(_may_read(enterprise.c.id))
)
_FILINGS = (
    select(report.c.period, report.c.state, submission.c.submitted_at, submission.c.person_id)
    .outerjoin_from(
        report,
        submission,
        and_(
            submission.c.enterprise_id == report.c.enterprise_id,
            submission.c.period == report.c.period,
            submission.c.revision == 1,
        ),
    )
    .where(_may_read(report.c.enterprise_id), _in_year(report.c.period))
)
_CONTENTS = (
    select(submission.c.period, submission.c.content)
    .where(_may_read(submission.c.enterprise_id), _in_year(submission.c.period))
    .order_by(submission.c.period, submission.c.revision)
)
_STORED = select(report.c.state, report.c.form, report.c.revision, report.c.content).where(
    report.c.period == bindparam("period")
)
_REVISIONS = (
    select(
        submission.c.number,
        submission.c.submitted_at,
        submission.c.person_id,
        submission.c.content,
        person.c.name,
    )
    .outerjoin_from(submission, person, person.c.id == submission.c.person_id)
    .where(submission.c.period == bindparam("period"))
    .order_by(submission.c.revision)
)
_RETURNS = select(return_.c.revision, return_.c.reason, return_.c["items"], return_.c.returned_at).where(
    return_.c.period == bindparam("period")
)
