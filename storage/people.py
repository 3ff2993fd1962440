"""Persons, their accounts in the channels, and the enterprises they are linked to."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select, update

from dialogs.conversation import Card, Person
from storage.database import Transaction
from storage.tables import account, audit, enterprise, link, person, report, seat


async def bind_phone(tx: Transaction, channel: str, user: str, phone: str, at: datetime) -> Person:
    """Bind an account to the person with that verified number, who is made when nobody has it yet."""
    await tx.add(person, {"phone": phone, "created_at": at})
    found = (await tx.run(select(person.c.id, person.c.name).where(person.c.phone == phone))).one()
    row = {"channel": channel, "user": user, "person_id": found.id, "bound_at": at}
    statement = tx.insert(account)
    bound = {"person_id": statement.excluded.person_id, "bound_at": statement.excluded.bound_at}
    await tx.run(statement.on_conflict_do_update(index_elements=["channel", "user"], set_=bound), row)
    return Person(found.id, found.name)


async def set_name(tx: Transaction, who: int, name: str) -> None:
    """Set the real name of a person."""
    await tx.run(update(person).where(person.c.id == who).values(name=name))


async def linked_enterprises(tx: Transaction, who: int) -> tuple[Card, ...]:
    """Return the enterprises a person is linked to, in the order of linking, and how the seat of each stands."""
    rows = await tx.run(
        select(enterprise.c.id, enterprise.c.name, enterprise.c.code, seat.c.person_id)
        .join_from(link, enterprise, enterprise.c.id == link.c.enterprise_id)
        .outerjoin(seat, and_(seat.c.enterprise_id == enterprise.c.id, seat.c.until.is_(None)))
        .where(link.c.person_id == who)
        .order_by(link.c.linked_at, enterprise.c.id)
    )
    return tuple(Card(row.id, row.name, row.code, _seat(row.person_id, who)) for row in rows)


def _seat(holder: int | None, who: int) -> str:
    if holder is None:
        return "free"
    return "mine" if holder == who else "taken"


@dataclass(frozen=True, slots=True)
class Seat:
    """The seat of an enterprise that the person who asks is linked to; when it is free, `holder` is None."""

    enterprise: int
    name: str
    district: str
    holder: int | None
    reporter: str


async def seat_of(tx: Transaction, number: int, who: int) -> Seat | None:
    """Return the seat of an enterprise, None for somebody who is not linked to it: such a person learns nothing."""
    rows = await tx.run(
        select(
            enterprise.c.id, enterprise.c.name, enterprise.c.district, seat.c.person_id, person.c.name.label("reporter")
        )
        .join_from(link, enterprise, enterprise.c.id == link.c.enterprise_id)
        .outerjoin(seat, and_(seat.c.enterprise_id == enterprise.c.id, seat.c.until.is_(None)))
        .outerjoin(person, person.c.id == seat.c.person_id)
        .where(link.c.enterprise_id == number, link.c.person_id == who)
    )
    row = rows.one_or_none()
    return Seat(row.id, row.name, row.district, row.person_id, row.reporter or "") if row else None


async def take_seat(tx: Transaction, number: int, who: int, at: datetime) -> bool:
    """Make a linked person the reporter if nobody is; return whether it is so now. The unique index decides."""
    return await tx.add(seat, {"enterprise_id": number, "person_id": who, "since": at})


@dataclass(frozen=True, slots=True)
class Basics:
    """The basic data of an enterprise, as completed by the person who links it."""

    code: str
    name: str
    district: str
    category: str
    address: str
    phone: str


async def link_enterprise(tx: Transaction, basics: Basics, who: int, at: datetime) -> int:
    """Link a person to an enterprise, which is made when it is the first link; return the enterprise's id.

    The basic data of an enterprise that exists stay as they are: the next person to link it does not overwrite them.
    """
    row = {"name": basics.name, "code": basics.code, "district": basics.district, "category": basics.category}
    await tx.add(enterprise, row | {"address": basics.address, "phone": basics.phone, "created_at": at})
    number = (await tx.run(select(enterprise.c.id).where(enterprise.c.code == basics.code))).scalar_one()
    await tx.add(link, {"enterprise_id": number, "person_id": who, "linked_at": at})
    return int(number)


async def failed_comparisons(tx: Transaction, who: int, since: datetime) -> int:
    """Return how many comparisons with the registry failed for a person since then."""
    counted = select(func.count()).where(
        audit.c.person_id == who, audit.c.action == "compare-failed", audit.c.at > since
    )
    return int((await tx.run(counted)).scalar_one())


COMPARISON_WINDOW = timedelta(days=1)
COMPARISONS = 5
"""How many comparisons may fail within the window."""


async def report_states(tx: Transaction, number: int) -> dict[str, str]:
    """Return the state of each report of an enterprise, by period."""
    rows = await tx.run(select(report.c.period, report.c.state).where(report.c.enterprise_id == number))
    return {row.period: row.state for row in rows}
