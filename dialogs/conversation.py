"""The whole conversation of a reporter: the way in, and the dialogs that one can get into (manual, chapters 1 and 2).

`step` is a reducer like that of a report: state, event, facts in; state, pages, effects out. What an effect brings
back comes as an event again. Each dialog has a module of its own and says in `EVENTS` what it takes; here is the way
to them.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, TypeAlias

from dialogs import account, directory, enterprises, filling, reading, reminders, returns, seats
from dialogs.enterprises import Linking, ListEnterprises, SendLink
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
from dialogs.home import Facts, Person, home_button, home_page, home_rows
from dialogs.people import read_person_name
from dialogs.periods import Period, due_period, fillable_periods
from dialogs.places import (
    AskReturn,
    AtHome,
    CannotOpen,
    Fill,
    Help,
    LinkNew,
    Naming,
    Open,
    OpenReport,
    Said,
    ShowContacts,
    ShowEnterprises,
    ShowGuide,
    ShowHistory,
    ShowPeriods,
    ShowPrivacy,
    ShowYear,
    Start,
    Welcome,
)
from dialogs.reading import Reading
from dialogs.report import Report, ReportState
from dialogs.returns import GivingReason
from dialogs.seats import LookAtInvitation
from dialogs.texts import LANGUAGES, write_out
from dialogs.turn import Button, Effect, Event, Home, Page, Pause, Turn, Words, text

State: TypeAlias = Welcome | Naming | AtHome | Linking | GivingReason | Reading | Filling

# ---- events that people cause


@dataclass(frozen=True, slots=True)
class Contact(Event):
    """A verified phone number of the sender; empty when it is not the sender's own mobile number of the mainland."""

    phone: str


ODD_KINDS = frozenset({"edited", "sticker", "voice", "media", "other"})


@dataclass(frozen=True, slots=True)
class Odd(Event):
    """Something that is no answer here: a sticker, a voice message, an edited message, an unknown button."""

    kind: str


@dataclass(frozen=True, slots=True)
class Language(Event):
    """Another language; offered when it is empty."""

    language: str = ""


# ---- effects, and the events that they bring back


@dataclass(frozen=True, slots=True)
class BindPhone(Effect):
    """This account belongs to the person with that phone number; brings `Bound` or `dialogs.account.OtherNumber`."""

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
class ListPeriods(Effect):
    """Brings `Periods`."""

    enterprise: int


@dataclass(frozen=True, slots=True)
class Bound(Event):
    """The phone number was bound to the person of that name (empty when not told yet)."""

    name: str


@dataclass(frozen=True, slots=True)
class Opened(Event):
    """The report is on the desk."""

    report: Report
    desk: Desk


@dataclass(frozen=True, slots=True)
class Periods(Event):
    """The state of each stored report of an enterprise, by period."""

    enterprise: int
    name: str
    states: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeatLost(Event):
    """The person is no longer the reporter of the enterprise on the desk."""


_DIALOGS: Mapping[type[Event], Callable[[object, Event, Facts], Turn[Any]]] = {
    event: dialog.step for dialog in (enterprises, reading, reminders, returns, seats) for event in dialog.EVENTS
}


def step(state: State, event: Event, facts: Facts) -> Turn[State]:  # noqa: C901, PLR0911 -- one case an event
    """Take one event of a conversation. Never raises on what a person sent."""
    event = meant(state, event, facts)
    match event:
        case Help():
            return Turn(state, (_help_page(facts),))
        case _ if isinstance(event, directory.EVENTS):
            return directory.step(state, event, facts)
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
            return _bound(state, name, facts)
        case Odd(kind):
            return _go(state, facts, text(f"odd-{kind if kind in ODD_KINDS else 'other'}"), refused=True)
        case _ if facts.person and isinstance(event, account.EVENTS):
            return account.step(state, event, facts)
        case _:
            pass
    if facts.person is None:
        return _stranger(state, event, facts)
    if not facts.person.name:
        return _naming(state, event, facts)
    return _known(state, event, facts)


