"""The whole conversation of a reporter: the way in, the enterprises, the seat, the reports (manual, chapters 1 and 2).

`step` is a reducer like that of a report: state, event, facts in; state, pages, effects out. What an effect brings back
comes as one of the events at the end of the list.
"""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, TypeAlias

from dialogs import filling
from dialogs.filling import (
    Back,
    Change,
    Confirm,
    Cursor,
    Desk,
    Explain,
    Filling,
    Keep,
    Resume,
    Review,
    Skip,
    Submit,
)
from dialogs.offices import CATEGORIES, CENTER, DISTRICTS, OFFICES, Office, district_of_code, read_district
from dialogs.people import read_code, read_line, read_person_name, read_phone
from dialogs.periods import Period, due_period, fillable_periods
from dialogs.report import Report, ReportState
from dialogs.texts import LANGUAGES, write_out
from dialogs.turn import Button, Effect, Event, Home, Late, Page, Pause, Text, Turn, Words, text

# ---- states


@dataclass(frozen=True, slots=True)
class Welcome:
    """Nobody known yet: the way in begins with a verified phone number."""


@dataclass(frozen=True, slots=True)
class Naming:
    """The phone number is known, the real name is asked."""


@dataclass(frozen=True, slots=True)
class AtHome:
    """Nothing in particular is going on."""


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


State: TypeAlias = Welcome | Naming | AtHome | Linking | Filling

# ---- facts


@dataclass(frozen=True, slots=True)
class Person:
    """Who is talking: a person with a verified phone number. The name is empty until it was told."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a step must know besides the state; `desk` is there when a report is on it."""

    now: datetime
    person: Person | None = None
    desk: Desk | None = None


# ---- events that people cause


@dataclass(frozen=True, slots=True)
class Start(Event):
    """The person opened the conversation (`/start`)."""


@dataclass(frozen=True, slots=True)
class Contact(Event):
    """A verified phone number of the sender; empty when it is not the sender's own mobile number of the mainland."""

    phone: str


@dataclass(frozen=True, slots=True)
class Said(Event):
    """A text message."""

    typed: str


ODD_KINDS = frozenset({"edited", "sticker", "voice", "media", "other"})


@dataclass(frozen=True, slots=True)
class Odd(Event):
    """Something that is no answer here: a sticker, a voice message, an edited message, an unknown button."""

    kind: str


@dataclass(frozen=True, slots=True)
class ShowEnterprises(Event):
    """The linked enterprises (关联企业)."""


@dataclass(frozen=True, slots=True)
class LinkNew(Event):
    """Link one more enterprise (增加关联企业)."""


@dataclass(frozen=True, slots=True)
class Pick(Event):
    """A button's value for the field of a linking that was asked."""

    asking: str
    value: str


@dataclass(frozen=True, slots=True)
class SendLink(Event):
    """Everything about the enterprise is right (提交关联)."""


@dataclass(frozen=True, slots=True)
class Apply(Event):
    """Apply for the seat of an enterprise (申请填报员)."""

    enterprise: int


@dataclass(frozen=True, slots=True)
class Claim(Event):
    """The application is confirmed."""

    enterprise: int


@dataclass(frozen=True, slots=True)
class Fill(Event):
    """Fill the report that is due (数据填报)."""


@dataclass(frozen=True, slots=True)
class Open(Event):
    """Open the report of an enterprise for a period (`YYYY-MM`); the one that is due when it is empty."""

    enterprise: int
    period: str = ""


@dataclass(frozen=True, slots=True)
class ShowPeriods(Event):
    """The periods of an enterprise that can be filled (补填)."""

    enterprise: int


@dataclass(frozen=True, slots=True)
class Help(Event):
    """What the commands are."""


@dataclass(frozen=True, slots=True)
class Privacy(Event):
    """What is stored, and why."""


@dataclass(frozen=True, slots=True)
class Language(Event):
    """Another language; offered when it is empty."""

    language: str = ""


# ---- effects, and the events that they bring back


@dataclass(frozen=True, slots=True)
class BindPhone(Effect):
    """This account belongs to the person with that phone number; brings `Bound`."""

    phone: str


@dataclass(frozen=True, slots=True)
class SetName(Effect):
    """The person's real name."""

    name: str


@dataclass(frozen=True, slots=True)
class SetLanguage(Effect):
    """The language of this chat from now on."""

    language: str


@dataclass(frozen=True, slots=True)
class Compare(Effect):
    """Compare with the legal-entity registry; brings `Compared`."""

    code: str
    name: str
    representative: str


