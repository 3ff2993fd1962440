"""The whole conversation over the Bot API, as a reporter has it on a phone, and all that can arrive out of turn."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select
from structlog.typing import EventDict

from bot.channels import (
    File,
    Incoming,
    MovedError,
    Outgoing,
    RetryLaterError,
    Sort,
    TooLargeError,
    UndeliverableError,
    UnknownOutcomeError,
    button_data,
)
from bot.telegram import ALLOWED, MOST_UPLOAD, Telegram
from storage.database import Database
from storage.tables import audit, inbox, outbox, person, report, submission
from tests.botapi import BotApi, Fault, Phone, Shown
from tests.product import (
    ANSWERS,
    FIGURES,
    LINKING,
    NAME,
    TAKEN,
    WAY_IN,
    Reporter,
    become_reporter,
    faults,
    free_port,
    logged,
    prepare,
    product,
    rows,
    settings_for,
    settle,
    until,
    words,
)

STORED = {
    # The manual's figure 2-2-7; a column without a figure is not here.
    "operating_revenue": ("12.00", "12.00", "12.00", "2.00"),
    "total_profit": ("21.00", "0.00", "21.00", "1.00"),
    "taxes_payable": ("2.00", "21.00"),
    "accounts_payable": ("12.00", "12.00"),
    "notes_receivable": ("21.00", "4.00"),
    "employees": ("43", "3"),
    "rd_expenditure": ("2.00", "23.00", "2.00", "2.00"),
    # The figure shows 0.02 件, which cannot be.
    "ip_rights_obtained": ("3", "3", "3", "0"),
}
FLOW = ("month", "month_last_year", "cumulative", "cumulative_last_year")
STOCK = ("end_of_period", "end_of_period_last_year")
YEAR_TO_DATE = ("cumulative", "cumulative_last_year")


def cells(table: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Return figures by cell from figures by indicator."""
    columns = {row: FLOW if len(figures) > 2 else STOCK for row, figures in table.items()}
    columns |= dict.fromkeys(("finance_costs", "operating_costs"), YEAR_TO_DATE)
    return {
        f"{row}.{column}": figure
        for row, figures in table.items()
        for column, figure in zip(columns[row], figures, strict=True)
    }


@pytest.fixture(params=["polling", "webhook"])
async def api(request: pytest.FixtureRequest, database: Database, database_url: str) -> AsyncIterator[BotApi]:
    """Return an emulator with the product behind it, once for each way in which updates come."""
    await prepare(database)
    port = free_port() if request.param == "webhook" else 0
    async with BotApi() as api, product(settings_for(database_url, api, port=port)):
        yield api


async def test_a_report_from_the_first_message_to_the_receipt(api: BotApi, database: Database) -> None:
    """The Must-show path, with the figures of the stored report in the manual."""
    reporter = await become_reporter(api.phone("李"))
    assert reporter.answers[-1] == words("claim-done", enterprise=NAME)
    assert "申请成功" in reporter.answers[-1]
    review = await reporter.fill()
    assert words("review-ready") in review.text
    warning = await reporter.do("[提交]")
    assert words("confirm-warning") in warning.text
    receipt = await reporter.do("[确认提交]")

    await settle(database)
    (stored,) = await rows(database, select(submission))
    content = orjson.loads(stored.content)
    assert content["figures"] == cells(STORED)
    assert len(content["choices"]) == 15
    assert content["period"] == "2021-01"
    assert content["form"] == "2021-01"
    assert words("receipt-number", number=stored.number) in receipt.text
    assert words("receipt-digest", digest=stored.digest) in receipt.text
    (kind,) = {row.kind for row in await rows(database, select(outbox).where(outbox.c.body.contains(stored.number)))}
    assert kind == "receipt"
    # Once to each thing that was done, in the order in which it was done, and nothing besides.
    assert len(reporter.answers) == len(reporter.steps)


