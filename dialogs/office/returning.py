"""`/return`: a submitted report goes back to its reporter, with a reason and, if wished, the items concerned."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dialogs.form import Form
from dialogs.office.authority import Action, Confirmation, OfficeFacts, asked_by
from dialogs.office.orders import Seek, read_items, read_period
from dialogs.office.reasons import ask_reason
from dialogs.office.returning_many import OrderReturns, ReadReturns
from dialogs.people import read_line
from dialogs.periods import Period, due_period
from dialogs.turn import Button, Effect, Event, Page, Turn, Words, text

_COMMAS = re.compile(r"[,，、;；]+")


@dataclass(frozen=True, slots=True)
class OrderReturn(Event):
    """Return the report of an enterprise; `items` are names as they were typed, asked for by a reply if need be."""

    enterprise: int
    period: str
    rest: str


@dataclass(frozen=True, slots=True)
class ReturnWithReason(Event):
    """The same, as the answer to the question for the reason; `items` are those that were named with the order."""

    enterprise: int
    period: str
    items: str
    reason: str


@dataclass(frozen=True, slots=True)
class DoReturn(Confirmation):
    """What was shown is to be returned; `items` are ids, set off by blanks."""

    enterprise: int
    period: str
    revision: int
    items: str
    reason: str


@dataclass(frozen=True, slots=True)
class LookAtReturn(Effect):
    """See what would be returned; brings `Returnable` or `NotReturnable`."""

    enterprise: int
    period: str
    rest: str


@dataclass(frozen=True, slots=True)
class Return(Effect):
    """Return it; brings `WasReturned` or `NotReturnable`."""

    enterprise: int
    period: str
    revision: int
    items: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Returnable(Event):
    """A report that is submitted."""

    enterprise: int
    name: str
    period: str
    form: str
    revision: int
    number: str
    reporter: str
    rest: str


@dataclass(frozen=True, slots=True)
class NotReturnable(Event):
    """A report that is not submitted, or none at all; `state` as in the database, "none" without one."""

    name: str
    period: str
    state: str


@dataclass(frozen=True, slots=True)
class WasReturned(Event):
    """It was returned; `told` is the name of the reporter who was told, empty without one."""

    name: str
    period: str
    told: str


EVENTS: Mapping[type[Event], Action] = dict.fromkeys(
    (OrderReturn, ReturnWithReason, DoReturn, Returnable, NotReturnable, WasReturned), Action.RETURN
)


def read(words: list[str], facts: OfficeFacts) -> Event | None:
    """Read `enterprise [period] [items] reason`; without a period it is the one that is due.

    Several enterprises, set off by commas, are read as by `read_many`.
    """
    if not words:
        return None
    query, rest = words[0], words[1:]
    if _COMMAS.search(query):
        return _many(rest, [query], facts)
    period, rest = _read_period(rest, facts)
    return Seek(query, OrderReturn(0, period, " ".join(rest)))


def read_many(words: list[str], below: list[str] | None, facts: OfficeFacts) -> Event | None:
    """Read `[period] [reason]` and the enterprises, by code or full name, one a line or set off by commas.

    Args:
        words: of the first line.
        below: the other lines; None when the enterprises are in a file.
        facts: the facts.
    """
    if below is None:
        period, rest = _read_period(words, facts)
        return ReadReturns(period, " ".join(rest))
    if words and read_period(words[0], facts.now) is None:
        # An enterprise stands in front: it is one only, with a reason of several lines.
        return read([*words, *" ".join(below).split()], facts)
    return _many(words, below, facts)


def _many(words: list[str], lines: list[str], facts: OfficeFacts) -> Event:
    period, rest = _read_period(words, facts)
    named = (name.strip() for line in lines for name in _COMMAS.split(line))
    return OrderReturns(period, "\n".join(dict.fromkeys(name for name in named if name)), " ".join(rest))


def _read_period(words: list[str], facts: OfficeFacts) -> tuple[str, list[str]]:
    """Return the period that stands in front, the one that is due when none does, and the words behind it."""
    period = read_period(words[0], facts.now) if words else None
    return str(period or due_period(facts.now)), words[1:] if period else words


def step(event: Event, facts: OfficeFacts) -> Turn[None]:
    """Take one of `EVENTS`."""
    match event:
        case OrderReturn(enterprise, period, rest):
            return Turn(None, effects=(LookAtReturn(enterprise, period, rest),))
        case ReturnWithReason(enterprise, period, items, reason):
            return Turn(None, effects=(LookAtReturn(enterprise, period, f"{items} {reason}"),))
        case Returnable():
            return Turn(None, (_preview(event, facts),))
        case DoReturn():
            flagged = tuple(event.items.split())
            return Turn(None, effects=(Return(event.enterprise, event.period, event.revision, flagged, event.reason),))
        case NotReturnable(name, period, state):
            line = text("office-not-returnable", enterprise=name, period=period, state=text(f"state-{state}"))
            return Turn(None, (Page((line,)),), refused=True)
        case WasReturned(name, period, told):
            line = text("office-returned", enterprise=name, period=period)
            whom = text("office-told-reporter", reporter=told) if told else text("office-no-reporter")
            return Turn(None, (Page((line, whom), in_place=True),))
        case _:
            raise AssertionError(event)


def _preview(event: Returnable, facts: OfficeFacts) -> Page:
    form, period = facts.forms.version(event.form), Period.parse(event.period)
    items, reason = _split(event.rest, form, period)
    title = text("office-return-title", enterprise=event.name, period=event.period, revision=event.revision)
    if reason is None:
        named = event.rest.split()[0] if items else ""
        return ask_reason(title, lambda reason: ReturnWithReason(event.enterprise, event.period, named, reason))
    lines: list[Words] = [title, text("office-return-number", number=event.number)]
    if items:
        lines.append(text("returned-items", items="、".join(form.item[item].label for item in items)))
    lines.append(text("returned-reason", reason=reason))
    lines.append(text("office-will-tell", reporter=event.reporter) if event.reporter else text("office-no-reporter"))
    do = DoReturn(*asked_by(facts), event.enterprise, event.period, event.revision, " ".join(items), reason)
    return Page(tuple(lines), ((Button(text("button-return-sure"), do),),))


def _split(rest: str, form: Form, period: Period) -> tuple[tuple[str, ...], str | None]:
    """Return the items that stand in front, and the reason behind them; None when there is none."""
    first, _, behind = rest.strip().partition(" ")
    items = read_items(first, form, period) if first else None
    return items or (), read_line(behind if items else rest)
