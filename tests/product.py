"""The product for tests, in this process or as processes of its own, and a reporter who has a conversation with it."""

import asyncio
import logging
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
import structlog
from pydantic import SecretStr
from sqlalchemy import Row, Select, func, select
from structlog.processors import add_log_level
from structlog.testing import LogCapture
from structlog.typing import EventDict

from bot.app import application
from bot.registry_file import check
from bot.sample import REGISTRY, seed
from bot.settings import PREFIX, AdminChat, Settings
from bot.telegram import Telegram
from dialogs.enterprises import Registered
from dialogs.periods import SHANGHAI
from dialogs.texts import DEFAULT_LANGUAGE, write_out
from dialogs.turn import text
from scheduler.clock import SystemClock
from storage import people
from storage.database import Database
from storage.tables import inbox, outbox, session
from tests.botapi import BotApi, Phone, Shown

ROOT = Path(__file__).parent.parent
START = datetime(2021, 2, 5, 10, tzinfo=SHANGHAI)
"""A day on which the report of 2021-01 is due and that of 2020-12 can still be filled."""
SECRET = "not-known-to-strangers"  # noqa: S105 -- opens nothing but a test
PATIENCE = 60.0
"""Seconds after which something that was to happen is taken not to happen any more, however busy the machine is."""

CODE, NAME, REPRESENTATIVE = "91310105TB0000036W", "上海示例蒲公英汽车零部件有限公司", "孙书衡"
"""An enterprise of the samples that nobody has linked yet."""
TAKEN = ("91310115TB000001XH", "上海示例云雀精密机械有限公司", "赵文澜", "王芳")
"""An enterprise of the samples that has a reporter, and that reporter."""

CONTACT = "(contact)"
WAY_IN = ("/start", CONTACT, "李会计")
LINKING = (
    "[关联企业]",
    "[增加关联企业]",
    CODE,
    NAME,
    REPRESENTATIVE,
    "浦东",
    "[专精特新]",
    "示例路 9 号",
    "021-55501234",
    "[提交关联]",
)
CLAIMING = ("[申请填报员]", "[确定]")
FIGURES = (
    # The stored report of the manual's figure 2-2-7, but for the last figure, which is 0.02 there.
    *("12 12 12 2", "21 0 21 1", "2 21", "12 12", "[跳过]", "[跳过]", "[跳过]", "[跳过]", "[确认，保留]"),
    *("21 4", "43 3", "2 23 2 2", "3 3 3 0"),
)
ANSWERS = (
    *("[良好]", "[一般]", "[不良]", "[良好]", "[达到90%以上]", "[市场订单增加]", "[本企业没有出口]"),
    *("[流动资金基本正常]", "[没有融资需求]", "[近期原材料购入价格平稳]", "[近期能源购入价格上升]"),
    *("[基本持平]", "[增加]", "[不变]", "[春节假期未停产]"),
)
REASONS = (("投资收益较多",), ("[去年尚未成立]",), ("[其他（请说明）]", "上年申报口径与本年不同"))
"""Three ways to answer a question about a value: in one's own words, by a button, by the button for one's own words."""
SUBMITTING = ("[提交]", "[确认提交]")


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def until(done: Callable[[], Awaitable[bool]] | Callable[[], bool], what: str, within: float = PATIENCE) -> None:
    """Wait until a condition holds.

    Args:
        done: the condition, looked at again and again.
        what: is said when it never holds.
        within: seconds.

    Raises:
        TimeoutError: it never did.
    """
    limit = asyncio.get_running_loop().time() + within
    while True:
        found = done()
        if found if isinstance(found, bool) else await found:
            return
        if asyncio.get_running_loop().time() > limit:
            raise TimeoutError(what)
        await asyncio.sleep(0.01)


# ---- the product


async def prepare(database: Database) -> None:
    """Fill an upgraded database with the sample enterprises."""
    await seed(database, SystemClock(START))


