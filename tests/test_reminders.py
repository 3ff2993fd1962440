"""Who is told what without asking, and when: from the rules to the messages, on both databases, slot by slot."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson
import pytest
from sqlalchemy import func, insert, select, update

from bot.channels import Incoming, Sort
from bot.exchange import PersonExchange
from bot.policy import Policy
from bot.settings import AdminChat
from dialogs.form import Forms
from dialogs.periods import SHANGHAI, Period, deadline
from dialogs.reminders import Notice, Unsubmitted, reminder_page
from dialogs.report import ReportState
from dialogs.texts import write_out
from dialogs.turn import Page
from scheduler import planner as planning
from scheduler.clock import StandingClock
from scheduler.planner import Planner
from scheduler.rules import read_rules
from storage import people, reminders
from storage.database import Database, DatabaseDownError, Transaction
from storage.tables import account, audit, hush, inbox, outbox, reminder, report
from storage.work import Work
from tests.botapi import BotApi
from tests.product import SAMPLES, Reporter, make_known, product, rows, settings_for, settle

JANUARY = Period(2026, 1)
LONG_AGO = datetime(2025, 12, 1, tzinfo=SHANGHAI)
PUDONG, CITY = -1, -2
CHATS = (
    AdminChat(chat=PUDONG, scope="浦东", admins=(1,)),
    AdminChat(chat=CITY, scope="city", admins=(1,)),
)
FORMS, RULES = Forms.read(), read_rules()
OPEN, DUE, LAST, OVERDUE = "开始填报", "还没有提交，请在", "小时", "已过截止时间"


def at(written: str) -> datetime:
    """Return an instant of 2026 in Shanghai, from month, day and time."""
    return datetime.strptime(f"2026-{written}", "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)


@dataclass
class Town:
    """People and enterprises, and what becomes known in their chats. An account is named as the person is."""

    database: Database
    clock: StandingClock = field(default_factory=lambda: StandingClock(LONG_AGO))
    seen: int = 0
    persons: dict[str, int] = field(default_factory=dict)
    enterprises: dict[str, int] = field(default_factory=dict)

    def planner(self, database: Database | None = None) -> Planner:
        """Return a planner that has just started."""
        policy = Policy(FORMS, CHATS, bots={"telegram": "bot"})
        return Planner(database or self.database, self.clock, FORMS, RULES, lambda: policy)

    async def settle(
        self, name: str, *enterprises: str, district: str = "浦东", reports: bool = True, since: datetime = LONG_AGO
    ) -> None:
        """Have somebody with an account be linked to enterprises, and usually hold their seats."""
        async with self.database.transaction() as tx:
            phone = f"+86138{len(self.persons):08}"
            who = await people.bind_phone(tx, "telegram", name, phone, since)
            self.persons[name] = who.id
            for called in enterprises:
                basics = people.Basics(f"code{len(self.enterprises)}", called, district, "其他", "", "")
                number = await people.link_enterprise(tx, basics, who.id, since)
                self.enterprises[called] = number
                if reports:
                    await people.take_seat(tx, number, who.id, since)

    async def has(self, enterprise: str, state: str) -> None:
        """Bring the report of an enterprise into a state."""
        row = {"enterprise_id": self.enterprises[enterprise], "period": str(JANUARY), "state": state, "form": "2021-01"}
        async with self.database.transaction() as tx:
            statement = tx.insert(report).on_conflict_do_update(
                index_elements=["enterprise_id", "period"], set_={"state": state}
            )
            await tx.run(statement, row | {"revision": 1, "content": "{}", "changed_at": LONG_AGO})

    async def rest(self, name: str, until: datetime | None) -> None:
        """Have somebody put off the reminders."""
        async with self.database.transaction() as tx:
            await reminders.leave_alone(tx, self.persons[name], JANUARY, until)

    async def news(self) -> dict[str, str]:
        """Return what came into each chat since the last time, several messages one under the other."""
        found = await rows(self.database, select(outbox).where(outbox.c.id > self.seen).order_by(outbox.c.id))
        told: dict[str, str] = {}
        for row in found:
            assert (row.kind, row.state, row.channel, row.bot) == ("reminder", "new", "telegram", "bot")
            told[row.chat] = "\n".join(filter(None, (told.get(row.chat), orjson.loads(row.body)["text"])))
            self.seen = row.id
        return told

    async def plan(self, when: str) -> dict[str, str]:
        """Start a planner at a time, and return what it says."""
        self.clock.move(at(when))
        await self.planner().plan()
        return await self.news()


@pytest.fixture
def town(database: Database) -> Town:
    """Return an empty town."""
    return Town(database)


HAPPENS = {
    "02-09 12:00": "the diligent submit",
    "02-09 12:30": "the busy put it off",
    "02-11 15:00": "the silent have enough",
}
EXPECTED: dict[str, dict[str, tuple[str, ...]]] = {
    # The 1st is a Sunday, the 8th too; the 14th is a Saturday that is worked on, and the 15th to the 23rd are off.
    "02-02 09:30": {
        "several": (OPEN, "甲厂", "乙厂（暂存）"),
        "corrects": (OPEN, "丁厂（退回修改）"),
        "diligent": (OPEN, "戊厂"),
        "busy": (OPEN, "己厂"),
        "silent": (OPEN, "庚厂"),
    },
    "02-09 09:30": {
        "several": (DUE, "甲厂", "乙厂（暂存）"),
        "corrects": (DUE, "丁厂（退回修改）"),
        "diligent": (DUE, "戊厂"),
        "busy": (DUE, "己厂"),
        "silent": (DUE, "庚厂"),
        str(PUDONG): ("浦东有 1 家企业没有填报员", "辛厂"),
        str(CITY): ("家企业没有填报员", "壬厂"),
    },
    "02-10 09:30": {"busy": (DUE, "己厂")},
    "02-11 09:30": {
        "several": (DUE, "甲厂", "乙厂（暂存）"),
        "corrects": (DUE, "丁厂（退回修改）"),
        "busy": (DUE, "己厂"),
        "silent": (DUE, "庚厂"),
        str(PUDONG): ("浦东有 1 家企业没有填报员", "辛厂"),
        str(CITY): ("家企业没有填报员", "壬厂"),
    },
    "02-14 09:30": {
        "several": ("还有 158 小时", "甲厂", "乙厂（暂存）"),
        "corrects": (LAST, "丁厂（退回修改）"),
        "busy": (LAST, "己厂"),
        str(PUDONG): ("浦东有 1 家企业没有填报员", "辛厂"),
        str(CITY): ("家企业没有填报员", "壬厂"),
    },
    "02-24 09:30": {
        "several": (OVERDUE, "甲厂", "乙厂（暂存）"),
        "corrects": (OVERDUE, "丁厂（退回修改）"),
        "busy": (OVERDUE, "己厂"),
    },
    "02-24 10:00": {
        str(PUDONG): ("浦东 2026-01 期报表截止后还有 6 家企业没有提交", "甲厂", "辛厂", "/missing"),
        str(CITY): ("全市 2026-01 期报表截止后还有 7 家企业没有提交", "壬厂", "/missing"),
    },
}
"""By hand: what is said in February 2026 about January, at which half hour, in which chat."""


async def test_a_month_goes_as_it_is_written(town: Town) -> None:
    await town.settle("several", "甲厂", "乙厂")
    await town.settle("done", "丙厂")
    await town.settle("corrects", "丁厂")
    await town.settle("diligent", "戊厂")
    await town.settle("busy", "己厂")
    await town.settle("silent", "庚厂")
    await town.settle("nobody", "辛厂", reports=False)
    await town.settle("nobody else", "壬厂", district="静安", reports=False)
    for called, state in {"乙厂": "draft", "丙厂": "submitted", "丁厂": "returned"}.items():
        await town.has(called, state)
    told: dict[str, dict[str, str]] = {}
    for number in range(28 * 48):
        when = f"{at('02-01 00:00') + timedelta(minutes=30 * number):%m-%d %H:%M}"
        match HAPPENS.get(when):
            case "the diligent submit":
                await town.has("戊厂", "submitted")
            case "the busy put it off":
                await town.rest("busy", at("02-10 09:30"))
            case "the silent have enough":
                await town.rest("silent", None)
            case _:
                pass
        if news := await town.plan(when):
            told[when] = news
    assert {when: set(chats) for when, chats in told.items()} == {when: set(chats) for when, chats in EXPECTED.items()}
    for when, chats in EXPECTED.items():
        for chat, parts in chats.items():
            assert all(part in told[when][chat] for part in parts), (when, chat, told[when][chat])
    others = ("丙厂", "戊厂")
    assert not any(name in said for chats in list(told.values())[2:] for said in chats.values() for name in others)


async def test_what_was_missed_is_made_up_for_once_by_the_newest(town: Town) -> None:
    await town.settle("late", "甲厂")
    assert set(await town.plan("02-02 09:30")) == {"late"}
    # Nothing ran on the 9th, the 10th and the 11th; at night nobody is told.
    assert await town.plan("02-11 23:00") == {}
    assert DUE in (await town.plan("02-12 08:30"))["late"]
    assert await town.plan("02-12 09:30") == {}
    rules = await rows(town.database, select(reminder.c.rule).order_by(reminder.c.slot))
    assert [row.rule for row in rules] == ["opened", "three-days"]
    # Nor is anybody reminded after the deadline that it is near.
    assert await town.plan("02-20 09:30") == {}


async def test_who_becomes_a_reporter_later_is_not_told_of_earlier_slots(town: Town) -> None:
    await town.settle("new", "甲厂", since=at("02-09 10:00"))
    await town.settle("nobody", "乙厂", reports=False, since=at("02-09 10:00"))
    assert await town.plan("02-10 09:30") == {}
    assert set(await town.plan("02-11 09:30")) == {"new", str(PUDONG)}


async def test_planners_at_the_same_time_tell_nobody_twice(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "A_PAGE", 3)
    for number in range(20):
        await town.settle(f"p{number}", f"厂{number}甲", f"厂{number}乙")
    town.clock.move(at("02-09 09:30"))
    planners = [town.planner() for _ in range(4)]
    for _ in range(2):
        # What got in each other's way is planned again.
        await asyncio.gather(*(one.tick() for one in planners))
    chats = await rows(town.database, select(outbox.c.chat, func.count()).group_by(outbox.c.chat))
    assert sorted(chats) == sorted((f"p{number}", 1) for number in range(20))
    assert len(await rows(town.database, select(reminder).where(reminder.c.outbox_id.is_not(None)))) == 40


class Dying(Database):
    """A database that is gone after so many transactions."""

    left = 4

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Begin, as long as there is one left."""
        self.left -= 1
        if self.left < 0:
            raise DatabaseDownError("gone")
        async with super().transaction() as tx:
            yield tx


