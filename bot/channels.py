"""What every channel (Telegram, web, terminal) has in common: messages in, messages out, how sending can fail."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


class Sort(StrEnum):
    """What kind of thing came in."""

    TEXT = "text"
    PRESS = "press"
    CONTACT = "contact"
    EDITED = "edited"
    STICKER = "sticker"
    VOICE = "voice"
    MEDIA = "media"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One update of a channel, as the conversation needs it.

    Args:
        channel, bot, update: together they name the update; the same one may come more than once.
        chat, user: where it came from and who sent it, as the channel names them.
        payload: the update as the channel gave it; `Channel.read` makes this same value from it.
        private: whether it is a conversation between one person and the bot.
        words: the text, or what is written under a picture.
        press: what a pressed button carried.
        press_id: how the channel names the press, for `Channel.acknowledge`.
        phone: a phone number that is certainly the sender's own; empty for any other contact.
        sent_at: when the person sent it, where the channel says so.
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
    phone: str = ""
    sent_at: datetime | None = None


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
    """

    id: int
    chat: str
    text: str
    rows: Sequence[Sequence[tuple[str, str]]] = ()
    ask_contact: str = ""
    drop_contact: bool = False
    at: datetime | None = field(default=None, compare=False)


class SendError(Exception):
    """A message was not, or perhaps not, delivered."""


class RetryLaterError(SendError):
    """Certainly not delivered; the channel wants to be left alone for that long."""

    def __init__(self, after: timedelta) -> None:
        """Say after which time to try again."""
        super().__init__(f"retry after {after.total_seconds():.1f} s")
        self.after = after


class UndeliverableError(SendError):
    """Certainly not delivered, and it will not be: blocked, chat gone, refused as malformed."""


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


class Channel(Protocol):
    """A way to talk with people. One module in `bot/` implements it."""

    name: str
    bot: str

    def read(self, payload: str) -> Incoming | None:
        """Return what a stored update says, None when it cannot be read at all."""

    async def send(self, message: Outgoing) -> str:
        """Send a message and return how the channel names it.

        Raises:
            RetryLaterError, UndeliverableError, UnknownOutcomeError: as their names say.
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
