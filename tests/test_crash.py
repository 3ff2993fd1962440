"""SIGKILL at every point of the way of every message, on both databases: nothing is lost, and nothing happens twice."""

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from storage.database import Database
from storage.tables import audit, inbox, outbox, report, submission
from storage.upgrade import upgrade
from tests.botapi import BotApi, Fault, Json
from tests.crash_child import POINTS
from tests.product import (
    ROOT,
    Reporter,
    become_reporter,
    environment_of,
    later,
    prepare,
    product,
    rows,
    settings_for,
    settle,
    settled,
    until,
    without_time,
)

LEASE = 0.5
SEED = int(os.environ.get("CRASH_SEED", "20210205"))
ROUNDS = int(os.environ.get("CRASH_ROUNDS", "1"))
"""How many conversations crash at random; a release runs more."""

OUTSIDE: dict[str, Callable[[], Fault]] = {
    "send not processed": lambda: Fault.drop("before").on("sendMessage"),
    "send processed": lambda: Fault.drop("after").on("sendMessage"),
    "confirmation not processed": lambda: Fault.drop("before").on("getUpdates"),
    "confirmation processed": lambda: Fault.drop("after").on("getUpdates"),
}
EVERYWHERE = (*POINTS, *OUTSIDE)
SEEN = frozenset({"after the send", "send processed", "before the mark is committed", "after the mark is committed"})
RECEIVING = frozenset(POINTS[:2])


class Victim:
    """The product in one process after the other, each killed somewhere."""

    def __init__(self, api: BotApi, url: str, log: Path, runner: asyncio.subprocess.Process) -> None:
        """Take what it runs on; `victim` makes one."""
        self._api, self._url, self._log, self._runner = api, url, log, runner
        self._began = time.monotonic()
        self._pid = 0
        self.crashes = 0

    async def start(self) -> None:
        """Start the product, at the time that it has become meanwhile."""
        settings = settings_for(self._url, self._api, lease=LEASE, started=later(time.monotonic() - self._began))
        self._tell({"environment": environment_of(settings), "log": str(self._log)})
        self._pid = int(await self._answer())

    async def arm(self, point: str) -> None:
        """Let it die at that point next; nowhere if the point is empty."""
        self._api.faults.clear()
        if point in OUTSIDE:
            fault = OUTSIDE[point]()
            self._api.faults.add(fault.on(fault.method, when=self._kill))
        else:
            self._tell({"arm": point or "nowhere"})
            if (answer := await self._answer()) != "armed":
                self._bury(answer)  # it had just come to the point before

    async def died(self) -> None:
        """Wait until it has died."""
        if self._pid:
            self._bury(await self._answer())

    @property
    def is_dead(self) -> bool:
        """Whether it runs no more."""
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return True
        return not self._pid

    def _bury(self, status: str) -> None:
        assert int(status) == -signal.SIGKILL, self._log.read_text()
        self._pid = 0
        self.crashes += 1

    async def stop(self) -> None:
        """Stop it like an operator does."""
        if self._pid:
            os.kill(self._pid, signal.SIGTERM)
            # One that has only just been started may not listen to it yet, and has nothing to lose.
            assert int(await self._answer()) in (0, -signal.SIGTERM), self._log.read_text()

    def _kill(self, parameters: Json) -> bool:
        newest = self._api.updates.made[-1]["update_id"] if self._api.updates.made else 0
        if "offset" in parameters and parameters["offset"] <= newest:
            return False  # a poll that confirms nothing new
        os.kill(self._pid, signal.SIGKILL)
        return True

    def _tell(self, command: dict[str, Any]) -> None:
        assert self._runner.stdin is not None
        self._runner.stdin.write(orjson.dumps(command) + b"\n")

    async def _answer(self) -> str:
        assert self._runner.stdout is not None
        async with asyncio.timeout(60):
            return (await self._runner.stdout.readline()).decode().strip()


@asynccontextmanager
async def victim(api: BotApi, url: str, folder: Path) -> AsyncIterator[Victim]:
    """Run the means to start and kill the product."""
    runner = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.crash_child"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        yield Victim(api, url, folder / "log", runner)
    finally:
        assert runner.stdin is not None
        runner.stdin.close()
        await runner.wait()


@dataclass(frozen=True)
class Course:
    """How the conversation goes when nothing happens: what is done, the answers, and what is stored in the end."""

    steps: tuple[str, ...]
    answers: tuple[str, ...]
    stored: tuple[object, ...]


