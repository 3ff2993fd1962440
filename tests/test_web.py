"""The web chat: who a browser is, what is acknowledged when, what a browser that was away gets, and hostile input.

A real server on the loopback interface, a real database; only the engine behind it is a small stand-in.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http.cookies import Morsel
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import WSMsgType, web
from sqlalchemy import func, select

from bot.channels import File, Incoming, Outgoing, Sort
from bot.documents import Document, Renderer
from bot.web import WebChat
from bot.web.chat import MOST_BYTES, MOST_CHARS, MOST_TABS
from dialogs.texts import write_out
from dialogs.turn import text
from storage import inbox, people
from storage.database import Database, DatabaseDownError
from storage.inbox import Arrival
from storage.tables import inbox as inbox_table
from storage.tables import outbox, session, sign_in
from tests.product import faults, logged, until

START = datetime(2026, 11, 5, 1, 0, tzinfo=UTC)
PHONE = "+8613812345678"
ROWS = [[["甲", ["Home"], False], ["乙", ["Home"], False]], [["丙", ["Home"], True]]]


class _Clock:
    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def pass_by(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class _Intake:
    """Commits to the inbox, as the worker does, unless the database is said to be down."""

    def __init__(self, database: Database, clock: _Clock) -> None:
        self.database, self.clock = database, clock
        self.taken: list[Incoming] = []
        self.down = False
        self.open = asyncio.Event()
        self.open.set()

    async def take(self, incoming: Sequence[Incoming]) -> None:
        await self.open.wait()
        if self.down:
            raise DatabaseDownError("no space left")
        arrivals = [Arrival((one.channel, one.bot, one.update), one.chat, one.payload) for one in incoming]
        async with self.database.transaction() as tx:
            fresh = await inbox.add(tx, arrivals, "done", self.clock.now())
        self.taken += [one for one in incoming if (one.channel, one.bot, one.update) in fresh]


class _Tab:
    """One open page of a browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, **frame: object) -> None:
        await self.socket.send_str(orjson.dumps(frame).decode())

    async def hear(self) -> dict[str, Any]:
        read: dict[str, Any] = orjson.loads(await self.socket.receive_str(timeout=5))
        return read

    async def catch_up(self, since: int = 0) -> list[dict[str, Any]]:
        """Return what is missing, and have the rest sent from then on."""
        await self.say(since=since)
        frames: list[dict[str, Any]] = []
        while not (frame := await self.hear()).get("ready"):
            frames.append(frame)
        return frames

    async def silent(self) -> bool:
        """Return whether nothing more comes: a refusal of an empty message overtakes nothing."""
        await self.say(id="is-there-more", text="")
        return await self.hear() == {"refused": "is-there-more"}


class _Browser:
    """A browser with its own cookies, and a page of ours open."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self.session, self.base = session, base
        self.headers = {"Origin": base}

    async def tab(self, **headers: str) -> _Tab:
        return _Tab(await self.session.ws_connect(f"{self.base}/chat/ws", headers=self.headers | headers))

    async def post(self, path: str, content: object, **headers: str) -> tuple[int, Any]:
        sent = self.headers | {"Content-Type": "application/json"} | headers
        async with self.session.post(f"{self.base}{path}", data=orjson.dumps(content), headers=sent) as answer:
            body = await answer.read()
            return answer.status, orjson.loads(body) if answer.content_type == "application/json" else None

    async def code(self, phone: str = PHONE) -> str:
        status, answer = await self.post("/chat/code", {"phone": phone})
        assert status == 200
        return str(answer["code"])

    def cookie(self) -> Morsel[str]:
        (cookie,) = self.session.cookie_jar
        return cookie


async def _table(_database: Database, params: Mapping[str, Any], path: Path) -> str:
    """Make a file; of which length, the parameters say."""
    await asyncio.to_thread(path.write_bytes, b"1,2\n" * params["lines"])
    return "填报表 2026-10.csv"


class _World:
    """The server, and what is behind it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = _Clock()
        self.intake = _Intake(database, self.clock)
        self.renderers: dict[str, Renderer] = {"table": _table}
        self.chat = WebChat(database, self.clock, self.intake, self.renderers, local=True)
        self.base = ""
        self.sessions: list[aiohttp.ClientSession] = []

    def browser(self) -> _Browser:
        session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.sessions.append(session)
        return _Browser(session, self.base)

    async def user(self, browser: _Browser) -> str:
        """Return by which name the engine knows a browser that has talked before."""
        tab = await browser.tab()
        await tab.say(id="who-am-i", text="x")
        assert await tab.hear() == {"ack": "who-am-i"}
        await tab.socket.close()
        return self.intake.taken.pop().user

    async def put(self, chat: str, text: str, **columns: object) -> int:
        """Put a message into the outbox and return its number."""
        body = {"text": text, "rows": ROWS} | dict(columns.pop("body", {}))  # type: ignore[call-overload]
        row = {
            "channel": "web",
            "bot": "local",
            "chat": chat,
            "kind": "reply",
            "body": orjson.dumps(body).decode(),
            "state": "sent",
            "created_at": self.clock.now(),
        }
        async with self.database.transaction() as tx:
            put = outbox.insert().values(row | columns).returning(outbox.c.id)
            return int((await tx.run(put)).scalar_one())

    async def inbox_rows(self) -> int:
        async with self.database.transaction() as tx:
            return int((await tx.run(select(func.count()).select_from(inbox_table))).scalar_one())


