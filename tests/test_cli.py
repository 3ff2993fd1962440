"""The commands, as an operator and a form author use them: what they say, and how they end."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from bot.cli import main
from bot.sample import REGISTRY
from dialogs.form import FOLDER

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_forms_of_the_product_are_sound(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forms", "check", *map(str, FOLDER.glob("*.yaml"))]) == 0
    assert capsys.readouterr().out == "2 forms are sound\n"


def test_each_fault_of_a_form_is_named_with_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = (FOLDER / "2021-01.yaml").read_text(encoding="utf-8")
    line = source[: source.index("unit: wan_yuan")].count("\n") + 1
    path = tmp_path / "broken.yaml"
    path.write_text(source.replace("unit: wan_yuan", "unit: yuan", 1), encoding="utf-8")
    assert main(["forms", "check", str(path)]) == 1
    assert capsys.readouterr().err == f"tianbao: {path}:{line}: there is no unit 'yuan'\n"


def test_a_registry_is_imported_into_an_upgraded_database(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["registry", "import", str(REGISTRY)]) == 1
    assert "run `tianbao db upgrade`" in capsys.readouterr().err
    assert main(["db", "upgrade"]) == 0
    assert main(["registry", "import", str(REGISTRY)]) == 0
    assert capsys.readouterr().out.endswith("36 enterprises imported\n")


def test_bad_rows_of_a_registry_are_named_and_nothing_is_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "registry.csv"
    rows = REGISTRY.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*rows, "91310105TB0000036X,某某有限公司,张三,长宁,其他,"]), encoding="utf-8")
    main(["db", "upgrade"])
    assert main(["registry", "import", str(path)]) == 1
    assert f"row {len(rows) + 1}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "arguments", "line"),
    [
        ({}, ["run"], "nothing to run: set TIANBAO_TELEGRAM_TOKEN, or start the local web chat"),
        ({"TIANBAO_HTTP_PORT": "x"}, ["run", "--local"], "TIANBAO_HTTP_PORT"),
        ({"TIANBAO_TELEGRAM_TOKEN": "1:a"}, ["run"], "run `tianbao db upgrade`"),
        (
            {"TIANBAO_DATABASE_URL": "postgresql+asyncpg://u:hidden@127.0.0.1:1/x"},
            ["db", "upgrade"],
            "check that the database runs",
        ),
        ({"TIANBAO_DATABASE_URL": "nonsense"}, ["db", "upgrade"], "TIANBAO_DATABASE_URL"),
        ({"TIANBAO_DATABASE_URL": "mysql://x/y"}, ["db", "upgrade"], "TIANBAO_DATABASE_URL"),
        ({}, ["registry", "import", "missing.csv"], "missing.csv"),
        ({}, ["forms", "check", "missing.yaml"], "missing.yaml"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    environment: dict[str, str],
    arguments: list[str],
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if arguments[0] == "registry":
        main(["db", "upgrade"])
    capsys.readouterr()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1
    assert "hidden" not in error


def test_a_conversation_is_played_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = tmp_path / "said.txt"
    said.write_text("# 2021-02-05T10:00:00+08:00\n> /start\n> [验证手机号] 13900000009\n> 李会计\n", encoding="utf-8")
    kept = tmp_path / "kept.txt"
    assert main(["play", "--from", str(said), "--transcript", str(kept)]) == 0
    shown = capsys.readouterr().out
    assert "好的，李会计。" in shown
    assert kept.read_text(encoding="utf-8") == "# 2021-02-05T10:00:00+08:00\n" + shown


async def test_the_local_mode_serves_the_chat_and_stops_when_it_is_told(tmp_path: Path) -> None:
    """As `make run` does it: nothing is set, the page is there, a second start finds everything as it was."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {"PATH": os.environ["PATH"], "TIANBAO_HTTP_PORT": str(port), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "bot", "run", "--local"]
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(
            *command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout
        lines = [(await process.stdout.readline()).decode().strip() for _ in range(3)]
        assert re.search(r"[0-9A-Z]{18} 上海", lines[0])
        assert lines[2].endswith(f"http://127.0.0.1:{port}")
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/") as answer:
            assert answer.status == 200
            assert "填报助手" in await answer.text()
        process.send_signal(signal.SIGTERM)
        _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
