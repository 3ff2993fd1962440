"""What happens by the clock and without anybody asking, on APScheduler."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from dialogs.periods import SHANGHAI
from scheduler.broadcaster import Broadcaster
from scheduler.calendar import warn_of_provisional
from scheduler.clock import Clock
from scheduler.planner import Planner
from storage import comparisons, inbox, outbox, seals, sign_in
from storage.database import ConflictError, Database, DatabaseDownError

LOG = structlog.get_logger("ticker")
SEAL_EVERY = 10
"""Seconds between two looks for audit rows to seal."""
PLAN_EVERY = 30
"""Seconds between two looks for reminders that are due."""
BROADCAST_EVERY = 2
"""Seconds between two looks at what offices have sent to many."""


async def forget_old(database: Database, clock: Clock) -> None:
    """Delete what nobody needs any more: messages that were dealt with long ago, one-time codes that ran out."""
    async with database.transaction() as tx:
        updates = await inbox.forget_old(tx, clock.now())
        messages = await outbox.forget_old(tx, clock.now())
        await sign_in.forget_expired(tx, clock.now())
        await comparisons.forget_old(tx, clock.now())
        dead = await inbox.count_dead(tx)
    LOG.info("old messages deleted", updates=updates, messages=messages, set_aside=dead)


async def seal_audit(database: Database, clock: Clock) -> None:
    """Seal the audit rows that came since the last time, see `storage.seals`. What cannot be now is done next time."""
    try:
        async with database.transaction() as tx:
            up_to = await seals.settled(tx)
        while up_to is not None:
            async with database.transaction() as tx:
                seal = await seals.add_seal(tx, up_to, clock.now())
            if seal is None:
                break
            # Where logs are kept elsewhere, these are the digests that a chain made anew would not have.
            LOG.info("audit sealed", last=seal.last, rows=seal.rows, digest=seal.digest)
    except (ConflictError, DatabaseDownError) as error:
        LOG.debug("audit not sealed now", cause=str(error))


@asynccontextmanager
async def ticker(database: Database, clock: Clock, planner: Planner, broadcaster: Broadcaster) -> AsyncIterator[None]:
    """Run the jobs at their times. A job that was missed runs once; it does no harm when two processes run it.

    Args:
        database: open, with the right schema.
        clock: the clock.
        planner: of the reminders; whatever became due while nothing ran is looked for at once.
        broadcaster: of what offices have sent to many.
    """
    under_way: set[asyncio.Task[None] | None] = set()

    async def run(job: Callable[..., Awaitable[None]], *args: object) -> None:
        task = asyncio.current_task()
        under_way.add(task)
        try:
            await job(*args)
        finally:
            under_way.discard(task)

    jobs = AsyncIOScheduler(timezone=SHANGHAI)
    nightly = CronTrigger(hour=3, minute=10, timezone=SHANGHAI)
    jobs.add_job(run, nightly, [forget_old, database, clock], coalesce=True, misfire_grace_time=None)
    jobs.add_job(run, nightly, [warn_of_provisional, database, clock], coalesce=True, misfire_grace_time=None)
    every = IntervalTrigger(seconds=SEAL_EVERY, timezone=SHANGHAI)
    jobs.add_job(run, every, [seal_audit, database, clock], coalesce=True)
    every = IntervalTrigger(seconds=PLAN_EVERY, timezone=SHANGHAI)
    at_once = datetime.now(SHANGHAI)
    jobs.add_job(run, every, [planner.tick], next_run_time=at_once, coalesce=True, misfire_grace_time=None)
    every = IntervalTrigger(seconds=BROADCAST_EVERY, timezone=SHANGHAI)
    jobs.add_job(run, every, [broadcaster.tick], coalesce=True)
    jobs.start()
    try:
        yield
    finally:
        jobs.shutdown(wait=False)
        # Those are cancelled now. They give back what they hold of the database before somebody closes it.
        await asyncio.sleep(0)
        await asyncio.gather(*filter(None, under_way), return_exceptions=True)