async def test_an_impossible_value_is_refused_and_nothing_before_it_is_lost(api: BotApi, database: Database) -> None:
    reporter = await become_reporter(api.phone("李"))
    await reporter.walk("[数据填报]", *FIGURES[:-1])
    before = await rows(database, select(report.c.content, report.c.revision))

    refused = await reporter.do("3 3 3 0.02")
    assert all(part in refused.text for part in ("获得专利、软件著作权数量", "件", "整数", "0.02"))
    assert await rows(database, select(report.c.content, report.c.revision)) == before

    refused = await reporter.do("3 3 4 3")
    assert all(part in refused.text for part in ("1 月", "累计值", "应等于本月值", "3", "4"))
    assert words("figure-all-together") in refused.text
    assert await rows(database, select(report.c.content, report.c.revision)) == before

    answer = await reporter.do(FIGURES[-1])
    assert "【13/27】" in answer.text
    assert (
        orjson.loads((await rows(database, select(report.c.content)))[0][0])["figures"].keys() == cells(STORED).keys()
    )


BACKFILL = {
    "gross_industrial_output": ("120.00", "110.00", "1400.00", "1300.00"),
    "operating_revenue": ("130.00", "120.00", "1500.00", "1400.00"),
    "export_delivery_value": ("10.00", "9.00", "100.00", "90.00"),
    "total_profit": ("12.00", "11.00", "140.00", "130.00"),
    "taxes_payable": ("3.00", "2.00"),
    "accounts_receivable": ("40.00", "35.00"),
    "overdue_accounts_receivable": ("5.00", "4.00"),
    "loan_balance": ("200.00", "180.00"),
    "finance_costs": ("9.00", "8.00"),
    "operating_costs": ("1000.00", "950.00"),
    "finished_goods": ("30.00", "28.00"),
    "notes_receivable": ("6.00", "5.00"),
    "employees": ("43", "41"),
    "electricity_consumption": ("9000.00", "8800.00", "100000.00", "98000.00"),
    "capacity_utilization": ("78.50", "80.00"),
    "rd_expenditure": ("8.00", "7.00", "90.00", "80.00"),
    "ip_rights_obtained": ("1", "0", "3", "2"),
}


async def test_a_period_before_is_filled_with_the_form_of_that_period(api: BotApi, database: Database) -> None:
    """2020-12 is filled in February 2021 with the form of 2020: 17 indicators and 11 questions."""
    reporter = await become_reporter(api.phone("李"))
    await reporter.walk("[数据填报]", "[补填]")
    first = await reporter.do("[2020-12 未填报]")
    assert "2020-12 期" in first.text
    assert "【1/28】" in first.text
    assert "工业总产值（新增）" in first.text
    for figures in BACKFILL.values():
        await reporter.do(" ".join(figures))
    assert reporter.answers[-1].count("【18/28】") == 1
    await reporter.walk("[很好]", *ANSWERS[1:3], "[很好]", *ANSWERS[4:6], "[企业没有出口]", *ANSWERS[7:11])
    await reporter.explain()
    receipt = await reporter.submit()

    (stored,) = await rows(database, select(submission))
    content = orjson.loads(stored.content)
    assert (content["period"], content["form"]) == ("2020-12", "2020-01")
    assert content["figures"] == cells(BACKFILL)
    assert len(content["choices"]) == 11
    assert stored.number in receipt.text
    assert "2020-12 已提交" in (await reporter.walk("[数据填报]", "[补填]")).labels


async def test_a_seat_that_is_taken_names_the_reporter_and_the_ways_out(api: BotApi) -> None:
    code, name, representative, holder = TAKEN
    reporter = Reporter(api.phone("李"))
    linking = [{LINKING[2]: code, LINKING[3]: name, LINKING[4]: representative}.get(step, step) for step in LINKING]
    await reporter.walk(*WAY_IN, *linking)
    answer = await reporter.do("[申请填报员]")
    assert words("claim-taken", reporter=holder) in answer.text
    assert holder in answer.text
    assert "填报人更换" in answer.text


