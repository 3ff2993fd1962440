"""Updates that cannot be worked on, a database that is not there, and what the audit is good for."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime
from typing import Any
from unittest.mock import patch

import aiohttp
import orjson
import pytest
from sqlalchemy import func, insert, select, update

from bot.telegram import SECRET_HEADER, Telegram
from dialogs import filling
from dialogs.filling import Desk, Enterprise, Filling
from dialogs.form import Forms
from dialogs.periods import Period
from dialogs.report import Report, pack_report
from dialogs.turn import Event
from storage import inbox as inbox_queries
from storage.database import ConflictError, Database, Transaction
from storage.tables import audit, enterprise, inbox, outbox, report, session
from tests.botapi import BotApi, Json, Phone
from tests.postgres import Server
from tests.product import (
    ANSWERS,
    FIGURES,
    PATIENCE,
    SECRET,
    START,
    Reporter,
    become_reporter,
    faults,
    free_port,
    logged,
    prepare,
    product,
    rows,
    settings_for,
    settle,
    until,
    words,
)


@pytest.fixture
async def api(database: Database) -> AsyncIterator[BotApi]:
    """Return an emulator that asks a webhook again soon."""
    await prepare(database)
    async with BotApi(retry_delays=(0.05,)) as api:
        yield api


# ---- poison


POISON = {
    "report that is no JSON": (report, {"content": "{"}),
    "report of a form that is not there": (report, {"form": "1999-01"}),
    "report with a figure that is none": (report, {"content": '{"figures": {"a.b": ["x", 1, "", "", ""]}}'}),
    "session that is no JSON": (session, {"focus": "{"}),
}


@pytest.mark.parametrize("poison", POISON)
async def test_a_poisoned_update_is_set_aside_and_holds_up_nobody(
    database: Database, database_url: str, api: BotApi, poison: str
) -> None:
    """Group A: three failures, then it is put away; the person is told that nothing changed, others are answered."""
    others = [Reporter(api.phone(f"张{number}")) for number in range(5)]
    with logged() as log:
        async with product(settings_for(database_url, api)):
            reporter = await become_reporter(api.phone("李"))
            await reporter.walk("[数据填报]", FIGURES[0])
            await settle(database)
            chat = str(reporter.phone.chat.id)
            table, values = POISON[poison]
            async with database.transaction() as tx:
                await tx.run(update(table).values(values))
            before = await rows(database, select(report)), await rows(database, select(audit))
            assert faults(log) == []
        # All of it waits when the product starts again: one batch.
        reporter.phone.news()
        await reporter.act(FIGURES[1])
        for other in others:
            await other.act("/start")
        await reporter.act("/help")
        async with product(settings_for(database_url, api)):
            for other in others:
                assert words("privacy") in (await other.phone.wait(1, PATIENCE))[0].text
            answers = await reporter.phone.wait(2, PATIENCE)
            await settle(database)
            assert [answer.text for answer in answers] == [words("set-aside")] * 2
            assert await reporter.phone.quiet() == []
            dead = await rows(database, select(inbox.c.outcome, inbox.c.chat).where(inbox.c.state == "dead"))
            assert [tuple(row) for row in dead] == [("failed", chat)] * 2
            assert (await rows(database, select(report)), await rows(database, select(audit))) == before
            # And it stays so: nothing is tried again when it is delivered once more.
            await reporter.phone.raw_update(next(one for one in api.updates.made if _text(one) == FIGURES[1]))
            await settle(database, api)
            assert await reporter.phone.quiet() == []
    failures = [event for event in log if event["event"] == "update failed"]
    assert [event["attempt"] for event in failures] == [1, 2, 3] * 2
    assert len([event for event in log if event["event"] == "update set aside"]) == 2


def _text(made: Json) -> str:
    text: str = made.get("message", {}).get("text", "")
    return text


async def test_what_waits_of_a_chat_is_worked_on_before_what_comes_now(
    database: Database, database_url: str, api: BotApi
) -> None:
    """Group B: a process died between keeping an update and working on it; figures must not change places."""
    async with product(settings_for(database_url, api)):
        reporter = await become_reporter(api.phone("李"))
        await reporter.do("[数据填报]")
        await settle(database)
    await reporter.act(FIGURES[0])
    kept = api.updates.made[-1]
    row = {"channel": Telegram.name, "bot": api.token.partition(":")[0], "update": str(kept["update_id"])}
    row |= {"chat": str(reporter.phone.chat.id), "payload": orjson.dumps(kept).decode(), "state": "new"}
    async with database.transaction() as tx:
        # Another process has it, and is about to die.
        await tx.run(
            insert(inbox).values(
                **row, received_at=START, tries=1, lease_until=datetime.max.replace(tzinfo=START.tzinfo)
            )
        )
    await reporter.act(FIGURES[1])
    async with product(settings_for(database_url, api, lease=0.2)):
        await until(lambda: not len(api.updates), "not taken")
        async with database.transaction() as tx:
            await tx.run(update(inbox).where(inbox.c.state == "new").values(lease_until=START))
        answers = await reporter.phone.wait(2, PATIENCE)
    assert [("【2/27】" in answer.text, "【3/27】" in answer.text) for answer in answers] == [
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize("stumbles", ["waiting_chats", "add", "claim", "finish"])
@pytest.mark.parametrize("error", [ConflictError, KeyError])
async def test_a_fault_anywhere_in_the_transaction_stops_no_loop(
    database: Database, database_url: str, api: BotApi, stumbles: str, error: type[Exception]
) -> None:
    """Group C: a deadlock, a lock that is not had in time, or a mistake of ours, where nobody expects it."""
    right, left = getattr(inbox_queries, stumbles), [error("one"), error("two")]

    async def stumble(*arguments: Any, **named: Any) -> Any:
        if left:
            raise left.pop()
        return await right(*arguments, **named)

    async with product(settings_for(database_url, api, lease=0.2)):
        reporter = Reporter(api.phone("李"))
        await reporter.do("/start")
        await settle(database)
        with patch.object(inbox_queries, stumbles, stumble), ExitStack() as stack:
            if stumbles in ("claim", "finish"):
                # Those are for updates that are worked on by themselves.
                stack.enter_context(patch.object(inbox_queries, "waiting_chats", _everybody))
            await reporter.do("/help")
            await reporter.do("/privacy")
            await settle(database, api)
        assert not left
        assert await reporter.phone.quiet() == []
    assert [row[0] for row in await rows(database, select(inbox.c.state))] == ["done"] * 3


async def _everybody(tx: Transaction) -> set[tuple[str, str]]:
    return {tuple(row) for row in await tx.run(select(session.c.channel, session.c.chat))}


HOSTILE: dict[str, str] = {
    "half a surrogate pair": "\ud800 12",
    "the other half": "12\udfff",
    "NUL": "\u0000",
    "right-to-left override": "\u202e12",
    "4096 signs": "9" * 4096,
    "a figure beyond all bounds": "1e999",
    "not a number": "NaN",
    "wildcards": "%_\\' OR 1=1 --",
}


@pytest.mark.parametrize("port", [0, 1], ids=["polling", "webhook"])
async def test_hostile_text_is_answered_and_bars_nobody(
    database: Database, database_url: str, api: BotApi, port: int
) -> None:
    """Group G: neither the transport nor the database nor the dialog stumbles over what somebody types."""
    with logged() as log:
        async with product(settings_for(database_url, api, port=port and free_port())):
            reporter = await become_reporter(api.phone("李"))
            await reporter.do("[数据填报]")
            for what, text in HOSTILE.items():
                answer = await reporter.do(text)
                assert "【1/27】" in answer.text, what
            assert "【2/27】" in (await reporter.do(FIGURES[0])).text
            await settle(database)
    assert faults(log) == []


async def test_updates_of_kinds_that_nobody_knows_are_recorded_and_answered_by_silence(
    database: Database, database_url: str, api: BotApi
) -> None:
    """Group A: unknown types and fields, and updates without a sender or a chat."""
    strange: list[Json] = [
        {},
        {"hologram": {"id": 1}},
        {"message": {}},
        {"message": {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}, "text": "nobody"}},
        {"message": {"message_id": 1, "date": "today", "chat": 7}},
        {"message": []},
        {"callback_query": {"id": "1", "from": {"id": 7, "is_bot": False, "first_name": "x"}, "chat_instance": "1"}},
        {"callback_query": {"id": "1", "data": "1.0.0"}},
        {"channel_post": {"message_id": 1, "date": 1, "chat": {"id": -7, "type": "channel", "title": "x"}}},
    ]
    with logged() as log:
        async with product(settings_for(database_url, api)):
            phone = api.phone("李")
            for one in strange:
                await phone.raw_update(one)
            await Reporter(phone).do("/start")
            await settle(database)
    kept = await rows(database, select(inbox.c.state, inbox.c.outcome).order_by(inbox.c.id))
    assert [tuple(row) for row in kept[: len(strange)]] == [("done", "not a message")] * len(strange)
    assert len(api.called("sendMessage")) == 1
    assert faults(log) == []


# ---- the database goes away


@asynccontextmanager
async def webhook(api: BotApi, url: str) -> AsyncIterator[str]:
    """Run the product with a webhook; yields its address."""
    settings = settings_for(url, api, port=free_port())
    async with product(settings):
        yield settings.webhook_url


async def post(url: str, update: Json | bytes, secret: str = SECRET) -> tuple[int, str]:
    """Post to a webhook; return status and `Retry-After`."""
    body = io.BytesIO(update if isinstance(update, bytes) else orjson.dumps(update))
    headers = {SECRET_HEADER: secret, "Content-Type": "application/json"}
    async with aiohttp.ClientSession() as client, client.post(url, data=body, headers=headers) as answer:
        return answer.status, answer.headers.get("Retry-After", "")


def message(phone: Phone, number: int, text: str) -> Json:
    """Return an update as Telegram posts it."""
    content = {"message_id": number, "date": int(START.timestamp()), "chat": phone.chat.json, "text": text}
    return {"update_id": number, "message": content | {"from": phone.account.user}}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("how", ["stop", "crash"])
async def test_while_the_database_is_down_nothing_is_acknowledged_and_afterwards_all_is_answered(
    database: Database, database_url: str, api: BotApi, postgres: Server, how: str
) -> None:
    """Group C: PostgreSQL goes away between two messages. The webhook says 503, a poll confirms nothing."""
    async with webhook(api, database_url) as url:
        by_webhook = Reporter(api.phone("王"))
        await by_webhook.do("/start")
        await settle(database)
        await asyncio.to_thread(postgres.crash if how == "crash" else postgres.stop)
        try:
            assert await post(url, message(by_webhook.phone, 7001, "/help")) == (503, "5")
            await by_webhook.act("/privacy")
            await until(lambda: "503" in (api.updates.webhook.error if api.updates.webhook else ""), "not refused")
            assert len(api.updates) == 1
        finally:
            await asyncio.to_thread(postgres.start)
        await by_webhook.phone.wait(words("privacy"), PATIENCE)
        assert len(await by_webhook.phone.quiet()) == 0
        assert await post(url, message(by_webhook.phone, 7001, "/help")) == (200, "")
        await by_webhook.phone.wait(1, PATIENCE)

    async with product(settings_for(database_url, api)):
        by_polling = Reporter(api.phone("李"))
        await by_polling.do("/start")
        await settle(database)
        await asyncio.to_thread(postgres.crash if how == "crash" else postgres.stop)
        try:
            polls = len(api.called("getUpdates"))
            await by_polling.act("/privacy")
            await until(lambda: len(api.called("getUpdates")) > polls, "not polled again")
            assert len(api.updates) == 1
        finally:
            await asyncio.to_thread(postgres.start)
        await by_polling.phone.wait(1, PATIENCE)
        await settle(database)
        assert len(api.updates) == 0
    said = [len([one for one in reporter.answers if words("privacy") in one]) for reporter in (by_webhook, by_polling)]
    assert said == [2, 2]  # with the welcome and by itself


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_what_was_sent_while_the_database_went_down_is_not_sent_again(
    database: Database, database_url: str, api: BotApi, postgres: Server
) -> None:
    """Group C: the outcome cannot be written down, the lease runs out, but the process remembers."""
    async with product(settings_for(database_url, api, lease=0.5)):
        reporter = Reporter(api.phone("李"))
        await reporter.do("/start")
        await settle(database)
        api.latency = 1.0
        await reporter.act("/help")
        await until(lambda: len(api.called("sendMessage")) == 2, "not sent")
        await asyncio.to_thread(postgres.stop)
        try:
            await reporter.phone.wait(1, PATIENCE)
        finally:
            await asyncio.to_thread(postgres.start)
        api.latency = 0
        await settle(database)
    assert len(api.called("sendMessage")) == 2
    assert [row[0] for row in await rows(database, select(outbox.c.state))] == ["sent", "sent"]


# ---- the webhook's door


async def test_the_webhook_refuses_strangers_and_nonsense(database: Database, database_url: str, api: BotApi) -> None:
    phone = api.phone("李")
    async with webhook(api, database_url) as url:
        good = message(phone, 9001, "/start")
        assert (await post(url, good, "guessed"))[0] == 403
        assert (await post(url, good, ""))[0] == 403
        assert (await post(url, b"{"))[0] == 400
        assert (await post(url, b"[]"))[0] == 400
        assert (await post(url, {"update_id": "one"}))[0] == 400
        assert (await post(url, {"message": {}}))[0] == 400
        assert (await post(url, b"[" * 100_000))[0] == 400
        assert (await post(url, b'{"update_id": 9002, "message": "' + b"x" * 2_000_000 + b'"}'))[0] == 413
        assert await rows(database, select(inbox)) == []
        long = message(phone, 9003, "一" * 4096) | {"padding": "x" * 500_000}
        assert (await post(url, long))[0] == 200
        assert len(await rows(database, select(inbox))) == 1


async def test_an_update_that_comes_again_is_answered_once(database: Database, database_url: str, api: BotApi) -> None:
    """Group A: at once, side by side, within one batch, and after a restart."""
    phone = api.phone("李")
    phone.chat.closed = ""
    again = message(phone, 9001, "/start")
    async with webhook(api, database_url) as url:
        statuses = await asyncio.gather(*(post(url, again) for _ in range(20)))
        assert {status for status, _ in statuses} == {200}
        assert (await post(url, again))[0] == 200
        await phone.wait(1, PATIENCE)
    async with webhook(api, database_url) as url:
        assert (await post(url, again))[0] == 200
        await settle(database)
    assert len(api.called("sendMessage")) == 1
    assert await rows(database, select(func.count()).select_from(inbox)) == [(1,)]


# ---- the audit


async def test_the_audit_replayed_gives_the_stored_report_and_has_one_row_a_change(
    database: Database, database_url: str, api: BotApi
) -> None:
    """V7, V9: what the audit keeps is all that it takes."""
    contents: list[str] = []

    async def look() -> None:
        found = [row.content for row in await rows(database, select(report.c.content))]
        if found and found != contents[-1:]:
            contents.extend(found)

    async with product(settings_for(database_url, api)):
        reporter = await become_reporter(api.phone("李"))
        await reporter.do("[数据填报]")
        # Also what changes nothing, and what is changed twice.
        extra = ("3 3 3 0.02", "/help", "[上一项]", "9 9 9 9", "[暂存]", "[继续填报]")
        for step in (*FIGURES[:2], *extra, *FIGURES[2:], *ANSWERS):
            await reporter.do(step)
            await look()
        await reporter.explain()
        await reporter.submit()
        await settle(database)

    (stored,) = await rows(database, select(report))
    entries = await rows(database, select(audit).where(audit.c.period == "2021-01").order_by(audit.c.id))
    changes = [entry for entry in entries if entry.action == "report"]
    (sent,) = [entry for entry in entries if entry.action == "submitted"]
    (row,) = await rows(database, select(enterprise).where(enterprise.c.id == stored.enterprise_id))
    forms = Forms.read()
    state = Filling(Report(stored.enterprise_id, Period.parse(stored.period), stored.form))
    seen: list[str] = []
    for entry in changes:
        desk = Desk(
            forms.version(stored.form),
            Enterprise(row.id, row.code, row.name, row.district),
            entry.person_id,
            entry.at,
        )
        before = state.report
        state = filling.step(state, Event.unpack(orjson.loads(entry.detail)), desk).state
        assert state.report != before, entry.detail
        seen.append(orjson.dumps(pack_report(state.report)).decode())
    assert orjson.loads(seen[-1]) == orjson.loads(stored.content)
    assert orjson.loads(sent.detail)["number"] == orjson.loads(stored.content)["receipt"][0]
    # Each change that was seen on the way is there, and each entry has its message.
    assert [orjson.loads(one) for one in contents] == [
        orjson.loads(one) for one in seen if orjson.loads(one) in map(orjson.loads, contents)
    ]
    assert len({entry.inbox_id for entry in changes}) == len(changes)
    known = {number for (number,) in await rows(database, select(inbox.c.id))}
    assert {entry.inbox_id for entry in entries} <= known
