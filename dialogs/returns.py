"""Returns (退回): a reporter asks for one, is told of one; the office decides (manual, section 2.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dialogs.enterprises import office_line
from dialogs.form import Form
from dialogs.home import Facts, home_button, home_page
from dialogs.people import read_line
from dialogs.places import AskReturn, AtHome, Open, Said
from dialogs.turn import Button, Effect, Event, Home, Page, Turn, text


@dataclass(frozen=True, slots=True)
class GivingReason:
    """The reason for asking for a return is being typed."""

    enterprise: int
    period: str


@dataclass(frozen=True, slots=True)
class LookAtSubmission(Effect):
    """See whether a return can be asked for; brings `ReturnPossible`, `ReturnAsked` or `CannotOpen`."""

    enterprise: int
    period: str


@dataclass(frozen=True, slots=True)
class RequestReturn(Effect):
    """Ask the office; brings `ReturnAsked` or `CannotOpen`."""

    enterprise: int
    period: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReturnPossible(Event):
    """The report is submitted, and its return was not asked for yet."""

    enterprise: int
    name: str
    period: str


@dataclass(frozen=True, slots=True)
class ReturnAsked(Event):
    """The office of the district knows, now or since earlier."""

    name: str
    period: str
    district: str


EVENTS: tuple[type[Event], ...] = (AskReturn, ReturnPossible, ReturnAsked)


def step(_: object, event: Event, facts: Facts) -> Turn[Any]:
    """Take one of `EVENTS`."""
    match event:
        case AskReturn(enterprise, period):
            return Turn(AtHome(), effects=(LookAtSubmission(enterprise, period),))
        case ReturnPossible(enterprise, name, period):
            state = GivingReason(enterprise, period)
            asked = text("ask-return-reason", enterprise=name, period=period)
            return Turn(state, (reason_page(state).under(asked),))
        case ReturnAsked(name, period, district):
            office = facts.directory.office_of(district)
            told = (text("return-asked", enterprise=name, period=period), office_line(office))
            return Turn(AtHome(), (home_page(facts).under(*told),))
        case _:
            raise AssertionError(event)


def step_reason(state: GivingReason, event: Event) -> Turn[Any]:
    """Take an event while the reason is being typed."""
    match event:
        case Said(typed):
            reason = read_line(typed)
            if reason is None:
                return Turn(state, (reason_page(state).under(text("reason-unread")),), refused=True)
            return Turn(AtHome(), effects=(RequestReturn(state.enterprise, state.period, reason),))
        case _:
            return Turn(state, (reason_page(state).under(text("button-old")),), refused=True)


def reason_page(state: GivingReason) -> Page:  # noqa: ARG001 -- as every page is made from its state
    """Return the page that asks for the reason."""
    return Page((text("ask-reason-line"),), ((Button(text("button-cancel"), Home()),),))


# ---- what the reporter is told


def told_return(  # noqa: PLR0913 -- the parts of a sentence
    form: Form, *, enterprise: int, name: str, period: str, reason: str, items: Sequence[str]
) -> Page:
    """Return the notice of a return, with the way straight to what is to be corrected.

    Args:
        form: of the report.
        enterprise: its id.
        name: of the enterprise.
        period: `YYYY-MM`.
        reason: as the administrator gave it.
        items: the ids of those that were flagged.
    """
    labels = "、".join(form.item[item].label for item in items if item in form.item)
    lines = [text("returned", enterprise=name, period=period), text("returned-reason", reason=reason)]
    lines += [text("returned-items", items=labels)] if labels else []
    correct = Button(text("button-modify"), Open(enterprise, period))
    return Page(tuple(lines), ((correct, home_button()),))


def told_no_return(name: str, period: str) -> Page:
    """Return what a reporter is told whose request was refused."""
    return Page((text("return-refused", enterprise=name, period=period),), ((home_button(),),))
