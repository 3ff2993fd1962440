"""What becomes of a message when sending goes wrong: how often it is sent, what is noted, and who waits for it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson
import pytest
from sqlalchemy import Row, insert, select, update

from bot import delivery
from bot.app import Engine
from bot.channels import button_data
from bot.delivery import FILES_AT_A_TIME, Delivery
from bot.documents import MOST_CAPTION, RENDERERS, Document
from bot.policy import Policy
from bot.telegram import MOST_UPLOAD, Telegram
from dialogs.form import Forms
from dialogs.texts import write_out
from dialogs.turn import text
from scheduler.clock import SystemClock
from storage import outbox as outbox_queries
from storage.database import Database, DatabaseDownError
from storage.outbox import Kind
from storage.tables import outbox, session, submission
from tests.botapi import BotApi, Fault, Phone
from tests.product import (
    PATIENCE,
    START,
    become_reporter,
    faults,
    logged,
    prepare,
    product,
    rows,
    settings_for,
    settle,
    until,
    words,
)

HOUR = 3600


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what usually takes seconds take less."""
    monkeypatch.setattr(delivery, "REPEAT_AFTER", timedelta(seconds=0.05))
    monkeypatch.setattr(delivery, "LOOK_EVERY", 0.1)


@asynccontextmanager
async def sender(database: Database, api: BotApi, lease: float = 15.0) -> AsyncIterator[None]:
    """Run a process that sends, and does nothing else."""
    engine = Engine(database, SystemClock(START), Policy(Forms.read()), timedelta(seconds=lease))
    telegram = Telegram(api.token, api.url)
    await telegram.open()
    engine.channels[telegram.name] = telegram
    try:
        with logged():
            async with engine.running():
                yield
    finally:
        await telegram.close()


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """Return an emulator."""
    async with BotApi() as api:
        yield api


def started(api: BotApi, name: str = "李") -> Phone:
    """Return the phone of somebody who has written to the bot."""
    phone = api.phone(name)
    phone.chat.closed = ""
    return phone


async def put(
    database: Database,
    api: BotApi,
    phone: Phone,
    *texts: str,
    kind: Kind = Kind.REPLY,
    body: Mapping[str, Any] = MappingProxyType({}),
    **more: Any,
) -> None:
    """Put messages into the outbox, as one that another process has left there.

    Args:
        database: where to.
        api: whose bot sends them.
        phone: to whom.
        texts: what they say.
        kind: of all of them.
        body: what is in them besides the text.
        more: columns that are different.
    """
    row: dict[str, Any] = {
        "channel": Telegram.name,
        "bot": api.token.partition(":")[0],
        "chat": str(phone.chat.id),
        "kind": kind.value,
    }
    row |= {"state": "new", "tries": 0, "created_at": START} | more
    async with database.transaction() as tx:
        for said in texts:
            await tx.run(insert(outbox).values(body=orjson.dumps({"text": said, **body}).decode(), **row))


async def states(database: Database) -> list[Row[Any]]:
    """Return state and tries of every message, in order."""
    return await rows(database, select(outbox.c.state, outbox.c.tries).order_by(outbox.c.id))


async def it_is_time(database: Database) -> None:
    """Let what has to wait for a time wait no longer."""
    async with database.transaction() as tx:
        await tx.run(update(outbox).values(not_before=None))


def shown(phone: Phone) -> list[str]:
    """Return what a phone shows of the bot."""
    return [one.text for one in phone.history if one.message["from"]["is_bot"]]


@dataclass(frozen=True)
class Case:
    """What goes wrong, and by kind of message the state in the end and how often the message was shown."""

    faults: Sequence[Fault]
    reply: tuple[str, int]
    reminder: tuple[str, int]


