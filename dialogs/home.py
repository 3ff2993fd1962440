"""Who talks, what a step must know besides the state, and the page that everything leads back to."""

from dataclasses import dataclass
from datetime import datetime

from dialogs.filling import Desk
from dialogs.offices import BUILT_IN, Directory
from dialogs.places import Fill, Help, ShowEnterprises, ShowHistory
from dialogs.turn import Button, Home, Page, text


@dataclass(frozen=True, slots=True)
class Person:
    """Who is talking: a person with a verified phone number. The name is empty until it was told."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a step must know besides the state.

    Args:
        now: when it is, aware.
        person: who talks.
        desk: the report that is being filled, and what that needs.
        directory: whom to call.
    """

    now: datetime
    person: Person | None = None
    desk: Desk | None = None
    directory: Directory = BUILT_IN


def home_page(facts: Facts) -> Page:
    """Return the page that shows what can be done."""
    return Page((text("home"),), home_rows(facts))


def home_rows(facts: Facts) -> tuple[tuple[Button, ...], ...]:
    """Return the buttons of the home page; none for somebody who is not known yet."""
    if facts.person is None or not facts.person.name:
        return ()
    return (
        (Button(text("button-fill"), Fill()), Button(text("button-history"), ShowHistory())),
        (Button(text("button-enterprises"), ShowEnterprises()), Button(text("button-help"), Help())),
    )


def home_button() -> Button:
    """Return the button that leads home."""
    return Button(text("button-home"), Home())