async def test_what_was_answered_is_there_after_the_product_was_stopped_and_started(
    database: Database, database_url: str
) -> None:
    await prepare(database)
    async with BotApi() as api:
        async with product(settings_for(database_url, api)):
            reporter = await become_reporter(api.phone("李"))
            await reporter.walk("[数据填报]", *FIGURES[:4])
        await reporter.act(FIGURES[4])
        async with product(settings_for(database_url, api)):
            answer = (await reporter.phone.wait(1, 60))[0]
            assert "【6/27】" in answer.text
            answer = await reporter.do("/report")
            assert "【6/27】" in answer.text


# ---- out of turn


Deed = Callable[[Phone, dict[str, Shown], BotApi], Awaitable[object]]


def button(shown: Shown, label: str) -> str:
    """Return what a button carries."""
    data: str = next(one["callback_data"] for one in shown.buttons if one["text"] == label)
    return data


async def _edit(phone: Phone, seen: dict[str, Shown], _: BotApi) -> None:
    mine = next(one for one in phone.history if one.text == FIGURES[0])
    assert mine.id != seen["now"].id
    await phone.edit(mine.id, "99 99 99 99")


async def _somebody_elses_contact(phone: Phone, _: dict[str, Shown], api: BotApi) -> None:
    await phone.contact(own=False, owner=api.phone("别人").account.id)


async def _raw(phone: Phone, **fields: object) -> None:
    user = phone.account.user
    message = {"message_id": 9999, "date": 1_612_490_400, "chat": phone.chat.json, "from": user, **fields}
    await phone.raw_update({"message": message})


# What is done, and the sentence of the catalogue that must come.
CASES: dict[str, tuple[Deed, str]] = {
    "edited message": (_edit, "odd-edited"),
    "sticker": (lambda phone, _, __: phone.sticker(), "odd-sticker"),
    "voice message": (lambda phone, _, __: phone.voice(), "odd-voice"),
    "picture": (lambda phone, _, __: phone.photo(), "odd-media"),
    "picture with figures as caption": (lambda phone, _, __: phone.photo("7 7 7 7"), "odd-media"),
    "document": (lambda phone, _, __: phone.document("a.txt", b"7 7"), "odd-media"),
    "location": (lambda phone, _, __: _raw(phone, location={"latitude": 31.2, "longitude": 121.5}), "odd-other"),
    "kind of message that nobody knows yet": (lambda phone, _, __: _raw(phone, hologram={}), "odd-other"),
    "text instead of a press": (lambda phone, _, __: phone.send("好的"), "option-unknown"),
    "number of an option that is not there": (lambda phone, _, __: phone.send("9"), "option-unknown"),
    "control characters only": (lambda phone, _, __: phone.send("\u0000\u0007"), "option-unknown"),
    "markup": (lambda phone, _, __: phone.send("<b>1</b> _2_ [a](b)"), "option-unknown"),
    "command that nobody knows": (lambda phone, _, __: phone.send("/frobnicate"), "help"),
    "press on an old question": (
        lambda phone, seen, _: phone.press_data(button(seen["question"], "不良")),
        "button-old",
    ),
    "press on a skip that was done": (
        lambda phone, seen, _: phone.press_data(button(seen["skip"], "跳过")),
        "button-old",
    ),
    "forged press": (lambda phone, _, __: phone.press_data("1.0.0'; DROP TABLE report"), "button-old"),
    "press that carries nothing": (lambda phone, _, __: phone.press_data("\u0000"), "button-old"),
    "press on a message that never was": (
        lambda phone, _, __: phone.press_data(button_data(999_999, 0, 0)),
        "button-old",
    ),
    "press beside the buttons": (lambda phone, seen, _: phone.press_data(beside(seen["now"])), "button-old"),
    "press on a button with a giant number": (lambda phone, _, __: phone.press_data("9" * 18 + ".0.0"), "button-old"),
    "somebody else's button": (
        lambda phone, seen, _: phone.press_data(button(seen["theirs"], "数据填报")),
        "button-old",
    ),
    "button of another report": (
        lambda phone, seen, _: phone.press_data(button(seen["other"], "说明")),
        "button-other",
    ),
    "confirmation of another report": (
        lambda phone, seen, _: phone.press_data(button(seen["confirm"], "确认提交")),
        "button-other",
    ),
    "own contact once more": (lambda phone, _, __: phone.contact(), "bound-back"),
    "contact of somebody else": (_somebody_elses_contact, "contact-not-own"),
    "contact without an account": (lambda phone, _, __: phone.contact(own=False), "contact-not-own"),
    "contact that was forwarded": (lambda phone, _, __: phone.contact(forwarded=True), "contact-not-own"),
    "anonymous number": (lambda phone, _, __: phone.contact(phone="+88812345678"), "contact-not-own"),
}


