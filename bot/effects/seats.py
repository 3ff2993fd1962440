"""The seat: claimed, handed over, taken up by an invitation."""

from bot.effects.requests import ask_office, needs_approval
from bot.exchange import Performer, PersonExchange
from dialogs import seats
from dialogs.places import CannotOpen
from dialogs.seats import (
    Associates,
    GiveSeat,
    InvitationDead,
    Invited,
    ListAssociates,
    LookAtInvitation,
    LookAtSeat,
    SeatAsked,
    SeatClaimed,
    SeatFree,
    SeatGiven,
    SeatTaken,
    TakeSeat,
    UseInvitation,
)
from dialogs.turn import Effect, Event
from storage import invitations, people


async def _look(at: PersonExchange, effect: LookAtSeat) -> Event:
    return await _seat(at, effect.enterprise)


async def _seat(at: PersonExchange, enterprise: int) -> Event:
    seat = await people.seat_of(at.tx, enterprise, at.me.id)
    if seat is None:
        return CannotOpen("link")
    if seat.holder is None:
        return SeatFree(enterprise, seat.name)
    return SeatTaken(enterprise, seat.name, seat.reporter, seat.district, seat.holder == at.me.id)


async def _take(at: PersonExchange, effect: TakeSeat) -> Event:
    enterprise = effect.enterprise
    await at.work.lock_enterprise(enterprise)
    seat = await people.seat_of(at.tx, enterprise, at.me.id)
    if seat is None or seat.holder is not None:
        return await _seat(at, enterprise)
    invited = await invitations.was_invited(at.tx, enterprise, at.me.id)
    approval = not invited and await needs_approval(at, seat.code)
    if approval and at.policy.claim_approval:
        await ask_office(at, "seat", seat.code, seat.name, seat.district, enterprise=enterprise)
        return SeatAsked(seat.name)
    await people.take_seat(at.tx, enterprise, at.me.id, at.now)
    at.record("seat-taken", {}, enterprise=enterprise)
    await at.work.forget_case(enterprise)
    if approval:
        await ask_office(at, "seat", seat.code, seat.name, seat.district, enterprise=enterprise, told_only=True)
    return SeatClaimed(enterprise, seat.name)


async def _associates(at: PersonExchange, effect: ListAssociates) -> Event:
    seat = await people.seat_of(at.tx, effect.enterprise, at.me.id)
    if seat is None or seat.holder != at.me.id:
        return CannotOpen("seat")
    others = await people.associates_of(at.tx, effect.enterprise, but=at.me.id)
    return Associates(effect.enterprise, seat.name, others, effect.person)


async def _give(at: PersonExchange, effect: GiveSeat) -> Event:
    enterprise = effect.enterprise
    await at.work.lock_enterprise(enterprise)
    seat = await people.seat_of(at.tx, enterprise, at.me.id)
    if seat is None or seat.holder != at.me.id:
        return CannotOpen("seat")
    others = await people.associates_of(at.tx, enterprise, but=at.me.id)
    to = next((one for one in others if one.id == effect.person), None)
    if to is None:
        return Associates(enterprise, seat.name, others)
    await people.move_seat(at.tx, enterprise, to.id, at.now)
    at.record("seat-transferred", {"from": at.me.id, "to": to.id}, enterprise=enterprise)
    await at.work.forget_case(enterprise)
    await at.tell(to.id, seats.told_new_reporter(enterprise, seat.name), enterprise=enterprise)
    return SeatGiven(seat.name, to.name)


async def _invitation(at: PersonExchange, effect: LookAtInvitation) -> Event:
    found = await invitations.find(at.tx, effect.invitation, at.me.id, at.now)
    return Invited(effect.invitation, found.name) if found else InvitationDead()


async def _accept(at: PersonExchange, effect: UseInvitation) -> Event:
    found = await invitations.use(at.tx, effect.invitation, at.me.id, at.now)
    if found is None:
        return InvitationDead()
    await people.link_person(at.tx, found.enterprise, at.me.id, at.now)
    at.record("invitation-used", {}, enterprise=found.enterprise)
    return await _seat(at, found.enterprise)


CARRIED_OUT: dict[type[Effect], Performer] = {
    LookAtSeat: _look,
    TakeSeat: _take,
    ListAssociates: _associates,
    GiveSeat: _give,
    LookAtInvitation: _invitation,
    UseInvitation: _accept,
}
