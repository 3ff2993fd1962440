"""The web chat as a channel.

A browser is named by a cookie that only it holds; what is stored is a digest of it. A message is acknowledged when it
is committed, and the browser offers it again until then. What is stored for a chat counts as delivered: a browser that
was away asks for what it lacks. All of it assumes one process, which is what the local mode is.
"""

import asyncio
import hmac
import json
import re
import secrets
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from ipaddress import ip_address
from mimetypes import guess_type
from typing import Any, Final
from urllib.parse import quote, urlsplit

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from bot import documents
from bot.channels import NO_LIMITS, File, Incoming, Intake, Outgoing, Sort, button_message, button_place
from bot.documents import DocumentError, Renderer
from bot.scratch import scratch_folder
from bot.web.page import SAFE_HEADERS, Page, pick_language
from dialogs.numbers import fold_width
from dialogs.people import clean, mask_phone, read_mobile
from dialogs.texts import DEFAULT_LANGUAGE, write_out
from dialogs.turn import text
from scheduler.clock import Clock
from storage import outbox_history, sign_in
from storage.database import ConflictError, Database, DatabaseDownError
from storage.outbox_history import Received, Sent
from storage.sign_in import Challenge

COOKIE: Final = "tianbao"
COOKIE_SECONDS = 400 * 24 * 3600
"""As long as browsers keep one at most; the way back is the phone number, not the cookie."""
MOST_CHARS = 8_000
MOST_BYTES = 64 * 1024
MOST_FORM_BYTES = 1_024
MOST_TABS = 16
MOST_FRAMES = 1_000
"""How many frames wait for a browser that does not read; then it is cut off, and asks for the rest when it is back."""
HEARTBEAT = 25.0
FILES_AT_A_TIME = 4
_CHUNK = 64 * 1024

_FILE = "/chat/file/{}"
_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9-]{1,40}", re.ASCII)
_MOST_KNOWN = 2**63 - 1

Frame = dict[str, Any]


