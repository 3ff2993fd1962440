"""The emulator of the Bot API, tried with python-telegram-bot and its own HTTP client."""

import asyncio
import os
import re
import signal
import sys
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

os.environ["PTB_TIMEDELTA"] = "1"  # before telegram is imported: else every retry_after is a warning, that is an error

import aiohttp
import pytest
from aiohttp import web
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
)
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

from tests.botapi import BotApi, Fault, Json, Phone, launch
from tests.botapi.text import read
from tests.botapi.wire import ApiError


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """An emulator that retries quickly."""
    async with BotApi(retry_delays=(0, 0.02, 0.04), webhook_timeout=0.3) as running:
        yield running


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    """A bot of python-telegram-bot, with its own transport."""
    async with _bot(api) as running:
        yield running


@pytest.fixture
async def phone(api: BotApi) -> Phone:
    """A person who has started the bot; the update about it is confirmed."""
    someone = api.phone("王芳")
    await someone.send("/start")
    api.updates.drop()
    return someone


@asynccontextmanager
async def _bot(api: BotApi, token: str = "") -> AsyncIterator[Bot]:
    async with Bot(token or api.token, base_url=api.base_url, base_file_url=api.base_file_url) as running:
        yield running


def _said(refusal: str) -> re.Pattern[str]:
    """Return a pattern for a refusal; python-telegram-bot changes its first letter."""
    return re.compile(re.escape(refusal), re.IGNORECASE)


# Updates


async def test_polling_repeats_until_the_offset_confirms(api: BotApi, bot: Bot) -> None:
    phone = api.phone()
    await phone.send("一")
    await phone.send("二")
    first = await bot.get_updates(timeout=0)
    assert [update.message and update.message.text for update in first] == ["一", "二"]
    assert await bot.get_updates(timeout=0) == first
    assert await bot.get_updates(timeout=0, limit=1) == first[:1]
    assert await bot.get_updates(offset=first[1].update_id, timeout=0) == first[1:]
    assert await bot.get_updates(offset=first[1].update_id + 1, timeout=0) == ()
    assert await bot.get_updates(timeout=0) == ()


async def test_long_poll_answers_when_something_happens(api: BotApi, bot: Bot) -> None:
    waiting = asyncio.create_task(bot.get_updates(timeout=10))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await api.phone().send("现在")
    assert len(await asyncio.wait_for(waiting, 1)) == 1


async def test_negative_offset_forgets_all_but_the_newest(api: BotApi, bot: Bot) -> None:
    phone = api.phone()
    for text in "一二三":
        await phone.send(text)
    assert [u.message and u.message.text for u in await bot.get_updates(offset=-1, timeout=0)] == ["三"]
    assert len(api.updates) == 1


async def test_second_poll_ends_the_first_with_a_conflict(api: BotApi, bot: Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=10))
    await asyncio.sleep(0.1)
    async with _bot(api) as second:
        assert await second.get_updates(timeout=0) == ()
    with pytest.raises(Conflict, match=_said("terminated by other getUpdates request")):
        await first


async def test_polling_beside_a_webhook_is_a_conflict(bot: Bot) -> None:
    waiting = asyncio.create_task(bot.get_updates(timeout=10))
    await asyncio.sleep(0.1)
    await bot.set_webhook("http://127.0.0.1:9/")
    with pytest.raises(Conflict, match=_said("terminated by setWebhook request")):
        await waiting
    with pytest.raises(Conflict, match=_said("can't use getUpdates method while webhook is active")):
        await bot.get_updates(timeout=0)
    await bot.delete_webhook()
    assert await bot.get_updates(timeout=0) == ()


async def test_allowed_updates_stay_until_changed(api: BotApi, bot: Bot) -> None:
    phone = api.phone()
    await bot.get_updates(timeout=0, allowed_updates=["callback_query"])
    await phone.send("一")
    assert await bot.get_updates(timeout=0) == ()
    await bot.get_updates(timeout=0, allowed_updates=[])
    await phone.send("二")
    assert len(await bot.get_updates(timeout=0)) == 1


async def test_a_press_nobody_fetches_in_time_is_given_up(phone: Phone, api: BotApi, bot: Bot) -> None:
    await bot.send_message(phone.account.id, "?", reply_markup=_markup("是"))
    api.updates.callback_life = -1
    await phone.press("是")
    await phone.send("然后")
    assert [update.callback_query for update in await bot.get_updates(timeout=0)] == [None]


