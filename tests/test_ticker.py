"""What happens by the clock."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from bot.policy import Policy
from dialogs.form import Forms
from scheduler.broadcaster import Broadcaster
from scheduler.clock import StandingClock, SystemClock
from scheduler.planner import Planner
from scheduler.rules import read_rules
from scheduler.ticker import forget_old, ticker
from storage.database import Database
from storage.tables import inbox, outbox

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


async def test_only_what_was_dealt_with_long_ago_is_forgotten(database: Database) -> None:
    updates = [
        ("done", 31, "gone"),
        ("done", 29, "kept"),
        ("new", 31, "kept"),
        ("dead", 31, "kept"),
    ]
    messages = [
        ("sent", 91, "gone"),
        ("failed", 91, "gone"),
        ("sent", 89, "kept"),
        ("new", 91, "kept"),
        ("sending", 91, "kept"),
        ("ambiguous", 91, "kept"),
    ]
    async with database.transaction() as tx:
        for number, (state, days, fate) in enumerate(updates):
            at = NOW - timedelta(days=days)
            row = {"channel": "c", "bot": "b", "update": str(number), "chat": "1", "payload": fate, "state": state}
            await tx.run(inbox.insert(), row | {"received_at": at})
        for state, days, fate in messages:
            at = NOW - timedelta(days=days)
            row = {"channel": "c", "bot": "b", "chat": "1", "kind": "reply", "body": fate, "state": state}
            await tx.run(outbox.insert(), row | {"created_at": at})
    await forget_old(database, StandingClock(NOW))
    async with database.transaction() as tx:
        left = [*(await tx.run(select(inbox.c.payload))).scalars(), *(await tx.run(select(outbox.c.body))).scalars()]
    assert left == ["kept"] * 7


async def test_the_ticker_starts_and_stops(database: Database) -> None:
    before = asyncio.all_tasks()
    clock = SystemClock()
    policy = Policy(Forms(()))
    planner = Planner(database, clock, policy.forms, read_rules(), lambda: policy)
    async with ticker(database, clock, planner, Broadcaster(database, clock, lambda: policy)):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


def test_a_clock_that_was_set_goes_on_from_there() -> None:
    start = datetime(2021, 2, 5, 2, 0, tzinfo=UTC)
    clock = SystemClock(start)
    assert start <= clock.now() < start + timedelta(minutes=1)
    assert clock.now() <= clock.now()


def test_the_clock_of_the_machine_is_aware() -> None:
    assert SystemClock().now().tzinfo is UTC