def page_of(state: State, facts: Facts) -> Page:  # noqa: PLR0911 -- one case a state
    """Return the page that shows what is asked now."""
    if isinstance(state, Filling) and facts.desk:
        return filling.page_of(state, facts.desk)
    if facts.person is None:
        return Page((text("welcome"), "", text("privacy")), ask_contact=text("button-verify"))
    if isinstance(state, Naming) or not facts.person.name:
        return account.naming_page(facts)
    if isinstance(state, Linking):
        return enterprises.linking_page(state)
    if isinstance(state, GivingReason):
        return returns.reason_page(state)
    if isinstance(state, Reading):
        return reading.resting_page(state, facts)
    return home_page(facts)


def _help_page(facts: Facts) -> Page:
    commands = [text("help-command", command=name, does=text(f"command-{name}")) for name in COMMANDS]
    reading = (Button(text("button-guide"), ShowGuide()), Button(text("button-contacts"), ShowContacts()))
    return Page((*commands, text("help")), (reading, *home_rows(facts)))


def _go(state: State, facts: Facts, *above: Words, refused: bool = False) -> Turn[State]:
    page = page_of(state, facts)
    return Turn(state, (page.under(*above) if above else page,), refused=refused)


# ---- the way in


def _stranger(state: State, event: Event, facts: Facts) -> Turn[State]:
    known = state if isinstance(state, Welcome) else Welcome()
    if isinstance(event, Start):
        known = Welcome(event.invitation or known.invitation)
    if isinstance(event, ShowPrivacy):
        return Turn(known, (page_of(known, facts),))
    return _go(known, facts, refused=not isinstance(event, Start | Home))


def _bound(state: State, name: str, facts: Facts) -> Turn[State]:
    invitation = state.invitation if isinstance(state, Welcome) else ""
    if not name:
        return _go(Naming(invitation), facts, text("bound"))
    page = home_page(facts).under(text("bound-back", name=name))
    return Turn(AtHome(), (page,), (LookAtInvitation(invitation),) if invitation else ())


def _naming(state: State, event: Event, facts: Facts) -> Turn[State]:
    invitation = state.invitation if isinstance(state, Naming) else ""
    if isinstance(event, Start):
        invitation = event.invitation or invitation
    if isinstance(event, ShowPrivacy):
        return _go(Naming(invitation), facts, text("privacy"))
    if not isinstance(event, Said):
        return _go(Naming(invitation), facts)
    name = read_person_name(event.typed)
    if name is None:
        return _go(Naming(invitation), facts, text("name-unread"), refused=True)
    named = replace(facts, person=Person(facts.person.id, name)) if facts.person else facts
    page = home_page(named).under(text("name-set", name=name))
    invited = (LookAtInvitation(invitation),) if invitation else ()
    return Turn(AtHome(), (page,), (SetName(name), *invited))


# ---- everything else


def _known(state: State, event: Event, facts: Facts) -> Turn[State]:  # noqa: C901, PLR0911, PLR0912 -- one case an event
    if dialog := _DIALOGS.get(type(event)):
        return dialog(state, event, facts)
    match event:
        case Start(invitation) if invitation:
            return Turn(AtHome(), effects=(LookAtInvitation(invitation),))
        case Start() | Home():
            return _go(AtHome(), facts)
        case Pause():
            return _pause(state, facts)
        case Fill():
            return Turn(state, effects=(ListEnterprises(to_fill=True),))
        case Open(enterprise, period):
            return _open(state, enterprise, period, facts)
        case ShowPeriods(enterprise):
            return Turn(state, effects=(ListPeriods(enterprise),))
        case Opened(report, desk):
            return _opened(report, desk)
        case CannotOpen(why):
            return _go(AtHome(), facts, text(f"cannot-open-{why}"), refused=True)
        case Periods():
            return Turn(state, (_periods_page(event, facts),))
        case SeatLost():
            return _go(AtHome(), facts, text("seat-lost"), refused=True)
        case Said() if isinstance(state, Naming):
            return _naming(state, event, facts)
        case _ if isinstance(state, Linking):
            return enterprises.step_linking(state, event, facts)
        case _ if isinstance(state, GivingReason):
            return returns.step_reason(state, event)
        case _ if isinstance(state, Filling) and facts.desk:
            turn = filling.step(state, event, facts.desk)
            return Turn(turn.state, turn.pages, turn.effects, turn.notice, turn.refused)
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
        name, _, argument = command[1:].partition(" ")
        name = name.partition("@")[0].lower()
        return Start(argument.strip()) if name == "start" else COMMANDS.get(name, Help())
    naming = isinstance(state, Naming) and not (facts.person and facts.person.name)
    word = None if naming else _WORDS.get(command.casefold())
    if isinstance(state, Filling) and facts.desk:
        return _filling_word(state, command, facts.desk) or word or filling.interpret(state, event.typed, facts.desk)
    return word or event


