"""The forms say what figures 2-2-4 and 2-2-7 of the manual say, their edits find their due, faults have a line."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from dialogs.form import BUTTON_CHARS, MONTH_NUMBER, Edit, Form, FormError, Forms, Indicator, edit_cases, read_form
from dialogs.periods import Period
from dialogs.relations import read_relation
from dialogs.report import Chosen, Entered, Report, fails

FORMS = Forms.read()
NOW = datetime(2026, 11, 5, tzinfo=UTC)

# ---- the figures of the manual

COLUMNS = ("本月值", "去年同期", "累计值", "累计值去年同期", "期末数", "去年同期")

FIGURE_2_2_4 = """
1  * 工业总产值（新增） 万元 0.00 0.00 0.00 0.00 - -
2  * 营业收入 万元 0.00 0.00 0.00 0.00 - -
3  * 出口交货值 万元 0.00 0.00 0.00 0.00 - -
4  * 利润总额 万元 0.00 0.00 0.00 0.00 - -
5    应纳税费 万元 - - - - 0.00 0.00
6    应收账款 万元 - - - - 0.00 0.00
7    其中逾期应收账款（新增） 万元 - - - - 0.00 0.00
8    期末贷款余额（新增） 万元 - - - - 0.00 0.00
9    财务费用（新增） 万元 - - 0.00 0.00 - -
10 * 营业成本（新增） 万元 - - 0.00 0.00 - -
11   产成品（新增） 万元 - - - - 0.00 0.00
12   应收票据 万元 - - - - 0.00 0.00
13 * 从业人员 人 - - - - 0 0
14 * 用电量（新增） 千瓦时 0.00 0.00 0.00 0.00 - -
15   生产能力（设备利用率）（新增） % - - - - 0.00 0.00
16   研发费用 万元 0.00 0.00 0.00 0.00 - -
17   获得专利、软件著作权数量 件 0 0 0 0 - -
"""

QUESTIONS_2_2_4 = """
企业总体生产经营状况（本月实际）: 很好 一般 不良
企业总体生产经营状况（下月预期）: 很好 一般 不良
企业所在行业整体经营状况（本月实际）: 很好 一般 不良
企业所在行业整体经营状况（下月预期）: 很好 一般 不良
本月企业招工情况: 达到90%以上 达到75-90% 达到50-75% 达到25-50% 达到不足25% 不需要招工
国内市场订单情况: 市场订单增加 市场订单维持现状 市场订单减少 其他
产品出口订单情况: 出口订单增加 出口订单维持现状 出口订单减少 企业没有出口
企业流动资金情况: 流动资金充裕 流动资金紧张（缺口20%以上） 流动资金紧张（缺口20%及以下） 流动资金基本正常
企业融资需求能否满足: 没有融资需求 融资需求能够得到满足 融资需求无法得到满足
近期原材料购入价格变化情况: 近期原材料购入价格下降 近期原材料购入价格平稳 近期原材料购入价格上升 其他
近期能源购入价格变化情况: 近期能源购入价格下降 近期能源购入价格平稳 近期能源购入价格上升 其他
"""

# The view shows neither "*" nor values of the rows that were new in 2020; both are as the form's comments reason.
FIGURE_2_2_7 = """
1  * 营业收入 万元 0.00 0.00 0.00 0.00 - -
2  * 利润总额 万元 0.00 0.00 0.00 0.00 - -
3    应交税费 万元 - - - - 0.00 0.00
4    应付账款 万元 - - - - 0.00 0.00
5    其中逾期应付账款 万元 - - - - 0.00 0.00
6    期末借款余额 万元 - - - - 0.00 0.00
7    财务费用 万元 - - 0.00 0.00 - -
8    营业成本 万元 - - 0.00 0.00 - -
9    应收票据余额 万元 - - - - 0.00 0.00
10 * 员工人数 人 - - - - 0 0
11   研发费用 万元 0.00 0.00 0.00 0.00 - -
12   获得专利、软件著作权数量 件 0 0 0 0 - -
"""

QUESTIONS_2_2_7 = """
企业总体生产经营状况（本月实际）: 良好 一般 不良
企业总体生产经营状况（下月预期）: 良好 一般 不良
企业所在行业整体经营状况（本月实际）: 良好 一般 不良
企业所在行业整体经营状况（下月预期）: 良好 一般 不良
本月企业招工情况: 达到90%以上 达到75-90% 达到50-75% 达到25-50% 达到不足25% 不需要招工
国内市场订单情况: 市场订单增加 市场订单维持现状 市场订单减少 其他
产品出口订单情况: 出口订单增加 出口订单维持现状 出口订单减少 本企业没有出口
企业流动资金情况: 流动资金充裕 流动资金紧张（缺口20%以上） 流动资金紧张（缺口20%及以下） 流动资金基本正常
企业融资需求能否满足: 没有融资需求 融资需求能够得到满足 融资需求无法得到满足
近期原材料购入价格变化情况: 近期原材料购入价格下降 近期原材料购入价格平稳 近期原材料购入价格上升 其他
近期能源购入价格变化情况: 近期能源购入价格下降 近期能源购入价格平稳 近期能源购入价格上升 其他
企业本月用电量比上月变化情况: 增加 基本持平 减少
企业本月生产管理人员的数目比上月变化情况: 增加 基本持平 减少
企业本月新增或追加资产投资的意愿与上月相比变化情况: 增强 不变 减弱
贵企业节后复工复产时间: 春节假期未停产 正月初七（2月18日）前复产 正月初十（2月21日）前复产 \
正月十五（2月26日）前复产 正月二十（3月3日）前复产 正月二十（3月3日）后复产
"""

DEFINITIONS = {
    ("2020-01", "工业总产值"): "指以货币形式表现的工业企业在报告期内生产的工业最终产品和提供工业劳务活动的总价值量。",
    ("2020-01", "用电量"): "指工业企业在生产区内从事工业生产和辅助生产活动所消耗的用电量。",
    ("2020-01", "应收票据"): "指企业持有的未到期限或未兑现的商业票据。",
    (
        "2021-01",
        "营业收入",
    ): "每月利润表中收入类科目之和。计算公式为：收入总额=营业收入+投资收益+补贴收入+营业外收入之和。",
    ("2021-01", "财务费用"): "利润表“财务费用”科目发生额。",
    ("2021-01", "员工人数"): "参与社保人数。",
    ("2021-01", "获得专利、软件著作权数量"): "新增专利、软件著作权数量。",
}


def printed_row(form: Form, number: int, row: Indicator) -> str:
    """Return a row as the manual's figure prints it."""
    unit = form.unit_of[row.id]
    zero = f"{0:.{unit.decimals}f}"
    cells = " ".join(zero if measure.id in row.measures else "-" for measure in form.measures)
    return f"{number:<2} {'*' if row.required else ' '} {row.label}{'（新增）' if row.new else ''} {unit.label} {cells}"


