"""The commands of an operator and a developer: `tianbao …`."""

import argparse
import asyncio
import contextlib
import gc
import signal
import sys
import tempfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from bot.settings import Settings, SettingsError, read_settings
from dialogs.data_file import DataFileError
from dialogs.form import FormError, Forms, read_form
from dialogs.offices import read_directory


class CommandError(Exception):
    """A command cannot do what it was asked; the message says why, and the way out."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status: 0, or 1 with one line on standard error."""
    chosen = parser().parse_args(arguments)
    try:
        status: int = chosen.command(chosen)
    except _faults() as error:
        hint = (
            "; check that the database runs, and TIANBAO_DATABASE_URL"
            if type(error).__name__ == "DatabaseDownError"
            else ""
        )
        print(f"tianbao: {error}{hint}", file=sys.stderr)  # noqa: T201 -- a command's own output
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 -- a fault of the program; its text may hold what people typed
        from bot.log import trace  # noqa: PLC0415

        frames = " < ".join(reversed(trace(error)))
        print(f"tianbao: stopped by a fault of its own, {type(error).__name__}: {frames}", file=sys.stderr)  # noqa: T201
        return 1
    return status


def _faults() -> tuple[type[Exception], ...]:
    """Return what goes wrong for reasons that an operator can mend."""
    from bot.table_file import BadTableError  # noqa: PLC0415
    from scheduler.calendar import UnknownDayError  # noqa: PLC0415
    from storage.database import ConflictError, DatabaseDownError, SchemaError  # noqa: PLC0415

    known: list[type[Exception]] = [
        SettingsError,
        FormError,
        DataFileError,
        CommandError,
        BadTableError,
        UnknownDayError,
    ]
    known += [SchemaError, DatabaseDownError, ConflictError, OSError]
    if "bot.telegram" in sys.modules:
        known.append(sys.modules["bot.telegram"].TelegramStartError)
    return tuple(known)


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    program = argparse.ArgumentParser(prog="tianbao", description="Conversational monthly reporting (填报助手)")
    commands = program.add_subparsers(required=True)

    run = commands.add_parser("run", help="start every channel that is configured")
    run.add_argument("--local", action="store_true", help="with the local web chat and sample data")
    run.set_defaults(command=_run)

    play = commands.add_parser(
        "play", help="hold the conversation in the terminal, with a database that is thrown away"
    )
    play.add_argument(
        "--at", metavar="TIME", type=_moment, help="what time it is to be, such as 2021-02-05T10:00+08:00"
    )
    play.add_argument(
        "--from",
        dest="source",
        metavar="FILE",
        type=Path,
        help="say what the person says in this transcript, at its time",
    )
    play.add_argument(
        "--transcript",
        metavar="FILE",
        type=Path,
        help="write the conversation there; under tests/transcripts it is a test",
    )
    play.set_defaults(command=_play)

    registry = commands.add_parser("registry", help="the legal-entity registry").add_subparsers(required=True)
    load = registry.add_parser("import", help="import a CSV or XLSX file: all of it or nothing")
    load.add_argument("file", type=Path)
    load.set_defaults(command=_registry_import)

    history = commands.add_parser("history", help="reports from before this program").add_subparsers(required=True)
    load = history.add_parser("import", help="import CSV or XLSX files: all of them or nothing")
    load.add_argument("files", nargs="+", type=Path)
    load.set_defaults(command=_history_import)

    forms = commands.add_parser("forms", help="the forms").add_subparsers(required=True)
    check = forms.add_parser("check", help="say what is wrong with form files, with file and line")
    check.add_argument("files", nargs="+", type=Path)
    check.set_defaults(command=_forms_check)

    offices = commands.add_parser("offices", help="whom to call").add_subparsers(required=True)
    check = offices.add_parser("check", help="say what is wrong with a file for TIANBAO_OFFICES, with file and line")
    check.add_argument("file", type=Path)
    check.set_defaults(command=_offices_check)

    database = commands.add_parser("db", help="the database").add_subparsers(required=True)
    database.add_parser("upgrade", help="bring it to the schema of this program").set_defaults(command=_db_upgrade)

    calendar = commands.add_parser("calendar", help="the working days").add_subparsers(required=True)
    load = calendar.add_parser(
        "import", help="import the State Council's notice of a year, as CSV or XLSX: 日期, 安排 (放假 or 上班), 名称"
    )
    load.add_argument("file", type=Path)
    load.set_defaults(command=_calendar_import)
    show = calendar.add_parser("show", help="what is known of a year")
    show.add_argument("year", type=_year)
    show.set_defaults(command=_calendar_show)

    simulate = commands.add_parser("simulate", help="who would be reminded of what and when, in an invented city")
    simulate.add_argument("--from", dest="first", metavar="DATE", type=date.fromisoformat, required=True)
    simulate.add_argument("--to", dest="last", metavar="DATE", type=date.fromisoformat, required=True)
    simulate.add_argument("--enterprises", metavar="N", type=_count, default=1000, help="1000 when left out")
    simulate.add_argument("--enterprise", metavar="K", type=_count, help="show all about one of them, from 1 on")
    simulate.add_argument("--seed", type=int, default=1, help="another one is another city")
    simulate.set_defaults(command=_simulate)

    outbox = commands.add_parser("outbox", help="what is to be sent").add_subparsers(required=True)
    listing = outbox.add_parser("ambiguous", help="list messages of which nobody knows whether they arrived")
    listing.set_defaults(command=_outbox_ambiguous)

    audit = commands.add_parser("audit", help="the record of who did what").add_subparsers(required=True)
    verify = audit.add_parser("verify", help="compute the seals over it again, and say whether anything was changed")
    verify.add_argument("digest", nargs="?", default="", help="one that was noted earlier: it must be one of theirs")
    verify.set_defaults(command=_audit_verify)
    return program


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("say which time zone, such as +08:00")
    return moment