async def test_who_dies_between_two_pages_is_followed_by_somebody_who_goes_on(
    town: Town, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "A_PAGE", 2)
    for number in range(9):
        await town.settle(f"p{number}", f"厂{number}")
    town.clock.move(at("02-02 09:30"))
    dying = Dying(database_url)
    died = town.planner(dying)
    await died.tick()
    await dying.close()
    before = set(await town.news())
    assert len(before) == 6
    await town.planner().tick()
    after = await town.news()
    assert before | set(after) == {f"p{number}" for number in range(9)}
    assert not before & set(after)


async def test_all_enterprises_of_a_person_are_in_one_message_with_buttons_for_the_first(town: Town) -> None:
    await town.settle("one", "甲厂")
    await town.settle("eight", *(f"八厂{number}" for number in range(8)))
    await town.settle("nine", *(f"九厂{number}" for number in range(9)))
    await town.plan("02-09 09:30")
    labels = {
        row.chat: [label for line in orjson.loads(row.body)["rows"] for label, *_ in line]
        for row in await rows(town.database, select(outbox))
    }
    rest = ["明天提醒我", "本月不再提醒"]
    assert labels["one"] == ["数据填报", *rest]
    assert labels["eight"] == [*(f"{number + 1}. 八厂{number}" for number in range(8)), *rest]
    assert labels["nine"] == [*(f"{number + 1}. 九厂{number}" for number in range(8)), "关联企业", *rest]


