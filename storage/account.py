"""What is stored about a person: told, handed out, changed, and taken away for good."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, delete, func, or_, select, tuple_, update

from storage.database import ConflictError, Transaction
from storage.tables import (
    account,
    audit,
    comparison,
    enterprise,
    hush,
    inbox,
    invitation,
    link,
    outbox,
    person,
    request,
    seat,
    session,
    sign_in,
    submission,
)
from storage.work import Chat

GONE = "—"
"""What stands in the messages of others in the place of somebody's name and number."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored about a person who can still be reached.

    Args:
        phone: the verified number, +86….
        name: the real name; empty when it was not told yet.
        since: when the person came.
        accounts: how many there are in each channel.
    """

    phone: str
    name: str
    since: datetime
    accounts: dict[str, int]


async def stored_about(tx: Transaction, who: int) -> Stored:
    """Return what is stored about a person, but for enterprises (`storage.people.linked_enterprises`)."""
    row = (await tx.run(select(person).where(person.c.id == who))).one()
    counted = select(account.c.channel, func.count().label("many")).where(account.c.person_id == who)
    counts = await tx.run(counted.group_by(account.c.channel).order_by(account.c.channel))
    return Stored(row.phone or "", row.name, row.created_at, {one.channel: one.many for one in counts})


async def is_taken(tx: Transaction, phone: str) -> bool:
    """Return whether there is a person with that verified number."""
    return (await tx.run(select(person.c.id).where(person.c.phone == phone))).first() is not None


async def change_phone(tx: Transaction, who: int, phone: str) -> None:
    """Give a person another verified number.

    Raises:
        ConflictError: it is somebody else's; of two who take it at the same time one gets it.
    """
    known = update(person).where(person.c.id == who, person.c.phone.is_not(None))
    if (await tx.run(known.values(phone=phone))).rowcount != 1:
        message = "the account was closed meanwhile"
        raise ConflictError(message)


# ---- everything, to be handed out


async def everything_about(tx: Transaction, who: int) -> dict[str, Any]:
    """Return all that is stored about a person, ready for JSON: lists of rows by what they are, instants in UTC.

    Of reports and actions it says which and when; the figures are the enterprise's, not the person's. It is empty for
    somebody whose account was closed.
    """
    of_person = select(person.c.phone, person.c.name, person.c.created_at).where(
        person.c.id == who, person.c.phone.is_not(None)
    )
    found = (await tx.run(of_person)).one_or_none()
    if found is None:
        return {}
    parts = _parts(who, found.phone)
    lists = {name: [row._asdict() for row in await tx.run(statement)] for name, statement in parts.items()}
    return {"person": found._asdict(), **lists}


def _parts(who: int, phone: str) -> dict[str, Select[Any]]:
    return {
        "accounts": select(account.c.channel, account.c.user, account.c.bound_at, session.c.language)
        .outerjoin_from(account, session, _same_chat(session))
        .where(account.c.person_id == who)
        .order_by(account.c.bound_at),
        "enterprises": _of_enterprise(link, link.c.linked_at, link.c.until)
        .where(link.c.person_id == who)
        .order_by(link.c.linked_at),
        "seats": _of_enterprise(seat, seat.c.since, seat.c.until).where(seat.c.person_id == who).order_by(seat.c.id),
        "requests": _of_enterprise(
            request,
            request.c.kind,
            request.c.period,
            request.c.state,
            request.c.detail,
            request.c.asked_at,
            request.c.decided_at,
        )
        .where(request.c.person_id == who)
        .order_by(request.c.id),
        "invitations": _of_enterprise(invitation, invitation.c.made_at, invitation.c.expires_at, invitation.c.used_at)
        .where(invitation.c.phone == phone)
        .order_by(invitation.c.made_at),
        "failed_comparisons": select(comparison.c.code, comparison.c.failed_at)
        .where(comparison.c.person_id == who)
        .order_by(comparison.c.id),
        "submissions": _of_enterprise(
            submission, submission.c.number, submission.c.period, submission.c.revision, submission.c.submitted_at
        )
        .where(submission.c.person_id == who)
        .order_by(submission.c.submitted_at),
        "reminders_put_off": select(hush.c.period, hush.c.until).where(hush.c.person_id == who).order_by(hush.c.period),
        "actions": _of_enterprise(audit, audit.c.at, audit.c.action, audit.c.period)
        .where(audit.c.person_id == who)
        .order_by(audit.c.id),
        "messages_received": _counted(inbox, who),
        "messages_sent": _counted(outbox, who),
    }


def _of_enterprise(table: Table, *columns: ColumnElement[Any]) -> Select[Any]:
    """Return those columns behind code and name of the enterprise that a row is about, if it is about one."""
    about = [enterprise.c.code.label("enterprise_code"), enterprise.c.name.label("enterprise_name")]
    return select(*about, *columns).outerjoin_from(table, enterprise, enterprise.c.id == table.c.enterprise_id)


def _counted(table: Table, who: int) -> Select[Any]:
    """Return how many messages of each channel are kept."""
    return (
        select(table.c.channel, func.count().label("kept"))
        .join_from(table, account, _same_chat(table))
        .where(account.c.person_id == who)
        .group_by(table.c.channel)
    )


def _same_chat(table: Table) -> ColumnElement[bool]:
    return and_(table.c.channel == account.c.channel, table.c.chat == account.c.user)


# ---- taken away


@dataclass(frozen=True, slots=True)
class Left:
    """An enterprise that has no reporter any more."""

    id: int
    name: str
    code: str
    district: str


@dataclass(frozen=True, slots=True)
class Closed:
    """What was of somebody who is gone: the private chats, the words that named the person, the seats."""

    chats: frozenset[Chat]
    words: tuple[str, ...]
    left: tuple[Left, ...]


async def close(tx: Transaction, who: int, offices: Collection[Chat], at: datetime) -> Closed:
    """Take away name, number, accounts, links and seats of a person, and what names the person in any message.

    What the person did stays, under a number that leads to nobody: reports are the enterprise's, and who was allowed to
    do what must be known later. Failed comparisons stay their thirty days, or coming back would be a way to go on
    guessing.

    Args:
        tx: the transaction.
        who: the person.
        offices: the admin chats, which may have been told of the person.
        at: when.
    """
    known = (await tx.run(select(person.c.name, person.c.phone).where(person.c.id == who))).one()
    words = tuple(word for word in (known.name, (known.phone or "").removeprefix("+86")) if word)
    found = await tx.run(select(account.c.channel, account.c.user).where(account.c.person_id == who))
    chats = frozenset((row.channel, row.user) for row in found)
    # The sessions first: whoever works on another chat of the person finishes, or finds nobody there afterwards.
    for table in (session, outbox):
        await tx.run(delete(table).where(_in_chats(table, chats)))
    # What waits is still to be answered; the rest stays known, as an update may be delivered again.
    await tx.run(update(inbox).where(_in_chats(inbox, chats), _DONE).values(payload=""))
    if told := (await _associates(tx, who) | set(offices)) - chats:
        await _take_out(tx, words, told)
    left = await _leave(tx, who, at)
    asked = update(request).where(request.c.person_id == who)
    await tx.run(asked.where(request.c.state == "open").values(state="withdrawn", decided_at=at))
    await tx.run(asked.values(detail="{}"))
    await tx.run(delete(invitation).where(invitation.c.phone == known.phone))
    users = [chat for _, chat in chats]
    await tx.run(delete(sign_in).where(or_(sign_in.c.phone == known.phone, sign_in.c.user.in_(users))))
    await tx.run(delete(hush).where(hush.c.person_id == who))
    await tx.run(delete(account).where(account.c.person_id == who))
    await tx.run(update(person).where(person.c.id == who).values(phone=None, name=""))
    return Closed(chats, words, left)


async def _leave(tx: Transaction, who: int, at: datetime) -> tuple[Left, ...]:
    """End all seats and links of a person; return the enterprises whose seats are free now."""
    held = select(seat.c.enterprise_id).where(seat.c.person_id == who, seat.c.until.is_(None))
    columns = (enterprise.c.id, enterprise.c.name, enterprise.c.code, enterprise.c.district)
    locked = select(*columns).where(enterprise.c.id.in_(held)).order_by(enterprise.c.id).with_for_update(key_share=True)
    enterprises = [Left(row.id, row.name, row.code, row.district) for row in await tx.run(locked)]
    ended = update(seat).where(seat.c.person_id == who, seat.c.until.is_(None)).values(until=at)
    left = set((await tx.run(ended.returning(seat.c.enterprise_id))).scalars())
    # In this order: who holds the seat stays linked.
    await tx.run(update(link).where(link.c.person_id == who, link.c.until.is_(None)).values(until=at))
    return tuple(one for one in enterprises if one.id in left)


async def _take_out(tx: Transaction, words: Collection[str], chats: Collection[Chat]) -> None:
    """Take words out of what was said in chats; receipts are left as they are, they name enterprises only."""
    for word in words:
        said = _in_chats(outbox, chats), outbox.c.kind != "receipt", outbox.c.body.contains(word, autoescape=True)
        await tx.run(update(outbox).where(*said).values(body=func.replace(outbox.c.body, word, GONE)))
        heard = _in_chats(inbox, chats), _DONE, inbox.c.payload.contains(word, autoescape=True)
        await tx.run(update(inbox).where(*heard).values(payload=""))


_DONE = inbox.c.state != "new"


async def _associates(tx: Transaction, who: int) -> set[Chat]:
    """Return the chats of all who are or were linked to an enterprise that the person is or was linked to."""
    theirs, mine = link.alias("theirs"), link.alias("mine")
    rows = await tx.run(
        select(account.c.channel, account.c.user)
        .distinct()
        .join_from(mine, theirs, theirs.c.enterprise_id == mine.c.enterprise_id)
        .join(account, account.c.person_id == theirs.c.person_id)
        .where(mine.c.person_id == who)
    )
    return {(row.channel, row.user) for row in rows}


def _in_chats(table: Table, chats: Collection[Chat]) -> ColumnElement[bool]:
    return tuple_(table.c.channel, table.c.chat).in_(sorted(chats))
