"""The methods of the Bot API, as functions of the world and a request."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import orjson

from tests.botapi import markup, text
from tests.botapi.limits import RateLimits
from tests.botapi.wire import (
    NOT_MODIFIED,
    NOT_STARTED,
    QUERY_TOO_OLD,
    ApiError,
    Json,
    bad_request,
    flood,
)
from tests.botapi.world import Chat, Toast, World

_TEXT: Final = 4096
_CAPTION: Final = 1024
_TOAST: Final = 200
_UPLOAD: Final = 50 * 1024 * 1024
_PHOTO: Final = 10 * 1024 * 1024
_DOWNLOAD: Final = 20 * 1024 * 1024
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
_COMMAND: Final = re.compile(r"[a-z0-9_]{1,32}")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_ACTIONS: Final = frozenset(
    {
        *("typing", "upload_photo", "upload_video", "upload_voice", "upload_document", "upload_video_note"),
        *("record_video", "record_voice", "record_video_note", "choose_sticker", "find_location"),
    }
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a multipart request."""

    name: str
    mime: str
    content: bytes


@dataclass(slots=True)
class Request:
    """A call of a method: its parameters as they arrived, and the files with it."""

    values: Json
    files: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a parameter as text, empty if it is absent."""
        value = self.values.get(name, "")
        return value if isinstance(value, str) else str(value)

    def number(self, name: str, default: int = 0) -> int:
        """Return a whole number; what is none counts as the default, as with Telegram."""
        try:
            return int(self.values.get(name, default))
        except (TypeError, ValueError):
            return default

    def flag(self, name: str) -> bool:
        """Return a truth value in any of the spellings Telegram takes."""
        return self.text(name).lower() in ("true", "1", "yes", "y", "t")

    def structure(self, name: str) -> object:
        """Return a parameter that is JSON, given as text or (in a JSON body) as it is; None if absent or broken."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return None