@pytest.fixture
async def world(database: Database) -> AsyncIterator[_World]:
    """Return a running web chat."""
    made = _World(database)
    app = web.Application()
    app.add_routes(made.chat.routes())
    app.on_shutdown.append(made.chat.close)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    for opened in made.sessions:
        await opened.close()
    await runner.cleanup()


# ---- the page


async def test_the_page_allows_nothing_but_its_own_files(world: _World) -> None:
    browser = world.browser()
    async with browser.session.get(world.base) as answer:
        page = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "Set-Cookie" not in answer.headers  # a page opened from elsewhere must not replace the strict cookie
        assert answer.headers["Cache-Control"] == "no-store"
    assert "填报助手" in page
    assert "演示环境" in page
    assert "$" not in page
    assert "<style" not in page
    for inline in (" style=", " onclick=", "javascript:"):
        assert inline not in page
    for script in page.split("<script")[1:]:
        assert script.startswith(" src=")


async def test_files_have_names_that_change_and_may_be_kept(world: _World) -> None:
    browser = world.browser()
    async with browser.session.get(world.base) as answer:
        page = await answer.text()
    css = page.partition('href="/static/chat-')[2].partition('"')[0]
    async with browser.session.get(f"{world.base}/static/chat-{css}") as answer:
        assert answer.status == 200
        assert "immutable" in answer.headers["Cache-Control"]
        font = (await answer.text()).partition('url("/font/')[2].partition('"')[0]
    async with browser.session.head(f"{world.base}/font/{font}") as answer:
        assert answer.status == 200
        assert answer.content_type == "font/collection"
        assert answer.content_length is not None
        assert answer.content_length > 1_000_000
    for path in ("/static/chat-0000000000000000.css", "/static/..%2Fchat.py", "/static/chat.py", "/font/x.ttc"):
        async with browser.session.get(f"{world.base}{path}") as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("en-GB,en;q=0.9,zh;q=0.1", "en"), ("zh-TW,en", "zh-CN"), ("fr,de", "zh-CN"), ("", "zh-CN"), (";;,-,", "zh-CN")],
)
async def test_the_page_speaks_the_language_of_the_browser(world: _World, accepted: str, language: str) -> None:
    async with world.browser().session.get(world.base, headers={"Accept-Language": accepted}) as answer:
        assert f'<html lang="{language}">' in await answer.text()


# ---- who


async def test_the_cookie_is_strict_and_unreadable_for_scripts_and_not_stored(world: _World) -> None:
    browser = world.browser()
    user = await world.user(browser)
    cookie = browser.cookie()
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert len(cookie.value) == 43  # 256 bits
    assert cookie.value not in user
    async with world.database.transaction() as tx:
        row = (await tx.run(select(inbox_table))).one()
    assert not any(cookie.value in str(value) for value in row)
    assert await world.user(world.browser()) != user


async def test_a_browser_keeps_its_name(world: _World) -> None:
    browser = world.browser()
    tab = await browser.tab()
    await tab.socket.close()
    named = browser.cookie().value
    await browser.tab()
    assert browser.cookie().value == named


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://127.0.0.1:1", "file://", "http://["])
async def test_other_sites_are_refused(world: _World, origin: str) -> None:
    browser = world.browser()
    await world.user(browser)
    for path in ("/chat/code", "/chat/verify"):
        assert (await browser.post(path, {"phone": PHONE}, Origin=origin))[0] == 403
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await browser.tab(Origin=origin)


async def test_a_foreign_name_that_points_here_is_refused(world: _World) -> None:
    """G: a page of another site whose name is made to resolve to this machine (DNS rebinding)."""
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await world.browser().tab(Origin="http://evil.example:80", Host="evil.example:80")
    tab = await world.browser().tab(Origin="http://localhost:80", Host="localhost:80")
    assert await tab.catch_up() == []