def _year(text: str) -> int:
    # What lies further away has no dates in Python, or no sense.
    if not text.isdecimal() or not 1 < int(text) < date.max.year:
        raise argparse.ArgumentTypeError("not a year")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError("not a number from 1 on")
    return int(text)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- a command's own output


def _make_data_dir(settings: Settings) -> None:
    if not settings.database_url:
        settings.data_dir.mkdir(parents=True, exist_ok=True)


# ---- run


def _run(chosen: argparse.Namespace) -> int:
    from bot.log import set_up_logs  # noqa: PLC0415

    settings = read_settings()
    if not chosen.local and not settings.telegram_token.get_secret_value():
        message = "nothing to run: set TIANBAO_TELEGRAM_TOKEN, or start the local web chat with `tianbao run --local`"
        raise CommandError(message)
    set_up_logs(settings.log_level)
    return asyncio.run(_serve(settings, local=chosen.local))


async def _serve(settings: Settings, *, local: bool) -> int:
    from bot.app import application  # noqa: PLC0415

    _make_data_dir(settings)
    if local:
        await _prepare_local(settings)
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with application(settings, local=local) as tasks:
        if local:
            _say(f"填报助手: http://{settings.http_host}:{settings.http_port}")
        _spare_the_collector()
        stopped = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        for task in done - {stopped}:
            task.result()
    return 0


