"""From update to answer: everything that waits is taken into one transaction; what fails there is taken by itself.

An update is committed before it is acknowledged. Usually the answer is committed with it; when something goes wrong,
the updates are committed alone first and then worked on one by one, so that one poisoned message holds up nobody.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from bot.attachment import FileWantedError, fetch
from bot.channels import Attached, Channel, Incoming
from bot.delivery import Delivery
from bot.desk import Desk, apology
from bot.exchange import Handled
from bot.log import trace
from bot.policy import Policy
from scheduler.clock import Clock
from storage import inbox, outbox
from storage.database import ConflictError, Database, DatabaseDownError, Transaction
from storage.inbox import Arrival, Claimed
from storage.outbox import Kind
from storage.work import Session, Work

LOG = structlog.get_logger("worker")
MOST_AT_ONCE = 200
LOOK_EVERY = 5.0
"""Seconds between two looks for updates that were committed but not worked on."""
CONFLICTS = 20
"""How often a step is run again because somebody was quicker; then the update waits for its lease to run out."""


@dataclass(slots=True)
class _Handover:
    incoming: Sequence[Incoming]
    taken: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Worker:
    """Takes updates over from the channels (`bot.channels.Intake`) and works on them."""

    def __init__(  # noqa: PLR0913, PLR0917 -- the parts it is made of
        self,
        database: Database,
        channels: Mapping[str, Channel],
        delivery: Delivery,
        policy: Policy,
        clock: Clock,
        owner: str,
        *,
        lease: timedelta,
    ) -> None:
        """Set up.

        Args:
            database: where everything is.
            channels: by name.
            delivery: what sends the answers.
            policy: what the deployment has decided.
            clock: the clock.
            owner: names this process.
            lease: how long an update or a message is this process's alone.
        """
        self._database, self._channels, self._delivery = database, channels, delivery
        self._policy, self._clock, self._owner, self._lease = policy, clock, owner, lease
        self._handovers: asyncio.Queue[_Handover] = asyncio.Queue()
        self._acknowledgements: set[asyncio.Task[None]] = set()
        self._fetches: set[asyncio.Task[None]] = set()

    async def take(self, incoming: Sequence[Incoming]) -> None:
        """Take updates over; when this returns they are committed.

        Raises:
            DatabaseDownError: they are not.
        """
        if incoming:
            handover = _Handover(incoming)
            self._handovers.put_nowait(handover)
            await handover.taken

    async def run(self) -> None:
        """Work on what comes in, until cancelled."""
        while True:
            handovers = [await self._handovers.get()]
            while not self._handovers.empty() and sum(len(one.incoming) for one in handovers) < MOST_AT_ONCE:
                handovers.append(self._handovers.get_nowait())
            try:
                await self._take_all([one for handover in handovers for one in handover.incoming])
            except DatabaseDownError as error:
                LOG.error("updates not taken", cause=str(error))  # noqa: TRY400 -- the cause is one line
                _refuse(handovers, error)
            except Exception as error:  # noqa: BLE001 -- this loop must go on; the channel will offer the updates again
                LOG.error("updates not taken", cause=_brief(error), at=trace(error))  # noqa: TRY400 -- without its text
                _refuse(handovers, DatabaseDownError(_brief(error)))
            else:
                for handover in handovers:
                    if not handover.taken.done():
                        handover.taken.set_result(None)

    async def recover(self) -> None:
        """Work on updates that were committed but not answered, by this process or one that died; until cancelled."""
        while True:
            try:
                await self._work_on_all()
            except DatabaseDownError as error:
                LOG.warning("inbox waits", cause=str(error))
            except Exception as error:  # noqa: BLE001 -- this loop must go on
                LOG.error("inbox waits", cause=_brief(error), at=trace(error))  # noqa: TRY400 -- without its text
            await asyncio.sleep(min(LOOK_EVERY, self._lease.total_seconds()))

    async def settle(self) -> None:
        """Wait until everything that follows from what was taken has been sent."""
        await asyncio.gather(*self._fetches)
        await asyncio.gather(*self._acknowledgements)
        await self._delivery.drain()

    # ---- everything at once

    async def _take_all(self, batch: Sequence[Incoming]) -> None:
        marks = self._delivery.take_marks()
        try:
            async with self._database.transaction() as tx:
                await outbox.mark(tx, marks, self._owner)
                behind = await inbox.waiting_chats(tx)
                at_once = [one for one in batch if (one.channel, one.chat) not in behind]
                later = [one for one in batch if (one.channel, one.chat) in behind]
                now = self._clock.now()
                await inbox.add(tx, [_arrival(one) for one in later], "new", now)
                fresh = await inbox.add(tx, [_arrival(one) for one in at_once], "done", now)
                new = [(fresh[key], one) for one in _once(at_once) if (key := _key(one)) in fresh]
                handled, rows = await self._converse(tx, new)
        except Exception as error:
            self._delivery.give_back(marks)
            if isinstance(error, DatabaseDownError):
                raise
            # Whatever it is, each message gets its own chance.
            LOG.info("taken one by one", updates=len(batch), cause=_brief(error))
            await self._keep(batch)
            await self._work_on_all()
            return
        except BaseException:
            self._delivery.give_back(marks)
            raise
        self._delivery.wrote(marks)
        self._answer(handled, rows)
        if later:
            await self._work_on_all()

    async def _converse(
        self, tx: Transaction, batch: Sequence[tuple[int, Incoming]]
    ) -> tuple[list[tuple[Incoming, Handled]], list[dict[str, object]]]:
        now = self._clock.now()
        work = Work(tx, self._owner, now + self._lease)
        desk = Desk(work, self._policy.serving(self._channels.values()), now)
        await desk.prepare([incoming for _, incoming in batch])
        handled = [(incoming, number, await desk.handle(incoming, number)) for number, incoming in batch]
        rows = await work.flush()
        await inbox.note_outcomes(tx, {number: done.outcome for _, number, done in handled if done.outcome})
        return [(incoming, done) for incoming, _, done in handled], rows

    def _answer(self, handled: Sequence[tuple[Incoming, Handled]], rows: Sequence[dict[str, object]]) -> None:
        self._delivery.put(rows)
        for incoming, done in handled:
            if incoming.press_id:
                channel = self._channels[incoming.channel]
                task = asyncio.create_task(channel.acknowledge(incoming, done.notice))
                self._acknowledgements.add(task)
                task.add_done_callback(self._acknowledgements.discard)

    # ---- one by one

    async def _keep(self, batch: Sequence[Incoming]) -> None:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            await inbox.add(tx, [_arrival(one) for one in batch], "new", now)

    async def _work_on_all(self) -> None:
        while await self._work_singly():
            pass

    async def _work_singly(self) -> bool:
        """Work on updates that wait, one a chat, each in a transaction of its own; return whether there were any."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            claimed = await inbox.claim(tx, tuple(self._channels), now, self._lease)
        for one in claimed:
            await self._work_on(one)
        return bool(claimed)

    async def _work_on(self, claimed: Claimed, attached: Attached | None = None) -> None:
        incoming = self._channels[claimed.arrival.key[0]].read(claimed.arrival.payload)
        if incoming and attached:
            incoming = replace(incoming, attached=attached)
        tries, conflicts = claimed.tries, 0
        while incoming is not None and tries <= inbox.TRIES:
            try:
                async with self._database.transaction() as tx:
                    if not await inbox.finish(tx, claimed.id):
                        return
                    handled, rows = await self._converse(tx, [(claimed.id, incoming)])
            except DatabaseDownError:
                raise
            except FileWantedError as wanted:
                task = asyncio.create_task(self._fetch(claimed, incoming, wanted))
                self._fetches.add(task)
                task.add_done_callback(self._fetches.discard)
                return
            except ConflictError as error:
                # Somebody was quicker; the step is pure and is run again on what is there now.
                LOG.info("run again", inbox=claimed.id, cause=str(error))
                conflicts += 1
                if conflicts > CONFLICTS:
                    return
                await asyncio.sleep(0.01 * conflicts)
                continue
            except Exception as error:  # noqa: BLE001 -- whatever it is, it must not hold up the chat
                cause, at = _brief(error), trace(error)
                LOG.error("update failed", inbox=claimed.id, attempt=tries, cause=cause, at=at)  # noqa: TRY400
            else:
                self._answer(handled, rows)
                return
            tries += 1
        await self._set_aside(claimed, incoming)

    async def _fetch(self, claimed: Claimed, incoming: Incoming, wanted: FileWantedError) -> None:
        """Fetch the file of an update and work on it with that. Who else writes does not wait; who is behind does."""
        channel = self._channels[incoming.channel]
        try:
            # Half of the lease: there must be time to work on it before another process does.
            await self._work_on(claimed, await fetch(channel, incoming, wanted, self._lease / 2))
            await self._work_on_all()
        except DatabaseDownError as error:
            LOG.warning("inbox waits", cause=str(error))
        except Exception as error:  # noqa: BLE001 -- its lease runs out, and it is worked on again
            LOG.error("inbox waits", cause=_brief(error), at=trace(error))  # noqa: TRY400 -- without its text

    async def _set_aside(self, claimed: Claimed, incoming: Incoming | None) -> None:
        """Put a poisoned update away, and tell the person that it changed nothing."""
        LOG.error("update set aside", inbox=claimed.id)
        now = self._clock.now()
        async with self._database.transaction() as tx:
            if not await inbox.finish(tx, claimed.id, "dead", "failed" if incoming else "unreadable"):
                return
            work = Work(tx, self._owner, now + self._lease)
            if incoming and incoming.private:
                session = await self._session_of(work, incoming)
                work.say(session, incoming.bot, Kind.REPLY, {"text": apology(session.language)}, now)
            rows = await work.flush()
        self._delivery.put(rows)

    @staticmethod
    async def _session_of(work: Work, incoming: Incoming) -> Session:
        chat = (incoming.channel, incoming.chat)
        try:
            await work.load_sessions([chat], "")
        except ValueError:
            # The session itself cannot be read. The apology takes its turn behind whatever waits in the chat.
            return Session(chat, "", {}, reachable=False)
        return work.sessions[chat]


def _refuse(handovers: Sequence[_Handover], error: DatabaseDownError) -> None:
    for handover in handovers:
        if not handover.taken.done():
            handover.taken.set_exception(error)


def _key(incoming: Incoming) -> inbox.UpdateKey:
    return (incoming.channel, incoming.bot, incoming.update)


def _once(batch: Sequence[Incoming]) -> list[Incoming]:
    """Return the batch without updates that are in it twice."""
    return list({_key(one): one for one in reversed(batch)}.values())[::-1]


def _arrival(incoming: Incoming) -> Arrival:
    return Arrival(_key(incoming), incoming.chat, incoming.payload)


def _brief(error: Exception) -> str:
    """Return what went wrong without what it went wrong with: that may be somebody's figures."""
    return str(error) if isinstance(error, ConflictError) else type(error).__name__