async def test_codes_do_not_exist_outside_of_the_local_mode(world: _World) -> None:
    chat = WebChat(world.database, world.clock, world.intake, {}, local=False)
    assert not [route for route in chat.routes() if route.method == "POST"]


# ---- the phone number


async def test_a_code_verifies_the_phone_number(world: _World) -> None:
    browser = world.browser()
    user = await world.user(browser)
    tab = await browser.tab()
    await tab.catch_up()
    code = await browser.code("138 1234 5678")
    async with world.database.transaction() as tx:
        row = (await tx.run(select(sign_in))).one()
    assert (row.user, row.phone, row.tries) == (user, PHONE, 0)
    assert code not in row.code_hash
    full_width = code.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    assert await browser.post("/chat/verify", {"phone": "13812345678", "code": full_width}) == (200, {"verified": True})
    (incoming,) = world.intake.taken
    assert (incoming.sort, incoming.phone, incoming.user, incoming.chat) == (Sort.CONTACT, PHONE, user, user)
    assert incoming.private
    assert world.chat.read(incoming.payload) == incoming
    assert (await tab.hear())["own"]["text"] == "138******78"
    # The code has done its work.
    assert await browser.post("/chat/verify", {"phone": PHONE, "code": code}) == (400, {"error": "expired"})


async def test_a_verification_that_is_sent_twice_at_once_happens_once(world: _World) -> None:
    browser = world.browser()
    await world.user(browser)
    code = await browser.code()
    form = {"phone": PHONE, "code": code}
    answers = await asyncio.gather(*(browser.post("/chat/verify", form) for _ in range(4)))
    assert {"verified": True} in [answer for _, answer in answers]
    assert len(world.intake.taken) == 1


async def test_a_wrong_code_verifies_nothing_and_tries_run_out(world: _World) -> None:
    browser = world.browser()
    await world.user(browser)
    code = await browser.code()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for guess in (wrong, "", "\ud800", "x" * 200, wrong):
        form = b'{"phone": "13812345678", "code": "\\ud800"}' if guess == "\ud800" else None
        if form:
            headers = browser.headers | {"Content-Type": "application/json"}
            async with browser.session.post(f"{world.base}/chat/verify", data=form, headers=headers) as answer:
                assert (answer.status, await answer.json()) == (400, {"error": "wrong"})
        else:
            assert await browser.post("/chat/verify", {"phone": PHONE, "code": guess}) == (400, {"error": "wrong"})
    assert await browser.post("/chat/verify", {"phone": PHONE, "code": code}) == (400, {"error": "expired"})
    assert not world.intake.taken


async def test_guesses_side_by_side_get_no_more_tries(world: _World) -> None:
    browser = world.browser()
    await world.user(browser)
    code = int(await browser.code())
    guesses = [{"phone": PHONE, "code": f"{(code + 1 + step) % 1_000_000:06d}"} for step in range(20)]
    answers = await asyncio.gather(*(browser.post("/chat/verify", guess) for guess in guesses))
    assert sum(answer == {"error": "wrong"} for _, answer in answers) <= 5
    assert await browser.post("/chat/verify", {"phone": PHONE, "code": f"{code:06d}"}) == (400, {"error": "expired"})


async def test_a_code_is_good_for_five_minutes(world: _World) -> None:
    browser = world.browser()
    await world.user(browser)
    code = await browser.code()
    world.clock.pass_by(300)
    assert await browser.post("/chat/verify", {"phone": PHONE, "code": code}) == (400, {"error": "expired"})
    code = await browser.code()
    world.clock.pass_by(299)
    assert (await browser.post("/chat/verify", {"phone": PHONE, "code": code}))[0] == 200


async def test_a_code_is_for_one_number_and_one_browser(world: _World) -> None:
    browser, other = world.browser(), world.browser()
    await world.user(browser)
    await world.user(other)
    code = await browser.code()
    assert await other.post("/chat/verify", {"phone": PHONE, "code": code}) == (400, {"error": "expired"})
    answer = await browser.post("/chat/verify", {"phone": "13912345678", "code": code})
    assert answer == (400, {"error": "wrong"})
    assert not world.intake.taken


@pytest.mark.parametrize("phone", ["+88812345678", "021-64225233", "+1 202 555 0123", "", "x" * 300, "12345", 7, None])
async def test_only_mobiles_of_the_mainland_get_a_code(world: _World, phone: object) -> None:
    browser = world.browser()
    await world.user(browser)
    assert await browser.post("/chat/code", {"phone": phone}) == (400, {"error": "phone"})
    assert await browser.post("/chat/verify", {"phone": phone, "code": "123456"}) == (400, {"error": "phone"})


