"""Seats moved by administrators, and their invitations."""

import secrets

from bot.exchange import Performer
from bot.office import OfficeExchange
from dialogs import seats
from dialogs.office.moving import (
    FindInvited,
    Invitable,
    LookAtInvited,
    LookAtStaff,
    MakeInvitation,
    MoveSeat,
    OrderInvite,
    OrderTransfer,
    SeatMoved,
    SeatNotMoved,
    Staff,
    WasInvited,
)
from dialogs.office.orders import Match, Matches
from dialogs.people import read_mobile
from dialogs.seats import Associate
from dialogs.turn import Effect, Event
from storage import history, invitations, moving, offices, people, requests


async def _look_at_staff(at: OfficeExchange, effect: LookAtStaff) -> Event:
    known = await moving.enterprise_within(at.tx, effect.enterprise, at.scope)
    if known is None:
        return _none(OrderTransfer(0, effect.whom))
    await at.work.write_reports()
    meant: tuple[int, ...] = (effect.person,) if effect.person else ()
    if effect.whom:
        phone = read_mobile(effect.whom) or ""
        meant = await moving.linked_with(at.tx, known.id, phone=phone, name=effect.whom)
    reporter, others = await _staff(at, known.id)
    begun = await moving.open_periods(at.tx, known.id)
    return Staff(known.id, known.name, reporter, others, meant, effect.whom, begun)


async def _staff(at: OfficeExchange, enterprise: int) -> tuple[Associate | None, tuple[Associate, ...]]:
    """Return the reporter of an enterprise, and who else is linked to it."""
    everybody = await people.associates_of(at.tx, enterprise)
    holder = await people.holder_of(at.tx, enterprise)
    reporter = next((one for one in everybody if one.id == holder), None)
    return reporter, tuple(one for one in everybody if one is not reporter)


async def _move_seat(at: OfficeExchange, effect: MoveSeat) -> Event:
    known = await moving.enterprise_within(at.tx, effect.enterprise, at.scope)
    if known is None:
        return _none(OrderTransfer(0, ""))
    await at.work.lock_enterprise(known.id)
    former, others = await _staff(at, known.id)
    to = next((one for one in others if one.id == effect.to), None)
    if to is None or (former.id if former else 0) != effect.holder:
        return SeatNotMoved(known.name)
    await people.move_seat(at.tx, known.id, to.id, at.now)
    await at.work.forget_case(known.id)
    at.record("seat-transferred", {"from": effect.holder or None, "to": to.id}, enterprise=known.id)
    await requests.withdraw(at.tx, f"seat {known.code} {to.id}", at.now)
    await at.tell(to.id, seats.told_new_reporter(known.id, known.name), enterprise=known.id)
    if former:
        await at.tell(former.id, seats.told_former_reporter(known.name, to.name), enterprise=known.id)
    return SeatMoved(known.name, to.name, former.name if former else "")


async def _find_invited(at: OfficeExchange, effect: FindInvited) -> Event:
    found, more = await offices.find_enterprises(at.tx, effect.query, at.scope)
    entry = await moving.unlisted(at.tx, effect.query, at.scope)
    if entry:
        return OrderInvite(0, entry.code, effect.phone)
    return Matches(found, more, OrderInvite(0, "", effect.phone))


async def _look_at_invited(at: OfficeExchange, effect: LookAtInvited) -> Event:
    if effect.enterprise:
        known = await moving.enterprise_within(at.tx, effect.enterprise, at.scope)
        return await _invitable(at, known, effect.phone) if known else _none(OrderInvite(0, "", ""))
    entry = await moving.unlisted(at.tx, effect.code, at.scope)
    if entry is None:
        return _none(OrderInvite(0, "", ""))
    return Invitable(0, entry.code, entry.name, effect.phone, "", linked=False, open=0, again=False)


async def _invitable(at: OfficeExchange, known: Match, typed: str) -> Invitable:
    phone = read_mobile(typed) or ""
    linked = bool(phone and await moving.linked_with(at.tx, known.id, phone=phone))
    invited = await invitations.open_for(at.tx, known.id, at.now)
    reporter, _ = await _staff(at, known.id)
    return Invitable(
        known.id,
        known.code,
        known.name,
        phone or typed,
        reporter.name if reporter else "",
        linked=linked,
        open=len(invited - {phone}),
        again=phone in invited,
    )


async def _make(at: OfficeExchange, effect: MakeInvitation) -> Event:
    known = await _made(at, effect)
    if known is None or at.who is None:
        return _none(OrderInvite(0, "", ""))
    await at.work.lock_enterprise(known.id)
    invitable = await _invitable(at, known, effect.phone)
    if invitable.hindrance:
        return invitable
    await invitations.end(at.tx, known.id, effect.phone, at.now)
    token = secrets.token_urlsafe(24)
    until = await invitations.make(at.tx, known.id, effect.phone, token, by=at.who.account, at=at.now)
    at.record("invited", {"until": until}, enterprise=known.id)
    return WasInvited(known.name, effect.phone, at.policy.links[at.incoming.channel] + token, until)


async def _made(at: OfficeExchange, effect: MakeInvitation) -> Match | None:
    """Return the enterprise; one that is only in the registry is made. None for one outside of the scope."""
    number = effect.enterprise
    if not number:
        entry = await moving.unlisted(at.tx, effect.code, at.scope)
        if entry:
            await history.add_enterprises(at.tx, [entry], at.now)
        number = (await history.find_enterprises(at.tx, [effect.code])).get(effect.code, 0)
    return await moving.enterprise_within(at.tx, number, at.scope)


def _none(then: Event) -> Matches:
    """Return the answer for an enterprise that is not there, or is none of this office's."""
    return Matches((), more=False, then=then)


CARRIED_OUT: dict[type[Effect], Performer] = {
    LookAtStaff: _look_at_staff,
    MoveSeat: _move_seat,
    FindInvited: _find_invited,
    LookAtInvited: _look_at_invited,
    MakeInvitation: _make,
}