FINE, GONE = ("sent", 1), ("failed", 0)
CASES = {
    "nothing": Case((), FINE, FINE),
    "429 for a second, twice": Case((Fault.flood(1), Fault.flood(1)), FINE, FINE),
    "500": Case((Fault.server_error(),), FINE, ("ambiguous", 0)),
    "502 with a page of HTML": Case((Fault.server_error(502),), FINE, ("ambiguous", 0)),
    "503, twice": Case((Fault.server_error(503), Fault.server_error(503)), ("ambiguous", 0), ("ambiguous", 0)),
    "cut before delivery": Case((Fault.drop(),), FINE, ("ambiguous", 0)),
    "cut after delivery": Case((Fault.drop("after"),), ("sent", 2), ("ambiguous", 1)),
    "cut after delivery, twice": Case((Fault.drop("after"),) * 2, ("ambiguous", 2), ("ambiguous", 1)),
    "timeout before delivery": Case((Fault.hang(5),), FINE, ("ambiguous", 0)),
    "timeout after delivery": Case((Fault.hang(5, "after"),), ("sent", 2), ("ambiguous", 1)),
    "timeout, then 429": Case((Fault.hang(5, "after"), Fault.flood(1)), ("sent", 2), ("ambiguous", 1)),
    "blocked": Case((Fault.blocked(),), GONE, GONE),
    "400": Case((Fault.refuse(400, "Bad Request: can't parse entities"),), GONE, GONE),
    "chat not found": Case((Fault.refuse(400, "Bad Request: chat not found"),), GONE, GONE),
    "moved to a supergroup": Case((Fault.refuse(400, "Bad Request: migrated", migrate_to_chat_id=-1),), GONE, GONE),
}


PAIRS = [
    (case, kind)
    for case in CASES
    for kind in Kind
    if kind is not Kind.RECEIPT or "delivery" in case or case == "blocked"
]


