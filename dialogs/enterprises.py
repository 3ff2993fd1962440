"""The enterprises of a person: linked by comparison with the registry, looked at, unlinked (manual, section 1.3)."""

from dataclasses import dataclass, fields, replace
from typing import Any

from dialogs.home import Facts, home_button, home_page
from dialogs.offices import CATEGORIES, DISTRICTS, Office, district_of_code, read_district
from dialogs.people import read_code, read_line, read_phone
from dialogs.periods import due_period
from dialogs.places import (
    Apply,
    AtHome,
    LinkNew,
    Open,
    OpenReport,
    Said,
    ShowEnterprise,
    ShowEnterprises,
    ShowHistory,
    ShowPeriods,
    ShowYear,
    Transfer,
)
from dialogs.turn import Button, Effect, Event, Home, Page, Text, Turn, Words, text

MOST_CARDS = 8
"""How many enterprises are shown on a page."""


@dataclass(frozen=True, slots=True)
class Linking:
    """An enterprise is being linked; `asking` is the field that is asked."""

    asking: str = "code"
    code: str = ""
    name: str = ""
    representative: str = ""
    district: str = ""
    category: str = ""
    address: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Registered:
    """An entry of the legal-entity registry."""

    code: str
    name: str
    representative: str
    district: str = ""
    category: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A linked enterprise; `seat` is "mine", "free" or "taken", and then `reporter` is the name of who holds it.

    `state` is that of the report that is due, "none" where it was not begun.
    """

    id: int
    name: str
    code: str
    seat: str
    district: str = ""
    category: str = ""
    reporter: str = ""
    state: str = "none"


# ---- events and effects


@dataclass(frozen=True, slots=True)
class Pick(Event):
    """A button's value for the field of a linking that was asked."""

    asking: str
    value: str


@dataclass(frozen=True, slots=True)
class SendLink(Event):
    """Everything about the enterprise is right (提交关联)."""


@dataclass(frozen=True, slots=True)
class Unlink(Event):
    """End the link to an enterprise (取消关联); asked once more unless `sure`."""

    enterprise: int
    sure: int = 0


@dataclass(frozen=True, slots=True)
class Compare(Effect):
    """Compare with the legal-entity registry; brings `Compared`."""

    code: str
    name: str
    representative: str


@dataclass(frozen=True, slots=True)
class LinkEnterprise(Effect):
    """Link the person to the enterprise; brings `Linked` or `LinkAsked`."""

    linking: Linking


@dataclass(frozen=True, slots=True)
class ListEnterprises(Effect):
    """Brings `Enterprises`; `to_fill` says what they are wanted for."""

    to_fill: bool = False
    page: int = 0


@dataclass(frozen=True, slots=True)
class LookAtEnterprise(Effect):
    """Brings `EnterpriseFound`, or `CannotOpen`; `unlink` says what it is wanted for."""

    enterprise: int
    unlink: bool = False


@dataclass(frozen=True, slots=True)
class EndLink(Effect):
    """End the link; brings `Unlinked`, or `EnterpriseFound` for who holds the seat."""

    enterprise: int


@dataclass(frozen=True, slots=True)
class Compared(Event):
    """How the comparison ended: what the registry adds, or None; `left` tries remain today."""

    found: Registered | None
    left: int


@dataclass(frozen=True, slots=True)
class Linked(Event):
    """The enterprise is linked."""

    enterprise: int
    name: str


@dataclass(frozen=True, slots=True)
class LinkAsked(Event):
    """The office must agree to the link first."""

    name: str


@dataclass(frozen=True, slots=True)
class Enterprises(Event):
    """The linked enterprises of the person."""

    cards: tuple[Card, ...]
    to_fill: bool = False
    page: int = 0


@dataclass(frozen=True, slots=True)
class EnterpriseFound(Event):
    """A linked enterprise."""

    card: Card
    unlink: bool = False


@dataclass(frozen=True, slots=True)
class Unlinked(Event):
    """The link was ended."""

    name: str


EVENTS: tuple[type[Event], ...] = (
    ShowEnterprises,
    ShowEnterprise,
    LinkNew,
    Unlink,
    Linked,
    LinkAsked,
    Enterprises,
    EnterpriseFound,
    Unlinked,
)
"""What `step` takes in any state; `step_linking` takes everything else while an enterprise is being linked."""


