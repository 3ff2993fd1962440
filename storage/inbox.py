"""The inbox: every update is committed here before it is acknowledged, and each is worked on once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, func, literal_column, or_, select, update

from storage.database import Transaction, insert_of
from storage.tables import inbox

TRIES = 3
"""After so many failures an update is set aside."""
KEPT_FOR = timedelta(days=30)
"""How long an update is known again when it comes once more (a captured webhook request can be replayed)."""

UpdateKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Arrival:
    """An update as it is kept: its key (channel, bot, number), its chat, the payload."""

    key: UpdateKey
    chat: str
    payload: str


async def add(tx: Transaction, arrivals: Sequence[Arrival], state: str, at: datetime) -> dict[UpdateKey, int]:
    """Keep updates that were not seen before.

    Args:
        tx: the transaction.
        arrivals: in the order in which they came.
        state: `done` when they are worked on within this transaction, `new` otherwise.
        at: now.

    Returns:
        The inbox id of each that is new.
    """
    if not arrivals:
        return {}
    rows = [
        {
            "channel": one.key[0],
            "bot": one.key[1],
            "update": one.key[2],
            "chat": one.chat,
            "payload": one.payload,
            "state": state,
            "received_at": at,
        }
        for one in arrivals
    ]
    found = await tx.run(_add(tx.dialect), rows)
    return {(row.channel, row.bot, row.update): row.id for row in found}


@cache
def _add(dialect: str) -> Any:
    statement = insert_of(dialect, inbox).on_conflict_do_nothing(index_elements=["channel", "bot", "update"])
    return statement.returning(inbox.c.id, inbox.c.channel, inbox.c.bot, inbox.c.update)


async def waiting_chats(tx: Transaction) -> set[tuple[str, str]]:
    """Return the chats (channel and chat) with updates that wait: what else comes from there must wait behind them."""
    return {(row.channel, row.chat) for row in await tx.run(_WAITING)}


# Written out, not a parameter: only so SQLite knows that the partial index will do. For the same reason the rows are
# not made distinct here: for that it would rather walk through the whole inbox.
_IS_NEW = inbox.c.state == literal_column("'new'")
_WAITING = select(inbox.c.channel, inbox.c.chat).where(_IS_NEW)


@dataclass(frozen=True, slots=True)
class Claimed:
    """An update that is ours to work on."""

    id: int
    arrival: Arrival
    tries: int


async def claim(tx: Transaction, channels: Sequence[str], now: datetime, lease: timedelta) -> list[Claimed]:
    """Claim updates that wait and that nobody works on, or no longer; oldest first, one a chat.

    One a chat, and only its oldest, so that the messages of a chat stay in order whichever process works on them.
    """
    older = inbox.alias()
    first = (
        ~select(older.c.id)
        .where(
            older.c.state == "new",
            older.c.channel == inbox.c.channel,
            older.c.chat == inbox.c.chat,
            older.c.id < inbox.c.id,
        )
        .exists()
    )
    free = or_(inbox.c.lease_until.is_(None), inbox.c.lease_until < now)
    # Calculated, or SQLite would look up all updates of a channel rather than those that are new.
    served = (inbox.c.channel + "").in_(channels)
    wanted = select(inbox.c.id).where(_IS_NEW, served, first, free)
    wanted = wanted.order_by(inbox.c.id).limit(100).with_for_update(skip_locked=True)
    rows = await tx.run(
        update(inbox)
        .where(inbox.c.id.in_(wanted))
        .values(tries=inbox.c.tries + 1, lease_until=now + lease)
        .returning(
            inbox.c.id, inbox.c.channel, inbox.c.bot, inbox.c.update, inbox.c.chat, inbox.c.payload, inbox.c.tries
        )
    )
    claimed = [
        Claimed(row.id, Arrival((row.channel, row.bot, row.update), row.chat, row.payload), row.tries) for row in rows
    ]
    return sorted(claimed, key=lambda one: one.id)


async def finish(tx: Transaction, number: int, state: str = "done", outcome: str = "") -> bool:
    """Mark an update as worked on, or as set aside; False when somebody else did meanwhile."""
    done = (
        update(inbox)
        .where(inbox.c.id == number, inbox.c.state == "new")
        .values(state=state, outcome=outcome, lease_until=None)
    )
    return (await tx.run(done)).rowcount == 1


async def note_outcomes(tx: Transaction, outcomes: dict[int, str]) -> None:
    """Note why updates got no answer, or another than usual."""
    if outcomes:
        statement = update(inbox).where(inbox.c.id == bindparam("number")).values(outcome=bindparam("why"))
        await tx.run(statement, [{"number": number, "why": why} for number, why in outcomes.items()])


async def count_dead(tx: Transaction) -> int:
    """Return how many updates were set aside."""
    return int((await tx.run(select(func.count()).where(inbox.c.state == "dead"))).scalar_one())


async def forget_old(tx: Transaction, now: datetime) -> int:
    """Delete updates that were worked on long ago; return how many."""
    old = delete(inbox).where(inbox.c.state == "done", inbox.c.received_at < now - KEPT_FOR)
    return (await tx.run(old)).rowcount
