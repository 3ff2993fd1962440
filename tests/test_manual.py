"""docs/manual.md holds each rule of the manual against the program: it is complete, and what it names is there.

Below are the tests of the manual's behaviours that belong to no other module.
"""

import ast
import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from bot.app import application
from bot.sample import REPORTERS
from bot.settings import Settings
from dialogs import conversation
from dialogs.office import chat as office_chat
from dialogs.texts import FOLDER
from storage.database import Database
from tests.botapi import BotApi
from tests.offices import District
from tests.product import (
    CODE,
    NAME,
    PATIENCE,
    START,
    TAKEN,
    become_reporter,
    faults,
    free_port,
    logged,
    prepare,
    product,
    settings_for,
    words,
)

ROOT = Path(__file__).parent.parent
HEADINGS = ("手册（章节／图）", "手册的规定", "在填报助手中", "证明（测试）")
CHAPTERS = (
    *("封面", "第一章", "1.1", "1.2", "1.3", "第二章", "2.1", "2.2", "2.3"),
    *("报送说明", "手册说明", "附录"),
)
_FIGURES_OF = {"1-1": 4, "1-2": 2, "1-3": 5, "2-1": 2, "2-2": 11}
FIGURES = tuple(f"图 {of}-{number}" for of, last in _FIGURES_OF.items() for number in range(1, last + 1))
MARKS = ("改进", "替代")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: its line, where in the manual, what the manual says, what is so here, and the proofs."""

    line: int
    place: str
    rule: str
    here: str
    proofs: tuple[str, ...]


def read_table() -> tuple[Row, ...]:
    """Return the rows of all the tables, without those that head them.

    Raises:
        ValueError: a row has too many columns or too few.
    """
    found = []
    for number, line in enumerate((ROOT / "docs/manual.md").read_text(encoding="utf-8").splitlines(), 1):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|") or cells in ([*HEADINGS], ["---"] * len(HEADINGS)):
            continue
        place, rule, here, proofs = cells
        found.append(Row(number, place, rule, here, tuple(proofs.split("<br>")) if proofs else ()))
    return tuple(found)


ROWS = read_table()
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.line} {row.place}")


@cache
def names_in(path: str) -> frozenset[str]:
    """Return the names of the tests of a module, none when there is no such module."""
    if not (ROOT / path).is_file():
        return frozenset()
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


@cache
def shown_lines() -> frozenset[str]:
    """Return the lines of all Chinese texts, with … for what is put in."""
    lines = []
    for path in (FOLDER / "zh-CN").glob("*.ftl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                value = line if line.startswith(" ") else line.partition("=")[2]
                lines.append(re.sub(r"\{[^}]*\}", "…", value).strip())
    return frozenset(lines)


def test_no_chapter_and_no_figure_is_left_out() -> None:
    chapters = {row.place.split()[0] for row in ROWS}
    assert chapters == set(CHAPTERS)
    figures = {figure for row in ROWS for figure in re.findall(r"图 \d-\d-\d+", row.place)}
    assert figures == set(FIGURES)


@each_row
def test_each_row_is_whole_and_proven(row: Row) -> None:
    assert row.rule
    assert row.here
    assert row.proofs
    for mark in re.findall(r"\*\*(.*?)\*\*", row.here):
        assert mark in MARKS
    for proof in row.proofs:
        named = re.fullmatch(r"`(tests/(?:test_\w+\.py::test_\w+|transcripts/[^/`]+\.txt))`", proof)
        assert named, proof
        path, _, test = named[1].partition("::")
        assert test in names_in(path) if test else (ROOT / path).is_file(), proof


@each_row
def test_what_stands_in_the_font_of_the_screen_is_on_the_screen(row: Row) -> None:
    commands = {*conversation.COMMANDS, *office_chat.COMMANDS}
    for label in re.findall(r"`([^`]+)`", row.rule + row.here):
        assert label in shown_lines(), label
    for command in re.findall(r"(?<!\S)/([a-z]+)", row.here):
        assert command in commands, command


# ---- the way in (manual, sections 1.1 and 1.2)


@asynccontextmanager
async def browser(port: int) -> AsyncIterator["Browser"]:
    """Open the web chat in a browser of its own."""
    address = f"http://127.0.0.1:{port}"
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(address, cookie_jar=jar, headers={"Origin": address}) as session:
        socket = await session.ws_connect("/chat/ws")
        await socket.send_json({"since": 0})
        yield Browser(session, socket)
        await socket.close()


class Browser:
    """Somebody at the web chat."""

    def __init__(self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Take what is open."""
        self._session, self._socket, self._numbers = session, socket, count(1)

    async def answer(self) -> str:
        """Return the next text that the program says."""
        async with asyncio.timeout(PATIENCE):
            while True:
                frame: dict[str, Any] = orjson.loads(await self._socket.receive_str())
                if "message" in frame:
                    return str(frame["message"]["text"])

    async def say(self, said: str) -> str:
        """Say something and return the answer."""
        await self._socket.send_json({"id": f"said-{next(self._numbers)}", "text": said})
        return await self.answer()

    async def post(self, path: str, **form: str) -> dict[str, Any]:
        """Send a form and return what comes back."""
        async with self._session.post(path, json=form) as response:
            read: dict[str, Any] = await response.json()
            return read


async def test_a_browser_whose_number_is_known_finds_everything_as_it_was(
    database: Database, database_url: str
) -> None:
    """In place of the website's registration and login: a number that is verified, bound by the number alone."""
    await prepare(database)
    port, (phone, name) = free_port(), REPORTERS[0]
    settings = Settings(database_url=database_url, http_port=port, clock_start=START)
    with logged() as log:
        async with application(settings, local=True), browser(port) as visitor:
            assert words("welcome") in await visitor.say("关联企业")
            code = (await visitor.post("/chat/code", phone=phone))["code"]
            assert await visitor.post("/chat/verify", phone=phone, code=code) == {"verified": True}
            assert words("bound-back", name=name) in await visitor.answer()
            mine = await visitor.say("关联企业")
    assert TAKEN[1] in mine
    assert words("seat-mine") in mine
    assert faults(log) == []


# ---- the list of reports (manual, figure 2-2-8)


async def test_a_returned_report_is_in_the_list_and_leads_to_its_correction(
    database: Database, database_url: str
) -> None:
    await prepare(database)
    async with BotApi() as api:
        office = District(api, "city")
        async with product(settings_for(database_url, api, admin_chats=(office.setting,))):
            reporter = await become_reporter(api.phone("李"))
            await reporter.fill()
            await reporter.submit()
            office.administrator.news()
            await office.administrator.send(f"/return {CODE} 2021-01 2 与上月不衔接")
            await office.administrator.wait("退回", PATIENCE)
            reporter.phone.news()
            await office.administrator.press("确认退回")
            await reporter.phone.wait(1, PATIENCE)

            year = await reporter.do("填报列表")
            assert NAME in year.text
            assert "1月　退回修改" in year.text.splitlines()
            shown = await reporter.do("[1月 退回修改]")
            assert "状态：退回修改" in shown.text
            assert words("returned-reason", reason="与上月不衔接") in shown.text
            asked = await reporter.do("[修改]")
            assert "利润总额" in asked.text
            assert words("flagged", reason="与上月不衔接") in asked.text
