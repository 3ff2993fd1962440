"""What was said in a chat, both ways, for channels that keep no history of their own."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import and_, exists, or_, select

from storage.database import Transaction
from storage.tables import account, inbox, outbox, session

NEWEST = 50
"""How many messages somebody gets who knows none."""
MOST_MISSING = 500
"""How many messages somebody gets who has been away; the newest ones."""

Chat = tuple[str, str, str]
"""Channel, bot, and the chat as the channel names it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of ours; one that was edited as it is now, but of the time at which it was first said.

    Args:
        id: its number, that of the newest edition.
        at: when it was said.
        body: as it is in the outbox.
        earlier: the numbers of its earlier editions, oldest first.
    """

    id: int
    at: datetime
    body: dict[str, Any]
    earlier: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """A message of theirs, as the channel gave it."""

    update: str
    at: datetime
    payload: str


async def messages_after(tx: Transaction, chat: Chat, known: int, now: datetime) -> list[Sent]:
    """Return what was said to a chat after the message `known` (0: none is known), oldest first.

    What still waits for its delivery is there, too, but not what waits for its time. Of a message that was edited the
    newest edition is there, in the place of the oldest one that is not known.
    """
    due = and_(outbox.c.state == "new", or_(outbox.c.not_before.is_(None), outbox.c.not_before <= now))
    rows = await tx.run(
        select(outbox.c.id, outbox.c.body, outbox.c.created_at, outbox.c.not_before)
        .where(*_of(outbox, chat), outbox.c.id > known, or_(outbox.c.state.in_(("sent", "sending")), due))
        .order_by(outbox.c.id.desc())
        .limit(MOST_MISSING)
    )
    found = _editions_merged(
        Sent(row.id, max(row.created_at, row.not_before or row.created_at), orjson.loads(row.body))
        for row in reversed(rows.all())
    )
    return found if known else found[-NEWEST:]


def _editions_merged(said: Iterable[Sent]) -> list[Sent]:
    shown: dict[int, Sent] = {}
    first_of: dict[int, int] = {}
    for one in said:
        edited = int(one.body.get("edits", one.id))
        first = first_of[one.id] = first_of.get(edited, edited)
        before = shown.get(first)
        shown[first] = replace(one, at=before.at, earlier=(*before.earlier, before.id)) if before else one
    return list(shown.values())


async def received_since(tx: Transaction, chat: Chat, known: int, oldest: datetime | None) -> list[Received]:
    """Return what a chat said since the message `known` was made, oldest first.

    The two kinds of messages share no numbers, only the time: what came at the same moment may come once more.

    Args:
        tx: the transaction.
        chat: the chat.
        known: the number of a message to it; 0 when none is known.
        oldest: the time to begin from when that message is not known; None for the beginning.
    """
    found = await tx.run(select(outbox.c.created_at).where(*_of(outbox, chat), outbox.c.id == known))
    begin = found.scalar_one_or_none() or oldest
    statement = select(inbox.c.update, inbox.c.received_at, inbox.c.payload).where(*_of(inbox, chat))
    if begin is not None:
        statement = statement.where(inbox.c.received_at >= begin)
    rows = await tx.run(statement.order_by(inbox.c.id.desc()).limit(MOST_MISSING if known else NEWEST))
    return [Received(row.update, row.received_at, row.payload) for row in rows][::-1]


async def bodies(tx: Transaction, chat: Chat, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return messages to a chat by their numbers; those of another chat are not found."""
    if not ids:
        return {}
    rows = await tx.run(select(outbox.c.id, outbox.c.body).where(*_of(outbox, chat), outbox.c.id.in_(sorted(ids))))
    return {row.id: orjson.loads(row.body) for row in rows}


async def own_body(tx: Transaction, chat: Chat, number: int) -> dict[str, Any]:
    """Return a message to a chat that was meant for whoever it belongs to now; empty for any other."""
    theirs = exists().where(
        account.c.channel == outbox.c.channel,
        account.c.user == outbox.c.chat,
        account.c.person_id == outbox.c.person_id,
    )
    found = select(outbox.c.body).where(*_of(outbox, chat), outbox.c.id == number)
    body = (await tx.run(found.where(or_(outbox.c.person_id.is_(None), theirs)))).scalar_one_or_none()
    return orjson.loads(body) if body else {}


async def language_of(tx: Transaction, chat: Chat) -> str | None:
    """Return the language that was chosen in a chat, None when nothing was said there yet."""
    found = select(session.c.language).where(session.c.channel == chat[0], session.c.chat == chat[2])
    return (await tx.run(found)).scalar_one_or_none()


def _of(table: Any, chat: Chat) -> tuple[Any, ...]:
    return table.c.channel == chat[0], table.c.bot == chat[1], table.c.chat == chat[2]
