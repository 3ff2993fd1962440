"""The seat of an enterprise's reporter: claimed, taken, handed over, offered by an invitation (manual, section 2.2)."""

from dataclasses import dataclass
from typing import Any

from dialogs.enterprises import office_line
from dialogs.home import Facts, home_button, home_page
from dialogs.places import Apply, AtHome, Open, ShowEnterprise, Transfer
from dialogs.turn import Button, Effect, Event, Home, Page, Turn, text

# ---- events and effects


@dataclass(frozen=True, slots=True)
class Claim(Event):
    """The application is confirmed."""

    enterprise: int


@dataclass(frozen=True, slots=True)
class HandTo(Event):
    """That associate is to have the seat; asked once more unless `sure`."""

    enterprise: int
    person: int
    sure: int = 0


@dataclass(frozen=True, slots=True)
class Accept(Event):
    """The invitation is accepted."""

    invitation: str


@dataclass(frozen=True, slots=True)
class LookAtSeat(Effect):
    """Brings `SeatFree`, `SeatTaken` or `CannotOpen`."""

    enterprise: int


@dataclass(frozen=True, slots=True)
class TakeSeat(Effect):
    """Make the person the reporter; brings `SeatClaimed`, `SeatTaken`, `SeatAsked` or `CannotOpen`."""

    enterprise: int


@dataclass(frozen=True, slots=True)
class ListAssociates(Effect):
    """The others who are linked to an enterprise; brings `Associates` or `CannotOpen`.

    With `person` it is about that one only, who may be gone by now.
    """

    enterprise: int
    person: int = 0


@dataclass(frozen=True, slots=True)
class GiveSeat(Effect):
    """Make another associate the reporter; brings `SeatGiven`, `Associates` or `CannotOpen`."""

    enterprise: int
    person: int


@dataclass(frozen=True, slots=True)
class LookAtInvitation(Effect):
    """Brings `Invited` or `InvitationDead`."""

    invitation: str


@dataclass(frozen=True, slots=True)
class UseInvitation(Effect):
    """Link the person by an invitation, which is used up; brings `SeatFree`, `SeatTaken` or `InvitationDead`."""

    invitation: str


@dataclass(frozen=True, slots=True)
class SeatFree(Event):
    """Nobody reports for that enterprise."""

    enterprise: int
    name: str


@dataclass(frozen=True, slots=True)
class SeatClaimed(Event):
    """The person is the reporter now."""

    enterprise: int
    name: str


@dataclass(frozen=True, slots=True)
class SeatAsked(Event):
    """The office must agree to the claim first."""

    name: str


@dataclass(frozen=True, slots=True)
class SeatTaken(Event):
    """Somebody is the reporter already; `mine` when it is the person who asks."""

    enterprise: int
    name: str
    reporter: str
    district: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Associate:
    """Somebody who is linked to the same enterprise; the phone number is masked."""

    id: int
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Associates(Event):
    """Who else is linked to the enterprise; `chosen` is who was asked about, 0 for nobody."""

    enterprise: int
    name: str
    others: tuple[Associate, ...]
    chosen: int = 0


@dataclass(frozen=True, slots=True)
class SeatGiven(Event):
    """Somebody else is the reporter now."""

    name: str
    to: str


@dataclass(frozen=True, slots=True)
class Invited(Event):
    """An invitation that this person can accept."""

    invitation: str
    name: str


@dataclass(frozen=True, slots=True)
class InvitationDead(Event):
    """Not an invitation for this person, or one that was used or has expired: all the same, so that nobody learns."""


EVENTS: tuple[type[Event], ...] = (
    Apply,
    Claim,
    Transfer,
    HandTo,
    Accept,
    SeatFree,
    SeatClaimed,
    SeatAsked,
    SeatTaken,
    Associates,
    SeatGiven,
    Invited,
    InvitationDead,
)


