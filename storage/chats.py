"""Where somebody can be told something that was not asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Row, and_, delete, select

from dialogs.texts import DEFAULT_LANGUAGE
from storage.database import Transaction
from storage.tables import account, inbox, moved_chat, outbox, session


@dataclass(frozen=True, slots=True)
class KnownChat:
    """A chat and its language."""

    channel: str
    chat: str
    language: str


ACCOUNTS = (
    select(account.c.person_id, account.c.channel, account.c.user, session.c.language)
    .outerjoin_from(account, session, and_(session.c.channel == account.c.channel, session.c.chat == account.c.user))
    .order_by(account.c.bound_at, account.c.channel, account.c.user)
)
"""Accounts and the languages of their chats, the newest last; `known_chat` reads a row."""


def known_chat(row: Row[Any]) -> KnownChat:
    """Return the private chat of an account."""
    return KnownChat(row.channel, row.user, row.language or DEFAULT_LANGUAGE)


async def chats_of(tx: Transaction, person: int) -> list[KnownChat]:
    """Return the private chats of a person, one an account."""
    return [known_chat(row) for row in await tx.run(ACCOUNTS.where(account.c.person_id == person))]


async def has_talked(tx: Transaction, person: int, since: datetime) -> bool:
    """Return whether a person has said anything since then, in any of the private chats."""
    said = (
        select(inbox.c.id)
        .join_from(account, inbox, and_(inbox.c.channel == account.c.channel, inbox.c.chat == account.c.user))
        .where(account.c.person_id == person, inbox.c.received_at >= since)
        .limit(1)
    )
    return (await tx.run(said)).first() is not None


async def current(tx: Transaction, channel: str, chat: str) -> KnownChat:
    """Return a chat as it is now: a group that the messenger moved has another name than in the settings."""
    moved = select(moved_chat.c.now).where(moved_chat.c.channel == channel, moved_chat.c.chat == chat)
    now = (await tx.run(moved)).scalar_one_or_none() or chat
    found = select(session.c.language).where(session.c.channel == channel, session.c.chat == now)
    return KnownChat(channel, now, (await tx.run(found)).scalar_one_or_none() or DEFAULT_LANGUAGE)


LEAVES_AFTER = timedelta(minutes=1)


async def leave_later(tx: Transaction, channel: str, bot: str, chat: str, at: datetime) -> None:
    """Have the bot leave a group in a while, unless the group turns out to be another one's new name (`note_move`)."""
    row = {"channel": channel, "bot": bot, "chat": chat, "kind": "reply", "state": "new", "body": _LEAVING}
    await tx.run(outbox.insert(), row | {"created_at": at, "not_before": at + LEAVES_AFTER})


_LEAVING = orjson.dumps({"text": "", "leave": True}).decode()


async def note_move(tx: Transaction, channel: str, old: str, new: str) -> None:
    """Note that the messenger moved a group; what had moved to the old name moves along."""
    statement = tx.insert(moved_chat)
    statement = statement.on_conflict_do_update(
        index_elements=["channel", "chat"], set_={"now": statement.excluded.now}
    )
    await tx.run(statement, {"channel": channel, "chat": old, "now": new})
    await tx.run(moved_chat.update().where(moved_chat.c.channel == channel, moved_chat.c.now == old).values(now=new))
    there = outbox.c.channel == channel, outbox.c.chat == new, outbox.c.state == "new"
    await tx.run(delete(outbox).where(*there, outbox.c.body == _LEAVING))


MOST_BACK = 200
"""How many messages back a reply is understood."""


async def reply_meant(tx: Transaction, channel: str, chat: str, message: str) -> list[Any] | None:
    """Return what a reply to a message means, as the page that it was said on kept it; None when it means nothing.

    Args:
        tx: the transaction.
        channel: where.
        chat: as the channel names it.
        message: how the channel names the message that was replied to.
    """
    recent = (
        select(outbox.c.message, outbox.c.body)
        .where(outbox.c.channel == channel, outbox.c.chat == chat)
        .order_by(outbox.c.id.desc())
        .limit(MOST_BACK)
        .subquery()
    )
    body = (await tx.run(select(recent.c.body).where(recent.c.message == message))).scalars().first()
    meant: list[Any] | None = orjson.loads(body).get("reply") if body else None
    return meant
