"""Measures a broadcast under Telegram's limits, kept strictly: its time, how long replies take meanwhile, and the 429s.

The bot is the product with a database of its own, the emulator a process that keeps the limits. Somebody asks for help
again and again, first alone and then while the reminders go out.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

from pydantic import SecretStr
from sqlalchemy import func, insert, select

from bot.settings import Settings
from bot.telegram import Telegram
from storage.database import Database
from storage.outbox import Kind
from storage.tables import outbox
from storage.upgrade import upgrade
from tests.botapi import Emulator, launch
from tests.product import free_port, prepare, process

PER_SECOND: Final = 30
ASKS: Final = 12
PAUSE: Final = 1.1
"""Seconds between two questions of the one who asks."""


async def _main(chosen: argparse.Namespace) -> int:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tianbao-pace-")))
        emulator = await stack.enter_async_context(launch("--strict-limits"))
        url = chosen.database or f"sqlite+aiosqlite:///{folder / 'tianbao.db'}"
        database = Database(url)
        stack.push_async_callback(database.close)
        await upgrade(database)
        await prepare(database)
        phones = [await emulator.phone("张") for _ in range(chosen.chats + 1)]
        for phone in phones[1:]:
            await emulator.act(phone, "unblock")
        for _ in range(chosen.processes):
            port = free_port()
            settings = Settings(
                database_url=url,
                telegram_token=SecretStr(emulator.token),
                telegram_api_url=emulator.url,
                telegram_mode="webhook",
                webhook_url=f"http://127.0.0.1:{port}/telegram",
                webhook_secret=SecretStr("known-to-both"),
                http_port=port,
                sends_per_second=PER_SECOND,
            )
            await stack.enter_async_context(process(settings, folder / "log"))
        await emulator.act(phones[0], "send", text="/start")
        await emulator.act(phones[0], "wait", until=1)
        alone = await _ask(emulator, phones[0])
        since = len(await emulator.calls())
        await _put(database, emulator, phones[1:])
        during, _ = await asyncio.gather(_ask(emulator, phones[0]), _all_sent(database))
        calls = [call for call in (await emulator.calls())[since:] if call["method"] == "sendMessage"]
    reminded = [call for call in calls if call["parameters"]["chat_id"] != phones[0] and call["code"] == 200]
    refused = sum(call["code"] == 429 for call in calls)
    seconds = reminded[-1]["at"] - reminded[0]["at"]
    replies = sum(reminded[0]["at"] <= call["at"] <= reminded[-1]["at"] for call in calls) - len(reminded)
    ideal, with_replies = chosen.chats / PER_SECOND, (chosen.chats + replies) / PER_SECOND
    out = sys.stdout.write
    out(f"{len(reminded)} reminders in {seconds:.2f} s, {seconds / ideal:.3f} × the ideal {ideal:.1f} s; ")
    out(f"with the {replies} replies meanwhile {seconds / with_replies:.3f} × {with_replies:.1f} s\n")
    out(f"429s: {refused}\n")
    out(f"a reply alone: median {median(alone) * 1000:.0f} ms, longest {max(alone) * 1000:.0f} ms\n")
    out(f"a reply during it: median {median(during) * 1000:.0f} ms, longest {max(during) * 1000:.0f} ms\n")
    return int(refused > 0 or len(reminded) != chosen.chats)


async def _ask(emulator: Emulator, phone: int) -> list[float]:
    seconds = []
    for _ in range(ASKS):
        begin = time.perf_counter()
        await emulator.act(phone, "send", text="/help")
        await emulator.act(phone, "wait", until=1)
        seconds.append(time.perf_counter() - begin)
        await asyncio.sleep(PAUSE)
    return seconds


async def _put(database: Database, emulator: Emulator, phones: list[int]) -> None:
    row: dict[str, Any] = {"channel": Telegram.name, "bot": emulator.token.partition(":")[0], "state": "new"}
    row |= {"kind": Kind.REMINDER.value, "created_at": datetime.now(UTC), "body": '{"text": "提醒"}'}
    async with database.transaction() as tx:
        await tx.run(insert(outbox), [row | {"chat": str(phone)} for phone in phones])


async def _all_sent(database: Database) -> None:
    waiting = select(func.count()).select_from(outbox).where(outbox.c.state.in_(("new", "sending")))
    while True:
        async with database.transaction() as tx:
            if not (await tx.run(waiting)).scalar_one():
                return
        await asyncio.sleep(0.5)


def main() -> int:
    """Measure; return 1 when a message was refused or left out."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pace", description=__doc__)
    parser.add_argument("--chats", type=int, default=600, help="how many get a reminder (default: 600)")
    parser.add_argument("--processes", type=int, default=1, help="how many processes send")
    parser.add_argument("--database", default="", help="SQLAlchemy address of an empty database; SQLite when left out")
    return asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
