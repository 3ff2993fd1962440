"""The import of earlier reports: what is read, what is refused, and what either database has in the end."""

import asyncio
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path

import orjson
import pytest
from sqlalchemy import func, select

from bot.cli import main
from bot.history_file import Imported, check, import_history
from bot.table_file import BadTableError
from dialogs.enterprises import Registered
from dialogs.form import Form, Forms
from dialogs.periods import SHANGHAI, Period
from dialogs.report import Chosen, Entered, Origin, Report, ReportState, unpack_report
from storage import people
from storage.database import Database
from storage.history import Filed
from storage.registry import import_rows
from storage.tables import audit, enterprise, report, submission
from storage.work import Work
from tests.bench import history as bench
from tests.sheets import csv_bytes, xlsx_bytes

NOW = datetime(2026, 11, 5, tzinfo=UTC)
FORMS = Forms.read()
HEADER = ("统一社会信用代码", "报表期", "指标", "栏目", "数值", "提交时间")
CODE, PERIOD, ITEM, MEASURE, VALUE, TIME = HEADER
A, B, C = "91310115TB000001XH", "91310104TB0000028K", "91310105TB0000036W"
LARK = Registered(A, "上海示例云雀精密机械有限公司", "赵文澜", "浦东", "专精特新", "021-55500001")
PINE = Registered(B, "上海示例松果电子元件有限公司", "钱以安")
REVENUE = (A, "2021-01", "营业收入", "本月值", "12.5")
ORDERS = (A, "2021-01", "国内市场订单情况", "", "市场订单增加")

Row = Sequence[object]


def filed(*paths: Path, forms: Forms = FORMS) -> list[Filed]:
    with closing(check(paths, forms, NOW)) as checked:
        codes = [code for code, _ in checked.codes("")]
        checked.number({code: number for number, code in enumerate(codes, 1)})
        return [one for _, one in checked.reports(NOW)]


def figures(*paths: Path, forms: Forms = FORMS) -> dict[str, str]:
    (one,) = filed(*paths, forms=forms)
    values = {cell: str(entered.figure) for cell, entered in one.report.figures.items()}
    return values | {question: chosen.option for question, chosen in one.report.choices.items()}


def faults_of(*paths: Path, forms: Forms = FORMS) -> list[tuple[int, str, str]]:
    with pytest.raises(BadTableError) as caught:
        check(paths, forms, NOW)
    return [(fault.row, fault.field, fault.reason) for fault in caught.value.faults]


