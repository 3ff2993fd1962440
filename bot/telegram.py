"""Telegram, through python-telegram-bot: the only module that knows it.

Its own `Updater` is not used: that confirms updates which are in memory only. Here an update is confirmed to Telegram
(by the offset of the next poll, or by the webhook's 200) after it was committed.
"""

import asyncio
import hmac
import json
import os
from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlsplit

import aiohttp
import orjson
import structlog
from aiohttp import web

os.environ.setdefault("PTB_TIMEDELTA", "1")

from telegram import Bot, BotCommand
from telegram.constants import ChatType
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import BaseRequest, RequestData

from bot.channels import (
    NO_LIMITS,
    File,
    GoneError,
    Incoming,
    Intake,
    Limits,
    MovedError,
    Outgoing,
    RetryLaterError,
    SendError,
    Sort,
    TooLargeError,
    UndeliverableError,
    UnknownOutcomeError,
)
from dialogs.conversation import COMMANDS
from dialogs.people import clean, read_mobile
from dialogs.texts import DEFAULT_LANGUAGE, LANGUAGES, write_out
from dialogs.turn import text
from storage.database import DatabaseDownError

LIMITS = Limits(burst=4, group_per_minute=20, is_group=lambda chat: chat.startswith("-"))
"""What Telegram asks of a bot, see https://core.telegram.org/bots/faq; all together is a matter of the settings."""
LOG = structlog.get_logger("telegram")
ALLOWED = ["message", "edited_message", "callback_query", "my_chat_member"]
POLL_SECONDS = 50
CALL_SECONDS = 10.0
FILE_SECONDS = 120.0
"""How long the way of a file may take, up or down."""
MOST_UPLOAD = 50 * 1024 * 1024
_CHUNK = 64 * 1024
_ANONYMOUS = 1_087_968_824
"""Who administrators are that speak in the name of their group."""
_GONE = ("message to edit not found", "message can't be edited", "no text in the message to edit", "message_id_invalid")
"""What Telegram says of a message that cannot be edited any more, in small letters."""
_NOBODY = ("chat not found", "user not found", "peer_id_invalid", "user is deactivated")
"""Likewise of a chat that is not there, or not any more."""
RECONNECT = timedelta(seconds=2)
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 -- the name of a header
_JSON = {"Content-Type": "application/json"}
T = TypeVar("T")


class TelegramStartError(Exception):
    """Telegram refuses to work with these settings; the message is one line for the operator."""


class NotConnectedError(NetworkError):
    """No connection was made: whatever was to be sent has certainly not arrived."""