async def test_the_next_code_takes_a_while_and_ends_the_earlier_one(world: _World) -> None:
    browser = world.browser()
    await world.user(browser)
    codes = await asyncio.gather(*(browser.post("/chat/code", {"phone": PHONE}) for _ in range(5)))
    assert sorted(status for status, _ in codes) == [200, 429, 429, 429, 429]
    (first,) = [answer["code"] for status, answer in codes if status == 200]
    world.clock.pass_by(29)
    assert await browser.post("/chat/code", {"phone": PHONE}) == (429, {"error": "soon", "wait": 30})
    world.clock.pass_by(1)
    second = await browser.code()
    if first != second:
        assert await browser.post("/chat/verify", {"phone": PHONE, "code": first}) == (400, {"error": "wrong"})
    assert (await browser.post("/chat/verify", {"phone": PHONE, "code": second}))[0] == 200


async def test_a_code_outlives_a_database_that_is_down(world: _World) -> None:
    browser = world.browser()
    await world.user(browser)
    code = await browser.code()
    world.intake.down = True
    assert await browser.post("/chat/verify", {"phone": PHONE, "code": code}) == (503, {"error": "busy"})
    world.intake.down = False
    assert (await browser.post("/chat/verify", {"phone": PHONE, "code": code}))[0] == 200
    assert len(world.intake.taken) == 1


async def test_forms_that_are_none_are_refused(world: _World) -> None:
    browser = world.browser()
    assert (await browser.post("/chat/code", {"phone": PHONE}))[0] == 403  # no cookie yet
    await world.user(browser)
    assert (await browser.post("/chat/code", {"phone": PHONE}, **{"Content-Type": "text/plain"}))[0] == 415
    assert (await browser.post("/chat/code", {"phone": PHONE, "more": "x" * 2_000}))[0] == 413
    nothing: list[object] = [[], "x", 7, None, {}]
    for malformed in nothing:
        assert await browser.post("/chat/code", malformed) == (400, {"error": "phone"})


# ---- the conversation


async def test_a_message_is_acknowledged_when_it_is_committed(world: _World) -> None:
    tab = await world.browser().tab()
    await tab.catch_up()
    world.intake.open.clear()
    await tab.say(id="a-1", text="营业收入 1,234.5\n第二行")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(tab.socket.receive(), 0.2)
    assert await world.inbox_rows() == 0
    world.intake.open.set()
    assert await tab.hear() == {"ack": "a-1"}
    assert await world.inbox_rows() == 1
    (incoming,) = world.intake.taken
    assert (incoming.sort, incoming.words) == (Sort.TEXT, "营业收入 1,234.5\n第二行")
    assert world.chat.read(incoming.payload) == incoming


async def test_a_press_says_what_the_button_carried_and_is_acknowledged_to_all_tabs(world: _World) -> None:
    tab = await world.browser().tab()
    await tab.catch_up()
    await tab.say(id="p-1", press="12.0.1")
    assert await tab.hear() == {"ack": "p-1"}
    (incoming,) = world.intake.taken
    assert (incoming.sort, incoming.press, incoming.press_id, incoming.words) == (Sort.PRESS, "12.0.1", "p-1", "")
    assert world.chat.read(incoming.payload) == incoming
    await world.chat.acknowledge(incoming, "已保存")
    assert await tab.hear() == {"notice": "已保存", "id": "p-1"}


async def test_a_message_that_cannot_be_committed_is_to_be_sent_again(world: _World) -> None:
    tab = await world.browser().tab()
    await tab.catch_up()
    world.intake.down = True
    await tab.say(id="a-1", text="1")
    assert await tab.hear() == {"retry": "a-1"}
    world.intake.down = False
    await tab.say(id="a-1", text="1")
    assert await tab.hear() == {"ack": "a-1"}
    assert await world.inbox_rows() == 1


async def test_the_same_message_sent_again_is_one(world: _World) -> None:
    """A: duplicated, also after a reconnect; another browser's message of the same id is another message."""
    browser = world.browser()
    for _ in range(2):
        tab = await browser.tab()
        for _ in range(2):
            await tab.say(id="a-1", text="1")
            assert await tab.hear() == {"ack": "a-1"}
        await tab.socket.close()
    assert await world.inbox_rows() == 1
    other = await world.browser().tab()
    await other.say(id="a-1", text="2")
    assert await other.hear() == {"ack": "a-1"}
    assert await world.inbox_rows() == 2


