"""Whom to call, and the form that is to be filled."""

from bot.exchange import Performer, PersonExchange
from dialogs.directory import DistrictsFound, FindDistricts, FindForm, FormFound
from dialogs.turn import Effect, Event
from storage import people


async def _districts(at: PersonExchange, effect: FindDistricts) -> Event:
    cards = await people.linked_enterprises(at.tx, at.me.id)
    return DistrictsFound(effect.wanted, tuple(card.district for card in cards))


async def _form(at: PersonExchange, effect: FindForm) -> Event:
    return FormFound(effect.wanted, effect.period, at.policy.forms.in_force(effect.period))


CARRIED_OUT: dict[type[Effect], Performer] = {FindDistricts: _districts, FindForm: _form}
