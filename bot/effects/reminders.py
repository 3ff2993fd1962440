"""Being left alone: until tomorrow, or for the month."""

from bot.exchange import Performer, PersonExchange
from dialogs.periods import deadline, due_period
from dialogs.reminders import Hush, Hushed, HushOver
from dialogs.turn import Effect, Event
from scheduler.calendar import load_calendar
from scheduler.planner import tomorrow, years_around
from storage import reminders


async def _hush(at: PersonExchange, effect: Hush) -> Event:
    period = due_period(at.now)
    form = at.policy.forms.in_force(period)
    if form is None or effect.period != str(period):
        return HushOver(effect.period)
    closes = deadline(period, form.deadline_day)
    if not effect.whole and at.now >= closes:
        return HushOver(effect.period)
    until = None
    if not effect.whole:
        until = tomorrow(await load_calendar(at.tx, years_around(at.now)), at.now)
    await reminders.leave_alone(at.tx, at.me.id, period, until)
    at.record("hushed", {"until": until and until.isoformat()}, period=period)
    return Hushed(effect.period, until, closes)


CARRIED_OUT: dict[type[Effect], Performer] = {Hush: _hush}