def a_file(folder: Path, *rows: Row, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(csv_bytes(HEADER, *rows))
    return path


# What is read

SPELLINGS: dict[str, tuple[Row, tuple[str, str]]] = {
    "label": (("2021-01", "营业收入", "本月值", "12.5"), ("operating_revenue.month", "12.50")),
    "ids": (("2021-01", "operating_revenue", "cumulative", "0"), ("operating_revenue.cumulative", "0.00")),
    "number": (("2021-01", "1", "累计值", "1,234,567.8"), ("operating_revenue.cumulative", "1234567.80")),
    "number of a question": (("2021-01", "13", "", "良好"), ("own_condition_current", "good")),
    "option id": (("2021-01", "国内市场订单情况", "", "increased"), ("domestic_orders", "increased")),
    "last year of the month": (("2021-01", "利润总额", "去年同期", "-3"), ("total_profit.month_last_year", "-3.00")),
    "the same in full": (("2021-01", "利润总额", "本月值去年同期", "-3"), ("total_profit.month_last_year", "-3.00")),
    "last year in all": (
        ("2021-01", "利润总额", "累计值去年同期", "+3"),
        ("total_profit.cumulative_last_year", "3.00"),
    ),
    "last year of a stock": (
        ("2021-01", "员工人数", "去年同期", "40.0"),
        ("employees.end_of_period_last_year", "40"),
    ),
    "width and spaces": (
        ("２０２１－０１", " 获得专利、软件 著作权数量", "本月 值", "１，２３４"),
        ("ip_rights_obtained.month", "1234"),
    ),
    "half width in a label": (
        ("2021-01", "企业总体生产经营状况(本月实际)", "", "一般"),
        ("own_condition_current", "fair"),
    ),
    "month in one run": (("202102", "1", "month", "-0.00"), ("operating_revenue.month", "0.00")),
    "month in words": (("2021年1月", "1", "month", "1"), ("operating_revenue.month", "1.00")),
    "month of the manual": (("2021-1", "1", "month", "1"), ("operating_revenue.month", "1.00")),
    "day of a month": (("2021/1/31", "1", "month", "1"), ("operating_revenue.month", "1.00")),
    "form of 2020": (("2020-12", "应纳税费", "期末数", "1"), ("taxes_payable.end_of_period", "1.00")),
    "festival of its own year": (
        ("2022-01", "贵企业节后复工复产时间", "", "正月初七（2月7日）前复产"),
        ("resumption_after_spring_festival", "before_day_7"),
    ),
    "festival as printed": (
        ("2022-01", "贵企业节后复工复产时间", "", "正月初七（2月18日）前复产"),
        ("resumption_after_spring_festival", "before_day_7"),
    ),
}


@pytest.mark.parametrize("case", SPELLINGS)
def test_cells_are_read_as_people_write_them(tmp_path: Path, case: str) -> None:
    row, expected = SPELLINGS[case]
    assert figures(a_file(tmp_path, (A, *row))) == dict([expected])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_csv_is_read_in_each_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(csv_bytes(HEADER, REVENUE, ORDERS, encoding=encoding))
    assert figures(path) == {"operating_revenue.month": "12.50", "domestic_orders": "increased"}


def test_a_workbook_has_numbers_and_dates(tmp_path: Path) -> None:
    path = tmp_path / "file"
    time = datetime(2021, 2, 5, 10, 30)  # noqa: DTZ001 -- Excel knows no time zones
    path.write_bytes(
        xlsx_bytes(
            HEADER,
            (A, datetime(2021, 1, 1), 1, "month", 0.1 + 0.2, time),  # noqa: DTZ001 -- likewise
            (A, 202101, 10, "end_of_period", 43),
            (A, "2021-01", 13.0, None, "good"),
        )
    )
    (one,) = filed(path)
    assert figures(path) == {
        "operating_revenue.month": "0.30",
        "employees.end_of_period": "43",
        "own_condition_current": "good",
    }
    assert one.receipt.at == time.replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2021-02-05 10:30", "2021-02-05T02:30+00:00"),
        ("2021/2/5 9:05", "2021-02-05T01:05+00:00"),
        ("2021-02-05T10:30:00Z", "2021-02-05T10:30+00:00"),
        ("2021-02-05T10:30:01.500+09:00", "2021-02-05T01:30:01.5+00:00"),
        ("２０２１－０２－０５", "2021-02-04T16:00+00:00"),
        ("2021-01-01 00:00", "2020-12-31T16:00+00:00"),
        ("", NOW.isoformat()),
    ],
)
def test_a_time_without_a_zone_is_of_shanghai(tmp_path: Path, written: str, expected: str) -> None:
    (one,) = filed(a_file(tmp_path, (*REVENUE, written), ORDERS))
    assert one.receipt.at.isoformat() == datetime.fromisoformat(expected).isoformat()
    assert {entered.at for entered in one.report.figures.values()} == {one.receipt.at}


