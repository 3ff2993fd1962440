"""Bring a database to a schema. Alembic is imported here only when it has work to do: it is slow to import."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text as sql
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.calendar import put_in_packaged
from storage.database import LOCK_TIMEOUT_MS, Database, SchemaError, Transaction, plain_errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.config import Config

_LOCK = 0x7469616E62616F
"""The advisory lock under which one process migrates and the others wait; "tianbao" in ASCII."""
_WAIT_MS = 600_000


async def upgrade(database: Database, revision: str = "head") -> None:
    """Run the migrations up to a revision, all in one transaction. Does nothing when they have been run.

    The newest schema also gets the days of the calendar that the installed package knows.

    Args:
        database: empty or of an older schema. Other processes may use it or upgrade it at the same time.
        revision: the id of a migration, or "head" for the newest.

    Raises:
        SchemaError: the database's schema or the revision is unknown to this program.
        ConflictError: somebody uses a table that is to be changed; try again.
        DatabaseDownError: the database cannot be reached.
    """
    from alembic import command  # noqa: PLC0415

    await _run(database, lambda config: command.upgrade(config, revision), newest=revision == "head")


async def downgrade(database: Database, revision: str) -> None:
    """Take back the migrations after a revision, all in one transaction. What they had added is lost.

    Args:
        database: of this program's schema.
        revision: the id of a migration, or "base" for an empty database.

    Raises:
        SchemaError, ConflictError, DatabaseDownError: see `upgrade`.
    """
    from alembic import command  # noqa: PLC0415

    await _run(database, lambda config: command.downgrade(config, revision))


async def _run(database: Database, command: "Callable[[Config], None]", *, newest: bool = False) -> None:
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))

    def migrate(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command(config)

    with plain_errors():
        async with database.engine.connect() as connection:
            if database.dialect == "sqlite":
                await _foreign_keys(connection, on=False)
            try:
                async with connection.begin():
                    await _begin(connection)
                    await connection.run_sync(migrate)
                    if newest:
                        await put_in_packaged(Transaction(connection, database.dialect))
                    await _check(connection)
            except CommandError as error:
                raise SchemaError(str(error)) from error
            finally:
                if database.dialect == "sqlite":
                    await _foreign_keys(connection, on=True)


async def _begin(connection: AsyncConnection) -> None:
    """Wait until no other process migrates; SQLite's BEGIN IMMEDIATE has done so already."""
    if connection.dialect.name == "postgresql":
        await connection.execute(sql("SET LOCAL statement_timeout = 0"))
        await connection.execute(sql(f"SET LOCAL lock_timeout = {_WAIT_MS}"))
        await connection.execute(sql("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        # From here on somebody may be waiting for us: rather fail than let everybody queue behind a table's lock.
        await connection.execute(sql(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}"))


async def _check(connection: AsyncConnection) -> None:
    """Make up for the foreign keys that were off."""
    if connection.dialect.name == "sqlite":
        broken = (await connection.execute(sql("PRAGMA foreign_key_check"))).first()
        if broken:
            message = f"the migration leaves rows of {broken[0]} without their {broken[2]}; nothing was changed"
            raise SchemaError(message)


async def _foreign_keys(connection: AsyncConnection, *, on: bool) -> None:
    # SQLite changes a table by making it anew, which foreign keys would take for the deletion of all its rows. They can
    # only be switched outside of a transaction, so behind SQLAlchemy's back, which begins one with every statement.
    driver = (await connection.get_raw_connection()).driver_connection
    if driver is not None:
        await driver.execute_fetchall(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")
