"""The emulator itself: HTTP in front of the world."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal, Self
from urllib.parse import parse_qsl, unquote

import orjson
from aiohttp import web
from multidict import CIMultiDict

from tests.botapi.control import Control
from tests.botapi.faults import Fault, Faults
from tests.botapi.limits import RateLimits
from tests.botapi.methods import Methods, Request, Upload
from tests.botapi.updates import Updates
from tests.botapi.users import Phone
from tests.botapi.wire import NOT_STARTED, ApiError, Json, bad_request
from tests.botapi.world import Account, Chat, World

_LARGEST_BODY: Final = 64 * 1024 * 1024
_FIRST_PERSON: Final = 5_000_000_001
_FIRST_GROUP: Final = 1_000_000_001
_JSON: Final = {"Content-Type": "application/json"}
_HTML: Final = {"Content-Type": "text/html"}
_NOT_UTF8: Final = "strings must be encoded in UTF-8"


@dataclass(slots=True)
class Call:
    """One call as it arrived and what became of it.

    Attributes:
        method: its name as the bot wrote it.
        parameters: as they arrived; of a file its name and size.
        at: when it arrived, by the emulator's clock.
        code: the HTTP status sent; 0 as long as it runs, or if the bot never got an answer.
        result: what the method returned (None if refused), also when the answer was lost; of getUpdates the JSON text.
        error: the refusal's text.
        fault: the fault that struck, if any.
    """

    method: str
    parameters: Json
    at: float
    code: int = 0
    result: object = None
    error: str = ""
    fault: str = ""

    @property
    def done(self) -> bool:
        """Whether it took effect, whatever the bot was told."""
        return self.result is not None


class BotApi:
    """A Bot API on 127.0.0.1 for one bot.

        async with BotApi() as api:
            phone = api.phone("王芳")
            app = Application.builder().token(api.token).base_url(api.base_url).base_file_url(api.base_file_url)

    Attributes:
        token: the bot's token.
        world: accounts, chats and files.
        updates: the queue of updates and the webhook.
        faults: add faults here.
        latency: seconds added before every call but getUpdates.
        calls: all calls in order, empty if `record` is off.
        counts: number of calls by method.
    """

    def __init__(
        self,
        token: str = "7000000001:AAEmulatorEmulatorEmulatorEmulator0",  # noqa: S107 - opens nothing but this emulator
        *,
        port: int = 0,
        username: str = "tianbao_test_bot",
        record: bool = True,
        strict_limits: bool = False,
        privacy: bool = True,
        latency: float = 0.0,
        clock: Callable[[], float] = time.time,
        callback_life: float = 150.0,
        retry_delays: Sequence[float] = (0, 2, 4, 8, 16, 32, 60),
        webhook_timeout: float = 30.0,
        gone_after: float = 23 * 3600.0,
    ) -> None:
        """Prepare; `async with` starts and stops it.

        Args:
            token: the only token accepted.
            port: TCP port; 0 for a free one.
            username: the bot's name in groups.
            record: keep every call, update and message; off for long measurements.
            strict_limits: answer 429 to a bot that sends too fast.
            privacy: groups show the bot commands and replies only.
            latency: seconds added to every call.
            clock: time of day for dates and expiry, such as a frozen one.
            callback_life: seconds a press can be delivered and answered.
            retry_delays: pauses between deliveries to a failing webhook.
            webhook_timeout: seconds a webhook may take.
            gone_after: seconds of 410 answers that delete a webhook.
        """
        self.token = token
        self.latency = latency
        self.faults = Faults()
        self.calls: list[Call] = []
        self.counts: Counter[str] = Counter()
        self.updates = Updates(clock, callback_life, retry_delays, webhook_timeout, gone_after, keep=record)
        bot = {"id": int(token.partition(":")[0]), "is_bot": True, "first_name": "天保", "username": username}
        self.world = World(bot, self.updates, clock, keep=record, privacy=privacy)
        self._methods = Methods(self.world, RateLimits() if strict_limits else None)
        self._table = self._methods.table()
        self._waiting_table: dict[str, Callable[[Request], Awaitable[object]]] = {
            "getupdates": self._methods.get_updates,
            "setwebhook": self._methods.set_webhook,
            "deletewebhook": self._methods.delete_webhook,
        }
        self._record = record
        self._port = port
        self._prefix = f"/bot{token}/"
        self._files = f"/file/bot{token}/"
        self._control = Control(self)
        self._closing = asyncio.Event()
        self._runner: web.ServerRunner | None = None

    async def __aenter__(self) -> Self:
        """Listen."""
        self._runner = web.ServerRunner(web.Server(self._answer, access_log=None), shutdown_timeout=0.05)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, backlog=1024).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every connection, also those that hang."""
        self._closing.set()
        await self.updates.delete_webhook()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """The root, without a slash at its end."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def base_url(self) -> str:
        """What python-telegram-bot calls `base_url`."""
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        """What python-telegram-bot calls `base_file_url`."""
        return f"{self.url}/file/bot"

    def phone(
        self, name: str = "王芳", *, number: int = 0, phone: str = "", username: str = "", language: str = "zh-hans"
    ) -> Phone:
        """Give a new person a phone, opened at the private chat with the bot, which is not started yet.

        Args:
            name: first name.
            number: user id; 0 for the next free one.
            phone: telephone number; empty for one made from the id.
            username: public name; most have none.
            language: of the app.
        """
        number = number or _FIRST_PERSON + len(self.world.accounts)
        user: Json = {"id": number, "is_bot": False, "first_name": name, "language_code": language}
        chat: Json = {"id": number, "first_name": name, "type": "private"}
        if username:
            user["username"] = chat["username"] = username
        account = Account(user, phone or f"+86139{number % 100_000_000:08d}")
        self.world.accounts[number] = account
        self.world.chats[number] = Chat(chat, closed=NOT_STARTED)
        return Phone(self.world, account, self.world.chats[number])

    def group(
        self,
        title: str = "填报群",
        *,
        kind: Literal["group", "supergroup"] = "supergroup",
        added_by: Phone | None = None,
    ) -> Chat:
        """Make a group with the bot in it; `phone.inside(group)` opens it on somebody's phone.

        Args:
            title: its name.
            kind: small groups can become supergroups, see `migrate`.
            added_by: who added the bot, of which the bot then gets an update.
        """
        number = _FIRST_GROUP + len(self.world.chats)
        number = -1_000_000_000_000 - number if kind == "supergroup" else -number
        chat = self.world.chats[number] = Chat({"id": number, "title": title, "type": kind})
        if added_by is not None:
            self.world.member(chat, added_by.account.user, "left", "member")
        return chat

    def kick(self, chat: Chat, by: Phone) -> None:
        """Throw the bot out of a group."""
        chat.closed = f"Forbidden: bot was kicked from the {chat.kind} chat"
        self.world.member(chat, by.account.user, "member", "kicked")

    def migrate(self, chat: Chat, by: Phone) -> Chat:
        """Turn a group into a supergroup with another id, and return that."""
        new = self.group(chat.json["title"])
        chat.migrated = new.id
        user = by.account.user
        self.world.hear(chat, self.world.post(chat, user, {"migrate_to_chat_id": new.id}))
        self.world.hear(new, self.world.post(new, user, {"migrate_from_chat_id": chat.id}))
        return new

    def topic(self, chat: Chat, title: str, by: Phone) -> int:
        """Begin a topic in a supergroup, which is a forum from then on, and return its number."""
        chat.json["is_forum"] = True
        begun = self.world.post(chat, by.account.user, {"forum_topic_created": {"name": title, "icon_color": 7322096}})
        number: int = begun["message_id"]
        begun |= {"message_thread_id": number, "is_topic_message": True}
        chat.topics[number] = begun
        self.world.hear(chat, begun)
        return number

    def called(self, method: str) -> list[Call]:
        """Return the recorded calls of one method, in order."""
        return [call for call in self.calls if call.method.lower() == method.lower()]

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        if "%" in path:
            path = unquote(path)
        if path.startswith(self._prefix):
            return await self._call(request, path[len(self._prefix) :], query)
        if path.startswith(self._files):
            file = self.world.paths.get(path[len(self._files) :])
            if file is None:
                return _refusal(ApiError(404, "Not Found"))
            return web.Response(body=file.content, headers={"Content-Type": "application/octet-stream"})
        if path.startswith("/_control/"):
            arguments = orjson.loads(await request.read() or b"{}")
            try:
                return _answer(await self._control.obey(path.removeprefix("/_control/"), arguments))
            except (LookupError, TimeoutError, TypeError, ValueError) as problem:
                return _refusal(ApiError(400, f"{type(problem).__name__}: {problem}"))
        token = path.removeprefix("/bot").partition("/")[0]
        known_form = path.startswith("/bot") and token.partition(":")[0].isdecimal() and ":" in token
        return _refusal(ApiError(401, "Unauthorized") if known_form else ApiError(404, "Not Found"))

    async def _call(self, request: web.BaseRequest, method: str, query: str) -> web.StreamResponse:
        name = method.lower()
        call = Call(method, {}, self.world.clock())
        self.counts[method] += 1
        if self._record:
            self.calls.append(call)
        fault: Fault | None = None
        try:
            arguments = await _arguments(request, query)
            call.parameters = arguments.values
            if self._record and arguments.files:
                sizes = {n: {"name": f.name, "size": len(f.content)} for n, f in arguments.files.items()}
                call.parameters = arguments.values | sizes
            if self.latency and name != "getupdates":
                await asyncio.sleep(self.latency)
            fault = self.faults.strike(name, arguments.values)
            if fault is not None:
                call.fault = fault.name
                if fault.stage == "before" and await self._suffer(fault, request):
                    return _lost()
            result = await self._run(name, arguments)
            call.result = result.decode() if isinstance(result, bytes) else result
            if fault is not None and fault.stage == "after" and await self._suffer(fault, request):
                return _lost()
        except ApiError as error:
            call.code = error.code
            call.error = error.description
            return _refusal(error)
        call.code = 200
        return _answer(result)

    async def _run(self, name: str, arguments: Request) -> object:
        if name in self._table:
            return self._table[name](arguments)
        if name in self._waiting_table:
            return await self._waiting_table[name](arguments)
        raise ApiError(404, "Not Found: method not found")

    async def _suffer(self, fault: Fault, request: web.BaseRequest) -> bool:
        """Let a fault happen; return whether the connection is cut."""
        if fault.seconds:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), fault.seconds)
        if fault.error is not None:
            raise fault.error
        if fault.cut and request.transport is not None:
            request.transport.abort()
        return fault.cut


async def _arguments(request: web.BaseRequest, query: str) -> Request:
    """Read the parameters from wherever Telegram allows them: address, form, JSON or multipart."""
    values: Json = {}
    files: dict[str, Upload] = {}
    try:
        if query:
            values.update(parse_qsl(query, keep_blank_values=True, errors="strict"))
        if not request.can_read_body:
            return Request(values)
        kind = request.content_type
        if kind == "multipart/form-data":
            whole = request.clone(client_max_size=_LARGEST_BODY)  # aiohttp's own limit is 1 MB
            for name, part in (await whole.post()).items():
                if isinstance(part, web.FileField):
                    with part.file as file:
                        files[name] = Upload(part.filename, part.content_type, file.read())
                else:
                    values[name] = part if isinstance(part, str) else bytes(part).decode()
        else:
            body = await request.read()
            if kind == "application/json":
                found = orjson.loads(body or b"{}")
                if not isinstance(found, dict):
                    raise bad_request("can't parse JSON object")
                values.update(found)
            else:
                values.update(parse_qsl(body.decode(), keep_blank_values=True, errors="strict"))
    except web.HTTPRequestEntityTooLarge as error:
        raise ApiError(413, "Request Entity Too Large") from error
    except (UnicodeDecodeError, orjson.JSONDecodeError) as error:
        raise bad_request(_NOT_UTF8) from error
    return Request(values, files)


def _answer(result: object) -> web.Response:
    body = result if isinstance(result, bytes) else orjson.dumps(result)
    return web.Response(body=b'{"ok":true,"result":%b}' % body, headers=_JSON)


def _refusal(error: ApiError) -> web.Response:
    if error.code >= 502:
        page = f"<html><head><title>{error.code}</title></head><body>nginx</body></html>"
        return web.Response(status=error.code, body=page.encode(), headers=_HTML)
    answer: Json = {"ok": False, "error_code": error.code, "description": error.description}
    headers = CIMultiDict(_JSON)
    if error.parameters:
        answer["parameters"] = error.parameters
        if "retry_after" in error.parameters:
            headers["Retry-After"] = str(error.parameters["retry_after"])
    return web.Response(status=error.code, body=orjson.dumps(answer), headers=headers)


def _lost() -> web.Response:
    """Return an answer for a connection that is gone; aiohttp finds nobody to send it to."""
    return web.Response()
