"""Texts as Telegram takes them: cleaned, trimmed, HTML parsed into entities, counted in UTF-16 units."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Final

from tests.botapi.wire import Json, bad_request

_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\u2028-\u202e]")
_CLEANED: Final = dict.fromkeys([*range(9), 11, 12, *range(14, 32)], " ") | dict.fromkeys([13, *range(0x2028, 0x202F)])
_TOKEN: Final = re.compile(r"<|&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|lt|gt|amp|quot);")
_ATTRIBUTE: Final = r"""\s+([^\s=>"'/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+)))?"""
_TAG: Final = re.compile(rf"<(/?)([^\s>/]*)((?:{_ATTRIBUTE})*)\s*>")
_EACH_ATTRIBUTE: Final = re.compile(_ATTRIBUTE)
_ENTITY: Final = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    **dict.fromkeys(("span", "tg-spoiler"), "spoiler"),
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_COMMAND: Final = re.compile(r"(?<![^\s])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?!\w)")


def units(text: str) -> int:
    """Return the length in UTF-16 units, the measure of offsets and limits."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def read(text: str, mode: str, limit: int, too_long: str) -> tuple[str, list[Json]]:
    """Return text and entities of what a bot wants to show.

    Args:
        text: as it arrived.
        mode: `parse_mode`, empty for plain text. Of the modes the emulator knows HTML.
        limit: greatest number of UTF-16 units after parsing.
        too_long: what Telegram says about a longer one.

    Raises:
        ApiError: As the Bot API would refuse it.
    """
    if _CONTROL.search(text):
        text = text.translate(_CLEANED)
    entities: list[Json] = []
    match mode.lower():
        case "":
            pass
        case "html":
            text, entities = _parse(text)
        case _:
            raise bad_request("unsupported parse_mode")
    shift = units(text[: len(text) - len(text.lstrip())])
    text = text.strip()
    total = units(text)
    if total > limit:
        raise bad_request(too_long)
    kept = []
    for entity in entities:  # entities move and shrink with the blanks cut off at both ends
        start = max(0, entity["offset"] - shift)
        length = min(total, entity["offset"] + entity["length"] - shift) - start
        if length > 0:
            kept.append({**entity, "offset": start, "length": length})
    return text, kept


def commands(text: str) -> list[Json]:
    """Return the `bot_command` entities that a client marks in what a person types."""
    if "/" not in text:
        return []
    return [
        {"type": "bot_command", "offset": units(text[: found.start()]), "length": units(found[0])}
        for found in _COMMAND.finditer(text)
    ]


@dataclass(slots=True)
class _Open:
    tag: str
    offset: int
    details: Json


def _parse(source: str) -> tuple[str, list[Json]]:
    parts: list[str] = []
    entities: list[Json] = []
    opened: list[_Open] = []
    place = offset = 0
    while token := _TOKEN.search(source, place):
        begin = token.start()
        parts.append(source[place:begin])
        offset += units(parts[-1])
        if token[0] != "<":
            parts.append(unescape(token[0]))
            offset += units(parts[-1])
            place = token.end()
            continue
        tag = _TAG.match(source, begin)
        at = f"at byte offset {len(source[:begin].encode())}"
        if tag is None:
            raise _broken(f"Unclosed {'end' if source.startswith('</', begin) else 'start'} tag {at}")
        place = tag.end()
        name = tag[2].lower()
        if not tag[1]:
            opened.append(_Open(name, offset, _details(name, tag[3], at)))
            continue
        if not opened:
            raise _broken(f"Unexpected end tag {at}")
        start = opened.pop()
        if name not in ("", start.tag):
            raise _broken(f'Unmatched end tag {at}, expected "</{start.tag}>", found "</{name}>"')
        if offset > start.offset and start.details:
            entity = {**start.details, "offset": start.offset, "length": offset - start.offset}
            if start.tag == "pre" and entities and entities[-1] | entity == entities[-1] | {"type": "pre"}:
                entity = entities.pop() | entity  # Telegram makes one of <pre><code class="language-…">
            entities.append(entity)
    if opened:
        raise _broken(f'Can\'t find end tag corresponding to start tag "{opened[-1].tag}"')
    parts.append(source[place:])
    entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return "".join(parts), entities


def _details(tag: str, attributes: str, at: str) -> Json:
    """Return the fields of an entity that its start tag decides; empty for one that shows nothing."""
    if tag not in _ENTITY:
        raise _broken(f'Unsupported start tag "{tag}" {at}')
    values = {name.lower(): unescape(a or b or c) for name, a, b, c in _EACH_ATTRIBUTE.findall(attributes)}
    if tag == "span" and values.get("class") != "tg-spoiler":
        raise _broken(f'Tag "span" must have class "tg-spoiler" {at}')
    if tag == "code" and (language := values.get("class", "")).startswith("language-"):
        return {"type": "code", "language": language.removeprefix("language-")}
    if tag != "a":
        return {"type": _ENTITY[tag]}
    url = values.get("href", "")
    return {"type": "text_link", "url": url} if "." in url or url.startswith("tg://") else {}


def _broken(reason: str) -> Exception:
    return bad_request(f"can't parse entities: {reason}")