class AiohttpRequest(BaseRequest):
    """python-telegram-bot's way to the Bot API, over aiohttp: several times less work a call than with its httpx."""

    def __init__(self, connections: int) -> None:
        """Set up.

        Args:
            connections: how many may be open at once.
        """
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds that a call may take when it says nothing else."""
        return CALL_SECONDS

    async def initialize(self) -> None:
        """Open the connection pool."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections), cookie_jar=aiohttp.DummyCookieJar()
        )

    async def shutdown(self) -> None:
        """Close the connection pool."""
        if self._session:
            await self._session.close()
            self._session = None

    async def do_request(  # noqa: PLR0913, PLR0917 -- the library's signature
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002
    ) -> tuple[int, bytes]:
        """Make one call and return status and body. Errors carry no address: it holds the token."""
        seconds = read_timeout if isinstance(read_timeout, int | float) else CALL_SECONDS
        if request_data is not None and request_data.contains_files:
            return await self._exchange(url, seconds, method, data=_form(request_data))
        parameters = request_data.parameters if request_data else {}
        return await self._exchange(url, seconds, method, data=orjson.dumps(parameters), headers=_JSON)

    async def call(self, url: str, parameters: dict[str, Any], seconds: float) -> Any:
        """Call a method with parameters that JSON can carry, and return its result as it is.

        Raises:
            TelegramError: as from the library's own calls.
        """
        status, answer = await self._exchange(url, seconds, data=orjson.dumps(parameters), headers=_JSON)
        if status != HTTPStatus.OK:
            return await _Answered(status, answer).post(url)
        return self.parse_json_payload(answer)["result"]

    async def upload(self, url: str, parameters: dict[str, Any], file: File, seconds: float) -> Any:
        """Call a method with a document, which is read while it is sent; otherwise as `call`."""
        form = aiohttp.FormData(quote_fields=False)
        for name, value in parameters.items():
            form.add_field(name, value if isinstance(value, str) else orjson.dumps(value).decode())
        with await asyncio.to_thread(file.path.open, "rb") as content:
            form.add_field("document", content, filename=file.name, content_type="application/octet-stream")
            status, answer = await self._exchange(url, seconds, data=form)
        if status != HTTPStatus.OK:
            return await _Answered(status, answer).post(url)
        return self.parse_json_payload(answer)["result"]

    async def download(self, url: str, path: Path, most_bytes: int) -> None:
        """Fetch a file piece by piece.

        Raises:
            TooLargeError: it has more bytes.
            UndeliverableError: it is not there.
            RetryLaterError: it could not be fetched now.
        """
        if self._session is None:
            raise RetryLaterError(RECONNECT)
        fetched = 0
        try:
            async with self._session.get(url, timeout=aiohttp.ClientTimeout(total=FILE_SECONDS)) as answer:
                if answer.status == HTTPStatus.NOT_FOUND:
                    raise UndeliverableError("the file is not there any more")
                if answer.status != HTTPStatus.OK:
                    raise RetryLaterError(RECONNECT)
                with await asyncio.to_thread(path.open, "wb") as content:
                    async for chunk in answer.content.iter_chunked(_CHUNK):
                        fetched += len(chunk)
                        if fetched > most_bytes:
                            raise TooLargeError("the file is too large")
                        await asyncio.to_thread(content.write, chunk)
        except (aiohttp.ClientError, TimeoutError):
            raise RetryLaterError(RECONNECT) from None

    async def _exchange(self, url: str, seconds: float, method: str = "POST", **content: Any) -> tuple[int, bytes]:
        if self._session is None:
            message = "the request was not initialized"
            raise NotConnectedError(message)
        limits = aiohttp.ClientTimeout(total=seconds, connect=CALL_SECONDS)
        try:
            async with self._session.request(method, url, timeout=limits, **content) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotConnectedError(type(error).__name__) from None
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(type(error).__name__) from None

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """Parse an answer.

        Raises:
            TelegramError: it is not JSON.
        """
        try:
            return _read_json(payload)
        except ValueError:
            message = "the answer is not JSON"
            raise TelegramError(message) from None


class _Answered(BaseRequest):
    """An answer that is here already; the library says which error it is."""

    def __init__(self, status: int, answer: bytes) -> None:
        self._answer = (status, answer)

    @property
    def read_timeout(self) -> float:
        return CALL_SECONDS

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(self, *_: Any, **__: Any) -> tuple[int, bytes]:
        return self._answer

    parse_json_payload = staticmethod(AiohttpRequest.parse_json_payload)


def _read_json(payload: bytes) -> Any:
    """Return what the JSON says; where strings hold half a surrogate pair, which is no text, with a mark in its place.

    Raises:
        ValueError: it is not JSON.
    """
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        # The standard library lets such halves pass; without it one of them would bar all updates that came along.
        try:
            written = json.dumps(json.loads(payload), ensure_ascii=False)
        except RecursionError:
            message = "nested too deeply"
            raise ValueError(message) from None
        return orjson.loads(written.encode("utf-8", "replace"))


def _form(data: RequestData) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, kind) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form


class _LeanBot(Bot):
    """The library's bot with a way to call a method that leaves the answer as it is.

    Making objects of the parameters and a `Message` of each answer costs more than the call itself.
    """

    __slots__ = ()

    async def call(self, method: str, parameters: dict[str, Any], seconds: float = CALL_SECONDS) -> Any:
        request = cast("AiohttpRequest", self._request[method != "getUpdates"])
        return await request.call(f"{self.base_url}/{method}", parameters, seconds)

    async def upload(self, parameters: dict[str, Any], file: File) -> Any:
        request = cast("AiohttpRequest", self._request[1])
        return await request.upload(f"{self.base_url}/sendDocument", parameters, file, FILE_SECONDS)

    async def download(self, file_path: str, path: Path, most_bytes: int) -> None:
        request = cast("AiohttpRequest", self._request[1])
        await request.download(f"{self.base_file_url}/{quote(file_path)}", path, most_bytes)


