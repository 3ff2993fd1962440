"""How long administrators wait for their lists, and by which plans: `python -m tests.bench.office --help`."""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import String, case, cast, insert, literal, select, true
from sqlalchemy import text as sql
from stdnum.cn import uscc

from dialogs.office.overview import A_PAGE, Key, Moments, a_month_before
from dialogs.offices import CATEGORIES, DISTRICTS
from dialogs.periods import SHANGHAI, Period, deadline
from storage import offices, overview
from storage.database import Database, Transaction
from storage.tables import Moment, enterprise, link, person, report, seat, submission
from storage.upgrade import upgrade
from tests import postgres

LAST: Final = Period(2026, 10)
NOW: Final = datetime(2026, 11, 18, 15, tzinfo=SHANGHAI)
MOMENTS: Final = Moments(NOW, deadline(LAST, 20), a_month_before(NOW))
SUBMITTED: Final = 60
"""How many in a hundred have submitted the period that is due; of the others half have begun."""
CONTENT: Final = "x" * 600
"""Less than a complete report has, so that the databases stay small; what is measured here reads none of it."""
ROUNDS: Final = 5
_CHUNK: Final = 5_000
_DAYS: Final = 17
"""On so many days of a month reports come in."""
_WORDS: Final = "云雀蒲公英海棠银杏翠鸟磐石星河晨曦远山清泉白鹭青松"
_TRADES: Final = ("精密机械", "生物医药", "信息技术", "新材料", "汽车零部件", "智能装备", "环保科技", "食品")


def code(number: int) -> str:
    """Return the credit code of an enterprise, counted from 0."""
    body = f"91310115{number:09}"
    return f"{body}{uscc.calc_check_digit(body)}"


def enterprises(count: int) -> Iterator[dict[str, Any]]:
    """Yield enterprises as the registry names them, each with a name of its own."""
    drawn = random.Random(1)
    for number in range(count):
        word = "".join(drawn.choices(_WORDS, k=3))
        yield {
            "id": number + 1,
            "code": code(number),
            "name": f"上海{word}{drawn.choice(_TRADES)}第{number}有限公司",
            "district": drawn.choice(DISTRICTS),
            "category": drawn.choice(CATEGORIES),
            "address": "示例路 1 号",
            "phone": "021-55501234",
            "initials": f"sh{drawn.choice('abcdefgh')}{drawn.choice('jklmn')}{number}yxgs",
            "created_at": NOW,
        }


async def fill(database: Database, count: int, months: int) -> None:
    """Fill an upgraded database: every enterprise has a reporter and all reports but some of the last period."""
    rows = list(enterprises(count))
    for first in range(0, count, _CHUNK):
        chunk = rows[first : first + _CHUNK]
        since = NOW - timedelta(900)
        async with database.transaction() as tx:
            await tx.run(insert(person), [_reporter(row["id"]) for row in chunk])
            await tx.run(insert(enterprise), chunk)
            keys = [{"enterprise_id": row["id"], "person_id": row["id"]} for row in chunk]
            await tx.run(insert(link), [key | {"linked_at": since} for key in keys])
            await tx.run(insert(seat), [key | {"since": since} for key in keys])
    for back in range(months - 1, -1, -1):
        for number in range(_DAYS):
            async with database.transaction() as tx:
                await _add_reports(tx, LAST.plus(-back), number)
    if database.dialect == "postgresql":
        # As autovacuum does some time later. Nobody does it on SQLite.
        async with database.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(sql("VACUUM ANALYZE"))


def _reporter(number: int) -> dict[str, Any]:
    return {"id": number, "phone": f"+861{3_800_000_000 + number}", "name": "王芳", "created_at": NOW}


async def _add_reports(tx: Transaction, period: Period, day: int) -> None:
    """Add what came in on one day."""
    month = period.plus(1)
    at = datetime(month.year, month.month, day + 1, 12, tzinfo=SHANGHAI)
    drawn = enterprise.c.id * 7919 % 100
    number, of = enterprise.c.id, enterprise.c.id % _DAYS == day
    common = (number, literal(str(period)), literal(1))
    submitted = drawn < SUBMITTED if period == LAST else true()
    begun = drawn < (SUBMITTED + 100) // 2 if period == LAST else true()
    state = case((submitted, "submitted"), else_="draft")
    rows = select(*common, literal("2021-01"), state, literal(CONTENT), literal(at, Moment)).where(of, begun)
    names = ["enterprise_id", "period", "revision", "form", "state", "content", "changed_at"]
    await tx.run(insert(report).from_select(names, rows))
    receipt = literal(f"{period}-").concat(cast(number, String))
    content, digest = literal(CONTENT.encode()), literal("0" * 64)
    rows = select(*common, receipt, number, content, digest, literal(at, Moment)).where(of, submitted)
    names = ["enterprise_id", "period", "revision", "number", "person_id", "content", "digest", "submitted_at"]
    await tx.run(insert(submission).from_select(names, rows))


