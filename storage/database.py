"""The one place that opens, begins and commits. SQLite and PostgreSQL differ here and nowhere else."""

import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import aiosqlite
from aiosqlite.context import contextmanager as awaited
from sqlalchemy import CursorResult, Executable, Table, event, make_url
from sqlalchemy import text as sql
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

SCHEMA = "0003"
"""The newest migration; a test holds it against the scripts."""

STATEMENT_TIMEOUT_MS = 15_000
LOCK_TIMEOUT_MS = 5_000
_HOLD_OFF_MS = 200
"""So long may others have to wait behind one who waits for the writers of a table."""
_RETRY_STATES = {"40001", "40P01", "55P03"}
_DOWN_CLASSES = ("08", "28", "3D", "53", "57")
_NO_TABLE_STATES = {"42P01", "SQLITE_ERROR"}


class ConflictError(Exception):
    """Somebody else changed the same rows meanwhile. Nothing was saved; running the step again is safe."""


class DatabaseDownError(Exception):
    """The database cannot be reached or refuses to work; the cause is in one line."""


class SchemaError(Exception):
    """The database's schema is not the one of this program."""


@dataclass(frozen=True)
class Transaction:
    """One unit of work. It is committed as a whole by `Database.transaction`, or nothing of it happened."""

    connection: AsyncConnection
    dialect: str

    async def run(
        self, statement: Executable, rows: Sequence[dict[str, Any]] | dict[str, Any] | None = None
    ) -> CursorResult[Any]:
        """Execute a statement, once or once a row."""
        return await self.connection.execute(statement, rows)

    def insert(self, table: Table) -> "postgresql.Insert | sqlite.Insert":
        """Return an insert that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
        return insert_of(self.dialect, table)

    async def insert_in_order(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        """Insert rows that get ascending ids in this order, and put the id into each row."""
        if self.dialect == "postgresql":
            ids: Iterable[int] = (await self.run(_numbered(table), rows)).scalars()
        else:
            # Nobody else writes now. To learn ids in order from RETURNING, SQLAlchemy would insert here row by row.
            last = (await self.run(_LAST_ID, {"table": table.name})).scalar() or 0
            ids = range(last + 1, last + 1 + len(rows))
        for row, number in zip(rows, ids, strict=True):
            row["id"] = number
        if self.dialect != "postgresql":
            await self.run(table.insert(), rows)

    async def add(self, table: Table, row: dict[str, Any]) -> bool:
        """Insert a row unless one with the same key is there; return whether it was inserted."""
        return (await self.run(self.insert(table).on_conflict_do_nothing(), row)).rowcount == 1

    async def hold_off_writers(self, table: Table) -> None:
        """Wait until nobody else writes to a table, and let nobody do so until the end of the transaction.

        Raises:
            ConflictError: somebody goes on writing for too long (raised by `Database.transaction`).
        """
        # On SQLite nobody else writes anyway.
        if self.dialect == "postgresql":
            await self.run(sql(f"SET LOCAL lock_timeout = {_HOLD_OFF_MS}"))
            await self.run(sql(f'LOCK TABLE "{table.name}" IN SHARE ROW EXCLUSIVE MODE'))


_LAST_ID = sql("SELECT seq FROM sqlite_sequence WHERE name = :table")


@cache
def _numbered(table: Table) -> Executable:
    return table.insert().returning(table.c.id, sort_by_parameter_order=True)


def insert_of(dialect: str, table: Table) -> "postgresql.Insert | sqlite.Insert":
    """Return the insert of a dialect, see `Transaction.insert`; for statements that are made once."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


