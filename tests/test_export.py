"""Exports: what is in them and what never is, on both databases, and over the emulator how they come into the chat."""

import asyncio
import csv
import io
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot import export_file
from bot.documents import RENDERERS
from bot.scratch import clear_scratch, scratch_folder
from dialogs.filed import read_content
from dialogs.office.authority import CITY, Administrator, OfficeFacts, Role
from dialogs.office.chat import Ordered, step
from dialogs.office.exporting import MOST_REPORTS, DoExport, Exportable, LookAtExport, OrderExport
from dialogs.periods import Period
from dialogs.report import ReportState, content_of, receipt_of
from storage.database import Database
from storage.export import Wanted, count_reports
from storage.tables import audit, enterprise, person, report, return_, submission
from tests.botapi import BotApi, Fault
from tests.forms_data import DECEMBER, FORMS, JANUARY, MANUAL_2021, TYPED_2020, TYPED_2021, buttons, full
from tests.offices import District, toast
from tests.product import (
    CODE,
    NAME,
    PATIENCE,
    become_reporter,
    faults,
    logged,
    product,
    rows,
    settings_for,
    settle,
    words,
)

AT = datetime(2021, 2, 5, 2, 0, 30, tzinfo=UTC)
HOSTILE = (
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "+1+1",
    "-2+3",
    "\t=1",
    "\r=1",
    "＝1+1",
    "https://example.com",
    "0123",
    'a"b\n,c',
)
"""What a registry may call an enterprise."""


async def file_report(  # noqa: PLR0917 -- a test's own words
    database: Database,
    name: str,
    period: Period = JANUARY,
    typed: Mapping[str, str] = TYPED_2021,
    district: str = "浦东",
    reporter: str = "李会计",
    *,
    state: ReportState = ReportState.SUBMITTED,
    revisions: Sequence[Mapping[str, str]] = (),
) -> str:
    """Put the report of an enterprise into the database as if it had been filed; return the credit code."""
    form = FORMS.in_force(period)
    assert form
    async with database.transaction() as tx:
        who = await tx.run(person.insert().returning(person.c.id), {"name": reporter, "created_at": AT})
        number = by = who.scalar_one()
        code = f"91310115TB{number:08}"
        known = {"id": number, "code": code, "name": name, "district": district, "category": "其他", "address": ""}
        await tx.run(enterprise.insert(), {**known, "phone": "", "created_at": AT})
        key = {"enterprise_id": number, "period": str(period)}
        live = len(revisions) + (2 if state is ReportState.RETURNED else 1)
        row = {**key, "form": form.version, "state": state.value, "revision": live, "content": "{}", "changed_at": AT}
        await tx.run(report.insert(), row)
        filed = [*revisions, *([typed] if state is not ReportState.DRAFT else [])]
        for revision, figures in enumerate(filed, 1):
            one = replace(full(period, figures), enterprise=number, revision=revision)
            content = content_of(one, form, code)
            receipt = receipt_of(one, content, AT)
            values = {**key, "number": receipt.number, "revision": revision, "follows": revision - 1 or None}
            values |= {"person_id": by, "content": content, "digest": receipt.digest, "submitted_at": AT}
            await tx.run(submission.insert(), values)
            if revision < live:
                back = {"revision": revision, "reason": "改", "items": "[]", "returned_by": "t:1", "returned_at": AT}
                await tx.run(return_.insert(), {**key, **back})
    return code


def params(format_: str = "xlsx", **other: Any) -> dict[str, Any]:
    period = {"first": "2021-01", "last": "2021-01"}
    return {**period, "districts": None, "scope": CITY, "format": format_, "language": "zh-CN", **other}


