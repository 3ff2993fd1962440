"""Persons: their number, name and language."""

from bot.effects.account import enter
from bot.exchange import Performer, PersonExchange
from dialogs.account import OtherNumber
from dialogs.conversation import BindPhone, Bound, SetLanguage, SetName
from dialogs.home import Person
from dialogs.turn import Effect, Event
from storage import account, people


async def _bind(at: PersonExchange, effect: BindPhone) -> Event:
    known = at.session.person
    if known is None:
        return await enter(at, effect.phone)
    own = await people.phone_of(at.tx, known.id) or ""
    if own != effect.phone:
        return OtherNumber(effect.phone, own, await account.is_taken(at.tx, effect.phone))
    return Bound(known.name)


async def _name(at: PersonExchange, effect: SetName) -> None:
    await people.set_name(at.tx, at.me.id, effect.name)
    at.session.person = Person(at.me.id, effect.name)
    at.record("name-set", {})


async def _language(at: PersonExchange, effect: SetLanguage) -> None:
    at.session.language = effect.language


CARRIED_OUT: dict[type[Effect], Performer] = {BindPhone: _bind, SetName: _name, SetLanguage: _language}