@pytest.mark.parametrize(("version", "figure"), [("2020-01", FIGURE_2_2_4), ("2021-01", FIGURE_2_2_7)])
def test_the_table_is_that_of_the_manual(version: str, figure: str) -> None:
    form = FORMS.version(version)
    assert tuple(measure.label for measure in form.measures) == COLUMNS
    rows = [printed_row(form, number, row) for number, row in enumerate(form.indicators, 1)]
    assert rows == figure.strip("\n").splitlines()


@pytest.mark.parametrize(("version", "figure"), [("2020-01", QUESTIONS_2_2_4), ("2021-01", QUESTIONS_2_2_7)])
def test_the_questionnaire_is_that_of_the_manual(version: str, figure: str) -> None:
    form = FORMS.version(version)
    questions = [f"{one.label}: {' '.join(option.label for option in one.options)}" for one in form.questions]
    assert questions == figure.strip("\n").splitlines()
    assert form.questionnaire.label == "上海企业经济月度调查问卷"
    assert all(question.required for question in form.questions)


def test_the_definitions_are_those_of_the_manual() -> None:
    found = {(form.version, row.label): row.definition for form in FORMS.versions for row in form.indicators}
    assert {key: found[key] for key in DEFINITIONS} == DEFINITIONS


def test_the_notes_of_the_policy_survey_are_shown_in_2020_only() -> None:
    old, new = FORMS.versions
    assert [(notice.label, notice.owner, notice.notes) for notice in old.notices] == [
        (
            "优化中小企业发展环境和扶持政策落实情况 调查问卷",
            "工业和信息化部中小企业局",
            (
                "本问卷旨在了解中小企业发展环境和中小企业扶持政策落实情况。",
                "您的参与和意见将对进一步优化中小企业发展环境、制定和完善中小企业扶持政策产生积极影响。",
                "您所提供的所有信息都将受到严格的保密使用。",
            ),
        )
    ]
    assert new.notices == ()


@pytest.mark.parametrize("form", FORMS.versions, ids=lambda form: form.version)
def test_what_both_forms_have_in_common(form: Form) -> None:
    assert form.title == "运行监测月度报表"
    assert form.deadline_day == 20
    assert form.confidentiality == "注：以上数据仅供“中小企业办”运行分析监测专用，不对外公开！"
    assert form.last_year_of == {
        "month": "month_last_year",
        "cumulative": "cumulative_last_year",
        "end_of_period": "end_of_period_last_year",
    }
    assert {unit.label: unit.decimals for unit in form.unit_of.values()}.items() <= {
        "万元": 2,
        "千瓦时": 2,
        "%": 2,
        "人": 0,
        "件": 0,
    }.items()


def test_series_that_changed_their_meaning_are_not_compared() -> None:
    old, new = FORMS.versions
    assert {row.id for row in new.indicators if row.series_break} == {"operating_revenue", "loan_balance", "employees"}
    assert {row.id for row in new.indicators} - {row.id for row in old.indicators} == {
        "accounts_payable",
        "overdue_accounts_payable",
    }
    assert [row.label for row in new.indicators if row.recommended] == ["营业成本"]


# ---- which form, which questions


@pytest.mark.parametrize(
    ("period", "version"),
    [
        ("2012-01", None),
        ("2019-12", None),
        ("2020-01", "2020-01"),
        ("2020-12", "2020-01"),
        ("2021-01", "2021-01"),
        ("2026-10", "2021-01"),
        ("2099-12", "2021-01"),
    ],
)
def test_the_form_belongs_to_the_period(period: str, version: str | None) -> None:
    form = FORMS.in_force(Period.parse(period))
    assert (form.version if form else None) == version


def test_a_version_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(FormError, match="no form of version '1999-01'"):
        FORMS.version("1999-01")


@pytest.mark.parametrize(("version", "questions"), [("2020-01", 11), ("2021-01", 14)])
def test_the_spring_festival_is_asked_about_in_january_only(version: str, questions: int) -> None:
    form = FORMS.version(version)
    for month in range(2, 13):
        assert form.items_in(month) == (*form.indicators, *form.questions[:questions])
    assert form.items_in(1) == (*form.indicators, *form.questions)


