"""The reducer of the admin chat: commands are read, authority is asked, the dialog that an event belongs to goes on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dialogs.office import (
    broadcasting,
    exporting,
    finding,
    journal,
    moving,
    overview,
    requests,
    returning,
    returning_many,
)
from dialogs.office.authority import MAY, Action, Confirmation, OfficeFacts, Role
from dialogs.office.orders import Command, FindEnterprise, Matches, Seek
from dialogs.turn import Button, Event, Late, Page, Text, Turn, Words, text


@dataclass(frozen=True, slots=True)
class Ordered(Event):
    """A command as it was typed, perhaps under a file."""

    typed: str
    attached: bool = False


@dataclass(frozen=True, slots=True)
class OfficeHelp(Event):
    """What the commands are."""


COMMANDS: Mapping[str, Command] = {
    "return": Command(Action.RETURN, returning.read, returning.read_many),
    "transfer": Command(Action.TRANSFER, moving.read_transfer),
    "invite": Command(Action.INVITE, moving.read_invite),
    "status": Command(Action.STATUS, overview.read_status),
    "missing": Command(Action.MISSING, overview.read_missing),
    "find": Command(Action.FIND, finding.read_find),
    "view": Command(Action.VIEW, finding.read_view),
    "audit": Command(Action.AUDIT, journal.read),
    "export": Command(Action.EXPORT, exporting.read),
    "remind": Command(Action.REMIND, broadcasting.read_remind),
    "broadcast": Command(Action.BROADCAST, broadcasting.read_broadcast),
    "help": Command(Action.HELP, lambda _words, _facts: OfficeHelp()),
}
"""What may be typed with a slash in an admin chat; the catalogue has `office-command-…` and `office-usage-…` each."""

_DIALOGS = (broadcasting, exporting, requests, returning, returning_many, moving, journal, overview, finding)
_STEPS: Mapping[type[Event], Callable[[Event, OfficeFacts], Turn[None]]] = {
    event: dialog.step for dialog in _DIALOGS for event in dialog.EVENTS
}
ACTION_OF: Mapping[type[Event], Action] = {
    OfficeHelp: Action.HELP,
    **{event: action for dialog in _DIALOGS for event, action in dialog.EVENTS.items()},
}
"""What each event does, for the authority; what is not here, nobody may cause."""


def step(event: Event, facts: OfficeFacts) -> Turn[None]:  # noqa: PLR0911 -- one case an event
    """Take one event of an admin chat. Never raises on what somebody sent."""
    if facts.who is None:
        return _refused(text("office-not-yours"))
    match event:
        case Late(inner):
            return step(inner, facts)
        case Ordered():
            return _order(event, facts)
        case Seek(query, then):
            if refusal := _authority(then, facts):
                return refusal
            return Turn(None, effects=(FindEnterprise(query, then),))
        case Matches():
            return _matches(event, facts)
        case _:
            pass
    if refusal := _authority(event, facts):
        return refusal
    if isinstance(event, OfficeHelp):
        return Turn(None, (Page(_help(facts.who.role)),))
    return _STEPS[type(event)](event, facts)


def _authority(event: Event, facts: OfficeFacts) -> Turn[None] | None:
    """Return why somebody may not cause that event; None for who may. The one place that decides."""
    action = ACTION_OF.get(type(event))
    if action is None or facts.who is None:
        return _refused(text("office-button-old"))
    if not facts.who.may(action):
        return _refused(text("office-may-not"))
    if isinstance(event, Confirmation):
        if event.by != facts.who.account:
            return _refused(text("office-not-asked-by-you"))
        if event.is_late(facts.now):
            return _refused(text("office-too-late"))
    return None


def _refused(why: Text) -> Turn[None]:
    return Turn(None, notice=why, refused=True)


def _order(ordered: Ordered, facts: OfficeFacts) -> Turn[None]:
    words = ordered.typed.split()
    name = words[0].removeprefix("/").partition("@")[0].lower()
    command = COMMANDS.get(name)
    if command is None or facts.who is None:
        return Turn(None, (Page((text("office-unknown"),)),), refused=True)
    if not facts.who.may(command.action):
        return Turn(None, (Page((text("office-may-not"),)),), refused=True)
    first, *below = ordered.typed.strip().splitlines()
    event = None
    if command.read_many and (ordered.attached or below):
        event = command.read_many(first.split()[1:], None if ordered.attached else below, facts)
    elif not ordered.attached:
        event = command.read(words[1:], facts)
    if event is None:
        return Turn(None, (Page((text(f"office-usage-{name}"),)),), refused=True)
    return step(event, facts)


def _matches(event: Matches, facts: OfficeFacts) -> Turn[None]:
    if not event.found:
        return Turn(None, (Page((text("office-no-enterprise"),)),), refused=True)
    chosen: list[tuple[Event, Any]] = [(_about(event.then, match.id), match) for match in event.found]
    if len(chosen) == 1:
        return step(chosen[0][0], facts)
    rows = tuple((Button(text("office-match", name=one.name, district=one.district), then),) for then, one in chosen)
    lines: list[Words] = [text("office-which")]
    lines += [text("office-more-matches")] if event.more else []
    return Turn(None, (Page(tuple(lines), rows),))


def _about(then: Event, enterprise: int) -> Event:
    # Which of the events it is, only who asked for the enterprise knows: its first field is the enterprise, see `Seek`.
    return type(then)(enterprise, *then.pack()[2:])  # type: ignore[call-arg]


def _help(role: Role) -> tuple[Words, ...]:
    mine = [name for name, command in COMMANDS.items() if role in MAY[command.action]]
    return (text("office-help"), *(text(f"office-command-{name}") for name in mine))
