"""`/broadcast` and `/remind`: who is meant, each of them once, how far it is, stopped, on both databases."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson
import pytest
from sqlalchemy import ColumnElement, func, select, update

from bot.policy import Policy
from dialogs.form import Forms
from dialogs.office.authority import CITY, Administrator, OfficeFacts, Role
from dialogs.office.broadcasting import (
    MOST_CHARS,
    Audience,
    Kind,
    OrderBroadcast,
    OrderRemind,
    Reason,
    Status,
    WordBroadcast,
    read_broadcast,
    read_remind,
    reason_of,
    reminder_body,
)
from dialogs.office.chat import step
from dialogs.periods import SHANGHAI, Period
from dialogs.reminders import Unsubmitted
from dialogs.report import ReportState
from dialogs.texts import LANGUAGES, write_out
from dialogs.turn import Event, text
from scheduler import broadcaster as broadcasting
from scheduler.broadcaster import Broadcaster
from scheduler.clock import StandingClock
from storage import broadcasts, people
from storage.broadcasts import Place, Wanted
from storage.database import Database, DatabaseDownError, Transaction
from storage.offices import Scope
from storage.tables import account, audit, broadcast, inbox, outbox, pace, report
from tests.botapi import BotApi, Fault, Phone
from tests.botapi.wire import BLOCKED
from tests.offices import District, toast
from tests.product import PATIENCE, START, product, rows, settings_for, settle, words

DUE, CLOSES = "2021-01", datetime(2021, 2, 21, tzinfo=SHANGHAI)
BEFORE = START - timedelta(days=30)
EVENING = START.replace(hour=21)
"""When nobody is reminded by the clock."""
TEXT = "周五下午系统维护。\n请提前填报。"


# ---- orders

WHO = {scope: Administrator("telegram:1", Role.ADMINISTRATOR, scope) for scope in (CITY, "浦东")}
ORDERS: Mapping[str, tuple[str, Event | None]] = {
    "/broadcast": (CITY, OrderBroadcast(DUE, "", "", "all")),
    "/broadcast 未提交 浦东新区 专精特新": (CITY, OrderBroadcast(DUE, "浦东", "专精特新", "unsubmitted")),
    "/broadcast 中小微 Draft": (CITY, OrderBroadcast(DUE, "", "中小微培育", "draft")),
    "/broadcast 退回修改": ("浦东", OrderBroadcast(DUE, "浦东", "", "returned")),
    "/broadcast 崇明": ("浦东", None),
    "/broadcast 浦东 崇明": (CITY, None),
    "/broadcast 已提交 未填报": (CITY, None),
    "/broadcast 你好": (CITY, None),
    "/remind": (CITY, OrderRemind(DUE, "")),
    "/remind 浦东 2020-12": (CITY, OrderRemind("2020-12", "浦东")),
    "/remind 上月": ("浦东", OrderRemind(DUE, "浦东")),
    "/remind 崇明": ("浦东", None),
    "/remind 1月 12月": (CITY, None),
    "/remind 未提交": (CITY, None),
}


@pytest.mark.parametrize("line", ORDERS)
def test_orders_are_read_in_any_order(line: str) -> None:
    scope, expected = ORDERS[line]
    command, *typed = line.split()
    read = {"/broadcast": read_broadcast, "/remind": read_remind}[command]
    assert read(typed, OfficeFacts(START, WHO[scope], Forms.read())) == expected


@pytest.mark.parametrize(
    ("typed", "goes_on"), [("好", True), ("好" * MOST_CHARS, True), ("好" * (MOST_CHARS + 1), False), (" \n", False)]
)
def test_a_text_has_a_thousand_characters_at_most(typed: str, *, goes_on: bool) -> None:
    """What is too long is asked for again, for the same people."""
    turn = step(WordBroadcast(DUE, "浦东", "", "all", typed), OfficeFacts(START, WHO[CITY], Forms.read()))
    assert bool(turn.effects) is goes_on
    assert [page.reply for page in turn.pages] == ([] if goes_on else [WordBroadcast(DUE, "浦东", "", "all", "")])


def test_nobody_is_reminded_of_what_cannot_be_filled_any_more() -> None:
    facts = OfficeFacts(START, WHO[CITY], Forms.read())
    for period, goes_on in ((DUE, True), ("2020-01", True), ("2019-12", False), ("2021-02", False)):
        assert bool(step(OrderRemind(period, ""), facts).effects) is goes_on, period


REASONS = {
    "Forbidden: bot was blocked by the user": Reason.BLOCKED,
    "Forbidden: user is deactivated": Reason.GONE,
    "Bad Request: chat not found": Reason.GONE,
    "Bad Request: message is too long": Reason.LONG,
    "stopped": Reason.STOPPED,
    "Bad Request: something else": Reason.OTHER,
}


@pytest.mark.parametrize("error", REASONS)
def test_reasons_of_failures(error: str) -> None:
    assert reason_of(error) is REASONS[error]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [1, 8, 9, 40, 300])
def test_a_reminder_is_one_message_however_many_enterprises_there_are(count: int, language: str) -> None:
    due = [Unsubmitted(number, f"{number:03}" + "厂" * 197, ReportState.RETURNED) for number in range(count)]
    body = reminder_body(Period.parse(DUE), CLOSES, START, due, language)
    shown = len(re.findall("厂{197}", body["text"]))
    more = write_out(text("office-list-more", count=count - shown), language)
    assert shown >= 1
    assert (more in body["text"]) == (shown < count)


# ---- who is meant


@dataclass
class City:
    """Reporters and their enterprises. An account is named as its person is."""

    database: Database
    clock: StandingClock = field(default_factory=lambda: StandingClock(START))
    persons: dict[str, int] = field(default_factory=dict)
    enterprises: dict[str, int] = field(default_factory=dict)

    async def settle(
        self,
        name: str,
        *enterprises: str,
        district: str = "浦东",
        category: str = "其他",
        since: datetime = BEFORE,
        reports: bool = True,
    ) -> None:
        """Have somebody with an account be linked to enterprises, and usually hold their seats."""
        async with self.database.transaction() as tx:
            who = await people.bind_phone(tx, "telegram", name, f"+86138{len(self.persons):08}", since)
            self.persons[name] = who.id
            for called in enterprises or (f"{name}厂",):
                basics = people.Basics(f"code{len(self.enterprises)}", called, district, category, "", "")
                number = await people.link_enterprise(tx, basics, who.id, since)
                self.enterprises[called] = number
                if reports:
                    await people.take_seat(tx, number, who.id, since)

    async def has(self, enterprise: str, state: str, period: str = DUE) -> None:
        """Bring the report of an enterprise into a state."""
        row = {"enterprise_id": self.enterprises[enterprise], "period": period, "state": state, "form": "2021-01"}
        async with self.database.transaction() as tx:
            await tx.run(report.insert(), row | {"revision": 1, "content": "{}", "changed_at": BEFORE})

    async def start(self, kind: Kind, audience: Audience, scope: Scope = None, message: str = "1") -> int | None:
        """Have a broadcast confirmed."""
        async with self.database.transaction() as tx:
            place = Place("telegram", "bot", "-1", message)
            wanted = Wanted(audience, scope, CLOSES)
            return await broadcasts.start(tx, kind, wanted, TEXT, place, "telegram:1", self.clock.now())

    def broadcaster(self, database: Database | None = None) -> Broadcaster:
        """Return one that has just started."""
        policy = Policy(Forms(()), bots={"telegram": "bot"})
        return Broadcaster(database or self.database, self.clock, lambda: policy)

    async def told(self) -> dict[str, str]:
        """Return what waits for each person."""
        found = await rows(self.database, select(outbox).where(outbox.c.broadcast_id.is_not(None)))
        assert {(row.kind, row.bot, row.person_id == self.persons[row.chat]) for row in found} <= {
            ("reminder", "bot", True)
        }
        assert len({row.chat for row in found}) == len(found)
        return {row.chat: orjson.loads(row.body)["text"] for row in found}

    async def shown(self) -> list[str]:
        """Return what the office was told, in order, and have it delivered."""
        replies = select(outbox.c.body).where(outbox.c.kind == "reply").order_by(outbox.c.id)
        found = [orjson.loads(row.body) for row in await rows(self.database, replies)]
        assert all(body["edits"] in {"1", "9"} for body in found)
        await self.mark(outbox.c.kind == "reply", state="sent", message="9")
        return [body["text"] for body in found]

    async def mark(self, which: ColumnElement[bool], **values: object) -> None:
        """Note what became of messages."""
        async with self.database.transaction() as tx:
            await tx.run(update(outbox).where(which).values(**values))


@pytest.fixture
def city(database: Database) -> City:
    """Return an empty city."""
    return City(database)


ALL = Audience(DUE, "", "", "all")
AUDIENCES: Mapping[str, tuple[Audience, Scope, str]] = {
    "everybody": (ALL, None, "none draft returned done two small chongming late"),
    "not begun": (Audience(DUE, "", "", "none"), None, "none two small chongming"),
    "begun": (Audience(DUE, "", "", "draft"), None, "draft two"),
    "returned": (Audience(DUE, "", "", "returned"), None, "returned"),
    "submitted": (Audience(DUE, "", "", "submitted"), None, "done"),
    "not submitted": (Audience(DUE, "", "", "unsubmitted"), None, "none draft returned two small chongming"),
    "of another period": (Audience("2020-12", "", "", "submitted"), None, "draft"),
    "of a district": (Audience(DUE, "崇明", "", "all"), ("崇明",), "chongming"),
    "of a category": (Audience(DUE, "", "专精特新", "all"), None, "small"),
    "of a district and a category": (Audience(DUE, "浦东", "专精特新", "unsubmitted"), ("浦东",), "small"),
    "nobody": (Audience(DUE, "崇明", "专精特新", "all"), ("崇明",), ""),
    # What a button of another scope would reach.
    "outside of the scope": (ALL, (), ""),
}


async def populate(city: City) -> None:
    """Have one of everybody."""
    for name in ("none", "draft", "returned", "done"):
        await city.settle(name)
    await city.settle("two", "甲厂", "乙厂")
    await city.settle("small", category="专精特新")
    await city.settle("chongming", district="崇明")
    await city.settle("late", since=CLOSES)
    await city.settle("associate", reports=False)
    await city.settle("gone", "丙厂")
    await city.settle("away", "丁厂")
    for name, state in (("draft厂", "draft"), ("returned厂", "returned"), ("done厂", "submitted"), ("乙厂", "draft")):
        await city.has(name, state)
    await city.has("draft厂", "submitted", "2020-12")
    async with city.database.transaction() as tx:
        await tx.run(update(account).where(account.c.user == "gone").values(blocked_at=START))
        await tx.run(update(account).where(account.c.user == "away").values(channel="elsewhere"))


@pytest.mark.parametrize("case", AUDIENCES)
async def test_who_is_meant(city: City, case: str) -> None:
    """Reporters by their enterprises within the scope, each once, and only where they can be reached."""
    audience, scope, expected = AUDIENCES[case]
    await populate(city)
    async with city.database.transaction() as tx:
        _, reachable = await broadcasts.count(tx, Wanted(audience, scope, CLOSES), ["telegram"])
    assert reachable == len(expected.split())
    if scope != ():
        await city.start(Kind.BROADCAST, audience, scope)
        await city.broadcaster().tick()
        assert await city.told() == dict.fromkeys(expected.split(), f"{words('broadcast-notice')}\n{TEXT}")


async def test_who_cannot_be_reached_is_counted(city: City) -> None:
    await populate(city)
    async with city.database.transaction() as tx:
        assert await broadcasts.count(tx, Wanted(ALL, None, CLOSES), ["telegram"]) == (10, 8)


async def test_a_reminder_names_what_is_to_be_submitted_and_the_hours_left(city: City) -> None:
    await populate(city)
    city.clock.move(datetime(2021, 2, 20, 10, tzinfo=SHANGHAI))
    await city.start(Kind.REMIND, Audience(DUE, "浦东", "", Status.UNSUBMITTED), ("浦东",))
    await city.broadcaster().tick()
    told = await city.told()
    assert set(told) == {"none", "draft", "returned", "two", "small"}
    first, *lines = told["two"].splitlines()
    assert "14 小时" in first
    assert lines == ["1. 甲厂", "2. 乙厂（暂存）"]


async def test_to_the_newest_account_that_can_be_reached(city: City) -> None:
    await city.settle("old")
    async with city.database.transaction() as tx:
        for days, user, blocked in ((1, "new", None), (2, "newest", START)):
            row = {"channel": "telegram", "user": user, "person_id": city.persons["old"], "blocked_at": blocked}
            await tx.run(account.insert(), row | {"bound_at": BEFORE + timedelta(days)})
    city.persons["new"] = city.persons["old"]
    await city.start(Kind.BROADCAST, ALL)
    await city.broadcaster().tick()
    assert set(await city.told()) == {"new"}


# ---- once


async def test_a_button_pressed_twice_sends_once(city: City) -> None:
    assert await city.start(Kind.BROADCAST, ALL) is not None
    assert await city.start(Kind.BROADCAST, ALL) is None
    assert await city.start(Kind.BROADCAST, ALL, message="2") is not None


async def test_two_at_once_tell_nobody_twice(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasting, "A_CHUNK", 3)
    names = {f"p{number}" for number in range(20)}
    for name in names:
        await city.settle(name)
    await city.start(Kind.BROADCAST, ALL)
    several = [city.broadcaster() for _ in range(4)]
    for _ in range(2):
        # Who passed by somebody else's work looks again.
        await asyncio.gather(*(one.tick() for one in several))
    assert set(await city.told()) == names
    assert [tuple(row) for row in await rows(city.database, select(broadcast.c.state, broadcast.c.planned))] == [
        ("sending", 20)
    ]


class Dying(Database):
    """A database that is gone in the midst of its nth transaction."""

    left = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Begin, and break off the last one before it is committed."""
        async with super().transaction() as tx:
            yield tx
            self.left -= 1
            if self.left < 0:
                raise DatabaseDownError("gone")