@pytest.mark.parametrize(
    ("period", "labels"),
    [
        (
            "2021-01",
            (
                "春节假期未停产 正月初七（2月18日）前复产 正月初十（2月21日）前复产 正月十五（2月26日）前复产 "
                "正月二十（3月3日）前复产 正月二十（3月3日）后复产"
            ),
        ),
        (
            "2026-01",
            (
                "春节假期未停产 正月初七（2月23日）前复产 正月初十（2月26日）前复产 正月十五（3月3日）前复产 "
                "正月二十（3月8日）前复产 正月二十（3月8日）后复产"
            ),
        ),
        (
            "2027-01",
            (
                "春节假期未停产 正月初七（2月12日）前复产 正月初十（2月15日）前复产 正月十五（2月20日）前复产 "
                "正月二十（2月25日）前复产 正月二十（2月25日）后复产"
            ),
        ),
        (
            "2031-01",
            "春节假期未停产 正月初七前复产 正月初十前复产 正月十五前复产 正月二十前复产 正月二十后复产",
        ),
    ],
)
def test_the_dates_after_the_spring_festival_are_those_of_the_year(period: str, labels: str) -> None:
    form = FORMS.version("2021-01")
    options = form.questions[-1].options
    found = [form.option_label(option, Period.parse(period)) for option in options]
    assert found == labels.split()
    assert max(map(len, found)) <= BUTTON_CHARS


def test_items_and_options_are_found_by_their_ids() -> None:
    form = FORMS.version("2021-01")
    assert form.item["employees"].label == "员工人数"
    assert form.item["export_orders"].label == "产品出口订单情况"
    assert form.option["export_orders", "no_export"].label == "本企业没有出口"
    assert form.unit_of["employees"].label == "人"
    assert form.measure["end_of_period"].label == "期末数"


# ---- the edits

BOTH = "2020-01 2021-01"
OLD, NEW = BOTH.split()

REVENUE_OF = {OLD: ("accounts_receivable", "receivables"), NEW: ("accounts_payable", "payables")}


Row = tuple[str, int, str, str, str]


def rows_far_above_revenue() -> Iterator[Row]:
    """Return the rows of three years' revenue at the pace so far: of 10 a month that is 360."""
    for version, (row, name) in REVENUE_OF.items():
        for month in range(1, 13):
            key = f"{name}_far_above_revenue"
            pace = f"operating_revenue.cumulative={10 * month}"
            none = "operating_revenue.cumulative=0"
            yield version, month, f"{row}.end_of_period=360.01 {pace}", f"{row}.end_of_period=360 {pace}", key
            yield version, month, f"{row}.end_of_period=100.01 {none}", f"{row}.end_of_period=100 {none}", key


def rows_changed_since_last_year() -> Iterator[Row]:
    """Return the rows of changes by a factor of 3 and `least`, and of slips of the unit, which are not told twice."""
    for versions, row, measure, edit, least in (
        (BOTH, "loan_balance", "end_of_period", "change_last_year", 50),
        (BOTH, "finance_costs", "cumulative", "change_last_year_cumulative", 50),
        (OLD, "electricity_consumption", "month", "change_last_year_electricity", 10000),
    ):
        change, slip = f"{edit}.{row}.{measure}", f"unit_slip_last_year.{row}.{measure}"
        for bad, good, key in (
            ("6.01 2", "6 2", change),
            ("2 6.01", "2 6", change),
            ("1.25 0.25", "1.24 0.25", change),
            ("0 1", "0 0.99", change),
            ("5 1", "5 0", change),
            ("2999 1", "3000 1", change),
            ("30001 1", "30000 1", change),
            ("1 2999", "1 3000", change),
            ("1 30001", "1 30000", change),
            ("3000 1", "2999 1", slip),
            ("30000 1", "30001 1", slip),
            ("1 3000", "1 2999", slip),
            ("1 30000", "0 30000", slip),
            ("1 30000", "0 0", slip),
        ):
            cells = f"{row}.{measure}={{}} {row}.{measure}_last_year={{}}"
            yield versions, 6, cells.format(*_times(least, bad)), cells.format(*_times(least, good)), key


def _times(factor: int, numbers: str) -> Iterator[Decimal]:
    return (factor * Decimal(number) for number in numbers.split())


def rows_overdue() -> Iterator[Row]:
    """Return the rows of the overdue part: not above the whole, and not without it."""
    for version, (row, name) in REVENUE_OF.items():
        for measure in ("end_of_period", "end_of_period_last_year"):
            part, whole = f"overdue_{row}.{measure}", f"{row}.{measure}"
            yield version, 5, f"{part}=2.01 {whole}=2", f"{part}=2 {whole}=2", f"overdue_exceeds_{name}.{measure}"
            yield version, 5, f"{part}=0.01", f"{part}=0.01 {whole}=1", f"part_without_whole.{measure}"
            yield version, 5, f"{part}=0.01", f"{part}=0", f"part_without_whole.{measure}"


