"""Who is to be reminded, who was, and who wants to be left alone.

A row of `reminder` says that an enterprise was dealt with at a slot: by the message that it names, or, when it names
none, by another message, by its office, or not at all because its reporter wants no reminders. Its key is what keeps
two processes from reminding of the same thing: only whose row is new is told.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, and_, case, exists, literal, literal_column, or_, select, update

from dialogs.periods import SHANGHAI, Period
from dialogs.reminders import MOST_NAMES, Unsubmitted
from dialogs.report import ReportState
from storage.chats import ACCOUNTS, KnownChat, known_chat
from storage.database import Transaction
from storage.outbox import Kind
from storage.overview import linked_before
from storage.tables import account, enterprise, hush, outbox, reminder, report, seat


@dataclass(frozen=True, slots=True)
class Occasion:
    """A slot of a rule: reminders of a period, which closes at `closes`, to whom was concerned `at` that instant.

    Whoever is concerned later only, such as a new reporter, is not told when the slot is made up for.
    """

    period: Period
    closes: datetime
    rule: str
    at: datetime

    @property
    def slot(self) -> str:
        """The instant as Shanghai writes it, to the minute."""
        return self.at.astimezone(SHANGHAI).isoformat(timespec="minutes")

    @property
    def key(self) -> str:
        """What the keys of its messages in the outbox begin with."""
        return f"{self.period}|{self.rule}|{self.slot}"


@dataclass(frozen=True, slots=True)
class Woken:
    """Only people whose rest ended from then on, up to then."""

    since: datetime
    until: datetime


# ---- reporters


async def next_people(
    tx: Transaction, occasion: Occasion, beyond: int, most: int, woken: Woken | None = None
) -> list[int]:
    """Return the next people who hold a seat, in the order of their ids.

    Args:
        tx: the transaction.
        occasion: the slot.
        beyond: the last one of the page before; 0 for the first page.
        most: how many.
        woken: only these.
    """
    if woken is None:
        found = select(seat.c.person_id).distinct().where(seat.c.until.is_(None), seat.c.person_id > beyond)
        return list((await tx.run(found.order_by(seat.c.person_id).limit(most))).scalars())
    rested = hush.c.until.between(woken.since, woken.until)
    found = select(hush.c.person_id).where(hush.c.period == str(occasion.period), rested, hush.c.person_id > beyond)
    return list((await tx.run(found.order_by(hush.c.person_id).limit(most))).scalars())


async def unsubmitted(tx: Transaction, occasion: Occasion, people: Sequence[int]) -> dict[int, list[Unsubmitted]]:
    """Return which enterprises of these people should report, have not submitted, and were not dealt with at the slot.

    Args:
        tx: the transaction.
        occasion: the slot.
        people: ids in ascending order.
    """
    statement = (
        select(*BY_REPORTER)
        .join_from(seat, enterprise, enterprise.c.id == seat.c.enterprise_id)
        .outerjoin(report, _same_report(occasion.period))
        .where(seat.c.until.is_(None), seat.c.since <= occasion.at, seat.c.person_id.in_(people), *_is_due(occasion))
        .order_by(seat.c.person_id, enterprise.c.id)
    )
    return by_reporter(await tx.run(statement))


BY_REPORTER = (seat.c.person_id, enterprise.c.id, enterprise.c.name, report.c.state)
"""The columns that `by_reporter` reads."""


def by_reporter(rows: Iterable[Row[Any]]) -> dict[int, list[Unsubmitted]]:
    """Return enterprises by who holds their seats, in the order of the rows."""
    found: dict[int, list[Unsubmitted]] = {}
    for row in rows:
        state = ReportState(row.state) if row.state else None
        found.setdefault(row.person_id, []).append(Unsubmitted(row.id, row.name, state))
    return found


async def resting(tx: Transaction, period: Period, people: Collection[int], now: datetime) -> set[int]:
    """Return who of these people wants no reminders of a period now."""
    still = or_(hush.c.until.is_(None), hush.c.until > now)
    found = select(hush.c.person_id).where(hush.c.period == str(period), hush.c.person_id.in_(people), still)
    return set((await tx.run(found)).scalars())


async def newest_chats(tx: Transaction, people: Collection[int], channels: Collection[str]) -> dict[int, KnownChat]:
    """Return where to tell people something once: the newest account that can be reached on one of the channels."""
    reachable = account.c.blocked_at.is_(None), account.c.channel.in_(channels)
    rows = await tx.run(ACCOUNTS.where(account.c.person_id.in_(people), *reachable))
    return {row.person_id: known_chat(row) for row in rows}


async def add(tx: Transaction, occasion: Occasion, messages: Mapping[int, int | None]) -> None:
    """Note that enterprises are dealt with at a slot.

    Args:
        tx: the transaction.
        occasion: the slot.
        messages: the id in the outbox by enterprise, None where no message tells of it.

    Raises:
        ConflictError: somebody else has just done so with one of them (raised by `Database.transaction`).
    """
    rows = [
        {**_columns(occasion), "enterprise_id": number, "outbox_id": message} for number, message in messages.items()
    ]
    await tx.run(reminder.insert(), rows)


# ---- messages


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is sent at most once.

    Args:
        key: what makes it the same one.
        channel, bot, chat: where it goes.
        person: who may press its buttons; whoever is in the chat when None.
        body: the finished text and the buttons.
        useful_until: after that it is not sent any more.
    """

    key: str
    channel: str
    bot: str
    chat: str
    person: int | None
    body: Mapping[str, Any]
    useful_until: datetime