@pytest.mark.parametrize("transactions", range(8))
async def test_who_dies_at_any_point_is_followed_by_somebody_who_goes_on(
    city: City, database_url: str, monkeypatch: pytest.MonkeyPatch, transactions: int
) -> None:
    """Nobody is left out, nobody gets it twice."""
    monkeypatch.setattr(broadcasting, "A_CHUNK", 2)
    names = [f"p{number}" for number in range(9)]
    for name in names:
        await city.settle(name)
    await city.start(Kind.BROADCAST, ALL)
    dying = Dying(database_url)
    dying.left = transactions
    await city.broadcaster(dying).tick()
    await dying.close()
    # The first transaction only looks what there is.
    assert len(await city.told()) == min(2 * max(transactions - 1, 0), 9)
    await city.broadcaster().tick()
    assert set(await city.told()) == set(names)


# ---- how far it is


async def test_the_office_is_told_how_far_it_is_and_what_became_of_it(city: City) -> None:
    for number in range(10):
        await city.settle(str(number))
    await city.start(Kind.BROADCAST, ALL)
    job = city.broadcaster()

    async def after(seconds: int) -> list[str]:
        city.clock.move(START + timedelta(seconds=seconds))
        await job.tick()
        return [shown.split("\n", 2)[2] for shown in await city.shown()]

    def numbers(sent: int, failed: int, ambiguous: int) -> str:
        return words("broadcast-numbers", sent=sent, failed=failed, ambiguous=ambiguous)

    def left(count: int, minutes: int) -> str:
        return f"{words('broadcast-left', count=count)}\n{words('broadcast-remaining', minutes=minutes)}"

    assert await after(4) == []
    await city.mark(outbox.c.chat.in_(["0", "1"]), state="sent")
    told = [f"{numbers(2, 0, 0)}\n{left(8, 2)}"]
    assert await after(20) == told
    # Not too often, and not again what was told.
    await city.mark(outbox.c.chat == "2", state="sending", tries=1)
    assert await after(24) == told
    assert await after(26) == told
    await city.mark(outbox.c.chat == "2", state="ambiguous")
    await city.mark(outbox.c.chat == "3", state="failed", error="Forbidden: bot was blocked by the user")
    told.append(f"{numbers(2, 1, 1)}\n{left(6, 2)}")
    assert await after(60) == told
    for number in range(4, 10):
        await city.mark(outbox.c.chat == str(number), state="sent")
    end = (words("broadcast-done"), numbers(8, 1, 1), words("broadcast-failed-blocked", count=1))
    told.append("\n".join((*end, words("broadcast-ambiguous", count=1))))
    assert await after(61) == told
    # Nothing after the summary.
    assert await after(600) == told
    (done,) = await rows(city.database, select(audit).where(audit.c.action == "broadcast-done"))
    detail = {"broadcast": 1, "sent": 8, "ambiguous": 1, "failed": {"blocked": 1}}
    assert (orjson.loads(done.detail), done.period, done.chat) == (detail, DUE, "telegram:-1")