# version, month, figures that break the edits, figures that do not, the keys of the findings in the first
EDITS = [
    *rows_overdue(),
    *rows_far_above_revenue(),
    *rows_changed_since_last_year(),
    # January has no months before it.
    (
        BOTH,
        1,
        "rd_expenditure.month=5 rd_expenditure.cumulative=5.01",
        "rd_expenditure.month=5 rd_expenditure.cumulative=5",
        "january_cumulative_differs.rd_expenditure",
    ),
    (
        BOTH,
        1,
        "ip_rights_obtained.month=3 ip_rights_obtained.cumulative=2",
        "ip_rights_obtained.month=3 ip_rights_obtained.cumulative=3",
        "january_cumulative_differs.ip_rights_obtained",
    ),
    (
        OLD,
        1,
        (
            "gross_industrial_output.month=1 gross_industrial_output.cumulative=2 "
            "gross_industrial_output.month_last_year=1 gross_industrial_output.cumulative_last_year=1"
        ),
        "gross_industrial_output.month=1 gross_industrial_output.cumulative=1",
        "january_cumulative_differs.gross_industrial_output",
    ),
    (
        BOTH,
        1,
        "total_profit.month_last_year=0 total_profit.cumulative_last_year=1",
        "total_profit.month_last_year=-1 total_profit.cumulative_last_year=-1.00",
        "january_cumulative_last_year_differs.total_profit",
    ),
    # From February on the year so far contains the month.
    (
        BOTH,
        2,
        "ip_rights_obtained.month=3 ip_rights_obtained.cumulative=2",
        "ip_rights_obtained.month=3 ip_rights_obtained.cumulative=3",
        "cumulative_below_month.ip_rights_obtained",
    ),
    (
        OLD,
        12,
        (
            "export_delivery_value.month=3 export_delivery_value.cumulative=2 "
            "export_delivery_value.month_last_year=3 export_delivery_value.cumulative_last_year=3"
        ),
        "export_delivery_value.month=3 export_delivery_value.cumulative=3000",
        "cumulative_below_month.export_delivery_value",
    ),
    (
        BOTH,
        2,
        "rd_expenditure.month=3 rd_expenditure.cumulative=2.99",
        "rd_expenditure.month=3 rd_expenditure.cumulative=3",
        "cumulative_below_month_unusual.rd_expenditure",
    ),
    (
        BOTH,
        2,
        "rd_expenditure.month=3 rd_expenditure.cumulative=-5",
        "rd_expenditure.month=0 rd_expenditure.cumulative=0",
        "cumulative_below_month_unusual.rd_expenditure negative_unusual.rd_expenditure.cumulative",
    ),
    (
        BOTH,
        2,
        "rd_expenditure.month_last_year=3 rd_expenditure.cumulative_last_year=2",
        "rd_expenditure.month_last_year=3 rd_expenditure.cumulative_last_year=3",
        "cumulative_last_year_below_month.rd_expenditure",
    ),
    # Changes against last year, beyond those above.
    (
        BOTH,
        6,
        "finance_costs.cumulative=-20000 finance_costs.cumulative_last_year=-2",
        "finance_costs.cumulative=0 finance_costs.cumulative_last_year=0",
        "unit_slip_last_year.finance_costs.cumulative",
    ),
    (
        BOTH,
        6,
        "operating_revenue.month=1000.01 employees.end_of_period=1 employees.end_of_period_last_year=1",
        "operating_revenue.month=1000 employees.end_of_period=1 employees.end_of_period_last_year=1",
        "unit_slip_per_head",
    ),
    (
        BOTH,
        6,
        "total_profit.month=20 total_profit.month_last_year=-70",
        "total_profit.month=100 total_profit.month_last_year=-100",
        "change_last_year.total_profit.month",
    ),
    (
        BOTH,
        6,
        "finance_costs.cumulative=-300.01 finance_costs.cumulative_last_year=100",
        "finance_costs.cumulative=-300 finance_costs.cumulative_last_year=100",
        "change_last_year_cumulative.finance_costs.cumulative",
    ),
    (
        BOTH,
        6,
        "employees.end_of_period=130 employees.end_of_period_last_year=100",
        "employees.end_of_period=129 employees.end_of_period_last_year=100",
        "change_last_year_employees.employees.end_of_period",
    ),
    (
        BOTH,
        6,
        "employees.end_of_period=5 employees.end_of_period_last_year=15",
        "employees.end_of_period=5 employees.end_of_period_last_year=14",
        "change_last_year_employees.employees.end_of_period",
    ),
    (
        BOTH,
        6,
        "employees.end_of_period=1300 employees.end_of_period_last_year=1000",
        "employees.end_of_period=1299 employees.end_of_period_last_year=1000",
        "change_last_year_employees.employees.end_of_period",
    ),
    (
        BOTH,
        6,
        "employees.end_of_period=11 employees.end_of_period_last_year=1",
        "employees.end_of_period=11 employees.end_of_period_last_year=0",
        "change_last_year_employees.employees.end_of_period",
    ),
    (
        OLD,
        6,
        "capacity_utilization.end_of_period=50 capacity_utilization.end_of_period_last_year=80",
        "capacity_utilization.end_of_period=50.01 capacity_utilization.end_of_period_last_year=80",
        "change_last_year_utilization.capacity_utilization.end_of_period",
    ),
    # Last year's figures are asked for where the current ones are there.
    (
        BOTH,
        6,
        "total_profit.month=1 total_profit.cumulative=2 total_profit.month_last_year=1",
        (
            "total_profit.month=1 total_profit.cumulative=2 total_profit.month_last_year=1 "
            "total_profit.cumulative_last_year=2"
        ),
        "last_year_missing.total_profit",
    ),
    (
        OLD,
        6,
        "operating_costs.cumulative=1",
        "operating_costs.cumulative=1 operating_costs.cumulative_last_year=1",
        "last_year_missing_cumulative.operating_costs",
    ),
    (
        BOTH,
        6,
        "employees.end_of_period=1",
        "employees.end_of_period=1 employees.end_of_period_last_year=0",
        "last_year_missing_end_of_period.employees",
    ),
    (NEW, 6, "", "operating_costs.cumulative=0", "recommended_value_missing"),
    # Items that belong together.
    (
        BOTH,
        6,
        (
            "total_profit.month=2 operating_revenue.month=1 total_profit.cumulative=5 operating_revenue.cumulative=4 "
            "total_profit.month_last_year=2 operating_revenue.month_last_year=1 "
            "total_profit.cumulative_last_year=5 operating_revenue.cumulative_last_year=4"
        ),
        (
            "total_profit.month=2 operating_revenue.month=2 total_profit.cumulative=0 operating_revenue.cumulative=-1 "
            "total_profit.month_last_year=2 operating_revenue.month_last_year=1 "
            "total_profit.cumulative_last_year=5 operating_revenue.cumulative_last_year=4"
        ),
        "profit_exceeds_revenue.month profit_exceeds_revenue.cumulative",
    ),
    (
        BOTH,
        6,
        "operating_revenue.month=0 employees.end_of_period=3 employees.end_of_period_last_year=3",
        "operating_revenue.month=0 employees.end_of_period=0 employees.end_of_period_last_year=3",
        "zero_revenue_with_employees",
    ),
    (
        BOTH,
        6,
        "operating_revenue.month=1 employees.end_of_period=0 employees.end_of_period_last_year=0",
        "operating_revenue.month=0 employees.end_of_period=0 employees.end_of_period_last_year=0",
        "revenue_without_employees",
    ),
    (
        BOTH,
        6,
        (
            "operating_costs.cumulative=3 operating_costs.cumulative_last_year=3 operating_revenue.cumulative=2 "
            "total_profit.cumulative=1"
        ),
        (
            "operating_costs.cumulative=3 operating_costs.cumulative_last_year=3 operating_revenue.cumulative=2 "
            "total_profit.cumulative=0"
        ),
        "costs_exceed_revenue_with_profit",
    ),
    (
        BOTH,
        6,
        (
            "operating_costs.cumulative=2.01 operating_costs.cumulative_last_year=3 operating_revenue.cumulative=2 "
            "total_profit.cumulative=1"
        ),
        (
            "operating_costs.cumulative=2 operating_costs.cumulative_last_year=3 operating_revenue.cumulative=2 "
            "total_profit.cumulative=1"
        ),
        "costs_exceed_revenue_with_profit",
    ),
    (
        BOTH,
        6,
        "rd_expenditure.cumulative=2.01 operating_revenue.cumulative=2",
        "rd_expenditure.cumulative=2 operating_revenue.cumulative=2",
        "rd_exceeds_revenue",
    ),
    (
        OLD,
        6,
        "export_delivery_value.cumulative=120.01 gross_industrial_output.cumulative=100",
        "export_delivery_value.cumulative=120 gross_industrial_output.cumulative=100",
        "export_exceeds_output",
    ),
    (
        OLD,
        6,
        "export_delivery_value.cumulative=1 gross_industrial_output.cumulative=0.5",
        "export_delivery_value.cumulative=1 gross_industrial_output.cumulative=0",
        "export_exceeds_output",
    ),
    (
        OLD,
        6,
        "gross_industrial_output.cumulative=303.04 operating_revenue.cumulative=101",
        "gross_industrial_output.cumulative=303 operating_revenue.cumulative=101",
        "output_far_from_revenue",
    ),
    (
        OLD,
        6,
        "gross_industrial_output.cumulative=100.01 operating_revenue.cumulative=400",
        "gross_industrial_output.cumulative=100 operating_revenue.cumulative=400",
        "output_far_from_revenue",
    ),
    (
        OLD,
        6,
        "gross_industrial_output.cumulative=101 operating_revenue.cumulative=303.01",
        "gross_industrial_output.cumulative=101 operating_revenue.cumulative=303",
        "output_far_from_revenue",
    ),
    (
        OLD,
        6,
        "gross_industrial_output.cumulative=400 operating_revenue.cumulative=100.01",
        "gross_industrial_output.cumulative=400 operating_revenue.cumulative=100",
        "output_far_from_revenue",
    ),
    (
        OLD,
        6,
        "gross_industrial_output.month=1 electricity_consumption.month=0",
        "gross_industrial_output.month=0 electricity_consumption.month=0",
        "output_without_electricity",
    ),
    (
        OLD,
        6,
        "export_delivery_value.month=1 export_orders=no_export",
        "export_delivery_value.month=1 export_orders=decreased",
        "export_answer_contradicts",
    ),
    (
        OLD,
        6,
        "export_delivery_value.month=1 export_orders=no_export",
        "export_delivery_value.month=0 export_orders=no_export",
        "export_answer_contradicts",
    ),
    # Single figures.
    (BOTH, 6, "ip_rights_obtained.month=51", "ip_rights_obtained.month=50", "many_ip_rights"),
    (
        OLD,
        6,
        "capacity_utilization.end_of_period=200.01 capacity_utilization.end_of_period_last_year=-0.01",
        "capacity_utilization.end_of_period=200 capacity_utilization.end_of_period_last_year=0",
        (
            "percent_out_of_range.end_of_period percent_out_of_range.end_of_period_last_year "
            "change_last_year_utilization.capacity_utilization.end_of_period"
        ),
    ),
    (
        OLD,
        6,
        "capacity_utilization.end_of_period=100.01",
        "capacity_utilization.end_of_period=100",
        "utilization_above_100.end_of_period",
    ),
    (
        OLD,
        6,
        "capacity_utilization.end_of_period_last_year=200",
        "capacity_utilization.end_of_period_last_year=85",
        "utilization_above_100.end_of_period_last_year",
    ),
    (
        OLD,
        6,
        "capacity_utilization.end_of_period=1.5 capacity_utilization.end_of_period_last_year=0.01",
        "capacity_utilization.end_of_period=1.51 capacity_utilization.end_of_period_last_year=0",
        "utilization_looks_like_fraction.end_of_period utilization_looks_like_fraction.end_of_period_last_year",
    ),
]


