"""Messages of an office to many: counted, started, stopped. They go out by the clock, see `scheduler.broadcaster`."""

from bot.exchange import Performer
from bot.office import OfficeExchange
from dialogs.office.broadcasting import (
    AudienceCounted,
    BroadcastGoes,
    BroadcastOver,
    CountAudience,
    Progress,
    StartBroadcast,
    StopSending,
)
from dialogs.periods import Period
from dialogs.turn import Effect, Event
from storage import broadcasts, chats
from storage.broadcasts import Place, Wanted


async def _count(at: OfficeExchange, effect: CountAudience) -> Event:
    people, reachable = await broadcasts.count(at.tx, _wanted(at, effect), at.policy.bots)
    return AudienceCounted(effect, people, reachable)


async def _start(at: OfficeExchange, effect: StartBroadcast) -> Event:
    asked, audience = effect.asked, effect.asked.audience
    wanted = _wanted(at, asked)
    people, reachable = await broadcasts.count(at.tx, wanted, at.policy.bots)
    if not reachable or at.who is None:
        return AudienceCounted(asked, people, reachable)
    place = Place(at.incoming.channel, at.incoming.bot, at.incoming.chat, at.incoming.message)
    number = await broadcasts.start(at.tx, asked.kind, wanted, asked.words, place, at.who.account, at.now)
    if number is None:
        return BroadcastOver("started")
    at.record(
        "broadcast-asked",
        {
            "broadcast": number,
            "kind": asked.kind,
            "district": audience.district,
            "category": audience.category,
            "status": audience.status,
            "people": reachable,
        },
        period=Period.parse(audience.period),
    )
    return BroadcastGoes(number, asked.kind, audience, Progress(planning=True, left=0))


async def _stop(at: OfficeExchange, effect: StopSending) -> Event:
    found = await broadcasts.take(at.tx, effect.broadcast, wait=True)
    if found is None or found.state == "stopped":
        return BroadcastOver("over")
    asked_in = await chats.current(at.tx, found.channel, found.chat)
    wanted = found.wanted
    covered = at.scope is None or (wanted.scope is not None and all(map(at.covers, wanted.scope)))
    if (asked_in.channel, asked_in.chat) != (at.incoming.channel, at.incoming.chat) or not covered:
        return BroadcastOver("over")
    stopped = await broadcasts.stop(at.tx, found)
    period = Period.parse(wanted.audience.period)
    at.record("broadcast-stopped", {"broadcast": found.id, "people": stopped}, period=period)
    found = await broadcasts.take(at.tx, effect.broadcast, wait=True) or found
    progress = await broadcasts.progress(at.tx, found, at.now)
    if progress.over:
        # What the press is answered is the summary.
        at.record("broadcast-done", await broadcasts.end(at.tx, found, progress, at.now), period=period)
    return BroadcastGoes(found.id, found.kind, wanted.audience, progress)


def _wanted(at: OfficeExchange, asked: CountAudience) -> Wanted:
    """Return whose reporters are meant: within the scope, whatever district a button names."""
    named = asked.audience.district
    scope = at.scope
    if named:
        scope = (named,) if at.covers(named) else ()
    return Wanted(asked.audience, scope, asked.closes)


CARRIED_OUT: dict[type[Effect], Performer] = {
    CountAudience: _count,
    StartBroadcast: _start,
    StopSending: _stop,
}
