"""How a period stands, counted and listed for administrators. Every query carries their scope, see `storage.offices`.

An enterprise should report for a period (应报) when somebody has been linked to it since before the deadline and still
is, or when there is a report for that period. Who links an enterprise later is not late with what was due before.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, null, or_, select, tuple_, union_all

from dialogs.filling import Enterprise
from dialogs.office.finding import Associate, Card, Found
from dialogs.office.overview import Cell, Key, Moments, Tally, Unfiled
from dialogs.periods import Period
from dialogs.reading import Filing
from dialogs.report import ReportState
from storage.database import Transaction
from storage.offices import Scope, within
from storage.tables import enterprise, link, person, report, seat, submission


async def tally(tx: Transaction, period: Period, moments: Moments, scope: Scope) -> tuple[Cell, ...]:
    """Return how many enterprises stand how with a period, by district and category.

    Args:
        tx: the transaction.
        period: the period.
        moments: when it is now, when the period closes, and up to when the period before is looked at.
        scope: the districts that may be seen.
    """
    cells: dict[tuple[str, str], Tally] = {}
    overdue = moments.now >= moments.deadline

    async def add(statement: Select[Any], tally_of: Callable[[Row[Any]], Tally]) -> None:
        for row in await tx.run(statement):
            place = (row.district, row.category)
            cells[place] = cells.get(place, Tally()) + tally_of(row)

    def expected(count: int) -> Tally:
        return Tally(expected=count, late=count if overdue else 0)

    await add(_begun(period, scope), lambda row: expected(row.enterprises) + Tally.of(row.state, row.enterprises))
    await add(_by_place(_idle(period, moments.deadline, scope)), lambda row: expected(row.enterprises))
    if overdue:
        in_time = or_(submission.c.submitted_at < moments.deadline, submission.c.person_id.is_(None))
        await add(_filed(period, scope).where(in_time), lambda row: Tally(late=-row.enterprises))
    before = _filed(period.previous, scope).where(submission.c.submitted_at < moments.before)
    await add(before, lambda row: Tally(before=row.enterprises))
    return tuple(Cell(*place, found) for place, found in cells.items())


async def count_missing(tx: Transaction, period: Period, deadline: datetime, scope: Scope) -> int:
    """Return how many enterprises should report for a period and have not submitted."""
    counts = [(await tx.run(one)).scalar_one() for one in _numbers(period, deadline, scope)]
    return sum(counts)


async def missing(  # noqa: PLR0913 -- what is asked for, and which part of it
    tx: Transaction,
    period: Period,
    deadline: datetime,
    scope: Scope,
    *,
    beyond: Key | None = None,
    backwards: bool = False,
    most: int,
) -> list[Unfiled]:
    """Return some of the enterprises that should report for a period and have not submitted, by district and name.

    What comes before is not counted off: a page far behind costs what the first one costs.

    Args:
        tx: the transaction.
        period: the period.
        deadline: the first instant after its deadline.
        scope: the districts that may be seen.
        beyond: the place from which to go on, this one not included; None for the beginning.
        backwards: those before `beyond` are wanted, the nearest `most` of them.
        most: how many.
    """
    statement = _missing(period, deadline, scope, beyond, backwards=backwards, most=most)
    rows = [_unfiled(row) for row in await tx.run(statement)]
    return rows[::-1] if backwards else rows


def _unfiled(row: Row[Any]) -> Unfiled:
    filing = None
    if row.state is not None:
        imported = row.submitted_at is not None and row.submitter is None
        filing = Filing(ReportState(row.state), row.submitted_at, imported=imported)
    return Unfiled(
        Key(row.district, row.name, row.id),
        row.code,
        row.category,
        filing,
        row.reporter or "",
        row.mobile or "",
        row.phone,
    )


async def cards(tx: Transaction, ids: Sequence[int], period: Period, scope: Scope) -> tuple[Card, ...]:
    """Return what is to be known of enterprises within the scope at a glance, in the order of `ids`.

    Args:
        tx: the transaction.
        ids: of the enterprises; those outside of the scope are left out.
        period: the state of its report is told.
        scope: the districts that may be seen.
    """
    columns = (*_ENTERPRISE, report.c.state, person.c.name.label("reporter"), person.c.phone.label("mobile"))
    statement = (
        select(*columns)
        .outerjoin_from(
            enterprise, report, and_(report.c.enterprise_id == enterprise.c.id, report.c.period == str(period))
        )
        .outerjoin(seat, and_(seat.c.enterprise_id == enterprise.c.id, seat.c.until.is_(None)))
        .outerjoin(person, person.c.id == seat.c.person_id)
        .where(enterprise.c.id.in_(ids), within(scope))
    )
    rows = await tx.run(statement)
    by_id = {
        row.id: Card(
            row.id,
            row.name,
            row.code,
            row.district,
            row.category,
            ReportState(row.state) if row.state else None,
            row.reporter or "",
            row.mobile or "",
        )
        for row in rows
    }
    return tuple(by_id[number] for number in ids if number in by_id)


async def found(tx: Transaction, number: int, period: Period, years: Sequence[int], scope: Scope) -> Found | None:
    """Return an enterprise with its people and the reports of some years; None for one that is not in the scope."""
    at_a_glance = await cards(tx, [number], period, scope)
    if not at_a_glance:
        return None
    associates = (
        select(person.c.id, person.c.name, person.c.phone, seat.c.since)
        .join_from(link, person, person.c.id == link.c.person_id)
        .join(enterprise, enterprise.c.id == link.c.enterprise_id)
        .outerjoin(
            seat,
            and_(
                seat.c.enterprise_id == link.c.enterprise_id,
                seat.c.person_id == link.c.person_id,
                seat.c.until.is_(None),
            ),
        )
        .where(link.c.enterprise_id == number, link.c.until.is_(None), within(scope))
        .order_by(link.c.linked_at, person.c.id)
    )
    filings = (
        select(report.c.period, report.c.state, submission.c.submitted_at, submission.c.person_id)
        .join_from(report, enterprise, enterprise.c.id == report.c.enterprise_id)
        .outerjoin(submission, _first_of(report.c.enterprise_id, report.c.period))
        .where(report.c.enterprise_id == number, within(scope))
        .where(report.c.period.between(f"{min(years):04d}-01", f"{max(years):04d}-12"))
    )
    return Found(
        at_a_glance[0],
        tuple(Associate(row.name, row.phone or "", row.since) for row in await tx.run(associates)),
        {
            Period.parse(row.period): Filing(
                ReportState(row.state),
                row.submitted_at,
                imported=row.submitted_at is not None and row.person_id is None,
            )
            for row in await tx.run(filings)
        },
    )


async def enterprise_of(tx: Transaction, number: int, scope: Scope) -> Enterprise | None:
    """Return an enterprise, None for one that is not in the scope."""
    row = (await tx.run(select(*_ENTERPRISE).where(enterprise.c.id == number, within(scope)))).one_or_none()
    return row and Enterprise(row.id, row.code, row.name, row.district)


async def names_of(tx: Transaction, people: Collection[int]) -> dict[int, str]:
    """Return the names of people by id; those whose account was closed have none."""
    rows = await tx.run(select(person.c.id, person.c.name).where(person.c.id.in_(people)))
    return {row.id: row.name for row in rows}


# ---- statements

_OPEN = (ReportState.DRAFT.value, ReportState.RETURNED.value)

_ENTERPRISE = (
    enterprise.c.id,
    enterprise.c.name,
    enterprise.c.code,
    enterprise.c.district,
    enterprise.c.category,
    enterprise.c.phone,
)


def _first_of(enterprise_id: ColumnElement[int], period: ColumnElement[str] | str) -> ColumnElement[bool]:
    """Return the condition on the first submission of a period."""
    return and_(submission.c.enterprise_id == enterprise_id, submission.c.period == period, submission.c.revision == 1)


def _begun(period: Period, scope: Scope) -> Select[Any]:
    """Count the reports of a period by district, category and state."""
    columns = (enterprise.c.district, enterprise.c.category, report.c.state)
    return (
        select(*columns, func.count().label("enterprises"))
        .join_from(report, enterprise, enterprise.c.id == report.c.enterprise_id)
        .where(within(scope), report.c.period == str(period))
        .group_by(*columns)
    )


def _filed(period: Period, scope: Scope) -> Select[Any]:
    """Count the first submissions of a period by district and category."""
    first = select().join_from(submission, enterprise, enterprise.c.id == submission.c.enterprise_id)
    first = first.where(within(scope), submission.c.period == str(period), submission.c.revision == 1)
    return _by_place(first)


def _by_place(of: Select[Any]) -> Select[Any]:
    columns = (enterprise.c.district, enterprise.c.category)
    return of.with_only_columns(*columns, func.count().label("enterprises")).group_by(*columns)


def _open(period: Period, scope: Scope) -> Select[Any]:
    """Find the enterprises whose report is begun and not submitted."""
    return (
        select(*_ENTERPRISE, report.c.state)
        .join_from(report, enterprise, enterprise.c.id == report.c.enterprise_id)
        .where(within(scope), report.c.period == str(period), report.c.state.in_(_OPEN))
    )


def linked_before(deadline: datetime) -> ColumnElement[bool]:
    """Return the condition on `enterprise` that somebody has been linked to it since before then, and still is."""
    return exists().where(link.c.enterprise_id == enterprise.c.id, link.c.until.is_(None), link.c.linked_at < deadline)


def _idle(period: Period, deadline: datetime, scope: Scope) -> Select[Any]:
    """Find the enterprises that should report and have not begun."""
    has_report = exists().where(report.c.enterprise_id == enterprise.c.id, report.c.period == str(period))
    found = select(*_ENTERPRISE, null().label("state")).select_from(enterprise)
    return found.where(within(scope), ~has_report, linked_before(deadline))


def _numbers(period: Period, deadline: datetime, scope: Scope) -> Iterator[Select[Any]]:
    for found in (_open(period, scope), _idle(period, deadline, scope)):
        yield found.with_only_columns(func.count())


def _missing(  # noqa: PLR0913 -- as `missing`
    period: Period, deadline: datetime, scope: Scope, beyond: Key | None, *, backwards: bool, most: int
) -> Select[Any]:
    """List the enterprises first, so that the people of only these are looked up.

    Those that have begun and those that have not are found by different indexes, the nearest of each kind.
    """
    key = (enterprise.c.district, enterprise.c.name, enterprise.c.id)
    kinds = []
    for found in (_open(period, scope), _idle(period, deadline, scope)):
        kind = found.order_by(*_turned(key, backwards=backwards)).limit(most)
        if beyond is not None:
            place = tuple_(beyond.district, beyond.name, beyond.id)
            kind = kind.where(tuple_(*key) < place if backwards else tuple_(*key) > place)
        kinds.append(select(kind.subquery()))
    both = union_all(*kinds).subquery()
    by = _turned((both.c.district, both.c.name, both.c.id), backwards=backwards)
    page = select(both).order_by(*by).limit(most).subquery("page")
    columns = (
        page,
        submission.c.submitted_at,
        submission.c.person_id.label("submitter"),
        person.c.name.label("reporter"),
        person.c.phone.label("mobile"),
    )
    return (
        select(*columns)
        .outerjoin_from(page, seat, and_(seat.c.enterprise_id == page.c.id, seat.c.until.is_(None)))
        .outerjoin(person, person.c.id == seat.c.person_id)
        .outerjoin(submission, _first_of(page.c.id, str(period)))
        .order_by(*_turned((page.c.district, page.c.name, page.c.id), backwards=backwards))
    )


def _turned(key: Sequence[ColumnElement[Any]], *, backwards: bool) -> list[ColumnElement[Any]]:
    return [column.desc() if backwards else column for column in key]


def statements(period: Period, moments: Moments, scope: Scope) -> Iterator[tuple[str, Select[Any]]]:
    """Yield what is asked of all enterprises at once, by name: what whoever looks at query plans wants to see."""
    yield "status, begun", _begun(period, scope)
    yield "status, not begun", _by_place(_idle(period, moments.deadline, scope))
    before = _filed(period.previous, scope).where(submission.c.submitted_at < moments.before)
    yield "status, the period before", before
    for number, counted in enumerate(_numbers(period, moments.deadline, scope), 1):
        yield f"missing, number {number}", counted
    yield "missing, a page", _missing(period, moments.deadline, scope, None, backwards=False, most=11)
