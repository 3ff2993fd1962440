"""The outbox: what is to be sent, in order per chat, and what is known of its delivery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    Text,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from storage.database import Transaction
from storage.tables import account, outbox, pace

KEPT_FOR = timedelta(days=90)
"""How long the buttons of a message work."""
MOST_AT_ONCE = 200
"""How many messages, apart from reminders, are claimed at a time."""


class Kind(StrEnum):
    """What is sent again when nobody knows whether it arrived: a reply or a receipt once, a reminder never."""

    REPLY = "reply"
    RECEIPT = "receipt"
    REMINDER = "reminder"

    @property
    def most_tries(self) -> int:
        """How many tries may end without it being known whether the message arrived."""
        return {Kind.REPLY: 2, Kind.RECEIPT: 2, Kind.REMINDER: 1}[self]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message to send."""

    id: int
    channel: str
    bot: str
    chat: str
    kind: Kind
    body: dict[str, Any]
    tries: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of a try: the new state, how the channel names the message, when to try again, what went wrong.

    `tries` sets how many tries there were that may have arrived, None leaves them as they are. `chat` and `body` take
    the place of what was there: the chat has moved, or more is known of what was sent. `gone`: nothing arrives in the
    chat any more.
    """

    id: int
    state: str
    at: datetime
    message: str | None = None
    not_before: datetime | None = None
    error: str | None = None
    tries: int | None = None
    chat: str | None = None
    body: dict[str, Any] | None = None
    gone: bool = False


def as_waiting(row: dict[str, Any]) -> Waiting:
    """Return a row that was just written as what the delivery takes."""
    return Waiting(
        row["id"],
        row["channel"],
        row["bot"],
        row["chat"],
        Kind(row["kind"]),
        orjson.loads(row["body"]),
        row["tries"],
        row["created_at"],
    )


async def claim(  # noqa: PLR0913, PLR0917 -- whose, for whom, for how long
    tx: Transaction,
    channels: Sequence[tuple[str, str]],
    owner: str,
    now: datetime,
    lease: timedelta,
    reminders: Mapping[tuple[str, str], int],
) -> list[Waiting]:
    """Claim what may be sent now: what nobody works on, or no longer; the oldest of each chat only.

    A try of a reply counts from here on, that of a reminder, which may wait for long still, from `begin` on.

    Args:
        tx: the transaction.
        channels: channel and bot, for each that this process sends by.
        owner: names this process.
        now: the time.
        lease: how long it is to be this process's alone.
        reminders: how many reminders at most, by channel and bot; none go out while there is a pause.
    """
    ours = or_(*(and_(outbox.c.channel == channel, outbox.c.bot == bot) for channel, bot in channels))
    ours = and_(ours, outbox.c.kind.in_(_ANSWERS))
    tried = {"tries": outbox.c.tries + 1}
    claimed = await _claim(tx, ours, _ANSWERS, owner, now, lease, MOST_AT_ONCE, (outbox.c.id,), tried)
    for (channel, bot), most in reminders.items():
        if most > 0:
            paused = select(pace.c.bot).where(pace.c.channel == channel, pace.c.bot == bot, pace.c.paused_until > now)
            ours = and_(outbox.c.channel == channel, outbox.c.bot == bot, outbox.c.kind == Kind.REMINDER.value)
            found = await _claim(tx, and_(ours, ~paused.exists()), tuple(Kind), owner, now, lease, most, _BY_INDEX, {})
            claimed += [replace(one, tries=one.tries + 1) for one in found]
    return claimed


async def _claim(  # noqa: PLR0913, PLR0917 -- see `claim`
    tx: Transaction,
    ours: ColumnElement[bool],
    behind: Sequence[str],
    owner: str,
    now: datetime,
    lease: timedelta,
    most: int,
    order: Sequence[ColumnElement[Any]],
    values: dict[str, Any],
) -> list[Waiting]:
    """Claim some messages, each unless an older one of the kinds `behind` waits in its chat."""
    older = outbox.alias()
    first = (
        ~select(older.c.id)
        .where(
            older.c.state.in_(WAITING),
            older.c.channel == outbox.c.channel,
            older.c.bot == outbox.c.bot,
            older.c.kind.in_(behind),
            older.c.chat == outbox.c.chat,
            older.c.id < outbox.c.id,
        )
        .exists()
    )
    free = or_(
        and_(outbox.c.state == "new", or_(outbox.c.not_before.is_(None), outbox.c.not_before <= now)),
        and_(outbox.c.state == "sending", outbox.c.lease_until < now),
    )
    wanted = select(outbox.c.id).where(outbox.c.state.in_(WAITING), ours, free, first)
    wanted = wanted.order_by(*order).limit(most).with_for_update(skip_locked=True)
    rows = await tx.run(
        update(outbox)
        .where(outbox.c.id.in_(wanted))
        .values(values | {"state": "sending", "owner": owner, "lease_until": now + lease})
        .returning(outbox)
    )
    return sorted((as_waiting(row._asdict()) for row in rows), key=lambda one: one.id)


async def begin(tx: Transaction, numbers: Sequence[int], owner: str) -> set[int]:
    """Note that claimed reminders are being sent now; return those that still are this process's own."""
    ours = update(outbox).where(outbox.c.id.in_(sorted(numbers)), outbox.c.owner == owner, outbox.c.state == "sending")
    return set((await tx.run(ours.values(tries=1).returning(outbox.c.id))).scalars())