def report_of(form: Form, month: int, cells: str) -> Report:
    """Return a report with those figures and answers, such as `employees.end_of_period=3 export_orders=no_export`."""
    pairs = dict(cell.split("=") for cell in cells.split())
    for name, value in pairs.items():
        row, _, column = name.partition(".")
        item = form.item[row]
        assert column in item.measures if isinstance(item, Indicator) else (row, value) in form.option, name
    return Report(
        enterprise=1,
        period=Period(2020 if form.version == OLD else 2026, month),
        form=form.version,
        figures={name: Entered(Decimal(value), 1, NOW) for name, value in pairs.items() if "." in name},
        choices={name: Chosen(value, 1, NOW) for name, value in pairs.items() if "." not in name},
    )


def findings(form: Form, month: int, cells: str) -> set[str]:
    """Return the keys of what the edits of the form find in those figures."""
    report = report_of(form, month, cells)
    cases = (case for at in form.edits_at.values() for case in at)
    return {case.key for case in cases if fails(report, case)}


@pytest.mark.parametrize(("versions", "month", "bad", "good", "keys"), EDITS)
def test_an_edit_finds_what_it_should_and_nothing_else(
    versions: str, month: int, bad: str, good: str, keys: str
) -> None:
    expected = set(keys.split())
    for version in versions.split():
        form = FORMS.version(version)
        # An empty report of 2021 lacks what is recommended; that is no news in the other rows.
        known = findings(form, month, "") - expected
        assert findings(form, month, bad) - known == expected
        assert not findings(form, month, good) & expected


