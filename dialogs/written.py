"""Pages in finished words, as the outbox keeps them."""

from typing import Any

from dialogs.texts import write_out
from dialogs.turn import Button, Page

MOST_CHARS = 2000
"""How long a message may be: Telegram takes 4096 units of UTF-16, of which a rare character needs two."""


def bodies_of(page: Page, language: str) -> list[dict[str, Any]]:
    """Return the messages of a page: the buttons, and whatever else there is to it, are on the last."""
    *first, last = _parts("\n".join(write_out(line, language) for line in page.lines))
    body: dict[str, Any] = {"text": last}
    if page.rows:
        body["rows"] = [[_pack(button, language) for button in row] for row in page.rows]
    if page.ask_contact:
        body["ask_contact"] = write_out(page.ask_contact, language)
    if page.document:
        body["document"] = {"language": language, **page.document}
    if page.reply:
        body["reply"] = page.reply.pack()
    return [*({"text": part} for part in first), body]


def _parts(written: str) -> list[str]:
    """Return a text in parts that any messenger takes, broken between lines where that is possible."""
    parts, part = [], ""
    for line in written.split("\n"):
        for piece in (line[at : at + MOST_CHARS] for at in range(0, len(line) or 1, MOST_CHARS)):
            if part and len(part) + 1 + len(piece) > MOST_CHARS:
                parts.append(part)
                part = piece
            else:
                part = f"{part}\n{piece}" if part else piece
    return [*parts, part]


def _pack(button: Button, language: str) -> list[Any]:
    return [write_out(button.label, language), button.event.pack(), int(button.changes)]