def beside(shown: Shown) -> str:
    """Return what a button in a place where there is none would carry."""
    number = shown.buttons[0]["callback_data"].partition(".")[0]
    return button_data(int(number), 50, 50)


STATE = (report, submission, audit, person)


async def _state(database: Database) -> list[list[object]]:
    """Return all that must not change; a verified contact once more may be recorded."""
    kept = [select(table).order_by(*table.primary_key) for table in STATE]
    kept[2] = kept[2].where(audit.c.action != "phone-verified")
    return [[tuple(row) for row in await rows(database, one)] for one in kept]


@pytest.fixture
async def in_a_questionnaire(
    database: Database, database_url: str
) -> AsyncIterator[tuple[BotApi, Reporter, dict[str, Shown], list[EventDict]]]:
    """Return a reporter in the middle of the questions, the messages with buttons shown before, and the log."""
    await prepare(database)
    with logged() as log:
        async with BotApi(privacy=False) as api, product(settings_for(database_url, api)):
            reporter = await become_reporter(api.phone("李"))
            seen = {"theirs": await Reporter(api.phone("别")).walk(*WAY_IN[:2], "别人家")}
            # Another report of the same person, with a confirmation that was never pressed.
            await reporter.walk("[数据填报]", "[补填]")
            seen["other"] = await reporter.do("[2020-11 未填报]")
            await reporter.walk(*(" ".join(figures) for figures in BACKFILL.values()))
            await reporter.walk("[很好]", *ANSWERS[1:3], "[很好]", *ANSWERS[4:6], "[企业没有出口]", *ANSWERS[7:11])
            await reporter.explain()
            seen["confirm"] = await reporter.do("[提交]")
            await reporter.do("/report")
            await reporter.walk(*FIGURES[:4])
            seen["skip"] = reporter.phone.history[-1]
            await reporter.walk(*FIGURES[4:])
            seen["question"] = reporter.phone.history[-1]
            seen["now"] = await reporter.walk(*ANSWERS[:2])
            await settle(database)
            yield api, reporter, seen, log


Questionnaire = tuple[BotApi, Reporter, dict[str, Shown], list[EventDict]]


async def test_what_comes_out_of_turn_gets_a_helpful_answer_and_changes_nothing(
    in_a_questionnaire: Questionnaire, database: Database
) -> None:
    api, reporter, seen, log = in_a_questionnaire
    for case, (deed, expected) in CASES.items():
        before = await _state(database)
        reporter.phone.news()
        await deed(reporter.phone, seen, api)
        answer = (await reporter.phone.wait(1, 60))[0]
        assert words(expected, name="李会计") in answer.text, case
        assert await _state(database) == before, case
        if expected == "bound-back":
            # The way in leads home; the report goes on where it was.
            answer = await reporter.do("/report")
        if expected != "help":
            assert "【15/27】" in answer.text, case
    await settle(database)
    assert await reporter.phone.quiet() == []
    assert faults(log) == []
    # In the end it goes on as if nothing had been.
    assert "【16/27】" in (await reporter.do(ANSWERS[2])).text