@dataclass(slots=True)
class Methods:
    """What the bot can call. Each method takes the request and returns the `result` (a JSON value).

    Attributes:
        world: what the calls look at and change.
        limits: the limits on sending, if they are kept.
        commands: the list set by setMyCommands, by scope and language.
    """

    world: World
    limits: RateLimits | None = None
    commands: dict[str, list[Json]] = field(default_factory=dict)

    def table(self) -> dict[str, Callable[[Request], object]]:
        """Return the methods that answer at once, by name in small letters."""
        return {
            "getme": self.get_me,
            "getwebhookinfo": self.get_webhook_info,
            "sendmessage": self.send_message,
            "senddocument": self.send_document,
            "sendphoto": self.send_photo,
            "editmessagetext": self.edit_message_text,
            "editmessagereplymarkup": self.edit_message_reply_markup,
            "deletemessage": self.delete_message,
            "answercallbackquery": self.answer_callback_query,
            "sendchataction": self.send_chat_action,
            "getfile": self.get_file,
            "setmycommands": self.set_my_commands,
            "getmycommands": self.get_my_commands,
            "leavechat": self.leave_chat,
            "getchat": self.get_chat,
        }

    def get_me(self, _: Request) -> Json:
        """Return the bot's account with what only getMe tells."""
        return {
            **self.world.bot,
            "can_join_groups": True,
            "can_read_all_group_messages": not self.world.privacy,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    async def get_updates(self, request: Request) -> bytes:
        """Return waiting updates as JSON text, or wait for one."""
        self._allow(request)
        limit = request.number("limit", 100)
        return await self.world.updates.poll(
            request.number("offset"),
            limit if 1 <= limit <= 100 else 100,
            min(max(request.number("timeout"), 0), 50),
        )

    async def set_webhook(self, request: Request) -> bool:
        """Send updates to a URL: HTTPS, or HTTP on this machine."""
        url = request.text("url").strip()
        updates = self.world.updates
        secret = request.text("secret_token")
        if secret and not _SECRET.fullmatch(secret):
            raise bad_request("secret token contains unallowed characters")
        if url:
            parts = urlsplit(url)
            if not parts.hostname:
                raise bad_request("invalid webhook URL specified")
            if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
                raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        self._allow(request)
        if request.flag("drop_pending_updates"):
            updates.drop()
        if not url:
            await updates.delete_webhook()
            return True
        connections = min(max(request.number("max_connections", 40), 1), 100)
        await updates.set_webhook(url, secret, connections, certificate="certificate" in request.files)
        return True

    async def delete_webhook(self, request: Request) -> bool:
        """Stop sending to the webhook."""
        if request.flag("drop_pending_updates"):
            self.world.updates.drop()
        await self.world.updates.delete_webhook()
        return True

    def get_webhook_info(self, _: Request) -> Json:
        """Return where updates go and the last trouble."""
        updates = self.world.updates
        hook = updates.webhook
        info: Json = {
            "url": hook.url if hook else "",
            "has_custom_certificate": bool(hook and hook.certificate),
            "pending_update_count": len(updates),
        }
        if hook:
            info |= {"max_connections": hook.connections, "ip_address": "127.0.0.1"}
            if hook.error:
                info |= {"last_error_date": int(hook.error_at), "last_error_message": hook.error}
        if updates.allowed:
            info["allowed_updates"] = updates.allowed
        return info

    def send_message(self, request: Request) -> Json:
        """Send a text."""
        return self._send(request, self._text(request))

    def send_document(self, request: Request) -> Json:
        """Send a file, uploaded now or known by its file_id."""
        document = self._known(request, "document")
        if document is None:
            upload = self._uploaded(request, "document", _UPLOAD)
            suffix = "".join(re.findall(r"\.[A-Za-z0-9]{1,8}$", upload.name))
            details = {"file_name": upload.name, "mime_type": upload.mime}
            document = self.world.store(upload.content, "documents", suffix, details)
        return self._send(request, {"document": document, **self._caption(request)})

    def send_photo(self, request: Request) -> Json:
        """Send a picture (PNG or JPEG)."""
        photo = self._known(request, "photo")
        if photo is None:
            upload = self._uploaded(request, "photo", _PHOTO)
            width, height = _picture(upload.content)
            if not 0 < width + height <= 10_000:
                raise bad_request("PHOTO_INVALID_DIMENSIONS")
            photo = self.world.store(upload.content, "photos", ".jpg", {"width": width, "height": height})
        return self._send(request, {"photo": [photo], **self._caption(request)})

    def edit_message_text(self, request: Request) -> Json:
        """Replace text and inline buttons of a message of the bot."""
        fields = self._text(request)
        chat, message = self._own(request)
        if "text" not in message:
            raise bad_request("there is no text in the message to edit")
        return self._replace(chat, message, fields, self._inline(request, chat))

    def edit_message_reply_markup(self, request: Request) -> Json:
        """Replace the inline buttons of a message of the bot."""
        chat, message = self._own(request)
        kept: Json = {n: message[n] for n in ("text", "entities", "caption", "caption_entities") if n in message}
        return self._replace(chat, message, kept, self._inline(request, chat))

    def delete_message(self, request: Request) -> bool:
        """Take a message away: in private chats any, in groups the bot's own, for two days."""
        chat = self._chat(request)
        message = chat.messages.get(request.number("message_id"))
        if message is None:
            raise bad_request("message to delete not found")
        own = message["from"]["id"] == self.world.bot["id"]
        if (not own and chat.kind != "private") or self.world.clock() - message["date"] > 172_800:
            raise bad_request("message can't be deleted")
        self.world.delete(chat, message["message_id"])
        return True

    def answer_callback_query(self, request: Request) -> bool:
        """Answer a press, once and in time."""
        if text.units(request.text("text")) > _TOAST:
            raise bad_request("MESSAGE_TOO_LONG")
        number = request.text("callback_query_id")
        query = self.world.queries.pop(number, None)
        if query is None or self.world.clock() - query.at > self.world.updates.callback_life:
            raise bad_request(QUERY_TOO_OLD)
        query.chat.toasts.append(Toast(number, query.user, request.text("text"), request.flag("show_alert")))
        query.chat.changed()
        return True

    def send_chat_action(self, request: Request) -> bool:
        """Show that the bot is typing, or the like."""
        action = request.text("action")
        if action not in _ACTIONS:
            raise bad_request("wrong parameter action in request")
        chat = self._chat(request)
        if self.world.keep:
            chat.actions.append(action)
        return True

    def get_file(self, request: Request) -> Json:
        """Return where a file can be fetched."""
        file = self.world.files.get(request.text("file_id"))
        if file is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if len(file.content) > _DOWNLOAD:
            raise bad_request("file is too big")
        names = ("file_id", "file_unique_id", "file_size")
        return {**{name: file.json[name] for name in names}, "file_path": file.path}

    def set_my_commands(self, request: Request) -> bool:
        """Set the list of commands for a scope and a language."""
        commands = request.structure("commands")
        if not isinstance(commands, list):
            raise bad_request("can't parse BotCommands JSON array")
        if len(commands) > 100:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not _COMMAND.fullmatch(command.get("command", "").removeprefix("/")):
                raise bad_request("BOT_COMMAND_INVALID")
            if not 1 <= len(command.get("description", "")) <= 256:
                raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[_scope(request)] = commands
        return True

    def get_my_commands(self, request: Request) -> list[Json]:
        """Return the list of commands of a scope and a language."""
        return self.commands.get(_scope(request), [])

    def leave_chat(self, request: Request) -> bool:
        """Leave a group."""
        chat = self._chat(request)
        if chat.kind == "private":
            raise bad_request("chat member status can't be changed in private chats")
        chat.closed = f"Forbidden: bot is not a member of the {chat.kind} chat"
        self.world.member(chat, self.world.bot, "member", "left")
        return True

    def get_chat(self, request: Request) -> Json:
        """Return a chat with the fields that ChatFullInfo must have."""
        gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
        return {
            **self._chat(request, writing=False).json,
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys(gifts, False),
        }

    def _allow(self, request: Request) -> None:
        wanted = request.structure("allowed_updates")
        if isinstance(wanted, list):  # absent means: as before
            self.world.updates.allowed = wanted or None

    def _chat(self, request: Request, *, writing: bool = True) -> Chat:
        name = request.text("chat_id").strip()
        if not name:
            raise bad_request("chat_id is empty")
        chat = self.world.chats.get(int(name)) if name.removeprefix("-").isdecimal() else None
        if chat is None:
            raise bad_request("chat not found")
        if chat.migrated:
            reason = "Bad Request: group chat was upgraded to a supergroup chat"
            raise ApiError(400, reason, {"migrate_to_chat_id": chat.migrated})
        if chat.closed and (writing or chat.closed != NOT_STARTED):
            raise ApiError(403, chat.closed)
        return chat

    def _own(self, request: Request) -> tuple[Chat, Json]:
        chat = self._chat(request)
        message = chat.messages.get(request.number("message_id"))
        if message is None:
            raise bad_request("message to edit not found")
        if message["from"]["id"] != self.world.bot["id"]:
            raise bad_request("message can't be edited")
        return chat, message

    def _text(self, request: Request) -> Json:
        shown, entities = text.read(request.text("text"), request.text("parse_mode"), _TEXT, "message is too long")
        if not shown:
            raise bad_request("message text is empty")
        given = request.structure("entities")
        entities = entities or (given if isinstance(given, list) else [])
        return {"text": shown, "entities": entities} if entities else {"text": shown}

    def _caption(self, request: Request) -> Json:
        mode = request.text("parse_mode")
        shown, entities = text.read(request.text("caption"), mode, _CAPTION, "message caption is too long")
        caption: Json = {"caption": shown} if shown else {}
        return {**caption, "caption_entities": entities} if entities else caption

    def _inline(self, request: Request, chat: Chat) -> Json:
        buttons = markup.read(request.values.get("reply_markup"), private=chat.kind == "private", inline_only=True)
        return {"reply_markup": buttons} if buttons else {}

    def _send(self, request: Request, content: Json) -> Json:
        chat = self._chat(request)
        buttons = markup.read(request.values.get("reply_markup"), private=chat.kind == "private")
        reply = request.structure("reply_parameters")
        replied = reply.get("message_id") if isinstance(reply, dict) else request.number("reply_to_message_id")
        if topic := request.number("message_thread_id"):
            if topic not in chat.topics:
                raise bad_request("message thread not found")
            content |= chat.in_topic(topic)
        if request.flag("protect_content"):
            content["has_protected_content"] = True
        if replied:
            original = chat.messages.get(replied)
            if original is not None:
                content["reply_to_message"] = {n: v for n, v in original.items() if n != "reply_to_message"}
            elif not (isinstance(reply, dict) and reply.get("allow_sending_without_reply")):
                raise bad_request("message to be replied not found")
        if self.limits is not None:
            wait = self.limits.refuse(chat.id, group=chat.kind != "private", now=self.world.clock())
            if wait:
                raise flood(wait)
        keyboard = buttons.get("keyboard", [] if buttons.get("remove_keyboard") else None)
        if "inline_keyboard" in buttons:
            content["reply_markup"] = buttons
        return self.world.post(chat, self.world.bot, content, keyboard)

    def _replace(self, chat: Chat, message: Json, fields: Json, buttons: Json) -> Json:
        fields = fields | buttons
        compared = ("text", "entities", "caption", "caption_entities", "reply_markup")
        if all(message.get(name) == fields.get(name) for name in compared):
            raise bad_request(NOT_MODIFIED)
        return self.world.edit(chat, message["message_id"], fields)

    def _known(self, request: Request, name: str) -> Json | None:
        """Return the file that a file_id names; None if the request brings its own."""
        value = request.text(name)
        if name in request.files or value.startswith("attach://"):
            return None
        if not value:
            raise bad_request(f"there is no {name} in the request")
        if "://" in value:
            raise bad_request("failed to get HTTP URL content")
        file = self.world.files.get(value)
        if file is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if file.path.startswith("photos/") != (name == "photo"):
            raise bad_request(f"can't use file of type {'Document' if name == 'photo' else 'Photo'} as {name.title()}")
        return file.json

    def _uploaded(self, request: Request, name: str, most: int) -> Upload:
        upload = request.files.get(request.text(name).removeprefix("attach://") or name)
        if upload is None:
            raise bad_request(f"there is no {name} in the request")
        if not upload.content:
            raise bad_request("file must be non-empty")
        if len(upload.content) > most:
            if most == _UPLOAD:
                raise ApiError(413, "Request Entity Too Large")
            raise bad_request(f"file of size {len(upload.content)} bytes is too big for a photo")
        return upload


def _scope(request: Request) -> str:
    scope = request.structure("scope") or {"type": "default"}
    return orjson.dumps([scope, request.text("language_code")], option=orjson.OPT_SORT_KEYS).decode()


def _picture(content: bytes) -> tuple[int, int]:
    """Return width and height of a PNG or JPEG."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    if content.startswith(b"\xff\xd8"):
        place = 2
        while place + 9 <= len(content) and content[place] == 0xFF:
            marker, size = content[place + 1], int.from_bytes(content[place + 2 : place + 4], "big")
            if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # the frame header has the dimensions
                return (
                    int.from_bytes(content[place + 7 : place + 9], "big"),
                    int.from_bytes(content[place + 5 : place + 7], "big"),
                )
            place += 2 + size
    raise bad_request("IMAGE_PROCESS_FAILED")