async def test_a_list_that_is_too_long_comes_in_parts_with_the_buttons_last(town: Town) -> None:
    names = [f"上海一家名称很长的示例企业集团股份有限公司第{number}分厂" for number in range(120)]
    await town.settle("agent", *names)
    said = (await town.plan("02-09 09:30"))["agent"]
    assert all(name in said for name in names)
    found = await rows(town.database, select(outbox.c.id, outbox.c.body).order_by(outbox.c.id))
    assert ["rows" in orjson.loads(row.body) for row in found] == [*[False] * (len(found) - 1), True]
    assert len(found) > 1
    told = await rows(town.database, select(reminder.c.outbox_id).distinct())
    assert [row.outbox_id for row in told] == [found[-1].id]


async def test_somebody_with_several_accounts_is_told_in_the_newest_that_works(town: Town) -> None:
    await town.settle("first", "甲厂")
    new = [("second", "telegram", 2, None), ("third", "telegram", 3, LONG_AGO), ("fourth", "elsewhere", 4, None)]
    async with town.database.transaction() as tx:
        for name, channel, day, blocked in new:
            row = {"channel": channel, "user": name, "person_id": town.persons["first"], "blocked_at": blocked}
            await tx.run(insert(account), row | {"bound_at": LONG_AGO + timedelta(days=day)})
    assert set(await town.plan("02-09 09:30")) == {"second"}
    async with town.database.transaction() as tx:
        await tx.run(update(account).values(blocked_at=LONG_AGO))
    assert await town.plan("02-11 09:30") == {}
    unreached = select(func.count()).select_from(reminder).where(reminder.c.outbox_id.is_(None))
    assert await rows(town.database, unreached) == [(1,)]


