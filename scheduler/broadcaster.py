"""What offices have sent to many: the people are found and written to, and the office sees how far it is.

Any number of processes may work on a broadcast, and any of them may die over it: the messages of some people and the
note how far it is are one transaction. The messages are sent like all others, and never a second time.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from dialogs.office.broadcasting import Kind, notice_body, progress_page, reminder_body
from dialogs.periods import Period
from dialogs.written import bodies_of
from scheduler.clock import Clock
from scheduler.planner import Offices
from storage import broadcasts, chats, reminders
from storage.broadcasts import Broadcast
from storage.database import ConflictError, Database, DatabaseDownError, Transaction

LOG = structlog.get_logger("broadcaster")
A_CHUNK = 500
"""How many people are dealt with in one transaction."""
TELL_EVERY = timedelta(seconds=5)
"""How often the office is told at most: a group takes twenty messages a minute, and orders want their answers."""


class Broadcaster:
    """Plans broadcasts and tells how far they are, when it is asked to."""

    def __init__(self, database: Database, clock: Clock, offices: Callable[[], Offices]) -> None:
        """Set up.

        Args:
            database: open, with the right schema.
            clock: the clock.
            offices: returns through which bots people can be told something now.
        """
        self._database, self._clock, self._offices = database, clock, offices

    async def tick(self) -> None:
        """Go on with what is under way. What cannot be done now is done the next time."""
        try:
            bots = self._offices().bots
            async with self._database.transaction() as tx:
                numbers = await broadcasts.under_way(tx, bots)
            for number in numbers:
                more = True
                while more:
                    more = await self._plan(number)
                    # Who waits for the database, or for this process, is first.
                    await asyncio.sleep(0)
                await self._report(number)
        except (ConflictError, DatabaseDownError) as error:
            LOG.debug("broadcasts wait", cause=str(error))

    async def _plan(self, number: int) -> bool:
        """Plan the next people of a broadcast; return whether there may be more."""
        async with self._database.transaction() as tx:
            found = await broadcasts.take(tx, number)
            if found is None or found.state != "planning":
                return False
            people = await broadcasts.next_people(tx, found, A_CHUNK)
            planned = await self._write_to(tx, found, people) if people else 0
            await broadcasts.move_on(tx, found, people[-1] if people else None, planned)
        if people:
            LOG.info("broadcast planned", broadcast=number, people=planned)
        return bool(people)

    async def _write_to(self, tx: Transaction, found: Broadcast, people: list[int]) -> int:
        """Put a message for each of these people into the outbox who can be reached; return how many these are."""
        bots, now, wanted = self._offices().bots, self._clock.now(), found.wanted
        where = await reminders.newest_chats(tx, people, bots)
        due = await broadcasts.enterprises(tx, wanted, people) if found.kind is Kind.REMIND else {}
        period = Period.parse(wanted.audience.period)
        rows = []
        for person in people:
            chat, mine = where.get(person), due.get(person)
            if chat and mine:
                body = reminder_body(period, wanted.closes, now, mine, chat.language)
                rows.append((person, chat, bots[chat.channel], body))
            elif chat and found.kind is Kind.BROADCAST:
                rows.append((person, chat, bots[chat.channel], notice_body(found.words, chat.language)))
        await broadcasts.post(tx, found, rows, now)
        return len(rows)

    async def _report(self, number: int) -> None:
        """Tell the office how far a broadcast is, unless it was told just now; at the end what became of it."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            found = await broadcasts.take(tx, number)
            if found is None:
                return
            if found.state == "stopped":
                await broadcasts.stop(tx, found)
            told = await broadcasts.told(tx, found)
            progress = await broadcasts.progress(tx, found, now)
            if told.waits or not (progress.over or now - found.told_at >= TELL_EVERY):
                return
            where = await chats.current(tx, found.channel, found.chat)
            page = progress_page(number, found.kind, found.wanted.audience, progress)
            (body,) = bodies_of(page, where.language)
            if progress.over or body["text"] != told.text:
                # Where the message is gone, another one has taken its place.
                await broadcasts.tell(tx, found, where, body | {"edits": told.message or found.message}, now)
            if progress.over:
                await broadcasts.record_end(tx, found, await broadcasts.end(tx, found, progress, now), now)
        if progress.over:
            LOG.info("broadcast ended", broadcast=number, sent=progress.sent, ambiguous=progress.ambiguous)