async def test_a_message_goes_to_all_tabs_of_its_chat_and_to_no_other(world: _World) -> None:
    browser, stranger = world.browser(), world.browser()
    user = await world.user(browser)
    first, second, other = await browser.tab(), await browser.tab(), await stranger.tab()
    for tab in (first, second):
        assert [frame["own"]["text"] for frame in await tab.catch_up()] == ["x"]
    await other.catch_up()
    rows = [[("甲", "7.0.0"), ("乙", "7.0.1")]]
    assert await world.chat.send(Outgoing(7, user, "好", rows, ask_contact="验证手机号", at=START)) == "7"
    shown = {
        "id": 7,
        "text": "好",
        "rows": [[{"label": "甲", "data": "7.0.0"}, {"label": "乙", "data": "7.0.1"}]],
        "ask_contact": "验证手机号",
        "drop_contact": False,
        "at": int(START.timestamp() * 1000),
    }
    for tab in (first, second):
        assert await tab.hear() == {"message": shown}
    await first.say(id="a-1", text="我说的")
    assert await first.hear() == {"ack": "a-1"}
    own = (await second.hear())["own"]
    assert (own["id"], own["text"]) == ("a-1", "我说的")
    assert await other.silent()


async def test_sending_to_nobody_is_fine(world: _World) -> None:
    assert await world.chat.send(Outgoing(9, "nobody", "好")) == "9"


async def test_a_browser_that_knows_nothing_gets_the_conversation(world: _World) -> None:
    browser = world.browser()
    user = await world.user(browser)
    world.clock.pass_by(1)
    number = await world.put(user, "第一项", body={"ask_contact": "验证手机号"})
    world.clock.pass_by(1)
    tab = await browser.tab()
    for id_, frame in (("p-1", {"press": f"{number}.1.0"}), ("p-2", {"press": f"{number}.9.9"})):
        await tab.say(id=id_, **frame)
        await tab.hear()
    world.clock.pass_by(1)
    await world.put(user, "第二项", state="sending")
    await world.put(user, "第三项", state="new")
    await world.put(user, "明天", state="new", not_before=START + timedelta(days=1))
    await world.put(user, "没发成", state="failed")
    await world.put("somebody", "别人的")
    frames = await tab.catch_up()
    told = [(kind, said["text"]) for frame in frames for kind, said in frame.items()]
    assert told == [
        ("own", "x"),
        ("message", "第一项"),
        ("own", "丙"),
        ("own", ""),
        ("message", "第二项"),
        ("message", "第三项"),
    ]
    shown = frames[1]["message"]
    assert shown["id"] == number
    assert shown["ask_contact"] == "验证手机号"
    assert shown["rows"][1] == [{"label": "丙", "data": f"{number}.1.0"}]


async def test_a_button_of_another_chat_tells_nothing(world: _World) -> None:
    """G: forged callback data must not bring up the label of somebody else's button."""
    number = await world.put("somebody", "别人的")
    tab = await world.browser().tab()
    await tab.say(id="p-1", press=f"{number}.0.0")
    await tab.hear()
    assert [frame["own"]["text"] for frame in await tab.catch_up()] == [""]


async def test_after_a_reconnect_comes_exactly_what_is_missing(world: _World) -> None:
    browser = world.browser()
    user = await world.user(browser)
    numbers = []
    for step in range(6):
        world.clock.pass_by(1)
        numbers.append(await world.put(user, f"第{step}条"))
    tab = await browser.tab()
    assert [frame["message"]["id"] for frame in await tab.catch_up(numbers[2])] == numbers[3:]
    assert await tab.catch_up(numbers[-1]) == []
    world.clock.pass_by(1)
    other = await browser.tab()
    await other.say(id="o-1", text="在另一页说的")
    await other.hear()
    back = await browser.tab()
    assert [frame["own"]["id"] for frame in await back.catch_up(numbers[-1])] == ["o-1"]


async def test_a_new_browser_gets_the_newest_fifty(world: _World) -> None:
    browser = world.browser()
    user = await world.user(browser)
    numbers = []
    for step in range(60):
        world.clock.pass_by(1)
        numbers.append(await world.put(user, f"第{step}条"))
    tab = await browser.tab()
    assert [frame["message"]["id"] for frame in await tab.catch_up()] == numbers[10:]
    assert [frame["message"]["id"] for frame in await tab.catch_up(numbers[2])] == numbers[3:]


