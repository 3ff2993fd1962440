"""How fast a bot sends: within the limits of its messenger, together with other processes, replies first.

A bot has as many permits as it may send messages a second. A send needs one, and gives it back a second after it is
over: so no second, wherever it is laid, sees more than are allowed, however long the way is. The permits are divided
among the processes (`storage.pace`) about once a second; sending itself asks no database. Reminders are spread evenly
over the second, which makes a permit come free every few milliseconds, and a reply that waits gets the next one.
"""

import asyncio
import heapq
import math
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.channels import Limits, RetryLaterError
from storage.pace import Budget, Share

SHARE_LASTS: Final = timedelta(seconds=5)
"""After a crash the permits of a process are lost to the others for that long."""
SECOND: Final = 1.005
"""How long after a send its permit comes back: clocks do not agree to the millisecond."""
AHEAD: Final = 1
"""For so many seconds reminders are claimed ahead: in the end one process should not have all that is left."""
MOST_AHEAD: Final = 200
"""How many reminders are claimed ahead where there is no limit."""
_RESERVE: Final = 4
"""A process keeps permits ready for half as many replies as the last second has seen; this part of all at most."""
_AT_LEAST: Final = 3
"""So many permits a process has for replies, however few it sends, as long as there are enough for all."""
_MINUTE: Final = 60.0
_AT_ONCE: Final = nullcontext()