async def test_a_press_and_its_double_get_a_word_each_and_count_once(
    in_a_questionnaire: Questionnaire, database: Database
) -> None:
    _, reporter, seen, log = in_a_questionnaire
    data = button(seen["now"], "不良")
    first, second = await reporter.phone.press_data(data), await reporter.phone.press_data(data)
    assert (await reporter.phone.answered(first, 60)).text == ""
    assert (await reporter.phone.answered(second, 60)).text == words("chosen-already", option="不良")
    await settle(database)
    assert len(await rows(database, select(audit).where(audit.c.detail.contains("industry_condition_current")))) == 2
    assert [shown.text.count("【16/27】") for shown in await reporter.phone.quiet()] == [1]
    assert faults(log) == []


async def test_a_group_that_is_no_admin_chat_is_left_without_a_word_and_with_a_recorded_reason(
    in_a_questionnaire: Questionnaire, database: Database
) -> None:
    api, reporter, seen, log = in_a_questionnaire
    before = await _state(database)
    deeds: list[Callable[[Phone], Awaitable[object]]] = [
        lambda inside: inside.send("12 12 12 12"),
        lambda inside: inside.send("/start"),
        lambda inside: inside.contact(),
        lambda inside: inside.sticker(),
        lambda inside: inside.press_data(button(seen["now"], "不良")),
        lambda inside: reporter.phone.inside(inside.chat, anonymous=True).send("/report"),
    ]
    for deed in deeds:
        inside = reporter.phone.inside(api.group())
        await deed(inside)
        await until(lambda chat=inside.chat: bool(chat.closed), "the group was not left")
        assert "not a member" in inside.chat.closed
        assert inside.news() == []
        (row,) = await rows(database, select(inbox).where(inbox.c.chat == str(inside.chat.id)))
        assert (row.state, row.outcome) == ("done", "not an admin chat: left")
    await settle(database, api)
    assert await _state(database) == before
    assert faults(log) == []


# ---- the channel by itself


Channel = tuple[BotApi, Telegram, Phone]


@pytest.fixture
async def channel() -> AsyncIterator[Channel]:
    """Return an emulator, the channel, and the phone of somebody whom the bot may write to."""
    async with BotApi() as api:
        api.updates.allowed = ALLOWED
        telegram = Telegram(api.token, api.url)
        await telegram.open()
        phone = api.phone("李")
        phone.chat.closed = ""
        yield api, telegram, phone
        await telegram.close()


def heard(channel: Channel, place: int = -1) -> Incoming:
    """Return what the channel makes of an update, the newest one if not said otherwise."""
    incoming = channel[1].read(orjson.dumps(channel[0].updates.made[place]).decode())
    assert incoming is not None
    return incoming


def told(incoming: Incoming, *names: str) -> dict[str, object]:
    """Return the fields that a test is about."""
    return {name: getattr(incoming, name) for name in names}


async def test_what_a_group_says_comes_with_all_that_authority_depends_on(channel: Channel) -> None:
    """Group H, and section 2 of quality.md: anonymous administrators, presses of real ones, forwards, topics."""
    api, telegram, phone = channel
    group = api.group(added_by=phone)
    added = heard(channel)
    assert (added.sort, added.chat, added.user, added.private) == (
        Sort.ADDED,
        str(group.id),
        str(phone.account.id),
        False,
    )
    inside, anonymous = phone.inside(group), phone.inside(group, anonymous=True)
    sent = await telegram.send(Outgoing(7, str(group.id), "谁来？", [[("我", "7.0.0")]]))
    fields = ("anonymous", "forwarded", "replied", "topic", "message", "moved_to")
    nothing: Mapping[str, object] = dict.fromkeys(fields, "") | {"anonymous": False, "forwarded": False}

    await inside.send("/status@tianbao_test_bot 浦东")
    said = heard(channel)
    assert (said.sort, said.words, said.private) == (Sort.TEXT, "/status@tianbao_test_bot 浦东", False)
    assert told(said, *fields) == nothing
    await inside.send("好", reply_to=int(sent))
    assert told(heard(channel), *fields) == {**nothing, "replied": sent}
    await inside.press("我")
    pressed = heard(channel)
    assert (pressed.sort, pressed.press, pressed.user) == (Sort.PRESS, "7.0.0", str(phone.account.id))
    assert told(pressed, *fields) == {**nothing, "message": sent}
    await anonymous.send("/status")
    assert told(heard(channel), *fields) == {**nothing, "anonymous": True}
    await anonymous.press("我")
    assert (heard(channel).user, heard(channel).anonymous) == (str(phone.account.id), False)
    await inside.forward("/status")
    assert told(heard(channel), *fields) == {**nothing, "forwarded": True}
    topic = api.topic(group, "浦东", phone)
    in_topic = phone.inside(group, topic=topic)
    await in_topic.send("/status")
    assert told(heard(channel), *fields) == {**nothing, "topic": str(topic)}
    asked = await telegram.send(Outgoing(8, str(group.id), "哪家？", [[("这家", "8.0.0")]], topic=str(topic)))
    await in_topic.send("这家", reply_to=int(asked))
    assert told(heard(channel), *fields) == {**nothing, "topic": str(topic), "replied": asked}
    await in_topic.press("这家")
    assert told(heard(channel), *fields) == {**nothing, "topic": str(topic), "message": asked}