async def post(tx: Transaction, messages: Sequence[Message], at: datetime) -> dict[str, int]:
    """Put messages into the outbox that are not there yet; return their ids by their keys.

    Raises:
        ConflictError: somebody else is doing so just now (raised by `Database.transaction`).
    """
    if not messages:
        return {}
    known = select(outbox.c.key).where(outbox.c.key.in_([one.key for one in messages]))
    there = set((await tx.run(known)).scalars())
    rows = [_outbox_row(one, at) for one in messages if one.key not in there]
    if rows:
        await tx.insert_in_order(outbox, rows)
    return {row["key"]: row["id"] for row in rows}


def _outbox_row(message: Message, at: datetime) -> dict[str, Any]:
    return {
        "key": message.key,
        "channel": message.channel,
        "bot": message.bot,
        "chat": message.chat,
        "kind": Kind.REMINDER.value,
        "person_id": message.person,
        "body": orjson.dumps(message.body).decode(),
        "state": "new",
        "created_at": at,
        "useful_until": message.useful_until,
    }


async def take_back(tx: Transaction, now: datetime) -> int:
    """Take back reminders that wait and are of no use any more; return how many.

    Those whose time has passed, as when nothing could be sent until the night, and those about reports that were all
    submitted meanwhile.
    """
    about = reminder.alias()
    filed = (
        exists()
        .where(report.c.enterprise_id == about.c.enterprise_id, report.c.period == about.c.period)
        .where(report.c.state == ReportState.SUBMITTED.value)
    )
    of_message = about.c.outbox_id == outbox.c.id
    needless = and_(exists().where(of_message), ~exists().where(of_message, ~filed))
    waiting = outbox.c.state == literal_column("'new'"), outbox.c.kind == Kind.REMINDER.value
    planned = outbox.c.useful_until.is_not(None)
    late = outbox.c.useful_until < now
    why = case((late, "too late"), else_="submitted meanwhile")
    taken = update(outbox).where(*waiting, planned, or_(late, needless)).values(state="failed", error=why)
    return (await tx.run(taken)).rowcount


# ---- enterprises without a reporter


async def add_without_reporter(tx: Transaction, occasion: Occasion, districts: Sequence[str]) -> tuple[list[str], int]:
    """Note that the enterprises of some districts that have no reporter are dealt with at a slot.

    Returns:
        The first names, and how many there are for which nobody else has done so.
    """
    has_reporter = exists().where(seat.c.enterprise_id == enterprise.c.id, seat.c.until.is_(None))
    columns = _columns(occasion)
    found = (
        select(enterprise.c.id, *(literal(value) for value in columns.values()))
        .outerjoin_from(enterprise, report, _same_report(occasion.period))
        .where(enterprise.c.district.in_(districts), ~has_reporter, *_is_due(occasion))
        .order_by(enterprise.c.id)
    )
    statement = tx.insert(reminder).from_select(["enterprise_id", *columns], found).on_conflict_do_nothing()
    new = (await tx.run(statement.returning(reminder.c.enterprise_id))).scalars().all()
    some = sorted(new)[:MOST_NAMES]
    names = select(enterprise.c.name).where(enterprise.c.id.in_(some)).order_by(enterprise.c.id)
    return list((await tx.run(names)).scalars()) if some else [], len(new)


# ---- being left alone


async def leave_alone(tx: Transaction, person: int, period: Period, until: datetime | None) -> None:
    """Note that a person wants no reminders of a period until then, or any more; what was wanted before is void."""
    statement = tx.insert(hush)
    statement = statement.on_conflict_do_update(
        index_elements=["person_id", "period"], set_={"until": statement.excluded.until}
    )
    await tx.run(statement, {"person_id": person, "period": str(period), "until": until})


# ---- statements


def _columns(occasion: Occasion) -> dict[str, str]:
    return {"period": str(occasion.period), "rule": occasion.rule, "slot": occasion.slot}


def _at(occasion: Occasion) -> tuple[ColumnElement[bool], ...]:
    return tuple(reminder.c[name] == value for name, value in _columns(occasion).items())


def _same_report(period: Period) -> ColumnElement[bool]:
    return and_(report.c.enterprise_id == enterprise.c.id, report.c.period == str(period))


def _is_due(occasion: Occasion) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions on an enterprise and its report: see `storage.overview`, and not dealt with yet."""
    begun = report.c.state.in_((ReportState.DRAFT.value, ReportState.RETURNED.value))
    idle = and_(report.c.state.is_(None), linked_before(min(occasion.at, occasion.closes)))
    dealt_with = exists().where(reminder.c.enterprise_id == enterprise.c.id, *_at(occasion))
    return or_(begun, idle), ~dealt_with
