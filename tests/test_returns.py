"""Returned reports as plain values: what is flagged is asked first, everything else stays, revision 2 follows."""

from datetime import timedelta

import pytest

from dialogs import filling
from dialogs.filling import Answer, Change, Choose, Confirm, Filling, GoTo, LeaveAsIs, Resume, Submit
from dialogs.places import AskReturn
from dialogs.report import Report, ReportState, content_of, pack_report, report_seal, returned, unpack_report, wants
from dialogs.returns import told_return
from tests.forms_data import ENTERPRISE, FORM_2021, JANUARY, NOW, TYPED_2021, desk, full, labels, written

REASON = "与上月不衔接"
DESK = desk(FORM_2021)


def submitted_report() -> Report:
    """Return the manual's report as it is after its submission."""
    ready = Filling(full(JANUARY, TYPED_2021))
    asked = filling.step(ready, Submit(), DESK)
    done = filling.step(asked.state, Confirm(report_seal(ready.report, FORM_2021)), DESK)
    assert done.state.report.state is ReportState.SUBMITTED
    return done.state.report


def back(*items: str) -> Report:
    """Return it as it is after its return."""
    return returned(submitted_report(), REASON, items, NOW + timedelta(days=1))


def asked(report: Report) -> str:
    """Return the page of what is asked first."""
    return written(filling.page_of(Filling(report), DESK))


def test_a_return_keeps_everything_and_makes_the_next_revision() -> None:
    before, after = submitted_report(), back("total_profit")
    assert (after.figures, after.choices, after.kept) == (before.figures, before.choices, before.kept)
    assert (after.state, after.revision, after.receipt) == (ReportState.RETURNED, before.revision + 1, None)
    packed = unpack_report(
        pack_report(after),
        enterprise=ENTERPRISE.id,
        period=JANUARY,
        form=after.form,
        state=after.state,
        revision=after.revision,
    )
    assert packed == after


def test_a_flagged_item_is_asked_first_with_the_reason_and_bars_the_submission() -> None:
    report = back("total_profit", FORM_2021.indicators[9].id)
    first = next(wants(report, FORM_2021))
    assert (first.item.id, first.flagged, first.required) == ("total_profit", True, True)
    assert REASON in asked(report)
    assert "数据无误，不改" in labels(filling.page_of(Filling(report), DESK))
    refused = filling.step(Filling(report), Submit(), DESK)
    assert refused.refused
    assert "「利润总额」是退回时要求核对的" in written(refused.pages[0])


def test_three_actions_lead_from_the_notice_to_the_corrected_item() -> None:
    report = back("total_profit")
    page = told_return(
        FORM_2021, enterprise=7, name="前沿科技", period="2021-01", reason=REASON, items=("total_profit",)
    )
    assert "利润总额" in written(page)
    assert labels(page)[0] == "修改"  # the first action opens the report, where the flagged item is asked
    answered = filling.step(Filling(report), Answer("total_profit", "11 0 11 1"), DESK)  # the second corrects it
    assert "已存" in written(answered.pages[0])
    assert not any(want.flagged for want in wants(answered.state.report, FORM_2021))


@pytest.mark.parametrize("by", ["figures", "as it is", "one measure"])
def test_a_flagged_item_is_dealt_with(by: str) -> None:
    event = {
        "figures": Answer("total_profit", "11 0 11 1"),
        "as it is": LeaveAsIs("total_profit"),
        "one measure": Answer("total_profit", "0", "month_last_year"),
    }[by]
    turn = filling.step(Filling(back("total_profit")), event, DESK)
    assert not turn.refused
    assert not any(want.flagged for want in wants(turn.state.report, FORM_2021))


def test_a_flagged_question_is_dealt_with_by_choosing() -> None:
    question = FORM_2021.questions[0]
    report = back(question.id)
    assert REASON in asked(report)
    turn = filling.step(Filling(report), Choose(question.id, question.options[1].id), DESK)
    assert turn.state.report.returned
    assert not turn.state.report.returned.flagged


def test_a_refused_figure_leaves_the_item_flagged() -> None:
    turn = filling.step(Filling(back("total_profit")), Answer("total_profit", "十二"), DESK)
    assert turn.refused
    assert turn.state.report.returned
    assert turn.state.report.returned.flagged == {"total_profit"}


def test_leaving_as_it_is_what_nobody_flagged_changes_nothing() -> None:
    before = Filling(back("total_profit"))
    turn = filling.step(before, LeaveAsIs("operating_revenue"), DESK)
    assert turn.state.report == before.report


def test_without_flagged_items_the_review_comes_with_the_reason() -> None:
    shown = asked(back())
    assert f"退回原因：{REASON}" in shown
    assert "请核对以上内容，无误后提交。" in shown


def test_the_second_revision_is_another_content_and_another_number() -> None:
    first = submitted_report()
    state = filling.step(Filling(back("total_profit")), LeaveAsIs("total_profit"), DESK).state
    done = filling.step(state, Confirm(report_seal(state.report, FORM_2021)), DESK).state.report
    assert done.state is ReportState.SUBMITTED
    assert (done.revision, done.returned) == (2, None)
    assert first.receipt
    assert done.receipt
    assert done.receipt.number != first.receipt.number
    assert content_of(done, FORM_2021, "x") != content_of(first, FORM_2021, "x")


def test_everything_else_can_be_corrected_too() -> None:
    state = Filling(back("total_profit"))
    state = filling.step(state, LeaveAsIs("total_profit"), DESK).state
    for event in (Change(), GoTo("operating_revenue"), Answer("operating_revenue", "30 12 30 2"), Resume()):
        turn = filling.step(state, event, DESK)
        assert not turn.refused
        state = turn.state
    assert str(state.report.figures["operating_revenue.month"].figure) == "30.00"


def test_a_submitted_report_offers_to_ask_for_its_return() -> None:
    page = filling.page_of(Filling(submitted_report()), DESK)
    events = [button.event for row in page.rows for button in row]
    assert any(isinstance(event, AskReturn) for event in events)