# ---- what is measured


def questions(count: int) -> dict[str, Callable[[Transaction], Awaitable[object]]]:
    """Return what administrators ask, by name; of the whole city, which is the most there is."""
    some = next(iter(enterprises(1)))
    end = Key("\U0010ffff", "", 0)

    def find(query: str) -> Callable[[Transaction], Awaitable[object]]:
        return lambda tx: offices.find_enterprises(tx, query, None)

    async def first_page(tx: Transaction) -> object:
        await overview.count_missing(tx, LAST, MOMENTS.deadline, None)
        return await overview.missing(tx, LAST, MOMENTS.deadline, None, most=A_PAGE + 1)

    return {
        "/status, whole city": lambda tx: overview.tally(tx, LAST, MOMENTS, None),
        "/status, a district": lambda tx: overview.tally(tx, LAST, MOMENTS, (DISTRICTS[0],)),
        "/missing, first page": first_page,
        "/missing, last page": lambda tx: overview.missing(
            tx, LAST, MOMENTS.deadline, None, beyond=end, backwards=True, most=A_PAGE
        ),
        "/missing, last page of a district": lambda tx: overview.missing(
            tx, LAST, MOMENTS.deadline, (DISTRICTS[0],), beyond=end, backwards=True, most=A_PAGE
        ),
        "/find, code": find(code(count // 2)),
        "/find, whole name": find(some["name"]),
        "/find, part of a name": find("云雀"),
        "/find, initials": find("shaj"),
        "/find, one character wrong": find(f"上海{some['name'][2:5]}错{some['name'][6:]}"),
        "/find, nothing": find("没有这样的一家企业"),
    }


async def measure(url: str, count: int, months: int) -> dict[str, float]:
    """Fill a database, print the plans of what is asked of all enterprises, and return the medians in seconds."""
    database = Database(url)
    try:
        await upgrade(database)
        begun = time.perf_counter()
        await fill(database, count, months)
        _say(f"{database.dialect}: {count:,} enterprises × {months} months in {time.perf_counter() - begun:.0f} s")
        for name, statement in _statements():
            _say(f"\n{database.dialect}, {name}:")
            for line in await _plan(database, statement):
                _say(f"    {line}")
        medians = {}
        for name, ask in questions(count).items():
            times = []
            for _ in range(ROUNDS):
                begun = time.perf_counter()
                async with database.transaction() as tx:
                    await ask(tx)
                times.append(time.perf_counter() - begun)
            medians[name] = statistics.median(times)
        return medians
    finally:
        await database.close()


def _statements() -> Iterator[tuple[str, Any]]:
    yield from overview.statements(LAST, MOMENTS, None)
    for number, statement in enumerate(offices.searches("没有这样的一家企业", None), 1):
        yield f"find, try {number}", statement


async def _plan(database: Database, statement: Any) -> list[str]:
    explain = "EXPLAIN QUERY PLAN" if database.dialect == "sqlite" else "EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF)"
    written = statement.compile(database.engine.sync_engine, compile_kwargs={"literal_binds": True})
    async with database.transaction() as tx:
        return [str(row[-1]) for row in await tx.connection.exec_driver_sql(f"{explain} {written}")]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Measure on SQLite and on PostgreSQL, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.office", description=__doc__)
    parser.add_argument("--enterprises", type=int, default=10_000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--only", choices=["sqlite", "postgresql"], help="on this database only")
    parser.add_argument("--folder", type=Path, help="where the databases are put")
    chosen = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tianbao-bench-", dir=chosen.folder)))
        urls = {}
        if chosen.only != "postgresql":
            urls["sqlite"] = f"sqlite+aiosqlite:///{folder / 'tianbao.db'}"
        if chosen.only != "sqlite":
            server = stack.enter_context(postgres.server())
            server.create("office")
            urls["postgresql"] = server.url("office")
        for name, url in urls.items():
            found[name] = asyncio.run(measure(url, chosen.enterprises, chosen.months))
    _say("\n" + f"{'median of ' + str(ROUNDS) + ', ms':36}" + "".join(f"{name:>12}" for name in found))
    for question in next(iter(found.values())):
        _say(f"{question:36}" + "".join(f"{one[question] * 1000:12.1f}" for one in found.values()))


if __name__ == "__main__":
    main()