@pytest.mark.parametrize("form", FORMS.versions, ids=lambda form: form.version)
def test_every_edit_is_tried(form: Form) -> None:
    tried = {
        key.partition(".")[0] for versions, _, _, _, keys in EDITS if form.version in versions for key in keys.split()
    }
    assert tried == {edit.id for edit in form.edits}


@pytest.mark.parametrize("form", FORMS.versions, ids=lambda form: form.version)
def test_an_empty_report_is_only_told_what_is_recommended(form: Form) -> None:
    for month in range(1, 13):
        assert findings(form, month, "") == ({"recommended_value_missing"} if form.version == NEW else set())


def test_an_edit_is_silent_in_other_months() -> None:
    form = FORMS.version(NEW)
    cells = "rd_expenditure.month_last_year=5 rd_expenditure.cumulative_last_year=6"
    assert "january_cumulative_last_year_differs.rd_expenditure" in findings(form, 1, cells)
    assert "january_cumulative_last_year_differs.rd_expenditure" not in findings(form, 2, cells)


@pytest.mark.parametrize("form", FORMS.versions, ids=lambda form: form.version)
def test_every_edit_speaks_both_languages(form: Form) -> None:
    for edit in form.edits:
        assert edit.message.keys() == {"zh-CN", "en"}, edit.id
        for message in edit.message.values():
            filled = message.format(label="营业收入", value="1.00", unit="万元", other="2.00")
            assert "{" not in filled


@pytest.mark.parametrize("form", FORMS.versions, ids=lambda form: form.version)
def test_the_cases_of_the_edits_are_made_once_and_lie_at_items_of_the_form(form: Form) -> None:
    assert form.edits_at is form.edits_at
    assert form.edits_at.keys() <= form.item.keys()
    keys = [case.key for cases in form.edits_at.values() for case in cases]
    assert len(keys) == len(set(keys))
    figures = {f"{row.id}.{measure}" for row in form.indicators for measure in row.measures}
    for item, cases in form.edits_at.items():
        for case in cases:
            assert case.at == item
            assert set(case.cells.values()) <= figures | {question.id for question in form.questions} | {MONTH_NUMBER}


def test_a_case_names_its_cells_in_the_order_of_the_relations() -> None:
    form = FORMS.version(OLD)
    [case] = [case for case in form.edits_at["electricity_consumption"] if case.key == "output_without_electricity"]
    assert list(case.cells.values()) == ["electricity_consumption.month", "gross_industrial_output.month"]
    [case] = [
        case for case in form.edits_at["total_profit"] if case.key == "unit_slip_last_year.total_profit.cumulative"
    ]
    assert case.cells == {"value": "total_profit.cumulative", "last_year": "total_profit.cumulative_last_year"}
    [case] = [case for case in form.edits_at["accounts_receivable"] if case.edit.id == "part_without_whole"][:1]
    assert list(case.cells.values()) == [
        "overdue_accounts_receivable.end_of_period",
        "accounts_receivable.end_of_period",
    ]


def test_an_edit_of_something_else_has_no_cases() -> None:
    form = FORMS.version(NEW)
    edit: Edit = form.edits[0].model_copy(update={"expect": read_relation("gross_industrial_output.month > 0")})
    with pytest.raises(FormError, match="names no figure"):
        list(edit_cases(form, edit))


# ---- files