class WebChat:
    """The channel of browsers."""

    name = "web"
    bot = "local"
    link = "/start "
    limits = NO_LIMITS

    def __init__(
        self, database: Database, clock: Clock, intake: Intake, renderers: Mapping[str, Renderer], *, local: bool
    ) -> None:
        """Set up.

        Args:
            database: where codes and history are.
            clock: the clock.
            intake: where messages go.
            renderers: what makes files, by kind of document.
            local: show one-time codes on the page. Without it nobody can be verified: there is no way to send one yet.
        """
        self._database, self._clock, self._intake, self._local = database, clock, intake, local
        self._renderers, self._making = renderers, asyncio.Semaphore(FILES_AT_A_TIME)
        self._page = Page(local=local, most_chars=MOST_CHARS)
        self._tabs: defaultdict[str, set[_Tab]] = defaultdict(set)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes, for an application of aiohttp."""
        routes = [web.get("/", self._show), web.get("/chat/ws", self._talk), *self._page.routes()]
        routes.append(web.get(_FILE.format("{number:[0-9]{1,18}}"), self._send_file, allow_head=False))
        if self._local:
            routes += [web.post("/chat/code", self._send_code), web.post("/chat/verify", self._verify)]
        return routes

    async def close(self, _app: web.Application | None = None) -> None:
        """Close all connections; for `Application.on_shutdown`, as aiohttp would wait for them."""
        tabs = [tab for tabs in self._tabs.values() for tab in tabs]
        await asyncio.gather(*(tab.socket.close(code=WSCloseCode.GOING_AWAY) for tab in tabs))

    # ---- the port

    def read(self, payload: str) -> Incoming | None:
        """Return what a stored message says, None when it is none of ours."""
        try:
            told = orjson.loads(payload)
            user, id_ = told["user"], told["id"]
            for sort, key in _KEYS.items():
                if key in told:
                    return self._incoming(user, id_, sort, told[key])
        except (ValueError, TypeError, KeyError):
            pass
        return None

    async def send(self, message: Outgoing) -> str:
        """Show a message in all tabs of its chat. It is stored, so whoever is away gets it on coming back."""
        name = message.file.name if message.file else None
        self._push(message.chat, _message_frame(message, message.at or self._clock.now(), name))
        return message.edits or str(message.id)

    async def acknowledge(self, incoming: Incoming, notice: str) -> None:
        """Tell all tabs of the chat that a press was worked on, with a word if there is one."""
        self._push(incoming.chat, {"notice": notice, "id": incoming.press_id})

    # ---- the page

    async def _show(self, request: web.Request) -> web.Response:
        language = None
        if cookie := _cookie(request):
            try:
                async with self._database.transaction() as tx:
                    language = await outbox_history.language_of(tx, self._chat(_user(cookie)))
            except DatabaseDownError:
                pass  # the page can wait for the database better than a bare error can
        return self._page.in_language(language or pick_language(request.headers.get("Accept-Language", "")))

    # ---- the conversation

    async def _talk(self, request: web.Request) -> web.WebSocketResponse:
        self._check_origin(request)
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=MOST_BYTES)
        cookie = _cookie(request)
        if cookie is None:
            # Here and not with the page: a page opened by a link from elsewhere comes without its strict cookie, and
            # would give the browser a new one in the place of the one it has.
            cookie = secrets.token_urlsafe(32)
            secure = not self._local
            socket.set_cookie(
                COOKIE, cookie, max_age=COOKIE_SECONDS, httponly=True, samesite="Strict", secure=secure, path="/"
            )
        user = _user(cookie)
        if len(self._tabs.get(user, ())) >= MOST_TABS:
            raise web.HTTPTooManyRequests
        await socket.prepare(request)
        tab = _Tab(socket, user, request)
        writer = asyncio.create_task(tab.write())
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    await self._hear(tab, frame.data)
        finally:
            self._tabs[user].discard(tab)
            if not self._tabs[user]:
                del self._tabs[user]
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return socket

    async def _hear(self, tab: "_Tab", data: str) -> None:
        frame = _read_object(data)
        known, id_ = frame.get("since"), frame.get("id")
        if isinstance(known, int) and 0 <= known <= _MOST_KNOWN:
            await self._catch_up(tab, known)
        elif isinstance(id_, str) and _ID.fullmatch(id_):
            sort = Sort.PRESS if "press" in frame else Sort.TEXT
            content = frame.get(_KEYS[sort])
            kept = clean(content) if isinstance(content, str) and len(content) <= MOST_CHARS else ""
            if not kept:
                tab.push({"refused": id_})
                return
            await self._take(tab, self._incoming(tab.user, id_, sort, kept), id_)

    async def _take(self, tab: "_Tab", incoming: Incoming, id_: str) -> None:
        """Hand a message over, and acknowledge it when it is committed."""
        # The other tabs see it before its answer. Should the database refuse it now, it is offered until it is taken.
        own = {"id": id_, "text": incoming.words, "press": incoming.press, "at": _milliseconds(self._clock.now())}
        self._push(tab.user, {"own": own}, but=tab)
        try:
            await self._intake.take([incoming])
        except DatabaseDownError:
            tab.push({"retry": id_})
        else:
            tab.push({"ack": id_})

    async def _catch_up(self, tab: "_Tab", known: int) -> None:
        """Show a tab what it lacks, and from then on everything."""
        # What is sent while the database is asked waits, so that it neither gets lost nor comes before older messages.
        tab.held = []
        self._tabs[tab.user].add(tab)
        try:
            frames = await self._missing(tab.user, known)
        except DatabaseDownError:
            await tab.socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
            return
        ids = {_id_of(frame) for frame in frames}
        held, tab.held = tab.held, None
        late = [frame for frame in held if _id_of(frame) not in ids]
        for frame in (*frames, {"ready": _milliseconds(self._clock.now())}, *late):
            tab.push(frame)

    async def _missing(self, user: str, known: int) -> list[Frame]:
        chat = self._chat(user)
        async with self._database.transaction() as tx:
            sent = await outbox_history.messages_after(tx, chat, known, self._clock.now())
            oldest = sent[0].at if sent and (known or len(sent) == outbox_history.NEWEST) else None
            received = await outbox_history.received_since(tx, chat, known, oldest)
            theirs = [(one, incoming) for one in received if (incoming := self.read(one.payload))]
            pressed = {place[0] for _, incoming in theirs if (place := button_place(incoming.press))}
            bodies = await outbox_history.bodies(tx, chat, pressed - {one.id for one in sent})
        bodies |= {one.id: one.body for one in sent}
        # At the same moment the question is before the answer.
        items = [(one.at, 0, _own_frame(one, incoming, bodies)) for one, incoming in theirs]
        items += [(one.at, 1, _sent_frame(user, one)) for one in sent]
        return [frame for _, _, frame in sorted(items, key=lambda item: item[:2])]

    def _push(self, user: str, frame: Frame, but: "_Tab | None" = None) -> None:
        for tab in self._tabs.get(user, ()):
            if tab is not but:
                tab.push(frame)

    # ---- files

    async def _send_file(self, request: web.Request) -> web.StreamResponse:
        """Make the file of a message for the browser that has the message."""
        cookie, number, language = _cookie(request), int(request.match_info["number"]), DEFAULT_LANGUAGE
        if cookie is None:
            raise web.HTTPNotFound
        chat = self._chat(_user(cookie))
        try:
            async with self._database.transaction() as tx:
                body = await outbox_history.own_body(tx, chat, number)
                language = await outbox_history.language_of(tx, chat) or language
            if "document" not in body:
                raise web.HTTPNotFound
            with scratch_folder() as folder:
                async with self._making:
                    file = await documents.render(self._renderers, self._database, number, body, folder)
                return await _stream(request, file)
        except DocumentError:
            return _refusal(500, "document-failed", language)
        except (DatabaseDownError, ConflictError):
            return _refusal(503, "web-error-busy", language)

    # ---- the phone number

    async def _send_code(self, request: web.Request) -> web.Response:
        cookie = self._known_browser(request)
        phone = read_mobile(_string(await _read_form(request), "phone"))
        if phone is None:
            return _answer(400, error="phone")
        code = f"{secrets.randbelow(1_000_000):06d}"
        challenge = Challenge(phone, _code_hash(cookie, phone, code))
        now = self._clock.now()
        try:
            async with self._database.transaction() as tx:
                kept = await sign_in.put_code(tx, _user(cookie), challenge, now)
        except (DatabaseDownError, ConflictError):
            return _answer(503, error="busy")
        wait = int(sign_in.PAUSE.total_seconds())
        return _answer(200, code=code, wait=wait) if kept else _answer(429, error="soon", wait=wait)

    async def _verify(self, request: web.Request) -> web.Response:
        cookie = self._known_browser(request)
        form = await _read_form(request)
        phone, code = read_mobile(_string(form, "phone")), "".join(fold_width(_string(form, "code")).split())
        if phone is None:
            return _answer(400, error="phone")
        user = _user(cookie)
        try:
            async with self._database.transaction() as tx:
                challenge = await sign_in.try_code(tx, user, self._clock.now())
            if challenge is None:
                return _answer(400, error="expired")
            if not hmac.compare_digest(challenge.code_hash, _code_hash(cookie, phone, code)):
                return _answer(400, error="wrong")
            # The name of the message comes from the code, so that a verification that is sent twice happens once.
            id_ = f"contact-{challenge.code_hash[:32]}"
            own = {"id": id_, "text": mask_phone(phone), "press": "", "at": _milliseconds(self._clock.now())}
            self._push(user, {"own": own})
            await self._intake.take([self._incoming(user, id_, Sort.CONTACT, phone)])
            # Last: if anything before fails, the same code can be sent again.
            async with self._database.transaction() as tx:
                await sign_in.drop_code(tx, user, challenge)
                await sign_in.forget_expired(tx, self._clock.now())
        except (DatabaseDownError, ConflictError):
            return _answer(503, error="busy")
        return _answer(200, verified=True)

    # ---- who

    def _known_browser(self, request: web.Request) -> str:
        """Return the cookie of a request from our own page.

        Raises:
            web.HTTPForbidden: it comes from elsewhere, or without a cookie.
        """
        self._check_origin(request)
        cookie = _cookie(request)
        if cookie is None:
            raise web.HTTPForbidden
        return cookie

    def _check_origin(self, request: web.Request) -> None:
        """Refuse what another site's page sends.

        Raises:
            web.HTTPForbidden: it comes from elsewhere.
        """
        try:
            origin, host = urlsplit(request.headers.get("Origin", "")), urlsplit(f"//{request.host}")
            ours = origin.scheme in ("http", "https") and origin.netloc.lower() == host.netloc.lower() != ""
            # A name that somebody else lets point here makes their page look like ours; addresses and localhost cannot.
            ours = ours and (not self._local or _is_direct(host.hostname or ""))
        except ValueError:
            ours = False
        if not ours:
            raise web.HTTPForbidden

    def _chat(self, user: str) -> outbox_history.Chat:
        return (self.name, self.bot, user)

    def _incoming(self, user: str, id_: str, sort: Sort, content: str) -> Incoming:
        # Ids are chosen by browsers: with the user in front nobody can use up somebody else's.
        return Incoming(
            channel=self.name,
            bot=self.bot,
            update=f"{user}.{id_}",
            chat=user,
            user=user,
            payload=orjson.dumps({"user": user, "id": id_, _KEYS[sort]: content}).decode(),
            sort=sort,
            words=content if sort is Sort.TEXT else "",
            press=content if sort is Sort.PRESS else "",
            press_id=id_ if sort is Sort.PRESS else "",
            message=button_message(content) if sort is Sort.PRESS else "",
            phone=content if sort is Sort.CONTACT else "",
        )


_KEYS: Mapping[Sort, str] = {Sort.TEXT: "text", Sort.PRESS: "press", Sort.CONTACT: "phone"}


@dataclass(eq=False, slots=True)
class _Tab:
    """One open connection of a browser."""

    socket: web.WebSocketResponse
    user: str
    request: web.Request
    frames: asyncio.Queue[Frame] = field(default_factory=partial(asyncio.Queue, MOST_FRAMES))
    held: list[Frame] | None = None

    def push(self, frame: Frame) -> None:
        """Have a frame sent, in order. Never waits: a tab that does not read holds up nobody."""
        if self.held is not None:
            self.held.append(frame)
            return
        try:
            self.frames.put_nowait(frame)
        except asyncio.QueueFull:
            if self.request.transport is not None:
                self.request.transport.abort()

    async def write(self) -> None:
        """Send the frames, until cancelled or the connection is gone."""
        try:
            while True:
                await self.socket.send_str(orjson.dumps(await self.frames.get()).decode())
        except ConnectionResetError:
            pass  # the loop that reads ends by itself


# ---- small things


def _message_frame(message: Outgoing, at: datetime, file: str | None) -> Frame:
    """Return a message as the page gets it.

    Args:
        message: the message.
        at: when it was said.
        file: the name of its file; empty while that is not known, None when it has none.
    """
    rows = [[{"label": label, "data": data} for label, data in row] for row in message.rows]
    shown: Frame = {"id": message.id, "text": message.text, "rows": rows, "at": _milliseconds(at)}
    shown |= {"ask_contact": message.ask_contact, "drop_contact": message.drop_contact}
    if message.edits:
        shown["edits"] = int(message.edits)
    if file is not None:
        shown["file"] = {"name": file, "href": _FILE.format(message.id)}
    return {"message": shown}


def _sent_frame(user: str, sent: Sent) -> Frame:
    file = sent.body.get("file_name", "") if "document" in sent.body else None
    frame = _message_frame(Outgoing.of(sent.id, user, sent.body), sent.at, file)
    if sent.earlier:
        frame["message"]["earlier"] = sent.earlier
    return frame


def _own_frame(received: Received, incoming: Incoming, bodies: Mapping[int, Mapping[str, Any]]) -> Frame:
    said = incoming.words or (mask_phone(incoming.phone) if incoming.phone else "")
    if place := button_place(incoming.press):
        try:
            said = bodies[place[0]]["rows"][place[1]][place[2]][0]
        except (KeyError, IndexError):
            said = ""  # forged, or too old
    id_ = received.update.partition(".")[2]
    return {"own": {"id": id_, "text": said, "press": incoming.press, "at": _milliseconds(received.at)}}


def _id_of(frame: Frame) -> object:
    """Return the id of a message, which is a number if it is ours; None for other frames."""
    shown: Frame = frame.get("message") or frame.get("own") or {}
    return shown.get("id")


def _user(cookie: str) -> str:
    return sha256(f"tianbao web {cookie}".encode()).hexdigest()[:32]


def _code_hash(cookie: str, phone: str, code: str) -> str:
    # Keyed with what is not stored: a million codes are soon tried by whoever can read the table.
    return hmac.new(cookie.encode(), f"{phone} {code}".encode(errors="replace"), sha256).hexdigest()


def _cookie(request: web.Request) -> str | None:
    cookie = request.cookies.get(COOKIE, "")
    return cookie if _COOKIE.fullmatch(cookie) else None


def _is_direct(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _read_object(data: str | bytes) -> Frame:
    """Return a JSON object, an empty one for anything else."""
    try:
        # Not orjson: it refuses half a character, which a cut-off emoji leaves behind; `clean` takes it out.
        read = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


async def _stream(request: web.Request, file: File) -> web.StreamResponse:
    """Send a file piece by piece, to be kept and not shown."""
    response = web.StreamResponse(headers=SAFE_HEADERS | {"Cache-Control": "no-store"})
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
    response.content_type = guess_type(file.name)[0] or "application/octet-stream"
    response.content_length = file.path.stat().st_size
    with await asyncio.to_thread(file.path.open, "rb") as content:
        await response.prepare(request)
        while chunk := await asyncio.to_thread(content.read, _CHUNK):
            await response.write(chunk)
    await response.write_eof()
    return response


def _refusal(status: int, id_: str, language: str) -> web.Response:
    return web.Response(status=status, text=write_out(text(id_), language), headers=SAFE_HEADERS)


async def _read_form(request: web.Request) -> Frame:
    """Return what a form sent.

    Raises:
        web.HTTPUnsupportedMediaType: it is not JSON, as from a form of another site's page.
        web.HTTPRequestEntityTooLarge: it is too large.
    """
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    return _read_object(await request.clone(client_max_size=MOST_FORM_BYTES).read())


def _string(form: Frame, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _answer(status: int, **content: object) -> web.Response:
    headers = SAFE_HEADERS | {"Cache-Control": "no-store"}
    if status == 503:  # noqa: PLR2004 -- Service Unavailable
        headers["Retry-After"] = "3"
    return web.Response(body=orjson.dumps(content), status=status, content_type="application/json", headers=headers)