async def test_what_is_sent_while_a_tab_catches_up_comes_once_and_last(
    world: _World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = world.browser()
    user = await world.user(browser)
    number = await world.put(user, "旧的")
    missing = world.chat._missing  # noqa: SLF001 -- the moment between asking the database and answering

    async def slowly(of: str, known: int) -> list[dict[str, Any]]:
        frames = await missing(of, known)
        await world.chat.send(Outgoing(number, user, "旧的"))
        await world.chat.send(Outgoing(number + 1, user, "新的"))
        return frames

    monkeypatch.setattr(world.chat, "_missing", slowly)
    tab = await browser.tab()
    assert [frame["message"]["text"] for frame in await tab.catch_up() if "message" in frame] == ["旧的"]
    assert (await tab.hear())["message"]["text"] == "新的"
    assert await tab.silent()


async def test_a_tab_that_cannot_catch_up_is_told_to_come_back(world: _World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(_of: str, _known: int) -> list[dict[str, Any]]:
        raise DatabaseDownError("no space left")

    monkeypatch.setattr(world.chat, "_missing", down)
    tab = await world.browser().tab()
    await tab.say(since=0)
    closed = await tab.socket.receive()
    assert (closed.type, closed.data) == (WSMsgType.CLOSE, 1013)


async def test_a_browser_has_only_so_many_tabs(world: _World) -> None:
    browser = world.browser()
    tabs = [await browser.tab() for _ in range(MOST_TABS)]
    for tab in tabs:
        await tab.catch_up()
    with pytest.raises(aiohttp.WSServerHandshakeError, match="429"):
        await browser.tab()
    await tabs[0].socket.close()
    assert await (await browser.tab()).catch_up() == []


# ---- editions


async def test_an_edition_names_the_message_whose_place_it_takes(world: _World) -> None:
    browser = world.browser()
    user = await world.user(browser)
    tab = await browser.tab()
    await tab.catch_up()
    assert await world.chat.send(Outgoing(7, user, "一", [[("甲", "7.0.0")]])) == "7"
    assert "edits" not in (await tab.hear())["message"]
    await tab.say(id="p-1", press="7.0.0")
    await tab.hear()
    assert world.intake.taken[-1].message == "7"
    assert world.chat.read(world.intake.taken[-1].payload) == world.intake.taken[-1]
    assert await world.chat.send(Outgoing(9, user, "二", [[("乙", "9.0.0")]], edits="7")) == "7"
    shown = (await tab.hear())["message"]
    assert (shown["id"], shown["edits"], shown["text"]) == (9, 7, "二")
    assert shown["rows"] == [[{"label": "乙", "data": "9.0.0"}]]


async def test_the_history_has_the_newest_edition_in_the_place_of_the_oldest(world: _World) -> None:
    """Whichever edition is named by the next one: the first, as `send` returns it, or the one with the button."""
    browser = world.browser()
    user = await world.user(browser)

    async def put(text: str, **body: str) -> int:
        world.clock.pass_by(1)
        return await world.put(user, text, body=body)

    first, other = await put("第一版"), await put("别的")
    second = await put("第二版", edits=str(first))
    third = await put("第三版", edits=str(second))
    last = await put("最后")
    fourth = await put("第四版", edits=str(first))

    async def missing(known: int = 0) -> list[dict[str, Any]]:
        tab = await browser.tab()
        return [frame["message"] for frame in await tab.catch_up(known) if "message" in frame]

    frames = await missing()
    assert [(shown["id"], shown["text"]) for shown in frames] == [(fourth, "第四版"), (other, "别的"), (last, "最后")]
    assert frames[0]["earlier"] == [first, second, third]
    assert frames[0]["at"] == frames[1]["at"] - 1000
    # A browser that knows an edition gets the newest one, and what it takes the place of.
    assert [(shown["id"], shown.get("edits")) for shown in await missing(second)] == [
        (third, second),
        (last, None),
        (fourth, first),
    ]
    (edition,) = await missing(last)
    assert (edition["id"], edition["edits"], edition.get("earlier")) == (fourth, first, None)
    assert await missing(fourth) == []


async def test_editions_take_no_place_of_other_messages(world: _World) -> None:
    browser = world.browser()
    user = await world.user(browser)
    numbers = []
    for step in range(60):
        world.clock.pass_by(1)
        numbers.append(await world.put(user, f"第{step}条"))
    for step in range(100):
        world.clock.pass_by(1)
        await world.put(user, f"已发送 {step}", body={"edits": str(numbers[30])})
    frames = await (await browser.tab()).catch_up()
    expected = [*numbers[10:30], numbers[-1] + 100, *numbers[31:]]
    assert [frame["message"]["id"] for frame in frames] == expected


# ---- files


TABLE = Document("table", {"lines": 50_000}).pack()


async def test_a_message_has_a_link_to_its_file(world: _World, tmp_path: Path) -> None:
    browser = world.browser()
    user = await world.user(browser)
    tab = await browser.tab()
    await tab.catch_up()
    named = File("填报表.csv", tmp_path / "document")
    await world.chat.send(Outgoing(7, user, "给您", file=named))
    assert (await tab.hear())["message"]["file"] == {"name": "填报表.csv", "href": "/chat/file/7"}
    await world.chat.send(Outgoing(8, user, "没有"))
    assert "file" not in (await tab.hear())["message"]
    # Its name is known once it was made.
    numbers = [await world.put(user, "给您", body={"document": TABLE} | more) for more in ({"file_name": "表.csv"}, {})]
    frames = await (await browser.tab()).catch_up()
    shown = [frame["message"]["file"] for frame in frames if "message" in frame]
    assert shown == [
        {"name": name, "href": f"/chat/file/{number}"} for name, number in zip(("表.csv", ""), numbers, strict=True)
    ]


async def test_a_file_is_made_for_the_browser_whose_message_it_belongs_to(world: _World) -> None:
    """Group H: V6, no message carries another enterprise's data."""
    browser, stranger = world.browser(), world.browser()
    user = await world.user(browser)
    await world.user(stranger)
    number = await world.put(user, "给您", body={"document": TABLE})
    plain = await world.put(user, "没有文件")
    async with browser.session.get(f"{world.base}/chat/file/{number}") as answer:
        assert answer.status == 200
        assert await answer.read() == b"1,2\n" * 50_000
        headers = answer.headers
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''%E5%A1%AB%E6%8A%A5%E8%A1%A8%202026-10.csv"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Type"] == "text/csv"
    assert headers["Content-Length"] == "200000"
    refused = [(other, str(number)) for other in (stranger, world.browser())]
    refused += [(browser, path) for path in (str(plain), str(number + 9), "0", "9" * 18, "9" * 19, "x", "")]
    for who, path in refused:
        async with who.session.get(f"{world.base}/chat/file/{path}") as answer:
            assert answer.status == 404


async def test_a_file_is_not_made_for_who_has_another_account_by_now(world: _World) -> None:
    """Group H: the same browser, another person: a former one's files are none of the present one's."""
    browser = world.browser()
    user = await world.user(browser)
    async with world.database.transaction() as tx:
        first = await people.bind_phone(tx, "web", user, "+8613900000001", START)
    number = await world.put(user, "给您", body={"document": TABLE}, person_id=first.id)
    async with browser.session.get(f"{world.base}/chat/file/{number}") as answer:
        assert answer.status == 200
    async with world.database.transaction() as tx:
        await people.bind_phone(tx, "web", user, "+8613900000002", START)
    async with browser.session.get(f"{world.base}/chat/file/{number}") as answer:
        assert answer.status == 404


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_file_that_cannot_be_made_says_so(world: _World, language: str) -> None:
    browser = world.browser()
    user = await world.user(browser)
    async with world.database.transaction() as tx:
        await tx.run(session.insert().values(channel="web", chat=user, language=language, focus="{}", page=0))
    number = await world.put(user, "给您", body={"document": TABLE})
    missing = await world.put(user, "给您", body={"document": Document("nothing").pack()})

    async def down(_database: Database, _params: Mapping[str, Any], _path: Path) -> str:
        raise DatabaseDownError("no space left")

    world.renderers["table"] = down
    for id_, path, status in (("web-error-busy", number, 503), ("document-failed", missing, 500)):
        with logged() as log:
            async with browser.session.get(f"{world.base}/chat/file/{path}") as answer:
                assert (answer.status, await answer.text()) == (status, write_out(text(id_), language))
                assert "Content-Disposition" not in answer.headers
        assert [event["event"] for event in faults(log)] == ["document failed"] * (status == 500)


async def test_a_browser_that_goes_away_leaves_nothing_behind(world: _World) -> None:
    browser = world.browser()
    user = await world.user(browser)
    folders: list[Path] = []

    async def large(database: Database, params: Mapping[str, Any], path: Path) -> str:
        folders.append(path.parent)
        return await _table(database, params, path)

    world.renderers["table"] = large
    number = await world.put(user, "给您", body={"document": Document("table", {"lines": 10_000_000}).pack()})
    async with browser.session.get(f"{world.base}/chat/file/{number}") as answer:
        await answer.content.readexactly(10)
        answer.close()
    await until(lambda: not folders[0].exists(), "the file is still there")


# ---- hostile


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("\u202e反过来\u202c", "\u202e反过来\u202c"),
        ("a\x00b\x1bc", "abc"),
        ("啊" * 4_097, "啊" * 4_097),
        ("😀" * MOST_CHARS, "😀" * MOST_CHARS),
    ],
)
async def test_odd_texts_arrive_as_text(world: _World, text: str, kept: str) -> None:
    browser = world.browser()
    tab = await browser.tab()
    await tab.say(id="a-1", text=text)
    assert await tab.hear() == {"ack": "a-1"}
    assert world.intake.taken[0].words == kept
    again = await browser.tab()
    assert (await again.catch_up())[0]["own"]["text"] == kept


