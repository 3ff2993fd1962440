"""The one notion that every dialog shares: a reducer over plain values.

A dialog takes its state, an event and the facts of the moment, and returns a `Turn`: the next state, the pages to show
and the effects it asks for. Effects are carried out by the caller inside its transaction; what one brings back comes as
another event. Nothing here does I/O, reads a clock or draws a random number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Any, ClassVar, Generic, Self, TypeAlias, TypeVar


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence of the catalogue: its message id and the arguments, which may be texts themselves."""

    id: str
    args: "Mapping[str, Words | int]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence that a form brings along: by language, with arguments for its placeholders."""

    by_language: Mapping[str, str]
    args: Mapping[str, str] = field(default_factory=dict)


Words: TypeAlias = Text | Phrase | str


def text(id_: str, /, **args: "Words | int") -> Text:
    """Return the text of that message id with those arguments."""
    return Text(id_, args)


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(part.name for part in fields(kind))


class Event:
    """What happened: something a person meant, or what an effect brought back.

    The subclasses are frozen dataclasses. Those that a button may carry have fields of str, int and None only, so that
    `pack` and `unpack` turn them into a short list and back.
    """

    __slots__ = ()
    by_tag: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls) -> None:
        """Register the event under its own name.

        Raises:
            TypeError: another event has that name.
        """
        # A dataclass with slots is made twice: the second takes the place of the first.
        before = Event.by_tag.setdefault(cls.__name__, cls)
        if before.__module__ != cls.__module__:
            message = f"two events are called {cls.__name__}: in {before.__module__} and {cls.__module__}"
            raise TypeError(message)
        Event.by_tag[cls.__name__] = cls

    def pack(self) -> list[Any]:
        """Return the event as a list that JSON can carry: its tag, then its fields."""
        return [type(self).__name__, *(getattr(self, name) for name in _field_names(type(self)))]  # type: ignore[arg-type]

    @staticmethod
    def unpack(packed: list[Any]) -> "Event":
        """Return the event that `pack` wrote.

        Raises:
            KeyError, TypeError: it is of a version that no longer exists.
        """
        tag, *values = packed
        return Event.by_tag[tag](*values)


@dataclass(frozen=True, slots=True)
class Home(Event):
    """Show what can be done here."""


@dataclass(frozen=True, slots=True)
class Pause(Event):
    """Leave the report for now (暂存); it is saved anyway."""


@dataclass(frozen=True, slots=True)
class Late(Event):
    """A button that changes something was pressed on a page that is no longer the newest."""

    event: Event


class Effect:
    """Something the dialog wants done outside of itself, within the same transaction."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Button:
    """A label and the event that a press on it means.

    A `changes` button enters or settles something; it works on the newest page only. The others go somewhere, and work
    on every page.
    """

    label: Words
    event: Event
    changes: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One message to the person: lines of text and rows of buttons.

    Args:
        lines: the text, line by line.
        rows: the buttons below it.
        ask_contact: the channel is to offer its own way of sharing a verified phone number, under this label.
        receipt: the message is a receipt and may be sent again when it is unknown whether it arrived.
        in_place: it takes the place of the message whose button was pressed, where the channel can do that.
        document: a file that comes with it: its kind, and what its renderer must know.
        reply: what a reply to the message means; the words of the reply take the place of its last field.
    """

    lines: tuple[Words, ...]
    rows: tuple[tuple[Button, ...], ...] = ()
    ask_contact: Words | None = None
    receipt: bool = False
    in_place: bool = False
    document: Mapping[str, Any] | None = None
    reply: Event | None = None

    def under(self, *lines: Words) -> Self:
        """Return the page with those lines put above it, set off by an empty line."""
        return replace(self, lines=(*lines, "", *self.lines))


S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Turn(Generic[S]):
    """What a step leads to.

    Args:
        state: the state after the step.
        pages: what to show, in this order.
        effects: what to carry out; the pages are shown first when there are any.
        notice: a word for the press itself (a toast), when no page is owed.
        refused: nothing was changed because of what the person sent.
    """

    state: S
    pages: tuple[Page, ...] = ()
    effects: tuple[Effect, ...] = ()
    notice: Words | None = None
    refused: bool = False