def settings_for(
    url: str,
    api: BotApi,
    *,
    port: int = 0,
    lease: float = 15.0,
    started: datetime = START,
    admin_chats: tuple[AdminChat, ...] = (),
    claim_approval: bool = False,
) -> Settings:
    """Return the settings for a database and an emulator.

    Args:
        url: of the database.
        api: the emulator.
        port: where the webhook is to be; 0 for polling.
        lease: seconds for which a message belongs to one process.
        started: what time it is to be when the program starts.
        admin_chats: where administrators work.
        claim_approval: an office must agree to links and claims.
    """
    return Settings(
        database_url=url,
        telegram_token=SecretStr(api.token),
        telegram_api_url=api.url,
        telegram_mode="webhook" if port else "polling",
        webhook_url=f"http://127.0.0.1:{port}/telegram" if port else "",
        webhook_secret=SecretStr(SECRET if port else ""),
        http_port=port,
        clock_start=started,
        lease_seconds=lease,
        admin_chats=admin_chats,
        claim_approval=claim_approval,
        log_level="DEBUG",
    )


@asynccontextmanager
async def product(settings: Settings) -> AsyncIterator[None]:
    """Run the product in this process."""
    with logged():
        async with application(settings, local=False):
            yield


@contextmanager
def logged() -> Iterator[list[EventDict]]:
    """Collect what this process logs at any level; a block within another one collects for that.

    The loggers of the modules are replaced: one that was used before keeps the settings that it was used with, and may
    write to a file of another test that is closed by now.
    """
    if _COLLECTING:
        yield _COLLECTING[-1].entries
        return
    collected = LogCapture()
    logger = structlog.wrap_logger(
        None, processors=[add_log_level, collected], wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG)
    )
    with ExitStack() as stack:
        for name, module in list(sys.modules.items()):
            if name.startswith(("bot.", "scheduler.", "storage.")) and hasattr(module, "LOG"):
                stack.enter_context(patch.object(module, "LOG", logger))
        _COLLECTING.append(collected)
        stack.callback(_COLLECTING.clear)
        yield collected.entries


_COLLECTING: list[LogCapture] = []


def faults(events: Iterable[EventDict]) -> list[EventDict]:
    """Return the events that an operator would have to look at."""
    return [event for event in events if event["log_level"] in ("error", "critical")]


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment of a process that is to have these settings."""
    values = settings.model_dump(mode="json", exclude_defaults=True)
    secrets = {name: value for name, value in settings if isinstance(value, SecretStr)}
    values |= {name: value.get_secret_value() for name, value in secrets.items()}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    told = {f"{PREFIX}{name.upper()}": _told(value) for name, value in values.items()}
    return inherited | told | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def _told(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


@asynccontextmanager
async def process(
    settings: Settings, log: Path, ready: Callable[[], bool] | None = None
) -> AsyncIterator["subprocess.Popen[bytes]"]:
    """Run `tianbao run` as a process that is ready when the block begins, and stop it like an operator does.

    Args:
        settings: of the process.
        log: where its output and standard error go.
        ready: says when it is; when its port is open if left out.
    """
    run = "import sys; from bot.cli import main; sys.exit(main(['run']))"
    with log.open("ab") as file:
        started = subprocess.Popen(  # noqa: ASYNC220 -- it returns at once
            (sys.executable, "-c", run), cwd=log.parent, env=environment_of(settings), stdout=file, stderr=file
        )
    try:
        is_ready = ready or partial(_listens, settings.http_port)
        await until(lambda: is_ready() or started.poll() is not None, "the product does not start")
        yield started
    finally:
        if started.poll() is None:
            started.terminate()
        await until(lambda: started.poll() is not None, "the product does not stop")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


# ---- what is in the database


async def rows(database: Database, statement: Select[Any]) -> list[Row[Any]]:
    """Return the rows of a query."""
    async with database.transaction() as tx:
        return list(await tx.run(statement))


async def settled(database: Database) -> bool:
    """Return whether every update was worked on, and what became of each message is written down."""
    waiting = select(func.count()).select_from(outbox).where(outbox.c.state.in_(("new", "sending")))
    new = select(func.count()).select_from(inbox).where(inbox.c.state == "new")
    async with database.transaction() as tx:
        return not (await tx.run(waiting)).scalar_one() and not (await tx.run(new)).scalar_one()


async def settle(database: Database, api: BotApi | None = None) -> None:
    """Wait until nothing waits any more, at first in Telegram when the emulator is given."""
    if api:
        await until(lambda: not len(api.updates), "an update is not taken")
    await until(lambda: settled(database), "something still waits")


# ---- a reporter


class Reporter:
    """Somebody with a phone who does one thing after the other, each when the bot has answered to the last."""

    def __init__(self, phone: Phone) -> None:
        """Take the phone."""
        self.phone = phone
        self.steps: list[str] = []

    async def act(self, step: str) -> str:
        """Do one thing and do not wait: press `[a button]`, share the own `(contact)`, or type anything else.

        Returns:
            The number of the press, empty for a message.
        """
        self.steps.append(step)
        if step == CONTACT:
            await self.phone.contact()
        elif step.startswith("[") and step.endswith("]"):
            return await self.phone.press(step[1:-1])
        else:
            await self.phone.send(step)
        return ""

    async def do(self, step: str) -> Shown:
        """Do one thing and return the bot's answer."""
        self.phone.news()
        await self.act(step)
        return (await self.phone.wait(1, PATIENCE))[0]

    async def walk(self, *steps: str) -> Shown:
        """Do one thing after the other; return the last answer."""
        answers = [await self.do(step) for step in steps]
        return answers[-1]

    async def explain(self) -> Shown:
        """Give a reason for each value that is questioned, and return the page that comes then."""
        answer = self.phone.history[-1]
        for reason in cycle(REASONS):
            if words("finding-soft") not in answer.text:
                break
            answer = await self.walk(*reason)
        return answer

    async def fill(self) -> Shown:
        """Fill the report that is due with the figures of the manual, up to the review."""
        await self.walk("[数据填报]", *FIGURES, *ANSWERS)
        return await self.explain()

    async def submit(self) -> Shown:
        """Submit what is filled, and return the receipt."""
        return await self.walk(*SUBMITTING)

    @property
    def answers(self) -> list[str]:
        """The texts of all that the bot wrote, in order."""
        return [shown.text for shown in self.phone.history if shown.message["from"]["is_bot"]]


