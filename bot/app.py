"""Putting the parts together: what runs, in which order it starts, and how it stops."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

from aiohttp import web

from bot.channels import Channel
from bot.delivery import Delivery
from bot.documents import RENDERERS
from bot.policy import Policy
from bot.scratch import clear_scratch
from bot.settings import Settings
from bot.worker import Worker
from dialogs.form import Forms
from dialogs.offices import BUILT_IN, read_directory
from scheduler.broadcaster import Broadcaster
from scheduler.calendar import warn_of_provisional
from scheduler.clock import Clock, SystemClock
from scheduler.planner import Planner
from scheduler.rules import read_rules
from scheduler.ticker import ticker
from storage.database import Database


class Engine:
    """What works on messages: worker, delivery and ticker on one database, for the channels that are in `channels`."""

    def __init__(self, database: Database, clock: Clock, policy: Policy, lease: timedelta) -> None:
        """Set up; nothing runs before `running`.

        Args:
            database: open, with the right schema.
            clock: the clock.
            policy: what the deployment has decided.
            lease: how long an update or a message is this process's alone.
        """
        self.channels: dict[str, Channel] = {}
        self._database, self._clock, self._policy = database, clock, policy
        self.planner = Planner(database, clock, policy.forms, read_rules(), self._offices)
        self.broadcaster = Broadcaster(database, clock, self._offices)
        owner = secrets.token_hex(8)
        self._delivery = Delivery(database, self.channels, clock, owner, lease=lease, renderers=RENDERERS)
        self.worker = Worker(database, self.channels, self._delivery, policy, clock, owner, lease=lease)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[list["asyncio.Task[None]"]]:
        """Work until the block ends; what was said by then is sent before it returns.

        Yields:
            The tasks that must not end by themselves.
        """
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._delivery.close)
            tasks = [_start(stack, loop) for loop in (self._delivery.run(), self.worker.run(), self.worker.recover())]
            await stack.enter_async_context(ticker(self._database, self._clock, self.planner, self.broadcaster))
            yield tasks
            await self.worker.settle()

    def _offices(self) -> Policy:
        return self._policy.serving(self.channels.values())


def _start(stack: AsyncExitStack, loop: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    """Run a loop until the stack is unwound."""
    task = asyncio.create_task(loop)

    async def stop() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(stop)
    return task


@asynccontextmanager
async def application(settings: Settings, *, local: bool) -> AsyncIterator[list["asyncio.Task[None]"]]:
    """Start everything that the settings ask for, and stop it again.

    Args:
        settings: the settings.
        local: with the local web chat, which shows the one-time codes.

    Yields:
        The tasks that must not end by themselves.

    Raises:
        TelegramStartError, SchemaError, DatabaseDownError, FormError, DataFileError, OSError: it cannot be started.
    """
    clear_scratch()
    directory = read_directory(settings.offices) if settings.offices else BUILT_IN
    policy = Policy(Forms.read(), settings.admin_chats, settings.claim_approval, directory)
    clock = SystemClock(settings.start)
    database = Database(settings.database)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        await database.check_schema()
        await warn_of_provisional(database, clock)
        engine = Engine(database, clock, policy, timedelta(seconds=settings.lease_seconds))
        app = web.Application()
        if local:
            from bot.web import WebChat  # noqa: PLC0415 -- a command imports what it needs

            chat = WebChat(database, clock, engine.worker, RENDERERS, local=True)
            engine.channels[chat.name] = chat
            app.add_routes(chat.routes())
            app.on_shutdown.append(chat.close)
        token = settings.telegram_token.get_secret_value()
        if not token:
            tasks = await stack.enter_async_context(engine.running())
            await stack.enter_async_context(_served(app, settings))
            yield tasks
            return

        from bot.telegram import Telegram  # noqa: PLC0415 -- likewise; it is the slowest import of all

        telegram = Telegram(token, settings.telegram_api_url, settings.pace)
        stack.push_async_callback(telegram.close)
        await telegram.open()
        engine.channels[telegram.name] = telegram
        tasks = await stack.enter_async_context(engine.running())
        if settings.telegram_mode == "webhook":
            secret = settings.webhook_secret.get_secret_value()
            app.add_routes([telegram.webhook(settings.webhook_url, secret, engine.worker)])
        await stack.enter_async_context(_served(app, settings))
        if settings.telegram_mode == "webhook":
            await telegram.set_webhook(settings.webhook_url, settings.webhook_secret.get_secret_value())
        else:
            tasks.append(_start(stack, telegram.poll(engine.worker)))
        yield tasks


@asynccontextmanager
async def _served(app: web.Application, settings: Settings) -> AsyncIterator[None]:
    """Serve the application while the block runs; without routes there is nothing to serve."""
    if not app.router.routes():
        yield
        return
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.http_host, settings.http_port).start()
        yield
    finally:
        await runner.cleanup()