async def test_every_kind_of_update_is_parsed_whole(phone: Phone, api: BotApi, bot: Bot) -> None:
    group = api.group(added_by=phone)
    in_group, anonymous = phone.inside(group), phone.inside(group, anonymous=True)
    await bot.send_message(phone.account.id, "?", reply_markup=_markup("是"))
    number = await phone.send("/start@tianbao_test_bot 𠮷 /help")
    await phone.edit(number, "改")
    await phone.press("是")
    await phone.press_data("forged")
    await phone.contact()
    await phone.contact(own=False, owner=42, forwarded=True)
    await phone.sticker()
    await phone.voice()
    await phone.photo("图")
    await phone.document("数据.xlsx", b"PK")
    await phone.forward("转")
    await in_group.send("/start")
    await anonymous.send("/start")
    await phone.block()
    await phone.unblock()
    api.kick(group, phone)
    await phone.raw_update({"brand_new": {"a": 1}})
    raw = list(api.updates.made)
    updates = await bot.get_updates(timeout=0)
    assert [update.update_id for update in updates] == [each["update_id"] for each in raw[1:]]
    for update, sent in zip(updates, raw[1:], strict=True):
        assert set(update.to_dict()) | {"brand_new"} >= set(sent)
        assert Update.de_json(sent, bot) == update
        assert not any(part.api_kwargs for part in (update.effective_message, update.effective_user) if part)
    pressed = updates[3].callback_query
    assert pressed is not None
    assert pressed.message is not None
    assert pressed.message.is_accessible
    assert pressed.chat_instance
    command = updates[1].message
    assert command is not None
    assert [command.parse_entity(entity) for entity in command.entities] == ["/start@tianbao_test_bot", "/help"]


async def test_a_repeated_update_comes_again_though_confirmed(api: BotApi, bot: Bot) -> None:
    phone = api.phone()
    await phone.send("一")
    await bot.get_updates(offset=2, timeout=0)
    await phone.raw_update(api.updates.made[0])
    assert [update.update_id for update in await bot.get_updates(offset=2, timeout=0)] == [1]
    assert await bot.get_updates(offset=2, timeout=0) == ()


async def test_half_a_surrogate_pair_arrives_as_such(api: BotApi) -> None:
    await api.phone().send("坏\ud800")
    async with aiohttp.ClientSession() as session, session.get(f"{api.base_url}{api.token}/getUpdates") as answer:
        assert b"\\ud800" in await answer.read()


async def test_a_long_paste_is_split_without_a_mark(phone: Phone, api: BotApi) -> None:
    await phone.send("𠮷" * 3000)
    assert [len(update["message"]["text"]) for update in api.updates.made[-2:]] == [2048, 952]


async def test_groups_hide_what_is_not_for_the_bot(phone: Phone, api: BotApi, bot: Bot) -> None:
    inside = phone.inside(api.group())
    sent = await bot.send_message(inside.chat.id, "好")
    for text in ("闲聊", "/other@another_bot", "/status", "/status@Tianbao_Test_Bot"):
        await inside.send(text)
    await inside.send("回复", reply_to=sent.message_id)
    heard = [update.message and update.message.text for update in await bot.get_updates(timeout=0)]
    assert heard == ["/status", "/status@Tianbao_Test_Bot", "回复"]


# The webhook