async def test_a_seat_that_moves_brings_no_second_reminder(town: Town) -> None:
    await town.settle("old", "甲厂")
    await town.settle("new", "乙厂")
    assert set(await town.plan("02-09 09:30")) == {"old", "new"}
    async with town.database.transaction() as tx:
        number, who = town.enterprises["甲厂"], town.persons["new"]
        await people.link_person(tx, number, who, at("02-09 10:00"))
        await people.move_seat(tx, number, who, at("02-09 10:00"))
    assert await town.plan("02-09 11:00") == {}
    assert set(await town.plan("02-11 09:30")) == {"new"}


async def test_who_puts_it_off_again_and_again_is_asked_each_morning(town: Town) -> None:
    await town.settle("busy", "甲厂")
    assert set(await town.plan("02-09 09:30")) == {"busy"}
    await town.rest("busy", at("02-10 09:30"))
    assert await town.plan("02-10 09:00") == {}
    assert set(await town.plan("02-10 09:30")) == {"busy"}
    await town.rest("busy", at("02-11 09:30"))
    # On the 11th there is a reminder anyway.
    assert set(await town.plan("02-11 09:30")) == {"busy"}
    await town.rest("busy", at("02-12 09:30"))
    await town.has("甲厂", "submitted")
    assert await town.plan("02-12 09:30") == {}


async def test_nothing_is_said_where_nobody_can_be_told(town: Town) -> None:
    await town.settle("late", "甲厂")
    town.clock.move(at("02-09 09:30"))
    policy = Policy(FORMS, CHATS)
    await Planner(town.database, town.clock, FORMS, RULES, lambda: policy).plan()
    assert await rows(town.database, select(reminder)) == []


def test_a_reminder_in_english_names_the_day_and_the_hours() -> None:
    closes, due = deadline(JANUARY, 20), [Unsubmitted(7, "甲厂", ReportState.DRAFT)]
    page = reminder_page(Notice.LAST, JANUARY, closes, at("02-14 09:30"), due)
    heading, line = (write_out(one, "en") for one in page.lines)
    assert heading == ("The report 2026-01 is not submitted yet, and 158 hours are left until the end of 20 February:")
    assert line.startswith("1. 甲厂 (")


# ---- over the emulator


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """Return an emulator."""
    async with BotApi() as running:
        yield running


MORNINGS = {
    "first": datetime(2021, 2, 8, 9, 30, tzinfo=SHANGHAI),
    "last": datetime(2021, 2, 20, 9, 30, tzinfo=SHANGHAI),
}


PRESSED = (
    ("first", "[明天提醒我]", "好的，2 月 9 日再提醒您填报 2021-01 期报表。"),
    ("first", "[本月不再提醒]", "好的，本月不再提醒您填报 2021-01 期报表，截止时间仍是 2 月 20 日 24 时。"),
    ("last", "[明天提醒我]", "到截止（2 月 20 日 24 时）前没有工作日了"),
)
"""In which morning which button is pressed, and what is answered."""


@pytest.mark.parametrize("pressing", PRESSED, ids=["tomorrow", "month", "too late"])
async def test_a_reminder_arrives_and_its_buttons_work(
    pressing: tuple[str, str, str], database: Database, database_url: str, api: BotApi
) -> None:
    morning, button, answer = pressing
    phone = api.phone()
    since = MORNINGS[morning] - timedelta(days=60)
    who, numbers = await make_known(database, phone, "王小明", SAMPLES[0], SAMPLES[1], reports=True, at=since)
    async with product(settings_for(database_url, api, started=MORNINGS[morning])):
        reporter = Reporter(phone)
        (reminded,) = await phone.wait(1)
        assert all(found.name in reminded.text for found in SAMPLES[:2])
        assert answer in (await reporter.do(button)).text
        opened = await reporter.do(f"[1. {SAMPLES[0].name}]")
        assert SAMPLES[0].name in opened.text
        assert "【1/" in opened.text
        await settle(database, api)
    assert len(await rows(database, select(reminder).where(reminder.c.outbox_id.is_not(None)))) == len(numbers)
    assert [row.person_id for row in await rows(database, select(hush.c.person_id))] == [who]
    assert [row.person_id for row in await rows(database, select(audit).where(audit.c.action == "hushed"))] == [who]