def test_rows_stand_in_any_order_and_in_several_files(tmp_path: Path) -> None:
    lines = [line.strip().split(",") for line in bench.rows(3, 3, scattered=False)]
    scattered = [line.strip().split(",") for line in bench.rows(3, 3, scattered=True)]
    assert scattered != lines
    half = len(lines) // 2
    together = filed(a_file(tmp_path, *lines))
    apart = filed(
        a_file(tmp_path, *scattered[half:], name="late.csv"), a_file(tmp_path, *scattered[:half], name="early.csv")
    )
    assert [one.content for one in apart] == [one.content for one in together]
    assert len({one.receipt.number for one in together}) == 9
    for one in together:
        form = FORMS.version(one.report.form)
        assert len(one.report.figures) == sum(len(item.measures) for item in form.indicators) == 32
        assert len(one.report.choices) == (15 if one.report.period.month == 1 else 14)


def test_the_source_of_every_figure_is_kept(tmp_path: Path) -> None:
    long = "甲" * 60 + ".csv"
    (one,) = filed(a_file(tmp_path, ORDERS, REVENUE, name=long))
    assert one.report.figures == {
        "operating_revenue.month": Entered(Decimal("12.50"), 0, NOW, Origin.IMPORTED, f"{long[-40:]}:3")
    }
    assert one.source == f"{long[-40:]}:2"


# What is refused


def row(period: object = "2021-01", item: object = "1", measure: object = "month", value: object = "1") -> Row:
    return (A, period, item, measure, value)


OF_REVENUE = "营业收入 has 本月值, 本月值去年同期, 累计值, 累计值去年同期"
BAD_ROWS: dict[str, tuple[Sequence[Row], list[tuple[int, str, str]]]] = {
    "code": (
        [(f"{A[:-1]}J", *REVENUE[1:])],
        [(2, CODE, f"{A[:-1]}J is not a unified social credit code (18 places, the last one checks the others)")],
    ),
    "no month": ([row("2021")], [(2, PERIOD, "2021 is not a month such as 2021-01")]),
    "doubtful month": ([row("20211")], [(2, PERIOD, "20211 is not a month such as 2021-01")]),
    "month 13": ([row("2021-13")], [(2, PERIOD, "2021-13 is not a month such as 2021-01")]),
    "month 0": ([row("202100")], [(2, PERIOD, "202100 is not a month such as 2021-01")]),
    "before all forms": ([row("2019-12")], [(2, PERIOD, "no form of 2019-12 is known; the first is of 2020-01")]),
    "running month": ([row("2026-10"), row("2026-11")], [(3, PERIOD, "2026-11 has not ended yet")]),
    "no item": ([row(item="营业")], [(2, ITEM, "营业 is no item of the form of 2021-01")]),
    "number too large": ([row(item="28")], [(2, ITEM, "28 is no item of the form of 2021-01")]),
    "item of another form": ([row(item="用电量")], [(2, ITEM, "用电量 is no item of the form of 2021-01")]),
    "item of another month": (
        [row("2021-02", "贵企业节后复工复产时间", "", "not_stopped")],
        [(2, ITEM, "贵企业节后复工复产时间 is no item of the form of 2021-02")],
    ),
    "no measure": ([row(measure="")], [(2, MEASURE, f"is empty: {OF_REVENUE}")]),
    "measure of others": ([row(measure="期末数")], [(2, MEASURE, f"期末数 is no value: {OF_REVENUE}")]),
    "measure of a question": (
        [row(item="国内市场订单情况", value="其他")],
        [(2, MEASURE, "must be empty, as 国内市场订单情况 is a question")],
    ),
    "no option": (
        [row(item="国内市场订单情况", measure="", value="增加")],
        [(2, VALUE, "增加 is no answer to 国内市场订单情况")],
    ),
    "no value": ([row(value="")], [(2, VALUE, "is empty")]),
    "no number": ([row(value="1e3")], [(2, VALUE, "1e3 is not a plain number such as -1234.56")]),
    "unit": ([row(value="3万元")], [(2, VALUE, "3万元 is not a plain number such as -1234.56")]),
    "commas": ([row(value="1,23")], [(2, VALUE, "1,23 is not a plain number such as -1234.56")]),
    "long text": ([row(value="九" * 50)], [(2, VALUE, f"{'九' * 40} is not a plain number such as -1234.56")]),
    "decimals": (
        [row(value="1.235"), row(value="1.230", measure="累计值")],
        [(2, VALUE, "1.235 has more than 2 decimals")],
    ),
    "half a patent": (
        [row(item="12", value="0.02")],
        [(2, VALUE, "“获得专利、软件著作权数量” counts in 件 and must be a whole number; you sent 0.02.")],
    ),
    "below zero": (
        [row(item="6", measure="期末数", value="-1")],
        [(2, VALUE, "“期末借款余额” cannot be negative; you sent -1 万元.")],
    ),
    "too large": (
        [row(value="1" * 11)],
        [(2, VALUE, f"The figure for “营业收入” is too large ({int('1' * 11):,} 万元). Please check the unit.")],
    ),
    "twice": (
        [REVENUE, ORDERS, REVENUE, ORDERS],
        [
            (4, ITEM, "operating_revenue.month of this report is in row 2 already"),
            (5, ITEM, "domestic_orders of this report is in row 3 already"),
        ],
    ),
    "twice and far apart": (
        [REVENUE, (B, *ORDERS[1:]), row("2021-02"), row(item="operating_revenue", measure="本月值")],
        [(5, ITEM, "operating_revenue.month of this report is in row 2 already")],
    ),
    "no time": ([(*REVENUE, "下午")], [(2, TIME, "下午 is not a time such as 2021-02-05 10:00")]),
    "time to come": ([(*REVENUE, "2026-11-05 08:01")], [(2, TIME, "2026-11-05 08:01 is still to come")]),
    "time before": ([(*REVENUE, "2020-12-31 23:59")], [(2, TIME, "is before 2021-01 began")]),
    "another time": (
        [(*REVENUE, "2021-02-05"), (*ORDERS, "2021-02-06")],
        [(3, TIME, "row 2 has another time for this report")],
    ),
    "every row": (
        [REVENUE, row(item="x"), (), ("", "", "", "", "1"), row("2021-02", value="x"), ORDERS],
        [
            (3, ITEM, "x is no item of the form of 2021-01"),
            (5, CODE, "is empty"),
            (5, PERIOD, "is empty"),
            (5, ITEM, "is empty"),
            (6, VALUE, "x is not a plain number such as -1234.56"),
        ],
    ),
}