class _Endpoint:
    """A web server that answers deliveries with a list of statuses, then with 200."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.got: list[tuple[str, str]] = []
        self.url = ""
        self._came = asyncio.Event()

    async def take(self, request: web.BaseRequest) -> web.Response:
        update = await request.json()
        said = update["message"]["text"] if "message" in update else update["callback_query"]["data"]
        self.got.append((said, request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")))
        self._came.set()
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 0:
            await asyncio.sleep(1)
        return web.Response(status=status or 200)

    async def until(self, count: int) -> list[str]:
        async with asyncio.timeout(3):
            while len(self.got) < count:
                self._came.clear()
                await self._came.wait()
        return [text for text, _ in self.got]


@asynccontextmanager
async def _endpoint(*statuses: int) -> AsyncIterator[_Endpoint]:
    endpoint = _Endpoint(*statuses)
    runner = web.ServerRunner(web.Server(endpoint.take), shutdown_timeout=0.05)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoint.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield endpoint
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("failure", [500, 503, 404, 302, 0], ids=["500", "503", "404", "redirect", "timeout"])
async def test_webhook_repeats_until_taken_and_keeps_the_order(api: BotApi, bot: Bot, failure: int) -> None:
    phone = api.phone()
    await phone.send("早")
    async with _endpoint(200, failure, failure) as endpoint:
        await bot.set_webhook(
            endpoint.url,
            secret_token="s-1",  # noqa: S106 - made up
            max_connections=5,
        )
        await phone.send("一")
        await phone.send("二")
        assert await endpoint.until(5) == ["早", "一", "一", "一", "二"]
        assert {secret for _, secret in endpoint.got} == {"s-1"}
        await asyncio.sleep(0.05)
        info = await bot.get_webhook_info()
        assert (info.url, info.pending_update_count) == (endpoint.url, 0)
        assert info.last_error_message


async def test_a_failing_chat_does_not_hold_up_others(api: BotApi, bot: Bot) -> None:
    api.updates.retry_delays = (0.3,)
    async with _endpoint(500) as endpoint:
        await bot.set_webhook(endpoint.url)
        await api.phone("甲").send("甲一")
        await endpoint.until(1)
        await api.phone("乙").send("乙一")
        assert await endpoint.until(3) == ["甲一", "乙一", "甲一"]


async def test_a_press_is_not_kept_in_order_with_messages(phone: Phone, api: BotApi, bot: Bot) -> None:
    api.updates.retry_delays = (0.3,)
    await bot.send_message(phone.account.id, "?", reply_markup=_markup("是"))
    async with _endpoint(500) as endpoint:
        await bot.set_webhook(endpoint.url)
        await phone.send("先")
        await endpoint.until(1)
        await phone.press("是")
        assert await endpoint.until(3) == ["先", "d:是", "先"]


async def test_webhook_delivers_after_the_bot_came_back(api: BotApi, bot: Bot) -> None:
    await bot.set_webhook("http://127.0.0.1:9/", allowed_updates=["message"])
    await api.phone().send("等")
    await asyncio.sleep(0.1)
    info = await bot.get_webhook_info()
    assert (info.pending_update_count, info.last_error_message) == (1, "Connection refused")
    async with _endpoint() as endpoint:
        await bot.set_webhook(endpoint.url)
        assert await endpoint.until(1) == ["等"]


async def test_webhook_is_deleted_after_enough_410(api: BotApi, bot: Bot) -> None:
    api.updates.gone_after = 0
    async with _endpoint(*[410] * 9) as endpoint:
        await bot.set_webhook(endpoint.url)
        await api.phone().send("在吗")
        await endpoint.until(2)
        await asyncio.sleep(0.1)
        assert (await bot.get_webhook_info()).url == ""
        assert len(await bot.get_updates(timeout=0)) == 1


@pytest.mark.parametrize(
    ("url", "secret", "refusal"),
    [
        ("http://example.org/", "", "An HTTPS URL must be provided"),
        ("nonsense", "", "invalid webhook URL"),
        ("https://example.org/", "not allowed!", "unallowed characters"),
    ],
)
async def test_webhooks_that_are_refused(bot: Bot, url: str, secret: str, refusal: str) -> None:
    with pytest.raises(BadRequest, match=_said(refusal)):
        await bot.set_webhook(url, secret_token=secret or None)


# What the bot sends


def _markup(*labels: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=f"d:{label}")] for label in labels])


async def _raw(api: BotApi, method: str, body: object = None, **parameters: object) -> Json:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{api.base_url}{api.token}/{method}", json=body if body is not None else parameters) as answer,
    ):
        found: Json = await answer.json()
        assert answer.status == found.get("error_code", 200)
        return found


_BUTTON = {"text": "好", "callback_data": "x"}
_ASK = ReplyKeyboardMarkup([[KeyboardButton("发送手机号", request_contact=True)]])
_CONTACT = {"keyboard": [[{"text": "发送手机号", "request_contact": True}]]}
REFUSED: list[tuple[str, Json, str]] = [
    ("empty text", {"text": ""}, "message text is empty"),
    ("blank text", {"text": " \n\x00"}, "message text is empty"),
    ("only markup", {"text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"),
    ("long text", {"text": "字" * 4097}, "message is too long"),
    ("long in UTF-16", {"text": "𠮷" * 2049}, "message is too long"),
    ("unclosed", {"text": "<b>一", "parse_mode": "HTML"}, 'Can\'t find end tag corresponding to start tag "b"'),
    (
        "crossed",
        {"text": "<b><i>一</b></i>", "parse_mode": "HTML"},
        'Unmatched end tag at byte offset 9, expected "</i>"',
    ),
    ("unknown tag", {"text": "一<font>", "parse_mode": "HTML"}, 'Unsupported start tag "font" at byte offset 3'),
    ("stray end", {"text": "</b>", "parse_mode": "HTML"}, "Unexpected end tag at byte offset 0"),
    ("bare <", {"text": "1 < 2", "parse_mode": "HTML"}, "can't parse entities"),
    ("unknown mode", {"text": "一", "parse_mode": "BBCode"}, "unsupported parse_mode"),
    ("no chat", {"chat_id": "", "text": "一"}, "chat_id is empty"),
    ("unknown chat", {"chat_id": 12345, "text": "一"}, "chat not found"),
    ("unknown name", {"chat_id": "@nobody", "text": "一"}, "chat not found"),
    ("no reply", {"text": "一", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
    (
        "long data",
        {"text": "一", "reply_markup": {"inline_keyboard": [[_BUTTON | {"callback_data": "字" * 22}]]}},
        "BUTTON_DATA_INVALID",
    ),
    (
        "empty data",
        {"text": "一", "reply_markup": {"inline_keyboard": [[_BUTTON | {"callback_data": ""}]]}},
        "BUTTON_DATA_INVALID",
    ),
    (
        "no action",
        {"text": "一", "reply_markup": {"inline_keyboard": [[{"text": "好"}]]}},
        "Text buttons are unallowed",
    ),
    (
        "no label",
        {"text": "一", "reply_markup": {"inline_keyboard": [[{"callback_data": "x"}]]}},
        'Can\'t find field "text"',
    ),
    (
        "empty label",
        {"text": "一", "reply_markup": {"inline_keyboard": [[_BUTTON | {"text": ""}]]}},
        "must be non-empty",
    ),
    ("101 buttons", {"text": "一", "reply_markup": {"inline_keyboard": [[_BUTTON]] * 101}}, "reply markup is too long"),
    ("flat rows", {"text": "一", "reply_markup": {"inline_keyboard": [_BUTTON]}}, "must be an Array of Arrays"),
    ("no rows", {"text": "一", "reply_markup": {"inline_keyboard": 1}}, "must be of type Array"),
    ("broken markup", {"text": "一", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
    ("list as markup", {"text": "一", "reply_markup": [1]}, "object expected as reply markup"),
]


@pytest.mark.parametrize(("parameters", "refusal"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
async def test_messages_that_are_refused(phone: Phone, api: BotApi, parameters: Json, refusal: str) -> None:
    shown = len(phone.history)
    answer = await _raw(api, "sendMessage", {"chat_id": phone.account.id, **parameters})
    assert answer["error_code"] == 400
    assert answer["description"].startswith("Bad Request: ")
    assert refusal in answer["description"]
    assert len(phone.history) == shown
    assert api.calls[-1].error == answer["description"]
    assert not api.calls[-1].done


@pytest.mark.parametrize(
    "parameters",
    [
        {"text": "𠮷" * 2048},
        {"text": "<b>" + "字" * 4096 + "</b>", "parse_mode": "HTML"},
        {"text": "一", "reply_markup": {"inline_keyboard": [[_BUTTON | {"callback_data": "x" * 64}]]}},
        {"text": "一", "reply_markup": {"inline_keyboard": [[_BUTTON] * 8] * 12}},
        {"text": "一", "reply_markup": _CONTACT},
        {"text": "一", "reply_parameters": {"message_id": 99, "allow_sending_without_reply": True}},
    ],
    ids=["4096 units", "4096 after parsing", "64 bytes", "96 buttons", "contact in private", "reply optional"],
)
async def test_messages_at_the_limit_are_shown(phone: Phone, api: BotApi, parameters: Json) -> None:
    assert (await _raw(api, "sendMessage", {"chat_id": phone.account.id, **parameters}))["ok"]
    assert len(await phone.wait()) == 1


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("<b>一</b>二", "一二", [("bold", 0, 1)]),
        ("𠮷<i>a&lt;&#20108;</i>&nbsp;", "𠮷a<二&nbsp;", [("italic", 2, 3)]),
        (" <u> <s>x</s></u>", "x", [("underline", 0, 1), ("strikethrough", 0, 1)]),
        ('<a href="https://example.org/?a=1&amp;b">这里</a>', "这里", [("text_link", 0, 2)]),
        ('<a href="">这里</a>', "这里", []),
        ('<pre><code class="language-python">a</code></pre>', "a", [("pre", 0, 1)]),
        ("<TG-SPOILER>x</TG-SPOILER>", "x", [("spoiler", 0, 1)]),
    ],
)
def test_html_becomes_text_and_entities(source: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    shown, found = read(source, "html", 4096, "")
    assert shown == text
    assert [(entity["type"], entity["offset"], entity["length"]) for entity in found] == entities


def test_a_deep_or_long_broken_text_is_refused_quickly() -> None:
    started = time.perf_counter()
    for source in ("<b" + " a" * 20_000, "<" * 20_000, "<b>" * 5_000, "&" * 100_000):
        with pytest.raises(ApiError, match="Bad Request"):
            read(source, "HTML", 4096, "message is too long")
    assert time.perf_counter() - started < 1


async def test_who_may_be_written_to(phone: Phone, api: BotApi, bot: Bot) -> None:
    with pytest.raises(Forbidden, match=_said("bot can't initiate conversation with a user")):
        await bot.send_message(api.phone("没来过").account.id, "一")
    await phone.block()
    with pytest.raises(Forbidden, match=_said("bot was blocked by the user")):
        await bot.send_message(phone.account.id, "一")
    await phone.send("/start")
    await bot.send_message(phone.account.id, "一")
    small = api.group(kind="group")
    new = api.migrate(small, phone)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(small.id, "一")
    assert moved.value.new_chat_id == new.id
    await bot.send_message(new.id, "一")
    with pytest.raises(BadRequest, match=_said("phone number can be requested in private chats only")):
        await bot.send_message(new.id, "一", reply_markup=_ASK)
    api.kick(new, phone)
    with pytest.raises(Forbidden, match=_said("bot was kicked from the supergroup chat")):
        await bot.send_message(new.id, "一")
    other = api.group()
    assert await bot.leave_chat(other.id)
    with pytest.raises(Forbidden, match=_said("bot is not a member of the supergroup chat")):
        await bot.send_message(other.id, "一")


async def test_a_group_that_became_a_supergroup_says_so_to_every_call(phone: Phone, api: BotApi, bot: Bot) -> None:
    inside = phone.inside(api.group(kind="group"))
    sent = await bot.send_message(inside.chat.id, "一")
    new = api.migrate(inside.chat, phone)
    for call in (
        bot.send_message(inside.chat.id, "二"),
        bot.send_document(inside.chat.id, b"x"),
        bot.edit_message_text("二", inside.chat.id, sent.message_id),
        bot.leave_chat(inside.chat.id),
    ):
        with pytest.raises(ChatMigrated) as caught:
            await call
        assert caught.value.new_chat_id == new.id
    with pytest.raises(BadRequest, match=_said("message to edit not found")):
        await bot.edit_message_text("二", new.id, sent.message_id + 10)


async def test_topics(phone: Phone, api: BotApi, bot: Bot) -> None:
    group = api.group()
    with pytest.raises(BadRequest, match=_said("message thread not found")):
        await bot.send_message(group.id, "一", message_thread_id=1)
    number = api.topic(group, "浦东", phone)
    sent = await bot.send_message(group.id, "一", message_thread_id=number, reply_markup=_markup("好"))
    assert (sent.message_thread_id, sent.is_topic_message) == (number, True)
    inside = phone.inside(group, topic=number)
    await inside.send("/status")
    await inside.send("回复", reply_to=sent.message_id)
    await inside.press("好")
    begun, said, replied, pressed = await bot.get_updates(timeout=0)
    assert begun.message is not None
    assert begun.message.forum_topic_created is not None
    for update, original in ((said, number), (replied, sent.message_id)):
        assert update.message is not None
        assert (update.message.message_thread_id, update.message.is_topic_message) == (number, True)
        assert update.message.reply_to_message is not None
        assert update.message.reply_to_message.message_id == original
    assert pressed.callback_query is not None
    assert pressed.callback_query.message is not None
    assert pressed.callback_query.message.message_id == sent.message_id


async def test_content_is_protected_where_it_is_asked_for(phone: Phone, bot: Bot) -> None:
    number = phone.account.id
    assert (await bot.send_document(number, b"x", protect_content=True)).has_protected_content
    assert (await bot.send_message(number, "一", protect_content=True)).has_protected_content
    assert not (await bot.send_document(number, b"x", protect_content=False)).has_protected_content


async def test_editing(phone: Phone, api: BotApi, bot: Bot) -> None:
    sent = await bot.send_message(phone.account.id, "一", reply_markup=_markup("甲"))
    with pytest.raises(BadRequest, match=_said("message is not modified")):
        await sent.edit_text("一", reply_markup=_markup("甲"))
    edited = await sent.edit_text(" <b>二</b>", parse_mode="HTML", reply_markup=_markup("乙"))
    assert isinstance(edited, type(sent))
    assert (edited.text, edited.message_id) == ("二", sent.message_id)
    await sent.edit_reply_markup(None)
    with pytest.raises(BadRequest, match=_said("message is not modified")):
        await sent.edit_reply_markup(None)
    news = await phone.wait(3)
    assert [(shown.change, shown.text, shown.labels) for shown in news] == [
        ("new", "一", ["甲"]),
        ("edit", "二", ["乙"]),
        ("edit", "二", []),
    ]
    with pytest.raises(BadRequest, match=_said("message to edit not found")):
        await bot.edit_message_text("三", phone.account.id, 99)
    with pytest.raises(BadRequest, match=_said("message can't be edited")):
        await bot.edit_message_text("三", phone.account.id, 1)
    document = await bot.send_document(phone.account.id, b"x", caption="表")
    with pytest.raises(BadRequest, match=_said("there is no text in the message to edit")):
        await bot.edit_message_text("三", phone.account.id, document.message_id)
    keys = {"chat_id": phone.account.id, "message_id": sent.message_id, "text": "三", "reply_markup": _CONTACT}
    assert "inline keyboard expected" in (await _raw(api, "editMessageText", keys))["description"]
    assert await sent.delete()
    with pytest.raises(BadRequest, match=_said("message to delete not found")):
        await sent.delete()
    assert phone.history[-1].change == "delete"


async def test_presses(phone: Phone, api: BotApi, bot: Bot) -> None:
    await bot.send_message(phone.account.id, "一", reply_markup=_markup("确认提交", "确认", "返回"))
    old = (await phone.wait())[0]
    query = await phone.press("确认")
    update = (await bot.get_updates(timeout=0))[0]
    assert update.callback_query is not None
    assert (update.callback_query.id, update.callback_query.data) == (query, "d:确认")
    assert await update.callback_query.answer("好的", show_alert=True)
    toast = await phone.answered(query)
    assert (toast.text, toast.alert, phone.toasts) == ("好的", True, [toast])
    with pytest.raises(BadRequest, match=_said("query is too old and response timeout expired or query ID is invalid")):
        await update.callback_query.answer()
    await bot.edit_message_text("二", phone.account.id, old.id)
    with pytest.raises(LookupError, match="确认"):
        await phone.press("确认")
    await phone.press("返回", old)
    await bot.delete_message(phone.account.id, old.id)
    await phone.press("返回", old)
    late = (await bot.get_updates(timeout=0))[1:]
    assert [u.callback_query and u.callback_query.message and u.callback_query.message.is_accessible for u in late] == [
        True,
        False,
    ]
    api.updates.callback_life = -1
    with pytest.raises(BadRequest, match=_said("query is too old")):
        await bot.answer_callback_query(await phone.press_data("x", old.id))


async def test_the_reply_keyboard(phone: Phone, bot: Bot) -> None:
    await bot.send_message(phone.account.id, "手机号", reply_markup=ReplyKeyboardMarkup([["取消"], *_ASK.keyboard]))
    assert (await phone.wait())[0].labels == ["取消", "发送手机号"]
    await phone.tap("发送")
    await phone.tap("取消")
    contact, text = (update.message for update in await bot.get_updates(timeout=0))
    assert contact is not None
    assert contact.contact is not None
    assert (contact.contact.user_id, contact.contact.phone_number) == (phone.account.id, phone.account.phone)
    assert text is not None
    assert text.text == "取消"
    await bot.send_message(phone.account.id, "好", reply_markup=ReplyKeyboardRemove())
    with pytest.raises(LookupError):
        await phone.tap("取消")


# Files


@pytest.mark.parametrize("name", ["填报表 2026-10.xlsx", "a;b=c.csv", "../x.txt", "𠮷.pdf"])
async def test_a_document_goes_up_and_comes_down(phone: Phone, bot: Bot, name: str) -> None:
    content = bytes(range(256)) * 5_000
    sent = await bot.send_document(phone.account.id, content, caption="<b>表</b>", parse_mode="HTML", filename=name)
    assert sent.document is not None
    assert (sent.document.file_name, sent.document.file_size, sent.caption) == (name, len(content), "表")
    file = await bot.get_file(sent.document.file_id)
    assert bytes(await file.download_as_bytearray()) == content
    again = await bot.send_document(phone.account.id, sent.document.file_id)
    assert again.document == sent.document
    assert [shown.text for shown in await phone.wait(2)] == ["表", ""]


async def test_a_person_sends_a_document(phone: Phone, bot: Bot) -> None:
    await phone.document("数据.csv", "企业,产值".encode("gbk"))
    message = (await bot.get_updates(timeout=0))[0].message
    assert message is not None
    assert message.document is not None
    file = await message.document.get_file()
    assert (await file.download_as_bytearray()).decode("gbk") == "企业,产值"


async def test_files_that_are_refused(phone: Phone, bot: Bot) -> None:
    number = phone.account.id
    with pytest.raises(BadRequest, match=_said("message caption is too long")):
        await bot.send_document(number, b"x", caption="字" * 1025)
    with pytest.raises(BadRequest, match=_said("file must be non-empty")):
        await bot.send_document(number, b"")
    with pytest.raises(BadRequest, match=_said("wrong file identifier")):
        await bot.send_document(number, "no-such-file")
    with pytest.raises(BadRequest, match=_said("IMAGE_PROCESS_FAILED")):
        await bot.send_photo(number, b"not a picture")
    with pytest.raises(NetworkError, match=_said("Request Entity Too Large")):
        await bot.send_document(number, bytes(50 * 1024 * 1024 + 1))
    with pytest.raises(BadRequest, match=_said("wrong file_id")):
        await bot.get_file("no-such-file")


async def test_a_picture_is_measured(phone: Phone, bot: Bot) -> None:
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (640).to_bytes(4) + (480).to_bytes(4) + b"\x08\x02\0\0\0"
    sent = await bot.send_photo(phone.account.id, png)
    assert (sent.photo[0].width, sent.photo[0].height) == (640, 480)


# Faults and limits


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.flood(7), RetryAfter),
        (Fault.blocked(), Forbidden),
        (Fault.refuse(400, "Bad Request: anything"), BadRequest),
        (Fault.server_error(500), NetworkError),
        (Fault.server_error(502), NetworkError),
        (Fault.hang(), TimedOut),
        (Fault.hang(stage="after"), TimedOut),
        (Fault.drop(), NetworkError),
        (Fault.drop("after"), NetworkError),
    ],
    ids=["429", "403", "400", "500", "502", "timeout before", "timeout after", "cut before", "cut after"],
)
async def test_faults(phone: Phone, api: BotApi, bot: Bot, fault: Fault, error: type[TelegramError]) -> None:
    api.faults.add(fault.on("sendMessage"))
    await bot.send_chat_action(phone.account.id, "typing")
    with pytest.raises(error) as caught:
        await bot.send_message(phone.account.id, "一", read_timeout=0.2)
    assert type(caught.value) is error
    done = fault.stage == "after"
    assert [shown.text for shown in phone.news()] == ["一"] * done
    call = api.called("sendmessage")[0]
    assert (call.done, call.fault) == (done, fault.name)
    if isinstance(caught.value, RetryAfter):
        assert caught.value.retry_after == timedelta(seconds=7)
    await bot.send_message(phone.account.id, "二")


async def test_a_fault_picks_its_calls(phone: Phone, api: BotApi, bot: Bot) -> None:
    api.faults.add(Fault.blocked().on(times=-1, when=lambda parameters: parameters.get("text") == "坏"))
    for _ in range(2):
        await bot.send_message(phone.account.id, "好")
        with pytest.raises(Forbidden):
            await bot.send_message(phone.account.id, "坏")
    api.faults.clear()
    await bot.send_message(phone.account.id, "坏")


async def test_latency_delays_every_call(phone: Phone, api: BotApi, bot: Bot) -> None:
    api.latency = 0.05
    started = time.perf_counter()
    await bot.send_message(phone.account.id, "一")
    assert time.perf_counter() - started >= 0.05


async def test_strict_limits() -> None:
    now = [1_000.0]
    async with BotApi(strict_limits=True, clock=lambda: now[0]) as api, _bot(api) as bot:
        phones = [api.phone(str(each)) for each in range(31)]
        for phone in phones:
            await phone.send("/start")
        for _ in range(5):
            await bot.send_message(phones[0].account.id, "一")
        with pytest.raises(RetryAfter):
            await bot.send_message(phones[0].account.id, "二")
        for phone in phones[5:30]:
            await bot.send_message(phone.account.id, "一")
        with pytest.raises(RetryAfter):
            await bot.send_message(phones[30].account.id, "一")
        now[0] += 1
        await bot.send_message(phones[30].account.id, "一")
        group = api.group().id
        for _ in range(20):
            await bot.send_message(group, "一")
            now[0] += 1
        with pytest.raises(RetryAfter, match="40"):
            await bot.send_message(group, "一")


# The wire


async def test_wrong_tokens_and_methods(api: BotApi, bot: Bot) -> None:
    with pytest.raises(InvalidToken):
        async with _bot(api, "123:wrong"):
            pass
    answer = await _raw(api, "noSuchMethod")
    assert (answer["error_code"], answer["description"]) == (404, "Not Found: method not found")
    async with aiohttp.ClientSession() as session:
        for path, status in (("/", 404), ("/botnonsense/getMe", 404), ("/bot1:x/getMe", 401), ("/file/bot1:x/a", 404)):
            async with session.get(api.url + path) as found:
                assert found.status == status
    me = await bot.get_me()
    assert (me.id, me.is_bot, me.can_read_all_group_messages) == (7_000_000_001, True, False)


async def test_parameters_come_in_every_form(phone: Phone, api: BotApi) -> None:
    url, number = f"{api.base_url}{api.token}/SENDmessage", str(phone.account.id)
    markup = '{"inline_keyboard": [[{"text": "好", "callback_data": "x"}]]}'
    fields = {"chat_id": number, "text": "文 字&+", "reply_markup": markup}
    multipart = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        multipart.add_field(name, value)
    async with aiohttp.ClientSession() as session:
        for sending in (
            session.get(url, params=fields),
            session.post(url, data=fields),
            session.post(url, json=fields),
        ):
            async with sending as answer:
                assert answer.status == 200
        async with session.post(url, data=multipart) as answer:
            assert answer.status == 200
        for body in (b"chat_id=1&text=%ff", b"chat_id=1&text=\xff"):
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            async with session.post(url, data=body, headers=headers) as answer:
                assert (await answer.json())["description"] == "Bad Request: strings must be encoded in UTF-8"
    assert [(shown.text, shown.labels) for shown in await phone.wait(4)] == [("文 字&+", ["好"])] * 4


async def test_commands_and_chats(phone: Phone, api: BotApi, bot: Bot) -> None:
    await bot.set_my_commands([("start", "开始"), ("report", "填报")])
    assert [command.command for command in await bot.get_my_commands()] == ["start", "report"]
    assert await bot.get_my_commands(language_code="en") == ()
    with pytest.raises(BadRequest, match=_said("BOT_COMMAND_INVALID")):
        await bot.set_my_commands([("填报", "填报")])
    chat = await bot.get_chat(phone.account.id)
    assert (chat.id, chat.type, chat.first_name) == (phone.account.id, "private", "王芳")
    assert (await bot.get_chat(api.group("群").id)).title == "群"
    assert await bot.send_chat_action(phone.account.id, "typing")
    assert phone.chat.actions == ["typing"]


async def test_waiting_says_what_came_instead(phone: Phone, bot: Bot) -> None:
    await bot.send_message(phone.account.id, "别的")
    with pytest.raises(TimeoutError, match="别的"):
        await phone.wait("想要的", timeout=0.05)
    assert await phone.quiet(0.05) == []


@pytest.mark.parametrize("record", [True, False])
async def test_what_is_kept(*, record: bool) -> None:
    async with BotApi(record=record) as api:
        phone = api.phone()
        for number in range(500):
            await phone.send(str(number))
            await _raw(api, "sendMessage", chat_id=phone.account.id, text=str(number))
            assert [shown.text for shown in phone.news()] == [str(number)]
        assert api.counts["sendMessage"] == 500
        assert len(api.calls) == 500 * record
        assert (len(phone.history) == 1000) is record
        assert len(phone.history) >= 100


# A process of its own


async def _converse(url: str, token: str) -> None:
    async with Bot(token, base_url=f"{url}/bot") as bot:
        update = (await bot.get_updates(timeout=5))[0]
        assert update.message is not None
        await update.message.reply_text("好", reply_markup=_markup("确认"))


async def test_an_emulator_in_another_process() -> None:
    async with launch("--retry-delays", "0,0.1") as emulator:
        wang = await emulator.phone("王芳")
        await emulator.act(wang, "send", text="/start")
        await _converse(emulator.url, emulator.token)
        shown = await emulator.act(wang, "wait", until="好")
        assert shown[0]["message"]["text"] == "好"
        assert await emulator.act(wang, "press", label="确认")
        await emulator.act(wang, "document", name="表.csv", content=b64encode(b"1,2").decode())
        group = await emulator.group("群")
        await emulator.act(wang, "send", chat=group, text="/start")
        await emulator.fault(error=[429, "Too Many Requests: retry after 3", {"retry_after": 3}], method="getMe")
        await emulator.latency(0.01)
        with pytest.raises(RetryAfter):
            await _converse(emulator.url, emulator.token)
        assert [call["method"] for call in await emulator.calls()][-1] == "getMe"
        assert len(await emulator.chat(wang)) == 3
        assert (await emulator.state())["pending"] == 4
        for wrong in (emulator.act(wang, "press", label="没有"), emulator.act(wang, "__init__")):
            with pytest.raises(LookupError):
                await wrong


async def test_the_process_ends_in_order() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.botapi"), stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        await process.stdout.readline()
        process.send_signal(number)
        assert await asyncio.wait_for(process.wait(), 5) == 0
