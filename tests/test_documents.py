"""Files for people: what their names may be, what of a fault is said and logged, and how a terminal shows them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import insert

from bot.app import Engine
from bot.channels import File, Outgoing, Sort
from bot.documents import MOST_CAPTION, RENDERERS, Document, DocumentError, render, safe_name
from bot.policy import Policy
from bot.terminal import CHAT, Terminal, as_lines
from dialogs.form import Forms
from scheduler.clock import SystemClock
from storage.database import ConflictError, Database, DatabaseDownError
from storage.tables import outbox
from tests.product import START, faults, logged, settle


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("我的信息-2026-11-10.json", "我的信息-2026-11-10.json"),
        ("填报表 2026-10 (终稿).xlsx", "填报表 2026-10 (终稿).xlsx"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ('a"b\r\nc.csv', "a_b__c.csv"),
        ("上海\u202ecod.exe", "上海_cod.exe"),
        ("甲\u200b乙.csv", "甲_乙.csv"),
        ("C:\\表?.csv", "C__表_.csv"),
        (" .hidden. ", "hidden"),
        ("", "_"),
        ("...", "_"),
        ("长" * 300 + ".pdf", "长" * 80 + ".pdf"),
        ("长" * 300, "长" * 80),
    ],
)
def test_a_name_is_taken_by_every_system_and_says_what_the_file_is(name: str, safe: str) -> None:
    """Group G: the name of an enterprise may be in it, and that is whatever a registry says."""
    assert safe_name(name) == safe


def test_a_document_in_a_message_is_what_it_was() -> None:
    document = Document("receipt", {"number": "R-1", "protected": True})
    packed = orjson.loads(orjson.dumps(document.pack()))
    assert Document.unpack(packed) == document
    assert Outgoing.of(1, "7", {"text": "", "document": packed}).protected
    assert not Outgoing.of(1, "7", {"text": "", "document": Document("receipt").pack()}).protected


async def _empty(_: Database, __: Mapping[str, Any], path: Path) -> str:
    await asyncio.to_thread(path.touch)
    return "a.csv"


async def _nothing(_: Database, __: Mapping[str, Any], ___: Path) -> str:
    return "a.csv"


async def _stumbles(_: Database, params: Mapping[str, Any], ___: Path) -> str:
    raise ValueError(params["figure"])


async def _fine(_: Database, params: Mapping[str, Any], path: Path) -> str:
    await asyncio.to_thread(path.write_text, params["figure"])
    return "a.csv"


BROKEN: dict[str, tuple[Callable[..., Awaitable[str]], str, str]] = {
    "empty": (_empty, "", "nothing was written"),
    "not written": (_nothing, "", "FileNotFoundError"),
    "a fault": (_stumbles, "", "ValueError"),
    "too much text": (_fine, "字" * (MOST_CAPTION + 1), "its text is too long: put a message of its own in front"),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_a_file_that_cannot_be_made_is_logged_without_what_is_in_it(
    database: Database, tmp_path: Path, case: str
) -> None:
    """Group H: logs hold no figures."""
    renderer, text, cause = BROKEN[case]
    body = {"text": text, "document": Document("table", {"figure": "98765.43"}).pack()}
    with logged() as log, pytest.raises(DocumentError) as caught:
        await render({"table": renderer}, database, 7, body, tmp_path)
    (fault,) = faults(log)
    assert (fault["outbox"], fault["kind"], fault["cause"]) == (7, "table", cause)
    assert "98765.43" not in f"{log}{caught.value}"


@pytest.mark.parametrize("error", [DatabaseDownError, ConflictError])
async def test_what_is_wrong_with_the_database_is_no_fault_of_the_file(
    database: Database, tmp_path: Path, error: type[Exception]
) -> None:
    async def down(_: Database, __: Mapping[str, Any], ___: Path) -> str:
        raise error("busy")

    with logged() as log, pytest.raises(error):
        await render({"table": down}, database, 7, {"document": Document("table").pack()}, tmp_path)
    assert log == []


# ---- in the terminal


def _file(folder: Path, name: str, content: bytes) -> File:
    path = folder / "document"
    path.write_bytes(content)
    return File(name, path)


LINES = "\n".join(map(str, range(40)))


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("a.json", '{\n  "姓名": "王"\n}\n'.encode(), ["    {", '      "姓名": "王"', "    }"]),
        ("a.csv", "企业,产值\r\n甲,1\r\n".encode("utf-8-sig"), ["    企业,产值", "    甲,1"]),
        ("a.txt", LINES.encode(), [f"    {number}" for number in range(40)]),
        ("a.txt", f"{LINES}\nmore".encode(), []),
        ("a.txt", b"x" * 100_000, []),
        ("a.xlsx", b"PK\x03\x04", []),
        ("a.txt", "甲".encode("gbk"), ["    \ufffd\ufffd"]),
    ],
)
async def test_a_transcript_shows_what_is_in_a_short_text(
    tmp_path: Path, name: str, content: bytes, shown: list[str]
) -> None:
    terminal = Terminal()
    message = Outgoing(1, CHAT, "给您", [[("返回", "1.0.0")]], file=_file(tmp_path, name, content))
    await terminal.send(message)
    expected = ["  给您", f"  (file {name})", *shown, "  [返回]"]
    assert as_lines(message, terminal.contents[1]) == expected


async def test_a_transcript_has_a_file_from_the_outbox(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async def own_data(_: Database, params: Mapping[str, Any], path: Path) -> str:
        await asyncio.to_thread(path.write_text, f"{params['name']}\n", "utf-8")
        return "我的信息-2026-11-10.json"

    monkeypatch.setitem(RENDERERS, "own-data", own_data)
    body = {"text": "", "document": Document("own-data", {"name": "王"}).pack()}
    row: dict[str, Any] = {"channel": "terminal", "bot": "local", "chat": CHAT, "kind": "reply", "state": "new"}
    async with database.transaction() as tx:
        row |= {"body": orjson.dumps(body).decode(), "created_at": datetime.now(START.tzinfo)}
        await tx.run(insert(outbox).values(row))
    terminal = Terminal()
    engine = Engine(database, SystemClock(START), Policy(Forms.read()), timedelta(seconds=15))
    engine.channels[terminal.name] = terminal
    async with engine.running():
        await settle(database)
    (message,) = terminal.shown
    assert as_lines(message, terminal.contents[message.id]) == ["  (file 我的信息-2026-11-10.json)", "    王"]


async def test_in_a_terminal_an_edition_takes_the_buttons_of_what_was_there() -> None:
    terminal = Terminal()
    assert await terminal.send(Outgoing(1, CHAT, "一", [[("甲", "1.0.0"), ("乙", "1.0.1")]])) == "1"
    pressed = terminal.typed("[乙]")
    assert (pressed.press, pressed.message) == ("1.0.1", "1")
    second = Outgoing(2, CHAT, "二", [[("甲", "2.0.0")]], edits=pressed.message)
    assert await terminal.send(second) == "1"
    assert as_lines(second) == ["  (edited)", "  二", "  [甲]"]
    assert terminal.typed("[乙]").press == ""
    pressed = terminal.typed("[甲]")
    assert (pressed.press, pressed.message) == ("2.0.0", "2")
    # Whichever name of it is used, it is the same message.
    for number, edits in ((3, "2"), (4, "1"), (5, "3")):
        await terminal.send(Outgoing(number, CHAT, "三", [[(f"第{number}", f"{number}.0.0")]], edits=edits))
        assert terminal.typed("[甲]").press == ""
        assert terminal.typed(f"[第{number - 1}]").press == ""
        assert terminal.typed(f"[第{number}]").press == f"{number}.0.0"
    assert terminal.read(pressed.payload) == pressed
    assert pressed.sort is Sort.PRESS
