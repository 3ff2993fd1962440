"""Files for people. None is stored: what is stored is what to make, and it is made from the database when it is sent.

A message of the outbox asks for one by `"document": Document(kind, params).pack()`. The modules that make files are
put together in `RENDERERS`.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

import structlog

from bot import export_file, guide_file, missing_file, my_data
from bot.channels import File
from bot.log import trace
from storage.database import ConflictError, Database, DatabaseDownError

LOG = structlog.get_logger("documents")
MOST_CAPTION = 1024
"""Units of UTF-16 that the text of a message with a file may have, as Telegram takes them.

There is no splitting: a text and a file sent one after the other would be two sends with one outcome, and a repeat
would repeat what did arrive. Whoever has more to say puts a message of its own in front.
"""
_MOST_NAME = 80
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069/\\:*?"<>|]')

Renderer = Callable[[Database, Mapping[str, Any], Path], Awaitable[str]]
"""Writes a file and returns the name that people see.

It gets the database, the parameters of the document and the path to write to. `DatabaseDownError` and `ConflictError`
mean "later", any other error "never". What takes long runs in a thread, and outside of a transaction.
"""
Tell = Callable[[str], Awaitable[None]]
"""Tells the people who wait for a file how far it is, in their language. It never fails, and may do nothing."""


async def _nobody(_: str) -> None:
    """Tell nobody."""


class Gradual:
    """A renderer of what takes long: it says from time to time how far it is."""

    def __init__(self, render: Callable[[Database, Mapping[str, Any], Path, Tell], Awaitable[str]]) -> None:
        """Take a function like a `Renderer` that also gets whom to tell."""
        self._render = render

    async def __call__(self, database: Database, params: Mapping[str, Any], path: Path, tell: Tell = _nobody) -> str:
        """Write the file, see `Renderer`."""
        return await self._render(database, params, path, tell)


RENDERERS: dict[str, Renderer] = {
    "export": Gradual(export_file.render),
    "guide": guide_file.render,
    "missing": missing_file.render,
    "my-data": my_data.render,
}
"""By the kind of document."""


@dataclass(frozen=True, slots=True)
class Document:
    """What file to make.

    Args:
        kind: a key of `RENDERERS`.
        params: what its renderer needs, in JSON. `"protected": true` keeps people from passing it on, as far as the
            channel can. `"progress"` is how the channel names the message that says how far a `Gradual` one is.
    """

    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def pack(self) -> dict[str, Any]:
        """Return it for the body of a message."""
        return {**self.params, "kind": self.kind}

    @classmethod
    def unpack(cls, packed: Mapping[str, Any]) -> Self:
        """Return it from the body of a message."""
        return cls(packed["kind"], {name: value for name, value in packed.items() if name != "kind"})


class DocumentError(Exception):
    """A file cannot be made; it was logged why."""


async def render(  # noqa: PLR0913, PLR0917 -- the parts of the one thing it does
    renderers: Mapping[str, Renderer],
    database: Database,
    number: int,
    body: Mapping[str, Any],
    folder: Path,
    tell: Tell = _nobody,
) -> File:
    """Make the file of a message.

    Args:
        renderers: by kind.
        database: what to make it from.
        number: the message's, for the log.
        body: the message's, with a document.
        folder: an empty folder, where the file will be.
        tell: tells how far it is, where that takes long.

    Raises:
        DocumentError: it cannot be made, or the text that goes with it is too long.
        DatabaseDownError, ConflictError: not now.
    """
    document = Document.unpack(body["document"])
    path = folder / "document"
    fault = partial(LOG.error, "document failed", outbox=number, kind=document.kind)
    if len(body.get("text", "").encode("utf-16-le")) > 2 * MOST_CAPTION:
        fault(cause="its text is too long: put a message of its own in front")
        raise DocumentError("caption too long")
    try:
        renderer = renderers[document.kind]
        if isinstance(renderer, Gradual):
            name = await renderer(database, document.params, path, tell)
        else:
            name = await renderer(database, document.params, path)
        written = path.stat().st_size
    except (DatabaseDownError, ConflictError):
        raise
    except Exception as error:  # noqa: BLE001 -- a fault of one document; it must not hold up the chat
        fault(cause=type(error).__name__, at=trace(error))
        raise DocumentError(type(error).__name__) from None
    if not written:
        fault(cause="nothing was written")
        raise DocumentError("empty")
    return File(safe_name(name), path)


def safe_name(name: str) -> str:
    """Return a file name that every system takes and that looks like what it is, the ending kept."""
    stem, dot, ending = _UNSAFE.sub("_", name).strip(" .").rpartition(".")
    return f"{stem[:_MOST_NAME]}{dot}{ending[:_MOST_NAME]}" or "_"
