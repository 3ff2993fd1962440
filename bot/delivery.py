"""Sending what is in the outbox: in order per chat, chats side by side, each message as often as its kind allows.

What this process said itself it sends right after the commit, without reading it back. What another process left behind
it claims once that one's lease has run out; its own leases it renews for as long as it works on a message. The outcome
of each try is written down, together with the next transaction that is due anyway. A message that must be tried again
goes back to the outbox, with all that stands behind it in its chat: so nothing overtakes, and every try is counted.

Replies and receipts do not wait for reminders: those are claimed for the next seconds only, have an order of their own
in their chat, and use of the bot's pace (`bot.pace`) what the others leave.

A file is made when it is sent, in a folder that lasts no longer than the sending.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot import documents
from bot.channels import (
    Channel,
    GoneError,
    MovedError,
    Outgoing,
    RetryLaterError,
    TooLargeError,
    UndeliverableError,
    UnknownOutcomeError,
)
from bot.documents import DocumentError, Renderer, Tell
from bot.log import trace
from bot.pace import Pace
from bot.scratch import scratch_folder
from dialogs.texts import DEFAULT_LANGUAGE, write_out
from dialogs.turn import text
from scheduler.clock import Clock
from storage import outbox, outbox_history, pace
from storage.database import ConflictError, Database, DatabaseDownError
from storage.outbox import Kind, Mark, Waiting

LOG = structlog.get_logger("delivery")
Chat = tuple[str, str, bool]
"""Channel, chat, and whether it is about the reminders in it: they have an order of their own."""
MARK_AFTER = 0.05
"""Seconds an outcome waits for a transaction to be written with."""
LOOK_EVERY = 1.0
"""Seconds between two looks for messages that another process left behind, or whose time has come."""
REMINDERS_EVERY = 0.25
"""Likewise while reminders are being sent, of which only a few are claimed ahead."""
REPEAT_AFTER = timedelta(seconds=2)
"""How long a message waits before it is sent again because it is unknown whether it arrived."""
HOLD_BACK = 30.0
"""Seconds for which a chat is held back after messages of it went back; no transaction that missed it lasts longer."""
LONGEST_WAIT = timedelta(seconds=5)
"""Up to this long a chat waits in memory when the channel asks for a pause; for longer pauses the message goes back."""
FILES_AT_A_TIME = 4
"""How many files are made at a time: they need memory and the processor."""


class Delivery:
    """Sends messages and notes what became of them."""

    def __init__(  # noqa: PLR0913 -- the parts it is made of
        self,
        database: Database,
        channels: Mapping[str, Channel],
        clock: Clock,
        owner: str,
        *,
        lease: timedelta,
        renderers: Mapping[str, Renderer],
        at_a_time: int = 64,
    ) -> None:
        """Set up.

        Args:
            database: where the outbox is.
            channels: by name.
            clock: the clock.
            owner: names this process in the outbox.
            lease: how long a message is this process's alone.
            renderers: what makes files, by kind of document.
            at_a_time: how many sends may be under way, and how many of reminders besides.
        """
        self._database, self._channels, self._clock, self._owner, self._lease = database, channels, clock, owner, lease
        self._renderers = renderers
        self._chains: dict[Chat, deque[Waiting]] = {}
        self._leases: dict[int, datetime] = {}
        self._held_back: dict[Chat, float] = {}
        self._sends: set[asyncio.Task[None]] = set()
        self._paces: dict[str, Pace] = {}
        self._slots, self._reminder_slots = asyncio.Semaphore(at_a_time), asyncio.Semaphore(at_a_time)
        self._reminders: dict[int, str] = {}
        self._begins: dict[int, asyncio.Future[None]] = {}
        self._beginner: asyncio.Task[None] | None = None
        self._pauses: dict[str, datetime] = {}
        self._gone = 0
        self._making = asyncio.Semaphore(FILES_AT_A_TIME)
        self._marks: list[Mark] = []
        self._unwritten: set[int] = set()
        self._due = asyncio.Event()
        self._look_at = 0.0
        self._hurry = asyncio.Event()

    def put(self, rows: Sequence[dict[str, Any]]) -> None:
        """Send rows that were just committed in state `sending`; have `run` look for the others at once."""
        for row in rows:
            if row["state"] == "new":
                self._look_now()
            elif row["state"] == "sending":
                waiting = outbox.as_waiting(row)
                if self._is_held_back(_chat(waiting)):
                    # The transaction may not have seen yet that older messages of the chat have to wait.
                    self._give_back(waiting)
                    self._look_now()
                else:
                    self._append(waiting, row["lease_until"])

    def take_marks(self) -> list[Mark]:
        """Return the outcomes that are not written down yet; the caller writes them and says so, or gives them back."""
        marks, self._marks = self._marks, []
        self._due.clear()
        return marks

    def wrote(self, marks: Sequence[Mark]) -> None:
        """Take notice that these outcomes are in the database now."""
        self._unwritten.difference_update(mark.id for mark in marks)

    def give_back(self, marks: Sequence[Mark]) -> None:
        """Take outcomes back that could not be written."""
        self._marks = [*marks, *self._marks]
        if self._marks:
            self._due.set()

    async def run(self) -> None:
        """Write down outcomes that nobody else did, and look for messages that wait; until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                try:
                    await self._write_marks()
                    if self._gone:
                        LOG.warning("out of reach: no reminders until they write again", chats=self._gone)
                        self._gone = 0
                    if loop.time() >= self._look_at and not self._hurry.is_set():
                        self._look_at = loop.time() + self._look_every
                        if await self._claim():
                            # Behind a message that was waiting there is often another one.
                            self._look_at = 0.0
                        elif self._reminders:
                            self._look_at = min(self._look_at, loop.time() + REMINDERS_EVERY)
                except (DatabaseDownError, ConflictError) as error:
                    LOG.warning("outbox waits", cause=str(error))
                    await asyncio.sleep(LOOK_EVERY)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._due.wait(), max(0.01, self._look_at - loop.time()))
                    await asyncio.sleep(MARK_AFTER)
        finally:
            with suppress(DatabaseDownError, ConflictError):
                await self._write_marks()
                await self._leave_shares()

    async def drain(self) -> None:
        """Wait until everything handed over was tried, and write that down. What would have to wait goes back."""
        self._hurry.set()
        try:
            for one in self._paces.values():
                one.clear()
            while self._sends:
                await asyncio.wait(self._sends)
            await self._write_marks()
        finally:
            self._hurry.clear()

    async def close(self) -> None:
        """Stop sending. What was not sent stays in the outbox."""
        tasks = [*self._sends, *filter(None, (self._beginner,))]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def _look_every(self) -> float:
        return min(LOOK_EVERY, self._lease.total_seconds() / 3)

    async def _write_marks(self) -> None:
        marks = self.take_marks()
        if not marks:
            return
        try:
            async with self._database.transaction() as tx:
                await outbox.mark(tx, marks, self._owner)
        except BaseException:
            self.give_back(marks)
            raise
        self.wrote(marks)

    async def _claim(self) -> bool:
        """Renew the leases that run out, claim what may be sent now; return whether there was any."""
        served = {(channel.name, channel.bot): self._pace(channel.name) for channel in self._channels.values()}
        if not served:
            return False
        await self._share()
        now, reminders = self._clock.now(), Counter(self._reminders.values())
        room = {bot: one.room(reminders[bot[0]]) for bot, one in served.items()}
        old = [number for number, until in self._leases.items() if until - now < self._lease * 2 / 3]
        async with self._database.transaction() as tx:
            ours = await outbox.renew(tx, old, self._owner, now + self._lease) if old else set()
            claimed = await outbox.claim(tx, list(served), self._owner, now, self._lease, room)
        for number in self._leases.keys() & ours:
            self._leases[number] = now + self._lease
        for waiting in claimed:
            if waiting.id in self._unwritten:
                # We know what became of it; only the database does not yet.
                continue
            if waiting.tries > waiting.kind.most_tries:
                # Whoever claimed it before us died over it: it may have arrived, and once more would be once too often.
                self._note(Mark(waiting.id, "ambiguous", now, error="no outcome known"))
            else:
                self._append(waiting, now + self._lease)
        return bool(claimed)

    # ---- the pace

    def _pace(self, channel: str) -> Pace:
        if channel not in self._paces:
            self._paces[channel] = Pace(self._channels[channel].limits)
        return self._paces[channel]

    async def _share(self) -> None:
        """Have others know of pauses, and get this process's shares of what may be sent, where it is time for that."""
        for name, one in self._paces.items():
            channel, pause, asks = self._channels.get(name), self._pauses.get(name), one.wants_share
            if channel is None or not (pause or asks):
                continue
            now = self._clock.now()
            async with self._database.transaction() as tx:
                if pause:
                    await pace.pause(tx, name, channel.bot, pause)
                if asks:
                    budget = one.ask(await pace.load(tx, name, channel.bot), self._owner, now)
                    await pace.save(tx, name, channel.bot, budget)
            if asks:
                one.use(now)
            if pause and self._pauses[name] == pause:
                del self._pauses[name]

    async def _leave_shares(self) -> None:
        for name, one in self._paces.items():
            if one.limited and (channel := self._channels.get(name)):
                async with self._database.transaction() as tx:
                    found = await pace.load(tx, name, channel.bot)
                    await pace.save(tx, name, channel.bot, one.leave(found, self._owner, self._clock.now()))

    def _heed(self, waiting: Waiting, after: timedelta) -> None:
        """Pause all reminders of a bot when it is to wait for reasons that are not the chat's own."""
        one = self._pace(waiting.channel)
        if one.explains(waiting.chat) or (waiting.kind is not Kind.REMINDER and not one.limited):
            return
        until = self._clock.now() + after
        if until > self._pauses.setdefault(waiting.channel, until):
            self._pauses[waiting.channel] = until
        if one.pause(after):
            LOG.warning("reminders pause", channel=waiting.channel, seconds=after.total_seconds(), cause="429")
        self._look_now()

    # ---- one chat after the other

    def _append(self, waiting: Waiting, until: datetime) -> None:
        self._leases[waiting.id] = until
        if waiting.kind is Kind.REMINDER:
            self._reminders[waiting.id] = waiting.channel
        chat = _chat(waiting)
        chain = self._chains.get(chat)
        if chain is not None:
            chain.append(waiting)
            return
        self._chains[chat] = deque([waiting])
        task = asyncio.create_task(self._send_chain(chat))
        self._sends.add(task)
        task.add_done_callback(self._sends.discard)

    def _is_held_back(self, chat: Chat) -> bool:
        until = self._held_back.get(chat)
        if until is not None and until <= asyncio.get_running_loop().time():
            del self._held_back[chat]
            return False
        return until is not None

    async def _send_chain(self, chat: Chat) -> None:
        chain = self._chains[chat]
        try:
            while chain:
                if not await self._send(chain[0]):
                    # The chat must wait: what stands behind the message goes back with it, or it would overtake.
                    self._held_back[chat] = asyncio.get_running_loop().time() + HOLD_BACK
                    for waiting in list(chain)[1:]:
                        self._give_back(waiting)
                    break
                chain.popleft()
        finally:
            del self._chains[chat]

    async def _send(self, waiting: Waiting) -> bool:
        """Try to send a message; return whether the chat can go on."""
        now = self._clock.now
        try:
            mark = await self._deliver(waiting)
        except RetryLaterError as error:
            self._give_back(waiting, now() + error.after, str(error))
            return False
        except MovedError as error:
            # Where it is to go now, something may be waiting already.
            self._note(Mark(waiting.id, "new", now(), tries=waiting.tries - 1, chat=error.chat))
            self._look_now()
            return True
        except UndeliverableError as error:
            gone = isinstance(error, GoneError)
            self._gone += gone
            # Of many who are gone there is one line, see `_write_marks`.
            (LOG.info if gone else LOG.warning)("message refused", outbox=waiting.id, cause=str(error))
            self._note(Mark(waiting.id, "failed", now(), error=str(error)[:200], gone=gone))
            return True
        except UnknownOutcomeError as error:
            LOG.warning("outcome unknown", outbox=waiting.id, attempt=waiting.tries, cause=str(error))
        except Exception as error:  # noqa: BLE001 -- a fault of the channel; it must not hold up the chat for good
            LOG.error("send failed", outbox=waiting.id, cause=type(error).__name__, at=trace(error))  # noqa: TRY400
        else:
            self._note(mark)
            return True
        if waiting.tries < waiting.kind.most_tries:
            self._give_back(waiting, now() + REPEAT_AFTER, "no outcome known", tries=waiting.tries)
            return False
        self._note(Mark(waiting.id, "ambiguous", now(), error="no outcome known"))
        return True

    async def _deliver(self, waiting: Waiting) -> Mark:
        """Send, with its file if it is to have one; return what became of it."""
        message = Outgoing.of(waiting.id, waiting.chat, waiting.body, waiting.created_at)
        if "document" not in waiting.body:
            named = await self._patiently(waiting, message)
            return Mark(waiting.id, "sent", self._clock.now(), message=named)
        tell = self._teller(waiting.channel, message, waiting.body["document"].get("progress", ""))
        with scratch_folder() as folder:
            try:
                async with self._making:
                    file = await documents.render(
                        self._renderers, self._database, waiting.id, waiting.body, folder, tell
                    )
                named = await self._patiently(waiting, replace(message, file=file))
            except (DocumentError, TooLargeError) as error:
                await self._say_without(waiting)
                return Mark(waiting.id, "failed", self._clock.now(), error=str(error)[:200])
            except (DatabaseDownError, ConflictError):
                raise RetryLaterError(REPEAT_AFTER) from None
        # For whoever looks at the history: the name is only known to who makes the file.
        return Mark(waiting.id, "sent", self._clock.now(), message=named, body=waiting.body | {"file_name": file.name})

    def _teller(self, channel: str, message: Outgoing, shown: str) -> Tell:
        """Return what tells a chat how far its file is, by editing the message `shown`; all of it before the file goes.

        Nothing is kept of it, and after a failure nothing more is told: it is not worth holding up the file.
        """

        async def tell(words: str) -> None:
            nonlocal shown
            if shown:
                word = replace(message, id=0, text=words, rows=(), edits=shown, protected=False)
                try:
                    async with self._slots:
                        shown = await self._channels[channel].send(word)
                except Exception as error:  # noqa: BLE001 -- whatever it is, the file matters more
                    LOG.debug("progress not told", outbox=message.id, cause=type(error).__name__)
                    shown = ""

        return tell

    async def _say_without(self, waiting: Waiting) -> None:
        """Have the text of a message said without its file, and that there is none.

        Raises:
            RetryLaterError: not now.
        """
        try:
            async with self._database.transaction() as tx:
                chat = (waiting.channel, waiting.bot, waiting.chat)
                language = await outbox_history.language_of(tx, chat) or DEFAULT_LANGUAGE
                told = [waiting.body.get("text", ""), write_out(text("document-failed"), language)]
                body = {name: value for name, value in waiting.body.items() if name != "document"}
                body["text"] = "\n\n".join(filter(None, told))
                await outbox.say_instead(tx, waiting.id, body, self._clock.now())
        except (DatabaseDownError, ConflictError):
            raise RetryLaterError(REPEAT_AFTER) from None
        self._look_now()

    async def _patiently(self, waiting: Waiting, message: Outgoing) -> str:
        """Send, sitting out short pauses that the channel asks for."""
        channel, one = self._channels[waiting.channel], self._pace(waiting.channel)
        reminder = waiting.kind is Kind.REMINDER
        while True:
            if reminder and self._hurry.is_set():
                raise RetryLaterError(timedelta())
            pause = one.chat_waits(waiting.chat)
            if not pause:
                turn = one.turn(reminder=reminder)
                # A reminder's turn comes last: by then it may have to wait after all. A reply waits without a
                # slot, which another channel could use.
                first, then = (self._reminder_slots, turn) if reminder else (turn, self._slots)
                async with first, then:
                    if self._leases[waiting.id] <= self._clock.now():
                        # It took too long to get here: by now somebody else may be sending it.
                        raise RetryLaterError(timedelta())
                    if reminder:
                        await self._begin(waiting)
                    try:
                        return await one.timed(waiting.chat, channel.send(message))
                    except RetryLaterError as error:
                        self._heed(waiting, error.after)
                        pause = error.after
            if reminder or pause > LONGEST_WAIT or self._hurry.is_set():
                raise RetryLaterError(pause)
            # Others may send meanwhile.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), pause.total_seconds())

    async def _begin(self, waiting: Waiting) -> None:
        """Write down that a reminder is being sent now: after a crash it is in doubt, those that only waited are not.

        Raises:
            RetryLaterError: that was not possible, or somebody else has it by now.
        """
        self._begins[waiting.id] = begun = asyncio.get_running_loop().create_future()
        if self._beginner is None or self._beginner.done():
            self._beginner = asyncio.create_task(self._write_begins())
        await begun

    async def _write_begins(self) -> None:
        while self._begins:
            begins, self._begins = self._begins, {}
            marks, ours = self.take_marks(), set[int]()
            try:
                async with self._database.transaction() as tx:
                    await outbox.mark(tx, marks, self._owner)
                    ours = await outbox.begin(tx, list(begins), self._owner)
            except Exception as error:  # noqa: BLE001 -- whatever it is, those that wait must be told
                LOG.warning("reminders wait", cause=type(error).__name__)
                self.give_back(marks)
                ours.clear()
            else:
                self.wrote(marks)
            for number, begun in begins.items():
                if not begun.done():
                    begun.set_result(None) if number in ours else begun.set_exception(RetryLaterError(REPEAT_AFTER))

    def _give_back(
        self, waiting: Waiting, not_before: datetime | None = None, why: str | None = None, *, tries: int | None = None
    ) -> None:
        """Put a message back into the outbox; a try counts only where it is given."""
        before = waiting.tries - 1 if tries is None else tries
        self._note(Mark(waiting.id, "new", self._clock.now(), not_before=not_before, error=why, tries=before))

    def _look_now(self) -> None:
        """Have `run` look for messages that wait, as soon as the outcomes known by now are written."""
        self._look_at = 0.0
        self._due.set()

    def _note(self, mark: Mark) -> None:
        self._leases.pop(mark.id, None)
        self._reminders.pop(mark.id, None)
        self._unwritten.add(mark.id)
        self._marks.append(mark)
        self._due.set()


def _chat(waiting: Waiting) -> Chat:
    return (waiting.channel, waiting.chat, waiting.kind is Kind.REMINDER)
