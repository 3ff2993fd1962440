"""The same conversations in a terminal, for developers; it can keep what was said as a transcript that is a test.

A line is what somebody says. `@ 王芳` lets another person speak from then on, `@ 浦东 管理员` an administrator in
the admin chat of a district or of the city, and `# 2026-11-21T09:00+08:00` is the time from then on, at which is said
what is due by then. `= claim approval` stands for the setting.
"""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from bot.app import Engine
from bot.channels import NO_LIMITS, File, Incoming, Outgoing, Sort, button_message
from bot.policy import Policy
from bot.settings import AdminChat
from dialogs.form import Forms
from dialogs.office.authority import CITY
from dialogs.offices import DISTRICTS
from dialogs.people import clean, read_mobile
from dialogs.texts import DEFAULT_LANGUAGE, write_out
from dialogs.turn import text
from scheduler.clock import Clock, StandingClock
from storage import outbox
from storage.database import Database

CHAT = "terminal"
AT, WHO, SAID = "# ", "@ ", "> "
"""What lines of a transcript begin with: what time it is, who speaks, what is said."""
APPROVAL = "= claim approval"
"""The line by which offices must agree to links and claims; it stands before what is said."""
_SCOPES = (CITY, *DISTRICTS)
ADMINISTRATOR, VIEWER = 1, 2
"""Whom the admin chats know, by the number that stands for the account."""
_TEXTS = (".json", ".csv", ".txt")
_MOST_LINES = 40
_MOST_BYTES = 64 * 1024
_SORTS = {f"({sort.value})": sort for sort in (Sort.STICKER, Sort.VOICE, Sort.MEDIA, Sort.OTHER)}


class Terminal:
    """A channel where people type lines, one speaks at a time, and messages are lines.

    `[label]` presses the newest button of that label, `(sticker)` and the like send such a thing, `(edited) text`
    edits, `(reply) text` replies to the newest message, `[label] 13800000000` answers the request for a phone number.
    """

    name = "terminal"
    bot = "local"
    link = "/start "
    limits = NO_LIMITS

    def __init__(self) -> None:
        """Begin with nothing shown."""
        self.shown: list[Outgoing] = []
        self.notices: list[str] = []
        self.contents: dict[int, list[str]] = {}
        self._firsts: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self.chat, self._user = CHAT, CHAT

    def speak_as(self, who: str) -> None:
        """Let somebody speak from now on: a person by name, or an administrator as `district name`.

        In an admin chat whoever is not called a viewer is an administrator.
        """
        scope, _, name = who.partition(" ")
        if name and scope in _SCOPES:
            is_viewer = name == write_out(text("role-viewer"), DEFAULT_LANGUAGE)
            self.chat, self._user = str(_chat_of(scope)), str(VIEWER if is_viewer else ADMINISTRATOR)
        else:
            self.chat, self._user = who, who

    def read(self, payload: str) -> Incoming:
        """Return what a stored line says."""
        return self._incoming(orjson.loads(payload))

    def typed(self, line: str) -> Incoming:
        """Return what a line means, with the button that it presses and the message that it replies to."""
        newest = next((str(one.id) for one in reversed(self.shown) if one.chat == self.chat), "")
        said = {"update": f"{next(self._numbers)}", "line": line, "press": self._pressed(line), "newest": newest}
        return self._incoming(said | {"chat": self.chat, "user": self._user})

    def _pressed(self, line: str) -> str:
        label = line[1:].rpartition("]")[0] if line.startswith("[") else ""
        seen = set()
        for message in reversed([one for one in self.shown if one.chat == self.chat]):
            first = self._firsts[str(message.id)]
            if first in seen:
                continue  # something else stands in its place
            seen.add(first)
            for shown, data in itertools.chain.from_iterable(message.rows):
                if shown == label:
                    return data
        return ""

    def _incoming(self, said: dict[str, str]) -> Incoming:
        line, press, update = said["line"], said["press"], said["update"]
        sort, words, phone, replied = Sort.TEXT, clean(line), "", ""
        if line.startswith("[") and "]" in line:
            sort = Sort.PRESS
            if rest := line.rpartition("]")[2].strip():
                sort, phone = Sort.CONTACT, read_mobile(rest) or ""
        elif line.startswith("(edited)"):
            sort, words = Sort.EDITED, clean(line.removeprefix("(edited)"))
        elif line.startswith("(reply)"):
            words, replied = clean(line.removeprefix("(reply)")), said["newest"]
        elif line in _SORTS:
            sort = _SORTS[line]
        press_id = update if sort is Sort.PRESS else ""
        return Incoming(
            self.name,
            self.bot,
            update,
            said["chat"],
            said["user"],
            orjson.dumps(said).decode(),
            sort,
            not said["chat"].isdecimal(),
            words=words,
            replied=replied,
            press=press,
            press_id=press_id,
            message=button_message(press),
            phone=phone,
        )

    async def send(self, message: Outgoing) -> str:
        """Keep a message to be shown, with what is in its file."""
        named = str(message.id)
        self._firsts[named] = self._firsts.get(message.edits, message.edits) or named
        if message.file:
            self.contents[message.id] = await asyncio.to_thread(_lines_of, message.file)
        self.shown.append(message)
        return message.edits or named

    async def acknowledge(self, incoming: Incoming, notice: str) -> None:  # noqa: ARG002
        """Keep a notice to be shown."""
        if notice:
            self.notices.append(notice)


