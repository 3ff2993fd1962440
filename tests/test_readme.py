"""What the README says is so: its commands exist, its settings are all of them, its files are there."""

import re
from pathlib import Path

import pytest

from bot.cli import parser
from bot.settings import PREFIX, Settings
from storage.comparisons import OVERALL, PER_CODE, PER_PERSON

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = "\n".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL))
COMMANDS = [line.split("#")[0].split() for line in BLOCKS.splitlines() if line.startswith(".venv/bin/tianbao")]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_command_of_the_program_is_one(command: list[str]) -> None:
    assert parser().parse_args(command[1:]).command


def test_there_are_commands_to_check() -> None:
    assert len(COMMANDS) >= 4


def test_each_make_target_is_one() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", README, re.MULTILINE))
    assert {"run", "test"} <= named <= targets


def test_the_table_of_settings_is_complete() -> None:
    named = set(re.findall(rf"`({PREFIX}[A-Z_]+)`", README))
    assert named == {PREFIX + name.upper() for name in Settings.model_fields}


def test_each_file_that_is_named_is_there() -> None:
    named = [
        *re.findall(r"\]\(([^)#]+)\)", README),
        *re.findall(r"`((?:bot|dialogs|storage|scheduler)/[\w./]*)`", README),
    ]
    assert len(named) > 5
    for name in named:
        assert (ROOT / name).exists(), name


def test_each_name_of_the_code_is_one() -> None:
    """A dotted name of a package, and a name after a file's, stands in that file."""
    for dotted in re.findall(r"`((?:bot|dialogs|storage|scheduler)(?:\.\w+)+)", README):
        *module, name = dotted.split(".")
        source = ROOT.joinpath(*module).with_suffix(".py")
        assert source.exists(), dotted
        assert re.search(rf"(?:def|class) {name}\b", source.read_text(encoding="utf-8")), dotted


def test_the_limits_are_those_of_the_code() -> None:
    told = f"fail {PER_PERSON} times for a person and {PER_CODE} times for a code in 24 hours, {OVERALL} times overall"
    assert told in README
