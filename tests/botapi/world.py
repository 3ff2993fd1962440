"""The Telegram behind the Bot API: accounts, chats, what they show, and files."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from tests.botapi.updates import Updates
from tests.botapi.wire import Json

Kind = Literal["private", "group", "supergroup"]
_KEPT: Final = 100
_QUERIES: Final = 20_000
_SERVICE: Final = frozenset(
    {
        *("new_chat_members", "left_chat_member", "new_chat_title", "migrate_to_chat_id", "migrate_from_chat_id"),
        "forum_topic_created",
    }
)


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account.

    Attributes:
        user: the User object as the bot sees it.
        phone: the number an own contact carries.
    """

    user: Json
    phone: str

    @property
    def id(self) -> int:
        """The user id."""
        number: int = self.user["id"]
        return number


@dataclass(frozen=True, slots=True)
class Shown:
    """Something a chat showed: a new message, an edited one, or one that went away.

    Attributes:
        change: which of the three.
        message: the Message object at that moment.
        at: when, by the emulator's clock.
        keyboard: the reply keyboard that came with it, as rows of buttons.
    """

    change: Literal["new", "edit", "delete"]
    message: Json
    at: float
    keyboard: tuple[tuple[Json, ...], ...] = ()

    @property
    def id(self) -> int:
        """The message id."""
        number: int = self.message["message_id"]
        return number

    @property
    def text(self) -> str:
        """The text or caption, empty if it has none."""
        text: str = self.message.get("text") or self.message.get("caption") or ""
        return text

    @property
    def buttons(self) -> list[Json]:
        """The inline buttons in reading order."""
        rows: list[list[Json]] = self.message.get("reply_markup", {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]

    @property
    def labels(self) -> list[str]:
        """What the inline buttons say, or else those of the reply keyboard."""
        buttons = self.buttons or [button for row in self.keyboard for button in row]
        return [button["text"] for button in buttons]


@dataclass(frozen=True, slots=True)
class Toast:
    """An answer to a press: the short text on top of the screen, or (`alert`) a window; the text may be empty."""

    query: str
    user: int
    text: str
    alert: bool


@dataclass(slots=True)
class Query:
    """A press the bot may answer."""

    user: int
    chat: "Chat"
    at: float


@dataclass(slots=True)
class Chat:
    """A chat and what it shows.

    Attributes:
        json: the Chat object in messages.
        closed: why the bot may not write here, as the text of a 403; empty if it may.
        migrated: id of the supergroup this group became.
        messages: what is shown now, by id, oldest first.
        log: what was shown, in order; `dropped` more were cut off at its beginning.
        keyboard: the reply keyboard below the input field.
        toasts: answers to presses.
        actions: what sendChatAction showed.
        topics: the messages that began the topics of a forum, by their ids.
    """

    json: Json
    closed: str = ""
    migrated: int = 0
    messages: dict[int, Json] = field(default_factory=dict)
    log: list[Shown] = field(default_factory=list)
    dropped: int = 0
    keyboard: tuple[tuple[Json, ...], ...] = ()
    toasts: list[Toast] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    topics: dict[int, Json] = field(default_factory=dict)
    last_id: int = 0
    _waiting: list[asyncio.Future[None]] = field(default_factory=list)

    @property
    def id(self) -> int:
        """The chat id: positive for a person, negative for a group."""
        number: int = self.json["id"]
        return number

    @property
    def kind(self) -> Kind:
        """The type of the chat."""
        kind: Kind = self.json["type"]
        return kind

    def in_topic(self, topic: int) -> Json:
        """Return what a message of a topic has besides; the beginning of the topic stands where a reply has its own."""
        return {"message_thread_id": topic, "is_topic_message": True, "reply_to_message": self.topics[topic]}

    async def change(self) -> None:
        """Wait until something is shown or a press is answered."""
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        await waiting

    def changed(self) -> None:
        """Wake those who wait for a change."""
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()


@dataclass(frozen=True, slots=True)
class File:
    """A stored file: its content, and the Document or PhotoSize object that names it."""

    content: bytes
    path: str
    json: Json


@dataclass(slots=True)
class World:
    """All that exists beside the bot.

    Attributes:
        bot: the bot's User object.
        clock: the time of day, used for dates and expiry.
        keep: whether the whole past is kept; otherwise about the last hundred messages of a chat.
        privacy: whether groups hide from the bot what is not meant for it, Telegram's default.
    """

    bot: Json
    updates: Updates
    clock: Callable[[], float] = time.time
    keep: bool = True
    privacy: bool = True
    chats: dict[int, Chat] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    paths: dict[str, File] = field(default_factory=dict)
    queries: OrderedDict[str, Query] = field(default_factory=OrderedDict)
    _query: int = 0

    def post(self, chat: Chat, sender: Json, content: Json, keyboard: list[list[Json]] | None = None) -> Json:
        """Put a message into a chat and return it; `keyboard` replaces the reply keyboard, [] takes it away."""
        chat.last_id += 1
        now = self.clock()
        message = {"message_id": chat.last_id, "from": sender, "chat": chat.json, "date": int(now), **content}
        chat.messages[chat.last_id] = message
        if keyboard is not None:
            chat.keyboard = tuple(map(tuple, keyboard))
        self._show(chat, Shown("new", message, now, chat.keyboard if keyboard else ()))
        return message

    def edit(self, chat: Chat, number: int, fields: Json) -> Json:
        """Replace text or caption, entities and inline buttons of a message and return it."""
        now = self.clock()
        replaced = ("text", "entities", "caption", "caption_entities", "reply_markup")
        message = {name: value for name, value in chat.messages[number].items() if name not in replaced}
        message |= {"edit_date": int(now), **fields}
        chat.messages[number] = message
        self._show(chat, Shown("edit", message, now))
        return message

    def delete(self, chat: Chat, number: int) -> None:
        """Take a message away."""
        self._show(chat, Shown("delete", chat.messages.pop(number), self.clock()))

    def hear(self, chat: Chat, message: Json, kind: str = "message") -> int:
        """Make the update that tells the bot of a message, if it may know; return its number or 0."""
        if chat.kind == "private":
            if chat.closed:  # writing to a bot starts it, or starts it again
                chat.closed = ""
        elif chat.closed or not self._meant_for_bot(message):
            return 0
        return self.updates.push(kind, message, f"chat {chat.id}")

    def member(self, chat: Chat, actor: Json, old: str, new: str) -> None:
        """Make the update that tells the bot of its own new status in a chat."""
        details = {"until_date": 0} if "kicked" in (old, new) else {}
        states = [{"user": self.bot, "status": s, **(details if s == "kicked" else {})} for s in (old, new)]
        content = {"chat": chat.json, "from": actor, "date": int(self.clock())}
        content |= {"old_chat_member": states[0], "new_chat_member": states[1]}
        self.updates.push("my_chat_member", content, f"member {chat.id}")

    def press(self, chat: Chat, user: Json, message: Json, data: str) -> str:
        """Make the update for a press on a button and return the id of the query."""
        self._query += 1
        number = str(self._query * 4_294_967_296 + self._query)
        self.queries[number] = Query(user["id"], chat, self.clock())
        if len(self.queries) > _QUERIES:
            self.queries.popitem(last=False)
        current = chat.messages.get(message["message_id"])
        if current is None:  # deleted meanwhile: Telegram says where it was, and no more
            current = {"chat": chat.json, "message_id": message["message_id"], "date": 0}
        content = {"id": number, "from": user, "message": current, "chat_instance": str(chat.id * 7_919), "data": data}
        # A lane of its own: Telegram does not keep presses in order with messages.
        self.updates.push("callback_query", content, f"press {user['id']}")
        return number

    def store(self, content: bytes, folder: str, suffix: str, details: Json) -> Json:
        """Keep a file and return the object that names it."""
        number = len(self.files) + 1
        json = {
            "file_id": f"{folder[:2].upper()}QC{number:012d}AAE",
            "file_unique_id": f"AgAD{number:010d}",
            "file_size": len(content),
            **details,
        }
        file = File(content, f"{folder}/file_{number}{suffix}", json)
        self.files[json["file_id"]] = self.paths[file.path] = file
        return json

    def _meant_for_bot(self, message: Json) -> bool:
        if not self.privacy or not _SERVICE.isdisjoint(message):
            return True
        if message.get("reply_to_message", {}).get("from", {}).get("id") == self.bot["id"]:
            return True
        command, _, name = str(message.get("text") or message.get("caption") or "").partition(" ")[0].partition("@")
        return command.startswith("/") and name.lower() in ("", self.bot["username"].lower())

    def _show(self, chat: Chat, shown: Shown) -> None:
        chat.log.append(shown)
        if not self.keep and len(chat.log) > 2 * _KEPT:
            del chat.log[:_KEPT]
            chat.dropped += _KEPT
            for number in list(chat.messages)[:-_KEPT]:
                del chat.messages[number]
        chat.changed()