def step(_: object, event: Event, facts: Facts) -> Turn[Any]:  # noqa: C901, PLR0911, PLR0912 -- one case an event
    """Take one of `EVENTS`."""
    match event:
        case Apply(enterprise):
            return Turn(AtHome(), effects=(LookAtSeat(enterprise),))
        case Claim(enterprise):
            return Turn(AtHome(), effects=(TakeSeat(enterprise),))
        case Transfer(enterprise):
            return Turn(AtHome(), effects=(ListAssociates(enterprise),))
        case HandTo(enterprise, person, sure):
            return Turn(AtHome(), effects=((GiveSeat if sure else ListAssociates)(enterprise, person),))
        case Accept(invitation):
            return Turn(AtHome(), effects=(UseInvitation(invitation),))
        case SeatFree(enterprise, name):
            rows = ((Button(text("button-claim"), Claim(enterprise)), Button(text("button-cancel"), Home())),)
            return Turn(AtHome(), (Page((text("claim-sure", enterprise=name),), rows),))
        case SeatClaimed(enterprise, name):
            rows = ((Button(text("button-fill"), Open(enterprise)), home_button()),)
            return Turn(AtHome(), (Page((text("claim-done", enterprise=name),), rows),))
        case SeatAsked(name):
            return Turn(AtHome(), (home_page(facts).under(text("claim-asked", enterprise=name)),))
        case SeatTaken():
            return Turn(AtHome(), (_taken_page(event, facts),))
        case Associates():
            return Turn(AtHome(), (_associates_page(event),))
        case SeatGiven(name, to):
            return Turn(AtHome(), (home_page(facts).under(text("transfer-done", enterprise=name, reporter=to)),))
        case Invited(invitation, name):
            accept = Button(text("button-accept"), Accept(invitation), changes=True)
            rows = ((accept, Button(text("button-cancel"), Home())),)
            return Turn(AtHome(), (Page((text("invited", enterprise=name),), rows),))
        case InvitationDead():
            return Turn(AtHome(), (home_page(facts).under(text("invitation-dead")),), refused=True)
        case _:
            raise AssertionError(event)


def _taken_page(event: SeatTaken, facts: Facts) -> Page:
    if event.mine:
        rows = ((Button(text("button-fill"), Open(event.enterprise)),),)
        return Page((text("claim-mine", enterprise=event.name),), rows)
    whom = facts.directory
    ways = text("claim-ways", mail=whom.center.mail)
    lines = (text("claim-taken", reporter=event.reporter), ways, office_line(whom.office_of(event.district)))
    return Page(lines, ((home_button(),),))


def _associates_page(event: Associates) -> Page:
    enterprise = event.enterprise
    chosen = next((one for one in event.others if one.id == event.chosen), None)
    if chosen:
        sure = Button(text("button-transfer-sure"), HandTo(enterprise, chosen.id, 1), changes=True)
        line = text("transfer-sure", enterprise=event.name, reporter=chosen.name, phone=chosen.phone)
        return Page((line,), ((sure, Button(text("button-cancel"), Home())),))
    back = (Button(text("button-return"), ShowEnterprise(enterprise)),)
    if not event.others:
        return Page((text("transfer-nobody", enterprise=event.name),), (back,))
    rows = tuple(
        (Button(text("associate", name=one.name, phone=one.phone), HandTo(enterprise, one.id)),) for one in event.others
    )
    return Page((text("ask-associate", enterprise=event.name),), (*rows, back))


# ---- what others are told


def told_new_reporter(enterprise: int, name: str) -> Page:
    """Return what somebody is told who was made the reporter without having asked."""
    rows = ((Button(text("button-fill"), Open(enterprise)), home_button()),)
    return Page((text("transfer-yours", enterprise=name),), rows)


def told_former_reporter(name: str, to: str) -> Page:
    """Return what the former reporter is told when an administrator moved the seat."""
    return Page((text("transfer-lost", enterprise=name, reporter=to),), ((home_button(),),))


def told_decision(kind: str, enterprise: int, name: str, *, granted: bool) -> Page:
    """Return what somebody is told about a `link` or a claim of a `seat` that an office decided on."""
    if not granted:
        return Page((text(f"refused-{kind}", enterprise=name),), ((home_button(),),))
    word, target = ("button-fill", Open(enterprise)) if kind == "seat" else ("button-apply", Apply(enterprise))
    return Page((text(f"granted-{kind}", enterprise=name),), ((Button(text(word), target), home_button()),))