def step(_: object, event: Event, facts: Facts) -> Turn[Any]:  # noqa: PLR0911 -- one case an event
    """Take one of `EVENTS`."""
    match event:
        case ShowEnterprises(page):
            return Turn(AtHome(), effects=(ListEnterprises(page=page),))
        case ShowEnterprise(enterprise):
            return Turn(AtHome(), effects=(LookAtEnterprise(enterprise),))
        case LinkNew():
            return Turn(Linking(), (linking_page(Linking()),))
        case Unlink(enterprise, sure):
            return Turn(AtHome(), effects=(EndLink(enterprise) if sure else LookAtEnterprise(enterprise, unlink=True),))
        case Enterprises():
            return _enterprises(event, facts)
        case EnterpriseFound(card, unlink):
            return Turn(AtHome(), (_unlink_page(card) if unlink else _card_page(card),), refused=unlink)
        case Unlinked(name):
            return Turn(AtHome(), (home_page(facts).under(text("unlinked", enterprise=name)),))
        case LinkAsked(name):
            return Turn(AtHome(), (home_page(facts).under(text("link-asked", enterprise=name)),))
        case Linked(enterprise, name):
            others = (Button(text("button-link"), LinkNew()), home_button())
            apply_ = (Button(text("button-apply"), Apply(enterprise)),)
            return Turn(AtHome(), (Page((text("linked", enterprise=name),), (apply_, others)),))
        case _:
            raise AssertionError(event)


# ---- the list, and one of them


def _enterprises(event: Enterprises, facts: Facts) -> Turn[Any]:
    mine = [card for card in event.cards if card.seat == "mine"]
    link = (Button(text("button-link"), LinkNew()),)
    if event.to_fill and len(mine) == 1:
        return Turn(AtHome(), effects=(OpenReport(mine[0].id, due_period(facts.now)),))
    if event.to_fill and mine:
        # What is submitted comes last: whoever files for many goes on with the next one.
        waiting = sorted(mine, key=lambda card: card.state == "submitted")
        rows = tuple((Button(_with_state(card), Open(card.id)),) for card in waiting)
        return Turn(AtHome(), (Page((text("ask-enterprise", period=str(due_period(facts.now))),), rows),))
    if not event.cards:
        return Turn(AtHome(), (Page((text("enterprises-none"),), (link,)),))
    pages = (len(event.cards) - 1) // MOST_CARDS
    page = min(max(event.page, 0), pages)
    lines: list[Words] = [text("cannot-open-seat") if event.to_fill else text("enterprises")]
    buttons: list[tuple[Button, ...]] = []
    for number, card in enumerate(event.cards, 1):
        if (number - 1) // MOST_CARDS != page:
            continue
        lines.append(
            text("enterprise-card", number=number, name=card.name, code=card.code, seat=text(f"seat-{card.seat}"))
        )
        word, target = ("button-fill", Open(card.id)) if card.seat == "mine" else ("button-apply", Apply(card.id))
        more = Button(text("button-numbered", number=number, label=text("button-more")), ShowEnterprise(card.id))
        buttons.append((Button(text("button-numbered", number=number, label=text(word)), target), more))
    turning = [Button(text("button-earlier"), ShowEnterprises(page - 1))] if page else []
    turning += [Button(text("button-later"), ShowEnterprises(page + 1))] if page < pages else []
    if turning:
        buttons.append(tuple(turning))
    return Turn(AtHome(), (Page(tuple(lines), (*buttons, link)),))


def _with_state(card: Card) -> Text:
    return text("enterprise-with-state", name=card.name, state=text(f"state-{card.state}"))


def _card_page(card: Card) -> Page:
    lines = (
        text("enterprise-name", name=card.name, code=card.code),
        text("enterprise-basics", district=card.district, category=card.category),
        text("seat-held", reporter=card.reporter) if card.seat == "taken" else text(f"seat-{card.seat}"),
    )
    reading = (
        Button(text("button-history"), ShowHistory(card.id)),
        Button(text("button-year"), ShowYear(card.id)),
    )
    if card.seat == "mine":
        filling = (Button(text("button-fill"), Open(card.id)), Button(text("button-backfill"), ShowPeriods(card.id)))
        return Page(lines, (filling, reading, (Button(text("button-transfer"), Transfer(card.id)), home_button())))
    apply_ = (Button(text("button-apply"), Apply(card.id)),)
    return Page(lines, (apply_, reading, (Button(text("button-unlink"), Unlink(card.id)), home_button())))


