"""One-time codes by which somebody shows that a phone number is their own. Only a digest of a code is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update

from storage.database import Transaction
from storage.tables import sign_in

LIFETIME = timedelta(minutes=5)
"""How long a code is good."""
TRIES = 5
"""How often a code may be entered."""
PAUSE = timedelta(seconds=30)
"""How long somebody waits for the next code."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What was asked of somebody: the number that is to be verified and the digest of the code sent to it."""

    phone: str
    code_hash: str


async def put_code(tx: Transaction, user: str, challenge: Challenge, now: datetime) -> bool:
    """Keep a new code in the place of an earlier one; False, with nothing changed, when that one is too fresh."""
    row = {
        "user": user,
        "phone": challenge.phone,
        "code_hash": challenge.code_hash,
        "tries": 0,
        "expires_at": now + LIFETIME,
    }
    statement = tx.insert(sign_in)
    # One statement, so that of two requests at the same time only one gets a code.
    statement = statement.on_conflict_do_update(
        index_elements=["user"],
        set_={name: statement.excluded[name] for name in row if name != "user"},
        where=sign_in.c.expires_at <= now + LIFETIME - PAUSE,
    )
    return (await tx.run(statement, row)).rowcount == 1


async def try_code(tx: Transaction, user: str, now: datetime) -> Challenge | None:
    """Use up one of the tries and return what was asked; None when there is no code, or it has run out.

    The caller compares; the try counts whatever comes of it, so that guesses side by side get no more of them.
    """
    used = (
        update(sign_in)
        .where(sign_in.c.user == user, sign_in.c.tries < TRIES, sign_in.c.expires_at > now)
        .values(tries=sign_in.c.tries + 1)
        .returning(sign_in.c.phone, sign_in.c.code_hash)
    )
    row = (await tx.run(used)).one_or_none()
    return Challenge(row.phone, row.code_hash) if row else None


async def drop_code(tx: Transaction, user: str, challenge: Challenge) -> None:
    """Forget a code that has done its work, unless there is a newer one."""
    await tx.run(delete(sign_in).where(sign_in.c.user == user, sign_in.c.code_hash == challenge.code_hash))


async def forget_expired(tx: Transaction, now: datetime) -> int:
    """Delete the codes that have run out, with their phone numbers; return how many."""
    return (await tx.run(delete(sign_in).where(sign_in.c.expires_at <= now))).rowcount