@pytest.mark.parametrize(("case", "kind"), PAIRS)
async def test_how_often_a_message_is_sent_and_what_is_noted(
    database: Database, api: BotApi, case: str, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Group E: a reply or receipt at most twice, a reminder never again; and the chat goes on."""
    if case.startswith("timeout"):
        monkeypatch.setattr("bot.telegram._LeanBot.call.__defaults__", (0.7,))
    phone = started(api)
    state, copies = CASES[case].reminder if kind is Kind.REMINDER else CASES[case].reply
    api.faults.add(*(fault.on("sendMessage", when=lambda sent: sent["text"] == "one") for fault in CASES[case].faults))
    await put(database, api, phone, "one", kind=kind)
    await put(database, api, phone, "two", kind=kind)
    async with sender(database, api):
        await settle(database)
        assert [row.state for row in await states(database)] == [state, "sent"]
    assert shown(phone) == [*["one"] * copies, "two"]


async def put_off(database: Database) -> bool:
    """Return whether the oldest message has to wait for a time."""
    oldest = await rows(database, select(outbox.c.not_before).order_by(outbox.c.id).limit(1))
    return oldest[0][0] is not None


async def test_a_long_429_puts_the_chat_off_and_keeps_its_order(database: Database, api: BotApi) -> None:
    """Group E: hours are possible; what stands behind waits, too, and no try is counted."""
    phone, other = started(api), started(api, "王")
    async with sender(database, api):
        flood = Fault.flood(HOUR).on("sendMessage", times=4, when=lambda sent: sent["chat_id"] == phone.chat.id)
        api.faults.add(flood)
        await put(database, api, phone, "one", "two", "three")
        for number in range(4):
            await until(partial(put_off, database), "not put off")
            assert [tuple(row) for row in await states(database)][:3] == [("new", 0)] * 3
            await put(database, api, other, f"other {number}")
            await other.wait(f"other {number}", PATIENCE)
            await it_is_time(database)
        await settle(database)
    assert shown(phone) == ["one", "two", "three"]


async def test_what_is_said_while_the_chat_is_put_off_does_not_overtake(database: Database, api: BotApi) -> None:
    """Group E: also what was in the middle of its transaction when the 429 came."""
    await prepare(database)
    url = database.engine.url.render_as_string(hide_password=False)
    async with product(settings_for(url, api)):
        phone = api.phone("李")
        api.faults.add(Fault.flood(HOUR).on("sendMessage"))
        for _ in range(30):
            await phone.send("/help")
            await phone.send("/privacy")
            await until(lambda: not len(api.updates), "not taken")
        await until(partial(put_off, database), "not put off")
        await it_is_time(database)
        await settle(database)
    answers = shown(phone)
    assert answers[0] != answers[1]
    assert answers == answers[:2] * 30


async def test_many_chats_in_a_short_429_do_not_hold_up_others(database: Database, api: BotApi) -> None:
    """Group E: a pause takes no place from a message that could be sent."""
    slow = [started(api, f"慢{number}") for number in range(100)]
    numbers = {phone.chat.id for phone in slow}
    api.faults.add(Fault.flood(5).on("sendMessage", times=100, when=lambda sent: sent["chat_id"] in numbers))
    for phone in slow:
        await put(database, api, phone, "slow")
    async with sender(database, api):
        await until(lambda: len(api.called("sendMessage")) == len(slow), "not tried")
        quick = started(api, "快")
        await put(database, api, quick, "quick")
        await quick.wait("quick", PATIENCE)
        assert not any(shown(phone) for phone in slow)
        await settle(database)
    assert all(shown(phone) == ["slow"] for phone in slow)


@pytest.mark.parametrize("fault", [Fault.flood(2), Fault.delay(2.5)], ids=["429", "slow call"])
async def test_a_message_that_takes_longer_than_its_lease_is_sent_once(
    database: Database, api: BotApi, fault: Fault
) -> None:
    """Group E: the process renews what it still works on; neither it nor another one takes it for abandoned."""
    phone = started(api)
    api.faults.add(fault.on("sendMessage"))
    async with sender(database, api, lease=1.0), sender(database, api, lease=1.0):
        await put(database, api, phone, "one", "two", "three", "four")
        await settle(database)
    assert shown(phone) == ["one", "two", "three", "four"]


async def test_two_processes_send_nothing_twice_and_everything_in_order(database: Database, api: BotApi) -> None:
    """Group D: one outbox, two who look into it."""
    phones = [started(api, f"张{number}") for number in range(20)]
    texts = [str(number) for number in range(8)]
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(sender(database, api))
        await asyncio.gather(*(put(database, api, phone, *texts) for phone in phones))
        await settle(database)
    assert [shown(phone) for phone in phones] == [texts] * len(phones)
    assert {tuple(row) for row in await states(database)} == {("sent", 1)}


ABANDONED: dict[str, Any] = {"state": "sending", "owner": "who died", "lease_until": START - timedelta(minutes=1)}
LEFT = {
    "reply in its first try": (Kind.REPLY, 1, ("sent", 1)),
    "reply in its second try": (Kind.REPLY, 2, ("ambiguous", 0)),
    "receipt in its first try": (Kind.RECEIPT, 1, ("sent", 1)),
    "reminder that was being sent": (Kind.REMINDER, 1, ("ambiguous", 0)),
    "reminder that only waited": (Kind.REMINDER, 0, ("sent", 1)),
}


@pytest.mark.parametrize("left", LEFT)
async def test_what_a_dead_process_was_sending(database: Database, api: BotApi, left: str) -> None:
    """Group B: it may have arrived; a reminder is not worth the doubt."""
    kind, tries, (state, copies) = LEFT[left]
    phone = started(api)
    await put(database, api, phone, "one", kind=kind, **ABANDONED | {"tries": tries})
    await put(database, api, phone, "two", kind=kind)
    async with sender(database, api):
        await settle(database)
        assert [row.state for row in await states(database)] == [state, "sent"]
    assert shown(phone) == [*["one"] * copies, "two"]


async def test_what_a_living_process_is_sending_is_left_alone(database: Database, api: BotApi) -> None:
    phone, other = started(api), started(api, "王")
    await put(database, api, phone, "one", **ABANDONED | {"tries": 1, "lease_until": START + timedelta(hours=1)})
    await put(database, api, phone, "two")
    async with sender(database, api):
        await put(database, api, other, "other")
        await other.wait("other", PATIENCE)
    assert shown(phone) == []
    assert [row.state for row in await states(database)] == ["sending", "new", "sent"]


async def test_a_process_that_is_stopped_finishes_what_it_sends_and_leaves_what_must_wait(
    database: Database, api: BotApi
) -> None:
    """Group B: after an orderly stop nothing is in doubt, also when the Bot API wants to be left alone."""
    phone, other = started(api), started(api, "王")
    number = phone.chat.id
    api.faults.add(Fault.flood(4).on("sendMessage", times=-1, when=lambda sent: sent["chat_id"] == number))
    api.faults.add(Fault.delay(0.3).on("sendMessage"))
    await put(database, api, phone, "one", "two")
    await put(database, api, other, "slow")
    async with sender(database, api):
        await until(lambda: len(api.called("sendMessage")) == 2, "not tried")
    assert [tuple(row) for row in await states(database)] == [("new", 0), ("new", 0), ("sent", 1)]
    api.faults.clear()
    await it_is_time(database)
    async with sender(database, api):
        await settle(database)
    assert shown(phone) == ["one", "two"]
    assert shown(other) == ["slow"]


async def test_a_fault_of_the_program_while_sending_holds_up_nobody_for_good(
    database: Database, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = started(api)
    send = Telegram.send

    async def stumble(telegram: Telegram, message: Any) -> str:
        if message.text == "one":
            raise KeyError(message.text)
        return await send(telegram, message)

    monkeypatch.setattr(Telegram, "send", stumble)
    await put(database, api, phone, "one", "two")
    with logged() as log:
        async with sender(database, api):
            await settle(database)
    assert [row.state for row in await states(database)] == ["ambiguous", "sent"]
    assert shown(phone) == ["two"]
    assert {event["event"] for event in log if event["log_level"] == "error"} == {"send failed"}


async def test_a_receipt_that_may_have_been_lost_comes_again_with_the_same_number(
    database: Database, api: BotApi
) -> None:
    """Group E: the answer to the send of the receipt is lost."""
    await prepare(database)
    url = database.engine.url.render_as_string(hide_password=False)
    async with product(settings_for(url, api)):
        reporter = await become_reporter(api.phone("李"))
        await reporter.fill()
        await reporter.do("[提交]")
        api.faults.add(Fault.drop("after").on("sendMessage"))
        await reporter.do("[确认提交]")
        await settle(database)
        (stored,) = await rows(database, select(submission.c.number))
        receipts = [answer for answer in reporter.answers if words("receipt-number", number=stored.number) in answer]
        assert len(receipts) == 2
        assert receipts[0] == receipts[1]


async def test_who_blocked_the_bot_and_comes_back_is_answered(database: Database, api: BotApi) -> None:
    """Group E: a 403 is final for the message, not for the person."""
    await prepare(database)
    url = database.engine.url.render_as_string(hide_password=False)
    async with product(settings_for(url, api)):
        reporter = await become_reporter(api.phone("李"))
        api.faults.add(Fault.delay(0.2).on("answerCallbackQuery"))
        await reporter.phone.block()
        await put(database, api, reporter.phone, "while blocked")
        await settle(database)
        assert (await states(database))[-1].state == "failed"
        await reporter.phone.unblock()
        assert "【1/27】" in (await reporter.do("/report")).text


async def test_what_must_not_be_sent_by_this_process_alone_is_looked_for_at_once(
    database: Database, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notice to another chat: nobody waits until the next look is due."""
    monkeypatch.setattr(delivery, "LOOK_EVERY", 100 * PATIENCE)
    phone, looks = started(api), 0
    telegram = Telegram(api.token, api.url)
    await telegram.open()
    sending = Delivery(
        database, {telegram.name: telegram}, SystemClock(START), "me", lease=timedelta(days=1), renderers=RENDERERS
    )
    claim = outbox_queries.claim

    async def counted(*args: Any) -> Any:
        nonlocal looks
        looks += 1
        return await claim(*args)

    monkeypatch.setattr(outbox_queries, "claim", counted)
    running = asyncio.create_task(sending.run())
    await until(lambda: looks == 1, "not looked")
    await put(database, api, phone, "one")
    sending.put([{"state": "new"}])
    await phone.wait("one", PATIENCE)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await sending.close()
    await telegram.close()


# ---- groups


@pytest.mark.parametrize("kind", Kind)
async def test_a_group_that_moved_gets_its_messages_where_it_is_now(
    database: Database, api: BotApi, kind: Kind
) -> None:
    """Group E: certainly not delivered, so each kind goes to the new place, once and in order."""
    phone = started(api)
    group = phone.inside(api.group(kind="group"))
    new = phone.inside(api.migrate(group.chat, phone))
    await put(database, api, group, "one", "two", "three", kind=kind)
    async with sender(database, api):
        await settle(database)
    assert shown(group) == []
    assert shown(new) == ["one", "two", "three"]
    kept = await rows(database, select(outbox.c.chat, outbox.c.state, outbox.c.tries).order_by(outbox.c.id))
    assert [tuple(row) for row in kept] == [(str(new.chat.id), "sent", 1)] * 3


async def test_a_message_for_a_topic_goes_there_and_a_group_is_left(database: Database, api: BotApi) -> None:
    phone = started(api)
    group = api.group()
    inside = phone.inside(group, topic=api.topic(group, "浦东", phone))
    await put(database, api, inside, "one", body={"topic": str(inside.topic)})
    async with sender(database, api):
        await inside.wait("one", PATIENCE)
        await put(database, api, inside, "", body={"leave": True})
        await settle(database)
    (message,) = [one.message for one in inside.history if one.text == "one"]
    assert message["message_thread_id"] == inside.topic
    assert "not a member" in group.closed
    assert [tuple(row) for row in await states(database)] == [("sent", 1)] * 2


# ---- a message in the place of another


async def test_an_edition_takes_the_place_of_a_message_and_its_buttons_are_its_own(
    database: Database, api: BotApi
) -> None:
    phone = started(api)
    async with sender(database, api):
        await put(database, api, phone, "one", body={"rows": [[["甲", ["Home"], 0]]]})
        await phone.wait("one", PATIENCE)
        await settle(database)
        (named,) = (await rows(database, select(outbox.c.message)))[0]
        api.faults.add(Fault.drop("after").on("editMessageText"))
        await put(database, api, phone, "two", body={"rows": [[["乙", ["Home"], 0]]], "edits": named})
        await settle(database)
    number = (await rows(database, select(outbox.c.id).order_by(outbox.c.id)))[-1][0]
    (screen,) = phone.screen
    assert (screen.text, screen.buttons[0]["callback_data"]) == ("two", button_data(number, 0, 0))
    assert [tuple(row) for row in await rows(database, select(outbox.c.message, outbox.c.state))] == [
        (named, "sent"),
        (named, "sent"),
    ]


# ---- files


class _Renderer:
    """Makes small files, and remembers where."""

    def __init__(self, size: int = 0) -> None:
        self.folders: list[Path] = []
        self.fault: Exception | None = None
        self.size = size

    async def __call__(self, database: Database, params: Mapping[str, Any], path: Path) -> str:
        self.folders.append(path.parent)
        async with database.transaction() as tx:
            stored = len((await tx.run(select(outbox))).all())
        await asyncio.to_thread(self._write, path, f"{params['name']},{stored}\n")
        if self.fault:
            raise self.fault
        return f"{params['name']}/2026.csv"

    def _write(self, path: Path, line: str) -> None:
        with path.open("wb") as file:
            file.write(line.encode())
            file.truncate(self.size or None)

    def left(self) -> list[Path]:
        return [folder for folder in self.folders if folder.exists()]


@pytest.fixture
def renderer(monkeypatch: pytest.MonkeyPatch) -> _Renderer:
    """Return what makes the documents of the kind `table`."""
    made = _Renderer()
    monkeypatch.setitem(RENDERERS, "table", made)
    return made


ROWS = [[["返回", ["Home"], 0]]]
TABLE: dict[str, Any] = {"document": Document("table", {"name": "表"}).pack(), "rows": ROWS}


def content(api: BotApi, phone: Phone, place: int = -1) -> str:
    """Return what is in a file that a phone shows."""
    return api.world.files[phone.history[place].message["document"]["file_id"]].content.decode()


async def test_a_file_is_made_when_it_is_sent_and_kept_nowhere(
    database: Database, api: BotApi, renderer: _Renderer
) -> None:
    phone = started(api)
    await put(database, api, phone, "one")
    await put(database, api, phone, "two", body=TABLE)
    await put(
        database, api, phone, "three", body={"document": Document("table", {"name": "密", "protected": True}).pack()}
    )
    async with sender(database, api):
        await settle(database)
    assert shown(phone) == ["one", "two", "three"]
    assert content(api, phone, 1) == "表,3\n"
    _, two, three = phone.history
    assert two.message["document"]["file_name"] == "表_2026.csv"
    assert two.labels == ["返回"]
    assert [one.message.get("has_protected_content", False) for one in (two, three)] == [False, True]
    assert len(renderer.folders) == 2
    assert not renderer.left()
    bodies = [orjson.loads(row.body) for row in await rows(database, select(outbox.c.body).order_by(outbox.c.id))]
    assert [body.get("file_name") for body in bodies] == [None, "表_2026.csv", "密_2026.csv"]
    assert bodies[1] == {"text": "two", **TABLE, "file_name": "表_2026.csv"}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_of_a_file_that_cannot_be_made_the_text_is_said_and_that_it_is_missing(
    database: Database, api: BotApi, renderer: _Renderer, language: str
) -> None:
    """The person has the text and the buttons; the log says what to look at, and nothing of anybody's."""
    phone = started(api)
    async with database.transaction() as tx:
        chat = {"channel": Telegram.name, "chat": str(phone.chat.id)}
        await tx.run(insert(session).values(**chat, language=language, focus="{}", page=3))
    renderer.fault = KeyError("12.00")
    await put(database, api, phone, "one", body=TABLE, page=3, person_id=None, kind=Kind.RECEIPT)
    with logged() as log:
        async with sender(database, api):
            await settle(database)
    sentence = write_out(text("document-failed"), language)
    assert shown(phone) == [f"one\n\n{sentence}"]
    assert phone.history[-1].labels == ["返回"]
    kept = await rows(database, select(outbox.c.state, outbox.c.kind, outbox.c.page).order_by(outbox.c.id))
    assert [tuple(row) for row in kept] == [("failed", "receipt", 3), ("sent", "receipt", 3)]
    assert not renderer.left()
    (fault,) = faults(log)
    assert (fault["event"], fault["kind"], fault["cause"]) == ("document failed", "table", "KeyError")
    assert "12.00" not in str(log)


NOT_MADE: dict[str, tuple[dict[str, Any], int]] = {
    "of no known kind": ({"document": {"kind": "nothing"}}, 0),
    "too large for the channel": (TABLE, MOST_UPLOAD + 1),
    "with a text that is too long": (TABLE | {"text": "𠮷" * (MOST_CAPTION // 2) + "1"}, 0),
}


@pytest.mark.parametrize("case", NOT_MADE)
async def test_files_that_never_go_out(database: Database, api: BotApi, renderer: _Renderer, case: str) -> None:
    phone = started(api)
    body, renderer.size = NOT_MADE[case]
    await put(database, api, phone, "one", body=body)
    await put(database, api, phone, "two")
    async with sender(database, api):
        await settle(database)
    said = body.get("text", "one") + "\n\n" + words("document-failed")
    assert sorted(shown(phone)) == sorted([said, "two"])
    assert [row.state for row in await states(database)] == ["failed", "sent", "sent"]
    assert not renderer.left()


async def test_a_text_may_be_as_long_as_a_caption(database: Database, api: BotApi, renderer: _Renderer) -> None:
    phone, longest = started(api), "𠮷" * (MOST_CAPTION // 2)
    await put(database, api, phone, longest, body=TABLE)
    async with sender(database, api):
        await settle(database)
    assert shown(phone) == [longest]
    assert len(renderer.folders) == 1


async def test_a_file_waits_for_the_database(database: Database, api: BotApi, renderer: _Renderer) -> None:
    """Group C: that it is down is no fault of the file."""
    phone = started(api)
    renderer.fault = DatabaseDownError("no space left")
    await put(database, api, phone, "one", body=TABLE)
    await put(database, api, phone, "two")
    async with sender(database, api):
        await until(partial(put_off, database), "not put off")
        renderer.fault = None
        await settle(database)
    assert shown(phone) == ["one", "two"]
    assert [tuple(row) for row in await states(database)] == [("sent", 1)] * 2
    assert not renderer.left()


FILES = {case: CASES[case] for case in ("429 for a second, twice", "500", "cut after delivery", "blocked", "400")}


@pytest.mark.parametrize("kind", [Kind.REPLY, Kind.REMINDER])
@pytest.mark.parametrize("case", FILES)
async def test_how_often_a_file_is_sent(
    database: Database, api: BotApi, renderer: _Renderer, case: str, kind: Kind
) -> None:
    """Group E: as any other message of its kind."""
    phone = started(api)
    state, copies = FILES[case].reminder if kind is Kind.REMINDER else FILES[case].reply
    api.faults.add(*(fault.on("sendDocument") for fault in FILES[case].faults))
    await put(database, api, phone, "one", kind=kind, body=TABLE)
    await put(database, api, phone, "two", kind=kind)
    async with sender(database, api):
        await settle(database)
    assert [row.state for row in await states(database)] == [state, "sent"]
    assert shown(phone) == [*["one"] * copies, "two"]
    assert not renderer.left()


async def test_only_so_many_files_are_made_at_a_time(
    database: Database, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    making, most = 0, 0

    async def slow(_database: Database, _params: Mapping[str, Any], path: Path) -> str:
        nonlocal making, most
        making += 1
        most = max(most, making)
        await asyncio.sleep(0.05)
        await asyncio.to_thread(path.write_text, "x", "utf-8")
        making -= 1
        return "x.txt"

    monkeypatch.setitem(RENDERERS, "table", slow)
    phones = [started(api, f"张{number}") for number in range(3 * FILES_AT_A_TIME)]
    for phone in phones:
        await put(database, api, phone, "one", body=TABLE)
    async with sender(database, api):
        await settle(database)
    assert all(shown(phone) == ["one"] for phone in phones)
    assert 1 < most <= FILES_AT_A_TIME