class Telegram:
    """The Telegram channel of one bot."""

    name = "telegram"

    def __init__(self, token: str, api_url: str, per_second: int = 0) -> None:
        """Set up; nothing is sent before `open`.

        Args:
            token: the bot's token.
            api_url: the root of a Bot API server, without the part that begins with `/bot`.
            per_second: how many messages the bot may send; 0 where nobody counts them.
        """
        self.bot = token.partition(":")[0]
        self.limits = replace(LIMITS, per_second=per_second) if per_second else NO_LIMITS
        root = api_url.rstrip("/")
        self._requests = (AiohttpRequest(128), AiohttpRequest(2))
        self._api = _LeanBot(
            token,
            base_url=f"{root}/bot",
            base_file_url=f"{root}/file/bot",
            request=self._requests[0],
            get_updates_request=self._requests[1],
        )

    async def open(self) -> None:
        """Say hello to the Bot API and tell it the commands.

        Raises:
            TelegramStartError: the token is wrong or the server cannot be reached.
        """
        try:
            await self._api.initialize()
            for language in LANGUAGES:
                commands = [BotCommand(name, write_out(text(f"command-{name}"), language)) for name in COMMANDS]
                code = "" if language == DEFAULT_LANGUAGE else language
                await self._api.set_my_commands(commands, language_code=code)
        except TelegramError as error:
            raise TelegramStartError(_start_fault(error)) from None

    @property
    def link(self) -> str:
        """How an address begins that opens a conversation with the bot; known once it is open."""
        return f"{self._api.link}?start="

    async def close(self) -> None:
        """Close the connections. The library's own `shutdown` leaves them open when `initialize` failed."""
        for request in self._requests:
            await request.shutdown()

    # ---- what comes in

    async def poll(self, intake: Intake) -> None:
        """Fetch updates, each confirmed to Telegram only after it was committed; until cancelled.

        Raises:
            TelegramStartError: the token was revoked.
        """
        await self._insistently(self._api.delete_webhook())
        offset, pause = 0, 1.0
        while True:
            try:
                asked = {"offset": offset, "timeout": POLL_SECONDS, "limit": 100, "allowed_updates": ALLOWED}
                updates = await self._api.call("getUpdates", asked, POLL_SECONDS + CALL_SECONDS)
                if updates:
                    await intake.take([self._incoming(update) for update in updates])
                    offset = updates[-1]["update_id"] + 1
                pause = 1.0
            except InvalidToken as error:
                raise TelegramStartError(_start_fault(error)) from None
            except (TelegramError, DatabaseDownError) as error:
                wait = error.retry_after.total_seconds() if isinstance(error, RetryAfter) else pause  # type: ignore[union-attr]
                LOG.warning("polling waits", cause=type(error).__name__, seconds=wait)
                await asyncio.sleep(wait)
                # The database is ours to ask often; Telegram is not.
                pause = min(pause * 2, 5.0 if isinstance(error, DatabaseDownError) else 30.0)

    async def set_webhook(self, url: str, secret: str) -> None:
        """Tell Telegram where to deliver updates.

        Raises:
            TelegramStartError: it refuses the address.
        """
        try:
            await self._api.set_webhook(url, secret_token=secret, allowed_updates=ALLOWED, max_connections=100)
        except TelegramError as error:
            raise TelegramStartError(_start_fault(error)) from None

    def webhook(self, url: str, secret: str, intake: Intake) -> web.RouteDef:
        """Return the route at which Telegram delivers: it answers 200 once the update is committed, 503 while not."""

        async def receive(request: web.Request) -> web.Response:
            shown = request.headers.get(SECRET_HEADER, "")
            if not hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), secret.encode()):
                return web.Response(status=403)
            try:
                incoming = self._incoming(_read_json(await request.read()))
            except (ValueError, TypeError, KeyError):
                return web.Response(status=400)
            try:
                await intake.take([incoming])
            except DatabaseDownError:
                return web.Response(status=503, headers={"Retry-After": "5"})
            return web.Response()

        return web.post(urlsplit(url).path or "/", receive)

    def read(self, payload: str) -> Incoming | None:
        """Return what a stored update says, None when it cannot be read."""
        try:
            return self._incoming(_read_json(payload.encode()))
        except (ValueError, TypeError, KeyError):
            return None

    def _incoming(self, raw: dict[str, Any]) -> Incoming:
        """Return what an update says.

        Raises:
            ValueError, TypeError, KeyError: it has not even a number.
        """
        number = str(int(raw["update_id"]))
        payload = orjson.dumps(raw).decode()
        try:
            found = self._of_update(raw, number, payload)
        except Exception as error:  # noqa: BLE001 -- whatever is wrong with a malformed update
            LOG.warning("update unreadable", update=number, cause=type(error).__name__)
            found = None
        return found or Incoming(self.name, self.bot, number, "", "", payload, Sort.OTHER, private=False)

    def _of_update(self, raw: dict[str, Any], number: str, payload: str) -> Incoming | None:
        """Return what an update says, None when it says nothing to us.

        It is read as it is: the library's objects take longer to make than everything else that a message causes.

        Raises:
            Exception: it is malformed.
        """
        if query := raw.get("callback_query"):
            if not query.get("message"):
                return None
            chat = query["message"]["chat"]
            return Incoming(
                self.name,
                self.bot,
                number,
                str(int(chat["id"])),
                str(int(query["from"]["id"])),
                payload,
                Sort.PRESS,
                chat["type"] == ChatType.PRIVATE,
                press=query.get("data") or "",
                press_id=query["id"],
                message=str(int(query["message"]["message_id"])),
                topic=_topic(query["message"]),
            )
        if member := raw.get("my_chat_member"):
            return self._of_member(member, number, payload)
        message = raw.get("message") or raw.get("edited_message")
        if not message or not message.get("from"):
            return None
        chat, sender = message["chat"], message["from"]
        # A group that gets another name says so under both; whichever comes first tells enough.
        old, new = message.get("migrate_from_chat_id"), message.get("migrate_to_chat_id")
        document: dict[str, Any] = message.get("document") or {}
        return Incoming(
            self.name,
            self.bot,
            number,
            str(int(old or chat["id"])),
            str(int(sender["id"])),
            payload,
            _sort(message) if raw.get("message") else Sort.EDITED,
            chat["type"] == ChatType.PRIVATE,
            words=clean(message.get("text") or message.get("caption") or ""),
            phone=_own_phone(message),
            sent_at=datetime.fromtimestamp(message["date"], UTC),
            topic=_topic(message),
            anonymous="sender_chat" in message or sender["id"] == _ANONYMOUS,
            forwarded="forward_origin" in message,
            replied=_replied(message),
            moved_to=str(int(new or chat["id"])) if new or old else "",
            file=document.get("file_id") or "",
            file_name=clean(document.get("file_name") or ""),
            file_size=document.get("file_size") or 0,
        )

    def _of_member(self, change: dict[str, Any], number: str, payload: str) -> Incoming | None:
        """Return that the bot was added to a group; what else becomes of its place in a chat says nothing to us."""
        chat = change["chat"]
        was, is_ = (change[name]["status"] in _MEMBERS for name in ("old_chat_member", "new_chat_member"))
        if chat["type"] == ChatType.PRIVATE or was or not is_:
            return None
        named, who = str(int(chat["id"])), str(int(change["from"]["id"]))
        return Incoming(self.name, self.bot, number, named, who, payload, Sort.ADDED, private=False)

    async def fetch(self, incoming: Incoming, path: Path, most_bytes: int) -> None:
        """Fetch the file of an update (`Sort.FILE`).

        Args:
            incoming: the update.
            path: where to write it.
            most_bytes: how large it may be, whatever was said of its size.

        Raises:
            TooLargeError: it is larger than that, or than Telegram gives out (20 MB).
            UndeliverableError: it is not there any more.
            RetryLaterError: not now.
        """
        if incoming.file_size > most_bytes:
            raise TooLargeError("the file is too large")
        try:
            found = await self._api.call("getFile", {"file_id": incoming.file})
        except TelegramError as error:
            if "file is too big" in error.message.lower():
                raise TooLargeError("the file is too large") from None
            refused = _send_error(error)
            raise (RetryLaterError(RECONNECT) if isinstance(refused, UnknownOutcomeError) else refused) from None
        await self._api.download(found["file_path"], path, most_bytes)

    # ---- what goes out

    async def send(self, message: Outgoing) -> str:
        """Send a message (`bot.channels.Channel`)."""
        if message.file and message.file.path.stat().st_size > MOST_UPLOAD:
            raise TooLargeError("the file is too large")
        try:
            return await self._send(message)
        except TelegramError as error:
            raise _send_error(error) from None

    async def _send(self, message: Outgoing) -> str:
        parameters: dict[str, Any] = {"chat_id": int(message.chat)}
        if message.leave:
            await self._api.call("leaveChat", parameters)
            return ""
        # In groups the number of a person is not asked for: Telegram refuses the button, and others would see it.
        if message.ask_contact and not message.chat.startswith("-"):
            button = {"text": message.ask_contact, "request_contact": True}
            parameters["reply_markup"] = {"keyboard": [[button]], "resize_keyboard": True, "one_time_keyboard": True}
        elif message.rows:
            rows = [[{"text": label, "callback_data": data} for label, data in row] for row in message.rows]
            parameters["reply_markup"] = {"inline_keyboard": rows}
        elif message.drop_contact:
            parameters["reply_markup"] = {"remove_keyboard": True}
        if message.edits and await self._edit(message, parameters):
            return message.edits
        if message.topic:
            parameters["message_thread_id"] = int(message.topic)
        if message.file:
            caption = {"caption": message.text} if message.text else {}
            protected = {"protect_content": True} if message.protected else {}
            sent = await self._api.upload(parameters | caption | protected, message.file)
        else:
            sent = await self._api.call("sendMessage", parameters | {"text": message.text})
        return str(sent["message_id"])

    async def _edit(self, message: Outgoing, parameters: dict[str, Any]) -> bool:
        """Let a message take the place of an earlier one; return whether that one is there and could be edited.

        Raises:
            TelegramError: as from other calls.
        """
        if message.file or "inline_keyboard" not in parameters.get("reply_markup", ("inline_keyboard",)):
            # A file or the buttons below the input field only come with a message of their own.
            return False
        edition = {"message_id": int(message.edits), "text": message.text}
        try:
            await self._api.call("editMessageText", parameters | edition)
        except BadRequest as error:
            refusal = error.message.lower()
            if any(reason in refusal for reason in _GONE):
                return False
            if "message is not modified" not in refusal:
                raise
        return True

    async def acknowledge(self, incoming: Incoming, notice: str) -> None:
        """Stop the waiting sign on a pressed button, with a word if there is one. Late or lost, it does no harm."""
        parameters = {"callback_query_id": incoming.press_id} | ({"text": notice} if notice else {})
        try:
            await self._api.call("answerCallbackQuery", parameters)
        except TelegramError as error:
            LOG.debug("press not acknowledged", cause=type(error).__name__)

    @staticmethod
    async def _insistently(call: Awaitable[T]) -> T | None:
        """Make a call that the start needs, but whose failure shows again soon enough."""
        try:
            return await call
        except TelegramError as error:
            LOG.warning("call failed", cause=type(error).__name__)
            return None