def _spare_the_collector() -> None:
    """Let the garbage collector pass over what is loaded by now, which stays as long as the program.

    Looking through it time and again took a sixth of all work, and made some answers wait.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


async def _prepare_local(settings: Settings) -> None:
    """Make the local database and fill it with samples, where that was not done before."""
    from bot.sample import seed  # noqa: PLC0415
    from scheduler.clock import SystemClock  # noqa: PLC0415
    from storage.database import Database  # noqa: PLC0415
    from storage.upgrade import upgrade  # noqa: PLC0415

    database = Database(settings.database)
    try:
        await upgrade(database)
        for line in await seed(database, SystemClock(settings.start)):
            _say(line)
    finally:
        await database.close()


# ---- the other commands


def _play(chosen: argparse.Namespace) -> int:
    from bot.log import set_up_logs  # noqa: PLC0415
    from bot.sample import play  # noqa: PLC0415
    from bot.terminal import AT, SAID, WHO, read_transcript  # noqa: PLC0415

    set_up_logs("ERROR")
    at, said = read_transcript(chosen.source) if chosen.source else (chosen.at, _ask)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kept = stack.enter_context(chosen.transcript.open("w", encoding="utf-8")) if chosen.transcript else None

        def write(line: str) -> None:
            if chosen.source or not line.startswith((SAID, WHO)):
                _say(line)
            if kept:
                kept.write(line + "\n")

        if kept and at:
            kept.write(f"{AT}{at.isoformat()}\n")
        asyncio.run(play(folder / "play.db", at, said, write))
    return 0


def _ask() -> str | None:
    try:
        return input("> ")
    except EOFError:
        return None


def _registry_import(chosen: argparse.Namespace) -> int:
    from bot.registry_file import Imported, import_registry  # noqa: PLC0415
    from scheduler.clock import SystemClock  # noqa: PLC0415
    from storage.database import Database  # noqa: PLC0415

    settings = read_settings()
    _make_data_dir(settings)

    async def load() -> Imported:
        database = Database(settings.database)
        try:
            await database.check_schema()
            return await import_registry(database, chosen.file, SystemClock(settings.start).now())
        finally:
            await database.close()

    imported = asyncio.run(load())
    for header in imported.ignored:
        _say(f"column ignored: {header}")
    _say(f"{imported.rows} enterprises imported")
    return 0


def _history_import(chosen: argparse.Namespace) -> int:
    from bot.history_file import Imported, import_history  # noqa: PLC0415
    from scheduler.clock import SystemClock  # noqa: PLC0415
    from storage.database import Database  # noqa: PLC0415

    settings, forms = read_settings(), Forms.read()
    _make_data_dir(settings)

    def tell(news: str) -> None:
        if sys.stderr.isatty():
            print(f"\r{news}", end="\x1b[K", file=sys.stderr, flush=True)  # noqa: T201 -- a command's own output

    async def load() -> Imported:
        database = Database(settings.database)
        try:
            await database.check_schema()
            return await import_history(database, forms, chosen.files, SystemClock(settings.start).now(), tell)
        finally:
            await database.close()
            tell("")

    imported = asyncio.run(load())
    for header in imported.ignored:
        _say(f"column ignored: {header}")
    _say(f"{imported.reports} reports imported, {imported.there} were there; {imported.enterprises} new enterprises")
    return 0


def _forms_check(chosen: argparse.Namespace) -> int:
    faults = []
    for path in chosen.files:
        try:
            read_form(path)
        except (FormError, OSError) as error:
            faults.append(str(error))
    for folder in {path.resolve().parent for path in chosen.files} if not faults else ():
        Forms.read(folder)
    if faults:
        raise CommandError("\n".join(faults))
    _say(f"{len(chosen.files)} forms are sound")
    return 0


def _offices_check(chosen: argparse.Namespace) -> int:
    directory = read_directory(chosen.file)
    _say(f"the offices of {len(directory.districts)} districts are sound")
    return 0


def _db_upgrade(_: argparse.Namespace) -> int:
    from storage.database import SCHEMA, Database  # noqa: PLC0415
    from storage.upgrade import upgrade  # noqa: PLC0415

    settings = read_settings()
    _make_data_dir(settings)

    async def bring() -> None:
        database = Database(settings.database)
        try:
            await upgrade(database)
        finally:
            await database.close()

    asyncio.run(bring())
    _say(f"the database has schema {SCHEMA}")
    return 0


def _calendar_import(chosen: argparse.Namespace) -> int:
    from bot.calendar_file import import_notice  # noqa: PLC0415
    from scheduler.clock import SystemClock  # noqa: PLC0415
    from storage.database import Database  # noqa: PLC0415

    settings = read_settings()
    _make_data_dir(settings)

    async def load() -> int:
        database = Database(settings.database)
        try:
            await database.check_schema()
            return await import_notice(database, chosen.file, SystemClock(settings.start).now())
        finally:
            await database.close()

    year = asyncio.run(load())
    _say(f"the notice of {year} is imported; `tianbao calendar show {year}` shows the year")
    return 0


def _calendar_show(chosen: argparse.Namespace) -> int:
    from bot.calendar_file import describe_year  # noqa: PLC0415
    from storage.database import Database  # noqa: PLC0415

    settings = read_settings()
    _make_data_dir(settings)

    async def look() -> list[str]:
        database = Database(settings.database)
        try:
            await database.check_schema()
            async with database.transaction() as tx:
                return await describe_year(tx, chosen.year)
        finally:
            await database.close()

    for line in asyncio.run(look()):
        _say(line)
    return 0


def _simulate(chosen: argparse.Namespace) -> int:
    from bot.rehearsal import deadline_days, describe  # noqa: PLC0415
    from scheduler.calendar import Calendar, load_calendar  # noqa: PLC0415
    from scheduler.rules import read_rules  # noqa: PLC0415
    from scheduler.simulation import City, Simulation  # noqa: PLC0415
    from storage.database import Database  # noqa: PLC0415

    if chosen.last < chosen.first:
        raise CommandError("--to is before --from")
    if (chosen.enterprise or 0) > chosen.enterprises:
        raise CommandError(f"there is no enterprise {chosen.enterprise}, only 1 to {chosen.enterprises}")
    settings, forms = read_settings(), Forms.read()
    _make_data_dir(settings)

    async def look() -> Calendar:
        database = Database(settings.database)
        try:
            await database.check_schema()
            async with database.transaction() as tx:
                return await load_calendar(tx, range(chosen.first.year - 1, chosen.last.year + 2))
        finally:
            await database.close()

    city = City(chosen.enterprises, chosen.seed)
    simulation = Simulation(city, read_rules(), asyncio.run(look()), deadline_days(forms))
    for line in describe(simulation, chosen.first, chosen.last, chosen.enterprise):
        _say(line)
    return 0


def _outbox_ambiguous(_: argparse.Namespace) -> int:
    from storage.database import Database  # noqa: PLC0415
    from storage.outbox import Kind, ambiguous  # noqa: PLC0415

    settings = read_settings()

    async def look() -> dict[Kind, list[int]]:
        database = Database(settings.database)
        try:
            await database.check_schema()
            async with database.transaction() as tx:
                return await ambiguous(tx)
        finally:
            await database.close()

    found = asyncio.run(look())
    for kind, numbers in found.items():
        _say(f"{kind}: {len(numbers)}: {' '.join(map(str, numbers))}")
    _say(f"{sum(map(len, found.values()))} messages may or may not have arrived; they are not sent again")
    return 0


def _audit_verify(chosen: argparse.Namespace) -> int:
    from storage.database import Database  # noqa: PLC0415
    from storage.seals import Verified, verify  # noqa: PLC0415

    settings = read_settings()

    async def look() -> Verified:
        database = Database(settings.database)
        try:
            await database.check_schema()
            return await verify(database, chosen.digest)
        finally:
            await database.close()

    found = asyncio.run(look())
    newest = f"; the newest digest is {found.newest.digest}" if found.newest else ""
    _say(f"{found.rows} rows under {found.seals} seals fit, {found.unsealed} are not sealed yet{newest}")
    if found.broken:
        seal, after = found.broken.seal, found.broken.after
        begin = "the beginning" if after is None else f"row {after + 1}"
        message = f"the seal of {seal.at.isoformat()} from {begin} to row {seal.last} does not fit: {found.broken.why}"
        raise CommandError(f"{message}; compare with a backup")
    if not found.found:
        message = "no seal has that digest: the record was cut short or made anew; compare with a backup"
        raise CommandError(message)
    return 0
