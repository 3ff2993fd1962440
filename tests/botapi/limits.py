"""Telegram's limits on sending, kept strictly."""

from collections import deque
from dataclasses import dataclass, field
from math import ceil
from typing import Final

_OVERALL: Final = 30
_GROUP: Final = 20
_BURST: Final = 5
_MINUTE: Final = 60.0


@dataclass(slots=True)
class RateLimits:
    """At most 30 messages in any second; 1 a second to a chat, but for a burst of five; 20 in any minute to a group.

    Telegram says of a chat "avoid sending more than one message a second" and "short bursts" pass; of groups and of all
    chats together it says no such thing.
    """

    _sent: deque[float] = field(default_factory=lambda: deque(maxlen=_OVERALL))
    _chats: dict[int, float] = field(default_factory=dict)
    """When a chat would have been quiet long enough for another whole burst."""
    _groups: dict[int, deque[float]] = field(default_factory=dict)

    def refuse(self, chat: int, *, group: bool, now: float) -> int:
        """Count a message to `chat` at `now`, or refuse it without counting.

        Returns:
            0 if it may be sent, otherwise the seconds of `retry_after`.
        """
        rested = max(self._chats.get(chat, now), now)
        wait = rested - now - (_BURST - 1)
        if len(self._sent) == _OVERALL:
            wait = max(wait, self._sent[0] + 1 - now)
        lately = self._groups.setdefault(chat, deque(maxlen=_GROUP)) if group else None
        if lately is not None and len(lately) == _GROUP:
            wait = max(wait, lately[0] + _MINUTE - now)
        if wait > 0:
            return ceil(wait)
        self._chats[chat] = rested + 1
        self._sent.append(now)
        if lately is not None:
            lately.append(now)
        return 0
