"""Broadcasts under Telegram's limits: how much is sent, what comes first, and what the operator is told.

What one message of any kind suffers is in test_delivery.py, how long a broadcast takes in bench/pace.py.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import func, insert, select, update

from bot import delivery
from bot.app import Engine
from bot.channels import Limits, RetryLaterError
from bot.cli import main
from bot.pace import SHARE_LASTS, Pace, divide
from bot.policy import Policy
from bot.settings import PREFIX, Settings
from bot.telegram import LIMITS, Telegram
from dialogs.form import Forms
from scheduler.clock import SystemClock
from storage.database import Database
from storage.outbox import Kind
from storage.pace import Budget
from storage.tables import account, outbox, pace
from tests.botapi import BotApi, Fault, Phone
from tests.product import PATIENCE, START, logged, make_known, prepare, product, rows, settings_for, settle, until

PER_SECOND = 30
HOUR = 3600
REMINDER, REPLY = "提醒", "答复"


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "LOOK_EVERY", 0.1)


@pytest.fixture
async def strict() -> AsyncIterator[BotApi]:
    """Return an emulator that keeps Telegram's limits."""
    async with BotApi(strict_limits=True) as api:
        yield api


@asynccontextmanager
async def sender(database: Database, api: BotApi, per_second: int = PER_SECOND) -> AsyncIterator[None]:
    """Run a process that sends within limits, and does nothing else."""
    engine = Engine(database, SystemClock(START), Policy(Forms.read()), timedelta(seconds=15))
    telegram = Telegram(api.token, api.url, per_second)
    await telegram.open()
    engine.channels[telegram.name] = telegram
    try:
        with logged():
            async with engine.running():
                yield
    finally:
        await telegram.close()


def people(api: BotApi, count: int) -> list[Phone]:
    """Return the phones of people who have written to the bot."""
    phones = [api.phone(f"张{number}") for number in range(count)]
    for phone in phones:
        phone.chat.closed = ""
    return phones


async def put(database: Database, api: BotApi, phones: Sequence[Phone], kind: Kind, *texts: str) -> None:
    """Put messages into the outbox for any process to send."""
    row = {"channel": Telegram.name, "bot": api.token.partition(":")[0], "kind": kind.value, "state": "new"}
    bodies = [orjson.dumps({"text": said}).decode() for said in texts]
    async with database.transaction() as tx:
        for phone in phones:
            chat = {"chat": str(phone.chat.id), "created_at": START}
            await tx.run(insert(outbox), [row | chat | {"body": body} for body in bodies])


def refused(api: BotApi) -> int:
    """Return how many messages were sent too fast."""
    return sum(call.code == 429 for call in api.calls)


def shown(phone: Phone) -> list[str]:
    """Return what a phone shows."""
    return [one.text for one in phone.history]


# ---- how much


async def test_two_processes_send_a_broadcast_within_the_limits_of_one_bot(database: Database, strict: BotApi) -> None:
    phones = people(strict, 5 * PER_SECOND)
    await put(database, strict, phones, Kind.REMINDER, REMINDER)
    async with sender(database, strict), sender(database, strict):
        await settle(database)
    assert refused(strict) == 0
    assert all(shown(phone) == [REMINDER] for phone in phones)
    (owners,) = (await rows(database, select(func.count(outbox.c.owner.distinct()))))[0]
    assert owners == 2


async def test_replies_to_one_chat_come_in_order_and_not_too_fast(database: Database, strict: BotApi) -> None:
    (phone,) = people(strict, 1)
    texts = [str(number) for number in range(7)]
    await put(database, strict, [phone], Kind.REPLY, *texts)
    async with sender(database, strict):
        await settle(database)
    assert refused(strict) == 0
    assert shown(phone) == texts


async def test_a_group_waits_out_its_minute() -> None:
    pace_ = Pace(Limits(PER_SECOND, LIMITS.burst, LIMITS.group_per_minute, LIMITS.is_group))

    async def sent() -> str:
        return "1"

    for _ in range(LIMITS.group_per_minute):
        assert pace_.chat_waits("-1") < timedelta(seconds=LIMITS.group_per_minute)
        await pace_.timed("-1", sent())
    assert pace_.chat_waits("-1") > timedelta(seconds=50)
    assert not pace_.chat_waits("1")
    await pace_.timed("1", sent())
    assert (pace_.explains("-1"), pace_.explains("1")) == (True, False)


