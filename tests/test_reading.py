"""Reading what was filed: states and flags, revisions and their differences, the year side by side, who may look."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event as sql_event

from bot.app import Engine
from bot.channels import Outgoing
from bot.policy import Policy
from bot.terminal import Terminal
from dialogs.conversation import pack_state, step, unpack_state
from dialogs.filed import Change, Content, Kind, changes_between, read_content, report_of
from dialogs.filling import Cursor, Filling, Submission
from dialogs.form import Form, Forms, Stage
from dialogs.home import Facts, Person
from dialogs.periods import SHANGHAI, Period
from dialogs.places import AskReturn, AtHome, Open, Said, ShowHistory, ShowYear, View
from dialogs.reading import (
    MOST_ENTERPRISES,
    Dossier,
    Filing,
    HistoryRead,
    Linked,
    ListReadable,
    PickEnterprise,
    ReadableListed,
    ReadHistory,
    Reading,
    ReadReport,
    ReadYear,
    ReportRead,
    Revision,
    ShowChanges,
    Standing,
    YearRead,
    standing,
    standings,
)
from dialogs.report import (
    Entered,
    Kept,
    Report,
    ReportState,
    Returned,
    content_of,
    corrected,
    findings,
    receipt_of,
    submitted,
)
from dialogs.turn import Page
from dialogs.year import Series, year_table
from scheduler.clock import StandingClock
from storage import history, reading
from storage.database import Database, Transaction
from storage.history import Filed
from storage.tables import account, enterprise, link, person, seat, session
from storage.work import Work
from tests.forms_data import (
    DECEMBER,
    ENTERPRISE,
    FORM_2020,
    FORM_2021,
    FORMS,
    JANUARY,
    MANUAL_2021,
    REPORTER,
    TYPED_2020,
    TYPED_2021,
    desk,
    full,
    labels,
    pressed,
    written,
)

FEBRUARY = Period(2021, 2)
CODE = ENTERPRISE.code


def form_of(report: Report) -> Form:
    """Return the form of a report."""
    return FORMS.version(report.form)


def shanghai(written_: str) -> datetime:
    """Return the instant of a time in Shanghai."""
    return datetime.fromisoformat(written_).replace(tzinfo=SHANGHAI)


MARCH_5 = shanghai("2021-03-05T10:00")
FACTS = Facts(MARCH_5, Person(REPORTER, "李会计"))


def explained(report: Report, reason: str = "收到一次性拆迁补偿款") -> Report:
    """Return the report with that reason for everything in it that is questioned."""
    form = form_of(report)
    found = (
        one
        for item in form.items_in(report.period.month)
        for stage in Stage
        for one in findings(report, form, item.id, stage)
    )
    return replace(report, kept={one.key: Kept(one.seal, reason, REPORTER, MARCH_5) for one in found if not one.hard})


def filed(report: Report) -> Content:
    """Return the content of a report as it would be submitted."""
    return read_content(content_of(report, form_of(report), CODE))


# ---- states and flags


DRAFT, SUBMITTED, RETURNED = ReportState.DRAFT, ReportState.SUBMITTED, ReportState.RETURNED
IN_TIME, TOO_LATE, MUCH_TOO_LATE = "2021-02-20T23:59:59.9", "2021-02-21T00:00", "2021-03-01T00:00"


@pytest.mark.parametrize(
    ("period", "state", "first", "now", "late", "backfilled"),
    [
        (JANUARY, None, None, IN_TIME, False, False),
        (JANUARY, None, None, TOO_LATE, True, False),
        (JANUARY, None, None, MUCH_TOO_LATE, True, False),
        (JANUARY, DRAFT, None, IN_TIME, False, False),
        (JANUARY, DRAFT, None, TOO_LATE, True, False),
        (JANUARY, DRAFT, None, "2021-02-28T23:59:59.9", True, False),
        (JANUARY, DRAFT, None, MUCH_TOO_LATE, True, True),
        (JANUARY, SUBMITTED, IN_TIME, IN_TIME, False, False),
        (JANUARY, SUBMITTED, IN_TIME, MUCH_TOO_LATE, False, False),
        (JANUARY, SUBMITTED, TOO_LATE, MUCH_TOO_LATE, True, False),
        (JANUARY, SUBMITTED, "2021-02-28T23:59:59.9", MUCH_TOO_LATE, True, False),
        (JANUARY, SUBMITTED, MUCH_TOO_LATE, "2021-06-01T00:00", True, True),
        (JANUARY, RETURNED, IN_TIME, MUCH_TOO_LATE, False, False),
        (JANUARY, RETURNED, TOO_LATE, MUCH_TOO_LATE, True, False),
        (JANUARY, RETURNED, MUCH_TOO_LATE, MUCH_TOO_LATE, True, True),
        # December is due in January of the next year.
        (DECEMBER, DRAFT, None, "2021-01-20T23:59:59.9", False, False),
        (DECEMBER, DRAFT, None, "2021-01-21T00:00", True, False),
        (DECEMBER, DRAFT, None, "2021-01-31T23:59:59.9", True, False),
        (DECEMBER, DRAFT, None, "2021-02-01T00:00", True, True),
        (DECEMBER, SUBMITTED, "2021-01-20T23:59:59.9", MUCH_TOO_LATE, False, False),
    ],
)
def test_late_and_backfilled(  # noqa: PLR0917 -- the columns of the table
    period: Period,
    state: ReportState | None,
    first: str | None,
    now: str,
    late: bool,  # noqa: FBT001 -- likewise
    backfilled: bool,  # noqa: FBT001 -- likewise
) -> None:
    filing = Filing(state, shanghai(first) if first else None) if state else None
    expected = Standing(period, state, late, backfilled)
    assert standing(period, filing, FORM_2021, shanghai(now)) == expected
    # In whatever zone the instants are written.
    there = replace(filing, first=filing.first and filing.first.astimezone(UTC)) if filing else None
    assert standing(period, there, FORM_2021, shanghai(now).astimezone(UTC)) == expected


@pytest.mark.parametrize("state", [SUBMITTED, RETURNED])
def test_what_is_from_before_this_program_has_no_flags(state: ReportState) -> None:
    filing = Filing(state, shanghai(MUCH_TOO_LATE), imported=True)
    assert standing(JANUARY, filing, FORM_2021, MARCH_5) == Standing(JANUARY, state)


@pytest.mark.parametrize(
    ("now", "year", "there", "months"),
    [
        ("2021-03-05T10:00", 2021, (), [2, 1]),
        ("2021-03-05T10:00", 2020, (), list(range(12, 0, -1))),
        ("2021-03-05T10:00", 2019, (), []),
        ("2021-03-05T10:00", 2012, (), []),
        ("2021-01-05T10:00", 2020, (), list(range(12, 0, -1))),
        ("2021-01-05T10:00", 2021, (), []),
        ("2022-02-05T10:00", 2020, (), []),
        ("2022-02-05T10:00", 2020, (DECEMBER,), list(range(12, 0, -1))),
        ("2022-02-05T10:00", 2021, (), list(range(12, 0, -1))),
    ],
)
def test_the_periods_of_a_year(now: str, year: int, there: tuple[Period, ...], months: list[int]) -> None:
    found = standings(FORMS, year, {period: Filing(SUBMITTED, shanghai(now)) for period in there}, shanghai(now))
    assert [one.period for one in found] == [Period(year, month) for month in months]


# ---- what was filed, and what changed


REPORTS = {
    "2020": full(DECEMBER, TYPED_2020),
    "2021": full(JANUARY, TYPED_2021),
    "of the manual": explained(full(JANUARY, MANUAL_2021)),
    "with confirmations": explained(full(JANUARY, MANUAL_2021), ""),
}


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_a_submission_is_read_as_the_report_that_it_was(report: Report) -> None:
    form = form_of(report)
    again = report_of(filed(report), form, report.enterprise, MARCH_5)
    assert content_of(again, form, CODE) == content_of(report, form, CODE)
    assert again.state is SUBMITTED


def contents() -> st.SearchStrategy[Content]:
    """Return contents of revisions, some with names that the form does not have."""
    cells = [*(cell for row in FORM_2021.cells_of.values() for cell in row), "gone.month"]
    figures = st.dictionaries(st.sampled_from(cells), st.decimals(-(10**9), 10**9, places=2))
    choices = st.dictionaries(
        st.sampled_from([*(one.id for one in FORM_2021.questions), "gone"]), st.sampled_from("abc")
    )
    reasons = st.dictionaries(
        st.sampled_from(["a.operating_revenue", "b.operating_revenue", "c.gone"]), st.text(max_size=3)
    )
    return st.builds(Content, st.just(JANUARY), st.just(1), st.just("2021-01"), figures, choices, reasons)


@given(contents(), contents())
def test_changes_lead_from_one_revision_to_the_other(old: Content, new: Content) -> None:
    assert changes_between(FORM_2021, old, old) == ()
    changes = changes_between(FORM_2021, old, new)
    back = changes_between(FORM_2021, new, old)
    assert [replace(one, old=one.new, new=one.old) for one in back] == list(changes)

    def after(kind: Kind, values: Mapping[str, Any], name: Callable[[Change], str]) -> dict[str, Any]:
        changed = {name(one): one.new for one in changes if one.kind is kind}
        return {key: value for key, value in {**values, **changed}.items() if value is not None}

    assert after(Kind.FIGURE, old.figures, lambda one: f"{one.item}.{one.measure}") == new.figures
    assert after(Kind.ANSWER, old.choices, lambda one: one.item) == new.choices
    assert {one.item for one in changes if one.kind is Kind.REASON} == {
        key.rpartition(".")[2]
        for key in old.reasons.keys() | new.reasons.keys()
        if old.reasons.get(key) != new.reasons.get(key)
    }


def test_changes_stand_in_the_order_of_the_form() -> None:
    old = filed(full(JANUARY, TYPED_2021))
    new = replace(
        old,
        figures={
            **{cell: figure for cell, figure in old.figures.items() if not cell.startswith("finance_costs")},
            "operating_revenue.cumulative": Decimal("121.00"),
            "operating_revenue.month": Decimal(121),
            "total_profit.month": Decimal(-10),
            "gone.month": Decimal(1),
        },
        choices={**old.choices, "hiring": "from_90"},
        reasons={"unit_slip.total_profit": "订单增加"},
    )
    assert [(one.kind, one.item, one.measure, one.old, one.new) for one in changes_between(FORM_2021, old, new)] == [
        (Kind.FIGURE, "operating_revenue", "month", Decimal(120), Decimal(121)),
        (Kind.FIGURE, "operating_revenue", "cumulative", Decimal(120), Decimal(121)),
        (Kind.FIGURE, "finance_costs", "cumulative", Decimal("1.2"), None),
        (Kind.FIGURE, "finance_costs", "cumulative_last_year", Decimal("1.1"), None),
        (Kind.FIGURE, "gone", "month", None, Decimal(1)),
        (Kind.ANSWER, "hiring", "", "not_hiring", "from_90"),
        (Kind.REASON, "total_profit", "", None, "订单增加"),
    ]


# ---- the year


def series_of(parts: Sequence[Any], item: str) -> list[Series]:
    return [one for part in parts for one in part.series if one.indicator.id == item]


@given(st.dictionaries(st.integers(1, 12), st.decimals(-(10**10), 10**10, places=2), max_size=12))
def test_flows_of_a_month_add_up_and_nothing_else(figures: Mapping[int, Decimal]) -> None:
    filed_ = {
        Period(2020, month): Content(
            Period(2020, month),
            1,
            "2020-01",
            {cell: figure for row in FORM_2020.cells_of.values() for cell in row},
            {},
            {},
        )
        for month, figure in figures.items()
    }
    table = year_table(FORMS, 2020, filed_)
    assert table.months == tuple(sorted(figures))
    summed = {one.indicator.id for part in table.parts for one in part.series if one.total is not None}
    flows = {row.id for row in FORM_2020.indicators if "month" in row.measures}
    assert summed == (flows if figures else set())
    for part in table.parts:
        for one in part.series:
            assert one.figures == figures
            assert one.total in {None, sum(figures.values(), Decimal())}
    stocks = {"capacity_utilization", "employees", "taxes_payable"}
    assert not summed & stocks
    assert not summed & {"finance_costs", "operating_costs"}, "a cumulative value holds the months before"


def test_months_without_a_report_or_a_figure_are_missing() -> None:
    january, march = full(JANUARY, TYPED_2021), full(Period(2021, 3), {"operating_revenue": "1 1 122 1"})
    table = year_table(FORMS, 2021, {JANUARY: filed(january), Period(2021, 3): filed(march)})
    (part,) = table.parts
    assert part.months == table.months == (1, 3)
    revenue, profit = (series_of(table.parts, item)[0] for item in ("operating_revenue", "total_profit"))
    assert revenue.figures == {1: Decimal(120), 3: Decimal(1)}
    assert (revenue.total, profit.total) == (Decimal(121), Decimal(-10))
    assert profit.figures == {1: Decimal(-10)}
    assert [one.indicator.id for one in part.series] == [row.id for row in FORM_2021.indicators]


def test_a_year_on_two_forms_has_only_the_comparable_side_by_side() -> None:
    older = FORM_2020.model_copy(update={"effective_from": JANUARY, "effective_to": Period(2021, 6)})
    newer = FORM_2021.model_copy(update={"effective_from": Period(2021, 7)})
    december = filed(full(DECEMBER, TYPED_2020))
    filed_ = {
        JANUARY: december,
        Period(2021, 6): december,
        Period(2021, 7): filed(full(JANUARY, TYPED_2021)),
    }
    both, first, second = year_table(Forms((older, newer)), 2021, filed_).parts
    assert (both.months, first.months, second.months) == ((1, 6, 7), (1, 6), (7,))
    assert [one.indicator.id for one in both.series] == [
        *("total_profit", "taxes_payable", "finance_costs", "operating_costs"),
        *("notes_receivable", "rd_expenditure", "ip_rights_obtained"),
    ]
    assert {one.indicator.id for one in second.series} == {
        *("operating_revenue", "accounts_payable", "overdue_accounts_payable", "loan_balance", "employees"),
    }
    assert {one.indicator.id for one in first.series} == {
        row.id for row in FORM_2020.indicators if row.id not in {one.indicator.id for one in both.series}
    }
    taxes = series_of([both], "taxes_payable")[0]
    assert (taxes.indicator.label, taxes.figures) == ("应交税费", {1: Decimal(5), 6: Decimal(5), 7: Decimal(5)})
    (profit,) = series_of([both], "total_profit")
    assert profit.total == Decimal(10)
    shown = read_year(filed_, Forms((older, newer)))
    assert "以下指标只在 1 至 6 月的报表中有：" in shown
    assert "以下指标只在 7 至 7 月的报表中有：" in shown


def read_year(filed_: Mapping[Period, Content], forms: Forms = FORMS) -> str:
    """Return all pages of a year as one text."""
    facts = replace(FACTS, now=shanghai("2022-01-05T10:00"))

    def page(asked: ShowYear) -> Page:
        (shown,) = step(AtHome(), YearRead(asked, asked.year, ENTERPRISE, filed_, forms), facts).pages
        return shown

    return "\n".join(written(one) for one in leafed(page, ShowYear(ENTERPRISE.id, 2021)))


def leafed(page: Callable[[Any], Page], asked: object) -> Iterator[Page]:
    """Yield a page and those that follow, pressing the button for the next one."""
    for _ in range(50):
        shown = page(asked)
        yield shown
        if "下一页" not in labels(shown):
            return
        asked = pressed(shown, "下一页")
    pytest.fail("the pages do not end")


# ---- pages


def revision_of(report: Report, *, at: datetime = MARCH_5, by: str | None = "李会计") -> Revision:
    form = form_of(report)
    content = content_of(report, form, CODE)
    return Revision(receipt_of(report, content, at).number, at, by, read_content(content))


FIRST = revision_of(replace(explained(full(JANUARY, MANUAL_2021)), revision=1), at=shanghai("2021-02-18T09:30"))
SECOND = revision_of(replace(full(JANUARY, TYPED_2021), revision=2))
BACK = Returned("请核对营业收入", frozenset({"operating_revenue", "hiring"}), MARCH_5)
RESUBMITTED = Dossier(
    ENTERPRISE, JANUARY, mine=True, state=SUBMITTED, form=FORM_2021, revisions=(FIRST, SECOND), returns={1: BACK}
)


def read(dossier: Dossier, asked: View | ShowChanges, facts: Facts = FACTS) -> Page:
    """Return the page that a person sees who asked for that."""
    (shown,) = step(AtHome(), ReportRead(asked, dossier, FORMS), facts).pages
    return shown


VIEW = View(ENTERPRISE.id, "2021-01")


def test_the_newest_revision_is_shown_and_the_others_are_one_press_away() -> None:
    page = read(RESUBMITTED, VIEW)
    assert "状态：已提交" in written(page)
    assert "第 2 版（共 2 版）\n李会计 于 2021-03-05 10:00:00 提交" in written(page)
    assert SECOND.number in written(page)
    assert "1. 营业收入（万元）：本月值 120.00" in written(page)
    assert pressed(page, "申请退回") == AskReturn(ENTERPRISE.id, "2021-01")
    earlier = read(RESUBMITTED, pressed(page, "第 1 版"))  # type: ignore[arg-type]
    assert "第 1 版（共 2 版）\n李会计 于 2021-02-18 09:30:00 提交" in written(earlier)
    assert "1. 营业收入（万元）：本月值 12.00" in written(earlier)
    assert "与上一版的变化" not in labels(earlier)


def test_what_changed_is_told_with_the_return_in_between() -> None:
    asked = pressed(read(RESUBMITTED, VIEW), "与上一版的变化")
    assert asked == ShowChanges(ENTERPRISE.id, "2021-01", 2, 1)
    told = written(read(RESUBMITTED, ShowChanges(ENTERPRISE.id, "2021-01", 2, 1)))
    assert "第 2 版与第 1 版相比：\n退回原因：请核对营业收入\n请核对：营业收入、本月企业招工情况" in told
    assert "「营业收入」本月值：12.00 → 120.00（万元）" in told
    assert "「其中逾期应付账款」期末数：未填 → 5.00（万元）" in told
    everything = "\n".join(
        written(one) for one in leafed(lambda asked: read(RESUBMITTED, asked), ShowChanges(ENTERPRISE.id, "2021-01", 2))
    )
    assert everything.count(" → ") == len(changes_between(FORM_2021, FIRST.content, SECOND.content))
    assert "的说明：收到一次性拆迁补偿款 → 未填" in everything
    same = replace(RESUBMITTED, revisions=(FIRST, replace(FIRST, content=replace(FIRST.content, revision=2))))
    assert "内容没有变化。" in written(read(same, ShowChanges(ENTERPRISE.id, "2021-01", 2)))


@pytest.mark.parametrize("revision", [-1, 0, 1, 3])
def test_changes_that_there_are_not_show_the_report(revision: int) -> None:
    assert "状态：已提交" in written(read(RESUBMITTED, ShowChanges(ENTERPRISE.id, "2021-01", revision)))


def test_a_returned_report_says_why_and_can_be_changed_by_its_reporter() -> None:
    dossier = replace(RESUBMITTED, state=RETURNED, revisions=(FIRST,))
    page = read(dossier, VIEW)
    assert "状态：退回修改\n退回原因：请核对营业收入\n请核对：营业收入、本月企业招工情况" in written(page)
    assert "本月值 12.00" in written(page)
    assert pressed(page, "修改") == Open(ENTERPRISE.id, "2021-01")
    associate = labels(read(replace(dossier, mine=False), VIEW))
    assert not {"修改", "申请退回", "数据填报"} & set(associate)


def test_a_draft_is_for_its_reporter_alone() -> None:
    draft = replace(full(JANUARY, TYPED_2021), choices={})
    mine = Dossier(ENTERPRISE, JANUARY, mine=True, state=DRAFT, form=FORM_2021, draft=draft)
    page = read(mine, VIEW)
    assert "状态：暂存" in written(page)
    assert "本月值 120.00" in written(page)
    assert pressed(page, "数据填报") == Open(ENTERPRISE.id, "2021-01")
    assert "数据填报" not in labels(read(mine, VIEW, replace(FACTS, now=shanghai("2023-01-05T10:00"))))
    others = read(replace(mine, mine=False, draft=None), VIEW)
    assert "状态：暂存" in written(others)
    assert "120" not in written(others)
    assert labels(others) == ["填报列表", "首页"]


def test_history_from_before_this_program_has_no_name_to_it() -> None:
    told = written(read(replace(RESUBMITTED, revisions=(replace(FIRST, by=None),)), VIEW))
    assert "历史数据，2021-02-18 09:30:00 提交" in told
    assert "版（共" not in told


def test_a_reason_outlives_the_edit_that_asked_for_it() -> None:
    content = replace(SECOND.content, reasons={"an_older_edit.operating_revenue": "订单增加"})
    dossier = replace(RESUBMITTED, revisions=(FIRST, replace(SECOND, content=content)))
    pages = leafed(lambda asked: read(dossier, asked), VIEW)
    assert "「营业收入」→ 订单增加" in "\n".join(written(one) for one in pages)


MOST = 1200
LONG = "因" * 200


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(
    "report", [full(DECEMBER, TYPED_2020), explained(full(JANUARY, MANUAL_2021), LONG)], ids=["2020", "2021"]
)
def test_a_page_is_not_long_and_nothing_is_lost_between_them(report: Report, language: str) -> None:
    shown = revision_of(report)
    dossier = Dossier(ENTERPRISE, report.period, mine=True, state=SUBMITTED, form=form_of(report), revisions=(shown,))
    pages = list(leafed(lambda asked: read(dossier, asked), View(ENTERPRISE.id, str(report.period))))
    assert len(pages) > 1
    assert all(len(written(page, language)) <= MOST for page in pages)
    everything = "\n".join(written(page, language) for page in pages)
    form = form_of(report)
    for item in form.items_in(report.period.month):
        assert everything.count(f". {item.label}") == 1
    assert everything.count(LONG) == sum(reason == LONG for reason in shown.content.reasons.values())
    # Back is the same way.
    assert read(dossier, pressed(pages[-1], "上一页")).lines == pages[-2].lines  # type: ignore[arg-type]


def test_the_pages_of_the_fullest_year_are_not_long() -> None:
    figures = {cell: Decimal("-9999999999.99") for row in FORM_2020.cells_of.values() for cell in row}
    filed_ = {
        Period(2020, month): Content(Period(2020, month), 1, "2020-01", figures, {}, {}) for month in range(1, 13)
    }

    def page(asked: ShowYear) -> Page:
        (shown,) = step(AtHome(), YearRead(asked, 2020, ENTERPRISE, filed_, FORMS), FACTS).pages
        return shown

    pages = list(leafed(page, ShowYear(ENTERPRISE.id, 2020)))
    assert all(len(written(one, language)) <= MOST for one in pages for language in ("zh-CN", "en"))
    everything = "\n".join(written(one) for one in pages)
    for number, row in enumerate(FORM_2020.indicators, 1):
        assert f"{number}. {row.label}（" in everything


def test_the_list_of_a_year_offers_what_can_be_done_with_each_month() -> None:
    number = ENTERPRISE.id
    filings = {JANUARY: Filing(SUBMITTED, shanghai(TOO_LATE)), FEBRUARY: Filing(DRAFT)}

    def page(*, mine: bool, now: datetime = MARCH_5) -> Page:
        read_ = HistoryRead(ShowHistory(number, 2021), 2021, ENTERPRISE, mine, filings, FORMS)
        (shown,) = step(AtHome(), read_, replace(FACTS, now=now)).pages
        return shown

    mine = page(mine=True, now=shanghai("2021-05-05T10:00"))
    assert "4月　未填报\n3月　未填报（逾期）\n2月　暂存（逾期）（补填）\n1月　已提交（逾期）" in written(mine)
    assert pressed(mine, "4月 数据填报") == Open(number, "2021-04")
    assert pressed(mine, "3月 补填") == Open(number, "2021-03")
    assert pressed(mine, "2月 暂存") == View(number, "2021-02", 0, 1)
    assert pressed(mine, "1月 已提交") == View(number, "2021-01", 0, 1)
    assert pressed(mine, "上一年") == ShowHistory(number, 2020)
    assert "下一年" not in labels(mine)
    associate = page(mine=False)
    assert labels(associate) == ["1月 已提交", "上一年", "年报预览", "返回"]
    long_ago = page(mine=True, now=shanghai("2023-05-05T10:00"))
    assert "12月　未填报（逾期）" in written(long_ago)
    assert not any("补填" in label for label in labels(long_ago))


@pytest.mark.parametrize(("asked", "shown"), [(0, 2021), (2020, 2020), (2011, 2012), (-5, 2012), (2022, 2021)])
def test_a_year_that_cannot_be_is_the_nearest_one(asked: int, shown: int) -> None:
    turn = step(AtHome(), ShowHistory(7, asked), FACTS)
    assert turn.effects == (ReadHistory(ShowHistory(7, asked), shown),)
    turn = step(AtHome(), ShowYear(7, asked), FACTS)
    assert turn.effects == (ReadYear(ShowYear(7, asked), shown),)


def test_a_year_that_was_not_brought_over_says_so() -> None:
    read_ = HistoryRead(ShowHistory(7, 2012), 2012, ENTERPRISE, mine=True, filings={}, forms=FORMS)
    (page,) = step(AtHome(), read_, FACTS).pages
    assert "历史数据未迁移。" in written(page)
    assert labels(page) == ["下一年", "年报预览", "返回"]
    (page,) = step(AtHome(), YearRead(ShowYear(7, 2012), 2012, ENTERPRISE, {}, FORMS), FACTS).pages
    assert "历史数据未迁移。" in written(page)
    (page,) = step(AtHome(), YearRead(ShowYear(7, 2021), 2021, ENTERPRISE, {}, FORMS), FACTS).pages
    assert "这一年还没有已提交的报表。" in written(page)


# ---- where one is


@pytest.mark.parametrize(
    ("typed", "asked"),
    [("/history", ShowHistory()), ("填报列表", ShowHistory()), ("/year", ShowYear()), ("年报预览", ShowYear())],
)
def test_the_enterprise_is_asked_for_when_there_are_several(typed: str, asked: ShowHistory | ShowYear) -> None:
    turn = step(AtHome(), Said(typed), FACTS)
    (effect,) = turn.effects
    assert isinstance(effect, ListReadable)
    one, *more = (Linked(number, f"某某第{number}公司") for number in range(1, MOST_ENTERPRISES + 3))
    none = step(AtHome(), ReadableListed(effect.asked, ()), FACTS).pages[0]
    assert labels(none) == ["增加关联企业"]
    (directly,) = step(AtHome(), ReadableListed(effect.asked, (one,)), FACTS).effects
    assert isinstance(directly, ReadHistory | ReadYear)
    assert directly.asked == replace(asked, enterprise=1)
    page = step(AtHome(), ReadableListed(effect.asked, (one, *more)), FACTS).pages[0]
    assert pressed(page, "某某第2公司") == replace(asked, enterprise=2)
    following = pressed(page, "下一页")
    assert isinstance(following, PickEnterprise)
    second = step(AtHome(), ReadableListed(following, (one, *more)), FACTS).pages[0]
    assert labels(second) == ["某某第9公司", "某某第10公司", "上一页"]


def test_a_report_being_filled_is_left_with_a_way_back() -> None:
    filling = Filling(full(JANUARY, TYPED_2021), Cursor("item", "operating_revenue"))
    facts = replace(FACTS, desk=desk(FORM_2021, MARCH_5))
    asked = View(ENTERPRISE.id, "2021-01", 0, 1)
    turn = step(filling, asked, facts)
    assert turn.effects == (ReadReport(asked, JANUARY),)
    turn = step(turn.state, ReportRead(asked, RESUBMITTED, FORMS), facts)
    assert turn.state == Reading(ENTERPRISE.id, "2021-01")
    assert not turn.pages[0].in_place, "the question would still be the last message"
    assert pressed(turn.pages[0], "继续填报") == Open(ENTERPRISE.id, "2021-01")
    # What is typed now does not get into the report.
    typed = step(turn.state, Said("12 12 12 2"), facts)
    assert typed.refused
    assert (typed.state, typed.effects) == (turn.state, ())
    assert pressed(typed.pages[0], "继续填报") == Open(ENTERPRISE.id, "2021-01")
    # However far one leafs, and over a restart.
    state = unpack_state(pack_state(turn.state), None)
    following = pressed(turn.pages[0], "下一页")
    assert isinstance(following, View)
    turn = step(state, ReportRead(following, RESUBMITTED, FORMS), FACTS)
    assert turn.pages[0].in_place
    assert "继续填报" in labels(turn.pages[0])


def test_a_submitted_report_has_no_way_back_to_filling() -> None:
    state = Filling(replace(full(JANUARY, TYPED_2021), state=SUBMITTED))
    facts = replace(FACTS, desk=desk(FORM_2021, MARCH_5))
    turn = step(state, ReportRead(VIEW, RESUBMITTED, FORMS), facts)
    assert turn.state == AtHome()
    assert "继续填报" not in labels(turn.pages[0])


@pytest.mark.parametrize("event", [View(7, "2021-13"), View(7, "x"), ShowChanges(7, "", 2)])
def test_what_is_no_period_is_not_read(event: View | ShowChanges) -> None:
    turn = step(AtHome(), event, FACTS)
    assert not turn.effects
    assert turn.refused


def test_what_is_opened_anew_is_a_message_of_its_own() -> None:
    number = ENTERPRISE.id
    for asked, event in (
        (False, HistoryRead(ShowHistory(number), 2021, ENTERPRISE, mine=True, filings={}, forms=FORMS)),
        (True, HistoryRead(ShowHistory(number, 2021), 2021, ENTERPRISE, mine=True, filings={}, forms=FORMS)),
        (False, YearRead(ShowYear(number), 2021, ENTERPRISE, {}, FORMS)),
        (True, YearRead(ShowYear(number, 2021, 1), 2021, ENTERPRISE, {}, FORMS)),
        (False, ReportRead(VIEW, RESUBMITTED, FORMS)),
        (True, ReportRead(replace(VIEW, page=1), RESUBMITTED, FORMS)),
    ):
        assert step(AtHome(), event, FACTS).pages[0].in_place is asked


# ---- who may look, and what is in the database


@dataclass(frozen=True)
class Archive:
    """What is stored: an enterprise with reports, another one, and people who stand differently to the first."""

    enterprise: int
    other: int
    people: Mapping[str, int]


async def stored(database: Database) -> Archive:
    """Store an imported report, one that was returned and submitted again, and a draft."""
    at = shanghai("2021-02-18T09:30")
    async with database.transaction() as tx:
        people = {
            name: await _add(tx, person, name=name, phone=f"+861380000000{place}", created_at=at)
            for place, name in enumerate(("王芳", "李会计", "赵前", "钱外"))
        }
        numbers = [
            await _add(
                tx,
                enterprise,
                code=code,
                name=name,
                district="徐汇",
                category="其他",
                address="",
                phone="",
                created_at=at,
            )
            for code, name in ((CODE, "前沿科技有限公司"), ("91310115TB000001XH", "别家有限公司"))
        ]
        links = [
            (numbers[0], "王芳"),
            (numbers[0], "李会计"),
            (numbers[0], "赵前"),
            (numbers[1], "钱外"),
            (numbers[1], "李会计"),
        ]
        for number, name in links:
            until = at if name == "赵前" else None
            row = {"enterprise_id": number, "person_id": people[name], "linked_at": at, "until": until}
            await tx.run(link.insert(), row)
        await tx.run(seat.insert(), {"enterprise_id": numbers[0], "person_id": people["王芳"], "since": at})
        work = Work(tx, "test", at + timedelta(seconds=15))
        await work.load_cases([(numbers[0], JANUARY)])
        first = replace(full(JANUARY, TYPED_2021), enterprise=numbers[0])
        await _submit(work, first, people["王芳"], at)
        items = ("operating_revenue",)
        back = await work.return_report(
            numbers[0], JANUARY, reason="请核对营业收入", items=items, by="telegram:1", at=at + timedelta(days=1)
        )
        assert back
        figures = {**back.figures, "operating_revenue.month": Entered(Decimal("120.50"), people["王芳"], at)}
        second = corrected(replace(back, figures=figures), "operating_revenue")
        await _submit(work, second, people["王芳"], shanghai("2021-03-02T12:00"))
        draft = replace(full(FEBRUARY, {"operating_revenue": "777 1 777 1"}), enterprise=numbers[0], choices={})
        work.save_report(draft, at)
        await work.flush()
        old = replace(full(DECEMBER, TYPED_2020), enterprise=numbers[0])
        content = content_of(old, FORM_2020, CODE)
        receipt = receipt_of(old, content, at)
        await history.add_reports(tx, [Filed(submitted(old, receipt), content, receipt, "x.csv:2")], at)
    return Archive(numbers[0], numbers[1], people)


async def _add(tx: Transaction, table: Any, **row: object) -> int:
    return int((await tx.run(table.insert().returning(table.c.id), row)).scalar_one())


async def _submit(work: Work, report: Report, by: int, at: datetime) -> None:
    content = content_of(report, form_of(report), CODE)
    receipt = receipt_of(report, content, at)
    done = submitted(report, receipt)
    work.save_report(done, at)
    await work.submit(done, Submission(content, receipt), by)


async def test_what_is_read_of_an_enterprise(database: Database) -> None:
    archive = await stored(database)
    number, who = archive.enterprise, archive.people["李会计"]
    async with database.transaction() as tx:
        assert await reading.filings(tx, number, 2021, who) == {
            JANUARY: Filing(SUBMITTED, shanghai("2021-02-18T09:30").astimezone(UTC)),
            FEBRUARY: Filing(DRAFT),
        }
        at = shanghai("2021-02-18T09:30").astimezone(UTC)
        assert await reading.filings(tx, number, 2020, who) == {DECEMBER: Filing(SUBMITTED, at, imported=True)}
        first, second = await reading.revisions(tx, number, JANUARY, who)
        assert (first.revision, second.revision, first.by, second.by) == (1, 2, "王芳", "王芳")
        (imported,) = await reading.revisions(tx, number, DECEMBER, who)
        assert imported.by is None
        assert [(one.item, one.old, one.new) for one in changes_between(FORM_2021, first.content, second.content)] == [
            ("operating_revenue", Decimal(120), Decimal("120.5"))
        ]
        back = await reading.returns(tx, number, JANUARY, who)
        assert {revision: (one.reason, one.flagged) for revision, one in back.items()} == {
            1: ("请核对营业收入", frozenset({"operating_revenue"}))
        }
        newest = await reading.newest_contents(tx, number, 2021, who)
        assert newest == {JANUARY: second.content}, "the newest revision counts, a draft does not"
        draft = await reading.stored(tx, number, FEBRUARY, who, draft=True)
        assert draft
        assert draft.draft
        assert draft.draft.figures["operating_revenue.month"].figure == Decimal(777)


@pytest.mark.parametrize("name", ["赵前", "钱外"])
async def test_who_is_not_linked_learns_nothing(database: Database, name: str) -> None:
    """Group H: a former associate, and somebody of another enterprise."""
    archive = await stored(database)
    number, who = archive.enterprise, archive.people[name]
    async with database.transaction() as tx:
        assert number not in {one.id for one in await reading.linked(tx, who)}
        assert await reading.readable(tx, number, who) is None
        for year in (2020, 2021):
            assert await reading.filings(tx, number, year, who) == {}
            assert await reading.newest_contents(tx, number, year, who) == {}
        for period in (DECEMBER, JANUARY, FEBRUARY):
            assert await reading.stored(tx, number, period, who, draft=True) is None
            assert await reading.revisions(tx, number, period, who) == ()
            assert await reading.returns(tx, number, period, who) == {}


async def test_the_enterprises_that_can_be_read_about(database: Database) -> None:
    archive = await stored(database)
    async with database.transaction() as tx:
        found = {name: [one.id for one in await reading.linked(tx, who)] for name, who in archive.people.items()}
        mine = await reading.readable(tx, archive.enterprise, archive.people["王芳"])
        other = await reading.readable(tx, archive.enterprise, archive.people["李会计"])
    assert found == {
        "王芳": [archive.enterprise],
        "李会计": [archive.enterprise, archive.other],
        "赵前": [],
        "钱外": [archive.other],
    }
    assert mine
    assert other
    assert (mine.mine, other.mine) == (True, False)


async def test_no_query_looks_through_a_whole_table(database: Database) -> None:
    """The primary keys and unique indexes are enough; the database says how it would look for the rows."""
    archive = await stored(database)
    number, who = archive.enterprise, archive.people["李会计"]
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    async with database.transaction() as tx:
        sql_event.listen(database.engine.sync_engine, "before_cursor_execute", note)
        await reading.linked(tx, who)
        await reading.readable(tx, number, who)
        await reading.filings(tx, number, 2021, who)
        await reading.newest_contents(tx, number, 2021, who)
        await reading.stored(tx, number, JANUARY, who, draft=False)
        await reading.revisions(tx, number, JANUARY, who)
        await reading.returns(tx, number, JANUARY, who)
        sql_event.remove(database.engine.sync_engine, "before_cursor_execute", note)
        explain, whole = "EXPLAIN QUERY PLAN", "SCAN"
        if database.dialect == "postgresql":
            # The tables are tiny here: it would look through them because that is quicker.
            await tx.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            explain, whole = "EXPLAIN", "Seq Scan"
        plans = [(await tx.connection.exec_driver_sql(f"{explain} {query}", given_)).all() for query, given_ in asked]
    assert len(plans) == len({query for query, _ in asked}) == 7
    for (query, _), plan in zip(asked, plans, strict=True):
        assert not [row for row in plan if whole in str(row)], query


# ---- in a chat


class Talk:
    """The chat of one person."""

    def __init__(self, engine: Engine, terminal: Terminal) -> None:
        """Take the parts."""
        self._engine, self._terminal = engine, terminal

    async def say(self, *lines: str) -> list[str]:
        """Say something, all at once; return the answers, as they read, with the labels of their buttons."""
        before = len(self._terminal.shown)
        await self._engine.worker.take([self._terminal.typed(line) for line in lines])
        await self._engine.worker.settle()
        return [_read(message) for message in self._terminal.shown[before:]]


def _read(message: Outgoing) -> str:
    return "\n".join([message.text, *(f"[{label}]" for row in message.rows for label, _ in row)])


@asynccontextmanager
async def talk(database: Database, who: int) -> AsyncIterator[Talk]:
    """Talk as that person."""
    terminal = Terminal()
    row = {"channel": terminal.name, "user": "terminal", "person_id": who, "bound_at": MARCH_5}
    async with database.transaction() as tx:
        await tx.run(account.insert(), row)
        begun = {"channel": terminal.name, "chat": "terminal", "language": "zh-CN", "focus": "{}", "page": 0}
        await tx.run(session.insert(), begun)
    engine = Engine(database, StandingClock(MARCH_5), Policy(FORMS), timedelta(seconds=15))
    engine.channels[terminal.name] = terminal
    async with engine.running():
        yield Talk(engine, terminal)


async def test_a_reporter_reads_reports_revisions_and_what_changed(database: Database) -> None:
    archive = await stored(database)
    async with talk(database, archive.people["王芳"]) as chat:
        (year,) = await chat.say("/history")
        assert "2月　暂存\n1月　已提交\n" in year
        (draft,) = await chat.say("[2月 暂存]")
        assert "本月值 777.00" in draft
        (year,) = await chat.say("[填报列表]")
        (january,) = await chat.say("[1月 已提交]")
        assert "第 2 版（共 2 版）\n王芳 于 2021-03-02 12:00:00 提交" in january
        (changed,) = await chat.say("[与上一版的变化]")
        assert "退回原因：请核对营业收入\n请核对：营业收入\n\n「营业收入」本月值：120.00 → 120.50（万元）\n" in changed
        await chat.say("[返回]")
        (first,) = await chat.say("[第 1 版]")
        assert "本月值 120.00" in first


async def test_an_associate_reads_what_was_filed_but_no_draft(database: Database) -> None:
    archive = await stored(database)
    async with talk(database, archive.people["李会计"]) as chat:
        (which,) = await chat.say("填报列表")
        assert which == "请选择要查看的企业：\n[前沿科技有限公司]\n[别家有限公司]"
        (year,) = await chat.say("[前沿科技有限公司]")
        assert "2月　暂存\n" in year
        assert "[2月 暂存]" not in year
        (january,) = await chat.say("[1月 已提交]")
        assert "本月值 120.50" in january
        assert "[申请退回]" not in january
        await chat.say("[填报列表]")
        (preview,) = await chat.say("[年报预览]")
        assert "1. 营业收入（万元，本月值）\n1月 120.50　2月 —" in preview
        assert "777" not in preview
        (before,) = await chat.say("[上一年]")
        assert "已提交 1 个月" in before


async def test_a_former_reporter_and_a_former_associate_press_an_old_button(database: Database) -> None:
    """Group H: what was shown while one might look does not open anything later."""
    archive = await stored(database)
    who = archive.people["王芳"]
    async with talk(database, who) as chat:
        await chat.say("/history")
        async with database.transaction() as tx:
            await tx.run(seat.update().values(until=MARCH_5))
        (draft,) = await chat.say("[2月 暂存]")
        assert "本期尚未提交" in draft
        assert "777" not in draft
        async with database.transaction() as tx:
            await tx.run(link.update().where(link.c.person_id == who).values(until=MARCH_5))
        (refused,) = await chat.say("[填报列表]")
        assert "没有找到这家企业" in refused
        assert "前沿科技" not in refused


async def test_what_is_saved_in_the_same_transaction_is_in_the_list(database: Database) -> None:
    archive = await stored(database)
    async with talk(database, archive.people["王芳"]) as chat:
        for line in ("/year", "[上一年]", "/history", "[上一年]", "[11月 补填]"):
            await chat.say(line)
        # The button is on the page of the year 2020.
        saved, year = await chat.say("1 1 100 100", "[填报列表]")
        assert "已存" in saved
        assert "12月　已提交\n11月　暂存（逾期）（补填）\n10月　未填报（逾期）\n" in year
        assert "[继续填报]" in year
        (again,) = await chat.say("[继续填报]")
        assert "2020-11 期" in again