async def test_the_office_is_not_told_again_before_it_was_told(city: City) -> None:
    """A group that Telegram holds up gets the newest numbers, not all of them one after the other."""
    await city.settle("0")
    await city.settle("1")
    await city.start(Kind.BROADCAST, ALL)
    job = city.broadcaster()
    await job.tick()
    city.clock.move(START + timedelta(seconds=10))
    await job.tick()
    for state in ("sending", "sent"):
        await city.mark(outbox.c.broadcast_id.is_not(None), state=state)
        city.clock.move(city.clock.now() + timedelta(seconds=10))
        await job.tick()
    count = select(func.count()).select_from(outbox).where(outbox.c.kind == "reply")
    assert [row[0] for row in await rows(city.database, count)] == [1]
    assert len(await city.shown()) == 1
    await job.tick()
    assert words("broadcast-done") in (await city.shown())[-1]


async def test_a_broadcast_to_nobody_ends_at_once(city: City) -> None:
    await city.start(Kind.BROADCAST, ALL)
    await city.broadcaster().tick()
    (shown,) = await city.shown()
    assert words("broadcast-done") in shown


STOPPED_AS: Mapping[str, tuple[Mapping[str, object], str]] = {
    "waits": ({"state": "new"}, "failed"),
    "claimed and waits for its turn": ({"state": "sending", "owner": "x", "lease_until": CLOSES}, "failed"),
    "is being sent": ({"state": "sending", "owner": "x", "lease_until": CLOSES, "tries": 1}, "sending"),
    "was sent": ({"state": "sent", "tries": 1}, "sent"),
    "failed": ({"state": "failed", "error": "chat not found"}, "failed"),
}