@pytest.mark.parametrize("write", [csv_bytes, xlsx_bytes])
@pytest.mark.parametrize("case", BAD_ROWS)
def test_bad_rows_are_told(tmp_path: Path, case: str, write: Callable[..., bytes]) -> None:
    rows, expected = BAD_ROWS[case]
    path = tmp_path / "file"
    path.write_bytes(write(HEADER, *rows))
    assert faults_of(path) == expected


def test_faults_of_several_files_name_them(tmp_path: Path) -> None:
    paths = (
        a_file(tmp_path, REVENUE, (A, "2021-02", "1", "month", "x"), name="a.csv"),
        a_file(tmp_path, (*ORDERS, "2021-02-05"), REVENUE, name="b.csv"),
        tmp_path / "c.csv",
        a_file(tmp_path, name="d.csv"),
    )
    paths[2].write_bytes(csv_bytes((*HEADER[:2], ITEM, ITEM)))
    with pytest.raises(BadTableError) as caught:
        check(paths, FORMS, NOW)
    assert str(caught.value).replace(f"{tmp_path}/", "").splitlines() == [
        "nothing was imported:",
        f"a.csv, row 3, {VALUE}: x is not a plain number such as -1234.56",
        f"c.csv, row 1, {ITEM}: the column is there more than once",
        f"c.csv, row 1, {VALUE}: the column is missing",
        "d.csv has no entries",
        f"b.csv, row 3, {ITEM}: operating_revenue.month of this report is in row 2 of a.csv already",
    ]


