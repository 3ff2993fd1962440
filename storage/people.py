"""Persons, their accounts in the channels, and the enterprises they are linked to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select, update

from dialogs.enterprises import Card
from dialogs.home import Person
from dialogs.people import mask_phone
from dialogs.seats import Associate
from storage.database import Transaction
from storage.tables import account, enterprise, link, person, report, seat


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


@dataclass(frozen=True, slots=True)
class Contact:
    """Name and verified number of a person; both empty when the account was closed."""

    name: str
    phone: str


async def person_of(tx: Transaction, who: int) -> Contact:
    """Return how to reach a person."""
    row = (await tx.run(select(person.c.name, person.c.phone).where(person.c.id == who))).one()
    return Contact(row.name, row.phone or "")


async def phone_of(tx: Transaction, who: int) -> str | None:
    """Return the verified number of a person, None when the account was closed."""
    return (await tx.run(select(person.c.phone).where(person.c.id == who))).scalar_one_or_none()


async def linked_enterprises(tx: Transaction, who: int, only: int | None = None, *, due: str = "") -> tuple[Card, ...]:
    """Return the enterprises a person is linked to, in the order of linking, and how the seat of each stands.

    Args:
        tx: the transaction.
        who: the person.
        only: the id of the enterprise that is asked about; all when None.
        due: the period whose state is told, `YYYY-MM`; none when empty.
    """
    holder = person.alias("holder")
    statement = (
        select(enterprise, seat.c.person_id, holder.c.name.label("reporter"), report.c.state)
        .join_from(link, enterprise, enterprise.c.id == link.c.enterprise_id)
        .outerjoin(seat, and_(seat.c.enterprise_id == enterprise.c.id, seat.c.until.is_(None)))
        .outerjoin(holder, holder.c.id == seat.c.person_id)
        .outerjoin(report, and_(report.c.enterprise_id == enterprise.c.id, report.c.period == due))
        .where(link.c.person_id == who, link.c.until.is_(None))
        .order_by(link.c.linked_at, enterprise.c.id)
    )
    rows = await tx.run(statement if only is None else statement.where(enterprise.c.id == only))
    return tuple(
        Card(
            row.id,
            row.name,
            row.code,
            _seat(row.person_id, who),
            row.district,
            row.category,
            row.reporter or "",
            row.state or "none",
        )
        for row in rows
    )


def _seat(holder: int | None, who: int) -> str:
    if holder is None:
        return "free"
    return "mine" if holder == who else "taken"


@dataclass(frozen=True, slots=True)
class Seat:
    """The seat of an enterprise that the person who asks is linked to; when it is free, `holder` is None."""

    enterprise: int
    name: str
    code: str
    district: str
    holder: int | None
    reporter: str


async def seat_of(tx: Transaction, number: int, who: int) -> Seat | None:
    """Return the seat of an enterprise, None for somebody who is not linked to it: such a person learns nothing."""
    rows = await tx.run(
        select(enterprise, seat.c.person_id, person.c.name.label("reporter"))
        .join_from(link, enterprise, enterprise.c.id == link.c.enterprise_id)
        .outerjoin(seat, and_(seat.c.enterprise_id == enterprise.c.id, seat.c.until.is_(None)))
        .outerjoin(person, person.c.id == seat.c.person_id)
        .where(link.c.enterprise_id == number, link.c.person_id == who, link.c.until.is_(None))
    )
    row = rows.one_or_none()
    return Seat(row.id, row.name, row.code, row.district, row.person_id, row.reporter or "") if row else None


async def associates_of(tx: Transaction, number: int, *, but: int = 0) -> tuple[Associate, ...]:
    """Return who is linked to an enterprise, `but` that person, in the order of linking."""
    rows = await tx.run(
        select(person.c.id, person.c.name, person.c.phone)
        .join_from(link, person, person.c.id == link.c.person_id)
        .where(link.c.enterprise_id == number, link.c.until.is_(None), person.c.id != but)
        .order_by(link.c.linked_at, person.c.id)
    )
    return tuple(Associate(row.id, row.name, mask_phone(row.phone or "")) for row in rows)


async def holder_of(tx: Transaction, number: int) -> int | None:
    """Return who reports for an enterprise, None for nobody."""
    active = seat.c.enterprise_id == number, seat.c.until.is_(None)
    return (await tx.run(select(seat.c.person_id).where(*active))).scalar_one_or_none()


async def take_seat(tx: Transaction, number: int, who: int, at: datetime) -> bool:
    """Make a linked person the reporter if nobody is; return whether it is so now. The unique index decides."""
    return await tx.add(seat, {"enterprise_id": number, "person_id": who, "since": at})


async def move_seat(tx: Transaction, number: int, to: int, at: datetime) -> None:
    """Make a linked person the reporter in the place of whoever is. The enterprise must be locked."""
    await tx.run(update(seat).where(seat.c.enterprise_id == number, seat.c.until.is_(None)).values(until=at))
    await tx.run(seat.insert(), {"enterprise_id": number, "person_id": to, "since": at})


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
    row: dict[str, Any] = {name: getattr(basics, name) for name in Basics.__slots__}
    row |= {"created_at": at, "initials": initials_of(basics.name)}
    if not await tx.add(enterprise, row):
        # One that was made for its earlier reports has no address: nobody has completed its basic data so far.
        blank = update(enterprise).where(enterprise.c.code == basics.code, enterprise.c.address == "")
        names = ("district", "category", "address", "phone")
        await tx.run(blank.values(**{name: getattr(basics, name) for name in names}))
    number = int((await tx.run(select(enterprise.c.id).where(enterprise.c.code == basics.code))).scalar_one())
    await link_person(tx, number, who, at)
    return number


async def basics_of(tx: Transaction, number: int) -> Basics:
    """Return the basic data of an enterprise."""
    row = (await tx.run(select(enterprise).where(enterprise.c.id == number))).one()
    return Basics(row.code, row.name, row.district, row.category, row.address, row.phone)


def initials_of(name: str) -> str:
    """Return the first letters of a name in pinyin, for searching: 重庆长安 is cqca."""
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 -- its dictionary takes a while to load

    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()[:200]


async def link_person(tx: Transaction, number: int, who: int, at: datetime) -> None:
    """Link a person to an enterprise; one whose link was ended begins anew."""
    statement = tx.insert(link)
    again = {"linked_at": statement.excluded.linked_at, "until": None}
    statement = statement.on_conflict_do_update(
        index_elements=["enterprise_id", "person_id"], set_=again, where=link.c.until.is_not(None)
    )
    await tx.run(statement, {"enterprise_id": number, "person_id": who, "linked_at": at})


async def end_link(tx: Transaction, number: int, who: int, at: datetime) -> None:
    """End the link of a person to an enterprise; the database refuses it for who holds the seat."""
    ours = link.c.enterprise_id == number, link.c.person_id == who, link.c.until.is_(None)
    await tx.run(update(link).where(*ours).values(until=at))


async def report_states(tx: Transaction, number: int) -> dict[str, str]:
    """Return the state of each report of an enterprise, by period."""
    rows = await tx.run(select(report.c.period, report.c.state).where(report.c.enterprise_id == number))
    return {row.period: row.state for row in rows}
