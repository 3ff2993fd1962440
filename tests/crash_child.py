"""Runs `tianbao run` again and again in processes that kill themselves at a named point: for tests of crashes only.

The program reads one JSON object a line from its standard input: `{"environment": {...}, "log": "file"}` starts the
product and is answered by its process id; when it ends, another line gives its exit status. `{"arm": "point"}` tells
the running product to die when it passes that point, and is answered by `armed`. Imports are done once, before the
first fork, which saves a second at each start. The product knows nothing of this; it is wrapped from outside.
"""

import os
import select
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO, Any, NoReturn, TypedDict

import orjson

import bot.app
import bot.delivery
import bot.telegram
import bot.worker
from bot.cli import main
from storage import inbox, outbox
from storage.database import Database, Transaction
from storage.outbox import Mark

POINTS = (
    "update kept, not worked on",
    "worked on, before the commit",
    "after the commit",
    "handed to the delivery",
    "update taken, before it is confirmed",
    "before the send",
    "after the send",
    "before the mark is committed",
    "after the mark is committed",
)
"""In the order in which an update passes them; but an update is confirmed while its answer is being sent."""


class Failpoints:
    """The points, and the one at which the process is to die."""

    def __init__(self) -> None:
        """Begin without one."""
        self.armed = ""
        self._updates: set[int] = set()
        self._marks: set[int] = set()

    def passing(self, point: str) -> None:
        """Die here if it is the point."""
        if point == self.armed:
            os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Wrap the functions between which the points lie."""
        self._wrap_transactions()
        self._wrap_storage()
        passing = self.passing
        put, take = bot.delivery.Delivery.put, bot.worker.Worker.take
        send = bot.telegram.Telegram.send

        def put_and_pass(delivery: bot.delivery.Delivery, rows: Sequence[dict[str, Any]]) -> None:
            put(delivery, rows)
            passing("handed to the delivery")

        async def take_and_pass(worker: bot.worker.Worker, incoming: Sequence[Any]) -> None:
            await take(worker, incoming)
            passing("update taken, before it is confirmed")

        async def pass_and_send(telegram: bot.telegram.Telegram, message: Any) -> str:
            passing("before the send")
            named = await send(telegram, message)
            passing("after the send")
            return named

        _replace(bot.delivery.Delivery, "put", put_and_pass)
        _replace(bot.worker.Worker, "take", take_and_pass)
        _replace(bot.telegram.Telegram, "send", pass_and_send)

    def _wrap_transactions(self) -> None:
        transaction, passing, updates, marks = Database.transaction, self.passing, self._updates, self._marks

        @asynccontextmanager
        async def passed(database: Database) -> AsyncIterator[Transaction]:
            async with transaction(database) as tx:
                yield tx
                took, marked = id(tx) in updates, id(tx) in marks
                updates.discard(id(tx))
                marks.discard(id(tx))
                if took:
                    passing("worked on, before the commit")
                if marked:
                    passing("before the mark is committed")
            if took:
                passing("after the commit")
            if marked:
                passing("after the mark is committed")

        _replace(Database, "transaction", passed)

    def _wrap_storage(self) -> None:
        add, mark = inbox.add, outbox.mark
        passing, updates, marks = self.passing, self._updates, self._marks

        async def add_and_pass(tx: Transaction, *rest: Any) -> dict[Any, int]:
            added = await add(tx, *rest)
            if added:
                updates.add(id(tx))
                passing("update kept, not worked on")
            return added

        async def note_and_mark(tx: Transaction, noted: Sequence[Mark], owner: str) -> None:
            if any(one.state == "sent" for one in noted):
                marks.add(id(tx))
            await mark(tx, noted, owner)

        _replace(inbox, "add", add_and_pass)
        _replace(outbox, "mark", note_and_mark)


def _replace(owner: object, name: str, by: Callable[..., Any]) -> None:
    setattr(owner, name, by)


class Command(TypedDict, total=False):
    """A line of standard input."""

    environment: dict[str, str]
    log: str
    arm: str


def _say(line: object) -> None:
    os.write(1, f"{line}\n".encode())


def _child(command: Command, orders: int) -> NoReturn:
    """Be the product."""
    status = 70
    try:
        os.environ.clear()
        os.environ.update(command["environment"])
        os.chdir(Path(command["log"]).parent)
        os.dup2(os.open(command["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
        points = Failpoints()
        points.install()

        def arm(*_: object) -> None:
            points.armed = os.read(orders, 200).decode()
            _say("armed")

        signal.signal(signal.SIGUSR1, arm)
        _say(os.getpid())
        status = main(["run"])
    finally:
        os._exit(status)


def _serve(commands: IO[bytes]) -> None:
    """Start one product after the other, and none without this process."""
    child = 0
    ours, theirs = os.pipe()
    buffer = b""
    while True:
        readable, _, _ = select.select([commands.fileno()], [], [], 0.005)
        if readable:
            read = os.read(commands.fileno(), 65536)
            if not read:
                break
            buffer += read
        *lines, buffer = buffer.split(b"\n")
        for line in lines:
            command: Command = orjson.loads(line)
            if "arm" in command:
                os.write(theirs, command["arm"].encode())
                os.kill(child, signal.SIGUSR1)
                continue
            child = os.fork()
            if not child:
                _child(command, ours)
        if child and (ended := os.waitpid(child, os.WNOHANG))[0]:
            child = 0
            _say(os.waitstatus_to_exitcode(ended[1]))
    if child:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


if __name__ == "__main__":
    _serve(sys.stdin.buffer)