async def test_a_button_of_another_month_changes_nothing(database: Database, database_url: str, api: BotApi) -> None:
    phone = api.phone()
    first = MORNINGS["first"]
    await make_known(database, phone, "王小明", SAMPLES[0], reports=True, at=first - timedelta(days=60))
    async with product(settings_for(database_url, api, started=first)):
        (old,) = await phone.wait(1)
        await settle(database, api)
    async with product(settings_for(database_url, api, started=first + timedelta(days=31))):
        await phone.wait(1)
        await phone.press("明天提醒我", old)
        (answer,) = await phone.wait(1)
        assert answer.text == "2021-01 期报表的提醒已经结束。"
        await settle(database, api)
    assert await rows(database, select(hush)) == []


# ---- notices


@pytest.mark.parametrize(
    ("when", "talked", "not_before"),
    [
        ("02-08 15:00", None, None),
        ("02-08 22:00", None, "02-09 08:30"),
        ("02-08 07:00", None, "02-08 08:30"),
        ("02-12 10:00", None, "02-18 08:30"),
        ("02-08 22:00", 9, None),
        ("02-08 22:00", 11, "02-09 08:30"),
    ],
)
async def test_who_is_not_awake_is_told_in_the_morning(
    when: str, talked: int | None, not_before: str | None, database: Database
) -> None:
    """A notice goes out at once within working hours, and at any hour to who is just talking to the bot."""
    now = at(when).replace(year=2021)
    incoming = Incoming("telegram", "bot", "1", "other", "other", "", Sort.TEXT)
    async with database.transaction() as tx:
        who = await people.bind_phone(tx, "telegram", "told", "+8613800000000", LONG_AGO)
        if talked:
            key = {"channel": "telegram", "bot": "bot", "update": "1", "chat": "told", "payload": "", "state": "done"}
            await tx.run(insert(inbox), key | {"received_at": now - timedelta(minutes=talked)})
        work = Work(tx, "me", now + timedelta(minutes=1))
        await work.load_sessions([("telegram", "other")], "zh-CN")
        exchange = PersonExchange(work, Policy(FORMS, bots={"telegram": "bot"}), now, incoming, 1)
        await exchange.tell(who.id, Page(("told",)))
        await work.flush()
    expected = ("reminder", at(not_before).replace(year=2021)) if not_before else ("reply", None)
    assert await rows(database, select(outbox.c.kind, outbox.c.not_before)) == [expected]


# ---- what waits too long


async def states(town: Town) -> dict[str, tuple[str, str | None]]:
    """Return what became of the messages to each chat."""
    found = await rows(town.database, select(outbox.c.chat, outbox.c.state, outbox.c.error))
    return {row.chat: (row.state, row.error) for row in found}


async def test_what_could_not_be_sent_by_the_evening_is_not_sent_at_night(town: Town) -> None:
    """Nothing could be sent all day long; by 20:00 people are left alone."""
    await town.settle("busy", "己厂")
    assert await town.plan("02-09 09:30")
    await town.plan("02-09 19:59")
    assert await states(town) == {"busy": ("new", None)}
    assert await town.plan("02-09 20:01") == {}
    assert await states(town) == {"busy": ("failed", "too late")}
    assert DUE in (await town.plan("02-11 09:30"))["busy"]


async def test_what_was_submitted_before_the_reminder_went_out_is_not_reminded_of(town: Town) -> None:
    """Of several enterprises all must be: as long as one is missing the message is of use."""
    await town.settle("several", "甲厂", "乙厂")
    await town.settle("diligent", "戊厂")
    assert set(await town.plan("02-09 09:30")) == {"several", "diligent"}
    await town.has("戊厂", "submitted")
    await town.has("甲厂", "submitted")
    await town.plan("02-09 09:31")
    assert await states(town) == {"several": ("new", None), "diligent": ("failed", "submitted meanwhile")}
    await town.has("乙厂", "submitted")
    await town.plan("02-09 09:32")
    assert (await states(town))["several"] == ("failed", "submitted meanwhile")