_SORTS = {
    "text": Sort.TEXT,
    "contact": Sort.CONTACT,
    "sticker": Sort.STICKER,
    **dict.fromkeys(("voice", "video_note", "audio"), Sort.VOICE),
    **dict.fromkeys(("photo", "video", "animation"), Sort.MEDIA),
    # Last: what moves comes as a document, too.
    "document": Sort.FILE,
}
_MEMBERS = ("member", "administrator", "restricted")


def _sort(message: dict[str, Any]) -> Sort:
    return next((sort for name, sort in _SORTS.items() if message.get(name)), Sort.OTHER)


def _topic(message: dict[str, Any]) -> str:
    """Return the topic of a forum; elsewhere a thread is just a row of replies."""
    return str(int(message["message_thread_id"])) if message.get("is_topic_message") else ""


def _replied(message: dict[str, Any]) -> str:
    """Return the message replied to. In a topic a message that is no reply has the topic's beginning there."""
    original = message.get("reply_to_message")
    return str(int(original["message_id"])) if original and "forum_topic_created" not in original else ""


def _own_phone(message: dict[str, Any]) -> str:
    """Return the sender's own number: not a forwarded contact, not somebody else's, not an anonymous +888 number."""
    contact = message.get("contact")
    if not contact or contact.get("user_id") != message["from"]["id"] or message.get("forward_origin"):
        return ""
    return read_mobile(contact["phone_number"]) or ""


