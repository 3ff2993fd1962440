"""What an office is asked to agree to, or told: links, claims, returns."""

from collections.abc import Mapping
from dataclasses import dataclass

from dialogs.office.authority import Action, OfficeFacts
from dialogs.people import mask_phone
from dialogs.turn import Button, Effect, Event, Page, Turn, Words, text


@dataclass(frozen=True, slots=True)
class Asked:
    """What an office reads of a request. The phone number is whole here, and shown masked.

    Args:
        kind: `link`, `seat` or `return`.
        enterprise, code: which one.
        person, phone: who asks.
        period, reason: of a return.
    """

    kind: str
    enterprise: str
    code: str
    person: str
    phone: str
    period: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decide(Event):
    """A request is granted (1) or refused (0)."""

    request: int
    granted: int


@dataclass(frozen=True, slots=True)
class DecideRequest(Effect):
    """Do what was asked, or tell that it was refused; brings `Decided` or `RequestGone`."""

    request: int
    granted: bool


@dataclass(frozen=True, slots=True)
class Decided(Event):
    """What became of a request: "granted", "refused", or "impossible" because something is in its way by now."""

    asked: Asked
    how: str


@dataclass(frozen=True, slots=True)
class RequestGone(Event):
    """There is no such request to decide on: it was decided, or withdrawn, or is none of this office's."""


EVENTS: Mapping[type[Event], Action] = dict.fromkeys((Decide, Decided, RequestGone), Action.DECIDE)


def step(event: Event, _: OfficeFacts) -> Turn[None]:
    """Take one of `EVENTS`."""
    match event:
        case Decide(request, granted):
            return Turn(None, effects=(DecideRequest(request, bool(granted)),))
        case Decided(asked, how):
            return Turn(None, (Page((*_lines(asked), text(f"office-decided-{how}")), in_place=True),))
        case _:
            return Turn(None, notice=text("office-decided-already"), refused=True)


def asked_page(request: int, asked: Asked) -> Page:
    """Return the page that asks an office to decide."""
    if asked.kind == "return":
        yes, no = text("button-return-it"), text("button-not-return")
    else:
        yes, no = text("button-grant"), text("button-refuse")
    return Page(_lines(asked), ((Button(yes, Decide(request, 1)), Button(no, Decide(request, 0))),))


def told_page(asked: Asked) -> Page:
    """Return the page that tells an office what was done without it."""
    return Page((*_lines(asked), text("office-told")))


def _lines(asked: Asked) -> tuple[Words, ...]:
    lines: list[Words] = [
        text(f"office-{asked.kind}", enterprise=asked.enterprise, code=asked.code),
        text("office-person", name=asked.person, phone=mask_phone(asked.phone)),
    ]
    if asked.kind == "return":
        lines.append(text("office-return-why", period=asked.period, reason=asked.reason))
    return tuple(lines)
