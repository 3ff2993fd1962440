"""People: what a person does on a phone, and what the phone shows."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Final

from tests.botapi import text as texts
from tests.botapi.wire import BLOCKED, Json
from tests.botapi.world import Account, Chat, Shown, Toast, World

Until = int | str | Callable[[Shown], bool]

_LONGEST: Final = 4096
_ANONYMOUS: Final[Json] = {
    "id": 1_087_968_824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}


class Phone:
    """A person's phone, opened at one chat. Two phones of one person are two objects with the same account.

    Attributes:
        account: who holds it.
        chat: the chat it is opened at.
        anonymous: whether the person writes in the name of the group.
        topic: the topic of a forum that it is opened at; 0 for none.
    """

    def __init__(self, world: World, account: Account, chat: Chat, *, anonymous: bool = False, topic: int = 0) -> None:
        """Open `chat` on a phone; what was shown before is not news."""
        self.account = account
        self.chat = chat
        self.anonymous = anonymous
        self.topic = topic
        self._world = world
        self._seen = chat.dropped + len(chat.log)

    def inside(self, group: Chat, *, anonymous: bool = False, topic: int = 0) -> "Phone":
        """Return another phone of this person, opened at a group."""
        return Phone(self._world, self.account, group, anonymous=anonymous, topic=topic)

    def twin(self) -> "Phone":
        """Return a second device of this person at the same chat."""
        return Phone(self._world, self.account, self.chat, anonymous=self.anonymous, topic=self.topic)

    # What the person does. Each returns when Telegram has it; the bot may not have it yet.

    async def send(self, text: str, *, reply_to: int = 0) -> int:
        """Write a text, split as a client splits a paste of more than 4096 characters.

        Returns:
            The id of the (last) message.
        """
        number = 0
        for part in _pieces(text):
            number = self._say({"text": part, **_commands("entities", part)}, reply_to)
        return number

    async def press(self, label: str, message: Shown | int | None = None) -> str:
        """Press an inline button.

        Args:
            label: what it says, or how that begins.
            message: where: as it was shown once (old buttons stay good on a phone that did not refresh), or the
                number of a message as it is now; None for the newest with such a button.

        Returns:
            The id of the query, for `answered`.

        Raises:
            LookupError: There is no such button.
        """
        if isinstance(message, Shown):
            shown = [message.message]
        elif message is not None:
            shown = [self.chat.messages[message]]
        else:
            shown = list(reversed(self.chat.messages.values()))
        for candidate in shown:
            for button in _matching(Shown("new", candidate, 0).buttons, label):
                if "callback_data" in button:
                    return await self.press_data(button["callback_data"], candidate["message_id"])
        labels = [Shown("new", candidate, 0).labels for candidate in shown]
        problem = f"no button {label!r}; shown are {[each for each in labels if each]}"
        raise LookupError(problem)

    async def press_data(self, raw: str, message: int = 0) -> str:
        """Send callback data as a forger would, from any message (the newest if none is given)."""
        return self._world.press(self.chat, self.account.user, {"message_id": message or self.chat.last_id}, raw)

    async def tap(self, label: str) -> int:
        """Tap a button of the reply keyboard: one that asks for the contact shares it, others send their text.

        Raises:
            LookupError: There is no such button.
        """
        buttons = [button for row in self.chat.keyboard for button in row]
        for button in _matching(buttons, label):
            if button.get("request_contact"):
                return await self.contact()
            return await self.send(button["text"])
        problem = f"no key {label!r}; shown are {[button['text'] for button in buttons]}"
        raise LookupError(problem)

    async def contact(self, *, own: bool = True, phone: str = "", owner: int = 0, forwarded: bool = False) -> int:
        """Share a contact.

        Args:
            own: the person's own; otherwise that of somebody else.
            phone: telephone number instead of the real one.
            owner: user id in a foreign contact; 0 for one without Telegram.
            forwarded: forwarded from another chat, which proves nothing.
        """
        first_name = self.account.user["first_name"] if own else "别人"
        contact: Json = {"phone_number": phone or (self.account.phone if own else "+8613800000000")}
        contact["first_name"] = first_name
        if own or owner:
            contact["user_id"] = self.account.id if own else owner
        return self._say({"contact": contact, **(self._origin(first_name) if forwarded else {})})

    async def sticker(self, emoji: str = "👍") -> int:
        """Send a sticker."""
        details = {"width": 512, "height": 512, "is_animated": False, "is_video": False, "type": "regular"}
        return self._say({"sticker": self._world.store(b"RIFF", "stickers", ".webp", {**details, "emoji": emoji})})

    async def voice(self, seconds: int = 3) -> int:
        """Send a voice message."""
        details = {"duration": seconds, "mime_type": "audio/ogg"}
        return self._say({"voice": self._world.store(b"OggS", "voice", ".oga", details)})

    async def photo(self, caption: str = "", content: bytes = b"\xff\xd8\xff") -> int:
        """Send a picture."""
        photo = [self._world.store(content, "photos", ".jpg", {"width": 90, "height": 60})]
        return self._say({"photo": photo, **({"caption": caption} if caption else {})})

    async def document(self, name: str, content: bytes, *, caption: str = "", mime: str = "") -> int:
        """Send a file."""
        details = {"file_name": name, "mime_type": mime or "application/octet-stream"}
        document = self._world.store(content, "documents", "", details)
        said = {"caption": caption, **_commands("caption_entities", caption)} if caption else {}
        return self._say({"document": document, **said})

    async def forward(self, text: str, author: str = "别人") -> int:
        """Forward a text of somebody who hides the account."""
        return self._say({"text": text, **self._origin(author)})

    async def edit(self, message: int, text: str) -> None:
        """Change a message the person wrote."""
        edited = self._world.edit(self.chat, message, {"text": text, **_commands("entities", text)})
        self._world.hear(self.chat, edited, "edited_message")

    async def block(self) -> None:
        """Stop the bot: it is told, and can write no more."""
        self.chat.closed = BLOCKED
        self._world.member(self.chat, self.account.user, "member", "kicked")

    async def unblock(self) -> None:
        """Let the bot write again."""
        self.chat.closed = ""
        self._world.member(self.chat, self.account.user, "kicked", "member")

    async def raw_update(self, update: Json) -> int:
        """Send the bot any object as an update, also of an unknown type; one with an `update_id` keeps it."""
        return self._world.updates.push_raw(update)

    # What the phone shows.

    @property
    def history(self) -> list[Shown]:
        """All that the chat showed, in order: messages of both sides, edits, deletions."""
        return list(self.chat.log)

    @property
    def screen(self) -> list[Shown]:
        """The messages as they are shown now."""
        return [Shown("new", message, message["date"]) for message in self.chat.messages.values()]

    @property
    def toasts(self) -> list[Toast]:
        """The answers to this person's presses."""
        return [toast for toast in self.chat.toasts if toast.user == self.account.id]

    def news(self) -> list[Shown]:
        """Return what the bot wrote or edited since the last look."""
        log = self.chat.log
        fresh = log[max(0, self._seen - self.chat.dropped) :]
        self._seen = self.chat.dropped + len(log)
        bot = self._world.bot["id"]
        return [shown for shown in fresh if shown.change != "delete" and shown.message["from"]["id"] == bot]

    async def wait(self, until: Until = 1, timeout: float = 5.0) -> list[Shown]:  # noqa: ASYNC109 - it reads well in tests
        """Wait for the bot.

        Args:
            until: how many messages (an edit counts as one), a part of the text of one, or a predicate of one.
            timeout: seconds.

        Returns:
            All that the bot wrote or edited since the last look.

        Raises:
            TimeoutError: It did not come; the message says what did.
        """
        got = self.news()
        try:
            async with asyncio.timeout(timeout):
                while not _satisfied(got, until):
                    await self.chat.change()
                    got += self.news()
        except TimeoutError as error:
            name = self.account.user["first_name"]
            problem = f"{name} waited {timeout} s for {until!r}; shown: {[shown.text for shown in got]}"
            raise TimeoutError(problem) from error
        return got

    async def answered(self, query: str, timeout: float = 5.0) -> Toast:  # noqa: ASYNC109 - it reads well in tests
        """Wait for the answer to a press.

        Raises:
            TimeoutError: It did not come.
        """
        async with asyncio.timeout(timeout):
            while not (found := [toast for toast in self.chat.toasts if toast.query == query]):
                await self.chat.change()
        return found[0]

    async def quiet(self, seconds: float = 0.2) -> list[Shown]:
        """Wait until nothing changed here for `seconds`, and return what the bot wrote since the last look."""
        while True:
            try:
                async with asyncio.timeout(seconds):
                    await self.chat.change()
            except TimeoutError:
                return self.news()

    def _say(self, content: Json, reply_to: int = 0) -> int:
        sender: Json = self.account.user
        if self.anonymous:
            sender = _ANONYMOUS
            content = {**content, "sender_chat": self.chat.json}
        if self.topic:
            content = {**content, **self.chat.in_topic(self.topic)}
        if reply_to:
            original = self.chat.messages[reply_to]
            content["reply_to_message"] = {n: v for n, v in original.items() if n != "reply_to_message"}
        message = self._world.post(self.chat, sender, content)
        self._world.hear(self.chat, message)
        number: int = message["message_id"]
        return number

    def _origin(self, author: str) -> dict[str, Any]:
        now = int(self._world.clock())
        return {"forward_origin": {"type": "hidden_user", "sender_user_name": author, "date": now}}


def _pieces(text: str) -> Iterator[str]:
    while texts.units(text) > _LONGEST:
        end = _LONGEST
        while texts.units(text[:end]) > _LONGEST:
            end -= 1
        yield text[:end]
        text = text[end:]
    yield text


def _commands(field: str, text: str) -> Json:
    found = texts.commands(text)
    return {field: found} if found else {}


def _matching(buttons: list[Json], label: str) -> list[Json]:
    """Return the buttons that say `label`, then those that only begin with it."""
    begins = [button for button in buttons if button["text"].startswith(label)]
    return sorted(begins, key=lambda button: button["text"] != label)


def _satisfied(got: list[Shown], until: Until) -> bool:
    if isinstance(until, int):
        return len(got) >= until
    if isinstance(until, str):
        return any(until in shown.text for shown in got)
    return any(map(until, got))
