"""The catalogue: every sentence that a person reads, by message id and language."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path

from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax.ast import Message

from dialogs.turn import Phrase, Words

FOLDER = Path(__file__).parent / "texts"
DEFAULT_LANGUAGE = "zh-CN"
LANGUAGES: Mapping[str, str] = {"zh-CN": "简体中文", "en": "English"}


class CatalogueError(Exception):
    """A message is missing from the catalogue or cannot be written out; a fault of the program, never of a person."""


@cache
def _bundle(language: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    for path in sorted((FOLDER / language).glob("*.ftl")):
        bundle.add_resource(FluentResource(path.read_text(encoding="utf-8")))
    return bundle


def message_ids(language: str) -> Iterator[str]:
    """Return the ids that the catalogue of that language has."""
    for path in sorted((FOLDER / language).glob("*.ftl")):
        for entry in FluentResource(path.read_text(encoding="utf-8")).body:
            if isinstance(entry, Message):
                yield entry.id.name


def write_out(words: Words, language: str) -> str:
    """Return the text in that language.

    Args:
        words: a text of the catalogue, a phrase of a form, or a string that is used as it is (a label, a name).
        language: a key of `LANGUAGES`.

    Raises:
        CatalogueError: the catalogue lacks the message or one of its arguments.
    """
    if isinstance(words, str):
        return words
    if isinstance(words, Phrase):
        return words.by_language.get(language, words.by_language[DEFAULT_LANGUAGE]).format(**words.args)
    args = (
        (name, value if isinstance(value, int) else write_out(value, language)) for name, value in words.args.items()
    )
    return _written(words.id, language, tuple(args))


@lru_cache(maxsize=4096)
def _written(id_: str, language: str, args: tuple[tuple[str, str | int], ...]) -> str:
    """Return a message of the catalogue. The same headings and labels are written for everybody, again and again."""
    bundle = _bundle(language)
    if not bundle.has_message(id_) or (pattern := bundle.get_message(id_).value) is None:
        message = f"catalogue {language} has no message {id_!r}"
        raise CatalogueError(message)
    written, errors = bundle.format_pattern(pattern, dict(args))
    if errors:
        message = f"catalogue {language}, message {id_!r}: {errors[0]}"
        raise CatalogueError(message)
    return str(written)


def show_figure(figure: Decimal, decimals: int) -> str:
    """Return a figure as people read it: thousands separated, so many decimals."""
    return f"{figure:,.{decimals}f}"