async def _stored(database: Database) -> tuple[object, ...]:
    """Return what is in the database in the end, without times and ids: a crash leaves a gap in those."""

    async def found(*columns: Any) -> list[tuple[object, ...]]:
        ordered = select(*columns).order_by(*columns[0].table.primary_key)
        return [tuple(row) for row in await rows(database, ordered)]

    return (
        await found(submission.c.number, submission.c.content, submission.c.digest, submission.c.revision),
        await found(report.c.period, report.c.state, report.c.revision),
        await found(audit.c.action, audit.c.period, audit.c.detail),
    )


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Return the course of a conversation without any crash."""
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('course') / 'tianbao.db'}"

    async def run() -> Course:
        database = Database(url)
        await upgrade(database)
        await prepare(database)
        async with BotApi() as api, product(settings_for(url, api)):
            reporter = await become_reporter(api.phone("李"))
            await reporter.fill()
            await reporter.submit()
        stored = await _stored(database)
        await database.close()
        return Course(tuple(reporter.steps), tuple(map(without_time, reporter.answers)), stored)

    return asyncio.run(run())


async def _check(course: Course, reporter: Reporter, database: Database, crashes: int) -> None:
    """Compare what there is after some crashes with the course without them."""
    await settle(database)
    # V8: every message has its answer, in order; V5: nothing comes twice but the answer that a crash has left in doubt.
    shown = [without_time(answer) for answer in reporter.answers]
    assert [answer for answer, _ in groupby(shown)] == list(course.answers)
    assert max(Counter(shown).values()) <= 2
    assert len(shown) - len(course.answers) <= crashes
    # V2, V3, V7: what is stored is the same to the last byte.
    assert await _stored(database) == course.stored
    assert {row.state for row in await rows(database, select(inbox.c.state))} == {"done"}
    assert {row.state for row in await rows(database, select(outbox.c.state))} <= {"sent", "ambiguous"}


async def test_killed_once_after_every_update(
    course: Course, database: Database, database_url: str, tmp_path: Path
) -> None:
    """Group B: each update of the conversation dies at another point of its way."""
    await prepare(database)
    first = random.Random(f"{SEED} {database.dialect}").randrange(len(EVERYWHERE))
    async with BotApi() as api, victim(api, database_url, tmp_path) as product:
        reporter = Reporter(api.phone("李"))
        await product.start()
        for number, (step, expected) in enumerate(zip(course.steps, course.answers, strict=True)):
            await settle(database)
            await product.arm(EVERYWHERE[(first + number) % len(EVERYWHERE)])
            seen = len(reporter.answers)
            await reporter.act(step)
            await product.died()
            await product.start()
            await _answered(reporter, seen, expected)
        await _check(course, reporter, database, product.crashes)
        assert {row.state for row in await rows(database, select(outbox.c.state))} == {"sent"}
        assert product.crashes == len(course.steps)
        await product.stop()


async def _answered(reporter: Reporter, seen: int, expected: str) -> None:
    await until(
        lambda: expected in map(without_time, reporter.answers[seen:]),
        f"not answered: {expected}, but {reporter.answers[seen:]}",
    )


def _crashes(chance: random.Random) -> Iterator[str]:
    """Return where the product dies over one update: up to three times, often not at all.

    Once only between the commit and the moment in which the answer is there: that is a try to send, and after two of
    them whose outcome is unknown a reply is not sent a third time.
    """
    for number in range(chance.choice((0, 0, 1, 2, 3))):
        yield chance.choice(EVERYWHERE if not number else sorted(SEEN | RECEIVING))


@pytest.mark.parametrize("seed", range(SEED, SEED + ROUNDS))
async def test_killed_at_random_also_while_it_recovers(
    course: Course, database: Database, database_url: str, tmp_path: Path, seed: int
) -> None:
    """Group B: crashes in any order, up to three at one update, also while what the last one left is made good."""
    await prepare(database)
    chance = random.Random(f"{seed} {database.dialect}")
    async with BotApi() as api, victim(api, database_url, tmp_path) as product:
        reporter = Reporter(api.phone("李"))
        await product.start()
        for step, expected in zip(course.steps, course.answers, strict=True):
            seen = len(reporter.answers)
            await reporter.act(step)
            for point in _crashes(chance):
                await product.arm(point)
                await until(partial(_dead_or_done, product, reporter, seen, database), "neither dead nor done")
                if product.is_dead:
                    await product.died()
                    await product.start()
            await product.arm("")
            if product.is_dead:
                await product.died()
                await product.start()
            await _answered(reporter, seen, expected)
        await _check(course, reporter, database, product.crashes)
        await product.stop()
    assert product.crashes > len(course.steps) / 4


async def _dead_or_done(product: Victim, reporter: Reporter, seen: int, database: Database) -> bool:
    return product.is_dead or (len(reporter.answers) > seen and await settled(database))
