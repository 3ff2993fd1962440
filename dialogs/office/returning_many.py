"""`/return` for several enterprises at once, named in the message or in a file that comes with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from dialogs.office.authority import Action, Confirmation, OfficeFacts, asked_by
from dialogs.office.reasons import ask_reason
from dialogs.people import read_line
from dialogs.turn import Button, Effect, Event, Page, Turn, Words, text

MOST = 500
"""How many enterprises may be named at once."""
MOST_NAMED = 20
"""How many of those that are returned are named before it is done."""
MOST_UNKNOWN = 5
"""How many of those that were not found are named."""
_SHOWN = 40
"""So many characters of what was typed are repeated."""


@dataclass(frozen=True, slots=True)
class OrderReturns(Event):
    """Return the reports of several enterprises; `names` are codes and full names, one a line."""

    period: str
    names: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReadReturns(Event):
    """The same; the enterprises are in the file that came along."""

    period: str
    reason: str


@dataclass(frozen=True, slots=True)
class DoReturns(Confirmation):
    """What was shown is to be returned; `chosen` are enterprises with their revisions: `7:1 9:2`."""

    period: str
    chosen: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReadNames(Effect):
    """Read the file; brings `OrderReturns` or `NamesUnread`."""

    period: str
    reason: str


@dataclass(frozen=True, slots=True)
class LookAtReturns(Effect):
    """See what would be returned; brings `ManyReturnable`."""

    period: str
    names: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class ReturnMany(Effect):
    """Return those that are still as they were; brings `WereReturned`."""

    period: str
    chosen: tuple[tuple[int, int], ...]
    reason: str


@dataclass(frozen=True, slots=True)
class NamesUnread(Event):
    """The file cannot be used: `large`, `gone`, `later`, `bad` or `empty`."""

    why: str


@dataclass(frozen=True, slots=True)
class ManyReturnable(Event):
    """What was found.

    Args:
        period, reason: as ordered.
        ready: enterprise, revision and name of each report that is submitted.
        names: all that was named, for asking again.
        others: the names of enterprises whose report is not.
        unknown: what names none or more than one.
    """

    period: str
    reason: str
    ready: tuple[tuple[int, int, str], ...]
    others: tuple[str, ...]
    unknown: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WereReturned(Event):
    """So many were returned; so many were no longer as they had been shown."""

    period: str
    done: int
    left: int


EVENTS: Mapping[type[Event], Action] = dict.fromkeys(
    (OrderReturns, ReadReturns, DoReturns, NamesUnread, ManyReturnable, WereReturned), Action.RETURN
)


def step(event: Event, facts: OfficeFacts) -> Turn[None]:  # noqa: PLR0911 -- one case an event
    """Take one of `EVENTS`."""
    match event:
        case OrderReturns(period, names, reason):
            named = tuple(names.splitlines())
            if len(named) > MOST:
                return _refused(text("office-returns-many", most=MOST))
            return Turn(None, effects=(LookAtReturns(period, named, reason),))
        case ReadReturns(period, reason):
            return Turn(None, effects=(ReadNames(period, reason),))
        case NamesUnread(why):
            return _refused(text(f"office-file-{why}"))
        case ManyReturnable():
            return _preview(event, facts)
        case DoReturns():
            pairs = (pair.partition(":") for pair in event.chosen.split())
            chosen = tuple((int(enterprise), int(revision)) for enterprise, _, revision in pairs)
            return Turn(None, effects=(ReturnMany(event.period, chosen, event.reason),))
        case WereReturned(period, done, left):
            if not done:
                return Turn(None, notice=text("office-returns-none-left"), refused=True)
            lines: list[Words] = [text("office-returns-done", period=period, count=done)]
            lines += [text("office-returns-left", count=left)] if left else []
            return Turn(None, (Page(tuple(lines), in_place=True),))
        case _:
            raise AssertionError(event)


def _refused(why: Words) -> Turn[None]:
    return Turn(None, (Page((why,)),), refused=True)


def _preview(event: ManyReturnable, facts: OfficeFacts) -> Turn[None]:
    title = text("office-returns-title", period=event.period)
    lines: list[Words] = [title]
    if event.ready:
        names = "、".join(name for *_, name in event.ready[:MOST_NAMED])
        more = text("office-and-more") if len(event.ready) > MOST_NAMED else ""
        lines.append(text("office-returns-ready", count=len(event.ready), names=names, more=more))
    if event.others:
        lines.append(text("office-returns-others", count=len(event.others)))
    if event.unknown:
        typed = "、".join(name[:_SHOWN] for name in event.unknown[:MOST_UNKNOWN])
        more = text("office-and-more") if len(event.unknown) > MOST_UNKNOWN else ""
        lines.append(text("office-returns-unknown", count=len(event.unknown), names=typed, more=more))
    if not event.ready:
        return Turn(None, (Page((*lines, text("office-returns-none"))),), refused=True)
    reason = read_line(event.reason)
    if reason is None:
        names = "\n".join(event.names)
        return Turn(None, (ask_reason(title, lambda given: OrderReturns(event.period, names, given)),))
    lines += [text("returned-reason", reason=reason), text("office-will-tell-all")]
    chosen = " ".join(f"{enterprise}:{revision}" for enterprise, revision, _ in event.ready)
    do = DoReturns(*asked_by(facts), event.period, chosen, reason)
    return Turn(None, (Page(tuple(lines), ((Button(text("button-return-all"), do),),)),))
