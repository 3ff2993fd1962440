"""How long importing earlier reports takes, and how much memory: `python -m tests.bench.history --help`."""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from stdnum.cn import uscc

from dialogs.enterprises import Registered
from dialogs.form import Forms, Indicator
from dialogs.periods import Period
from storage.database import Database
from storage.registry import import_rows
from storage.tables import submission
from storage.upgrade import upgrade
from tests import postgres

FIRST: Final = Period(2021, 1)
HEADER: Final = "统一社会信用代码,报表期,指标,栏目,数值,提交时间\n"


def code(number: int) -> str:
    """Return the credit code of an enterprise of 浦东, counted from 0."""
    body = f"91310115{number:09}"
    return f"{body}{uscc.calc_check_digit(body)}"


def rows(enterprises: int, months: int, *, scattered: bool) -> Iterator[str]:
    """Yield the lines of the file.

    Args:
        enterprises: how many report.
        months: how many periods each of them reports, all that is on the form.
        scattered: no two lines of a report stand together; else all of them do.
    """
    periods = [FIRST.plus(month) for month in range(months)]
    tails = {str(period): list(_tails(period)) for period in periods}
    codes = [code(number) for number in range(enterprises)]
    if not scattered:
        for one in codes:
            for period, ends in tails.items():
                for end in ends:
                    yield f"{one},{period},{end}\n"
        return
    for place in range(max(map(len, tails.values()))):
        for period, ends in tails.items():
            for one in codes if place < len(ends) else ():
                yield f"{one},{period},{ends[place]}\n"


def _tails(period: Period) -> Iterator[str]:
    form = Forms.read().in_force(period)
    if form is None:
        raise LookupError(period)
    time_ = f"{period.plus(1)}-15 10:{period.month:02}"
    for number, item in enumerate(form.items_in(period.month), 1):
        if isinstance(item, Indicator):
            for measure in item.measures:
                cents = ".25" if form.unit_of[item.id].decimals else ""
                yield f"{item.label},{form.measure[measure].label},{1000 * number + period.month}{cents},{time_}"
        else:
            yield f"{item.label},,{form.option_label(item.options[0], period)},{time_}"


async def _prepare(url: str, enterprises: int) -> None:
    database = Database(url)
    await upgrade(database)
    async with database.transaction() as tx:
        await import_rows(tx, (Registered(code(n), f"上海示例第{n + 1}有限公司", "王芳") for n in range(enterprises)))
    await database.close()


async def _stored(url: str) -> int:
    database = Database(url)
    async with database.transaction() as tx:
        count = (await tx.run(select(func.count()).select_from(submission))).scalar_one()
    await database.close()
    return int(count)


def measure(url: str, path: Path, enterprises: int, months: int) -> tuple[float, float]:
    """Import the file with the program's own command, and check that every report is there.

    Returns:
        Seconds, and the most memory in MiB.
    """
    asyncio.run(_prepare(url, enterprises))
    command = (sys.executable, "-m", "bot", "history", "import", str(path))
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=os.environ | {"TIANBAO_DATABASE_URL": url})
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or asyncio.run(_stored(url)) != enterprises * months:
        message = "not every report was imported"
        raise RuntimeError(message)
    return seconds, used.ru_maxrss / 1024


def main() -> None:
    """Measure on SQLite and on PostgreSQL, and print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.history", description=__doc__)
    parser.add_argument("--enterprises", type=int, default=1_000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--scattered", action="store_true", help="no two lines of a report stand together")
    parser.add_argument("--only", choices=["sqlite", "postgresql"], help="on this database only")
    parser.add_argument("--folder", type=Path, help="where files and databases are put")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tianbao-bench-", dir=chosen.folder)))
        path = folder / "history.csv"
        count = 0
        with path.open("w", encoding="utf-8") as file:
            file.write(HEADER)
            for line in rows(chosen.enterprises, chosen.months, scattered=chosen.scattered):
                file.write(line)
                count += 1
        urls = {}
        if chosen.only != "postgresql":
            urls["sqlite"] = f"sqlite+aiosqlite:///{folder / 'tianbao.db'}"
        if chosen.only != "sqlite":
            server = stack.enter_context(postgres.server())
            server.create("history")
            urls["postgresql"] = server.url("history")
        for name, url in urls.items():
            seconds, memory = measure(url, path, chosen.enterprises, chosen.months)
            size = path.stat().st_size >> 20
            line = f"{name}: {count:,} rows, {size} MiB, {seconds:.1f} s, {memory:.0f} MiB of memory"
            sys.stdout.write(f"{line}, {count / seconds:,.0f} rows/s\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
