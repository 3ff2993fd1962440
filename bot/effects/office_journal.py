"""The journal of an enterprise, for administrators."""

from dataclasses import replace

from bot.exchange import Performer
from bot.office import OfficeExchange
from dialogs.office.journal import Entry, JournalRead, ReadJournal
from dialogs.office.orders import Matches
from dialogs.turn import Effect, Event
from storage import journal, moving


async def _read(at: OfficeExchange, effect: ReadJournal) -> Event:
    await at.work.write_audit()
    known = await moving.enterprise_within(at.tx, effect.asked.enterprise, at.scope)
    if known is None:
        return Matches((), more=False, then=effect.asked)
    asked, entries, more = await journal.journal(at.tx, effect.asked, at.scope)
    return JournalRead(asked, known.name, tuple(_placed(at, entry) for entry in entries), more)


def _placed(at: OfficeExchange, entry: Entry) -> Entry:
    """Return the entry with the scope of an admin chat in the place of its name."""
    if not entry.actor:
        return entry
    scopes = (chat.scope for chat in at.policy.admin_chats if f"{chat.channel}:{chat.chat}" == entry.where)
    return replace(entry, where=next(scopes, ""))


CARRIED_OUT: dict[type[Effect], Performer] = {ReadJournal: _read}