COMMANDS: dict[str, Event] = {
    "start": Start(),
    "report": Fill(),
    "history": ShowHistory(),
    "year": ShowYear(),
    "enterprises": ShowEnterprises(),
    "guide": ShowGuide(),
    "contacts": ShowContacts(),
    "help": Help(),
    "cancel": Home(),
    "language": Language(),
    "privacy": ShowPrivacy(),
}
"""What may be typed with a slash; the catalogue names each under `command-…`, and `help` tells of them."""

_BUTTON_WORDS: dict[str, Event] = {
    "button-fill": Fill(),
    "button-next-enterprise": Fill(),
    "button-enterprises": ShowEnterprises(),
    "button-link": LinkNew(),
    "button-send-link": SendLink(),
    "button-apply": ShowEnterprises(),
    "button-backfill": ShowEnterprises(),
    "button-history": ShowHistory(),
    "button-year": ShowYear(),
    "button-transfer": ShowEnterprises(),
    "button-unlink": ShowEnterprises(),
    "button-guide": ShowGuide(),
    "button-contacts": ShowContacts(),
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
        "button-ask-return": AskReturn(0, ""),
        "button-keep": Keep("", ""),
        "words-yes": Keep("", ""),
    }
)


def _filling_word(  # noqa: PLR0911 -- one case a word
    state: Filling, typed: str, desk: Desk
) -> Event | None:
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
        case AskReturn():
            return AskReturn(state.report.enterprise, str(state.report.period))
        case Back() | Skip() | Explain():
            return replace(event, item=cursor.name)
        case _:
            return event


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
    return Turn(AtHome(), (Page((line,), ((open_, home_button()),)),))


# ---- the session's focus


def pack_state(state: State) -> dict[str, Any]:
    """Return what the session keeps of a state. A report has its own row; here is only which one, and the cursor."""
    match state:
        case Filling(report, cursor):
            at = [cursor.at, cursor.name, cursor.measure] if cursor else None
            return {"at": "Filling", "enterprise": report.enterprise, "period": str(report.period), "cursor": at}
        case _:
            return {"at": type(state).__name__} | {part.name: getattr(state, part.name) for part in fields(state)}


def unpack_state(packed: dict[str, Any], report: Report | None) -> State:  # noqa: PLR0911 -- one case a state
    """Return the state that `pack_state` wrote; one of a version that no longer exists leads home.

    Args:
        packed: what the session has.
        report: the report on the desk, when `packed` speaks of one and the person is its reporter.
    """
    values = {name: value for name, value in packed.items() if name != "at"}
    match packed.get("at"):
        case "Filling" if report is not None:
            return Filling(report, _unpack_cursor(values.get("cursor")))
        case "Linking":
            return enterprises.unpack_linking(values) or AtHome()
        case "GivingReason" if _are_of(GivingReason, values):
            return GivingReason(**values)
        case "Reading" if _are_of(Reading, values):
            return Reading(**values)
        case "Naming" if _are_of(Naming, values):
            return Naming(**values)
        case "Welcome" if _are_of(Welcome, values):
            return Welcome(**values)
        case _:
            return AtHome()


def _unpack_cursor(packed: object) -> Cursor | None:
    match packed:
        case [str(at), str(name), str(measure)]:
            return Cursor(at, name, measure)
        case _:
            return None


def _are_of(kind: type, values: dict[str, Any]) -> bool:
    """Return whether a state of that kind can be made of the values; what it lacks has a default or is an error."""
    known = {part.name: part.type for part in fields(kind)}
    needed = {part.name for part in fields(kind) if part.default is MISSING}
    return needed <= values.keys() <= known.keys() and all(type(values[name]) is known[name] for name in values)