def test_a_label_that_may_be_two_measures_is_asked_for_in_full(tmp_path: Path) -> None:
    newest = FORMS.versions[-1]
    described = newest.model_dump()
    described["measures"][3]["label"] = "去年同期"
    assert described["measures"][3]["id"] == "cumulative_last_year"
    forms = Forms((*FORMS.versions[:-1], Form.model_validate(described)))
    assert faults_of(a_file(tmp_path, row(measure="去年同期")), forms=forms) == [
        (2, MEASURE, f"去年同期 is more than one value: {OF_REVENUE}")
    ]
    assert figures(
        a_file(tmp_path, row(measure="累计值去年同期", value="1"), row(measure="本月值去年同期", value="2")),
        forms=forms,
    ) == {"operating_revenue.cumulative_last_year": "1.00", "operating_revenue.month_last_year": "2.00"}


def test_columns_that_mean_nothing_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(csv_bytes((*HEADER[:5], "备注"), (*REVENUE, "x")))
    (tmp_path / "b.csv").write_bytes(csv_bytes(("填报人", CODE, PERIOD, ITEM, VALUE), ("x", *ORDERS[:3], "其他")))
    with closing(check([tmp_path / "a.csv", tmp_path / "b.csv"], FORMS, NOW)) as checked:
        assert checked.ignored == ("备注", "填报人")
        assert checked.count == 1


# What is imported in the end


async def register(database: Database, *entries: Registered) -> None:
    async with database.transaction() as tx:
        await import_rows(tx, entries)


async def counted(database: Database) -> tuple[int, ...]:
    async with database.transaction() as tx:
        tables = (enterprise, report, submission, audit)
        return tuple([(await tx.run(select(func.count()).select_from(table))).scalar_one() for table in tables])


async def test_a_report_is_there_as_if_it_had_been_submitted_here(database: Database, tmp_path: Path) -> None:
    await register(database, LARK)
    path = a_file(tmp_path, (*REVENUE, "2021-02-05 10:00"), ORDERS)
    at = datetime(2021, 2, 5, 2, tzinfo=UTC)
    assert await import_history(database, FORMS, [path], NOW) == Imported(1, 0, 1, ())
    async with database.transaction() as tx:
        company = (await tx.run(select(enterprise))).one()
        stored = (await tx.run(select(report))).one()
        sent = (await tx.run(select(submission))).one()
        recorded = (await tx.run(select(audit).order_by(audit.c.id))).all()
        work = Work(tx, "", NOW)
        await work.load_cases([(company.id, Period(2022, 1)), (company.id, Period(2021, 1))])
    assert (company.code, company.name, company.district, company.category) == (A, LARK.name, "浦东", "专精特新")
    read = unpack_report(
        orjson.loads(stored.content),
        enterprise=company.id,
        period=Period.parse(stored.period),
        form=stored.form,
        state=ReportState(stored.state),
        revision=stored.revision,
    )
    assert read == Report(
        company.id,
        Period(2021, 1),
        "2021-01",
        ReportState.SUBMITTED,
        figures={"operating_revenue.month": Entered(Decimal("12.50"), 0, at, Origin.IMPORTED, "file.csv:2")},
        choices={"domestic_orders": Chosen("increased", 0, at)},
        receipt=read.receipt,
    )
    assert read.receipt
    assert (read.receipt.number, read.receipt.at, read.receipt.digest) == (sent.number, at, sent.digest)
    assert (sent.person_id, sent.revision, sent.follows, sent.submitted_at) == (None, 1, None, at)
    assert orjson.loads(sent.content) == {
        "enterprise": A,
        "period": "2021-01",
        "form": "2021-01",
        "revision": 1,
        "figures": {"operating_revenue.month": "12.50"},
        "choices": {"domestic_orders": "increased"},
        "reasons": {},
    }
    assert [(entry.action, entry.enterprise_id, entry.period, orjson.loads(entry.detail)) for entry in recorded] == [
        ("enterprise-imported", company.id, None, {"code": A}),
        (
            "report-imported",
            company.id,
            "2021-01",
            {"number": sent.number, "digest": sent.digest, "source": "file.csv:2"},
        ),
        ("history-imported", None, None, {"enterprises": 1, "reports": 1, "there": 0}),
    ]
    # 去年同期 of the year after, and the report itself.
    assert work.cases[company.id].earlier[Period(2021, 1)] == {"operating_revenue.month": Decimal("12.50")}
    assert work.cases[company.id].reports[Period(2021, 1)] == read


