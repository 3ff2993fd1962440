"""Whom to call, and how the form is to be filled (manual, appendix, 手册说明 and section 2.1).

Both can be looked at from anywhere, by anybody, and leave the state as it is. What is asked for anew comes as a new
message; turning the pages of what is shown takes its place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from dialogs.filling import Filling, Resume
from dialogs.form import Form
from dialogs.guide import front, leaves
from dialogs.home import Facts, home_button
from dialogs.offices import Directory, Office
from dialogs.periods import Period, due_period
from dialogs.places import ShowContacts, ShowGuide
from dialogs.report import ReportState
from dialogs.turn import Button, Effect, Event, Page, Turn, Words, text

VERSION = version("tianbao")

OWN, ALL, ABOUT, CONFIDENTIALITY = "own", "all", "about", "confidentiality"


@dataclass(frozen=True, slots=True)
class TurnContacts(Event):
    """Another sheet of the contacts: the own district's, all, who runs this, what is confidential."""

    sheet: str


@dataclass(frozen=True, slots=True)
class TurnGuide(Event):
    """A page of the instructions for a period, `YYYY-MM`: the contents, then 1 and up."""

    period: str
    page: int


@dataclass(frozen=True, slots=True)
class DownloadGuide(Event):
    """The whole instructions for a period as a file."""

    period: str


@dataclass(frozen=True, slots=True)
class FindDistricts(Effect):
    """The districts of the enterprises that the person is linked to now; brings `DistrictsFound`."""

    wanted: Event


@dataclass(frozen=True, slots=True)
class FindForm(Effect):
    """The form of a period; brings `FormFound`."""

    wanted: Event
    period: Period


@dataclass(frozen=True, slots=True)
class DistrictsFound(Event):
    """The districts of the own enterprises, and the event that they were wanted for."""

    wanted: Event
    districts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FormFound(Event):
    """The form of a period, if there is one, and the event that it was wanted for."""

    wanted: Event
    period: Period
    form: Form | None


EVENTS = (ShowContacts, ShowGuide, TurnContacts, TurnGuide, DownloadGuide, DistrictsFound, FormFound)
"""What `step` takes, whoever it comes from."""


def step(state: object, event: Event, facts: Facts) -> Turn[Any]:  # noqa: PLR0911 -- one case an event
    """Take one of `EVENTS`."""
    match event:
        case TurnContacts("about"):
            lines = (text("about", version=VERSION),)
            return Turn(state, (Page(lines, _rows(state, (_to(OWN), _to(CONFIDENTIALITY))), in_place=True),))
        case TurnContacts("confidentiality"):
            return _find_form(state, event, "", facts)
        case ShowContacts() | TurnContacts() if facts.person:
            return Turn(state, effects=(FindDistricts(event),))
        case ShowContacts() | TurnContacts():
            return Turn(state, (_contacts(state, event, (), facts),))
        case DistrictsFound(wanted, districts):
            return Turn(state, (_contacts(state, wanted, districts, facts),))
        case ShowGuide(period) | TurnGuide(period) | DownloadGuide(period):
            return _find_form(state, event, period, facts)
        case FormFound(wanted, period, form):
            return _with_form(state, wanted, period, form)
        case _:
            raise AssertionError(event)


def _find_form(state: object, event: Event, period: str, facts: Facts) -> Turn[Any]:
    """Go on with the form of a period, that of the report on the desk where it is its period or none is named."""
    report = state.report if isinstance(state, Filling) else None
    if report and facts.desk and period in ("", str(report.period)):
        return _with_form(state, event, report.period, facts.desk.form)
    try:
        wanted = Period.parse(period) if period else due_period(facts.now)
    except ValueError:
        return Turn(state, (Page((text("guide-none", period=period),), _rows(state)),), refused=True)
    return Turn(state, effects=(FindForm(event, wanted),))