@dataclass(frozen=True, slots=True)
class LinkEnterprise(Effect):
    """Link the person to the enterprise; brings `Linked`."""

    linking: Linking


@dataclass(frozen=True, slots=True)
class ListEnterprises(Effect):
    """Brings `Enterprises`; `to_fill` says what they are wanted for."""

    to_fill: bool = False


@dataclass(frozen=True, slots=True)
class LookAtSeat(Effect):
    """Brings `SeatFree` or `SeatTaken`."""

    enterprise: int


@dataclass(frozen=True, slots=True)
class TakeSeat(Effect):
    """Make the person the reporter; brings `SeatClaimed` or `SeatTaken`."""

    enterprise: int


@dataclass(frozen=True, slots=True)
class OpenReport(Effect):
    """Brings `Opened` or `CannotOpen`."""

    enterprise: int
    period: Period


@dataclass(frozen=True, slots=True)
class ListPeriods(Effect):
    """Brings `Periods`."""

    enterprise: int


@dataclass(frozen=True, slots=True)
class Bound(Event):
    """The phone number was bound to the person of that name (empty when not told yet)."""

    name: str


@dataclass(frozen=True, slots=True)
class Compared(Event):
    """How the comparison ended: what the registry adds, or None; `left` tries remain today."""

    found: "Registered | None"
    left: int


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
class Linked(Event):
    """The enterprise is linked."""

    enterprise: int
    name: str


@dataclass(frozen=True, slots=True)
class Card:
    """A linked enterprise; `seat` is "mine", "free" or "taken"."""

    id: int
    name: str
    code: str
    seat: str


@dataclass(frozen=True, slots=True)
class Enterprises(Event):
    """The linked enterprises of the person."""

    cards: tuple[Card, ...]
    to_fill: bool


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
class SeatTaken(Event):
    """Somebody is the reporter already; `mine` when it is the person who asks."""

    enterprise: int
    name: str
    reporter: str
    district: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Opened(Event):
    """The report is on the desk."""

    report: Report
    desk: Desk


@dataclass(frozen=True, slots=True)
class CannotOpen(Event):
    """Why the report is not opened: "seat", "period" or "form"."""

    why: str


@dataclass(frozen=True, slots=True)
class Periods(Event):
    """The state of each stored report of an enterprise, by period."""

    enterprise: int
    name: str
    states: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeatLost(Event):
    """The person is no longer the reporter of the enterprise on the desk."""


def step(state: State, event: Event, facts: Facts) -> Turn[State]:  # noqa: C901, PLR0911 -- one case an event
    """Take one event of a conversation. Never raises on what a person sent."""
    event = meant(state, event, facts)
    match event:
        case Help():
            return Turn(state, (Page((text("help"),), _home_rows(facts)),))
        case Privacy():
            return Turn(state, (Page((text("privacy"),)),))
        case Language(language):
            if language not in LANGUAGES:
                rows = tuple((Button(name, Language(code)),) for code, name in LANGUAGES.items())
                return Turn(state, (Page((text("ask-language"),), rows),))
            return Turn(state, (page_of(state, facts).under(text("language-set")),), (SetLanguage(language),))
        case Contact(phone):
            if not phone:
                return Turn(state, (page_of(state, facts).under(text("contact-not-own")),), refused=True)
            return Turn(state, effects=(BindPhone(phone),))
        case Bound(name):
            greeting = text("bound-back", name=name) if name else text("bound")
            return _go(AtHome() if name else Naming(), facts, greeting)
        case Odd(kind):
            return _go(state, facts, text(f"odd-{kind if kind in ODD_KINDS else 'other'}"), refused=True)
        case _:
            pass
    if facts.person is None:
        return _go(Welcome(), facts, refused=not isinstance(event, Start | Home))
    if not facts.person.name:
        return _naming(event, facts)
    return _known(state, event, facts)


def page_of(state: State, facts: Facts) -> Page:
    """Return the page that shows what is asked now."""
    if isinstance(state, Filling) and facts.desk:
        return filling.page_of(state, facts.desk)
    if facts.person is None:
        return Page((text("welcome"), "", text("privacy")), ask_contact=text("button-verify"))
    if isinstance(state, Naming) or not facts.person.name:
        return Page((text("ask-name"),))
    if isinstance(state, Linking):
        return _linking_page(state)
    return Page((text("home"),), _home_rows(facts))


def _go(state: State, facts: Facts, *above: Words, refused: bool = False) -> Turn[State]:
    page = page_of(state, facts)
    return Turn(state, (page.under(*above) if above else page,), refused=refused)