def _unlink_page(card: Card) -> Page:
    if card.seat == "mine":
        rows = ((Button(text("button-transfer"), Transfer(card.id)), home_button()),)
        return Page((text("unlink-reporter", enterprise=card.name),), rows)
    sure = Button(text("button-unlink-sure"), Unlink(card.id, 1), changes=True)
    return Page((text("unlink-sure", enterprise=card.name),), ((sure, Button(text("button-cancel"), Home())),))


# ---- linking one


_ORDER = ("code", "name", "representative", "district", "category", "address", "phone", "sure")


def step_linking(state: Linking, event: Event, facts: Facts) -> Turn[Any]:
    """Take an event while an enterprise is being linked."""
    match event:
        case Said(typed):
            value = _read_field(state.asking, typed)
        case Pick(asking, value) if asking == state.asking:
            value = _read_field(asking, value)
        case SendLink() if state.asking == "sure":
            return Turn(state, effects=(LinkEnterprise(state),))
        case Compared(found, left):
            return _compared(found, left, facts)
        case _:
            return Turn(state, (linking_page(state).under(text("button-old")),), refused=True)
    if value is None:
        return Turn(state, (linking_page(state).under(text(f"unread-link-{state.asking}")),), refused=True)
    following = _ORDER[_ORDER.index(state.asking) + 1]
    changed = replace(state, **{state.asking: value}, asking=following)
    if state.asking == "representative":
        return Turn(state, effects=(Compare(state.code, state.name, value),))
    return Turn(changed, (linking_page(changed),))


def _read_field(asking: str, typed: str) -> str | None:
    match asking:
        case "code":
            return read_code(typed)
        case "district":
            return read_district(typed)
        case "category":
            return typed.strip() if typed.strip() in CATEGORIES else None
        case "phone":
            return read_phone(typed)
        case "sure":
            return None
        case _:
            return read_line(typed)


def _compared(found: Registered | None, left: int, facts: Facts) -> Turn[Any]:
    if found is None:
        why = text("compare-failed", left=left) if left else text("compare-locked")
        retry = (Button(text("button-link"), LinkNew()),) if left else ()
        page = Page((why, office_line(facts.directory.center)), ((*retry, home_button()),))
        return Turn(AtHome(), (page,), refused=True)
    district = found.district or district_of_code(found.code) or ""
    known = Linking(
        "district", found.code, found.name, found.representative, district, found.category, phone=found.phone
    )
    return Turn(known, (linking_page(known).under(text("compare-done")),))


def linking_page(state: Linking) -> Page:
    """Return the page that asks for the next field."""
    cancel = (Button(text("button-cancel"), Home()),)
    match state.asking:
        case "district":
            first = [state.district] if state.district else []
            names = [*first, *(name for name in DISTRICTS if name not in first)]
            buttons = [Button(name, Pick("district", name)) for name in names]
            rows = tuple(tuple(buttons[at : at + 4]) for at in range(0, len(buttons), 4))
        case "category":
            rows = tuple((Button(name, Pick("category", name)),) for name in CATEGORIES)
        case "phone":
            rows = ((Button(state.phone, Pick("phone", state.phone)),),) if state.phone else ()
        case "sure":
            shown = {part.name: getattr(state, part.name) for part in fields(state) if part.name != "asking"}
            return Page((text("link-sure", **shown),), ((Button(text("button-send-link"), SendLink()), *cancel),))
        case _:
            rows = ()
    return Page((text(f"ask-link-{state.asking}"),), (*rows, cancel))


def unpack_linking(values: dict[str, Any]) -> Linking | None:
    """Return the state that the session kept, None when it is of a version that no longer exists."""
    known = {part.name for part in fields(Linking)}
    sound = values.keys() <= known and all(isinstance(value, str) for value in values.values())
    return Linking(**values) if sound and values.get("asking", "code") in _ORDER else None


def office_line(office: Office) -> Text:
    """Return an office to call, in one line."""
    return text("office", name=office.name, phones="、".join(office.phones), address=office.address)