def divide(permits: int, replies: Mapping[str, int]) -> dict[str, int]:
    """Return how many permits each process is to have: twice what it needs for replies, and its part of the rest.

    Args:
        permits: how many there are.
        replies: how many replies each process sent a second lately.
    """
    needs = {owner: 2 * count + _AT_LEAST for owner, count in sorted(replies.items())}
    total = sum(needs.values())
    if total > permits:
        # Whoever has none could not even say that it needs some.
        return {owner: max(1, permits * need // total) for owner, need in needs.items()}
    each, more = divmod(permits - total, len(needs))
    return {owner: need + each + (place < more) for place, (owner, need) in enumerate(needs.items())}


class _Chat:
    """What a chat has got lately: when it could take a whole burst again, and of a group the newest times."""

    __slots__ = ("rested_at", "sent")

    def __init__(self, at: float, most: int) -> None:
        self.rested_at = at
        self.sent: deque[float] = deque(maxlen=most)


class Pace:
    """What this process may send now by one bot."""

    def __init__(self, limits: Limits) -> None:
        """Set up; where there are limits nothing can be sent before the first share is there."""
        self._limits = limits
        self._held = self._granted = self._ready = 0
        self._free_at: datetime | None = None
        self._cooling: list[float] = []
        self._valid_until = -math.inf
        self._asked_at = -math.inf
        self._replies: deque[asyncio.Future[None]] = deque()
        self._reminders: deque[asyncio.Future[None]] = deque()
        self._replied: deque[float] = deque()
        self._next_reminder = -math.inf
        self._paused_until = -math.inf
        self._fastest = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._chats: OrderedDict[str, _Chat] = OrderedDict()

    # ---- sending

    def chat_waits(self, chat: str) -> timedelta:
        """Return how long a chat has to wait before it may get another message."""
        if not (found := self._chats.get(chat)):
            return timedelta()
        wait = found.rested_at - _now() - (self._limits.burst - 1)
        if found.sent and len(found.sent) == self._limits.group_per_minute:
            wait = max(wait, found.sent[0] + _MINUTE - _now())
        return timedelta(seconds=max(0.0, wait))

    def explains(self, chat: str) -> bool:
        """Return whether a refusal may be the chat's own: it has got other messages lately."""
        found = self._chats.get(chat)
        return bool(found and (found.rested_at > _now() + 1.0 or len(found.sent) > 1))

    def turn(self, *, reminder: bool) -> AbstractAsyncContextManager[None]:
        """Return a context that is entered when a message may be sent, and left when it was.

        Raises:
            RetryLaterError: reminders are to wait for longer (raised on entering).
        """
        return self._permit(reminder=reminder) if self.limited or reminder else _AT_ONCE

    @asynccontextmanager
    async def _permit(self, *, reminder: bool) -> AsyncIterator[None]:
        if reminder and self._paused_until > _now():
            raise self._pause()
        if not self.limited:
            yield
            return
        turn = asyncio.get_running_loop().create_future()
        (self._reminders if reminder else self._replies).append(turn)
        self._hand_out()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._ready += 1
                self._hand_out()
            raise
        try:
            yield
        finally:
            fastest = self._fastest if self._fastest < math.inf else 0.0
            heapq.heappush(self._cooling, _now() + SECOND - min(fastest, 1.0))
            self._hand_out()

    async def timed(self, chat: str, sending: Awaitable[str]) -> str:
        """Send within a turn, and note for the chat that something was."""
        if not self.limited:
            return await sending
        begin = _now()
        noted = self._note(chat, begin)
        try:
            named = await sending
            # As long as that the way takes at least, there and back: a send cannot arrive sooner after another one.
            self._fastest = min(self._fastest, _now() - begin)
            return named
        finally:
            noted.rested_at += _now() - begin
            if noted.sent:
                noted.sent[-1] = _now()

    def _note(self, chat: str, at: float) -> "_Chat":
        while self._chats and next(iter(self._chats.values())).rested_at < at - _MINUTE:
            self._chats.popitem(last=False)
        noted = self._chats.setdefault(chat, _Chat(at, self._limits.group_per_minute))
        self._chats.move_to_end(chat)
        noted.rested_at = max(noted.rested_at, at) + 1.0
        if self._limits.is_group(chat):
            noted.sent.append(at)
        return noted

    def _hand_out(self) -> None:
        """Let those go whose turn it is, and come back when it is the next one's."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        now = _now()
        while self._cooling and self._cooling[0] <= now:
            heapq.heappop(self._cooling)
            self._ready += 1
        if now >= self._valid_until:
            return
        while self._ready and (turn := self._next(now)):
            self._ready -= 1
            turn.set_result(None)
        times = self._cooling[:1]
        if self._reminders and self._ready > self._reserve(now):
            times.append(self._next_reminder)
        if times and (self._replies or self._reminders):
            self._timer = asyncio.get_running_loop().call_at(min(times), self._hand_out)

    def _next(self, now: float) -> "asyncio.Future[None] | None":
        while self._replies:
            if not (turn := self._replies.popleft()).done():
                self._replied.append(now)
                return turn
        while self._reminders and self._reminders[0].done():
            self._reminders.popleft()
        if not self._reminders or now < self._next_reminder or self._ready <= self._reserve(now):
            return None
        step = 1.0 / self._held
        # What comes late is made up for, but not in a burst: the permits of a burst come back in one, too.
        self._next_reminder = max(self._next_reminder, now - step) + step
        return self._reminders.popleft()

    def _reserve(self, now: float) -> int:
        # One reply now and then gets the next permit soon enough.
        return min(self._replies_lately(now) // 2, self._held // _RESERVE)

    def _replies_lately(self, now: float) -> int:
        while self._replied and self._replied[0] < now - 1.0:
            self._replied.popleft()
        return len(self._replied)

    # ---- reminders

    def room(self, waiting: int) -> int:
        """Return how many more reminders may be claimed when so many wait in this process already."""
        if self._paused_until > _now():
            return 0
        most = AHEAD * self._held if self.limited else MOST_AHEAD
        # A few at a time would be many transactions.
        return most - waiting if waiting <= most // 2 else 0

    def pause(self, length: timedelta) -> bool:
        """Send no reminders for that long, and have those that wait come again then; return whether this is news."""
        news = self._paused_until <= _now()
        self._paused_until = max(self._paused_until, _now() + length.total_seconds())
        self._refuse(self._pause())
        return news

    def clear(self) -> None:
        """Send those reminders back that wait, as this process ends."""
        self._refuse(RetryLaterError(timedelta()))

    def _pause(self) -> RetryLaterError:
        return RetryLaterError(timedelta(seconds=max(0.0, self._paused_until - _now())))

    def _refuse(self, error: RetryLaterError) -> None:
        while self._reminders:
            if not (turn := self._reminders.popleft()).done():
                turn.set_exception(error)

    # ---- sharing with other processes

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        return bool(self._limits.per_second)

    @property
    def wants_share(self) -> bool:
        """Whether it is time to ask for a share, for the first time or again."""
        return self.limited and _now() >= self._asked_at + 1.0

    def ask(self, found: Budget, owner: str, now: datetime) -> Budget:
        """Return the budget as it is to be stored; what this process gives up it does not use any more from here on.

        Args:
            found: as it was stored.
            owner: names this process in it.
            now: the time.
        """
        self._asked_at = _now()
        if found.paused_until and found.paused_until > now:
            self.pause(found.paused_until - now)
        others = {name: share for name, share in found.shares.items() if name != owner and share.until > now}
        permits, lately = self._limits.per_second, self._replies_lately(self._asked_at)
        # What was needed a moment ago may be needed again.
        before = found.shares[owner].replies if owner in found.shares else 0
        lately = max(lately, before - max(1, before // 4))
        wanted = divide(permits, {owner: lately} | {name: share.replies for name, share in others.items()})[owner]
        wanted = min(wanted, max(0, permits - sum(share.held for share in others.values())))
        free_at = self._give_up(self._held - wanted, found.free_at, now)
        self._granted, self._free_at = max(wanted, self._held), free_at
        mine = Share(self._granted, lately, now + SHARE_LASTS)
        return replace(found, shares=others | {owner: mine}, free_at=free_at)

    def use(self, now: datetime) -> None:
        """Use what was asked for, as it is stored by now.

        Args:
            now: the time when it was asked for.
        """
        wait = (self._free_at - now).total_seconds() if self._free_at else 0.0
        for _ in range(self._granted - self._held):
            heapq.heappush(self._cooling, self._asked_at + wait)
        self._held = self._granted
        # Sends that began in time may be counted when the share is somebody else's already.
        self._valid_until = self._asked_at + SHARE_LASTS.total_seconds() - 2.0
        self._hand_out()

    def leave(self, found: Budget, owner: str, now: datetime) -> Budget:
        """Return the budget without this process, which sends nothing any more."""
        self._valid_until = -math.inf
        free_at = self._give_up(self._held, found.free_at, now)
        others = {name: share for name, share in found.shares.items() if name != owner}
        return replace(found, shares=others, free_at=free_at)

    def _give_up(self, count: int, free_at: datetime | None, now: datetime) -> datetime | None:
        """Give up so many permits, but none that is in use; return from when on they are free."""
        if count <= 0:
            return free_at
        at_once = min(count, self._ready)
        self._ready -= at_once
        self._held -= at_once
        for _ in range(min(count - at_once, len(self._cooling))):
            ready_at = now + timedelta(seconds=heapq.heappop(self._cooling) - _now())
            self._held -= 1
            free_at = max(free_at or ready_at, ready_at)
        return free_at


def _now() -> float:
    return asyncio.get_running_loop().time()
