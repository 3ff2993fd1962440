"""Seats that administrators move, and whom they invite. Every query carries the scope."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import ColumnElement, and_, func, or_, select, true

from dialogs.enterprises import Registered
from dialogs.office.orders import Match
from dialogs.offices import CATEGORIES, district_of_code, regions_of
from dialogs.people import comparable
from storage.database import Transaction
from storage.offices import Scope, within
from storage.tables import enterprise, link, person, registry, report


async def enterprise_within(tx: Transaction, number: int, scope: Scope) -> Match | None:
    """Return an enterprise, None for one outside of the scope."""
    columns = (enterprise.c.id, enterprise.c.name, enterprise.c.code, enterprise.c.district)
    row = (await tx.run(select(*columns).where(enterprise.c.id == number, within(scope)))).one_or_none()
    return Match(row.id, row.name, row.code, row.district) if row else None


async def unlisted(tx: Transaction, code: str, scope: Scope) -> Registered | None:
    """Return the entry of the registry for an enterprise that nobody has linked yet; None for one outside of the scope.

    Its district is the registered one, or that of the region in its code; its category is 其他 when it has none.

    Args:
        tx: the transaction.
        code: as it was typed.
        scope: the districts that may be seen.
    """
    known = select(enterprise.c.id).where(enterprise.c.code == registry.c.code).exists()
    statement = select(registry).where(registry.c.code == comparable(code).upper(), ~known, _registered_within(scope))
    row = (await tx.run(statement)).one_or_none()
    if row is None:
        return None
    found = Registered(**row._mapping)  # noqa: SLF001 -- public, in spite of its name
    district = found.district or district_of_code(found.code) or ""
    return replace(found, district=district, category=found.category or CATEGORIES[-1])


def _registered_within(scope: Scope) -> ColumnElement[bool]:
    """Return the condition on `registry` that a scope means."""
    if scope is None:
        return true()
    regions = [region for district in scope for region in regions_of(district)]
    of_region = and_(registry.c.district == "", func.substr(registry.c.code, 3, 6).in_(regions))
    return or_(registry.c.district.in_(scope), of_region)


async def linked_with(tx: Transaction, number: int, *, phone: str = "", name: str = "") -> tuple[int, ...]:
    """Return who of the people linked to an enterprise has that verified number, or that real name.

    Args:
        tx: the transaction.
        number: the enterprise, found within the scope.
        phone: in international form; compared when it is not empty.
        name: compared otherwise.
    """
    meant = person.c.phone == phone if phone else person.c.name == name
    rows = await tx.run(
        select(person.c.id)
        .join_from(link, person, person.c.id == link.c.person_id)
        .where(link.c.enterprise_id == number, link.c.until.is_(None), meant)
        .order_by(link.c.linked_at, person.c.id)
    )
    return tuple(rows.scalars())


async def open_periods(tx: Transaction, number: int) -> tuple[str, ...]:
    """Return the periods of reports of an enterprise that are begun or were returned, oldest first."""
    begun = report.c.state.in_(("draft", "returned"))
    rows = await tx.run(
        select(report.c.period).where(report.c.enterprise_id == number, begun).order_by(report.c.period)
    )
    return tuple(rows.scalars())


async def find_all(tx: Transaction, named: Iterable[str], scope: Scope) -> dict[str, list[Match]]:
    """Return the enterprises with exactly these codes or names, by what they were named.

    Args:
        tx: the transaction.
        named: codes and names as they were typed; some hundreds.
        scope: the districts that may be seen.
    """
    meant: dict[str, set[str]] = {}
    for name in named:
        for key in (name, comparable(name), comparable(name).upper()):
            meant.setdefault(key, set()).add(name)
    columns = (enterprise.c.id, enterprise.c.name, enterprise.c.code, enterprise.c.district)
    is_meant = or_(enterprise.c.code.in_(meant), enterprise.c.name.in_(meant))
    found: dict[str, list[Match]] = {}
    for row in await tx.run(select(*columns).where(is_meant, within(scope)).order_by(enterprise.c.id)):
        match = Match(row.id, row.name, row.code, row.district)
        for name in meant.get(match.code, set()) | meant.get(match.name, set()):
            found.setdefault(name, []).append(match)
    return found


async def submitted(tx: Transaction, numbers: Iterable[int], period: str) -> dict[int, int]:
    """Return the revisions of the reports of a period that are submitted, by enterprise (found within the scope)."""
    ours = report.c.enterprise_id.in_(list(numbers)), report.c.period == period, report.c.state == "submitted"
    rows = await tx.run(select(report.c.enterprise_id, report.c.revision).where(*ours))
    return {row.enterprise_id: row.revision for row in rows}