async def test_half_a_character_is_left_out(world: _World) -> None:
    tab = await world.browser().tab()
    await tab.socket.send_str('{"id": "a-1", "text": "1\\ud83d2"}')
    assert await tab.hear() == {"ack": "a-1"}
    assert world.intake.taken[0].words == "12"


@pytest.mark.parametrize(
    "frame",
    [
        {"id": "a-1", "text": ""},
        {"id": "a-1", "text": " \n "},
        {"id": "a-1", "text": "\x00"},
        {"id": "a-1", "text": "x" * (MOST_CHARS + 1)},
        {"id": "a-1", "text": 7},
        {"id": "a-1", "press": None},
        {"id": "a-1"},
    ],
)
async def test_what_is_no_message_is_refused_by_name(world: _World, frame: dict[str, object]) -> None:
    tab = await world.browser().tab()
    await tab.say(**frame)
    assert await tab.hear() == {"refused": "a-1"}
    assert not world.intake.taken


_NONSENSE = [
    "",
    "{",
    "[]",
    "null",
    "7",
    '"x"',
    "{}",
    "\x00",
    "[" * 30_000,
    '{"since": ' + "9" * 6_000 + "}",
    '{"since": -1}',
    '{"since": "1"}',
    '{"since": 1e3}',
    '{"id": 7, "text": "x"}',
    '{"id": "", "text": "x"}',
    '{"id": "a b", "text": "x"}',
    '{"id": "' + "a" * 41 + '", "text": "x"}',
    '{"id": ["a"], "text": "x"}',
    '{"text": "x"}',
]


