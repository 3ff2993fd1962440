"""Many people at the whole product without a network: each in a chat of a channel that keeps what is said there."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import count

import orjson

from bot.app import Engine
from bot.channels import NO_LIMITS, Incoming, Outgoing, Sort, button_message
from bot.policy import Policy
from bot.settings import AdminChat
from dialogs.form import Forms
from scheduler.clock import StandingClock
from storage.database import Database
from tests.product import CONTACT, START, settled, until

BOT = "crowd"
_NUMBERS = count(1)
"""Of updates; a database may see several crowds."""


class Hall:
    """A channel."""

    bot = BOT
    link = "/start "
    limits = NO_LIMITS

    def __init__(self, name: str) -> None:
        """Take the name of a channel that people know."""
        self.name = name
        self.shown: defaultdict[str, list[Outgoing]] = defaultdict(list)
        self.files: dict[str, bytes] = {}

    def read(self, payload: str) -> Incoming | None:
        """Return what was said."""
        told = orjson.loads(payload)
        return self._incoming(told["update"], told["chat"], told["line"], told["press"])

    async def send(self, message: Outgoing) -> str:
        """Keep what is said, and the newest file of each chat."""
        if message.file:
            self.files[message.chat] = message.file.path.read_bytes()
        self.shown[message.chat].append(message)
        return str(message.id)

    async def acknowledge(self, incoming: Incoming, notice: str) -> None:
        """Nothing spins here."""

    def typed(self, chat: str, line: str) -> Incoming:
        """Return what somebody does: press `[a button]`, share the own `(contact) number`, or type anything else."""
        press = ""
        if line.startswith("["):
            pressed = (
                data
                for message in reversed(self.shown[chat])
                for row in message.rows
                for label, data in row
                if label == line[1:-1]
            )
            press = next(pressed)
        return self.pressed(chat, press, line)

    def pressed(self, chat: str, press: str, line: str = "") -> Incoming:
        """Return a press on a button that carries that."""
        return self._incoming(str(next(_NUMBERS)), chat, line, press)

    def _incoming(self, update: str, chat: str, line: str, press: str) -> Incoming:
        sort, phone = Sort.PRESS if press else Sort.TEXT, ""
        if line.startswith(CONTACT):
            sort, phone = Sort.CONTACT, line.removeprefix(CONTACT).strip()
        payload = orjson.dumps({"update": update, "chat": chat, "line": line, "press": press}).decode()
        return Incoming(
            self.name,
            BOT,
            update,
            chat,
            user=chat.lstrip("-"),
            payload=payload,
            sort=sort,
            private=not chat.startswith("-"),
            words=line,
            press=press,
            press_id=update if press else "",
            message=button_message(press),
            phone=phone,
        )


class Person:
    """Somebody at one device."""

    def __init__(self, crowd: "Crowd", hall: Hall, chat: str) -> None:
        """Sit down."""
        self._crowd, self.hall, self.chat = crowd, hall, chat
        self._seen = 0

    def means(self, line: str) -> Incoming:
        """Return what a line means, see `Hall.typed`."""
        return self.hall.typed(self.chat, line)

    async def do(self, *lines: str) -> str:
        """Do one thing after the other; return the text of all that was answered to the last."""
        for line in lines:
            self.news()
            await self._crowd.take(self.means(line))
        return self.news()

    async def press(self, data: str) -> str:
        """Press a button that carries this, shown or not; return what was answered."""
        self.news()
        await self._crowd.take(self.hall.pressed(self.chat, data))
        return self.news()

    def news(self) -> str:
        """Return the texts that came since the last look."""
        shown = self.hall.shown[self.chat]
        texts = [message.text for message in shown[self._seen :]]
        self._seen = len(shown)
        return "\n\n".join(texts)


class Crowd:
    """The product and its people."""

    def __init__(self, engine: Engine, database: Database, halls: Sequence[Hall]) -> None:
        """Take what runs."""
        self._engine, self._database = engine, database
        self._halls = {hall.name: hall for hall in halls}

    def at(self, channel: str, chat: str) -> Person:
        """Return somebody in a chat."""
        return Person(self, self._halls[channel], chat)

    async def take(self, *incoming: Incoming) -> None:
        """Have updates taken at once, and everything that follows from them done."""
        await self._engine.worker.take(incoming)
        await self._engine.worker.settle()
        # What others are told is sent by whoever looks for it.
        await until(lambda: settled(self._database), "something still waits")


@asynccontextmanager
async def crowd(
    database: Database,
    *,
    at: datetime = START,
    admin_chats: tuple[AdminChat, ...] = (),
    halls: Sequence[Hall] = (),
) -> AsyncIterator[Crowd]:
    """Run the product on a database.

    Args:
        database: upgraded.
        at: what time it is all along.
        admin_chats: where administrators work.
        halls: channels, perhaps those of another process; Telegram and the web chat when left out.
    """
    engine = Engine(database, StandingClock(at), Policy(Forms.read(), admin_chats), timedelta(seconds=15))
    halls = halls or [Hall(name) for name in ("telegram", "web")]
    engine.channels.update({hall.name: hall for hall in halls})
    async with engine.running():
        yield Crowd(engine, database, halls)