TOY = """\
form: toy
version: "2030-01"
title: 小报表
effective_from: "2030-01"
effective_to: null
deadline_day: 15
confidentiality: 保密。
measures:
  - {id: month, label: 本月值, group: 当月值, basis: flow}
  - {id: month_last_year, label: 去年同期, group: 当月值, basis: flow, compares_with: month}
units:
  - {id: wan_yuan, label: 万元, kind: amount, decimals: 2, max_abs: 1000}
indicators:
  - {id: revenue, label: 收入, definition: 全部收入。, unit: wan_yuan, sign: any, measures: [month, month_last_year]}
  - {id: costs, label: 成本, definition: 全部成本。, unit: wan_yuan, sign: any, measures: [month], part_of: revenue}
questionnaire: {label: 问卷}
questions:
  - id: outlook
    label: 前景
    options:
      - {id: good, label: 好}
      - {id: bad, label: 差}
      - {id: later, label: 初七后, lunar_day: 7, label_template: "初七（{date}）后"}
explanations: {min_chars: 6, max_chars: 200}
lunar_new_year: {2030: 2030-02-03}
edits:
  - id: costs_above_revenue
    severity: soft
    stage: submit
    measures: [month]
    expect: costs <= revenue
    when: outlook != "bad"
    message:
      zh-CN: 成本 {value} 大于收入 {other}。
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with one small form."""
    (tmp_path / "2030-01.yaml").write_text(TOY, encoding="utf-8")
    return tmp_path


def test_a_file_put_into_the_folder_is_a_new_version(folder: Path) -> None:
    forms = Forms.read(folder)
    form = forms.in_force(Period(2031, 5))
    assert form is not None
    assert form is forms.version("2030-01")
    assert form.title == "小报表"
    assert [case.key for case in form.edits_at["costs"]] == ["costs_above_revenue.month"]
    assert form.option_label(form.option["outlook", "later"], Period(2030, 1)) == "初七（2月9日）后"
    (folder / "readme.txt").write_text("not a form", encoding="utf-8")
    assert len(Forms.read(folder).versions) == 1


def test_a_form_can_be_changed_from_one_period_to_the_next(folder: Path) -> None:
    (folder / "2030-01.yaml").write_text(TOY.replace("null", '"2030-06"'), encoding="utf-8")
    later = TOY.replace("2030-01", "2030-07").replace("小报表", "新报表")
    (folder / "a.yaml").write_text(later, encoding="utf-8")
    forms = Forms.read(folder)
    assert [form.version for form in forms.versions] == ["2030-01", "2030-07"]
    titles = [form.title for month in (6, 7) if (form := forms.in_force(Period(2030, month)))]
    assert titles == ["小报表", "新报表"]


@pytest.mark.parametrize("end", ["null", '"2030-07"', '"2031-12"'])
def test_two_versions_are_not_in_force_at_once(folder: Path, end: str) -> None:
    (folder / "2030-01.yaml").write_text(TOY.replace("null", end), encoding="utf-8")
    (folder / "2030-07.yaml").write_text(TOY.replace("2030-01", "2030-07"), encoding="utf-8")
    with pytest.raises(FormError, match="2030-01 and 2030-07 are in force at once"):
        Forms.read(folder)


def test_two_forms_do_not_have_the_same_version(folder: Path) -> None:
    (folder / "2030-01.yaml").write_text(TOY.replace("null", '"2030-06"'), encoding="utf-8")
    later = TOY.replace('effective_from: "2030-01"', 'effective_from: "2030-07"')
    (folder / "2030-07.yaml").write_text(later, encoding="utf-8")
    with pytest.raises(FormError, match="the same version"):
        Forms.read(folder)


