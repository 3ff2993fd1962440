"""What happens by the clock and without anybody asking, on APScheduler."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from dialogs.periods import SHANGHAI
from scheduler.clock import Clock
from storage import comparisons, inbox, outbox, seals, sign_in
from storage.database import ConflictError, Database, DatabaseDownError

LOG = structlog.get_logger("ticker")
SEAL_EVERY = 10
"""Seconds between two looks for audit rows to seal."""


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


@contextmanager
def ticker(database: Database, clock: Clock) -> Iterator[None]:
    """Run the jobs at their times. A job that was missed runs once; it does no harm when two processes run it."""
    jobs = AsyncIOScheduler(timezone=SHANGHAI)
    jobs.add_job(
        forget_old,
        CronTrigger(hour=3, minute=10, timezone=SHANGHAI),
        [database, clock],
        coalesce=True,
        misfire_grace_time=None,
    )
    jobs.add_job(seal_audit, IntervalTrigger(seconds=SEAL_EVERY, timezone=SHANGHAI), [database, clock], coalesce=True)
    jobs.start()
    try:
        yield
    finally:
        jobs.shutdown(wait=False)
