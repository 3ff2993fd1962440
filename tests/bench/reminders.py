"""How long it takes to plan the reminders of a whole city, and how much memory: all due at the same slot.

.venv/bin/python -m tests.bench.reminders --enterprises 100000
"""

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import func, insert, select
from sqlalchemy import text as sql

from bot.policy import Policy
from dialogs.form import Forms
from dialogs.periods import SHANGHAI
from scheduler.clock import StandingClock
from scheduler.planner import Planner
from scheduler.rules import read_rules
from storage.database import Database
from storage.tables import account, enterprise, link, outbox, person, reminder, seat
from storage.upgrade import upgrade
from tests import postgres
from tests.bench.office import enterprises

SLOT: Final = datetime(2026, 11, 9, 9, 30, tzinfo=SHANGHAI)
SINCE: Final = datetime(2026, 1, 1, tzinfo=SHANGHAI)
EACH: Final = 2
"""So many enterprises has a person."""
_CHUNK: Final = 5_000


async def fill(database: Database, count: int) -> None:
    """Fill an upgraded database with enterprises, none of which has begun, and their reporters."""
    rows = list(enterprises(count))
    for first in range(0, count, _CHUNK):
        chunk = rows[first : first + _CHUNK]
        who = sorted({row["id"] // EACH + 1 for row in chunk})
        keys = [{"enterprise_id": row["id"], "person_id": row["id"] // EACH + 1} for row in chunk]
        async with database.transaction() as tx:
            people = [
                {"id": one, "phone": f"+861{3_800_000_000 + one}", "name": "王芳", "created_at": SINCE} for one in who
            ]
            await tx.run(tx.insert(person).on_conflict_do_nothing(), people)
            accounts = [{"channel": "telegram", "user": str(one), "person_id": one, "bound_at": SINCE} for one in who]
            await tx.run(tx.insert(account).on_conflict_do_nothing(), accounts)
            await tx.run(insert(enterprise), chunk)
            await tx.run(insert(link), [key | {"linked_at": SINCE} for key in keys])
            await tx.run(insert(seat), [key | {"since": SINCE} for key in keys])
    if database.dialect == "postgresql":
        async with database.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(sql("VACUUM ANALYZE"))


async def measure(url: str, count: int) -> None:
    """Fill a database, plan, plan once more in a new process's place, and print what it took."""
    database = Database(url)
    try:
        await upgrade(database)
        await fill(database, count)
        policy = Policy(Forms.read(), bots={"telegram": "bot"})
        for name in ("all due", "once more, nothing new"):
            planner = Planner(database, StandingClock(SLOT), policy.forms, read_rules(), lambda: policy)
            before, begun = _peak(), time.perf_counter()
            await planner.plan()
            took = time.perf_counter() - begun
            _say(f"{database.dialect:12}{name:26}{took:8.1f} s   memory {before} → {_peak()} MiB at most")
        async with database.transaction() as tx:
            messages = (await tx.run(select(func.count()).select_from(outbox))).scalar_one()
            reminders = (await tx.run(select(func.count()).select_from(reminder))).scalar_one()
        _say(f"{'':12}{reminders:,} enterprises, {messages:,} messages")
    finally:
        await database.close()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Measure on SQLite and on PostgreSQL."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reminders", description=__doc__)
    parser.add_argument("--enterprises", type=int, default=10_000)
    parser.add_argument("--only", choices=["sqlite", "postgresql"], help="on this database only")
    parser.add_argument("--folder", type=Path, help="where the databases are put")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tianbao-bench-", dir=chosen.folder)))
        if chosen.only != "postgresql":
            asyncio.run(measure(f"sqlite+aiosqlite:///{folder / 'tianbao.db'}", chosen.enterprises))
        if chosen.only != "sqlite":
            server = stack.enter_context(postgres.server())
            server.create("reminders")
            asyncio.run(measure(server.url("reminders"), chosen.enterprises))


if __name__ == "__main__":
    main()
