"""Sending what is in the outbox: in order per chat, chats side by side, each message as often as its kind allows.

What this process said itself it sends right after the commit, without reading it back. What another process left behind
it claims once that one's lease has run out; its own leases it renews for as long as it works on a message. The outcome
of each try is written down, together with the next transaction that is due anyway. A message that must be tried again
goes back to the outbox, with all that stands behind it in its chat: so nothing overtakes, and every try is counted.

A file is made when it is sent, in a folder that lasts no longer than the sending.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot import documents
from bot.channels import (
    Channel,
    MovedError,
    Outgoing,
    RetryLaterError,
    TooLargeError,
    UndeliverableError,
    UnknownOutcomeError,
)
from bot.documents import DocumentError, Renderer, Tell
from bot.log import trace
from bot.scratch import scratch_folder
from dialogs.texts import DEFAULT_LANGUAGE, write_out
from dialogs.turn import text
from scheduler.clock import Clock
from storage import outbox, outbox_history
from storage.database import ConflictError, Database, DatabaseDownError
from storage.outbox import Mark, Waiting

LOG = structlog.get_logger("delivery")
Chat = tuple[str, str]
MARK_AFTER = 0.05
"""Seconds an outcome waits for a transaction to be written with."""
LOOK_EVERY = 1.0
"""Seconds between two looks for messages that another process left behind, or whose time has come."""
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
            at_a_time: how many sends may be under way.
        """
        self._database, self._channels, self._clock, self._owner, self._lease = database, channels, clock, owner, lease
        self._renderers = renderers
        self._chains: dict[Chat, deque[Waiting]] = {}
        self._leases: dict[int, datetime] = {}
        self._held_back: dict[Chat, float] = {}
        self._sends: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(at_a_time)
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
                    if loop.time() >= self._look_at and not self._hurry.is_set():
                        self._look_at = loop.time() + self._look_every
                        if await self._claim():
                            # Behind a message that was waiting there is often another one.
                            self._look_at = 0.0
                except (DatabaseDownError, ConflictError) as error:
                    LOG.warning("outbox waits", cause=str(error))
                    await asyncio.sleep(LOOK_EVERY)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._due.wait(), self._look_every)
                    await asyncio.sleep(MARK_AFTER)
        finally:
            with suppress(DatabaseDownError, ConflictError):
                await self._write_marks()

    async def drain(self) -> None:
        """Wait until everything handed over was tried, and write that down. What would have to wait goes back."""
        self._hurry.set()
        try:
            while self._sends:
                await asyncio.wait(self._sends)
            await self._write_marks()
        finally:
            self._hurry.clear()

    async def close(self) -> None:
        """Stop sending. What was not sent stays in the outbox."""
        for send in self._sends:
            send.cancel()
        await asyncio.gather(*self._sends, return_exceptions=True)

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
        served = [(channel.name, channel.bot) for channel in self._channels.values()]
        if not served:
            return False
        now = self._clock.now()
        old = [number for number, until in self._leases.items() if until - now < self._lease * 2 / 3]
        async with self._database.transaction() as tx:
            ours = await outbox.renew(tx, old, self._owner, now + self._lease) if old else set()
            claimed = await outbox.claim(tx, served, self._owner, now, self._lease)
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

    # ---- one chat after the other

    def _append(self, waiting: Waiting, until: datetime) -> None:
        self._leases[waiting.id] = until
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
            LOG.warning("message refused", outbox=waiting.id, cause=str(error))
            self._note(Mark(waiting.id, "failed", now(), error=str(error)[:200]))
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
        channel = self._channels[waiting.channel]
        while True:
            async with self._slots:
                if self._leases[waiting.id] <= self._clock.now():
                    # It took too long to get here: by now somebody else may be sending it.
                    raise RetryLaterError(timedelta())
                try:
                    return await channel.send(message)
                except RetryLaterError as error:
                    if error.after > LONGEST_WAIT or self._hurry.is_set():
                        raise
                    pause = error.after
            # Others may send meanwhile.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), pause.total_seconds())

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
        self._unwritten.add(mark.id)
        self._marks.append(mark)
        self._due.set()


def _chat(waiting: Waiting) -> Chat:
    return (waiting.channel, waiting.chat)