async def test_a_group_that_moves_says_where_to(channel: Channel) -> None:
    api, telegram, phone = channel
    group = api.group(kind="group", added_by=phone)
    new = api.migrate(group, phone)
    gone, come = heard(channel, -2), heard(channel)
    assert (gone.chat, gone.moved_to, gone.sort) == (str(group.id), str(new.id), Sort.OTHER)
    # The word of the new group says the same: whichever is taken first will do.
    assert (come.chat, come.moved_to, come.sort) == (str(group.id), str(new.id), Sort.OTHER)
    for message in (Outgoing(1, gone.chat, "一"), Outgoing(2, gone.chat, "", leave=True)):
        with pytest.raises(MovedError) as moved:
            await telegram.send(message)
        assert moved.value.chat == str(new.id)


async def test_only_being_added_to_a_group_is_said(channel: Channel) -> None:
    """What else becomes of the bot's place is stored and says nothing."""
    api, _, phone = channel
    group = api.group(added_by=phone)
    api.kick(group, phone)
    assert heard(channel).sort is Sort.OTHER
    await phone.block()
    assert heard(channel).sort is Sort.OTHER
    await phone.unblock()
    assert heard(channel).sort is Sort.OTHER


async def test_the_bot_leaves_a_group(channel: Channel) -> None:
    api, telegram, phone = channel
    group = api.group(added_by=phone)
    assert await telegram.send(Outgoing(1, str(group.id), "", leave=True)) == ""
    assert "not a member" in group.closed
    assert heard(channel).sort is Sort.OTHER
    with pytest.raises(UndeliverableError):
        await telegram.send(Outgoing(2, str(group.id), "", leave=True))


async def test_a_number_is_asked_for_in_private_only(channel: Channel) -> None:
    api, telegram, phone = channel
    await telegram.send(Outgoing(1, str(api.group().id), "一", ask_contact="验证手机号"))
    await telegram.send(Outgoing(2, str(phone.chat.id), "二", ask_contact="验证手机号"))
    assert [call.parameters.get("reply_markup") is None for call in api.called("sendMessage")] == [True, False]


# ---- a message in the place of another


async def test_an_edition_takes_the_place_of_the_message_and_has_its_name(channel: Channel) -> None:
    _, telegram, phone = channel
    chat = str(phone.chat.id)
    first = await telegram.send(Outgoing(1, chat, "一", [[("甲", "1.0.0")]]))
    second = Outgoing(2, chat, "二", [[("乙", "2.0.0")]], edits=first)
    # However often, as when it is not known whether it arrived.
    assert [await telegram.send(second) for _ in range(3)] == [first] * 3
    await phone.press("乙")
    assert (heard(channel).press, heard(channel).message) == ("2.0.0", first)
    assert await telegram.send(Outgoing(3, chat, "三", edits=heard(channel).message)) == first
    assert [(shown.change, shown.text, shown.labels) for shown in phone.news()] == [
        ("new", "一", ["甲"]),
        ("edit", "二", ["乙"]),
        ("edit", "三", []),
    ]


