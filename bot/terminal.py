"""The same conversation in a terminal, for developers; it can keep what was said as a transcript that is a test."""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from bot.app import Engine
from bot.channels import Incoming, Outgoing, Sort
from dialogs.form import Forms
from dialogs.people import clean, read_mobile
from scheduler.clock import Clock
from storage.database import Database

CHAT = "terminal"
_SORTS = {f"({sort.value})": sort for sort in (Sort.STICKER, Sort.VOICE, Sort.MEDIA, Sort.OTHER)}


class Terminal:
    """A channel whose one person types lines and whose messages are lines.

    `[label]` presses the newest button of that label, `(sticker)` and the like send such a thing, `(edited) text`
    edits, and `[label] 13800000000` answers the request for a phone number.
    """

    name = "terminal"
    bot = "local"

    def __init__(self) -> None:
        """Begin with nothing shown."""
        self.shown: list[Outgoing] = []
        self.notices: list[str] = []
        self._numbers = itertools.count(1)

    def read(self, payload: str) -> Incoming:
        """Return what a stored line says."""
        raw = orjson.loads(payload)
        return self._incoming(raw["update"], raw["line"], raw["press"])

    def typed(self, line: str) -> Incoming:
        """Return what a line means, with the button that it presses."""
        return self._incoming(f"{next(self._numbers)}", line, self._pressed(line))

    def _pressed(self, line: str) -> str:
        label = line[1:].rpartition("]")[0] if line.startswith("[") else ""
        for message in reversed(self.shown):
            for shown, data in itertools.chain.from_iterable(message.rows):
                if shown == label:
                    return data
        return ""

    def _incoming(self, update: str, line: str, press: str) -> Incoming:
        sort, words, phone = Sort.TEXT, clean(line), ""
        if line.startswith("[") and "]" in line:
            sort = Sort.PRESS
            if rest := line.rpartition("]")[2].strip():
                sort, phone = Sort.CONTACT, read_mobile(rest) or ""
        elif line.startswith("(edited)"):
            sort, words = Sort.EDITED, clean(line.removeprefix("(edited)"))
        elif line in _SORTS:
            sort = _SORTS[line]
        payload = orjson.dumps({"update": update, "line": line, "press": press}).decode()
        press_id = update if sort is Sort.PRESS else ""
        return Incoming(
            self.name,
            self.bot,
            update,
            CHAT,
            CHAT,
            payload,
            sort,
            words=words,
            press=press,
            press_id=press_id,
            phone=phone,
        )

    async def send(self, message: Outgoing) -> str:
        """Keep a message to be shown."""
        self.shown.append(message)
        return str(message.id)

    async def acknowledge(self, incoming: Incoming, notice: str) -> None:  # noqa: ARG002
        """Keep a notice to be shown."""
        if notice:
            self.notices.append(notice)


def as_lines(message: Outgoing) -> list[str]:
    """Return a message as a transcript has it: its text, then a line for each row of buttons."""
    lines = [f"  {line}".rstrip() for line in message.text.split("\n")]
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
        lines: what the person says, all at once or one by one; None ends it.
        write: takes each line of the transcript: `> ` and what was said, then the answers, indented.
    """
    terminal = Terminal()
    iterator = iter(lines) if not callable(lines) else iter(lines, None)
    engine = Engine(database, clock, forms, timedelta(seconds=15))
    engine.channels[terminal.name] = terminal
    async with engine.running():
        while (line := await asyncio.to_thread(next, iterator, None)) is not None:
            before = len(terminal.shown)
            write(f"> {line}")
            await engine.worker.take([terminal.typed(line)])
            await engine.worker.settle()
            for message in terminal.shown[before:]:
                for shown in as_lines(message):
                    write(shown)
                write("")
            for notice in terminal.notices:
                write(f"  ({notice})")
                write("")
            terminal.notices.clear()


AT = "# "
"""What the first line of a transcript begins with; then comes what time it is in it."""


def read_transcript(path: Path) -> tuple[datetime, list[str]]:
    """Return what time it is in a transcript, and what the person says.

    Raises:
        ValueError: its first line does not say what time it is.
    """
    first, *lines = path.read_text(encoding="utf-8").splitlines()
    return datetime.fromisoformat(first.removeprefix(AT)), [line[2:] for line in lines if line.startswith("> ")]