def _chat_of(scope: str) -> int:
    """Return the number of a scope's admin chat, by which it is told from a person's."""
    return _SCOPES.index(scope) + 1


def _chat_name(chat: str) -> str:
    return _SCOPES[int(chat) - 1] if chat.isdecimal() else chat


def _lines_of(file: File) -> list[str]:
    """Return the lines of a file, none if it is not a short text."""
    if not file.name.endswith(_TEXTS) or file.path.stat().st_size > _MOST_BYTES:
        return []
    lines = file.path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    return lines if len(lines) <= _MOST_LINES else []


def as_lines(message: Outgoing, content: Sequence[str] = ()) -> list[str]:
    """Return a message as a transcript has it: its text, its file, then a line for each row of buttons.

    Args:
        message: the message.
        content: the lines of its file.
    """
    lines = ["  (edited)"] if message.edits else []
    lines += [f"  {line}".rstrip() for line in message.text.split("\n")] if message.text else []
    lines += [f"  (file {message.file.name})"] if message.file else []
    lines += [f"    {line}".rstrip() for line in content]
    lines += ["  " + " ".join(f"[{label}]" for label, _ in row) for row in message.rows]
    return lines + ([f"  [{message.ask_contact}]"] if message.ask_contact else [])


async def converse(
    database: Database,
    clock: Clock,
    forms: Forms,
    lines: "Sequence[str] | Callable[[], str | None]",
    write: Callable[[str], None],
) -> None:
    """Hold a conversation.

    Args:
        database: open, with the right schema.
        clock: the clock.
        forms: the versions of the form.
        lines: what people say, all at once or one by one; None ends it. There are admin chats of the scopes that speak
            in it; of all, when that is not known beforehand.
        write: takes each line of the transcript: `> ` and what was said, then the answers, indented.
    """
    terminal = Terminal()
    iterator = iter(lines) if not callable(lines) else iter(lines, None)
    chats = (
        AdminChat(chat=_chat_of(scope), scope=scope, admins=(ADMINISTRATOR,), viewers=(VIEWER,), channel=terminal.name)
        for scope in _SCOPES
        if callable(lines) or any(line.startswith(f"{WHO}{scope} ") for line in lines)
    )
    policy = Policy(forms, tuple(chats), claim_approval=not callable(lines) and APPROVAL in lines)
    engine = Engine(database, clock, policy, timedelta(seconds=15))
    engine.channels[terminal.name] = terminal
    async with engine.running():
        while (line := await asyncio.to_thread(next, iterator, None)) is not None:
            if line == APPROVAL:
                write(line)
            elif line.startswith(WHO):
                terminal.speak_as(line.removeprefix(WHO))
                write(line)
            elif line.startswith(AT) and isinstance(clock, StandingClock):
                clock.move(datetime.fromisoformat(line.removeprefix(AT)))
                write(line)
                before = len(terminal.shown)
                await engine.planner.tick()
                await _quiet(engine, database, clock)
                _write_news(terminal, before, write)
            else:
                before = len(terminal.shown)
                write(f"{SAID}{line}")
                await engine.worker.take([terminal.typed(line)])
                await _quiet(engine, database, clock)
                _write_news(terminal, before, write)


async def _quiet(engine: Engine, database: Database, clock: Clock) -> None:
    """Wait until everything that follows from what was said has been shown."""
    while True:
        await engine.worker.settle()
        async with database.transaction() as tx:
            if not await outbox.anything_waits(tx, clock.now()):
                return
        await asyncio.sleep(0.02)


def _write_news(terminal: Terminal, before: int, write: Callable[[str], None]) -> None:
    for message in terminal.shown[before:]:
        if message.chat != terminal.chat:
            write(f"  ({_chat_name(message.chat)})")
        for shown in as_lines(message, terminal.contents.get(message.id, ())):
            write(shown)
        write("")
    for notice in terminal.notices:
        write(f"  ({notice})")
        write("")
    terminal.notices.clear()


def read_transcript(path: Path) -> tuple[datetime, list[str]]:
    """Return what time it is at the beginning of a transcript, and all that people say, with who says it.

    Raises:
        ValueError: its first line does not say what time it is.
    """
    first, *lines = path.read_text(encoding="utf-8").splitlines()
    return datetime.fromisoformat(first.removeprefix(AT)), [
        line.removeprefix(SAID) for line in lines if line.startswith((SAID, WHO, AT, APPROVAL))
    ]