async def test_stop(city: City) -> None:
    """What is not being sent yet is not sent; people who are not planned yet never are."""
    for name in STOPPED_AS:
        await city.settle(name)
    number = await city.start(Kind.BROADCAST, ALL)
    assert number is not None
    job = city.broadcaster()
    await job.tick()
    for name, (before, _) in STOPPED_AS.items():
        await city.mark(outbox.c.chat == name, **before)
    async with city.database.transaction() as tx:
        found = await broadcasts.take(tx, number)
        assert found is not None
        assert await broadcasts.stop(tx, found) == 2
    await city.settle("somebody new")
    await job.tick()
    found_states = await rows(city.database, select(outbox.c.chat, outbox.c.state).where(outbox.c.kind == "reminder"))
    assert {row.chat: row.state for row in found_states} == {name: after for name, (_, after) in STOPPED_AS.items()}
    await city.mark(outbox.c.chat == "is being sent", state="sent")
    await job.tick()
    shown = (await city.shown())[-1]
    assert shown.splitlines()[2:] == [
        words("broadcast-was-stopped"),
        words("broadcast-numbers", sent=2, failed=3, ambiguous=0),
        words("broadcast-failed-gone", count=1),
        words("broadcast-failed-stopped", count=2),
    ]


# ---- the whole way


