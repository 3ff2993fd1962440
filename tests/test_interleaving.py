"""Three enterprises, two devices, any order: no answer lands in a report that was not shown where it was typed."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.app import Engine
from bot.channels import NO_LIMITS, Incoming, Outgoing, Sort
from bot.policy import Policy
from dialogs.form import Forms
from dialogs.texts import DEFAULT_LANGUAGE
from scheduler.clock import StandingClock
from storage import people
from storage.database import Database
from storage.tables import outbox, report, session
from storage.upgrade import upgrade
from tests.product import START, rows

PERIODS = ("2021-01", "2020-12", "2020-11")
DEVICES = 2
DEVICE = st.integers(0, DEVICES - 1)
FIGURES = st.tuples(DEVICE, st.just("figure"), st.integers(1, 4))
SAID = ("上一项", "跳过", "说明", "暂存", "数据填报", "关联企业", "/history", "/guide", "修改", "/cancel")
STEPS = st.one_of(
    FIGURES,
    FIGURES,
    st.tuples(DEVICE, st.just("open"), st.tuples(st.integers(0, 2), st.sampled_from(PERIODS))),
    st.tuples(DEVICE, st.just("say"), st.sampled_from(SAID)),
    st.tuples(DEVICE, st.just("press"), st.integers(0, 40)),
)


class Devices:
    """A channel with several devices of one person, which keeps what each was shown last."""

    name = "devices"
    bot = "test"
    link = "devices:"
    limits = NO_LIMITS

    def __init__(self) -> None:
        """Begin with nothing shown."""
        self.shown: dict[str, list[Outgoing]] = {}
        self._numbers = count(1)

    def read(self, payload: str) -> Incoming:
        """Return what was said."""
        chat, number, sort, words = orjson.loads(payload)
        pressed = words if sort == Sort.PRESS else ""
        return Incoming(
            *(self.name, self.bot, f"{chat}.{number}", chat, chat, payload, Sort(sort)),
            words="" if pressed else words,
            press=pressed,
        )

    def say(self, chat: str, sort: Sort, words: str) -> Incoming:
        """Return something that is said or pressed on a device."""
        return self.read(orjson.dumps([chat, str(next(self._numbers)), sort.value, words]).decode())

    def place(self, chat: str, label: str) -> str:
        """Return what the newest button of that label carries."""
        buttons = (button for message in reversed(self.shown[chat]) for row in message.rows for button in row)
        return next(data for shown, data in buttons if shown == label)

    async def send(self, message: Outgoing) -> str:
        """Show a message."""
        self.shown.setdefault(message.chat, []).append(message)
        return str(message.id)

    async def acknowledge(self, incoming: Incoming, notice: str) -> None:
        """Show nothing."""


async def one_life(  # noqa: C901 -- one case a step
    database: Database, life: int, steps: Sequence[tuple[int, str, object]]
) -> int:
    """Have a new person with three enterprises of their own go through the steps; return how many figures were kept."""
    channel = Devices()
    engine = Engine(database, StandingClock(START), Policy(Forms.read()), timedelta(seconds=15))
    engine.channels[channel.name] = channel
    chats = [f"{life}-{device}" for device in range(DEVICES)]
    numbers = []
    async with database.transaction() as tx:
        who = await people.bind_phone(tx, channel.name, chats[0], f"+86139{life:08}", START)
        for chat in chats:
            await people.bind_phone(tx, channel.name, chat, f"+86139{life:08}", START)
            await tx.add(
                session,
                {"channel": channel.name, "chat": chat, "language": DEFAULT_LANGUAGE, "focus": "{}", "page": 0},
            )
        await people.set_name(tx, who.id, "李会计")
        for place in range(3):
            basics = people.Basics(f"{life:012}{place:06}", f"企业{place}", "浦东", "其他", "示例路", "")
            numbers.append(await people.link_enterprise(tx, basics, who.id, START))
            await people.take_seat(tx, numbers[-1], who.id, START)
    figures = count(life * 100 + 1_000_000)
    kept = 0
    async with engine.running():

        async def do(chat: str, sort: Sort, words: str) -> None:
            await engine.worker.take([channel.say(chat, sort, words)])
            await engine.worker.settle()

        async def open_(chat: str, place: int, period: str) -> None:
            await do(chat, Sort.TEXT, "/report")
            await do(chat, Sort.PRESS, channel.shown[chat][-1].rows[place][0][1])
            await do(chat, Sort.TEXT, "补填")
            newest = channel.shown[chat][-1].rows
            await do(chat, Sort.PRESS, next(data for row in newest for label, data in row if label.startswith(period)))

        for device, chat in enumerate(chats):
            await open_(chat, device, PERIODS[device])
        for device, kind, what in steps:
            chat = chats[device]
            buttons = [data for row in channel.shown[chat][-1].rows for _, data in row]
            match kind, what:
                case "figure", int(many):
                    shown = await _shown(database, channel.shown[chat][-1].id)
                    typed = [str(next(figures)) for _ in range(many)]
                    await do(chat, Sort.TEXT, " ".join(typed))
                    kept += await _landed(database, numbers, typed, shown)
                case "open", (int(place), str(period)):
                    await open_(chat, place, period)
                case "press", int(place) if buttons:
                    await do(chat, Sort.PRESS, buttons[place % len(buttons)])
                case "say", str(words):
                    await do(chat, Sort.TEXT, words)
                case _:
                    pass
    return kept


async def _shown(database: Database, number: int) -> tuple[int, str] | None:
    """Return the report that a message was about."""
    (row,) = await rows(database, select(outbox.c.body).where(outbox.c.id == number))
    about = orjson.loads(row.body).get("report")
    return (about[0], about[1]) if about else None


async def _landed(
    database: Database, numbers: Sequence[int], typed: Sequence[str], shown: tuple[int, str] | None
) -> int:
    """See that what was typed is in the report that was shown there, or nowhere; return how much of it is."""
    kept = 0
    for row in await rows(database, select(report).where(report.c.enterprise_id.in_(numbers))):
        figures = orjson.loads(row.content)["figures"].values()
        found = {figure.partition(".")[0] for figure, *_ in figures} & set(typed)
        assert not found or (row.enterprise_id, row.period) == shown, (found, row.enterprise_id, row.period, shown)
        kept += len(found)
    return kept


def test_no_answer_lands_in_another_report_than_the_one_that_was_shown(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'lives.db'}"
    lives = count(1)
    kept = []

    async def live(steps: Sequence[tuple[int, str, object]]) -> None:
        database = Database(url)
        try:
            await upgrade(database)
            kept.append(await one_life(database, next(lives), steps))
        finally:
            await database.close()

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(STEPS, min_size=5, max_size=25))
    def lives_of(steps: list[tuple[int, str, object]]) -> None:
        asyncio.run(live(steps))

    lives_of()
    assert sum(kept) > len(kept)  # most of it would prove little if nothing were ever kept


async def test_an_answer_a_transfer_and_the_next_answer_in_one_transaction(database: Database) -> None:
    """What the old reporter answered a moment before is there when the new one answers, and nothing after it."""
    channel = Devices()
    engine = Engine(database, StandingClock(START), Policy(Forms.read()), timedelta(seconds=15))
    engine.channels[channel.name] = channel
    basics = people.Basics("91310105TB0000036W", "企业", "浦东", "其他", "示例路", "")
    persons: dict[str, int] = {}
    async with database.transaction() as tx:
        for chat, name, phone in (("phone", "李会计", 1), ("tablet", "李会计", 1), ("new", "张会计", 2)):
            who = await people.bind_phone(tx, channel.name, chat, f"+861390000000{phone}", START)
            await people.set_name(tx, who.id, name)
            await people.link_enterprise(tx, basics, who.id, START)
            row = {"channel": channel.name, "chat": chat, "language": DEFAULT_LANGUAGE, "focus": "{}", "page": 0}
            await tx.add(session, row)
            persons[chat] = who.id
        (card,) = await people.linked_enterprises(tx, persons["phone"])
        await people.take_seat(tx, card.id, persons["phone"], START)

    async def do(*said: Incoming) -> None:
        await engine.worker.take(said)
        await engine.worker.settle()

    async with engine.running():
        await do(channel.say("tablet", Sort.TEXT, "数据填报"), channel.say("phone", Sort.TEXT, "关联企业"))
        for label in ("1. 更多", "填报人更换"):
            await do(channel.say("phone", Sort.PRESS, channel.place("phone", label)))
        (associate,), *_ = channel.shown["phone"][-1].rows
        await do(channel.say("phone", Sort.PRESS, associate[1]))
        await do(
            channel.say("tablet", Sort.TEXT, "12 12 12 2"),
            channel.say("phone", Sort.PRESS, channel.place("phone", "确定更换")),
            channel.say("tablet", Sort.TEXT, "99"),
            channel.say("new", Sort.TEXT, "数据填报"),
            channel.say("new", Sort.TEXT, "21"),
        )
    (stored,) = await rows(database, select(report.c.content))
    given = {cell: (figure, by) for cell, (figure, by, *_) in orjson.loads(stored.content)["figures"].items()}
    revenue = {"month": "12.00", "month_last_year": "12.00", "cumulative": "12.00", "cumulative_last_year": "2.00"}
    old = {f"operating_revenue.{measure}": (figure, persons["phone"]) for measure, figure in revenue.items()}
    assert given == old | {"total_profit.month": ("21.00", persons["new"])}
