"""How long an export takes, and how much memory: `python -m tests.bench.export --help`."""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from bot import export_file
from dialogs.form import Form, Forms, Indicator
from dialogs.office.authority import CITY
from dialogs.periods import Period
from dialogs.report import Chosen, Entered, Report, ReportState, content_of, receipt_of
from storage.database import Database
from storage.history import Filed, add_reports
from storage.tables import enterprise
from storage.upgrade import upgrade
from tests import postgres
from tests.bench.history import code

PERIOD = Period(2021, 1)
AT = datetime(2021, 2, 5, tzinfo=UTC)
AT_ONCE = 1_000


async def fill(url: str, reports: int) -> None:
    """Make a database with so many enterprises, each with a full report."""
    database = Database(url)
    await upgrade(database)
    for first in range(0, reports, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, reports))
        async with database.transaction() as tx:
            known = {"district": "浦东", "category": "其他", "address": "", "phone": "", "created_at": AT}
            named = [known | {"id": n + 1, "code": code(n), "name": f"上海示例第{n + 1}有限公司"} for n in numbers]
            await tx.run(enterprise.insert(), named)
            await add_reports(tx, [_filed(n) for n in numbers], AT)
    await database.close()


def _filed(number: int) -> Filed:
    version = _form()
    figures: dict[str, Entered] = {}
    choices: dict[str, Chosen] = {}
    for place, item in enumerate(version.items_in(PERIOD.month), 1):
        if isinstance(item, Indicator):
            cents = Decimal("0.01") if version.unit_of[item.id].decimals else Decimal(0)
            for measure in item.measures:
                figures[f"{item.id}.{measure}"] = Entered(number * place + cents * (number % 97), 0, AT)
        else:
            choices[item.id] = Chosen(item.options[number % len(item.options)].id, 0, AT)
    report = Report(number + 1, PERIOD, version.version, ReportState.SUBMITTED, figures=figures, choices=choices)
    content = content_of(report, version, code(number))
    return Filed(report, content, receipt_of(report, content, AT), "bench:1")


@cache
def _form() -> Form:
    form = Forms.read().in_force(PERIOD)
    if form is None:
        raise LookupError(PERIOD)
    return form


async def make(url: str, format_: str) -> None:
    """Export everything as the program does it; print seconds, and MiB of the file and of memory before and at most."""
    database = Database(url)
    before = _memory()
    params = {"first": str(PERIOD), "last": str(PERIOD), "districts": None, "scope": CITY, "format": format_}

    async def tell(_: str) -> None:
        pass

    with tempfile.TemporaryDirectory(prefix="tianbao-bench-") as folder:
        path = Path(folder) / "document"
        begun = time.perf_counter()
        await export_file.render(database, params | {"language": "zh-CN"}, path, tell)
        seconds = time.perf_counter() - begun
        size = path.stat().st_size / (1 << 20)
    await database.close()
    sys.stdout.write(
        f"{seconds:.1f} s, file {size:.1f} MiB, memory {before:.0f} MiB before, {_memory():.0f} MiB at most\n"
    )


def _memory() -> float:
    """Return the most memory so far, in MiB. What `getrusage` says is that of the parent process, if it had more."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure on SQLite and on PostgreSQL, and print a line for each format."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.export", description=__doc__)
    parser.add_argument("--reports", type=int, default=10_000)
    parser.add_argument("--only", choices=["sqlite", "postgresql"], help="on this database only")
    parser.add_argument("--folder", type=Path, help="where databases are put")
    parser.add_argument("--make", nargs=2, metavar=("URL", "FORMAT"), help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.make:
        asyncio.run(make(*chosen.make))
        return
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tianbao-bench-", dir=chosen.folder))
        urls = {}
        if chosen.only != "postgresql":
            urls["sqlite"] = f"sqlite+aiosqlite:///{Path(folder) / 'tianbao.db'}"
        if chosen.only != "sqlite":
            server = stack.enter_context(postgres.server())
            server.create("export")
            urls["postgresql"] = server.url("export")
        for name, url in urls.items():
            asyncio.run(fill(url, chosen.reports))
            for format_ in ("xlsx", "csv"):
                sys.stdout.write(f"{name}, {format_}, {chosen.reports:,} reports: ")
                sys.stdout.flush()
                # A process of its own, whose memory is that of the export.
                subprocess.run((sys.executable, "-m", "tests.bench.export", "--make", url, format_), check=True)


if __name__ == "__main__":
    main()