async def assemble(database: Database, api: BotApi, count: int) -> list[Phone]:
    """Return the phones of so many reporters who have written to the bot before."""
    city = City(database)
    phones = [api.phone(f"报{number}") for number in range(count)]
    for phone in phones:
        phone.chat.closed = ""
        await city.settle(str(phone.account.id))
    return phones


async def test_from_the_order_to_the_summary(database: Database, database_url: str, api: BotApi) -> None:
    """Thirty people: one has stopped the bot, of one it never gets known, the others get it once."""
    office = District(api, "浦东")
    phones = await assemble(database, api, 30)
    blocked, unknown, *others = phones
    blocked.chat.closed = BLOCKED
    api.faults.add(
        Fault.drop("after").on("sendMessage", when=lambda call: str(call["chat_id"]) == str(unknown.chat.id))
    )
    async with product(settings_for(database_url, api, admin_chats=(office.setting,), started=EVENING)):
        boss = office.administrator
        await boss.send("/broadcast 未提交")
        (asked,) = await boss.wait(1, PATIENCE)
        assert words("broadcast-ask", most=MOST_CHARS) in asked.text
        await boss.send(TEXT, reply_to=asked.message["message_id"])
        (preview,) = await boss.wait(1, PATIENCE)
        assert words("broadcast-people", count=30) in preview.text
        assert preview.text.endswith(TEXT)
        for phone, why in ((office.viewer, "office-may-not"), (office.stranger, "office-not-yours")):
            press = await phone.press("确认发送")
            await settle(database, api)
            assert toast(api, press) == words(why)
        assert await rows(database, select(broadcast)) == []
        await boss.press("确认发送")
        await boss.wait(words("broadcast-done"), PATIENCE)
        await settle(database, api)
        # It is all one message.
        screen = boss.screen[-1]
        assert screen.message["message_id"] == preview.message["message_id"]
        assert screen.buttons == []
        assert screen.text.splitlines()[2:] == [
            words("broadcast-done"),
            words("broadcast-numbers", sent=28, failed=1, ambiguous=1),
            words("broadcast-failed-blocked", count=1),
            words("broadcast-ambiguous", count=1),
        ]
        for phone in (unknown, *others):
            assert [shown.text for shown in phone.news()] == [f"{words('broadcast-notice')}\n{TEXT}"]
    done = select(audit).where(audit.c.action.like("broadcast-%")).order_by(audit.c.id)
    first, last = await rows(database, done)
    assert (first.action, first.actor) == ("broadcast-asked", f"telegram:{boss.account.id}")
    assert last.action == "broadcast-done"
    assert "维护" not in first.detail + last.detail


