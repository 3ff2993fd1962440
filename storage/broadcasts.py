"""Messages of an office to many: who is meant, who has a message in the outbox by now, what became of these.

A broadcast is planned person by person in the order of their ids. How far it is stands in its row, changed in one
transaction with the messages; whoever works on it holds its lock, others pass by.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select, true, update

from dialogs.office.broadcasting import STOPPED, Audience, Kind, Progress, Reason, Status, reason_of
from dialogs.reminders import Unsubmitted
from dialogs.report import ReportState
from storage import outbox as messages
from storage.chats import KnownChat
from storage.database import Transaction
from storage.offices import Scope, within
from storage.overview import linked_before
from storage.reminders import BY_REPORTER, by_reporter
from storage.tables import account, audit, broadcast, enterprise, outbox, report, seat


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose reporters are meant: the audience, the districts that it may reach into, and when its period closes."""

    audience: Audience
    scope: Scope
    closes: datetime


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One that is under way.

    Args:
        id: its number.
        kind: what is sent.
        wanted: to whom.
        words: the text, empty for a reminder.
        channel, bot, chat: where it was asked for.
        message: how the channel names the message there that shows how far it is.
        asked_at: since when it is under way.
        state: `planning`, `sending` or `stopped`.
        cursor: the last person planned.
        told_id, told_at: the newest message about how far it is, and when that was.
    """

    id: int
    kind: Kind
    wanted: Wanted
    words: str
    channel: str
    bot: str
    chat: str
    message: str
    asked_at: datetime
    state: str
    cursor: int
    told_id: int | None
    told_at: datetime


# ---- who is meant


async def count(tx: Transaction, wanted: Wanted, channels: Collection[str]) -> tuple[int, int]:
    """Return how many people are meant, and how many of these can be reached on one of the channels."""
    people = _people(wanted).subquery()
    number = func.count()
    at_hand = exists().where(
        account.c.person_id == people.c.person_id, account.c.blocked_at.is_(None), account.c.channel.in_(channels)
    )
    all_, reachable = select(number).select_from(people), select(number).select_from(people).where(at_hand)
    return (await tx.run(all_)).scalar_one(), (await tx.run(reachable)).scalar_one()


async def next_people(tx: Transaction, of: Broadcast, most: int) -> list[int]:
    """Return the next people who are meant, in the order of their ids, at most so many."""
    beyond = _people(of.wanted).where(seat.c.person_id > of.cursor)
    return list((await tx.run(beyond.order_by(seat.c.person_id).limit(most))).scalars())


async def enterprises(tx: Transaction, wanted: Wanted, people: Sequence[int]) -> dict[int, list[Unsubmitted]]:
    """Return by which enterprises these people are meant."""
    mine = _meant(wanted).with_only_columns(*BY_REPORTER).where(seat.c.person_id.in_(people))
    return by_reporter(await tx.run(mine.order_by(seat.c.person_id, enterprise.c.id)))


def _people(wanted: Wanted) -> Select[Any]:
    return _meant(wanted).with_only_columns(seat.c.person_id).distinct()


def _meant(wanted: Wanted) -> Select[Any]:
    audience = wanted.audience
    same = and_(report.c.enterprise_id == enterprise.c.id, report.c.period == audience.period)
    return (
        select()
        .join_from(seat, enterprise, enterprise.c.id == seat.c.enterprise_id)
        .outerjoin(report, same)
        .where(seat.c.until.is_(None), within(wanted.scope), _stands(Status(audience.status), wanted.closes))
        .where(enterprise.c.category == audience.category if audience.category else true())
    )


def _stands(status: Status, closes: datetime) -> ColumnElement[bool]:
    """Return the condition on an enterprise and its report; who should report, see `storage.overview`."""
    idle = and_(report.c.state.is_(None), linked_before(closes))
    match status:
        case Status.ALL:
            return true()
        case Status.NONE:
            return idle
        case Status.UNSUBMITTED:
            return or_(report.c.state.in_((ReportState.DRAFT.value, ReportState.RETURNED.value)), idle)
        case _:
            return report.c.state == status.value


# ---- from the order to the end


@dataclass(frozen=True, slots=True)
class Place:
    """The message with what was shown, and the bot that showed it: there it can be seen how far the broadcast is."""

    channel: str
    bot: str
    chat: str
    message: str


async def start(  # noqa: PLR0913, PLR0917 -- what, to whom, by whom
    tx: Transaction, kind: Kind, wanted: Wanted, words: str, place: Place, by: str, now: datetime
) -> int | None:
    """Have a broadcast planned and sent by whoever finds it first.

    Returns:
        Its number; None where what was shown at that place was sent already.
    """
    audience = wanted.audience
    row = {
        "kind": kind.value,
        "period": audience.period,
        "closes": wanted.closes,
        "district": wanted.scope[0] if wanted.scope else None,
        "category": audience.category,
        "status": audience.status,
        "words": words,
        "channel": place.channel,
        "bot": place.bot,
        "chat": place.chat,
        "message": place.message,
        "asked_by": by,
        "asked_at": now,
        "state": "planning",
        "told_at": now,
    }
    new = tx.insert(broadcast).on_conflict_do_nothing().returning(broadcast.c.id)
    return (await tx.run(new, row)).scalar_one_or_none()


async def under_way(tx: Transaction, channels: Collection[str]) -> list[int]:
    """Return the numbers of those that have not ended and were asked for on one of the channels."""
    found = select(broadcast.c.id).where(broadcast.c.ended_at.is_(None), broadcast.c.channel.in_(channels))
    return list((await tx.run(found.order_by(broadcast.c.id))).scalars())


async def take(tx: Transaction, number: int, *, wait: bool = False) -> Broadcast | None:
    """Lock one that has not ended; None when it has, or when somebody else works on it and this one does not wait."""
    wanted = select(broadcast).where(broadcast.c.id == number, broadcast.c.ended_at.is_(None))
    row = (await tx.run(wanted.with_for_update(skip_locked=not wait))).one_or_none()
    return _read(row) if row else None


def _read(row: Row[Any]) -> Broadcast:
    audience = Audience(row.period, row.district or "", row.category, row.status)
    scope = None if row.district is None else (row.district,)
    return Broadcast(
        row.id,
        Kind(row.kind),
        Wanted(audience, scope, row.closes),
        row.words,
        row.channel,
        row.bot,
        row.chat,
        row.message,
        row.asked_at,
        row.state,
        row.cursor,
        row.told_id,
        row.told_at,
    )


async def post(
    tx: Transaction, of: Broadcast, to: Sequence[tuple[int, KnownChat, str, dict[str, Any]]], now: datetime
) -> None:
    """Put messages into the outbox: person, chat, bot and body of each. Nobody gets a second one."""
    rows = [
        {
            "key": f"broadcast|{of.id}|{person}",
            "channel": where.channel,
            "bot": bot,
            "chat": where.chat,
            "kind": messages.Kind.REMINDER.value,
            "person_id": person,
            "body": orjson.dumps(body).decode(),
            "state": "new",
            "created_at": now,
            "broadcast_id": of.id,
        }
        for person, where, bot, body in to
    ]
    if rows:
        await tx.run(tx.insert(outbox).on_conflict_do_nothing(), rows)


async def move_on(tx: Transaction, of: Broadcast, cursor: int | None, planned: int) -> None:
    """Note the last person planned, and how many more have a message; without one the list is complete."""
    values = {"planned": broadcast.c.planned + planned, "cursor": cursor} if cursor else {"state": "sending"}
    await tx.run(update(broadcast).where(broadcast.c.id == of.id).values(values))


async def stop(tx: Transaction, of: Broadcast) -> int:
    """Have nothing more of it sent; return how many messages were still to be sent.

    A message that is being sent just now cannot be held back; one that only waits for its turn can, also where a
    process has claimed it. Those that somebody has locked are left for the next time that this is asked for.
    """
    if of.state != "stopped":
        await tx.run(update(broadcast).where(broadcast.c.id == of.id).values(state="stopped"))
    idle = and_(outbox.c.state.in_(messages.WAITING), outbox.c.tries == 0)
    ours = select(outbox.c.id).where(outbox.c.broadcast_id == of.id, idle).with_for_update(skip_locked=True)
    stopped = update(outbox).where(outbox.c.id.in_(ours)).values(state="failed", error=STOPPED, lease_until=None)
    return (await tx.run(stopped)).rowcount


async def progress(tx: Transaction, of: Broadcast, now: datetime) -> Progress:
    """Return how far it is."""
    columns = (outbox.c.state, outbox.c.error)
    failed, states = Counter[Reason](), Counter[str]()
    of_it = select(*columns, func.count().label("people")).where(outbox.c.broadcast_id == of.id).group_by(*columns)
    for row in await tx.run(of_it):
        if row.state == "failed":
            failed[reason_of(row.error or "")] += row.people
        else:
            states[row.state] += row.people
    planning, left = of.state == "planning", states["new"] + states["sending"]
    settled = states["sent"] + states["ambiguous"] + failed.total()
    remaining: timedelta | None = (now - of.asked_at) / settled * left if settled and not planning else None
    return Progress(
        planning=planning,
        stopped=of.state == "stopped",
        over=not planning and not left,
        sent=states["sent"],
        ambiguous=states["ambiguous"],
        left=left,
        failed={reason: failed[reason] for reason in Reason if failed[reason]},
        remaining=remaining,
    )


@dataclass(frozen=True, slots=True)
class Told:
    """The newest message about how far a broadcast is: whether it waits, its text, how the channel names it."""

    waits: bool
    text: str
    message: str | None


async def told(tx: Transaction, of: Broadcast) -> Told:
    """Return what was last told about it."""
    newest = select(outbox.c.state, outbox.c.body, outbox.c.message).where(outbox.c.id == of.told_id)
    row = (await tx.run(newest)).one_or_none() if of.told_id else None
    if row is None:
        return Told(waits=False, text="", message=None)
    return Told(row.state in ("new", "sending"), orjson.loads(row.body)["text"], row.message)


async def tell(tx: Transaction, of: Broadcast, where: KnownChat, body: dict[str, Any], now: datetime) -> None:
    """Have the chat told how far it is: `body` takes the place of the message there."""
    row = {
        "channel": where.channel,
        "bot": of.bot,
        "chat": where.chat,
        "kind": messages.Kind.REPLY.value,
        "body": orjson.dumps(body).decode(),
        "state": "new",
        "created_at": now,
    }
    await tx.insert_in_order(outbox, [row])
    values = {"told_id": row["id"], "told_at": now}
    await tx.run(update(broadcast).where(broadcast.c.id == of.id).values(values))


async def end(tx: Transaction, of: Broadcast, became: Progress, now: datetime) -> dict[str, Any]:
    """Note that nothing of it waits any more; return what the audit is to say of it."""
    state = "stopped" if became.stopped else "done"
    await tx.run(update(broadcast).where(broadcast.c.id == of.id).values(state=state, ended_at=now))
    failed = {reason.value: people for reason, people in became.failed.items()}
    return {"broadcast": of.id, "sent": became.sent, "ambiguous": became.ambiguous, "failed": failed}


async def record_end(tx: Transaction, of: Broadcast, detail: dict[str, Any], now: datetime) -> None:
    """Record that it ended by itself, see `end`."""
    row = {"at": now, "action": "broadcast-done", "detail": orjson.dumps(detail).decode()}
    place = {"period": of.wanted.audience.period, "chat": f"{of.channel}:{of.chat}"}
    await tx.run(audit.insert(), row | place)
