"""Updates on their way to the bot: kept until confirmed, handed out by long polling or sent to a webhook."""

import asyncio
import json
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import aiohttp
import orjson

from tests.botapi.wire import TERMINATED, WEBHOOK_ACTIVE, WEBHOOK_SET, ApiError, Json

_DAY: Final = 86_400.0
_ASKED_FOR: Final = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_LONGEST_RETRY_AFTER: Final = 3600.0


@dataclass(slots=True)
class Pending:
    """An update the bot has not confirmed.

    Attributes:
        update_id: its number.
        body: the JSON text.
        lane: what it is kept in order with: the messages of a chat, or the presses of a person.
        expires: when Telegram gives up on it.
        forced: given out once even if its number counts as confirmed (a repeated update).
    """

    update_id: int
    body: bytes
    lane: str
    expires: float
    forced: bool = False


@dataclass(slots=True)
class Webhook:
    """Where updates are sent, and how it went."""

    url: str
    secret: str
    connections: int
    certificate: bool
    slots: asyncio.Semaphore
    session: aiohttp.ClientSession
    lanes: dict[str, deque[int]] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    error: str = ""
    error_at: float = 0.0
    gone_since: float | None = None


@dataclass(slots=True)
class Updates:
    """The queue of one bot.

    Attributes:
        clock: the time of day, for expiry.
        callback_life: seconds for which Telegram tries to deliver a press.
        retry_delays: pauses after the first, second, ... failure of a webhook; the last one repeats.
        webhook_timeout: seconds a webhook may take to answer.
        gone_after: seconds of unbroken 410 answers after which the webhook is deleted.
        made: all updates ever made, if `keep` is set.
    """

    clock: Callable[[], float] = time.time
    callback_life: float = 150.0
    retry_delays: Sequence[float] = (0, 2, 4, 8, 16, 32, 60)
    webhook_timeout: float = 30.0
    gone_after: float = 23 * 3600.0
    keep: bool = True
    made: list[Json] = field(default_factory=list)
    webhook: Webhook | None = None
    allowed: list[str] | None = None
    _next: int = 1
    _key: int = 0
    _pending: OrderedDict[int, Pending] = field(default_factory=OrderedDict)
    _poll: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        """Return how many updates are not confirmed."""
        return len(self._pending)

    def push(self, kind: str, content: Json, lane: str) -> int:
        """Make an update.

        Args:
            kind: its field, such as `message`.
            content: what the field holds.
            lane: what it is to be kept in order with.

        Returns:
            Its number; 0 if the bot did not ask for this kind.
        """
        if kind not in self.allowed if self.allowed else kind in _ASKED_FOR:
            return 0
        number = self._next
        self._next += 1
        life = self.callback_life if kind == "callback_query" else _DAY
        self._queue({"update_id": number, kind: content}, lane, life)
        return number

    def push_raw(self, update: Json) -> int:
        """Send any object as an update; one with an `update_id` keeps it, even an old one."""
        forced = "update_id" in update
        if not forced:
            update = {"update_id": self._next, **update}
            self._next += 1
        self._queue(update, "raw", _DAY, forced=forced)
        number: int = update["update_id"]
        return number

    async def poll(self, offset: int, limit: int, timeout: float) -> bytes:  # noqa: ASYNC109 - its name in the Bot API
        """Answer getUpdates.

        Returns:
            A JSON array; empty if nothing came in time.

        Raises:
            ApiError: 409 if a webhook is set, another poll takes over, or a webhook is set meanwhile.
        """
        if self.webhook is not None:
            raise ApiError(409, WEBHOOK_ACTIVE)
        self.interrupt(TERMINATED)
        self._confirm(offset)
        limit_at = time.monotonic() + timeout
        while not (batch := self._take(limit)) and (left := limit_at - time.monotonic()) > 0:
            self._poll = waiting = asyncio.get_running_loop().create_future()
            try:
                await asyncio.wait_for(waiting, left)
            except TimeoutError:
                break
            finally:
                if self._poll is waiting:
                    self._poll = None
        return b"[%b]" % b",".join(batch)

    def interrupt(self, reason: str) -> None:
        """End the running poll, if there is one, with a 409 that says why."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(ApiError(409, reason))
        self._poll = None

    async def set_webhook(self, url: str, secret: str, connections: int, *, certificate: bool) -> None:
        """Send updates to `url` from now on, those that wait first."""
        await self.delete_webhook()
        self.interrupt(WEBHOOK_SET)
        self.webhook = Webhook(
            url,
            secret,
            connections,
            certificate,
            asyncio.Semaphore(connections),
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=self.webhook_timeout),
            ),
        )
        for key, pending in self._pending.items():
            self._enlist(self.webhook, key, pending)

    async def delete_webhook(self) -> None:
        """Stop sending; what is not confirmed waits for a poll or another webhook."""
        webhook, self.webhook = self.webhook, None
        if webhook is None:
            return
        running = webhook.tasks - {asyncio.current_task()}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await webhook.session.close()

    def drop(self) -> None:
        """Forget all updates that wait."""
        self._pending.clear()
        if self.webhook is not None:
            self.webhook.lanes.clear()

    def _queue(self, update: Json, lane: str, life: float, *, forced: bool = False) -> None:
        if self.keep:
            self.made.append(update)
        try:
            body = orjson.dumps(update)
        except TypeError:  # half a surrogate pair: hostile, but JSON can say it
            body = json.dumps(update).encode()
        self._key += 1
        pending = Pending(update["update_id"], body, lane, self.clock() + life, forced)
        self._pending[self._key] = pending
        if self.webhook is not None:
            self._enlist(self.webhook, self._key, pending)
        elif self._poll is not None and not self._poll.done():
            self._poll.set_result(None)

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            while len(self._pending) > -offset:
                self._pending.popitem(last=False)
        while self._pending:
            first = next(iter(self._pending.values()))
            if first.update_id >= offset or first.forced:
                return
            self._pending.popitem(last=False)

    def _take(self, limit: int) -> list[bytes]:
        batch: list[bytes] = []
        late: list[int] = []
        now = self.clock()
        for key, pending in self._pending.items():
            if pending.expires < now:
                late.append(key)
                continue
            pending.forced = False
            batch.append(pending.body)
            if len(batch) == limit:
                break
        for key in late:
            del self._pending[key]
        return batch

    def _enlist(self, webhook: Webhook, key: int, pending: Pending) -> None:
        lane = webhook.lanes.get(pending.lane)
        if lane is not None:
            lane.append(key)
            return
        webhook.lanes[pending.lane] = deque((key,))
        task = asyncio.create_task(self._serve_lane(webhook, pending.lane))
        webhook.tasks.add(task)
        task.add_done_callback(webhook.tasks.discard)

    async def _serve_lane(self, webhook: Webhook, name: str) -> None:
        """Send the updates of one lane one after the other, each until it is taken or expires."""
        lane = webhook.lanes[name]
        failures = 0
        while lane and webhook is self.webhook:
            pending = self._pending.get(lane[0])
            if pending is None or pending.expires < self.clock():
                self._pending.pop(lane.popleft(), None)
                failures = 0
                continue
            async with webhook.slots:
                pause = await self._send(webhook, pending, failures)
            if pause is None:
                self._pending.pop(lane.popleft(), None)
                failures = 0
                continue
            failures += 1
            if webhook is self.webhook:  # it may just have been deleted
                await asyncio.sleep(pause)
        if webhook.lanes.get(name) is lane:
            del webhook.lanes[name]

    async def _send(self, webhook: Webhook, pending: Pending, failures: int) -> float | None:
        """Send once.

        Returns:
            None if the bot took it, otherwise the pause before the next attempt.
        """
        headers = {"Content-Type": "application/json"}
        if webhook.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret
        retry_after = 0.0
        try:
            async with webhook.session.post(
                webhook.url, data=pending.body, headers=headers, allow_redirects=False
            ) as answer:
                await answer.read()
                if answer.ok and answer.status < 300:
                    webhook.gone_since = None
                    return None
                webhook.error = f"Wrong response from the webhook: {answer.status} {answer.reason}"
                with suppress(ValueError):
                    retry_after = min(float(answer.headers.get("Retry-After", "0")), _LONGEST_RETRY_AFTER)
                gone = answer.status == 410
        except TimeoutError:
            webhook.error, gone = "Read timeout expired", False
        except aiohttp.ClientConnectorError:
            webhook.error, gone = "Connection refused", False
        except aiohttp.ClientError:
            webhook.error, gone = "Webhook connection closed", False
        webhook.error_at = self.clock()
        now = time.monotonic()
        if not gone:
            webhook.gone_since = None
        elif webhook.gone_since is None:
            webhook.gone_since = now
        elif now - webhook.gone_since >= self.gone_after:
            await self.delete_webhook()
        return retry_after or self.retry_delays[min(failures, len(self.retry_delays) - 1)]