async def test_stopped_by_a_press(database: Database, database_url: str, api: BotApi) -> None:
    """Reminders are held up, so that there is something to stop."""
    office = District(api, "浦东")
    phones = await assemble(database, api, 5)
    async with product(settings_for(database_url, api, admin_chats=(office.setting,), started=EVENING)):
        boss = office.administrator
        await boss.send("/remind")
        (preview,) = await boss.wait(1, PATIENCE)
        assert words("remind-title", period=DUE) in preview.text
        assert words("broadcast-people", count=5) in preview.text
        assert words("broadcast-example") in preview.text
        (known,) = {(row.channel, row.bot) for row in await rows(database, select(inbox.c.channel, inbox.c.bot))}
        async with database.transaction() as tx:
            paused = {"channel": known[0], "bot": known[1], "shares": "{}", "paused_until": CLOSES}
            held = tx.insert(pace).on_conflict_do_update(
                index_elements=["channel", "bot"], set_={"paused_until": CLOSES}
            )
            await tx.run(held, paused)
        await boss.press("确认发送")
        await boss.wait(words("broadcast-left", count=5), PATIENCE)
        await boss.press("停止")
        await boss.wait(words("broadcast-was-stopped"), PATIENCE)
        await settle(database, api)
        assert words("broadcast-failed-stopped", count=5) in boss.screen[-1].text
        for phone in phones:
            assert phone.news() == []
    actions = select(audit.c.action).where(audit.c.action.like("broadcast-%")).order_by(audit.c.id)
    assert [row.action for row in await rows(database, actions)] == [
        "broadcast-asked",
        "broadcast-stopped",
        "broadcast-done",
    ]


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """Return an emulator."""
    async with BotApi() as api:
        yield api