class Database:
    """An open database."""

    def __init__(self, url: str, *, echo: bool = False) -> None:
        """Open lazily.

        Args:
            url: of SQLAlchemy, with an async driver (`sqlite+aiosqlite:///file` or `postgresql+asyncpg://…`).
            echo: log every statement, for developers.
        """
        self.dialect = make_url(url).get_backend_name()
        if self.dialect == "sqlite":
            self.engine: AsyncEngine = create_async_engine(
                url,
                echo=echo,
                hide_parameters=True,
                connect_args={"timeout": 15, "async_creator_fn": _open_sqlite},
                pool_size=1,
                max_overflow=4,
            )
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_immediate)
        else:
            settings = {
                "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                "lock_timeout": str(LOCK_TIMEOUT_MS),
                "idle_in_transaction_session_timeout": str(STATEMENT_TIMEOUT_MS),
                "timezone": "UTC",
            }
            self.engine = create_async_engine(
                url,
                echo=echo,
                hide_parameters=True,
                pool_size=8,
                max_overflow=8,
                pool_pre_ping=True,
                connect_args={"server_settings": settings, "timeout": 10},
            )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Begin, and commit when the block ends well.

        Raises:
            ConflictError: a row that must be unique exists, or two transactions got in each other's way.
            DatabaseDownError: the database cannot be reached, is locked, or has no space left.
        """
        with plain_errors():
            async with self.engine.begin() as connection:
                yield Transaction(connection, self.dialect)

    async def check_schema(self) -> None:
        """Check that the database has the schema of this program.

        Raises:
            SchemaError: it has another one; the message names the way out.
            DatabaseDownError: it cannot be reached.
        """
        found: str | None = None
        try:
            async with self.transaction() as tx:
                found = (await tx.run(sql("SELECT version_num FROM alembic_version"))).scalar()
        except DBAPIError as error:
            if _state(error) not in _NO_TABLE_STATES:
                raise
        if found is None or found < SCHEMA:
            message = (
                f"the database has schema {found or 'none'}, this program needs {SCHEMA}: run `tianbao db upgrade`"
            )
            raise SchemaError(message)
        if found > SCHEMA:
            message = f"the database has schema {found}, this program is older ({SCHEMA}): install the newer program"
            raise SchemaError(message)

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn the errors of drivers and pool within the block into the two of this module; leave faults in the program.

    The causes are cut off (the frames are kept): the server's own words may quote rows, which hold figures and phones.

    Raises:
        ConflictError, DatabaseDownError: see `Database.transaction`.
    """
    try:
        yield
    except DBAPIError as error:
        state = _state(error)
        if isinstance(error, IntegrityError) or state in _RETRY_STATES:
            raise ConflictError(_cause(error)).with_traceback(error.__traceback__) from None
        # SQLite calls a fault in the SQL (SQLITE_ERROR) operational, too.
        operational = isinstance(error, OperationalError) and state != "SQLITE_ERROR"
        if operational or error.connection_invalidated or state.startswith(_DOWN_CLASSES):
            raise DatabaseDownError(_cause(error)).with_traceback(error.__traceback__) from None
        raise
    except (OSError, TimeoutError, PoolTimeoutError) as error:
        raise DatabaseDownError(_cause(error)).with_traceback(error.__traceback__) from None


def _state(error: DBAPIError) -> str:
    """Return PostgreSQL's five characters or SQLite's name for what went wrong; empty when there is none."""
    return str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None) or "")


def _cause(error: Exception) -> str:
    """Return the cause in one line, without statement and parameters: those hold figures and phone numbers."""
    orig = getattr(error, "orig", None) or error
    return f"{type(orig).__name__}: {orig}".splitlines()[0].partition("DETAIL")[0].strip()


_AHEAD = 1_000
"""So many rows come with the statement itself."""


class _Cursor(aiosqlite.Cursor):
    """A cursor that fetches while it executes.

    The driver's own asks its thread four times a statement (make a cursor, execute, fetch, close), and each time costs
    more than most of our statements.
    """

    _rows: Sequence[Any] = ()
    _more = False

    async def execute(self, sql: str, parameters: Any = ()) -> aiosqlite.Cursor:
        def run() -> list[Any]:
            self._cursor.execute(sql, parameters)
            return self._cursor.fetchmany(_AHEAD) if self._cursor.description else []

        self._rows = await self._execute(run)  # type: ignore[no-untyped-call]
        self._more = len(self._rows) == _AHEAD
        return self

    async def fetchall(self) -> Iterable[Any]:
        rows, self._rows = self._rows, ()
        return [*rows, *await super().fetchall()] if self._more else rows

    async def fetchmany(self, size: int | None = None) -> Iterable[Any]:
        size = size or self.arraysize
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows if rows or not self._more else await super().fetchmany(size)

    async def fetchone(self) -> Any:
        return next(iter(await self.fetchmany(1)), None)

    async def close(self) -> None:
        # One that has given all its rows holds nothing any more.
        if self._more:
            await super().close()


class _SqliteConnection(aiosqlite.Connection):
    @awaited
    async def cursor(self) -> aiosqlite.Cursor:
        return _Cursor(self, self._conn.cursor())


async def _open_sqlite(path: str, **options: Any) -> aiosqlite.Connection:
    connect = partial(sqlite3.connect, path, **options)
    connection = _SqliteConnection(connect, iter_chunk_size=_AHEAD)
    connection._thread.daemon = True  # noqa: SLF001 -- as SQLAlchemy does: it must not hold up the exit
    return await connection


_PRAGMAS = (
    "busy_timeout=15000",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "recursive_triggers=ON",  # or INSERT OR REPLACE deletes past the triggers that forbid it
)


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    # The driver's own transaction handling is switched off: it would begin late and without a lock.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