def _send_error(error: TelegramError) -> SendError:
    match error:
        case RetryAfter():
            wait = error.retry_after
            return RetryLaterError(wait if isinstance(wait, timedelta) else timedelta(seconds=wait))
        case NotConnectedError() | InvalidToken():
            # A revoked token is no fault of the message; polling or the operator will notice it.
            return RetryLaterError(RECONNECT)
        case ChatMigrated():
            return MovedError(str(error.new_chat_id))
        case BadRequest() | Forbidden():
            gone = isinstance(error, Forbidden) or any(reason in error.message.lower() for reason in _NOBODY)
            return (GoneError if gone else UndeliverableError)(error.message)
        case _:
            return UnknownOutcomeError(type(error).__name__)


def _start_fault(error: TelegramError) -> str:
    match error:
        case InvalidToken():
            return "Telegram does not know this token: check TIANBAO_TELEGRAM_TOKEN"
        case NotConnectedError() | TimedOut():
            return "the Bot API cannot be reached: check the network and TIANBAO_TELEGRAM_API_URL"
        case Conflict():
            return "another process polls with this token: stop it, or use TIANBAO_TELEGRAM_MODE=webhook in both"
        case BadRequest():
            return f"Telegram refuses: {error.message}"
        case _:
            return f"Telegram answers with an error: {type(error).__name__}"
