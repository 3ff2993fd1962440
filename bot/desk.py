"""The messages of one transaction: what they need is loaded at once, then they are taken one by one."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from bot.channels import Incoming, Sort, button_place
from bot.exchange import Handled, PersonExchange, focus_of
from bot.office import OfficeExchange, office_at
from bot.policy import Policy
from dialogs.texts import DEFAULT_LANGUAGE, LANGUAGES, write_out
from dialogs.turn import text
from storage.chats import leave_later, note_move
from storage.work import Chat, Work

LOG = structlog.get_logger("desk")


class Desk:
    """Takes the messages of a transaction one by one."""

    def __init__(self, work: Work, policy: Policy, now: datetime) -> None:
        """Set up.

        Args:
            work: the transaction's rows.
            policy: what the deployment has decided.
            now: the instant that counts for everything in this transaction.
        """
        self._work, self._policy, self._now = work, policy, now

    async def prepare(self, batch: Sequence[Incoming]) -> None:
        """Load at once what these messages are going to need."""
        await self._work.load_sessions({_chat(one) for one in batch if one.chat}, DEFAULT_LANGUAGE)
        await self._work.heard_from({_chat(one) for one in batch if one.private})
        focused = (focus_of(self._work.sessions[_chat(one)]) for one in batch if one.private)
        await self._work.load_cases({focus for focus in focused if focus})
        await self._work.load_shown({place[0] for one in batch if (place := button_place(one.press))})

    async def handle(self, incoming: Incoming, inbox: int) -> Handled:
        """Take one message: change what follows from it and put the answers into the outbox.

        Args:
            incoming: the message; what it needs was prepared.
            inbox: its id in the inbox.
        """
        if not incoming.chat:
            return Handled(outcome="not a message")
        if incoming.private:
            return await PersonExchange(self._work, self._policy, self._now, incoming, inbox).run()
        if incoming.moved_to:
            await note_move(self._work.tx, incoming.channel, incoming.chat, incoming.moved_to)
            return Handled(outcome="the group has another name now")
        office = await office_at(self._work, self._policy, incoming)
        if office is None and incoming.sort is Sort.ADDED:
            # It may be an admin chat under a new name, of which the word is still to come.
            await leave_later(self._work.tx, incoming.channel, incoming.bot, incoming.chat, self._now)
            return Handled(outcome="not an admin chat: leaves soon")
        if office is None:
            # Whoever put the bot there must not have it listen; an operator who did needs its number for the settings.
            LOG.info("group left", channel=incoming.channel, chat=incoming.chat)
            self._work.post(_chat(incoming), incoming.bot, {"text": "", "leave": True}, self._now)
            return Handled(outcome="not an admin chat: left")
        return await OfficeExchange(self._work, self._policy, self._now, incoming, inbox, office).run()


def _chat(incoming: Incoming) -> Chat:
    return (incoming.channel, incoming.chat)


def apology(language: str) -> str:
    """Return what is said when a message had to be set aside."""
    return write_out(text("set-aside"), language if language in LANGUAGES else DEFAULT_LANGUAGE)
