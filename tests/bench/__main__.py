"""Measures the bot beside the reference bot in one run and prints a table; every report is checked at the end."""

import argparse
import asyncio
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from tests import postgres
from tests.bench import plan, process
from tests.bench.bots import Bot, OurBot, ReferenceBot

_STOPS_WITHIN: Final = 30.0
_WARM_UP: Final = 20
"""How many report before the measurement begins."""


class InvalidRunError(Exception):
    """A run does not count: a bot stopped, got stuck, or did not take every report exactly once."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is measured.

    Args:
        name: as in the table, and as it is chosen on the command line.
        at_once: how many report side by side.
        reports: how many report in all, the next as soon as one is ready.
        settings: of the bot under test; None for the reference bot.
        on_postgres: with PostgreSQL in place of SQLite.
    """

    name: str
    at_once: int
    reports: int
    settings: Mapping[str, str] | None = None
    on_postgres: bool = False


REFERENCE: Final = "reference"
SCENARIOS: Final = (
    Scenario(REFERENCE, 50, 60),
    Scenario("polling", 50, 250, {}),
    Scenario("polling-500", 500, 500, {}),
    Scenario("webhook", 50, 200, {"TIANBAO_TELEGRAM_MODE": "webhook"}),
    Scenario("postgres", 50, 200, {}, on_postgres=True),
)


@dataclass(slots=True)
class Result:
    """What the runs of one scenario showed; the best of them counts, as noise only ever makes a run slower."""

    scenario: Scenario
    runs: list[dict[str, Any]] = field(default_factory=list)

    @property
    def best(self) -> dict[str, Any]:
        """The run with the most updates a second."""
        return max(self.runs, key=_rate)

    @property
    def rate(self) -> float:
        """Updates a second."""
        return _rate(self.best)

    @property
    def cpu(self) -> float | None:
        """Seconds of the bot's CPU an update, in the run that took the least; None where that cannot be read."""
        return min((run["bot_cpu"] / run["updates"] for run in self.runs if run["bot_cpu"]), default=None)


def _rate(run: Mapping[str, Any]) -> float:
    return float(run["updates"] / run["seconds"])


# ---- one run


@dataclass(frozen=True, slots=True)
class Bench:
    """Where it is measured.

    Args:
        folder: for the databases.
        cores: that may be used: the first is the bot's alone, where there is another for the rest.
        server: PostgreSQL, when a scenario needs it.
    """

    folder: Path
    cores: Sequence[int]
    server: postgres.Server | None

    def run(self, scenario: Scenario) -> dict[str, Any]:
        """Let everybody report to a bot with a new database, and return what was measured.

        Raises:
            InvalidRunError: it does not count.
        """
        reporters = scenario.reports + _WARM_UP
        numbers = ("--reporters", reporters, "--warm-up", _WARM_UP, "--at-once", scenario.at_once)
        command = (sys.executable, "-m", "tests.bench.driver", *map(str, numbers))
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            bot = self._bot(scenario, Path(folder))
            asyncio.run(bot.prepare(reporters))
            with _ended(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)) as driver:
                measured = self._drive(driver, bot)
            if measured["fault"]:
                raise InvalidRunError(f"{scenario.name}: {measured['fault']}")
            items = len(plan.form_in_force().items_in(plan.PERIOD.month))
            if sorted(asyncio.run(bot.complete_reports())) != [(plan.reporter(n), items) for n in range(reporters)]:
                raise InvalidRunError(f"{scenario.name}: not exactly one complete report of every reporter")
        return measured

    def _drive(self, driver: "subprocess.Popen[str]", bot: Bot) -> dict[str, Any]:
        if driver.stdin is None or driver.stdout is None:
            raise AssertionError
        start = bot.start(*driver.stdout.readline().split())
        with _ended(subprocess.Popen(start.command, cwd=start.folder, env=start.environment, text=True)) as running:
            if len(self.cores) > 1:
                process.bind(running.pid, {self.cores[0]})
            driver.stdin.write(f"{running.pid}\n")
            driver.stdin.flush()
            measured: dict[str, Any] = orjson.loads(driver.stdout.readline() or b'{"fault": "the driver stopped"}')
            running.send_signal(signal.SIGTERM)
            try:
                running.wait(_STOPS_WITHIN)
            except subprocess.TimeoutExpired:
                measured["fault"] = measured["fault"] or f"the bot did not stop within {_STOPS_WITHIN:.0f} s"
        driver.stdin.close()
        driver.wait(_STOPS_WITHIN)
        return measured

    def _bot(self, scenario: Scenario, folder: Path) -> Bot:
        if scenario.settings is None:
            return ReferenceBot(folder)
        address = f"sqlite+aiosqlite:///{folder / 'tianbao.db'}"
        if scenario.on_postgres and self.server is not None:
            self.server.drop("bench")
            self.server.create("bench")
            address = self.server.url("bench")
        return OurBot(folder, address, scenario.settings)