async def test_importing_again_is_harmless_and_adds_what_is_new(database: Database, tmp_path: Path) -> None:
    await register(database, LARK, replace(PINE, district="徐汇"))
    first = a_file(tmp_path, REVENUE, ORDERS)
    more = a_file(tmp_path, row("2021-02"), (B, *ORDERS[1:]), name="more.csv")
    assert await import_history(database, FORMS, [first], NOW) == Imported(1, 0, 1, ())
    assert await import_history(database, FORMS, [first], NOW) == Imported(0, 1, 0, ())
    assert await counted(database) == (1, 1, 1, 4)
    assert await import_history(database, FORMS, [more, first], NOW) == Imported(2, 1, 1, ())
    assert await counted(database) == (2, 3, 3, 8)


async def test_nothing_is_imported_when_a_report_is_there(database: Database, tmp_path: Path) -> None:
    await register(database, LARK, PINE)
    await import_history(database, FORMS, [a_file(tmp_path, REVENUE, row("2021-02"))], NOW)
    async with database.transaction() as tx:
        (company,) = (await tx.run(select(enterprise.c.id))).scalars()
        draft = {"enterprise_id": company, "period": "2021-03", "form": "2021-01", "state": "draft", "revision": 1}
        await tx.run(report.insert(), draft | {"content": "{}", "changed_at": NOW})
    before = await counted(database)
    # The second enterprise is made before the fault is found.
    changed = a_file(tmp_path, (B, *REVENUE[1:]), row("2021-02"), ORDERS, row("2021-03"), name="changed.csv")
    with pytest.raises(BadTableError) as caught:
        await import_history(database, FORMS, [changed], NOW)
    assert [(fault.row, fault.field, fault.reason) for fault in caught.value.faults] == [
        (4, PERIOD, "2021-01 has a report already (submitted), and it is not overwritten"),
        (5, PERIOD, "2021-03 has a report already (draft), and it is not overwritten"),
    ]
    assert await counted(database) == before


async def test_an_enterprise_must_be_in_the_registry(database: Database, tmp_path: Path) -> None:
    outside = Registered("91110000600037341L", "北京示例有限公司", "孙某")
    await register(database, LARK, PINE, outside)
    rows = [(outside.code, *REVENUE[1:]), REVENUE, (C, *REVENUE[1:]), (C, *ORDERS[1:]), (B, *REVENUE[1:])]
    with pytest.raises(BadTableError) as caught:
        await import_history(database, FORMS, [a_file(tmp_path, *rows)], NOW)
    assert [(fault.row, fault.field, fault.reason) for fault in caught.value.faults] == [
        (2, CODE, f"has no district: {outside.code} is not registered in Shanghai, so the registry must say it"),
        (4, CODE, f"{C} is not in the registry: import it first"),
    ]
    assert await counted(database) == (0, 0, 0, 0)
    await import_history(database, FORMS, [a_file(tmp_path, rows[-1])], NOW)
    async with database.transaction() as tx:
        assert (await tx.run(select(enterprise.c.district))).scalar_one() == "徐汇"


