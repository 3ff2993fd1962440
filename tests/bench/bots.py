"""The bots that are measured: what each needs beforehand, how it is started, and what its database has at the end."""

import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import orjson
from sqlalchemy import select

from storage.database import Database
from storage.tables import account, seat, submission
from storage.upgrade import upgrade
from tests.bench import plan, reference

Complete = list[tuple[int, int]]
"""Of each submitted report: the reporter's account, and how many items it has."""


@dataclass(frozen=True, slots=True)
class Start:
    """How a process is started: its command, the folder it runs in, and its environment."""

    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]


class Bot(Protocol):
    """A bot with a database of its own."""

    async def prepare(self, reporters: int) -> None:
        """Make the database, with so many reporters in it."""

    def start(self, url: str, token: str) -> Start:
        """Return how it is started for the Bot API at that address."""

    async def complete_reports(self) -> Complete:
        """Return what was submitted."""


@dataclass(frozen=True, slots=True)
class ReferenceBot:
    """The bot to compare with, on a new SQLite database in a folder."""

    folder: Path

    async def prepare(self, reporters: int) -> None:
        """Make the database, with so many reporters in it."""
        await reference.seed(self._path, reporters)

    def start(self, url: str, token: str) -> Start:
        """Return how it is started for the Bot API at that address."""
        options = ("--api", url, "--token", token, "--database", str(self._path))
        return Start((sys.executable, "-m", reference.__name__, *options), Path(), _environment())

    async def complete_reports(self) -> Complete:
        """Return what was submitted."""
        return await reference.complete_reports(self._path)

    @property
    def _path(self) -> Path:
        return self.folder / "reference.db"


@dataclass(frozen=True, slots=True)
class OurBot:
    """The program as an operator runs it: `tianbao run`, with settings from the environment.

    Args:
        folder: an empty one, for its data.
        database: the address of an empty database.
        settings: beyond those that every run needs.
    """

    folder: Path
    database: str
    settings: Mapping[str, str]

    async def prepare(self, reporters: int) -> None:
        """Make the tables, with so many reporters in them."""
        database = Database(self.database)
        await upgrade(database)
        await plan.seed(database, reporters)
        await database.close()

    def start(self, url: str, token: str) -> Start:
        """Return how it is started for the Bot API at that address."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        settings = {
            "TIANBAO_TELEGRAM_API_URL": url,
            "TIANBAO_TELEGRAM_TOKEN": token,
            "TIANBAO_DATABASE_URL": self.database,
            "TIANBAO_DATA_DIR": str(self.folder),
            "TIANBAO_CLOCK_START": plan.NOW.isoformat(),
            "TIANBAO_HTTP_PORT": str(port),
            "TIANBAO_WEBHOOK_URL": f"http://127.0.0.1:{port}/telegram",
            "TIANBAO_WEBHOOK_SECRET": "bench",
        }
        command = (str(Path(sys.executable).with_name("tianbao")), "run")
        return Start(command, self.folder, {**_environment(), **settings, **self.settings})

    async def complete_reports(self) -> Complete:
        """Return what was submitted."""
        database = Database(self.database)
        async with database.transaction() as tx:
            rows = await tx.run(
                select(account.c.user, submission.c.content)
                .join_from(submission, seat, seat.c.enterprise_id == submission.c.enterprise_id)
                .join(account, account.c.person_id == seat.c.person_id)
                .where(submission.c.period == str(plan.PERIOD))
            )
            contents = [(int(row.user), orjson.loads(row.content)) for row in rows]
        await database.close()
        return [
            (user, len({cell.partition(".")[0] for cell in content["figures"]} | content["choices"].keys()))
            for user, content in contents
        ]


def _environment() -> dict[str, str]:
    """Return the environment without the settings of whoever runs this: a token in it is not for us."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TIANBAO_")}