async def sheets(database: Database, folder: Path, **other: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of an Excel export, by sheet, as header and value; no cell of it is a formula or a link."""
    path = folder / "document"
    assert (await RENDERERS["export"](database, params(**other), path)).endswith(".xlsx")
    book = openpyxl.load_workbook(io.BytesIO(await asyncio.to_thread(path.read_bytes)))
    found = {}
    for sheet in book.worksheets:
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
        header, *lines = list(sheet.values)
        found[sheet.title] = [dict(zip(map(str, header), line, strict=True)) for line in lines]
        assert sheet.freeze_panes == "C2"
        assert sheet.auto_filter.ref == sheet.dimensions
    return found


async def table(database: Database, folder: Path, **other: Any) -> list[dict[str, str]]:
    """Return the rows of a CSV export."""
    path = folder / "document"
    assert (await RENDERERS["export"](database, params("csv", **other), path)).endswith(".csv")
    raw = await asyncio.to_thread(path.read_bytes)
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True))


# ---- what is in the file


async def test_a_report_as_a_row(database: Database, tmp_path: Path) -> None:
    code = await file_report(database, NAME, typed=MANUAL_2021)
    (line,) = (await sheets(database, tmp_path))["2021-01 版"]
    assert list(line.items())[:10] == [
        ("统一社会信用代码", code),
        ("企业名称", NAME),
        ("区", "浦东"),
        ("类别", "其他"),
        ("报表期", "2021-01"),
        ("状态", "已提交"),
        ("版次", 1),
        ("回执号", line["回执号"]),
        ("提交时间", datetime(2021, 2, 5, 10, 0, 30)),  # noqa: DTZ001 -- a spreadsheet knows no zones
        ("填报员", "李会计"),
    ]
    stored = await rows(database, select(submission.c.number))
    assert line["回执号"] == stored[0].number
    assert line["营业收入 本月值（万元）"] == 12
    assert line["营业收入 累计值去年同期（万元）"] == 2
    assert line["员工人数 期末数（人）"] == 43
    assert line["财务费用 累计值（万元）"] is None
    last = FORMS.version("2021-01").questions[-1]
    assert line[last.label] == FORMS.version("2021-01").option_label(last.options[-1], JANUARY)
    assert line["核实说明"] is None
    (plain,) = await table(database, tmp_path)
    assert list(plain) == list(line)
    assert (plain["提交时间"], plain["营业收入 本月值（万元）"], plain["财务费用 累计值（万元）"]) == (
        "2021-02-05 10:00:30",
        "12.00",
        "",
    )


async def test_only_the_newest_revision_that_is_submitted_now(database: Database, tmp_path: Path) -> None:
    await file_report(database, "草稿", state=ReportState.DRAFT)
    await file_report(database, "退回", state=ReportState.RETURNED)
    await file_report(database, "更正", revisions=[MANUAL_2021])
    await file_report(database, "上期", DECEMBER, TYPED_2020)
    for found in ((await sheets(database, tmp_path))["2021-01 版"], await table(database, tmp_path)):
        (line,) = found
        assert line["企业名称"] == "更正"
        assert str(line["版次"]) == "2"
        assert Decimal(line["营业收入 本月值（万元）"]) == 120


async def test_several_periods_have_a_sheet_for_each_form(database: Database, tmp_path: Path) -> None:
    for period, typed in ((DECEMBER, TYPED_2020), (JANUARY, TYPED_2021), (JANUARY, MANUAL_2021)):
        await file_report(database, f"{period}", period, typed)
    found = await sheets(database, tmp_path, first="2020-12", last="2021-01")
    assert {name: [line["报表期"] for line in lines] for name, lines in found.items()} == {
        "2020-01 版": ["2020-12"],
        "2021-01 版": ["2021-01", "2021-01"],
    }
    assert found["2020-01 版"][0]["用电量 本月值（千瓦时）"] == 12000


@pytest.mark.parametrize(
    ("districts", "names"), [(None, ["甲", "乙", "丙"]), (["徐汇"], ["乙"]), (["长宁"], []), ([], [])]
)
async def test_what_lies_outside_of_the_scope_is_not_in_it(
    database: Database, tmp_path: Path, districts: list[str] | None, names: list[str]
) -> None:
    for name, district in (("甲", "浦东"), ("乙", "徐汇"), ("丙", "浦东")):
        await file_report(database, name, district=district)
    async with database.transaction() as tx:
        wanted = Wanted(JANUARY, JANUARY, None if districts is None else tuple(districts))
        counted = await count_reports(tx, wanted)
    assert sum(counted.values()) == len(names)
    if names:
        found = await table(database, tmp_path, districts=districts)
        assert [line["企业名称"] for line in found] == names


async def test_no_figure_loses_a_place(database: Database, tmp_path: Path) -> None:
    """9.95 is 9.949999999999999 where a library writes 16 places of a float."""
    figures = ["9.95", "0.07", "9999999999.99", "-1234567890.12"]
    await file_report(database, "数", typed={**TYPED_2021, "operating_revenue": " ".join(figures)})
    (line,) = (await sheets(database, tmp_path))["2021-01 版"]
    ((content,),) = await rows(database, select(submission.c.content))
    stored = read_content(content).figures
    shown = [Decimal(repr(line[name])) for name in line if name.startswith("营业收入 ")]
    assert shown == [
        stored[f"operating_revenue.{name}"]
        for name in ("month", "month_last_year", "cumulative", "cumulative_last_year")
    ]
    assert list(map(str, shown)) == figures
    (plain,) = await table(database, tmp_path)
    assert [plain[name] for name in plain if name.startswith("营业收入 ")] == figures


# ---- hostile words


async def test_nothing_can_become_a_formula(database: Database, tmp_path: Path) -> None:
    """Group G: neither the name of an enterprise nor that of a person."""
    for name in HOSTILE:
        await file_report(database, name, reporter=name)
    found = (await sheets(database, tmp_path))["2021-01 版"]
    # As a workbook writes a carriage return, which XML would make a line feed.
    assert [line["企业名称"] for line in found] == [name.replace("\r", "_x000D_") for name in HOSTILE]
    plain = await table(database, tmp_path)
    for line, name in zip(plain, HOSTILE, strict=True):
        for shown in (line["企业名称"], line["填报员"]):
            assert shown.removeprefix("'") == name
            assert not shown.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
    assert [line["营业收入 本月值（万元）"] for line in plain] == ["120.00"] * len(HOSTILE)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_text_of_a_csv_file_is_never_a_formula(typed: str) -> None:
    harmless = export_file._harmless(typed)  # noqa: SLF001 -- the rule itself
    assert harmless.removeprefix("'") == typed.removeprefix("'")
    assert not harmless.startswith(tuple("=+-@\t\r\n＝＋－＠"))


async def test_a_negative_number_stays_a_number(database: Database, tmp_path: Path) -> None:
    await file_report(database, "负")
    (plain,) = await table(database, tmp_path)
    assert plain["利润总额 本月值（万元）"] == "-10.00"


# ---- many


async def test_a_long_export_is_read_in_pieces_and_tells_how_far_it_is(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for it: between two pieces others can write, and what is told comes before the file is there."""
    monkeypatch.setattr(export_file, "TELL_EVERY", 0.0)
    monkeypatch.setattr(export_file, "REPORTS_AT_A_TIME", 2)
    names = [str(number) for number in range(5)]
    for name in names:
        await file_report(database, name)
    told: list[str] = []

    async def tell(word: str) -> None:
        told.append(word)
        async with database.transaction() as tx:
            await tx.run(audit.insert(), {"at": AT, "action": "linked", "detail": "{}"})

    assert await export_file.render(database, params("csv"), tmp_path / "document", tell) == "报表数据-2021-01-全市.csv"
    assert told == [words("export-progress", done=done, total=5) for done in (2, 4, 5)] + [
        words("export-done", reports=5)
    ]
    assert [line["企业名称"] for line in await table(database, tmp_path)] == names


async def test_what_is_broken_off_leaves_no_file_open(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await file_report(database, NAME)

    async def fails(_: str) -> None:
        raise ConnectionError

    monkeypatch.setattr(export_file, "TELL_EVERY", 0.0)
    with pytest.raises(ConnectionError):
        await export_file.render(database, params(), tmp_path / "document", fails)


# ---- what administrators may order

FACTS = OfficeFacts(AT, Administrator("telegram:1", Role.ADMINISTRATOR, CITY), FORMS)
DISTRICT_FACTS = OfficeFacts(AT, Administrator("telegram:1", Role.ADMINISTRATOR, "徐汇"), FORMS)


@pytest.mark.parametrize(
    ("typed", "order"),
    [
        ("/export", ("2021-01", "2021-01", "", "")),
        ("/export 上月 xlsx", ("2021-01", "2021-01", "", "xlsx")),
        ("/export CSV 2020年12月", ("2020-12", "2020-12", "", "csv")),
        ("/export 浦东 2020-01..2020-12", ("2020-01", "2020-12", "浦东", "")),
        ("/export 202012～202001", ("2020-01", "2020-12", "", "")),
        ("/export 2020-11至2021-01", ("2020-11", "2021-01", "", "")),
        ("/export 2019-02..2021-01", ("2019-02", "2021-01", "", "")),
        ("/export 2019-01..2021-01", None),
        ("/export 2020-01..2020-02..2020-03", None),
        ("/export 2020-13", None),
        ("/export 纽约", None),
        ("/export xlsx csv", None),
        ("/export 浦东 徐汇", None),
        ("/export 2020-01 2020-02", None),
    ],
)
def test_how_it_is_ordered(typed: str, order: tuple[str, ...] | None) -> None:
    turn = step(Ordered(typed), FACTS)
    assert turn.effects == ((LookAtExport(OrderExport(*order)),) if order else ())
    assert turn.refused == (order is None)


def test_another_district_is_as_unknown_as_one_that_does_not_exist() -> None:
    assert step(Ordered("/export 浦东"), DISTRICT_FACTS) == step(Ordered("/export 纽约"), DISTRICT_FACTS)
    assert step(Ordered("/export 徐汇"), DISTRICT_FACTS).effects


@pytest.mark.parametrize(
    ("reports", "formats"),
    [
        ({"2021-01": 1}, ["xlsx", "csv"]),
        ({"2021-01": MOST_REPORTS["csv"] + 1}, ["xlsx"]),
        ({"2020-01": 1, "2021-01": 1}, ["xlsx"]),
        ({"2021-01": MOST_REPORTS["xlsx"] + 1}, []),
        ({"2020-01": MOST_REPORTS["xlsx"], "2021-01": 1}, []),
    ],
)
def test_what_does_not_fit_into_a_file_is_not_offered(reports: Mapping[str, int], formats: list[str]) -> None:
    (shown,) = step(Exportable(OrderExport("2020-12", "2021-01", "", ""), reports), FACTS).pages
    assert [button.event.format for button in buttons(shown) if isinstance(button.event, DoExport)] == formats


# ---- in the chat


async def test_from_the_order_to_the_file(database: Database, database_url: str, api: BotApi) -> None:
    office = District(api, "浦东")
    with logged() as log:
        async with product(settings_for(database_url, api, admin_chats=(office.setting,))):
            reporter = await become_reporter(api.phone("李"))
            await reporter.fill()
            await reporter.submit()
            await settle(database, api)  # the office is told of the new reporter
            office.administrator.news()
            await office.administrator.send("/export 2021-01")
            (preview,) = await office.administrator.wait(1, PATIENCE)
            assert words("export-reports", reports=1, versions="2021-01") in preview.text
            assert preview.labels == ["导出 Excel", "导出 CSV"]
            for phone, notice in ((office.viewer, "office-may-not"), (office.stranger, "office-not-yours")):
                press = await phone.press("导出 Excel")
                await settle(database, api)
                assert toast(api, press) == words(notice)
            await office.administrator.press("导出 Excel")
            await settle(database, api)
    (*before, sent) = office.administrator.history[-3:]
    making = words("export-making", what="2021-01", scope="浦东", reports=1)
    assert [one.text for one in before] == [making, words("export-done", reports=1)]
    assert {one.message["message_id"] for one in before} == {preview.message["message_id"]}
    assert words("export-personal") in sent.text
    assert sent.message["document"]["file_name"] == "报表数据-2021-01-浦东.xlsx"
    assert sent.message["has_protected_content"]
    content = api.world.files[sent.message["document"]["file_id"]].content
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert [cell.value for cell in sheet["A"]] == ["统一社会信用代码", CODE]
    (done,) = await rows(database, select(audit).where(audit.c.action == "exported"))
    assert (done.actor, done.chat) == (f"telegram:{office.administrator.account.id}", f"telegram:{office.group.id}")
    detail = {"first": "2021-01", "last": "2021-01", "districts": ["浦东"], "format": "xlsx", "reports": 1}
    assert orjson.loads(done.detail) == detail
    assert faults(log) == []
    calls = [call.method for call in api.calls if call.method in ("editMessageText", "sendDocument")]
    assert calls[-1] == "sendDocument"


UNTOLD: dict[str, tuple[Fault, list[str]]] = {
    "refused": (Fault.server_error(), ["making"]),
    "perhaps told": (Fault.drop("after"), ["making", "done"]),
    "to be told later": (Fault.flood(3600), ["making"]),
    "the message is gone": (Fault.refuse(400, "Bad Request: message to edit not found"), ["making", "done"]),
}


@pytest.mark.parametrize("case", UNTOLD)
async def test_what_cannot_be_told_meanwhile_does_not_hold_up_the_file(
    database: Database, database_url: str, api: BotApi, case: str
) -> None:
    """E: the file comes once, and nothing comes behind it."""
    office = District(api, "浦东")
    await file_report(database, NAME)
    done = words("export-done", reports=1)
    texts = {"making": words("export-making", what="2021-01", scope="浦东", reports=1), "done": done}
    fault, told = UNTOLD[case]
    async with product(settings_for(database_url, api, admin_chats=(office.setting,))):
        await office.administrator.send("/export csv")
        await office.administrator.wait(1, PATIENCE)
        api.faults.add(fault.on("editMessageText", when=lambda edit: edit["text"] == done))
        await office.administrator.press("导出 CSV")
        await settle(database, api)
    *before, sent = office.administrator.history[-1 - len(told) :]
    assert [one.text for one in before] == [texts[name] for name in told]
    assert sent.message["document"]["file_name"] == "报表数据-2021-01-浦东.csv"
    assert len(api.called("sendDocument")) == 1


@pytest.mark.parametrize("scope", ["徐汇", "city"])
async def test_without_reports_there_is_no_file(database_url: str, api: BotApi, scope: str) -> None:
    office = District(api, scope)
    async with product(settings_for(database_url, api, admin_chats=(office.setting,))):
        await office.administrator.send("/export 2021-01")
        (answer,) = await office.administrator.wait(1, PATIENCE)
        name = words("export-city") if scope == "city" else scope
        assert answer.text == words("export-none", what="2021-01", scope=name)
        office.viewer.news()
        await office.viewer.send("/export 2021-01")
        (answer,) = await office.viewer.wait(1, PATIENCE)
        assert answer.text == words("office-may-not")


# ---- what a killed process leaves


def test_folders_of_killed_processes_are_removed_and_those_of_living_ones_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B: a SIGKILL while a file is made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    making = "import sys, bot.scratch as s\nwith s.scratch_folder() as f:\n"
    making += " (f / 'x').touch(); print(f, flush=True); sys.stdin.read()"
    command = (sys.executable, "-c", making)
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parent.parent)}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        left = Path(process.stdout.readline().strip())
        (tmp_path / "tianbao-others").mkdir()
        with scratch_folder() as mine:
            clear_scratch()
            assert (left / "x").exists()
            assert mine.exists()
            process.send_signal(signal.SIGKILL)
            process.wait()
            clear_scratch()
            assert not left.exists()
            assert mine.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["tianbao-others"]
