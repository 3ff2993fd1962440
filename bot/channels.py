"""What every channel (Telegram, web, terminal) has in common: messages in, messages out, how sending can fail."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, Self


class Sort(StrEnum):
    """What kind of thing came in."""

    TEXT = "text"
    PRESS = "press"
    CONTACT = "contact"
    EDITED = "edited"
    STICKER = "sticker"
    VOICE = "voice"
    MEDIA = "media"
    FILE = "file"
    ADDED = "added"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Attached:
    """What came of the file of an update: what is in it, or a word for what is wrong."""

    content: object = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One update of a channel, as the conversation needs it.

    Args:
        channel, bot, update: together they name the update; the same one may come more than once.
        chat, user: where it came from and who sent it, as the channel names them.
        payload: the update as the channel gave it; `Channel.read` makes this same value from it.
        private: whether it is a conversation between one person and the bot.
        words: the text, or what is written under a picture or a file.
        press: what a pressed button carried.
        press_id: how the channel names the press, for `Channel.acknowledge`.
        message: how the channel names the message that the pressed button is on; for `edits` of an answer.
        phone: a phone number that is certainly the sender's own; empty for any other contact.
        sent_at: when the person sent it, where the channel says so.
        topic: the part of a group that it was said in; an answer goes there.
        anonymous: the sender speaks in the name of a group or a channel: it is nobody, and may do nothing.
        forwarded: somebody else said it, somewhere else.
        replied: how the channel names the message that it replies to.
        moved_to: the chat has another name from now on: this one.
        file, file_name, file_size: of `Sort.FILE`: how the channel names it, how its sender does, and its bytes (0 when
            that is not known).
        attached: what came of that file; None while nobody has fetched it, see `bot.attachment`.
    """

    channel: str
    bot: str
    update: str
    chat: str
    user: str
    payload: str
    sort: Sort
    private: bool = True
    words: str = ""
    press: str = ""
    press_id: str = ""
    message: str = ""
    phone: str = ""
    sent_at: datetime | None = None
    topic: str = ""
    anonymous: bool = False
    forwarded: bool = False
    replied: str = ""
    moved_to: str = ""
    file: str = ""
    file_name: str = ""
    file_size: int = 0
    attached: Attached | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file to be sent: under which name, and where it is for as long as it is being sent."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to a chat, in finished words.

    Args:
        id: the message's own number; a button is named by it and its place.
        chat: as the channel names it.
        text: plain text, of any length.
        rows: labels and what each button carries (at most 64 bytes).
        ask_contact: offer to share the own phone number under this label.
        drop_contact: take that offer away again.
        at: when the message came to be.
        edits: how the channel names an earlier message that this one takes the place of; where that one is gone, or
            the channel cannot do it, it is a message of its own.
        topic: the part of a group to say it in (`Incoming.topic`).
        leave: say nothing, and leave the group.
        file: goes with the message, whose text is the caption.
        protected: the file must not be passed on, as far as the channel can help it.
    """

    id: int
    chat: str
    text: str
    rows: Sequence[Sequence[tuple[str, str]]] = ()
    ask_contact: str = ""
    drop_contact: bool = False
    at: datetime | None = field(default=None, compare=False)
    edits: str = ""
    topic: str = ""
    leave: bool = False
    file: File | None = None
    protected: bool = False

    @classmethod
    def of(cls, id_: int, chat: str, body: Mapping[str, Any], at: datetime | None = None) -> Self:
        """Return a message of the outbox, still without its file.

        Args:
            id_: its number.
            chat: as the channel names it.
            body: `text`; `rows`, each button a list that begins with its label; `ask_contact`, `drop_contact`, `edits`,
                `topic` and `leave` as here; `document`, see `bot.documents`. All but the text may be left out, and that
                too where there is a document or a group is left.
            at: when it was said.
        """
        rows = [
            [(label, button_data(id_, row, column)) for column, (label, *_) in enumerate(buttons)]
            for row, buttons in enumerate(body.get("rows", ()))
        ]
        return cls(
            id_,
            chat,
            body.get("text", ""),
            rows,
            body.get("ask_contact", ""),
            body.get("drop_contact", False),
            at,
            body.get("edits", ""),
            body.get("topic", ""),
            body.get("leave", False),
            protected="document" in body and body["document"].get("protected", False),
        )


class SendError(Exception):
    """A message was not, or perhaps not, delivered; or a file not fetched."""


class RetryLaterError(SendError):
    """Certainly not delivered; the channel wants to be left alone for that long."""

    def __init__(self, after: timedelta) -> None:
        """Say after which time to try again."""
        super().__init__(f"retry after {after.total_seconds():.1f} s")
        self.after = after


class UndeliverableError(SendError):
    """Certainly not delivered, and it will not be: blocked, chat gone, refused as malformed."""


class GoneError(UndeliverableError):
    """Certainly not delivered, nor will anything else be: the person has blocked the bot, or is not there any more."""


class TooLargeError(UndeliverableError):
    """Certainly not delivered, and it will not be: the file is larger than may be."""


class MovedError(SendError):
    """Certainly not delivered; the chat has another name now."""

    def __init__(self, chat: str) -> None:
        """Say how the channel names the chat now."""
        super().__init__("the chat has moved")
        self.chat = chat


class UnknownOutcomeError(SendError):
    """The connection broke or timed out after the message was handed over: it may have been delivered or not."""


def button_data(message_id: int, row: int, column: int) -> str:
    """Return what a button carries: the message it is on and its place there. What it means stays on the server."""
    return f"{message_id}.{row}.{column}"


_PLACE = re.compile(r"([0-9]{1,18})\.([0-9]{1,3})\.([0-9]{1,3})", re.ASCII)


def button_place(data: str) -> tuple[int, int, int] | None:
    """Return message, row and column of a button from what it carried; None for what `button_data` never made."""
    found = _PLACE.fullmatch(data)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def button_message(data: str) -> str:
    """Return the number of the message that a button is on, for channels that name messages by it; empty if none."""
    place = button_place(data)
    return str(place[0]) if place else ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a messenger lets a bot send.

    Args:
        per_second: how many messages in any second, in all; 0 for no limits at all.
        burst: how many to one chat at once; in the long run it is one a second.
        group_per_minute: how many in any minute where `is_group` says so of the name of a chat.
        is_group: tells groups from conversations with one person.
    """

    per_second: int = 0
    burst: int = 1
    group_per_minute: int = 1
    is_group: Callable[[str], bool] = lambda _: False


NO_LIMITS = Limits()


class Channel(Protocol):
    """A way to talk with people. One module in `bot/` implements it."""

    name: str
    bot: str
    limits: Limits

    @property
    def link(self) -> str:
        """How an address begins that opens a conversation with what follows; `/start ` where that is to be typed."""

    def read(self, payload: str) -> Incoming | None:
        """Return what a stored update says, None when it cannot be read at all."""

    async def send(self, message: Outgoing) -> str:
        """Send a message and return how the channel names it. What edits another one has that one's name again.

        Raises:
            RetryLaterError, UndeliverableError, MovedError, UnknownOutcomeError: as their names say.
        """

    async def acknowledge(self, incoming: Incoming, notice: str) -> None:
        """Tell the person that a press arrived, with a word if there is one. Best effort: it never raises."""


class Intake(Protocol):
    """Where a channel hands over what came in."""

    async def take(self, incoming: Sequence[Incoming]) -> None:
        """Take updates over; when this returns they are committed and may be acknowledged to the channel.

        Raises:
            DatabaseDownError: they are not committed; the channel must keep them and offer them again.
        """
