"""What is stored about a person: shown, handed out, given up; another number, another device.

One verified mobile number is one person, whatever the channel or device. A number comes from nobody but the messenger.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dialogs.enterprises import Card, office_line
from dialogs.home import Facts, home_button, home_page
from dialogs.offices import Office
from dialogs.people import mask_phone
from dialogs.periods import SHANGHAI
from dialogs.places import AtHome, Naming, ShowPrivacy, Welcome
from dialogs.turn import Button, Effect, Event, Home, Page, Turn, Words, text

NUMBER_GOOD_FOR = timedelta(minutes=15)
"""How long after it was verified a number can be taken: later it may be somebody else's."""
MY_DATA = "my-data"
"""The kind of document with everything that is stored about a person."""


# ---- events


@dataclass(frozen=True, slots=True)
class ChangePhone(Event):
    """Another mobile number is wanted (更换手机号)."""


@dataclass(frozen=True, slots=True)
class TakeNumber(Event):
    """The verified number is to be the person's from now on (确认更换). `verified` is when, in seconds since 1970."""

    phone: str
    verified: int


@dataclass(frozen=True, slots=True)
class SwitchTo(Event):
    """This account is to belong to the person who has the verified number; see `TakeNumber`."""

    phone: str
    verified: int


@dataclass(frozen=True, slots=True)
class Rename(Event):
    """Another real name is wanted (修改姓名)."""


@dataclass(frozen=True, slots=True)
class ExportData(Event):
    """Everything that is stored about the person is wanted as a file (导出我的信息)."""


@dataclass(frozen=True, slots=True)
class Close(Event):
    """The account is to be closed (注销账户); asked once more unless `sure`."""

    sure: int = 0


# ---- effects, and the events that they bring back


@dataclass(frozen=True, slots=True)
class LookAtAccount(Effect):
    """Brings `AccountFound`; `closing` says what it is wanted for."""

    closing: bool = False


@dataclass(frozen=True, slots=True)
class ChangeNumber(Effect):
    """Make a verified number the person's; brings `NumberChanged`, or `OtherNumber` when it is taken by now."""

    phone: str


@dataclass(frozen=True, slots=True)
class SwitchAccount(Effect):
    """Make this account that of the person who has the number; brings `Bound`, or `OtherNumber` when nobody has it."""

    phone: str


@dataclass(frozen=True, slots=True)
class CloseAccount(Effect):
    """Take away everything that names the person."""


@dataclass(frozen=True, slots=True)
class AccountFound(Event):
    """What is stored about the person.

    Args:
        phone: the verified number.
        name: the real name, empty when not told yet.
        since: when the person came.
        accounts: how many there are in each channel.
        cards: the linked enterprises.
        days: how long messages are kept: the person's, ours.
        closing: what it is wanted for.
    """

    phone: str
    name: str
    since: datetime
    accounts: dict[str, int]
    cards: tuple[Card, ...]
    days: tuple[int, int]
    closing: bool = False


@dataclass(frozen=True, slots=True)
class OtherNumber(Event):
    """A verified number that is not the person's `own`; `taken` when another person has it."""

    phone: str
    own: str
    taken: bool


@dataclass(frozen=True, slots=True)
class NumberChanged(Event):
    """The person has another number now."""

    phone: str


EVENTS: tuple[type[Event], ...] = (
    ShowPrivacy,
    ChangePhone,
    TakeNumber,
    SwitchTo,
    Rename,
    ExportData,
    Close,
    AccountFound,
    OtherNumber,
    NumberChanged,
)
"""What `step` takes from everybody with a verified number, told a name or not."""


def step(state: object, event: Event, facts: Facts) -> Turn[Any]:  # noqa: C901, PLR0911 -- one case an event
    """Take one of `EVENTS`."""
    match event:
        case ShowPrivacy():
            return Turn(state, effects=(LookAtAccount(),))
        case AccountFound():
            return Turn(state, (_closing_page(event) if event.closing else _privacy_page(event),))
        case ChangePhone():
            return Turn(state, (_contact_page("number-how"),))
        case OtherNumber():
            return Turn(state, (_number_page(event, facts.now),))
        case TakeNumber(phone, verified) | SwitchTo(phone, verified):
            if facts.now > datetime.fromtimestamp(verified, UTC) + NUMBER_GOOD_FOR:
                return Turn(state, (_contact_page("number-again"),), refused=True)
            return Turn(state, effects=((ChangeNumber if isinstance(event, TakeNumber) else SwitchAccount)(phone),))
        case NumberChanged(phone):
            return Turn(AtHome(), (home_page(facts).under(text("number-changed", phone=mask_phone(phone))),))
        case Rename():
            return Turn(Naming(), (naming_page(facts),))
        case ExportData():
            return Turn(state, (_export_page(facts),))
        case Close(0):
            return Turn(state, effects=(LookAtAccount(closing=True),))
        case Close():
            return Turn(Welcome(), (Page((text("account-closed"),)),), (CloseAccount(),))
        case _:
            raise AssertionError(event)


