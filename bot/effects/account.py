"""The account: what is stored, another number, another person's device, the end of it."""

from datetime import datetime

from bot.exchange import Performer, PersonExchange
from dialogs import account as dialog
from dialogs.account import (
    AccountFound,
    ChangeNumber,
    CloseAccount,
    LookAtAccount,
    NumberChanged,
    OtherNumber,
    SwitchAccount,
)
from dialogs.conversation import Bound
from dialogs.offices import Office
from dialogs.turn import Effect, Event, Page
from storage import account, chats, inbox, outbox, people
from storage.chats import KnownChat
from storage.work import Chat


async def _look(at: PersonExchange, effect: LookAtAccount) -> Event:
    stored = await account.stored_about(at.tx, at.me.id)
    cards = await people.linked_enterprises(at.tx, at.me.id)
    days = (inbox.KEPT_FOR.days, outbox.KEPT_FOR.days)
    return AccountFound(stored.phone, stored.name, stored.since, stored.accounts, cards, days, effect.closing)


async def _change(at: PersonExchange, effect: ChangeNumber) -> Event:
    own = await people.phone_of(at.tx, at.me.id) or ""
    if own != effect.phone:
        if await account.is_taken(at.tx, effect.phone):
            return OtherNumber(effect.phone, own, taken=True)
        await account.change_phone(at.tx, at.me.id, effect.phone)
        at.record("phone-changed", {"channel": at.session.chat[0]})
        await tell_others(at, dialog.told_new_number(*_where(at)))
    return NumberChanged(effect.phone)


async def _switch(at: PersonExchange, effect: SwitchAccount) -> Event:
    if not await account.is_taken(at.tx, effect.phone):
        return OtherNumber(effect.phone, await people.phone_of(at.tx, at.me.id) or "", taken=False)
    return await enter(at, effect.phone)


async def enter(at: PersonExchange, phone: str) -> Event:
    """Make this account that of the person with that verified number, and tell the person's other devices."""
    channel, user = at.session.chat
    at.session.person = await people.bind_phone(at.tx, channel, user, phone, at.now)
    at.record("phone-verified", {"channel": channel})
    await tell_others(at, dialog.told_new_device(*_where(at)))
    return Bound(at.session.person.name)


async def _close(at: PersonExchange, _: CloseAccount) -> None:
    others = await elsewhere(at)
    at.record("account-closed", {})
    closed = await account.close(at.tx, at.me.id, await _offices(at), at.now)
    at.work.forget_person(closed.chats, closed.words, account.GONE)
    for chat in others:
        at.post(chat, dialog.told_closed(*_where(at)))
    for left in closed.left:
        await at.work.forget_case(left.id)
        await at.tell_office(left.district, dialog.told_office(left.name, left.code), enterprise=left.id)


async def _offices(at: PersonExchange) -> set[Chat]:
    """Return all admin chats, under the name in the settings and under the one they have now."""
    found: set[Chat] = set()
    for office in at.policy.admin_chats:
        now = await chats.current(at.tx, office.channel, str(office.chat))
        found |= {(office.channel, str(office.chat)), (now.channel, now.chat)}
    return found


def _where(at: PersonExchange) -> tuple[str, datetime, Office]:
    """Return what the others are told: where it happened, when, and whom to call."""
    return at.session.chat[0], at.now, at.policy.directory.center


async def elsewhere(at: PersonExchange) -> list[KnownChat]:
    """Return the person's other chats."""
    return [one for one in await chats.chats_of(at.tx, at.me.id) if (one.channel, one.chat) != at.session.chat]


async def tell_others(at: PersonExchange, page: Page) -> None:
    """Tell the person's other chats something that has no buttons, at whatever hour."""
    for chat in await elsewhere(at):
        at.post(chat, page)


CARRIED_OUT: dict[type[Effect], Performer] = {
    LookAtAccount: _look,
    ChangeNumber: _change,
    SwitchAccount: _switch,
    CloseAccount: _close,
}