# ---- what comes first


async def test_a_reply_does_not_wait_behind_reminders(database: Database, strict: BotApi) -> None:
    """Neither for its turn nor, in the chat, for the reminder that is waiting there."""
    phones = people(strict, 12)
    await put(database, strict, phones, Kind.REMINDER, REMINDER)
    async with sender(database, strict, per_second=4):
        await until(lambda: any(map(shown, phones)), "no reminder")
        waiting = [phone for phone in phones if not shown(phone)][-2:]
        await put(database, strict, waiting, Kind.REPLY, REPLY)
        await settle(database)
    order = [call.parameters["text"] for call in strict.called("sendMessage")]
    assert order.index(REPLY) < order.index(REMINDER, 1) + 6
    assert order[-1] == REMINDER
    assert refused(strict) == 0
    assert all(sorted(shown(phone)) == sorted([REMINDER] + [REPLY] * (phone in waiting)) for phone in phones)


# ---- 429


@pytest.mark.parametrize("per_second", [0, PER_SECOND])
async def test_a_429_of_an_hour_holds_back_reminders_also_over_a_restart(database: Database, per_second: int) -> None:
    async with BotApi() as api:
        phones = people(api, 200)
        await put(database, api, phones, Kind.REMINDER, REMINDER)
        flood = Fault.flood(HOUR).on("sendMessage", times=-1, when=lambda sent: sent["text"] == REMINDER)
        api.faults.add(flood)
        with logged() as log:
            async with sender(database, api, per_second):
                await until(partial(_paused, database), "no pause")
                await put(database, api, phones[:3], Kind.REPLY, REPLY)
                await until(lambda: all(shown(phone) for phone in phones[:3]), "no reply")
            tried = len(api.called("sendMessage"))
            api.faults.clear()
            async with sender(database, api, per_second):
                await put(database, api, phones[3:6], Kind.REPLY, REPLY)
                await until(lambda: all(shown(phone) for phone in phones[3:6]), "no reply")
        assert len(api.called("sendMessage")) == tried + 3
        assert tried < len(phones)
        pauses = [event for event in log if event["event"] == "reminders pause"]
        assert [(event["log_level"], event["seconds"]) for event in pauses] == [("warning", HOUR)]
        counted = await rows(database, select(outbox.c.state, outbox.c.tries).where(outbox.c.kind == Kind.REMINDER))
        assert {tuple(row) for row in counted} == {("new", 0)}
        async with database.transaction() as tx:
            await tx.run(update(outbox).values(not_before=None))
            await tx.run(update(pace).values(paused_until=None))
        async with sender(database, api, per_second=1000):
            await settle(database)
        assert all(shown(phone).count(REMINDER) == 1 for phone in phones)


async def _paused(database: Database) -> bool:
    found = await rows(database, select(pace.c.paused_until).where(pace.c.paused_until.is_not(None)))
    return bool(found)


# ---- people who are out of reach


GONE = {
    "blocked": Fault.blocked(),
    "deleted": Fault.refuse(403, "Forbidden: user is deactivated"),
    "never there": Fault.refuse(400, "Bad Request: chat not found"),
}


@pytest.mark.parametrize("how", GONE)
async def test_who_is_out_of_reach_is_noted_until_they_write_again(database: Database, how: str) -> None:
    await prepare(database)
    url = database.engine.url.render_as_string(hide_password=False)
    async with BotApi() as api, AsyncExitStack() as stack:
        log = stack.enter_context(logged())
        phone, other = api.phone("李"), api.phone("王")
        for one in (phone, other):
            await make_known(database, one, "李会计")
        chat = phone.chat.id
        api.faults.add(GONE[how].on("sendMessage", when=lambda sent: sent["chat_id"] == chat))
        await stack.enter_async_context(product(settings_for(url, api)))
        await put(database, api, [phone, other], Kind.REMINDER, REMINDER)
        await settle(database)
        assert await _out_of_reach(database) == [str(chat)]
        (told,) = [event for event in log if event["event"].startswith("out of reach")]
        assert (told["log_level"], told["chats"]) == ("warning", 1)
        assert "李" not in str(log)
        await other.send("/help")
        await other.wait()
        assert await _out_of_reach(database) == [str(chat)]
        await phone.send("/help")
        await phone.wait(timeout=PATIENCE)
        assert await _out_of_reach(database) == []