def _with_form(state: object, event: Event, period: Period, form: Form | None) -> Turn[Any]:
    match event:
        case TurnContacts():
            lines: list[Words] = [text("confidentiality"), *((form.confidentiality,) if form else ())]
            lines.append(text("confidentiality-stored"))
            page = Page(tuple(lines), _rows(state, (_to(OWN), _to(ABOUT))), in_place=True)
        case _ if form is None:
            page = Page((text("guide-none", period=str(period)),), _rows(state))
        case DownloadGuide():
            file = {"kind": "guide", "form": form.version, "period": str(period)}
            page = Page((text("guide-file"),), document=file)
        case ShowGuide(_, number):
            page = _guide(state, form, period, number, in_place=False)
        case TurnGuide(_, number):
            page = _guide(state, form, period, number, in_place=True)
        case _:
            raise AssertionError(event)
    return Turn(state, (page,))


def _rows(state: object, *rows: Sequence[Button]) -> tuple[tuple[Button, ...], ...]:
    """Return the rows, and last the way back to what was going on."""
    filling = isinstance(state, Filling) and state.report.state is not ReportState.SUBMITTED
    back = Button(text("button-go-on"), Resume()) if filling else home_button()
    return (*(tuple(row) for row in rows if row), (back,))


# ---- whom to call


_LABELS = {
    OWN: "button-own-district",
    ALL: "button-all-districts",
    ABOUT: "button-about",
    CONFIDENTIALITY: "button-confidentiality",
}


def _to(sheet: str) -> Button:
    id_ = _LABELS[sheet]
    return Button(text(id_), TurnContacts(sheet))


def _contacts(state: object, event: Event, districts: Sequence[str], facts: Facts) -> Page:
    """Return the own districts' sheet, or that of all."""
    everyone = (
        event.sheet == ALL if isinstance(event, TurnContacts) else isinstance(event, ShowContacts) and event.everyone
    )
    directory = facts.directory
    own = [office for office in directory.districts if office.name in districts]
    lines: list[Words] = [text("contacts")]
    for office in directory.districts if everyone else (*own, directory.center, directory.support):
        lines += ("", *_office(office))
    if not everyone:
        lines += ("", *_requests(directory))
    others = (_to(OWN if everyone else ALL), _to(ABOUT), _to(CONFIDENTIALITY))
    return Page(tuple(lines), _rows(state, others[:1], others[1:]), in_place=isinstance(event, TurnContacts))


def _office(office: Office) -> Iterator[Words]:
    phones = "、".join(office.phones)
    yield text("contacts-office", name=office.name)
    yield (
        text("contacts-phones-fax", phones=phones, fax=office.fax)
        if office.fax
        else text("contacts-phones", phones=phones)
    )
    if office.mail:
        yield text("contacts-mail", mail=office.mail)
    if office.address:
        yield text("contacts-address", address=office.address)
    for one in office.contacts:
        reached = "　".join(part for part in (one.phone, one.mail) if part)
        yield (
            text("contacts-person-reached", name=one.name, reached=reached)
            if reached
            else text("contacts-person", name=one.name)
        )


def _requests(directory: Directory) -> Iterator[Words]:
    yield text("contacts-requests", mail=directory.center.mail)
    yield text("contacts-advice", mail=directory.center.mail)


# ---- how the form is filled


def _guide(state: object, form: Form, period: Period, number: int, *, in_place: bool) -> Page:
    pages = leaves(form, period)
    named = str(period)
    download = (Button(text("button-download"), DownloadGuide(named)),)
    if not 1 <= number <= len(pages):
        buttons = [Button(leaf.title, TurnGuide(named, at)) for at, leaf in enumerate(pages, 1)]
        rows = [buttons[at : at + 2] for at in range(0, len(buttons), 2)]
        return Page(front(form, period), _rows(state, *rows, download), in_place=in_place)
    leaf = pages[number - 1]
    turning = [Button(text("button-earlier"), TurnGuide(named, number - 1))] if number > 1 else []
    turning.append(Button(text("button-contents"), TurnGuide(named, 0)))
    turning += [Button(text("button-later"), TurnGuide(named, number + 1))] if number < len(pages) else []
    return Page((text("guide-heading", part=leaf.title), *leaf.lines), _rows(state, turning), in_place=in_place)