Target = Callable[[Channel, File], Awaitable[str]]


async def _deleted(channel: Channel, _: File) -> str:
    named = await channel[1].send(Outgoing(1, str(channel[2].chat.id), "一"))
    del channel[2].chat.messages[int(named)]
    return named


async def _theirs(channel: Channel, _: File) -> str:
    return str(await channel[2].send("我的"))


async def _never(_: Channel, __: File) -> str:
    return "99999"


async def _a_file(channel: Channel, file: File) -> str:
    return await channel[1].send(Outgoing(1, str(channel[2].chat.id), "表", file=file))


@pytest.fixture
def table(tmp_path: Path) -> File:
    """Return a file."""
    path = tmp_path / "document"
    path.write_bytes("企业,产值\n".encode() * 50_000)
    return File('填报表 2026-10; "终稿".csv', path)


@pytest.mark.parametrize("target", [_deleted, _theirs, _never, _a_file], ids=lambda target: target.__name__)
async def test_an_edition_of_what_cannot_be_edited_is_a_message_of_its_own(
    channel: Channel, target: Target, table: File
) -> None:
    _, telegram, phone = channel
    named = await target(channel, table)
    phone.news()
    sent = await telegram.send(Outgoing(2, str(phone.chat.id), "二", [[("乙", "2.0.0")]], edits=named))
    assert sent != named
    assert [(shown.change, shown.text, shown.labels, str(shown.id)) for shown in phone.news()] == [
        ("new", "二", ["乙"], sent)
    ]


@pytest.mark.parametrize(
    "more", [{"ask_contact": "验证手机号"}, {"drop_contact": True}], ids=lambda more: next(iter(more))
)
async def test_what_an_edition_cannot_have_comes_with_a_message_of_its_own(
    channel: Channel, more: dict[str, object]
) -> None:
    _, telegram, phone = channel
    named = await telegram.send(Outgoing(1, str(phone.chat.id), "一"))
    await telegram.send(Outgoing(2, str(phone.chat.id), "二", edits=named, **more))  # type: ignore[arg-type]
    assert [shown.change for shown in phone.news()] == ["new", "new"]


async def test_an_edition_that_is_refused_for_another_reason_is_not_sent_as_a_message(channel: Channel) -> None:
    api, telegram, phone = channel
    named = await telegram.send(Outgoing(1, str(phone.chat.id), "一"))
    faults: list[tuple[Fault, type[Exception]]] = [
        (Fault.refuse(400, "Bad Request: can't parse entities"), UndeliverableError),
        (Fault.flood(3), RetryLaterError),
        (Fault.blocked(), UndeliverableError),
        (Fault.drop("after"), UnknownOutcomeError),
    ]
    for fault, error in faults:
        api.faults.add(fault.on("editMessageText"))
        with pytest.raises(error):
            await telegram.send(Outgoing(2, str(phone.chat.id), "二", edits=named))
    assert [shown.change for shown in phone.news()] == ["new", "edit"]


# ---- files


async def test_a_file_goes_out_with_its_name_its_text_and_its_buttons(channel: Channel, table: File) -> None:
    api, telegram, phone = channel
    message = Outgoing(1, str(phone.chat.id), "本期填报表", [[("返回", "1.0.0")]], file=table)
    assert await telegram.send(message) == "1"
    (shown,) = phone.news()
    document = shown.message["document"]
    assert (shown.text, shown.labels, document["file_name"]) == ("本期填报表", ["返回"], table.name)
    assert api.world.files[document["file_id"]].content == table.path.read_bytes()
    assert "has_protected_content" not in shown.message
    await phone.press("返回")
    assert (heard(channel).press, heard(channel).message) == ("1.0.0", "1")

    group = api.group()
    inside = phone.inside(group, topic=api.topic(group, "浦东", phone))
    topic = str(inside.topic)
    await telegram.send(Outgoing(2, str(group.id), "", file=table, protected=True, topic=topic))
    (shown,) = inside.news()
    assert (shown.text, shown.message["has_protected_content"], shown.message["message_thread_id"]) == (
        "",
        True,
        inside.topic,
    )