async def _out_of_reach(database: Database) -> list[str]:
    return [row.user for row in await rows(database, select(account.c.user).where(account.c.blocked_at.is_not(None)))]


async def test_a_message_that_is_refused_for_what_it_says_blames_nobody(database: Database) -> None:
    async with BotApi() as api:
        (phone,) = people(api, 1)
        await make_known(database, phone, "李会计")
        api.faults.add(Fault.refuse(400, "Bad Request: can't parse entities").on("sendMessage"))
        await put(database, api, [phone], Kind.REMINDER, REMINDER)
        async with sender(database, api):
            await settle(database)
        assert await _out_of_reach(database) == []


# ---- what is in doubt


async def test_the_operator_can_list_what_is_in_doubt(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", url)
    async with BotApi() as api:
        phones = people(api, 3)
        in_doubt = phones[1].chat.id
        fault = Fault.drop("after").on("sendMessage", when=lambda sent: sent["chat_id"] == in_doubt)
        api.faults.add(fault)
        await put(database, api, phones, Kind.REMINDER, REMINDER)
        async with sender(database, api):
            await settle(database)
        assert all(shown(phone) == [REMINDER] for phone in phones)
    (number,) = (await rows(database, select(outbox.c.id).where(outbox.c.state == "ambiguous")))[0]
    assert await asyncio.to_thread(main, ["outbox", "ambiguous"]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first == f"reminder: 1: {number}"
    assert last.startswith("1 messages may or may not have arrived")


# ---- sharing


@given(permits=st.integers(1, 1000), replies=st.dictionaries(st.text(max_size=3), st.integers(0, 50), min_size=1))
def test_permits_are_divided_so_that_everybody_has_one(permits: int, replies: dict[str, int]) -> None:
    shares = divide(permits, replies)
    assert shares.keys() == replies.keys()
    assert min(shares.values()) >= 1
    assert sum(shares.values()) <= max(permits, sum(share == 1 for share in shares.values()) + permits)
    if sum(2 * count + 3 for count in replies.values()) <= permits:
        assert sum(shares.values()) == permits
        assert all(shares[owner] > 2 * count for owner, count in replies.items())


@pytest.mark.parametrize("seed", range(20))
async def test_processes_that_come_and_go_never_hold_more_than_there_is(seed: int) -> None:
    random = Random(seed)
    limits = Limits(PER_SECOND, burst=4)
    budget, now, processes = Budget({}), START, dict[str, Pace]()
    for step in range(200):
        now += timedelta(seconds=random.random())
        owner = random.choice("abcd")
        if owner in processes and random.random() < 0.1:
            budget = processes.pop(owner).leave(budget, owner, now)
        elif owner in processes and random.random() < 0.05:
            # Killed: what it held comes back when its share has run out.
            del processes[owner]
            now += SHARE_LASTS
        else:
            one = processes.setdefault(owner, Pace(limits))
            budget = one.ask(budget, owner, now)
            one.use(now)
        assert sum(share.held for share in budget.shares.values()) <= PER_SECOND, step
    for _ in range(3):
        for owner in "abcd":
            one = processes.setdefault(owner, Pace(limits))
            budget = one.ask(budget, owner, now)
            one.use(now)
    assert sum(share.held for share in budget.shares.values()) == PER_SECOND


async def test_reminders_that_wait_when_a_pause_begins_are_sent_back() -> None:
    one = Pace(Limits(PER_SECOND))

    async def wait() -> None:
        async with one.turn(reminder=True):
            raise AssertionError

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0)
    one.pause(timedelta(hours=1))
    for each in (waiting, wait()):
        with pytest.raises(RetryLaterError) as refused_:
            await each
        assert timedelta(minutes=59) < refused_.value.after <= timedelta(hours=1)
    assert one.room(0) == 0


SETTINGS: dict[str, tuple[dict[str, Any], int]] = {
    "Telegram's own": ({}, 30),
    "a local server": ({"telegram_api_url": "http://127.0.0.1:8081"}, 0),
    "a local server, limited": ({"telegram_api_url": "http://127.0.0.1:8081", "sends_per_second": 25}, 25),
    "paid for": ({"sends_per_second": 1000}, 1000),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_how_much_is_sent_is_a_setting(case: str) -> None:
    given_, per_second = SETTINGS[case]
    assert Settings(telegram_token=SecretStr("1:x"), **given_).pace == per_second