# what is replaced, by what, the line that the message names, what the message says
FAULTS = [
    # ids
    ("id: costs,", "id: revenue,", 15, "the id 'revenue' is taken"),
    ("id: outlook", "id: revenue", 18, "the id 'revenue' is taken"),
    ("id: costs,", "id: month,", 15, "the id 'month' is taken"),
    ("id: costs,", "id: value,", 15, "the id 'value' is taken"),
    ("id: month_last_year", "id: month", 10, "the id 'month' is taken"),
    ("id: bad", "id: good", 22, "the option 'good' stands twice"),
    ("id: costs,", "id: Costs,", 15, "should match pattern"),
    (
        "units:",
        "units:\n  - {id: wan_yuan, label: 元, kind: amount, decimals: 2, max_abs: 9}",
        13,
        "'wan_yuan' is taken",
    ),
    # references
    ("unit: wan_yuan", "unit: dollar", 14, "there is no unit 'dollar'"),
    ("measures: [month], part", "measures: [week], part", 15, "there is no measure 'week'"),
    ("compares_with: month", "compares_with: week", 10, "there is no measure 'week'"),
    ("part_of: revenue", "part_of: income", 15, "there is no indicator 'income'"),
    # shape
    ("deadline_day: 15", "deadline_day: 31", 6, "less than or equal to 28"),
    ("label: 前景", "label: 前景\n    period_months: [13]", 20, "less than or equal to 12"),
    ("stage: submit", "stage: submit\n    months: [0]", 30, "greater than or equal to 1"),
    ("sign: any", "sign: positive", 14, "'non_negative'"),
    ("label: 前景", "label: 前景\n    color: red", 20, "Extra inputs are not permitted"),
    ("    label: 前景\n", "", 18, "Field required"),
    ("title: 小报表\n", "", 1, "Field required"),
    ('effective_from: "2030-01"', 'effective_from: "2030-13"', 4, "not a period"),
    ('effective_from: "2030-01"', "effective_from: 2030-01-01", 4, "instance of Period"),
    ("effective_to: null", 'effective_to: "2029-12"', 5, "ends before it begins"),
    ("{2030: 2030-02-03}", "{2030: 2031-01-23}", 25, "does not lie in 2030"),
    ("{2030: 2030-02-03}", "{2030: 2030-02-30}", 25, "day is out of range for month"),
    ("      - {id: bad, label: 差}\n      - {id: later", "      # {id: later", 21, "at least 2 items"),
    # buttons
    ("label: 差", "label: " + "差" * 25, 22, "too long for a button (24 characters at most)"),
    ('"初七（{date}）后"', '"' + "初" * 17 + '（{date}）"', 23, "too long for a button"),
    ('"初七（{date}）后"', '"初七后"', 23, "（{date}） must stand in it once"),
    (", lunar_day: 7", "", 23, "lunar_day and label_template go together"),
    # edits
    ("costs <= revenue", "expenses <= revenue", 31, "'expenses' names no figure"),
    ("costs <= revenue", "costs <= revenue.week", 31, "'revenue.week' names no figure"),
    ("costs <= revenue", "costs <= revenue.month.real", 31, "not a figure of this language"),
    (
        "costs <= revenue",
        "costs.month_last_year <= revenue",
        31,
        "costs.month_last_year is a cell that the form does not",
    ),
    ('costs <= revenue\n    when: outlook != "bad"', "1 <= 2", 31, "edit costs_above_revenue names no figure"),
    ("costs <= revenue", "value <= revenue", 31, "'value' names no figure"),
    ("costs <= revenue", "last_year <= revenue", 31, "'last_year' names no figure"),
    ("costs <= revenue", "outlook <= revenue", 31, "'outlook' is a question, not a figure"),
    ('outlook != "bad"', 'outlook != "worse"', 32, "no question 'outlook' with an option 'worse'"),
    ('outlook != "bad"', 'revenue != "bad"', 32, "no question 'revenue' with an option 'bad'"),
    ("costs <= revenue", "costs < print(revenue)", 31, "'print(revenue)' is not a figure of this language"),
    ("costs <= revenue", "costs <", 31, "not a relation: 'costs <'"),
    ("costs <= revenue", "5", 31, "instance of Relation"),
    ("costs <= revenue", "value <= costs\n    indicators: [outlook]", 32, "there is no indicator 'outlook'"),
    ("    measures: [month]\n", "    measures: [week]\n", 30, "there is no measure 'week'"),
    ("    measures: [month]\n", "    measures: [month_last_year]\n", 31, "fits no cell"),
    ("costs <= revenue", "costs <= revenue\n    at: profit", 32, "there is no item 'profit'"),
    ("zh-CN: 成本", "en: 成本", 34, "the message in zh-CN is missing"),
    ("{value}", "{figure}", 34, "only {label} {value} {unit} {other}"),
    ("{value}", "{value.real}", 34, "only {label} {value} {unit} {other}"),
    ("{value}", "{value:.2f}", 34, "only {label} {value} {unit} {other}"),
    ("{value}", "{}", 34, "only {label} {value} {unit} {other}"),
    ("{value}", "{value", 34, "only {label} {value} {unit} {other}"),
    # YAML
    ("title: 小报表", "title: 小报表\ntitle: 大报表", 4, "the key 'title' stands twice"),
    ("    label: 前景", "    id: view", 19, "the key 'id' stands twice"),
    ("title: 小报表", "title: [小报表", 4, "did not find expected"),
    ("title: 小报表", "title: 小报表: 二", 3, "mapping values are not allowed"),
    ("title: 小报表", "title: !!python/name:os.system", 3, "could not determine a constructor"),
    ("title: 小报表", "title: *nothing", 3, "undefined alias"),
    ("title: 小报表", "[小报表]: 1", 3, "unhashable"),
    (TOY, "", 1, "valid dictionary"),
    (TOY, "- 1\n- 2\n", 1, "valid dictionary"),
]


@pytest.mark.parametrize(("old", "new", "line", "part"), FAULTS)
def test_a_fault_is_named_with_its_line(folder: Path, old: str, new: str, line: int, part: str) -> None:
    path = folder / "2030-01.yaml"
    assert old in TOY
    path.write_text(TOY.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FormError) as caught:
        read_form(path)
    messages = str(caught.value).splitlines()
    assert [message for message in messages if message.startswith(f"{path}:{line}: ") and part in message], messages


def test_all_faults_are_told_at_once(folder: Path) -> None:
    path = folder / "2030-01.yaml"
    path.write_text(
        TOY.replace("unit: wan_yuan", "unit: dollar").replace("label: 差", "label: " + "差" * 25), encoding="utf-8"
    )
    with pytest.raises(FormError) as caught:
        read_form(path)
    lines = [message.removeprefix(f"{path}:").partition(":")[0] for message in str(caught.value).splitlines()]
    assert sorted(lines) == ["14", "15", "22"]


def test_a_file_in_another_encoding_is_named(folder: Path) -> None:
    path = folder / "2030-01.yaml"
    path.write_bytes(TOY.encode("gbk"))
    with pytest.raises(FormError, match="not UTF-8"):
        read_form(path)


def test_a_form_is_the_same_as_itself_only() -> None:
    form = FORMS.version(NEW)
    again = Forms.read().version(NEW)
    assert {form: 1}[form] == 1
    assert form == FORMS.versions[1]
    assert form != again
