"""What a deployment has decided: its forms, its admin chats, and what an office must agree to."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from bot.channels import Channel
from bot.settings import AdminChat
from dialogs.form import Forms
from dialogs.office.authority import CITY
from dialogs.offices import BUILT_IN, Directory


@dataclass(frozen=True, slots=True)
class Policy:
    """The decisions of a deployment.

    Args:
        forms: the versions of the form.
        admin_chats: where administrators work.
        claim_approval: whether an office must agree to a link or claim of somebody whose number is not the registered
            one; otherwise it is told.
        directory: whom to call.
        bots: the bot of each channel that this process serves.
        links: how an invitation begins in each channel, see `bot.channels.Channel.link`.
    """

    forms: Forms
    admin_chats: tuple[AdminChat, ...] = ()
    claim_approval: bool = False
    directory: Directory = BUILT_IN
    bots: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    def serving(self, channels: Iterable[Channel]) -> Self:
        """Return the same decisions for a process that serves these channels."""
        served = tuple(channels)
        bots = {channel.name: channel.bot for channel in served}
        return replace(self, bots=bots, links={channel.name: channel.link for channel in served})

    def offices_of(self, district: str) -> Iterator[AdminChat]:
        """Yield the admin chats of a district; those of the whole city where it has none of its own."""
        own = [chat for chat in self.admin_chats if chat.scope == district]
        yield from own or (chat for chat in self.admin_chats if chat.scope == CITY)
