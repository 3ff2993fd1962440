"""Files that people send: fetched and read before the transaction of their message, as nobody else may wait for that.

A message is taken like any other. Where a dialog turns out to need the file, which is after authority was asked, the
transaction is given up, the file is fetched and read, and the message is taken again.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Protocol, TypeVar, cast, runtime_checkable

from bot.channels import Attached, Channel, Incoming, SendError, TooLargeError, UndeliverableError
from bot.scratch import scratch_folder

T = TypeVar("T")


class BadFileError(Exception):
    """The file does not hold what it should; the text is a word of the dialog that asked for it."""


class FileWantedError(Exception):
    """The file of a message is needed; the message is to be taken again with it."""

    def __init__(self, most_bytes: int, read: Callable[[Path], object]) -> None:
        """Say how large it may be, and what reads it, in a thread; that raises `BadFileError` for a bad one."""
        super().__init__("a file is needed")
        self.most_bytes, self.read = most_bytes, read


@runtime_checkable
class _Fetching(Protocol):
    """A channel through which files come in."""

    async def fetch(self, incoming: Incoming, path: Path, most_bytes: int) -> None:
        """Fetch the file of an update; see `bot.telegram`."""


def attached(incoming: Incoming, most_bytes: int, read: Callable[[Path], T]) -> T:
    """Return what is in the file of a message.

    Args:
        incoming: the message.
        most_bytes: how large the file may be.
        read: reads it, in a thread; raises `BadFileError` for a bad one.

    Raises:
        BadFileError: `large`, `gone`, `later`, or what `read` says.
        FileWantedError: it was not fetched yet. Nobody but the worker catches this.
    """
    if incoming.attached is None:
        raise FileWantedError(most_bytes, read)
    if incoming.attached.fault:
        raise BadFileError(incoming.attached.fault)
    return cast("T", incoming.attached.content)


async def fetch(channel: Channel, incoming: Incoming, wanted: FileWantedError, within: timedelta) -> Attached:
    """Fetch and read the file of a message. What goes wrong is part of what is returned.

    Args:
        channel: which it came through.
        incoming: the message.
        wanted: what is wanted of it.
        within: how long it may take.
    """
    with scratch_folder() as folder:
        path = folder / "file"
        try:
            if not isinstance(channel, _Fetching):
                return Attached(fault="gone")
            async with asyncio.timeout(within.total_seconds()):
                await channel.fetch(incoming, path, wanted.most_bytes)
            return Attached(await asyncio.to_thread(wanted.read, path))
        except TooLargeError:
            return Attached(fault="large")
        except UndeliverableError:
            return Attached(fault="gone")
        except (SendError, TimeoutError):
            return Attached(fault="later")
        except BadFileError as error:
            return Attached(fault=str(error))