def naming_page(facts: Facts) -> Page:
    """Return the page that asks for the real name; who has told one may keep it."""
    keep = facts.person is not None and bool(facts.person.name)
    return Page((text("ask-name"),), ((Button(text("button-cancel"), Home()),),) if keep else ())


# ---- what is stored


def _privacy_page(event: AccountFound) -> Page:
    seats = sum(card.seat == "mine" for card in event.cards)
    accounts: tuple[Words, ...] = tuple(
        text("privacy-account", channel=channel_name(channel), count=count) for channel, count in event.accounts.items()
    )
    received, sent = event.days
    lines = (
        text("privacy"),
        "",
        text("privacy-phone", phone=mask_phone(event.phone)),
        text("privacy-name", name=event.name or text("privacy-nothing")),
        text("privacy-since", day=event.since.astimezone(SHANGHAI).date().isoformat()),
        *accounts,
        text("privacy-enterprises", links=len(event.cards), seats=seats),
        "",
        text("privacy-kept", received=received, sent=sent),
    )
    rows = (
        (Button(text("button-export"), ExportData()), Button(text("button-rename"), Rename())),
        (Button(text("button-new-phone"), ChangePhone()), Button(text("button-close-account"), Close())),
        (home_button(),),
    )
    return Page(lines, rows)


def channel_name(channel: str) -> Words:
    """Return what people call a channel."""
    id_ = _CHANNELS.get(channel, "channel-other")
    return text(id_)


_CHANNELS = {"telegram": "channel-telegram", "web": "channel-web"}


def _export_page(facts: Facts) -> Page:
    day = facts.now.astimezone(SHANGHAI).date().isoformat()
    person = facts.person.id if facts.person else 0
    document = {"kind": MY_DATA, "person": person, "day": day}
    return Page((text("export-made"),), ((home_button(),),), document=document)


# ---- another number


def _contact_page(id_: str) -> Page:
    return Page((text(id_),), ask_contact=text("button-verify"))


def _number_page(event: OtherNumber, now: datetime) -> Page:
    masked = {"phone": mask_phone(event.phone), "own": mask_phone(event.own)}
    verified = int(now.timestamp())
    if event.taken:
        line = text("number-taken", **masked)
        take = Button(text("button-switch"), SwitchTo(event.phone, verified), changes=True)
    else:
        line = text("number-other", **masked)
        take = Button(text("button-take-number"), TakeNumber(event.phone, verified), changes=True)
    return Page((line,), ((take,), (Button(text("button-cancel"), Home()),)))


# ---- the end


def _closing_page(event: AccountFound) -> Page:
    seats = [card.name for card in event.cards if card.seat == "mine"]
    lines = (
        text("closing-goes", accounts=sum(event.accounts.values()), links=len(event.cards)),
        *((text("closing-seats", enterprises="\n".join(seats)),) if seats else ()),
        "",
        text("closing-stays"),
        "",
        text("closing-sure"),
    )
    sure = Button(text("button-close-sure"), Close(1), changes=True)
    return Page(lines, ((sure,), (Button(text("button-cancel"), Home()),)))


# ---- what others are told


def told_new_device(channel: str, now: datetime, call: Office) -> Page:
    """Return what the other devices of a person are told when one more belongs to the same number.

    Args:
        channel: where it happened.
        now: when, aware.
        call: whom to call if it was somebody else.
    """
    return _told("told-new-device", channel, now, call)


def told_new_number(channel: str, now: datetime, call: Office) -> Page:
    """Return what they are told when the number was changed on one; see `told_new_device`."""
    return _told("told-new-number", channel, now, call)


def told_closed(channel: str, now: datetime, call: Office) -> Page:
    """Return what they are told when the account was closed on one; see `told_new_device`."""
    return _told("told-closed", channel, now, call)


def _told(id_: str, channel: str, now: datetime, call: Office) -> Page:
    at = now.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    return Page((text(id_, channel=channel_name(channel), at=at), office_line(call)))


def told_office(name: str, code: str) -> Page:
    """Return what an office is told when an enterprise has lost its reporter."""
    return Page((text("told-reporter-left", enterprise=name, code=code),))
