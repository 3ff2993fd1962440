"""What all processes together may send by a bot: who holds how much of it, and until when nothing but replies goes out.

One row a bot. A share holds for a short time and is renewed; a process that died has none any more soon after.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import bindparam, func, select, update

from storage.database import Transaction
from storage.tables import pace


@dataclass(frozen=True, slots=True)
class Share:
    """How many permits to send a process holds, how many replies it sent a second lately, and how long this counts."""

    held: int
    replies: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Budget:
    """A bot's budget.

    Args:
        shares: by process.
        free_at: from when on permits that nobody holds may be used; None: at once.
        paused_until: until when no reminders are sent; None: they are.
    """

    shares: Mapping[str, Share]
    free_at: datetime | None = None
    paused_until: datetime | None = None


async def load(tx: Transaction, channel: str, bot: str) -> Budget:
    """Return the budget of a bot and keep others from changing it until the end of the transaction."""
    await tx.add(pace, {"channel": channel, "bot": bot, "shares": "{}"})
    row = (await tx.run(_LOAD, {"in": channel, "by": bot})).one()
    shares = {
        owner: Share(held, replies, datetime.fromisoformat(until))
        for owner, (held, replies, until) in orjson.loads(row.shares).items()
    }
    return Budget(shares, row.free_at, row.paused_until)


async def save(tx: Transaction, channel: str, bot: str, budget: Budget) -> None:
    """Store the shares of a budget that was loaded in this transaction."""
    shares = {owner: (one.held, one.replies, one.until) for owner, one in budget.shares.items()}
    values = {"divided": orjson.dumps(shares).decode(), "free": budget.free_at}
    await tx.run(_SAVE, {"in": channel, "by": bot, **values})


async def pause(tx: Transaction, channel: str, bot: str, until: datetime) -> None:
    """Have no process send reminders by a bot until then. A pause that lasts longer already stays as it is."""
    await tx.add(pace, {"channel": channel, "bot": bot, "shares": "{}"})
    await tx.run(_PAUSE, {"in": channel, "by": bot, "then": until})


_OURS = (pace.c.channel == bindparam("in"), pace.c.bot == bindparam("by"))
_LOAD = select(pace).where(*_OURS).with_for_update()
_SAVE = update(pace).where(*_OURS).values(shares=bindparam("divided"), free_at=bindparam("free"))
_then = bindparam("then", type_=pace.c.paused_until.type)
_PAUSE = update(pace).where(*_OURS, func.coalesce(pace.c.paused_until < _then, True)).values(paused_until=_then)