# Written out, not parameters: only so SQLite knows that the partial index will do.
WAITING: tuple[ColumnElement[str], ...] = (literal_column("'new'"), literal_column("'sending'"))
# With a hundred thousand that wait, those of any other order would all be looked at.
_BY_INDEX = (outbox.c.channel, outbox.c.bot, outbox.c.kind, outbox.c.chat, outbox.c.id)
_ANSWERS = (Kind.REPLY.value, Kind.RECEIPT.value)


async def mark(tx: Transaction, marks: Sequence[Mark], owner: str) -> None:
    """Note what became of messages that this process was sending."""
    if not marks:
        return
    changed = [
        {"number": one.id, "me": owner, "to": one.chat, "with": one.body and orjson.dumps(one.body).decode()}
        for one in marks
        if one.chat or one.body
    ]
    if changed:
        await tx.run(_CHANGE, changed)
    rows = [
        {
            "number": one.id,
            "is": one.state,
            "named": one.message,
            "later": one.not_before,
            "wrong": one.error,
            "when": one.at if one.state == "sent" else None,
            "tried": one.tries,
        }
        for one in marks
    ]
    await tx.run(_MARK, [row | {"me": owner} for row in rows])
    if gone := [{"number": one.id, "since": one.at} for one in marks if one.gone]:
        await tx.run(_OUT_OF_REACH, gone)


_OURS = update(outbox).where(
    outbox.c.id == bindparam("number"), outbox.c.owner == bindparam("me"), outbox.c.state == "sending"
)
# Not with the marks: an index has the chat, and SQLite writes an index anew whenever its column is named.
_CHANGE = _OURS.values(
    chat=func.coalesce(bindparam("to", type_=String), outbox.c.chat),
    body=func.coalesce(bindparam("with", type_=Text), outbox.c.body),
)
_MARK = _OURS.values(
    state=bindparam("is"),
    message=bindparam("named"),
    not_before=bindparam("later"),
    error=bindparam("wrong"),
    sent_at=bindparam("when"),
    lease_until=None,
    tries=func.coalesce(bindparam("tried", type_=Integer), outbox.c.tries),
)


_named = select(outbox.c.channel, outbox.c.chat).where(outbox.c.id == bindparam("number"))
_OUT_OF_REACH = (
    update(account)
    .where(tuple_(account.c.channel, account.c.user).in_(_named), account.c.blocked_at.is_(None))
    .values(blocked_at=bindparam("since"))
)


async def ambiguous(tx: Transaction) -> dict[Kind, list[int]]:
    """Return the numbers of the messages of which nobody knows whether they arrived, by kind."""
    found: dict[Kind, list[int]] = {}
    unknown = select(outbox.c.kind, outbox.c.id).where(outbox.c.state == "ambiguous").order_by(outbox.c.id)
    for row in await tx.run(unknown):
        found.setdefault(Kind(row.kind), []).append(row.id)
    return found


async def anything_waits(tx: Transaction, now: datetime) -> bool:
    """Return whether any message has not been dealt with yet, of those that may be sent by now."""
    held = and_(outbox.c.not_before.is_not(None), outbox.c.not_before > now)
    found = select(outbox.c.id).where(outbox.c.state.in_(WAITING), ~held).limit(1)
    return (await tx.run(found)).first() is not None


async def renew(tx: Transaction, numbers: Sequence[int], owner: str, until: datetime) -> set[int]:
    """Keep messages that this process is sending its own until then; return those that still are."""
    ours = update(outbox).where(outbox.c.id.in_(sorted(numbers)), outbox.c.owner == owner, outbox.c.state == "sending")
    return set((await tx.run(ours.values(lease_until=until).returning(outbox.c.id))).scalars())


async def say_instead(tx: Transaction, number: int, body: dict[str, Any], now: datetime) -> None:
    """Put a message into the outbox in the place of one that cannot be sent; once, however often it is asked for.

    It belongs to the same chat and the same person, and its buttons work as those of the other one would have.
    """
    copied = [outbox.c[name] for name in ("channel", "bot", "chat", "kind", "enterprise_id", "person_id", "page")]
    row = (await tx.run(select(*copied).where(outbox.c.id == number))).one()
    own = {"key": f"instead of {number}", "body": orjson.dumps(body).decode(), "state": "new", "created_at": now}
    await tx.add(outbox, row._asdict() | own)


async def forget_old(tx: Transaction, now: datetime) -> int:
    """Delete messages that were dealt with long ago; return how many."""
    settled = outbox.c.state.in_(("sent", "failed"))
    return (await tx.run(delete(outbox).where(settled, outbox.c.created_at < now - KEPT_FOR))).rowcount
