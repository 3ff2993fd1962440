"""What all tests share: real databases, and the settings that libraries read at import."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from storage.database import Database
from storage.upgrade import upgrade
from tests.postgres import Server, server

if TYPE_CHECKING:
    from tests.botapi import BotApi

os.environ["PTB_TIMEDELTA"] = "1"

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Return a PostgreSQL server, one a worker, started by the first test that wants it."""
    with server() as running:
        yield running


@pytest.fixture(scope="session")
def _postgres_template(postgres: Server) -> str:
    postgres.create("template")
    _upgrade(postgres.url("template"))
    return "template"


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _upgrade(_sqlite_url(path))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of an upgraded, empty database of the test's own, once of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "tianbao.db"
        shutil.copyfile(request.getfixturevalue("_sqlite_template"), path)
        yield _sqlite_url(path)
    else:
        # Asked for here, not in the signature, so that a run of SQLite tests alone starts no server.
        template = request.getfixturevalue("_postgres_template")
        running: Server = request.getfixturevalue("postgres")
        name = f"test{next(_NUMBERS)}"
        running.create(name, template)
        yield running.url(name)
        running.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of a database without any tables, once of each kind."""
    if request.param == "sqlite":
        yield _sqlite_url(tmp_path / "empty.db")
    else:
        running: Server = request.getfixturevalue("postgres")
        name = f"empty{next(_NUMBERS)}"
        running.create(name)
        yield running.url(name)
        running.drop(name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Return an upgraded, empty database, once of each kind."""
    opened = Database(database_url)
    yield opened
    await opened.close()


def _sqlite_url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


def _upgrade(url: str) -> None:
    async def run() -> None:
        database = Database(url)
        try:
            await upgrade(database)
        finally:
            await database.close()

    asyncio.run(run())


@pytest.fixture
async def api(database: Database) -> "AsyncIterator[BotApi]":
    """Return an emulator, and sample enterprises in the database."""
    from tests.botapi import BotApi  # noqa: PLC0415 -- what is above must be set before the product is imported
    from tests.product import prepare  # noqa: PLC0415 -- likewise

    await prepare(database)
    async with BotApi() as api:
        yield api
