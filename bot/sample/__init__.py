"""Sample data for the local mode and for `tianbao play`: invented enterprises, and two people who are there already."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from itertools import islice
from pathlib import Path

from bot.registry_file import check, import_registry
from dialogs.enterprises import Registered
from dialogs.form import Forms
from scheduler.clock import Clock, StandingClock, SystemClock
from storage import people
from storage.database import Database, Transaction
from storage.registry import find_registered
from storage.upgrade import upgrade

REGISTRY = Path(__file__).parent / "registry.csv"
REPORTERS = (("+8613800000001", "王芳"), ("+8613800000002", "陈建国"))
"""Phone number and name; each reports for one of the first enterprises of the registry."""


async def seed(database: Database, clock: Clock) -> list[str]:
    """Put the samples into a database that has none of them yet.

    Returns:
        What to tell a newcomer: an enterprise that can be linked, and one whose seat is taken.
    """
    with closing(check(REGISTRY)) as checked:
        *taken, free = islice(checked.rows(), len(REPORTERS) + 1)
    async with database.transaction() as tx:
        known = await find_registered(tx, free.code)
    if known is None:
        await import_registry(database, REGISTRY, clock.now())
        async with database.transaction() as tx:
            for found, (phone, name) in zip(taken, REPORTERS, strict=True):
                await _seat(tx, found, phone, name, clock)
    return [_line("可关联的示例企业", free), _line("已有填报员的示例企业", taken[0])]


async def _seat(tx: Transaction, found: Registered, phone: str, name: str, clock: Clock) -> None:
    now = clock.now()
    who = await people.bind_phone(tx, "sample", phone, phone, now)
    await people.set_name(tx, who.id, name)
    basics = people.Basics(found.code, found.name, found.district, found.category or "其他", "示例路 1 号", found.phone)
    number = await people.link_enterprise(tx, basics, who.id, now)
    await people.take_seat(tx, number, who.id, now)


def _line(title: str, found: Registered) -> str:
    return f"{title}: {found.code} {found.name} {found.representative}"


async def play(
    path: Path, at: datetime | None, lines: "Sequence[str] | Callable[[], str | None]", write: Callable[[str], None]
) -> None:
    """Hold a conversation in the terminal on a new SQLite database with the samples.

    Args:
        path: where the database is to be.
        at: what time it is to be all along, aware; the machine's own when None.
        lines: what the person says.
        write: takes the lines of the transcript.
    """
    from bot.terminal import converse  # noqa: PLC0415 -- the terminal is for developers

    clock = StandingClock(at) if at else SystemClock()
    database = Database(f"sqlite+aiosqlite:///{path}")
    try:
        await upgrade(database)
        await seed(database, clock)
        await converse(database, clock, Forms.read(), lines, write)
    finally:
        await database.close()