async def become_reporter(phone: Phone) -> Reporter:
    """Go the whole way in: to the seat of the sample enterprise that is free."""
    reporter = Reporter(phone)
    await reporter.walk(*WAY_IN, *LINKING, *CLAIMING)
    return reporter


with closing(check(REGISTRY)) as _checked:
    SAMPLES: tuple[Registered, ...] = tuple(_checked.rows())
"""The sample enterprises, in the order of the registry's file. The first two have reporters, the third is `CODE`."""


async def make_known(
    database: Database, phone: Phone, name: str, *samples: Registered, reports: bool = False, at: datetime = START
) -> tuple[int, list[int]]:
    """Have somebody verified, named and linked already, who has written to the bot before.

    Args:
        database: where.
        phone: of the person.
        name: the real name.
        samples: the enterprises to link.
        reports: whether the person also holds the seat of each.
        at: since when.

    Returns:
        The ids of the person and of the enterprises.
    """
    phone.chat.closed = ""
    numbers = []
    async with database.transaction() as tx:
        who = await people.bind_phone(tx, Telegram.name, str(phone.account.id), phone.account.phone, at)
        await people.set_name(tx, who.id, name)
        for found in samples:
            basics = people.Basics(found.code, found.name, found.district, found.category or "其他", "示例路 1 号", "")
            numbers.append(await people.link_enterprise(tx, basics, who.id, at))
            if reports:
                await people.take_seat(tx, numbers[-1], who.id, at)
        chat = {"channel": Telegram.name, "chat": str(phone.chat.id), "language": DEFAULT_LANGUAGE}
        await tx.add(session, {**chat, "focus": "{}", "page": 0})
    return who.id, numbers


def words(id_: str, /, **args: str | int) -> str:
    """Return a sentence of the catalogue."""
    return write_out(text(id_, **args), DEFAULT_LANGUAGE)


def without_time(written: str) -> str:
    """Return the text of a message without the time of a submission, which differs from run to run."""
    return "\n".join(line for line in written.splitlines() if not line.startswith("提交时间："))


def later(seconds: float) -> datetime:
    """Return the time that is so many seconds after `START`."""
    return START + timedelta(seconds=seconds)
