"""The whole conversation over the Bot API, as a reporter has it on a phone, and all that can arrive out of turn."""

from collections.abc import AsyncIterator, Awaitable, Callable

import orjson
import pytest
from sqlalchemy import func, select
from structlog.typing import EventDict

from bot.channels import button_data
from storage.database import Database
from storage.tables import audit, inbox, outbox, person, report, submission
from tests.botapi import BotApi, Phone, Shown
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


async def test_in_a_group_there_is_silence_with_a_recorded_reason(
    in_a_questionnaire: Questionnaire, database: Database
) -> None:
    api, reporter, seen, log = in_a_questionnaire
    before, known = await _state(database), await rows(database, select(func.max(inbox.c.id)))
    group = api.group()
    inside, anonymous = reporter.phone.inside(group), reporter.phone.inside(group, anonymous=True)
    await inside.send("12 12 12 12")
    await inside.send("/start")
    await inside.contact()
    await inside.sticker()
    await inside.press_data(button(seen["now"], "不良"))
    await anonymous.send("/report")
    mine = await inside.send("1")
    await inside.edit(mine, "2")

    async def arrived() -> bool:
        return len(await rows(database, select(inbox).where(inbox.c.id > known[0][0]))) == 8

    await until(arrived, "not all of it arrived")
    await settle(database)
    for row in await rows(database, select(inbox).where(inbox.c.id > known[0][0])):
        assert (row.state, row.outcome) == ("done", "not a private chat")
    assert await inside.quiet() == []
    assert await _state(database) == before
    assert faults(log) == []