def _naming(event: Event, facts: Facts) -> Turn[State]:
    if not isinstance(event, Said):
        return _go(Naming(), facts)
    name = read_person_name(event.typed)
    if name is None:
        return _go(Naming(), facts, text("name-unread"), refused=True)
    named = replace(facts, person=Person(facts.person.id, name)) if facts.person else facts
    page = page_of(AtHome(), named).under(text("name-set", name=name))
    return Turn(AtHome(), (page,), (SetName(name),))


def _known(state: State, event: Event, facts: Facts) -> Turn[State]:  # noqa: C901, PLR0911, PLR0912 -- one case an event
    match event:
        case Start() | Home():
            return _go(AtHome(), facts)
        case Pause():
            return _pause(state, facts)
        case Fill():
            return Turn(state, effects=(ListEnterprises(to_fill=True),))
        case ShowEnterprises():
            return Turn(AtHome(), effects=(ListEnterprises(),))
        case LinkNew():
            return _go(Linking(), facts)
        case Apply(enterprise):
            return Turn(AtHome(), effects=(LookAtSeat(enterprise),))
        case Claim(enterprise):
            return Turn(AtHome(), effects=(TakeSeat(enterprise),))
        case Open(enterprise, period):
            return _open(state, enterprise, period, facts)
        case ShowPeriods(enterprise):
            return Turn(state, effects=(ListPeriods(enterprise),))
        case Enterprises():
            return _enterprises(event, facts)
        case SeatFree(enterprise, name):
            rows = ((Button(text("button-claim"), Claim(enterprise)), Button(text("button-cancel"), Home())),)
            return Turn(AtHome(), (Page((text("claim-sure", enterprise=name),), rows),))
        case SeatClaimed(enterprise, name):
            rows = ((Button(text("button-fill"), Open(enterprise)), Button(text("button-home"), Home())),)
            return Turn(AtHome(), (Page((text("claim-done", enterprise=name),), rows),))
        case SeatTaken():
            return Turn(AtHome(), (_taken_page(event),))
        case Opened(report, desk):
            return _opened(report, desk)
        case CannotOpen(why):
            return _go(AtHome(), facts, text(f"cannot-open-{why}"), refused=True)
        case Periods():
            return Turn(state, (_periods_page(event, facts),))
        case SeatLost():
            return _go(AtHome(), facts, text("seat-lost"), refused=True)
        case Linked(enterprise, name):
            others = (Button(text("button-link"), LinkNew()), Button(text("button-home"), Home()))
            page = Page(
                (text("linked", enterprise=name),), ((Button(text("button-apply"), Apply(enterprise)),), others)
            )
            return Turn(AtHome(), (page,))
        case _ if isinstance(state, Linking):
            return _linking(state, event, facts)
        case _ if isinstance(state, Filling) and facts.desk:
            turn = filling.step(state, event, facts.desk)
            return Turn(turn.state, turn.pages, turn.effects, turn.notice, turn.refused)
        case Late():
            return _go(state, facts, text("button-old"), refused=True)
        case Said():
            return _go(state, facts, text("not-understood"), refused=True)
        case _:
            return _go(state, facts, text("button-old"), refused=True)


# ---- what was meant


def meant(state: State, event: Event, facts: Facts) -> Event:
    """Return what a typed message means: a command, the words of a button, or an answer to what is asked."""
    if not isinstance(event, Said):
        return event
    command = event.typed.strip()
    if command.startswith("/"):
        name = command[1:].split(maxsplit=1)[0].partition("@")[0].lower() if len(command) > 1 else ""
        return COMMANDS.get(name, Help())
    word = None if isinstance(state, Naming) else _WORDS.get(command.casefold())
    if isinstance(state, Filling) and facts.desk:
        return _filling_word(state, command, facts.desk) or word or filling.interpret(state, event.typed, facts.desk)
    return word or event


COMMANDS: dict[str, Event] = {
    "start": Start(),
    "report": Fill(),
    "enterprises": ShowEnterprises(),
    "help": Help(),
    "cancel": Home(),
    "language": Language(),
    "privacy": Privacy(),
}
"""What may be typed with a slash; the catalogue names each under `command-…`, and `help` tells of them."""

_BUTTON_WORDS: dict[str, Event] = {
    "button-fill": Fill(),
    "button-enterprises": ShowEnterprises(),
    "button-link": LinkNew(),
    "button-send-link": SendLink(),
    "button-apply": ShowEnterprises(),
    "button-backfill": ShowEnterprises(),
    "button-help": Help(),
    "button-home": Home(),
    "button-cancel": Home(),
}


