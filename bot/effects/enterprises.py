"""Enterprises: compared with the registry, linked, listed, unlinked."""

from typing import Any

from bot.effects.requests import ask_office, needs_approval
from bot.exchange import Performer, PersonExchange
from dialogs.enterprises import (
    Card,
    Compare,
    Compared,
    EndLink,
    EnterpriseFound,
    Enterprises,
    LinkAsked,
    Linked,
    LinkEnterprise,
    Linking,
    ListEnterprises,
    LookAtEnterprise,
    Unlinked,
)
from dialogs.people import comparable
from dialogs.periods import due_period
from dialogs.places import CannotOpen
from dialogs.turn import Effect, Event
from storage import comparisons, people
from storage.registry import find_registered


async def _compare(at: PersonExchange, effect: Compare) -> Event:
    tries = await comparisons.tries_left(at.tx, at.me.id, effect.code, at.now)
    if tries.left <= 0:
        return Compared(None, 0)
    # Looked up in any case: how long a refusal takes says nothing either.
    found = await find_registered(at.tx, effect.code)
    told = (comparable(effect.name), comparable(effect.representative))
    if found and not tries.blocked and told == (comparable(found.name), comparable(found.representative)):
        return Compared(found, tries.left)
    await comparisons.note_failure(at.tx, at.me.id, effect.code, at.now)
    at.record("compare-failed", {"code": effect.code})
    return Compared(None, tries.left - 1)


async def _link(at: PersonExchange, effect: LinkEnterprise) -> Event:
    linking = effect.linking
    basics = basics_of(linking)
    approval = await needs_approval(at, linking.code)
    if approval and at.policy.claim_approval:
        kept = {name: getattr(linking, name) for name in Linking.__slots__ if name != "asking"}
        await ask_office(at, "link", basics.code, basics.name, basics.district, detail=kept)
        return LinkAsked(linking.name)
    number = await people.link_enterprise(at.tx, basics, at.me.id, at.now)
    at.record("linked", {"code": linking.code}, enterprise=number)
    if approval:
        await ask_office(at, "link", basics.code, basics.name, basics.district, enterprise=number, told_only=True)
    return Linked(number, linking.name)


def basics_of(linking: Linking | dict[str, Any]) -> people.Basics:
    """Return the basic data that a person gave."""
    told = linking if isinstance(linking, dict) else {name: getattr(linking, name) for name in Linking.__slots__}
    return people.Basics(told["code"], told["name"], told["district"], told["category"], told["address"], told["phone"])


async def _list(at: PersonExchange, effect: ListEnterprises) -> Event:
    # A report that was saved in this very transaction counts.
    await at.work.write_reports()
    cards = await people.linked_enterprises(at.tx, at.me.id, due=str(due_period(at.now)))
    return Enterprises(cards, effect.to_fill, effect.page)


async def _look(at: PersonExchange, effect: LookAtEnterprise) -> Event:
    card = await _card(at, effect.enterprise)
    return EnterpriseFound(card, effect.unlink) if card else CannotOpen("link")


async def _end(at: PersonExchange, effect: EndLink) -> Event:
    await at.work.lock_enterprise(effect.enterprise)
    card = await _card(at, effect.enterprise)
    if card is None:
        return CannotOpen("link")
    if card.seat == "mine":
        return EnterpriseFound(card, unlink=True)
    await people.end_link(at.tx, effect.enterprise, at.me.id, at.now)
    at.record("unlinked", {}, enterprise=effect.enterprise)
    return Unlinked(card.name)


async def _card(at: PersonExchange, enterprise: int) -> Card | None:
    cards = await people.linked_enterprises(at.tx, at.me.id, enterprise)
    return cards[0] if cards else None


CARRIED_OUT: dict[type[Effect], Performer] = {
    Compare: _compare,
    LinkEnterprise: _link,
    ListEnterprises: _list,
    LookAtEnterprise: _look,
    EndLink: _end,
}
