"""What happens by the clock and without anybody asking, on APScheduler."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from dialogs.periods import SHANGHAI
from scheduler.clock import Clock
from storage import inbox, outbox, sign_in
from storage.database import Database

LOG = structlog.get_logger("ticker")


async def forget_old(database: Database, clock: Clock) -> None:
    """Delete what nobody needs any more: messages that were dealt with long ago, one-time codes that ran out."""
    async with database.transaction() as tx:
        updates = await inbox.forget_old(tx, clock.now())
        messages = await outbox.forget_old(tx, clock.now())
        await sign_in.forget_expired(tx, clock.now())
        dead = await inbox.count_dead(tx)
    LOG.info("old messages deleted", updates=updates, messages=messages, set_aside=dead)


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
    jobs.start()
    try:
        yield
    finally:
        jobs.shutdown(wait=False)