@contextmanager
def _ended(running: "subprocess.Popen[str]") -> Iterator["subprocess.Popen[str]"]:
    """End a process with the block, however the block ends."""
    try:
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.wait()
        for pipe in (running.stdin, running.stdout):
            if pipe:
                pipe.close()


# ---- all of them


def measure(scenarios: Sequence[Scenario], rounds: int, folder: Path | None) -> list[Result]:
    """Run every scenario once a round, so that what slows the machine for a while slows all of them.

    Raises:
        InvalidRunError: a run does not count.
    """
    results = [Result(scenario) for scenario in scenarios]
    cores = process.cores()
    if len(cores) > 1:
        # Inherited by the driver and by PostgreSQL; the bot is then put on the first core.
        process.bind(0, set(cores[1:]))
    with ExitStack() as stack:
        server = None
        if any(scenario.on_postgres for scenario in scenarios):
            server = stack.enter_context(postgres.server())
        where = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tianbao-bench-", dir=folder)))
        bench = Bench(where, cores, server)
        for number in range(rounds):
            for result in results:
                _note(f"round {number + 1} of {rounds}: {result.scenario.name}")
                result.runs.append(bench.run(result.scenario))
    return results


_HEADINGS: Final = (
    *("scenario", "reporters", "updates", "updates/s", "× ref", "CPU ms", "× ref", "p50 ms", "p95 ms", "p99 ms"),
    *("MiB", "bot", "driver"),
)


def table(results: Sequence[Result]) -> Iterator[str]:
    """Return the lines of the table, and below it how 500 reporters compare with 50."""
    reference = next((result for result in results if result.scenario.name == REFERENCE), None)
    rows = [_HEADINGS, *(_row(result, reference) for result in results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        first, *others = zip(row, widths, strict=True)
        yield "  ".join((first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)))
    named = {result.scenario.name: result for result in results}
    if (few := named.get("polling")) and (many := named.get("polling-500")):
        yield ""
        rate, cpu = _times(many.rate, few.rate), _times(many.cpu, few.cpu)
        yield f"500 reporters against 50: {rate} × the updates/s, {cpu} × the CPU an update"


def _row(result: Result, reference: Result | None) -> tuple[str, ...]:
    best = result.best
    rate, cpu = (reference.rate, reference.cpu) if reference else (None, None)
    return (
        result.scenario.name,
        str(result.scenario.at_once),
        str(best["updates"]),
        f"{result.rate:.0f}",
        _times(result.rate, rate),
        f"{result.cpu * 1000:.2f}" if result.cpu else "–",
        _times(cpu, result.cpu),
        *(f"{seconds * 1000:.1f}" for seconds in best["latencies"]),
        f"{best['memory']:.0f}" if best["memory"] else "–",
        f"{best['bot_cpu'] / best['seconds']:.0%}" if best["bot_cpu"] else "–",
        f"{best['driver_cpu'] / best['seconds']:.0%}",
    )


def as_json(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return every run, and what counts of each scenario, as JSON can carry it."""
    reference = next((result for result in results if result.scenario.name == REFERENCE), None)
    rate, cpu = (reference.rate, reference.cpu) if reference else (None, None)
    return [
        {
            **asdict(result),
            "updates_per_second": result.rate,
            "cpu_per_update": result.cpu,
            "times_updates_per_second": result.rate / rate if rate else None,
            "times_updates_per_cpu_second": cpu / result.cpu if cpu and result.cpu else None,
        }
        for result in results
    ]


def _times(one: float | None, other: float | None) -> str:
    return f"{one / other:.2f}" if one and other else "–"


def _note(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main() -> int:
    """Measure what was asked for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("only", nargs="*", metavar="SCENARIO", help=f"of {', '.join(names)}; all when left out")
    parser.add_argument("--rounds", type=int, default=2, help="how often each is run; the best run counts (default: 2)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured there")
    parser.add_argument("--folder", type=Path, help="where the databases are put; the disk decides what a commit costs")
    chosen = parser.parse_args()
    if unknown := set(chosen.only) - set(names):
        parser.error(f"no scenario {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    scenarios = [scenario for scenario in SCENARIOS if scenario.name in (chosen.only or names)]
    try:
        results = measure(scenarios, chosen.rounds, chosen.folder)
    except InvalidRunError as error:
        _note(f"this run does not count: {error}")
        return 1
    sys.stdout.write("\n".join(table(results)) + "\n")
    if chosen.json:
        chosen.json.write_bytes(orjson.dumps(as_json(results), option=orjson.OPT_INDENT_2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