async def test_a_file_is_refused_like_a_message(channel: Channel, table: File) -> None:
    api, telegram, phone = channel
    faults: list[tuple[Fault, type[Exception]]] = [
        (Fault.refuse(400, "Bad Request: anything"), UndeliverableError),
        (Fault.flood(3), RetryLaterError),
        (Fault.blocked(), UndeliverableError),
        (Fault.server_error(), UnknownOutcomeError),
        (Fault.drop("after"), UnknownOutcomeError),
    ]
    for fault, error in faults:
        api.faults.add(fault.on("sendDocument"))
        with pytest.raises(error):
            await telegram.send(Outgoing(1, str(phone.chat.id), "", file=table))


async def test_a_file_that_is_too_large_is_not_even_tried(channel: Channel, tmp_path: Path) -> None:
    api, telegram, phone = channel
    path = tmp_path / "document"
    with path.open("wb") as file:
        file.truncate(MOST_UPLOAD + 1)
    with pytest.raises(TooLargeError):
        await telegram.send(Outgoing(1, str(phone.chat.id), "", file=File("a.csv", path)))
    assert not api.called("sendDocument")


async def test_a_file_that_somebody_sends_is_fetched(channel: Channel, tmp_path: Path) -> None:
    _, telegram, phone = channel
    content = "企业,产值\n".encode("gbk") * 30_000
    await phone.document("数据\u202e.csv", content, caption="本期数据")
    incoming = heard(channel)
    assert (incoming.sort, incoming.words, incoming.file_size) == (Sort.FILE, "本期数据", len(content))
    assert incoming.file_name == "数据\u202e.csv"
    await telegram.fetch(incoming, tmp_path / "fetched", len(content))
    assert (tmp_path / "fetched").read_bytes() == content


async def test_what_moves_is_no_file(channel: Channel) -> None:
    """Telegram sends an animation as a document, too."""
    _, _, phone = channel
    await _raw(phone, animation={"file_id": "a"}, document={"file_id": "a"})
    assert heard(channel).sort is Sort.MEDIA


async def test_files_that_are_not_fetched(channel: Channel, tmp_path: Path) -> None:
    api, telegram, phone = channel
    path = tmp_path / "fetched"
    await phone.document("a.csv", b"1,2\n" * 1000)
    incoming = heard(channel)
    with pytest.raises(TooLargeError):
        await telegram.fetch(incoming, path, 3999)
    assert not api.called("getFile")
    # G: a size that lies, or none.
    api.updates.made[-1]["message"]["document"]["file_size"] = 1
    with pytest.raises(TooLargeError):
        await telegram.fetch(heard(channel), path, 3999)
    assert path.stat().st_size <= 3999
    api.faults.add(Fault.refuse(400, "Bad Request: file is too big").on("getFile"))
    with pytest.raises(TooLargeError):
        await telegram.fetch(incoming, path, 4000)
    faults: list[tuple[Fault, type[Exception]]] = [
        (Fault.flood(3), RetryLaterError),
        (Fault.server_error(), RetryLaterError),
        (Fault.drop(), RetryLaterError),
    ]
    for fault, error in faults:
        api.faults.add(fault.on("getFile"))
        with pytest.raises(error) as caught:
            await telegram.fetch(incoming, path, 4000)
        assert isinstance(caught.value, RetryLaterError)
        assert caught.value.after <= timedelta(seconds=3)
    api.world.paths.clear()
    with pytest.raises(UndeliverableError):
        await telegram.fetch(incoming, path, 4000)
    api.world.files.clear()
    with pytest.raises(UndeliverableError):
        await telegram.fetch(incoming, path, 4000)
