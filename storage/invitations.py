"""Invitations: a link that makes one person, known by the phone number, an associate of one enterprise; once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, select, update

from storage.database import Transaction
from storage.tables import enterprise, invitation, person

VALID_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What an invitation is for."""

    enterprise: int
    name: str


def _hash(token: str) -> str:
    return sha256(f"tianbao invitation {token}".encode(errors="replace")).hexdigest()


async def make(  # noqa: PLR0913 -- the columns of the invitation
    tx: Transaction, number: int, phone: str, token: str, *, by: str, at: datetime
) -> datetime:
    """Keep an invitation and return until when it is good.

    Args:
        tx: the transaction.
        number: the enterprise's id.
        phone: in international form; it is for whoever has verified this number.
        token: a secret of at least 128 bits, of which only a digest is stored.
        by: the administrator, as channel:user.
        at: when.
    """
    until = at + VALID_FOR
    row = {"token_hash": _hash(token), "enterprise_id": number, "phone": phone, "made_by": by, "made_at": at}
    await tx.run(invitation.insert(), row | {"expires_at": until})
    return until


async def open_for(tx: Transaction, number: int, at: datetime) -> set[str]:
    """Return the phone numbers that have an invitation to an enterprise which is neither used nor expired."""
    found = select(invitation.c.phone).where(invitation.c.enterprise_id == number, *_is_open(at))
    return set((await tx.run(found)).scalars())


async def end(tx: Transaction, number: int, phone: str, at: datetime) -> None:
    """Have the open invitations of a phone number to an enterprise expire."""
    ours = invitation.c.enterprise_id == number, invitation.c.phone == phone
    await tx.run(update(invitation).where(*ours, *_is_open(at)).values(expires_at=at))


async def find(tx: Transaction, token: str, who: int, at: datetime) -> Invitation | None:
    """Return what an invitation is for; None unless it is for that person, unused, and not expired."""
    row = (
        await tx.run(
            select(enterprise.c.id, enterprise.c.name)
            .join_from(invitation, enterprise, enterprise.c.id == invitation.c.enterprise_id)
            .join(person, person.c.phone == invitation.c.phone)
            .where(person.c.id == who, *_is_good(token, at))
        )
    ).one_or_none()
    return Invitation(row.id, row.name) if row else None


async def use(tx: Transaction, token: str, who: int, at: datetime) -> Invitation | None:
    """Use an invitation up, and return what it was for; None as in `find`."""
    found = await find(tx, token, who, at)
    if found is None:
        return None
    # Of two who found it at the same time one is left with nothing.
    used = await tx.run(update(invitation).where(*_is_good(token, at)).values(used_at=at))
    return found if used.rowcount else None


def _is_good(token: str, at: datetime) -> tuple[ColumnElement[bool], ...]:
    return invitation.c.token_hash == _hash(token), *_is_open(at)


def _is_open(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return invitation.c.used_at.is_(None), invitation.c.expires_at > at


async def was_invited(tx: Transaction, number: int, who: int) -> bool:
    """Return whether an administrator invited that person to the enterprise, who accepted."""
    found = (
        select(invitation.c.enterprise_id)
        .join_from(invitation, person, person.c.phone == invitation.c.phone)
        .where(invitation.c.enterprise_id == number, person.c.id == who, invitation.c.used_at.is_not(None))
    )
    return (await tx.run(found)).first() is not None
