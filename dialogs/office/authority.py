"""Who may do what in an admin chat.

Authority is a role, and the scope of the chat, which every query carries: what lies outside of it does not exist there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from dialogs.form import Forms
from dialogs.offices import DISTRICTS
from dialogs.turn import Event

CITY = "city"
"""The scope of the service centre: all districts."""
CONFIRM_WITHIN = timedelta(minutes=10)
"""How long what was shown before a change can be confirmed."""


class Role(StrEnum):
    """What somebody is in an admin chat."""

    ADMINISTRATOR = "administrator"
    VIEWER = "viewer"


class Action(StrEnum):
    """What can be done in an admin chat."""

    HELP = "help"
    DECIDE = "decide"
    RETURN = "return"
    TRANSFER = "transfer"
    INVITE = "invite"
    STATUS = "status"
    MISSING = "missing"
    FIND = "find"
    VIEW = "view"
    EXPORT = "export"
    REMIND = "remind"
    BROADCAST = "broadcast"
    AUDIT = "audit"


_ALL = frozenset(Role)
_CHANGING = frozenset({Role.ADMINISTRATOR})

MAY: Mapping[Action, frozenset[Role]] = {
    Action.HELP: _ALL,
    Action.DECIDE: _CHANGING,
    Action.RETURN: _CHANGING,
    Action.TRANSFER: _CHANGING,
    Action.INVITE: _CHANGING,
    Action.STATUS: _ALL,
    Action.MISSING: _ALL,
    Action.FIND: _ALL,
    Action.VIEW: _ALL,
    # Files hold whole phone numbers and everybody's figures.
    Action.EXPORT: _CHANGING,
    Action.AUDIT: _CHANGING,
    Action.REMIND: _CHANGING,
    Action.BROADCAST: _CHANGING,
}
"""Which roles may do what."""


@dataclass(frozen=True, slots=True)
class Administrator:
    """Somebody who is known in an admin chat: the messenger's name of the account as channel:user, role and scope."""

    account: str
    role: Role
    scope: str

    @property
    def districts(self) -> tuple[str, ...] | None:
        """The districts within the scope; None for all."""
        return None if self.scope == CITY else (self.scope,)

    def may(self, action: Action) -> bool:
        """Return whether the role allows that."""
        return self.role in MAY[action]


@dataclass(frozen=True, slots=True)
class OfficeFacts:
    """What a step must know.

    Args:
        now: when it is, aware.
        who: who acts; None for somebody whom the chat's settings do not name.
        forms: the versions of the form.
    """

    now: datetime
    who: Administrator | None
    forms: Forms = field(default_factory=lambda: Forms(()))


@dataclass(frozen=True, slots=True)
class Confirmation(Event):
    """A change that was shown is to be made: by who asked for it, and within `CONFIRM_WITHIN`.

    Args:
        by: the account that asked.
        until: the last moment, as ISO 8601 writes it.
    """

    by: str
    until: str

    def is_late(self, now: datetime) -> bool:
        """Return whether it comes too late."""
        return now > datetime.fromisoformat(self.until)


def asked_by(facts: OfficeFacts) -> tuple[str, str]:
    """Return what the fields of a `Confirmation` begin with, for what is shown now."""
    return facts.who.account if facts.who else "", (facts.now + CONFIRM_WITHIN).isoformat()


def is_scope(scope: str) -> bool:
    """Return whether that is a scope: the city, or one of its districts."""
    return scope == CITY or scope in DISTRICTS
