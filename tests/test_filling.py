"""Filling a report: the conversations of the manual's forms, every event and every refusal, and what always holds."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialogs import filling
from dialogs.filling import (
    Answer,
    Back,
    Change,
    Choose,
    Confirm,
    Cursor,
    Explain,
    Filling,
    GiveReason,
    GoTo,
    Keep,
    Resume,
    Review,
    Skip,
    Submission,
    Submit,
)
from dialogs.form import Form, Indicator, Stage
from dialogs.periods import Period
from dialogs.report import (
    Chosen,
    Finding,
    Report,
    ReportState,
    content_of,
    open_findings,
    pack_report,
    receipt_of,
    report_seal,
    unpack_report,
    wants,
)
from dialogs.texts import LANGUAGES, write_out
from dialogs.turn import Event, Home, Late, Page, Pause
from tests.forms_data import (
    APRIL,
    DECEMBER,
    ENTERPRISE,
    FORM_2020,
    FORM_2021,
    FORMS,
    JANUARY,
    MANUAL_2021,
    NOW,
    REPORTER,
    TYPED_2020,
    TYPED_2021,
    Reporter,
    blank,
    buttons,
    desk,
    full,
    labels,
    pressed,
    written,
)

MOST_CHARS = 4096


def form_of(report: Report) -> Form:
    return FORMS.version(report.form)


def content(report: Report) -> bytes:
    return content_of(report, form_of(report), ENTERPRISE.code)


# ---- conversations


def test_the_stored_report_of_the_manual_is_typed_indicator_by_indicator_up_to_the_receipt() -> None:  # noqa: PLR0915
    reporter = Reporter(blank(JANUARY))
    assert reporter.reads.startswith("【1/27】营业收入（万元，必填）")
    assert "请按顺序回复 4 个数" in reporter.reads
    assert "本月值、去年同期、累计值、累计值去年同期" in reporter.reads
    assert labels(reporter.page) == ["说明", "暂存"]

    answer = reporter.say("12.00 12.00 13.00 2.00")
    assert reporter.turn.refused
    assert answer.startswith("1 月份「营业收入」的累计值应等于本月值，现在本月值是 12.00，累计值是 13.00。")
    assert not reporter.report.figures

    answer = reporter.say(MANUAL_2021["operating_revenue"])
    assert answer.startswith(
        "✔ 已存「营业收入」本月值 12.00，去年同期 12.00，累计值 12.00，累计值去年同期 2.00（万元）"
    )
    assert "【2/27】利润总额" in answer
    reporter.say(MANUAL_2021["total_profit"])
    reporter.say(MANUAL_2021["taxes_payable"])
    answer = reporter.say(MANUAL_2021["accounts_payable"])
    for row in ("其中逾期应付账款", "期末借款余额", "财务费用", "营业成本"):
        assert f"{row}（万元，选填）" in answer
        answer = reporter.press("跳过")
        assert f"已跳过「{row}」。" in answer
    assert "「营业成本」没有填写" in answer
    answer = reporter.press("确认，保留")
    assert "【9/27】应收票据余额" in answer
    reporter.say(MANUAL_2021["notes_receivable"])
    reporter.say(MANUAL_2021["employees"])
    reporter.say(MANUAL_2021["rd_expenditure"])

    before = reporter.report
    answer = reporter.say(MANUAL_2021["ip_rights_obtained"])
    assert reporter.turn.refused
    assert answer.startswith("「获得专利、软件著作权数量」按“件”计数，必须是整数，您填的是 0.02。")
    assert "【12/27】获得专利、软件著作权数量" in answer
    assert reporter.report == before
    answer = reporter.say("3 3 3 0")
    assert "【13/27】企业总体生产经营状况（本月实际）" in answer

    for number in range(13, 27):
        assert f"【{number}/27】" in reporter.reads
        assert "✔ 已存" in reporter.press(labels(reporter.page)[0])
    assert "【27/27】贵企业节后复工复产时间" in reporter.reads
    answer = reporter.press("正月初七（2月18日）前复产")

    # The cumulative values of last year do not fit the months, as in the figure; each wants a reason.
    assert "1 月份「营业收入」去年同期的累计值（2.00）应等于去年同期的本月值（12.00）" in answer
    reporter.press("会计调整或追溯重述")
    assert "「利润总额」去年同期的累计值（1.00）" in reporter.reads
    reporter.press("会计调整或追溯重述")

    assert "利润总额（21.00万元）大于营业收入（12.00万元）" in reporter.reads
    assert reporter.say("属实").startswith("请写明具体原因")
    assert reporter.turn.refused
    assert reporter.say("太高").startswith("说明请写 6 至 200 个字。")
    assert "利润总额（21.00万元）大于营业收入（12.00万元）" in reporter.reads
    reporter.do(filling.Resume())
    assert reporter.press("其他（请说明）").endswith("请用一句话说明原因（6 至 200 个字）。")
    assert reporter.say("收到一次性拆迁补偿款").startswith("✔ 已记下说明。")
    assert "「员工人数」43人，去年同期为 3人" in reporter.reads
    reporter.press("合并、分立或新业务")
    assert "「研发费用」去年同期" in reporter.reads
    reporter.press("会计调整或追溯重述")
    answer = reporter.press("会计调整或追溯重述")

    assert "12. 获得专利、软件著作权数量（件）：本月值 3，去年同期 3，累计值 3，累计值去年同期 0" in answer
    assert "8. 营业成本（万元）：未填" in answer
    assert "15. 贵企业节后复工复产时间：正月初七（2月18日）前复产" in answer
    assert (
        "大于营业收入（12.00万元），本表的营业收入已含投资收益和补贴收入，请核实或说明。 → 收到一次性拆迁补偿款"
        in answer
    )
    assert answer.endswith("请核对以上内容，无误后提交。")
    assert "提交后不可修改" in reporter.press("提交")
    answer = reporter.press("确认提交")
    assert answer.startswith("✔ 提交成功\n【前沿科技有限公司】运行监测月度报表 2021-01 期\n回执号：202101-")
    assert "提交时间：2021-02-18 14:30:00（第 1 版）" in answer
    assert reporter.page.receipt
    assert reporter.report.state is ReportState.SUBMITTED


def test_a_report_of_2020_17_indicators_and_11_questions_to_the_receipt() -> None:
    reporter = Reporter(blank(DECEMBER))
    items = FORM_2020.items_in(12)
    assert len(items) == 17 + 11
    for number, item in enumerate(items, 1):
        assert f"【{number}/28】{item.label}" in reporter.reads
        assert reporter.say(TYPED_2020.get(item.id, "1")).startswith(f"✔ 已存「{item.label}」")
    assert "工业和信息化部中小企业局" in reporter.reads
    reporter.press("提交")
    answer = reporter.press("确认提交")
    (effect,) = reporter.turn.effects
    assert isinstance(effect, Submission)
    assert effect.content == content(reporter.report)
    assert effect.receipt == reporter.report.receipt
    assert f"回执号：{effect.receipt.number}" in answer
    assert f"内容摘要：{effect.receipt.digest}" in answer


@pytest.mark.parametrize(("period", "typed"), [(DECEMBER, TYPED_2020), (JANUARY, TYPED_2021)])
def test_one_value_at_a_time_or_all_in_one_message_is_the_same_report(period: Period, typed: Mapping[str, str]) -> None:
    at_once, one_by_one = Reporter(blank(period)), Reporter(blank(period))
    at_once.fill(typed)
    for item in form_of(at_once.report).items_in(period.month):
        for part in typed.get(item.id, "").split() or [str(len(getattr(item, "options", ())))]:
            assert item.label in one_by_one.reads
            one_by_one.say(part)
            assert not one_by_one.turn.refused
    assert at_once.state.cursor == one_by_one.state.cursor == filling.REVIEW
    assert content(one_by_one.report) == content(at_once.report)
    assert content(full(period, typed)) == content(at_once.report)


def test_one_value_at_a_time_says_what_is_there_and_what_is_still_asked() -> None:
    reporter = Reporter(blank(DECEMBER))
    answer = reporter.say("100")
    assert "✔ 已存「工业总产值」本月值 100.00（万元）" in answer
    assert "已填：本月值 100.00" in answer
    assert "请按顺序回复 3 个数，用空格隔开（也可以一次一个）：去年同期、累计值、累计值去年同期" in answer
    answer = reporter.say("90 1200")
    assert answer.endswith("请回复：累计值去年同期")
    assert reporter.say("1100 5").startswith("您回复了 2 个数，这里要 1 个。")
    assert "【2/28】营业收入" in reporter.say("1100")


def test_coming_back_finds_the_same_question() -> None:
    reporter = Reporter(blank(DECEMBER))
    reporter.say("100 90 1200 1100")
    reporter.say("120")
    again = Reporter(reporter.report, now=NOW + timedelta(hours=1))
    assert again.reads in reporter.reads
    assert "【2/28】营业收入" in again.reads
    assert filling.remaining(again.state, again.desk) == 27


def test_an_overdue_part_larger_than_the_whole_bars_the_submission_until_it_is_mended() -> None:
    reporter = Reporter(blank(JANUARY))
    reporter.fill({**TYPED_2021, "overdue_accounts_payable": "55 4"})
    assert "逾期应付账款（55.00万元）不能大于应付账款（50.00万元）。" in reporter.reads
    assert labels(reporter.page) == ["改 其中逾期应付账款", "改 应付账款", "暂存"]
    assert reporter.do(Submit()).startswith("还不能提交：\n逾期应付账款（55.00万元）不能大于应付账款（50.00万元）。")
    assert reporter.turn.refused
    assert reporter.do(Confirm(report_seal(reporter.report, FORM_2021))).startswith("还不能提交：")
    assert "逾期应付账款（55.00万元）不能大于" in reporter.do(Review())
    assert "提交" not in labels(reporter.page)
    reporter.do(Resume())
    answer = reporter.say("45")
    assert answer.startswith("✔ 已存「其中逾期应付账款」期末数 45.00（万元）")
    assert reporter.state.cursor == filling.REVIEW


def test_a_part_without_its_whole_is_asked_for_the_whole() -> None:
    reporter = Reporter(blank(JANUARY))
    reporter.fill({name: typed for name, typed in TYPED_2021.items() if name != "accounts_payable"})
    assert "已填写逾期应付账款（5.00万元），请同时填写「应付账款」。" in reporter.reads
    assert not reporter.turn.refused
    reporter.say("50 45")
    assert reporter.state.cursor == filling.REVIEW


def test_a_kept_value_is_asked_about_again_when_it_changes_and_not_when_it_comes_back() -> None:
    reporter = Reporter(blank(JANUARY))
    reporter.fill({**TYPED_2021, "total_profit": "150 100 150 100"})
    assert "利润总额（150.00万元）大于营业收入（120.00万元）" in reporter.reads
    while (cursor := reporter.state.cursor) and cursor.at == "finding":
        reporter.press("价格变动")
    assert reporter.state.cursor == filling.REVIEW
    kept = content(reporter.report)
    assert reporter.reads.count("→ 价格变动") == len(reporter.report.kept)

    reporter.do(Answer("operating_revenue", "121 110 121 110"))
    assert "利润总额（150.00万元）大于营业收入（121.00万元）" in reporter.reads
    assert b"reasons" in content(reporter.report)
    reporter.do(Answer("operating_revenue", "120 110 120 110"))
    assert reporter.state.cursor == filling.REVIEW
    assert content(reporter.report) == kept
    reporter.do(Answer("total_profit", "-10 -9 -10 -9"))
    assert "→" not in reporter.reads
    assert content(reporter.report) == content(full(JANUARY, TYPED_2021))


def test_a_suspicious_figure_is_entered_again_by_typing_the_right_one() -> None:
    reporter = Reporter(blank(DECEMBER))
    reporter.say("1000000 90 1001000 800000")
    assert "「工业总产值」1,000,000.00万元，与去年同期 90.00万元 相差数千倍" in reporter.reads
    assert labels(reporter.page) == ["确认，保留", "改 工业总产值", "暂存"]
    answer = reporter.say("1000000元")
    assert answer.startswith("✔ 已存「工业总产值」本月值 100.00（万元）")
    assert reporter.report.lookup("gross_industrial_output.month") == Decimal("100.00")


def test_what_one_edit_finds_at_one_item_is_asked_once() -> None:
    """Month and cumulative value of one slip are one question; in January, where they say the same, one sentence."""
    reporter = Reporter(blank(DECEMBER))
    reporter.say("1000000 90 5000000 1100")
    assert reporter.reads.count("相差数千倍") == 2
    assert reporter.press("确认，保留").startswith("✔ 已记下说明。")
    assert "相差数千倍" not in reporter.reads

    reporter = Reporter(replace(full(JANUARY, TYPED_2021), choices={}))
    reporter.do(Answer("total_profit", "500 400 500 400"))
    for question in FORM_2021.questions:
        reporter.do(Choose(question.id, question.options[0].id))
    assert reporter.reads.count("大于营业收入") == 1
    (finding,) = open_findings(reporter.report, FORM_2021, "total_profit", Stage.SUBMIT)
    assert len(finding.cases) == 2


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("不知道", "说明请写 6 至 200 个字。"),
        ("属实。", "请写明具体原因"),
        ("12,34", "“12,34”里的逗号"),
        ("3千", "“3千”可能是元，也可能是万元。"),
        ("5人", "“5人”的单位与本项不符"),
        ("1 2 3", "您回复了 3 个数。要全部重填，请按顺序回复 4 个数；只改其中一个，请点下面的按钮。"),
    ],
)
def test_what_is_typed_at_a_suspicious_figure_is_not_taken_for_a_yes(typed: str, says: str) -> None:
    reporter = Reporter(blank(DECEMBER))
    reporter.say("1000000 90 5000000 1100")
    assert reporter.say(typed).startswith(says)
    assert reporter.turn.refused


def test_a_new_enterprise_leaves_last_year_empty_and_can_still_mend_a_figure() -> None:
    reporter = Reporter(blank(JANUARY))
    reporter.say("12")
    reporter.press("改 本月值")
    assert reporter.reads.endswith("请回复：本月值")
    reporter.say("13")
    reporter.do(Answer("operating_revenue", "13", "cumulative"))
    assert "【1/27】" in reporter.reads
    assert "请按顺序回复 2 个数，用空格隔开（也可以一次一个）：去年同期、累计值去年同期" in reporter.reads
    reporter.press("跳过")
    reporter.do(GoTo("operating_revenue"))
    assert "请按顺序回复 2 个数，用空格隔开（也可以一次一个）：本月值、累计值" in reporter.reads
    assert labels(reporter.page)[:4] == ["改 本月值", "改 去年同期", "改 累计值", "改 累计值去年同期"]
    assert "您回复了 1 个数。要全部重填，请按顺序回复 2 个数" in reporter.say("14")
    reporter.say("14 14")
    assert not reporter.turn.refused
    assert {cell: str(one.figure) for cell, one in reporter.report.figures.items()} == {
        "operating_revenue.month": "14.00",
        "operating_revenue.cumulative": "14.00",
    }
    assert "【2/27】" in reporter.reads


def test_typing_what_was_skipped_takes_the_skipping_back() -> None:
    reporter = Reporter(blank(JANUARY))
    reporter.do(Skip("taxes_payable"))
    assert reporter.report.skipped == {"taxes_payable"}
    reporter.do(Answer("taxes_payable", "2"))
    assert not reporter.report.skipped
    assert "请回复：去年同期" in reporter.reads


def test_changing_one_of_two_that_must_be_equal_says_how_to_change_both() -> None:
    reporter = Reporter(blank(JANUARY))
    reporter.say("12 12 12 2")
    reporter.do(GoTo("operating_revenue", "month"))
    answer = reporter.say("15")
    assert reporter.turn.refused
    assert "如果要一起改，请把本项的各个数按顺序写在一条消息里。" in answer
    reporter.do(GoTo("operating_revenue"))
    reporter.say("15 12 15 2")
    assert not reporter.turn.refused


# ---- single events


def at(item: str, period: Period = JANUARY) -> Reporter:
    """Return a reporter who is asked for that item of an untouched report."""
    reporter = Reporter(blank(period))
    reporter.do(GoTo(item))
    return reporter


@pytest.mark.parametrize(
    ("item", "typed", "says"),
    [
        ("operating_revenue", "没有", "没有读懂“没有”。请只回复数字，例如 1234.56（单位：万元）。"),
        ("operating_revenue", "NaN", "没有读懂“NaN”。"),
        ("operating_revenue", "12,34 5", "“12,34”里的逗号可能是千分位，也可能是分隔。"),
        ("operating_revenue", "100，200", "“100，200”里的逗号"),
        ("operating_revenue", "12 13 14 15 16", "您回复了 5 个数，这里要 4 个。"),
        ("operating_revenue", "100人", "“100人”的单位与本项不符，本项单位是万元。"),
        ("operating_revenue", "¥3500", "“¥3500”可能是元，也可能是万元。请写明单位，例如 3500元 或 3500万元。"),
        ("operating_revenue", "10元", "0.001万元 不足 0.01万元，无法记录。"),
        ("operating_revenue", "99999999999", "「营业收入」的数字太大（99,999,999,999万元），请检查单位。"),
        ("loan_balance", "-3", "「期末借款余额」不能是负数，您填的是 -3万元。"),
        ("loan_balance", "（3）", "「期末借款余额」不能是负数，您填的是 -3万元。"),
        ("employees", "43.5", "「员工人数」按“人”计数，必须是整数，您填的是 43.5。"),
        ("ip_rights_obtained", "0.02件", "「获得专利、软件著作权数量」按“件”计数，必须是整数，您填的是 0.02。"),
        ("hiring", "7", "请在下面的选项中选一项"),
        ("hiring", "0", "请在下面的选项中选一项"),
        ("hiring", "达到", "请在下面的选项中选一项"),
        ("hiring", "😀", "请在下面的选项中选一项"),
    ],
)
def test_what_is_refused_says_why_asks_again_and_changes_nothing(item: str, typed: str, says: str) -> None:
    reporter = at(item)
    before, page = reporter.report, reporter.reads
    answer = reporter.say(typed)
    assert answer.startswith(says)
    assert answer.endswith(page)
    assert reporter.turn.refused
    assert reporter.report == before


@pytest.mark.parametrize(
    "typed", ["2", "２", "2.", "2、", "达到75-90%", "达到75-90％", "from_75_to_90", " 达到75-90% "]
)
def test_an_option_by_its_number_or_its_words(typed: str) -> None:
    reporter = at("hiring")
    assert reporter.say(typed).startswith("✔ 已存「本月企业招工情况」达到75-90%")
    assert reporter.report.choices["hiring"] == Chosen("from_75_to_90", REPORTER, NOW)


def test_the_chosen_option_is_marked_and_can_be_changed() -> None:
    reporter = at("hiring")
    assert not any(label.startswith("✔") for label in labels(reporter.page))
    reporter.press("不需要招工")
    reporter.do(GoTo("hiring"))
    assert [label for label in labels(reporter.page) if label.startswith("✔")] == ["✔ 不需要招工"]
    reporter.press("达到90%以上")
    assert reporter.report.choices["hiring"].option == "from_90"


@pytest.mark.parametrize("event", [Choose("hiring", "nonsense"), Choose("hiring", "")])
def test_an_option_that_the_form_does_not_have(event: Event) -> None:
    reporter = at("operating_revenue")
    assert reporter.do(event).startswith("请在下面的选项中选一项")
    assert "本月企业招工情况" in reporter.reads


def test_back_goes_one_up_and_on_from_there() -> None:
    reporter = Reporter(blank(JANUARY))
    reporter.say("12 12 12 2")
    reporter.say("1 1 1 1")
    assert "【3/27】" in reporter.reads
    assert "【2/27】" in reporter.press("上一项")
    assert "【1/27】" in reporter.press("上一项")
    assert "上一项" not in labels(reporter.page)
    assert "【3/27】" in reporter.press("继续填报")
    assert reporter.do(Back("operating_revenue")).startswith("已经是第一项了。")


def test_skip_leaves_optional_items_and_refuses_required_ones() -> None:
    reporter = Reporter(blank(JANUARY))
    assert "跳过" not in labels(reporter.page)
    assert reporter.do(Skip("operating_revenue")).startswith("「营业收入」是必填项，不能跳过；确实没有发生的请填 0。")
    assert reporter.turn.refused
    assert reporter.do(Skip("hiring")).startswith("「本月企业招工情况」是必填项，不能跳过")
    assert reporter.turn.refused
    reporter.do(GoTo("taxes_payable"))
    assert reporter.press("跳过").startswith("已跳过「应交税费」。")
    assert reporter.report.skipped == {"taxes_payable"}
    reporter.do(Answer("operating_revenue", "12"))
    reporter.do(Answer("operating_revenue", "12", "cumulative"))
    assert reporter.press("跳过").startswith("已跳过「营业收入」。")


def test_the_definition_is_shown_above_the_same_question() -> None:
    reporter = Reporter(blank(JANUARY))
    page = reporter.reads
    answer = reporter.press("说明")
    assert answer.startswith("「营业收入」每月利润表中收入类科目之和。")
    assert "2021 年起口径" in answer
    assert answer.endswith(page)
    assert reporter.do(Explain("hiring")).startswith("本月企业招工情况")


def test_review_and_change_lead_to_any_item_and_back() -> None:
    reporter = Reporter(full(JANUARY, TYPED_2021))
    assert reporter.state.cursor == filling.REVIEW
    assert reporter.press("修改").startswith("要修改哪一项？")
    assert len(labels(reporter.page)) == 27 + 1
    assert "【10/27】员工人数" in reporter.say("10")
    reporter.do(Change())
    assert "【10/27】员工人数" in reporter.say("员工人数")
    assert "已填：期末数 43，去年同期 40" in reporter.reads
    assert reporter.press("继续填报").endswith("请核对以上内容，无误后提交。")
    reporter.do(Change())
    reporter.press("10 员工人数")
    reporter.press("改 期末数")
    answer = reporter.say("44")
    assert answer.startswith("✔ 已存「员工人数」期末数 44（人）")
    assert "10. 员工人数（人）：期末数 44，去年同期 40" in answer
    assert reporter.press("修改")
    assert reporter.press("返回").endswith("请核对以上内容，无误后提交。")


def test_what_is_typed_at_the_review_is_not_understood() -> None:
    reporter = Reporter(full(JANUARY, TYPED_2021))
    for event in (Review(), Submit()):
        reporter.do(event)
        assert reporter.say("12").startswith("没有明白您的意思，没有改动任何内容。")
        assert reporter.turn.refused


def test_the_review_of_an_empty_report_says_all_that_is_missing() -> None:
    reporter = Reporter(blank(JANUARY))
    answer = reporter.do(Review())
    assert "1. 营业收入（万元）：未填" in answer
    assert "「营业收入」的本月值、累计值是必填项，还没有填写；确实没有发生的请填 0。" in answer
    assert "「员工人数」的期末数是必填项" in answer
    assert "、14、15 题还没有回答。" in answer
    assert "另有 9 项选填内容未填，可以直接提交。" in answer
    assert labels(reporter.page) == ["修改", "继续填报", "暂存"]
    assert reporter.do(Submit()).startswith("还不能提交：\n「营业收入」的本月值、累计值是必填项")


def test_optional_items_bar_nothing() -> None:
    required = ("operating_revenue", "total_profit", "employees", "operating_costs")
    reporter = Reporter(full(JANUARY, {name: TYPED_2021[name] for name in required}))
    assert "【3/27】" in reporter.reads
    assert "另有 8 项选填内容未填，可以直接提交。" in reporter.do(Review())
    reporter.press("提交")
    assert reporter.press("确认提交").startswith("✔ 提交成功")


@pytest.mark.parametrize("period", [APRIL, Period(2021, 12)])
def test_the_question_about_the_spring_festival_is_asked_in_january_alone(period: Period) -> None:
    reporter = Reporter(blank(period))
    assert "【1/26】" in reporter.reads
    assert reporter.do(GoTo("resumption_after_spring_festival")).startswith("没有明白")
    assert reporter.do(Choose("resumption_after_spring_festival", "not_stopped")).startswith("没有明白")
    assert not reporter.report.choices


# ---- confirmations, late and double presses


def test_a_confirmation_of_something_else_shows_the_report_again() -> None:
    reporter = Reporter(full(JANUARY, TYPED_2021))
    reporter.press("提交")
    confirm = pressed(reporter.page, "确认提交")
    reporter.do(Answer("employees", "44 40"))
    answer = reporter.do(confirm)
    assert answer.startswith("内容在此之后有变化，请再看一遍。")
    assert "期末数 44" in answer
    assert reporter.turn.refused
    for seal in ("", "0" * 16, "确认"):
        assert reporter.do(Confirm(seal)).startswith("内容在此之后有变化")
    assert reporter.report.state is ReportState.DRAFT


def test_the_confirmation_remembers_the_seal_of_what_was_shown() -> None:
    reporter = Reporter(full(JANUARY, TYPED_2021))
    reporter.press("提交")
    assert reporter.state.cursor == Cursor("confirm", report_seal(reporter.report, FORM_2021))


def test_keeping_with_the_seal_of_other_figures_shows_the_finding_again() -> None:
    reporter = Reporter(blank(DECEMBER))
    reporter.say("1000000 90 1000000 1100")
    keep = pressed(reporter.page, "确认，保留")
    reporter.do(Answer("gross_industrial_output", "2000000 90 2000000 1100"))
    answer = reporter.do(keep)
    assert answer.startswith("内容在此之后有变化，请再看一遍。")
    assert "2,000,000.00万元，与去年同期" in answer
    assert reporter.turn.refused
    reporter.press("确认，保留")
    assert "【2/28】" in reporter.reads
    assert reporter.do(keep).startswith("这一条已经处理好了。")
    assert reporter.turn.refused


def test_a_hard_finding_cannot_be_kept() -> None:
    reporter = Reporter(blank(JANUARY))
    reporter.fill({**TYPED_2021, "overdue_accounts_payable": "55 4"})
    finding = next(want.finding for want in wants(reporter.report, FORM_2021) if want.finding)
    for event in (Keep(finding.key, finding.seal, "因为确实如此没有办法"), Keep(finding.key, finding.seal)):
        assert "这里有一处不可能同时成立，请修改：" in reporter.do(event)
        assert reporter.turn.refused
    assert not reporter.report.kept
    assert "不可能同时成立" not in reporter.do(GiveReason(finding.key, finding.seal))
    assert "不可能同时成立" in reporter.say("因为确实如此没有办法")


def test_a_preset_that_asks_for_words_is_no_reason_itself() -> None:
    reporter = Reporter(blank(JANUARY))
    reporter.fill({**TYPED_2021, "total_profit": "150 100 150 100"})
    finding = next(want.finding for want in wants(reporter.report, FORM_2021) if want.finding)
    assert reporter.do(Keep(finding.key, finding.seal, "其他（请说明）")).startswith("请写明具体原因")
    reporter.do(Resume())
    assert reporter.say("其他（请说明）").endswith("请用一句话说明原因（6 至 200 个字）。")
    assert reporter.press("返回").startswith("请核实：")
    assert reporter.say("长" * 201).startswith("说明请写 6 至 200 个字。")
    assert reporter.say("长" * 200).startswith("✔ 已记下说明。")


@pytest.mark.parametrize(
    "event",
    [
        Late(Choose("hiring", "from_90")),
        Late(Skip("taxes_payable")),
        Late(Keep("profit_exceeds_revenue.month", "0" * 16, "价格变动")),
        Late(Confirm("0" * 16)),
    ],
)
def test_a_late_press_changes_nothing_and_shows_where_we_are(event: Event) -> None:
    reporter = Reporter(blank(JANUARY))
    page = reporter.reads
    assert reporter.do(event) == "这个按钮已经过期，没有改动任何内容。现在是这一步：\n\n" + page
    assert reporter.turn.refused


def test_the_second_tap_on_an_option_is_answered_by_a_word() -> None:
    reporter = at("hiring")
    reporter.press("达到90%以上")
    page = reporter.reads
    assert reporter.do(Late(Choose("hiring", "from_90"))) == "已经选了“达到90%以上”。"
    assert not reporter.turn.pages
    assert reporter.reads == page
    assert reporter.do(Late(Choose("hiring", "not_hiring"))).startswith("这个按钮已经过期")
    assert reporter.report.choices["hiring"].option == "from_90"


def test_confirming_twice_makes_one_submission() -> None:
    reporter = Reporter(full(JANUARY, TYPED_2021))
    reporter.press("提交")
    confirm = pressed(reporter.page, "确认提交")
    reporter.do(confirm)
    (_,) = reporter.turn.effects
    receipt = reporter.report.receipt
    assert receipt
    for again in (confirm, Late(confirm), Confirm("0" * 16)):
        assert reporter.do(again) == f"已提交，回执号 {receipt.number}。"
        assert not reporter.turn.effects
        assert reporter.report.receipt == receipt


@pytest.mark.parametrize(
    "event",
    [
        Answer("employees", "44 40"),
        Choose("hiring", "from_90"),
        Skip("taxes_payable"),
        Keep("profit_exceeds_revenue.month", "0" * 16, "价格变动"),
        GoTo("employees"),
        Change(),
        Submit(),
        Late(Choose("hiring", "from_90")),
    ],
)
def test_a_submitted_report_is_read_only(event: Event) -> None:
    reporter = Reporter(full(JANUARY, TYPED_2021))
    reporter.press("提交")
    reporter.press("确认提交")
    before = reporter.report
    answer = reporter.do(event)
    assert answer.startswith("本期报表已提交，不能再修改。确需修改请联系服务中心或所在区退回。")
    assert "10. 员工人数（人）：期末数 43，去年同期 40" in answer
    assert reporter.report == before
    assert reporter.turn.refused
    assert reporter.say("12").startswith("本期报表已提交")


def test_a_submitted_report_can_be_looked_at() -> None:
    reporter = Reporter(full(JANUARY, TYPED_2021))
    reporter.press("提交")
    reporter.press("确认提交")
    answer = reporter.press("查看")
    assert answer.startswith("【前沿科技有限公司】运行监测月度报表 2021-01 期\n回执号：202101-")
    assert "10. 员工人数（人）：期末数 43，去年同期 40" in answer
    assert not reporter.turn.refused
    assert labels(reporter.page) == ["申请退回", "首页"]


def test_a_returned_report_is_filled_and_submitted_again_under_another_number() -> None:
    first = Reporter(full(JANUARY, TYPED_2021))
    first.press("提交")
    first.press("确认提交")
    again = Reporter(replace(first.report, state=ReportState.RETURNED, revision=2, receipt=None))
    assert again.state.cursor == filling.REVIEW
    again.press("提交")
    assert "（第 2 版）" in again.press("确认提交")
    assert first.report.receipt
    assert again.report.receipt
    assert first.report.receipt.number != again.report.receipt.number


# ---- content and receipts


def test_the_same_answers_give_the_same_bytes_whenever_and_in_whatever_order() -> None:
    report = full(JANUARY, TYPED_2021)
    later = NOW + timedelta(days=1)
    shuffled = replace(
        report,
        figures={cell: replace(one, at=later, by=99) for cell, one in reversed([*report.figures.items()])},
        choices={question: replace(one, at=later, by=99) for question, one in reversed([*report.choices.items()])},
        skipped=frozenset({"taxes_payable"}),
    )
    assert content(shuffled) == content(report)
    assert report_seal(shuffled, FORM_2021) == report_seal(report, FORM_2021)
    first, second = receipt_of(report, content(report), NOW), receipt_of(shuffled, content(shuffled), later)
    assert (first.number, first.digest) == (second.number, second.digest)


def test_any_other_content_gives_another_number() -> None:
    report = full(JANUARY, TYPED_2021)
    others = [
        replace(report, revision=2),
        replace(report, period=APRIL),
        replace(
            report, figures={cell: one for cell, one in report.figures.items() if cell != "employees.end_of_period"}
        ),
        replace(report, choices={**report.choices, "hiring": Chosen("from_90", REPORTER, NOW)}),
    ]
    bytes_ = {content(one) for one in (report, *others)} | {content_of(report, FORM_2021, "91110000600037341L")}
    assert len(bytes_) == len(others) + 2
    assert len({receipt_of(report, one, NOW).number for one in bytes_}) == len(bytes_)


def test_content_and_number_are_as_they_have_always_been() -> None:
    only = replace(blank(JANUARY), choices={"hiring": Chosen("from_90", REPORTER, NOW)})
    assert content(only).decode() == (
        '{"choices":{"hiring":"from_90"},"enterprise":"91310000MA1FL0LJ47","figures":{},"form":"2021-01",'
        '"period":"2021-01","reasons":{},"revision":1}'
    )
    assert receipt_of(only, content(only), NOW).number == "202101-HCTW-W948-1D6T"


# ---- what always holds

SEEDS = [
    blank(DECEMBER),
    blank(JANUARY),
    full(DECEMBER, TYPED_2020),
    full(JANUARY, TYPED_2021),
    full(JANUARY, {**TYPED_2021, "total_profit": "150 100 150 100", "overdue_accounts_payable": "55 4"}),
    full(DECEMBER, {**TYPED_2020, "capacity_utilization": "0.85 120", "loan_balance": "300000 30"}),
]
ITEMS = sorted({*FORM_2020.item, *FORM_2021.item, "", "nonsense", "operating_revenue.month"})
MEASURES = sorted({*FORM_2020.measure, "", "nonsense"})
OPTIONS = sorted({option for _, option in (*FORM_2020.option, *FORM_2021.option)} | {"", "nonsense"})
FINDINGS = sorted(
    {case.key for form in (FORM_2020, FORM_2021) for cases in form.edits_at.values() for case in cases}
    | {"", "nonsense"}
)
typed_words = st.one_of(
    st.sampled_from(
        [
            "12",
            "12 12",
            "12 12 12 2",
            "3 3 3 0.02",
            "-5",
            "0",
            "1",
            "2",
            "350万",
            "12,34",
            "属实",
            "价格变动",
            "收到拆迁补偿款",
        ]
    ),
    st.text(max_size=12),
)
items, measures, seals = st.sampled_from(ITEMS), st.sampled_from(MEASURES), st.sampled_from(["", "0" * 16])
plain_events = st.one_of(
    st.builds(Answer, items, typed_words, measures),
    st.builds(Choose, items, st.sampled_from(OPTIONS)),
    st.builds(GoTo, items, measures),
    st.builds(Back, items),
    st.builds(Skip, items),
    st.builds(Explain, items),
    st.builds(Keep, st.sampled_from(FINDINGS), seals, typed_words),
    st.builds(GiveReason, st.sampled_from(FINDINGS), seals),
    st.builds(Confirm, seals),
    st.sampled_from([Review(), Change(), Resume(), Submit(), Home(), Pause()]),
)
events = plain_events | st.builds(Late, plain_events)
# A message, an event out of nowhere, or a press on one of the buttons of the last page.
actions = st.lists(typed_words | events | st.integers(0, 40), max_size=12)


def event_of(action: str | Event | int, state: Filling, page: Page) -> Event:
    """Return what an action means on that page."""
    if isinstance(action, Event):
        return action
    if isinstance(action, str):
        return filling.interpret(state, action, desk(form_of(state.report)))
    there = list(buttons(page))
    return there[action % len(there)].event if there else Resume()


def items_changed(before: Report, after: Report) -> set[str]:
    """Return the items whose figures, answer or skipping differ."""
    cells = {
        cell.partition(".")[0]
        for cell in {*before.figures, *after.figures}
        if before.figures.get(cell) != after.figures.get(cell)
    }
    questions = {
        name for name in {*before.choices, *after.choices} if before.choices.get(name) != after.choices.get(name)
    }
    return cells | questions | (before.skipped ^ after.skipped)


def check_pages(pages: tuple[Page, ...]) -> None:
    for page in pages:
        assert page.lines
        for language in LANGUAGES:
            assert 0 < len(written(page, language)) <= MOST_CHARS
            assert all(0 < len(label) <= 64 for label in labels(page, language))
        for button in buttons(page):
            assert Event.unpack(button.event.pack()) == button.event
        assert len(list(buttons(page))) <= 100


@given(st.sampled_from(SEEDS), actions)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_comes_in_whatever_order(seed: Report, sequence: list[str | Event | int]) -> None:
    place = desk(form_of(seed))
    state = Filling(seed)
    page = filling.page_of(state, place)
    happened: list[Event] = []
    for action in sequence:
        event = event_of(action, state, page)
        happened.append(event)
        turn = filling.step(state, event, place)
        assert filling.step(state, event, place) == turn
        before, after = state.report, turn.state.report
        assert turn.pages or turn.notice
        assert not turn.refused or after == before
        named = {getattr(event, "item", None), getattr(event, "finding", None)}
        assert items_changed(before, after) <= named
        assert before.kept == after.kept or isinstance(event, Keep)
        assert (after.state is not before.state) == bool(turn.effects)
        if before.state is ReportState.SUBMITTED:
            assert after == before
        if isinstance(event, Late):
            assert turn.refused or turn.notice
            assert after == before
        check_pages(turn.pages)
        state, page = turn.state, (turn.pages or (page,))[-1]
        assert unpacked(after) == after
        assert filling.settle(state, place) == filling.settle(filling.settle(state, place), place)

    replayed = Filling(seed)
    for event in happened:
        replayed = filling.step(replayed, event, place).state
    assert replayed == state
    assert content(replayed.report) == content(state.report)


def unpacked(report: Report) -> Report:
    """Return the report after it was stored and loaded."""
    return unpack_report(
        pack_report(report),
        enterprise=report.enterprise,
        period=report.period,
        form=report.form,
        state=report.state,
        revision=report.revision,
    )


@given(st.sampled_from(SEEDS[:2]), st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_answering_leaves_nothing_to_want(seed: Report, data: st.DataObject) -> None:
    reporter = Reporter(seed)
    form = reporter.desk.form
    left = len(list(wants(reporter.report, form)))
    for _ in range(120):
        cursor = reporter.state.cursor
        assert cursor
        if cursor == filling.REVIEW:
            break
        item = form.item.get(cursor.name)
        if isinstance(item, Indicator):
            figures = data.draw(st.tuples(st.integers(0, 9000), st.integers(0, 9000)))
            flow = [figures[0], figures[1], figures[0], figures[1]] if len(item.measures) > 2 else [*figures]
            if form.unit_of[item.id].label == "%":
                flow = [figure % 101 for figure in flow]
            if item.part_of:
                flow = [0, 0]
            reporter.do(Answer(item.id, " ".join(map(str, flow))))
        elif item:
            reporter.do(Choose(item.id, data.draw(st.sampled_from(item.options)).id))
        else:
            finding = next(want.finding for want in wants(reporter.report, form) if want.finding)
            assert not finding.hard
            reporter.do(Keep(finding.key, finding.seal, "价格变动"))
        assert not reporter.turn.refused
        # What is entered may be questioned, never more than one question for each edit of the form; then it is settled.
        if finding_settled := item is None:
            assert len(list(wants(reporter.report, form))) < left
        left = len(list(wants(reporter.report, form)))
        assert finding_settled or item not in {want.item for want in wants(reporter.report, form) if not want.finding}
    assert not list(wants(reporter.report, form))
    reporter.do(Submit())
    assert reporter.press("确认提交").startswith("✔ 提交成功")


@given(events)
def test_events_are_packed_and_unpacked(event: Event) -> None:
    if not isinstance(event, Late):
        assert Event.unpack(event.pack()) == event
        assert all(type(part) in (str, int) for part in event.pack()[1:])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("period", "typed"), [(DECEMBER, TYPED_2020), (JANUARY, TYPED_2021)])
def test_the_fullest_report_fits_into_one_message(period: Period, typed: Mapping[str, str], language: str) -> None:
    form = form_of(blank(period))
    huge = {}
    for row in form.indicators:
        figure = str(form.unit_of[row.id].max_abs)
        huge[row.id] = " ".join(figure for _ in row.measures)
    for report in (full(period, typed), full(period, huge)):
        place = desk(form)
        for at_ in (
            filling.REVIEW,
            filling.CHANGES,
            *(Cursor("item", item.id) for item in form.items_in(period.month)),
        ):
            page = filling.page_of(Filling(report, at_), place)
            assert len(written(page, language)) <= MOST_CHARS
        done = replace(report, state=ReportState.SUBMITTED, receipt=receipt_of(report, content(report), NOW))
        assert len(written(filling.page_of(Filling(done), place), language)) <= MOST_CHARS


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FORMS.versions, ids=lambda form: form.version)
def test_every_finding_of_a_form_can_be_shown(form: Form, language: str) -> None:
    report = full(form.effective_from, TYPED_2020 if form is FORM_2020 else TYPED_2021)
    place = desk(form)
    for cases in form.edits_at.values():
        for case in cases:
            for state in (Filling(report), Filling(blank(form.effective_from))):
                finding = Finding((case,), "0" * 16)
                words = filling._message(finding, state.report, place)  # noqa: SLF001 -- few are easily brought about
                assert all("{" not in write_out(line, language) for line in words)


def test_no_part_of_a_cursor_is_anything_but_text() -> None:
    assert [part.name for part in fields(Cursor)] == ["at", "name", "measure"]
    assert all(part.type in ("str", str) for part in fields(Cursor))