async def test_who_links_an_imported_enterprise_first_completes_its_basic_data(
    database: Database, tmp_path: Path
) -> None:
    await register(database, PINE)
    await import_history(database, FORMS, [a_file(tmp_path, (B, *REVENUE[1:]))], NOW)
    async with database.transaction() as tx:
        for number, district in enumerate(("静安", "黄浦")):
            who = await people.bind_phone(tx, "test", str(number), f"+861390000000{number}", NOW)
            basics = people.Basics(B, PINE.name, district, "其他", "示例路 1 号", "021-55500002")
            await people.link_enterprise(tx, basics, who.id, NOW)
        (company,) = (await tx.run(select(enterprise))).all()
    assert (company.district, company.category, company.address) == ("静安", "其他", "示例路 1 号")
    assert company.initials == people.initials_of(PINE.name)


async def test_more_than_a_chunk_is_imported(database: Database, tmp_path: Path) -> None:
    companies = 600
    await register(database, *(Registered(bench.code(number), "甲", "乙", "浦东") for number in range(companies)))
    rows = [(bench.code(number), *REVENUE[1:]) for number in range(companies)]
    path = a_file(tmp_path, *rows)
    assert await import_history(database, FORMS, [path], NOW) == Imported(companies, 0, companies, ())
    after = (companies, companies, companies, 2 * companies + 1)
    assert await counted(database) == after
    # What the first chunk had stored is gone when the second has a fault.
    more = [(code, "2021-02", *REVENUE[2:]) for code, *_ in rows]
    with pytest.raises(BadTableError):
        await import_history(database, FORMS, [a_file(tmp_path, *more, (*rows[-1][:4], "13"))], NOW)
    assert await counted(database) == after


async def test_two_imports_at_once_store_every_report_once(database: Database, tmp_path: Path) -> None:
    await register(database, LARK, PINE)
    path = a_file(tmp_path, REVENUE, (B, *REVENUE[1:]), row("2021-02"))
    done = await asyncio.gather(*(import_history(database, FORMS, [path], NOW) for _ in range(4)))
    assert sorted((one.reports, one.there, one.enterprises) for one in done) == [(0, 3, 0)] * 3 + [(3, 0, 2)]
    assert await counted(database) == (2, 3, 3, 2 + 3 + 4)


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    def peak(companies: int) -> int:
        path = tmp_path / "file.csv"
        path.write_text("".join(chain((bench.HEADER,), bench.rows(companies, 6, scattered=False))), encoding="utf-8")
        tracemalloc.start()
        with closing(check([path], FORMS, NOW)) as checked:
            checked.number({bench.code(number): number for number in range(companies)})
            assert sum(1 for _ in checked.reports(NOW)) == companies * 6
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(1)  # what is kept from the first time on
    assert peak(80) < 1.5 * peak(20)


def test_the_command_says_what_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "registry.csv").write_bytes(
        csv_bytes(("统一社会信用代码", "企业名称", "法定代表人"), (A, LARK.name, LARK.representative))
    )
    (tmp_path / "good.csv").write_bytes(csv_bytes((*HEADER[:5], "备注"), REVENUE))
    a_file(tmp_path, ORDERS, row("2021-02", value="x"), name="bad.csv")
    assert main(["history", "import", "good.csv"]) == 1
    assert "run `tianbao db upgrade`" in capsys.readouterr().err
    assert main(["db", "upgrade"]) == 0
    assert main(["registry", "import", "registry.csv"]) == 0
    capsys.readouterr()
    assert main(["history", "import", "bad.csv", "good.csv"]) == 1
    assert capsys.readouterr().err == (
        f"tianbao: nothing was imported:\nbad.csv, row 3, {VALUE}: x is not a plain number such as -1234.56\n"
    )
    for line in (
        "1 reports imported, 0 were there; 1 new enterprises",
        "0 reports imported, 1 were there; 0 new enterprises",
    ):
        assert main(["history", "import", "good.csv"]) == 0
        assert capsys.readouterr().out == f"column ignored: 备注\n{line}\n"
