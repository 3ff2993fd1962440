"""`/transfer` and `/invite`: an office decides who reports for an enterprise (manual, section 2.2, the e-mail route).

The manual has reporters send 企业名称, 代码 and the phone number of the new 填报员 to the office, which then moves the
seat to somebody who is linked to the enterprise; whom nobody has linked yet, it invites.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dialogs.office.authority import Action, Confirmation, OfficeFacts, asked_by
from dialogs.office.orders import Seek
from dialogs.people import mask_phone, read_mobile
from dialogs.periods import SHANGHAI
from dialogs.seats import Associate
from dialogs.turn import Button, Effect, Event, Page, Turn, Words, text

MOST_OPEN = 20
"""How many invitations of one enterprise may be open at a time."""

# ---- /transfer


@dataclass(frozen=True, slots=True)
class OrderTransfer(Event):
    """Move the seat; `whom` is a mobile number or a real name as it was typed, empty when it is to be asked."""

    enterprise: int
    whom: str


@dataclass(frozen=True, slots=True)
class ChooseReporter(Event):
    """That associate is to be the reporter."""

    enterprise: int
    person: int


@dataclass(frozen=True, slots=True)
class DoTransfer(Confirmation):
    """What was shown is to be done; `holder` is who had the seat then, 0 for nobody."""

    enterprise: int
    holder: int
    to: int


@dataclass(frozen=True, slots=True)
class LookAtStaff(Effect):
    """See who is linked to an enterprise, and who of them is meant; brings `Staff`, or `Matches` of nothing."""

    enterprise: int
    whom: str = ""
    person: int = 0


@dataclass(frozen=True, slots=True)
class MoveSeat(Effect):
    """Move it; brings `SeatMoved`, `SeatNotMoved`, or `Matches` of nothing."""

    enterprise: int
    holder: int
    to: int


@dataclass(frozen=True, slots=True)
class Staff(Event):
    """The people of an enterprise.

    Args:
        enterprise, name: which one.
        reporter: who has the seat, None for nobody.
        others: who else is linked, in the order of linking.
        meant: those of all of them who were asked for.
        asked: what they were asked for by, as it was typed; empty when nobody was.
        open: the periods (`YYYY-MM`) of reports that are begun or were returned.
    """

    enterprise: int
    name: str
    reporter: Associate | None
    others: tuple[Associate, ...]
    meant: tuple[int, ...]
    asked: str
    open: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeatMoved(Event):
    """It was moved, and both were told; `former` is empty when the seat was free."""

    name: str
    reporter: str
    former: str


@dataclass(frozen=True, slots=True)
class SeatNotMoved(Event):
    """Something has changed since it was shown: who has the seat, or who is linked."""

    name: str


# ---- /invite


@dataclass(frozen=True, slots=True)
class SeekInvited(Event):
    """Find the enterprise to invite somebody to, also one that is only in the registry."""

    query: str
    phone: str


@dataclass(frozen=True, slots=True)
class OrderInvite(Event):
    """Invite somebody; `enterprise` is 0 for one that is in the registry only. `phone` is as it was typed."""

    enterprise: int
    code: str
    phone: str


@dataclass(frozen=True, slots=True)
class DoInvite(Confirmation):
    """What was shown is to be done; `phone` is in international form."""

    enterprise: int
    code: str
    phone: str


@dataclass(frozen=True, slots=True)
class FindInvited(Effect):
    """Find an enterprise, if need be by its code in the registry; brings `Matches` or `OrderInvite`."""

    query: str
    phone: str


@dataclass(frozen=True, slots=True)
class LookAtInvited(Effect):
    """See whether that number can be invited; brings `Invitable`, or `Matches` of nothing."""

    enterprise: int
    code: str
    phone: str


@dataclass(frozen=True, slots=True)
class MakeInvitation(Effect):
    """Make an invitation; brings `WasInvited`, `Invitable` when it cannot be, or `Matches` of nothing."""

    enterprise: int
    code: str
    phone: str


@dataclass(frozen=True, slots=True)
class Invitable(Event):
    """An enterprise that somebody is to be invited to.

    Args:
        enterprise, code, name: which one; `enterprise` is 0 for one that is in the registry only.
        phone: in international form, or what was typed when it is not a mobile number.
        reporter: the real name of the present reporter, empty for none.
        linked: the number's owner is linked to it already.
        open: how many invitations for other numbers are open.
        again: this number has one that is open; it will be replaced.
    """

    enterprise: int
    code: str
    name: str
    phone: str
    reporter: str
    linked: bool
    open: int
    again: bool

    @property
    def hindrance(self) -> str:
        """Why nobody can be invited: `linked`, `full`, or empty."""
        if self.linked:
            return "linked"
        return "full" if self.open >= MOST_OPEN else ""


@dataclass(frozen=True, slots=True)
class WasInvited(Event):
    """The invitation is made: its address, and until when it is good."""

    name: str
    phone: str
    link: str
    until: datetime


EVENTS: Mapping[type[Event], Action] = {
    **dict.fromkeys((OrderTransfer, ChooseReporter, DoTransfer, Staff, SeatMoved, SeatNotMoved), Action.TRANSFER),
    **dict.fromkeys((SeekInvited, OrderInvite, DoInvite, Invitable, WasInvited), Action.INVITE),
}


def read_transfer(words: list[str], _: OfficeFacts) -> Event | None:
    """Read `enterprise [mobile number or name]`; the number may stand in front."""
    query, whom = _split(words)
    return Seek(query, OrderTransfer(0, whom)) if query else None


def read_invite(words: list[str], _: OfficeFacts) -> Event | None:
    """Read `enterprise [mobile number]`; the number may stand in front."""
    query, phone = _split(words)
    return SeekInvited(query, phone) if query else None


def _split(words: list[str]) -> tuple[str, str]:
    """Return the enterprise and the rest; both empty without words."""
    if len(words) > 1 and read_mobile(words[0]):
        return " ".join(words[1:]), words[0]
    return (words[0], " ".join(words[1:])) if words else ("", "")


def step(event: Event, facts: OfficeFacts) -> Turn[None]:  # noqa: C901, PLR0911 -- one case an event
    """Take one of `EVENTS`."""
    match event:
        case OrderTransfer(enterprise, whom):
            return Turn(None, effects=(LookAtStaff(enterprise, whom),))
        case ChooseReporter(enterprise, person):
            return Turn(None, effects=(LookAtStaff(enterprise, person=person),))
        case Staff():
            return _staff(event, facts)
        case DoTransfer():
            return Turn(None, effects=(MoveSeat(event.enterprise, event.holder, event.to),))
        case SeatMoved(name, reporter, former):
            whom_ = text("office-told-both", former=former) if former else text("office-told-new")
            line = text("office-moved", enterprise=name, reporter=reporter)
            return Turn(None, (Page((line, whom_), in_place=True),))
        case SeatNotMoved(name):
            return Turn(None, (Page((text("office-not-moved", enterprise=name),), in_place=True),), refused=True)
        case SeekInvited(query, phone):
            return Turn(None, effects=(FindInvited(query, phone),))
        case OrderInvite(enterprise, code, phone):
            return Turn(None, effects=(LookAtInvited(enterprise, code, phone),))
        case Invitable():
            return _invitable(event, facts)
        case DoInvite():
            return Turn(None, effects=(MakeInvitation(event.enterprise, event.code, event.phone),))
        case WasInvited():
            return Turn(None, (_invited(event),))
        case _:
            raise AssertionError(event)


def _staff(event: Staff, facts: OfficeFacts) -> Turn[None]:
    enterprise, reporter = event.enterprise, event.reporter
    chosen = [one for one in event.others if one.id in event.meant]
    if len(chosen) == 1:
        return Turn(None, (_preview(event, chosen[0], facts),))
    if reporter and reporter.id in event.meant and not chosen:
        line = text("office-is-reporter", enterprise=event.name, reporter=reporter.name)
        return Turn(None, (Page((line,)),), refused=True)
    now = text("office-reporter-now", reporter=reporter.name) if reporter else text("office-seat-free")
    lines: list[Words] = [text("office-transfer-title", enterprise=event.name), now]
    if event.asked and not chosen:
        lines.append(text("office-no-such-colleague"))
    offered = chosen or event.others
    rows = tuple(
        (Button(text("associate", name=one.name, phone=one.phone), ChooseReporter(enterprise, one.id)),)
        for one in offered
    )
    invite: Event | None = None
    if offered:
        lines.append(text("office-ask-colleague"))
    if not chosen and (event.asked or not offered):
        lines.append(text("office-how-to-link"))
        if read_mobile(event.asked):
            rows = (*rows, (Button(text("button-invite"), OrderInvite(enterprise, "", event.asked)),))
        else:
            lines.append(text("office-ask-invited"))
            invite = OrderInvite(enterprise, "", "")
    return Turn(None, (Page(tuple(lines), rows, reply=invite),), refused=not rows)


def _preview(event: Staff, to: Associate, facts: OfficeFacts) -> Page:
    reporter = event.reporter
    new = text("office-reporter-new", reporter=to.name, phone=to.phone)
    draft = text("office-draft-moves", periods="、".join(event.open)) if event.open else text("office-no-draft")
    lines = (
        text("office-transfer-title", enterprise=event.name),
        text("office-reporter-now", reporter=reporter.name) if reporter else text("office-seat-free"),
        new,
        draft,
        text("office-will-tell-both") if reporter else text("office-will-tell-new"),
    )
    do = DoTransfer(*asked_by(facts), event.enterprise, reporter.id if reporter else 0, to.id)
    return Page(lines, ((Button(text("button-move-seat"), do),),), in_place=True)


def _invitable(event: Invitable, facts: OfficeFacts) -> Turn[None]:
    title = text("office-invite-title", enterprise=event.name, code=event.code)
    phone = read_mobile(event.phone)
    if phone is None:
        wrong = (text("office-not-mobile"),) if event.phone else ()
        page = Page((title, *wrong, text("office-ask-invited")), reply=OrderInvite(event.enterprise, event.code, ""))
        return Turn(None, (page,), refused=bool(wrong))
    whom = text("office-invited-phone", phone=mask_phone(phone))
    if event.hindrance == "linked":
        move = Button(text("button-move-seat-to"), OrderTransfer(event.enterprise, phone))
        return Turn(None, (Page((title, whom, text("office-invite-linked")), ((move,),)),), refused=True)
    if event.hindrance:
        return Turn(None, (Page((title, text("office-invite-full", most=MOST_OPEN))),), refused=True)
    lines: list[Words] = [title, whom, text("office-invite-good")]
    if event.reporter:
        lines.append(text("office-invite-taken", reporter=event.reporter))
    if event.again:
        lines.append(text("office-invite-again"))
    if not event.enterprise:
        lines.append(text("office-invite-registry"))
    do = DoInvite(*asked_by(facts), event.enterprise, event.code, phone)
    return Turn(None, (Page(tuple(lines), ((Button(text("button-make-invitation"), do),),)),))


def _invited(event: WasInvited) -> Page:
    until = f"{event.until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    lines = (
        text("office-invited", enterprise=event.name, phone=mask_phone(event.phone)),
        event.link,
        text("office-invited-until", until=until),
        text("office-invited-say"),
    )
    return Page(lines, in_place=True)
