"""The people and their Telegram, in a process of their own: each sends the next message when the last was answered.

Prints the address and the token of its Bot API, reads the process id of the bot, lets everybody report, and prints what
was measured as one line of JSON. It serves until its standard input closes, so that the bot can say goodbye first.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Coroutine, Iterable
from dataclasses import asdict, dataclass
from statistics import quantiles
from typing import Any, Final

import orjson

from tests.bench.plan import RECEIPT, Press, Say, Step, reporter, steps
from tests.bench.process import cpu_seconds, peak_memory
from tests.botapi import BotApi, Phone, Shown

_STALLED_AFTER: Final = 60.0
"""Seconds without a single answer after which the bot is taken for stuck."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run showed.

    Args:
        updates: how many were answered.
        seconds: in how much time.
        bot_cpu: seconds of CPU that the bot used meanwhile, None where that cannot be read.
        driver_cpu: likewise of the driver and its emulator.
        memory: the most memory the bot has had resident, in MiB.
        latencies: the 50th, 95th and 99th percentile of the seconds from a message to its answer.
        fault: why the run does not count; empty when it does.
    """

    updates: int
    seconds: float
    bot_cpu: float | None
    driver_cpu: float
    memory: float | None
    latencies: tuple[float, float, float]
    fault: str = ""


class People:
    """The reporters with their phones."""

    def __init__(self, api: BotApi, count: int) -> None:
        """Give so many reporters a phone."""
        self._phones = [api.phone("王芳", number=reporter(number)) for number in range(count)]
        self.latencies: list[float] = []

    async def arrive(self, at_once: int) -> None:
        """Let everybody open the conversation."""
        await _side_by_side((self._do(phone, Say("/start")) for phone in self._phones), at_once)

    async def report(self, first: int, last: int, at_once: int) -> None:
        """Let the reporters of these numbers report, so many at a time.

        Raises:
            ValueError: somebody got another answer than the receipt in the end.
        """
        await _side_by_side((self._report(number) for number in range(first, last)), at_once)

    async def _report(self, number: int) -> None:
        answer: Shown | None = None
        for step in steps(number):
            answer = await self._do(self._phones[number], step, answer)
        if answer is None or RECEIPT not in answer.text:
            message = f"no receipt in the end, but: {answer and answer.text!r}"
            raise ValueError(message)

    async def _do(self, phone: Phone, step: Step, answer: Shown | None = None) -> Shown:
        """Take a step and return the bot's answer to it."""
        sent_at = time.perf_counter()
        match step:
            case Say(words):
                await phone.send(words)
            case Press(label):
                await phone.press(label, answer)
        chat = phone.chat
        shown = chat.dropped + len(chat.log)
        while chat.dropped + len(chat.log) == shown:
            # The answer to the press itself wakes us, too; only a message is an answer to the person.
            await chat.change()
        self.latencies.append(time.perf_counter() - sent_at)
        return chat.log[-1]


async def _side_by_side(jobs: Iterable[Coroutine[Any, Any, object]], at_once: int) -> None:
    """Do so many of the jobs at a time; the first that fails ends them all."""
    waiting = iter(jobs)

    async def work() -> None:
        for job in waiting:
            await job

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work())


async def _measure(people: People, bot: int, reporters: int, warm_up: int, at_once: int) -> Measured:
    await people.arrive(at_once)
    await people.report(0, warm_up, at_once)
    people.latencies.clear()
    cpu, own_cpu, begin = cpu_seconds(bot), time.process_time(), time.perf_counter()
    await people.report(warm_up, reporters, at_once)
    seconds, own_cpu, cpu_then = time.perf_counter() - begin, time.process_time() - own_cpu, cpu_seconds(bot)
    cuts = quantiles(people.latencies, n=100)
    used = None if cpu is None or cpu_then is None else cpu_then - cpu
    latencies = (cuts[49], cuts[94], cuts[98])
    return Measured(len(people.latencies), seconds, used, own_cpu, peak_memory(bot), latencies)


async def _stalled(people: People) -> str:
    """Return when nothing has been answered for long."""
    seen = -1
    while len(people.latencies) != seen:
        seen = len(people.latencies)
        await asyncio.sleep(_STALLED_AFTER)
    return f"no answer for {_STALLED_AFTER:.0f} s"


def _say(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


async def _run(chosen: argparse.Namespace) -> None:
    async with BotApi(record=False) as api:
        people = People(api, chosen.reporters)
        _say(f"{api.url} {api.token}".encode())
        bot = int(await asyncio.to_thread(sys.stdin.readline))
        work = asyncio.create_task(_measure(people, bot, chosen.reporters, chosen.warm_up, chosen.at_once))
        watch = asyncio.create_task(_stalled(people))
        await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            _say(orjson.dumps({"fault": watch.result()}))
        elif error := work.exception():
            reasons = error.exceptions if isinstance(error, ExceptionGroup) else (error,)
            _say(orjson.dumps({"fault": str(reasons[0])}))
        else:
            _say(orjson.dumps(asdict(work.result())))
        work.cancel()
        watch.cancel()
        await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    """Serve and drive until the standard input closes."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.driver", description=__doc__)
    parser.add_argument(
        "--reporters", type=int, required=True, help="how many report, one after the other or side by side"
    )
    parser.add_argument("--warm-up", type=int, required=True, help="how many of them before the measurement begins")
    parser.add_argument("--at-once", type=int, required=True, help="how many report side by side")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
