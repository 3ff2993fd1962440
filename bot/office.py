"""A message in an admin chat: who sent it, what that person may do there, what follows.

Authority is the chat, the account and the role that the settings give it there, never membership of a group; somebody
who speaks in the name of a group is nobody. What is not an admin chat is left without a word.
"""

from datetime import datetime

from bot.channels import Incoming, Sort
from bot.exchange import Exchange
from bot.policy import Policy
from bot.settings import AdminChat
from dialogs.office.authority import Administrator, OfficeFacts, Role
from dialogs.office.chat import Ordered, step
from dialogs.periods import Period
from dialogs.report import Report
from dialogs.turn import Event, Turn
from storage import chats
from storage.work import Work


async def office_at(work: Work, policy: Policy, incoming: Incoming) -> AdminChat | None:
    """Return the admin chat that a message came from, None for any other group.

    A group that the messenger gave another name is the one that it was.
    """
    own = [chat for chat in policy.admin_chats if chat.channel == incoming.channel]
    for chat in own:
        if str(chat.chat) == incoming.chat:
            return chat
    for chat in own:
        if (await chats.current(work.tx, chat.channel, str(chat.chat))).chat == incoming.chat:
            return chat
    return None


def administrator(chat: AdminChat, incoming: Incoming) -> Administrator | None:
    """Return who sent a message to an admin chat; None for somebody whom its settings do not name."""
    if incoming.anonymous or incoming.forwarded:
        return None
    account = f"{incoming.channel}:{incoming.user}"
    if incoming.user in map(str, chat.admins):
        return Administrator(account, Role.ADMINISTRATOR, chat.scope)
    if incoming.user in map(str, chat.viewers):
        return Administrator(account, Role.VIEWER, chat.scope)
    return None


class OfficeExchange(Exchange[None]):
    """A message in an admin chat."""

    def __init__(  # noqa: PLR0913, PLR0917 -- one more than every exchange has
        self, work: Work, policy: Policy, now: datetime, incoming: Incoming, inbox: int, chat: AdminChat
    ) -> None:
        """Set up, see `Exchange`; `chat` is what the settings say of it."""
        super().__init__(work, policy, now, incoming, inbox)
        self.who = administrator(chat, incoming)

    @property
    def scope(self) -> tuple[str, ...] | None:
        """The districts that may be seen and acted for; None for all, and none for somebody without authority."""
        return self.who.districts if self.who else ()

    def covers(self, district: str) -> bool:
        """Return whether a district lies within the scope."""
        return self.scope is None or district in self.scope

    async def _take(self) -> None:
        event = await self._event()
        if event is not None:
            await self._play(None, event)

    async def _event(self) -> Event | None:
        """Return what happened; None for what is said in a group among people."""
        incoming = self.incoming
        match incoming.sort:
            case Sort.PRESS:
                return self.pressed()[0]
            case Sort.TEXT | Sort.FILE if incoming.words.startswith("/"):
                return Ordered(incoming.words, attached=incoming.sort is Sort.FILE)
            case Sort.TEXT if incoming.replied:
                asked = await chats.reply_meant(self.tx, incoming.channel, incoming.chat, incoming.replied)
                return Event.unpack([*asked[:-1], incoming.words]) if asked else None
            case _:
                return None

    def _step(self, state: None, event: Event) -> Turn[None]:  # noqa: ARG002 -- see `Exchange`
        return step(event, OfficeFacts(self.now, self.who, self.policy.forms))

    def _note(self, before: None, after: None, event: Event) -> None:
        """Keep nothing."""

    def _about(self, state: None) -> Report | None:  # noqa: ARG002 -- see `Exchange`
        return None

    def record(
        self, action: str, detail: object, *, enterprise: int | None = None, period: Period | None = None
    ) -> None:
        """Record what this administrator did, see `Exchange.record`."""
        self.work.record(
            self.now,
            action,
            detail,
            person=None,
            inbox=self._inbox,
            enterprise=enterprise,
            period=period,
            actor=self.who.account if self.who else None,
            chat=f"{self.incoming.channel}:{self.incoming.chat}",
        )