async def test_nonsense_changes_nothing_and_disturbs_nobody(world: _World) -> None:
    browser, other = world.browser(), world.browser()
    user = await world.user(other)
    tab, theirs = await browser.tab(), await other.tab()
    await theirs.catch_up()
    for frame in _NONSENSE:
        await tab.socket.send_str(frame)
    await tab.socket.send_bytes(b"\x00\xff" * 100)
    await tab.socket.send_bytes(orjson.dumps({"id": "a-1", "text": "x"}))
    assert await tab.silent()
    assert not world.intake.taken
    await world.chat.send(Outgoing(7, user, "好"))
    assert (await theirs.hear())["message"]["text"] == "好"


async def test_an_oversized_frame_ends_only_its_own_connection(world: _World) -> None:
    browser = world.browser()
    user = await world.user(browser)
    tab, other = await browser.tab(), await browser.tab()
    await tab.catch_up()
    await other.catch_up()
    await tab.socket.send_str("x" * (MOST_BYTES + 1))
    closed = await tab.socket.receive()
    assert (closed.type, closed.data) == (WSMsgType.CLOSE, 1009)
    await world.chat.send(Outgoing(7, user, "好"))
    assert (await other.hear())["message"]["text"] == "好"


async def test_a_tab_that_does_not_read_holds_up_nobody(world: _World) -> None:
    browser = world.browser()
    user = await world.user(browser)
    deaf, other = await browser.tab(), await browser.tab()
    await deaf.catch_up()
    await other.catch_up()
    deaf.socket._response.connection.protocol.pause_reading()  # type: ignore[union-attr] # noqa: SLF001
    text = "啊" * 4_000

    async def listen() -> int:
        last = 0
        while last < 5_000:
            last = (await other.hear())["message"]["id"]
        return last

    listening = asyncio.create_task(listen())
    for number in range(1, 5_001):
        await asyncio.wait_for(world.chat.send(Outgoing(number, user, text)), 1)
        if number % 50 == 0:
            await asyncio.sleep(0)
    assert await asyncio.wait_for(listening, 30) == 5_000
    assert len(world.chat._tabs[user]) == 1  # noqa: SLF001 -- the other one was cut off


@pytest.mark.parametrize("payload", ["", "[]", "{}", "null", '{"user": "a", "id": "b"}', '{"text": "x"}', "x" * 99])
def test_a_payload_that_is_none_is_not_read(payload: str) -> None:
    chat = WebChat.__new__(WebChat)
    assert chat.read(payload) is None