def _words(events: dict[str, Event]) -> dict[str, Event]:
    """Return the events by what may be typed for them in any language; a text may have several words, one a line."""
    return {
        word.casefold(): event
        for id_, event in events.items()
        for language in LANGUAGES
        for word in write_out(text(id_), language).splitlines()
    }


_WORDS = _words(_BUTTON_WORDS) | {name.casefold(): Language(code) for code, name in LANGUAGES.items()}
_RETURN = frozenset(write_out(text("button-return"), language).casefold() for language in LANGUAGES)
_FILLING_WORDS = _words(
    {
        "button-pause": Pause(),
        "button-view": Review(),
        "button-modify": Change(),
        "button-go-on": Resume(),
        "button-submit": Submit(),
        "button-confirm": Confirm(""),
        "button-back": Back(""),
        "button-skip": Skip(""),
        "button-explain": Explain(""),
        "button-return": Resume(),
        "button-backfill": ShowPeriods(0),
        "button-keep": Keep("", ""),
        "words-yes": Keep("", ""),
    }
)


def _filling_word(state: Filling, typed: str, desk: Desk) -> Event | None:
    """Return the event of a button's words that were typed, for the item or the confirmation that is shown."""
    event = _FILLING_WORDS.get(typed.casefold())
    cursor = filling.settle(state, desk).cursor or Cursor("")
    match event:
        case Confirm():
            return Confirm(cursor.name) if cursor.at == filling.CONFIRM.at else Submit()
        case Resume() if cursor.at in (filling.CONFIRM.at, filling.CHANGES.at) and typed.casefold() in _RETURN:
            return Review()
        case Keep():
            kept = filling.interpret(state, typed, desk)
            return replace(kept, reason="") if isinstance(kept, Keep) else None
        case ShowPeriods():
            return ShowPeriods(state.report.enterprise)
        case Back() | Skip() | Explain():
            return replace(event, item=cursor.name)
        case _:
            return event


# ---- home, enterprises, seats


def _home_rows(facts: Facts) -> tuple[tuple[Button, ...], ...]:
    if facts.person is None or not facts.person.name:
        return ()
    return (
        (Button(text("button-fill"), Fill()),),
        (Button(text("button-enterprises"), ShowEnterprises()), Button(text("button-help"), Help())),
    )


def _enterprises(event: Enterprises, facts: Facts) -> Turn[State]:
    mine = [card for card in event.cards if card.seat == "mine"]
    link = (Button(text("button-link"), LinkNew()),)
    if event.to_fill and len(mine) == 1:
        return _open(AtHome(), mine[0].id, "", facts)
    if event.to_fill and mine:
        rows = tuple((Button(card.name, Open(card.id)),) for card in mine)
        return Turn(AtHome(), (Page((text("ask-enterprise"),), rows),))
    if not event.cards:
        return Turn(AtHome(), (Page((text("enterprises-none"),), (link,)),))
    lines: list[Words] = [text("cannot-open-seat") if event.to_fill else text("enterprises")]
    buttons: list[tuple[Button, ...]] = []
    for number, card in enumerate(event.cards, 1):
        lines.append(
            text("enterprise-card", number=number, name=card.name, code=card.code, seat=text(f"seat-{card.seat}"))
        )
        word, target = ("button-fill", Open(card.id)) if card.seat == "mine" else ("button-apply", Apply(card.id))
        label = text("button-numbered", number=number, label=text(word))
        row = [Button(label, target)]
        if card.seat == "mine":
            row.append(
                Button(text("button-numbered", number=number, label=text("button-backfill")), ShowPeriods(card.id))
            )
        buttons.append(tuple(row))
    return Turn(AtHome(), (Page(tuple(lines), (*buttons, link)),))


def _taken_page(event: SeatTaken) -> Page:
    if event.mine:
        rows = ((Button(text("button-fill"), Open(event.enterprise)),),)
        return Page((text("claim-mine", enterprise=event.name),), rows)
    office = OFFICES.get(event.district, CENTER)
    lines = (text("claim-taken", reporter=event.reporter), text("claim-ways", mail=CENTER.mail), _office(office))
    return Page(lines, ((Button(text("button-home"), Home()),),))


def _office(office: Office) -> Text:
    return text("office", name=office.name, phones="、".join(office.phones), address=office.address)


# ---- reports


def _open(state: State, enterprise: int, period: str, facts: Facts) -> Turn[State]:
    try:
        wanted = Period.parse(period) if period else due_period(facts.now)
    except ValueError:
        return _go(state, facts, text("cannot-open-period"), refused=True)
    return Turn(state, effects=(OpenReport(enterprise, wanted),))


