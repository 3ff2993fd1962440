"""The layers hold, and the linter that says so has been seen to refuse each way in which they would not."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("bot", "scheduler", "storage", "dialogs")
UPWARDS = [(low, high) for at, high in enumerate(LAYERS) for low in LAYERS[at + 1 :]]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the import contracts of this project on the packages of a folder."""
    config = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", *config]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("low", "high"), UPWARDS)
def test_an_import_upwards_is_refused(low: str, high: str, tmp_path: Path) -> None:
    for name in LAYERS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("", encoding="utf-8")
    assert lint(tmp_path).returncode == 0
    (tmp_path / low / "__init__.py").write_text(f"import {high}\n", encoding="utf-8")
    refused = lint(tmp_path)
    assert refused.returncode == 1
    assert f"{low} is not allowed to import {high}" in refused.stdout


def test_the_dialogs_are_pure() -> None:
    """No I/O but reading data files, no clock, no randomness, no framework; one module knows the Telegram library."""
    banned = {"asyncio", "random", "secrets", "time", "logging", "socket", "os", "structlog"}
    banned |= {"sqlalchemy", "telegram", "aiohttp", "apscheduler"}
    for path in (ROOT / "dialogs").rglob("*.py"):
        assert not imported(path) & banned, path
        assert ".now(" not in path.read_text(encoding="utf-8"), path
    knowing = {path.name for path in (ROOT / "bot").rglob("*.py") if "telegram" in imported(path)}
    assert knowing == {"telegram.py"}


def test_one_place_commits() -> None:
    committing = {
        path.relative_to(ROOT).as_posix()
        for layer in LAYERS
        for path in (ROOT / layer).rglob("*.py")
        if ".commit(" in (source := path.read_text(encoding="utf-8")) or "engine.begin(" in source
    }
    assert committing <= {"storage/database.py", "storage/upgrade.py", "storage/migrations/env.py"}
    assert "storage/database.py" in committing


def imported(path: Path) -> set[str]:
    """Return the top-level names of what a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names