def _opened(report: Report, desk: Desk) -> Turn[State]:
    state = Filling(report)
    page = filling.page_of(state, desk)
    count = filling.remaining(state, desk)
    title = text("report-title", enterprise=desk.enterprise.name, period=str(report.period), title=desk.form.title)
    heading: list[Words] = [] if page.lines[0] == title else [title]
    if report.state is not ReportState.SUBMITTED:
        if count:
            begun = report.figures or report.choices or report.skipped
            heading.append(text("report-rest" if begun else "report-new", count=count))
        backfill = (Button(text("button-backfill"), ShowPeriods(desk.enterprise.id)),)
        page = replace(page, rows=(*page.rows, backfill))
    return Turn(filling.settle(state, desk), (page.under(*heading) if heading else page,))


def _periods_page(event: Periods, facts: Facts) -> Page:
    def button(period: Period) -> Button:
        state = event.states.get(str(period), "none")
        return Button(
            text("button-period", period=str(period), state=text(f"state-{state}")), Open(event.enterprise, str(period))
        )

    buttons = [button(period) for period in fillable_periods(facts.now)]
    rows = tuple(tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2))
    return Page((text("ask-period", enterprise=event.name),), rows)


def _pause(state: State, facts: Facts) -> Turn[State]:
    if not (isinstance(state, Filling) and facts.desk) or state.report.state is ReportState.SUBMITTED:
        return _go(AtHome(), facts)
    open_ = Button(text("button-go-on"), Open(state.report.enterprise, str(state.report.period)))
    line = text("paused", count=filling.remaining(state, facts.desk), period=str(state.report.period))
    return Turn(AtHome(), (Page((line,), ((open_, Button(text("button-home"), Home())),)),))


# ---- linking an enterprise


_ORDER = ("code", "name", "representative", "district", "category", "address", "phone", "sure")


def _linking(state: Linking, event: Event, facts: Facts) -> Turn[State]:
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
            return _go(state, facts, text("button-old"), refused=True)
    if value is None:
        return _go(state, facts, text(f"unread-link-{state.asking}"), refused=True)
    following = _ORDER[_ORDER.index(state.asking) + 1]
    changed = replace(state, **{state.asking: value}, asking=following)
    if state.asking == "representative":
        return Turn(state, effects=(Compare(state.code, state.name, value),))
    return _go(changed, facts)


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


def _compared(found: Registered | None, left: int, facts: Facts) -> Turn[State]:
    if found is None:
        why = text("compare-failed", left=left) if left else text("compare-locked")
        retry = (Button(text("button-link"), LinkNew()),) if left else ()
        page = Page((why, _office(CENTER)), ((*retry, Button(text("button-home"), Home())),))
        return Turn(AtHome(), (page,), refused=True)
    district = found.district or district_of_code(found.code) or ""
    known = Linking(
        "district", found.code, found.name, found.representative, district, found.category, phone=found.phone
    )
    return _go(known, facts, text("compare-done"))


def _linking_page(state: Linking) -> Page:
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


# ---- the session's focus


def pack_state(state: State) -> dict[str, Any]:
    """Return what the session keeps of a state. A report has its own row; here is only which one, and the cursor."""
    match state:
        case Filling(report, cursor):
            at = [cursor.at, cursor.name, cursor.measure] if cursor else None
            return {"at": "Filling", "enterprise": report.enterprise, "period": str(report.period), "cursor": at}
        case _:
            return {"at": type(state).__name__} | {part.name: getattr(state, part.name) for part in fields(state)}


def unpack_state(packed: dict[str, Any], report: Report | None) -> State:
    """Return the state that `pack_state` wrote; one of a version that no longer exists leads home.

    Args:
        packed: what the session has.
        report: the report on the desk, when `packed` speaks of one and the person is its reporter.
    """
    values = {name: value for name, value in packed.items() if name != "at"}
    match packed.get("at"):
        case "Filling" if report is not None:
            return Filling(report, _unpack_cursor(values.get("cursor")))
        case "Linking" if _is_linking(values):
            return Linking(**values)
        case "Naming":
            return Naming()
        case "Welcome":
            return Welcome()
        case _:
            return AtHome()


def _unpack_cursor(packed: object) -> Cursor | None:
    match packed:
        case [str(at), str(name), str(measure)]:
            return Cursor(at, name, measure)
        case _:
            return None


def _is_linking(values: dict[str, Any]) -> bool:
    known = {part.name for part in fields(Linking)}
    return (
        values.keys() <= known
        and all(isinstance(value, str) for value in values.values())
        and values.get("asking", "code") in _ORDER
    )
