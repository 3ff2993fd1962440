"""What administrators look up: counts and lists by hand on both databases, the scope, each command as it is used."""

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
from openpyxl import load_workbook
from sqlalchemy import insert, select, update

from bot import missing_file
from bot.documents import RENDERERS
from dialogs.form import Forms
from dialogs.office.authority import CITY, Administrator, OfficeFacts, Role
from dialogs.office.chat import Ordered, step
from dialogs.office.finding import FindAny, ViewFiled
from dialogs.office.orders import FindEnterprise
from dialogs.office.overview import (
    A_PAGE,
    Cell,
    CountPeriod,
    ExportMissing,
    ExportNoted,
    ListMissing,
    Moments,
    PeriodCounted,
    ShowMissing,
    Tally,
    Unfiled,
    a_month_before,
    bar,
)
from dialogs.periods import SHANGHAI, Period
from dialogs.texts import write_out
from storage import offices, overview, reading
from storage.database import Database
from storage.people import initials_of
from storage.tables import audit, enterprise, link, person, report, return_, seat, submission
from tests.botapi import BotApi, Shown
from tests.offices import District, toast
from tests.product import (
    CODE,
    NAME,
    PATIENCE,
    SAMPLES,
    START,
    TAKEN,
    become_reporter,
    make_known,
    product,
    rows,
    settings_for,
    settle,
    words,
)

PERIOD = Period(2021, 1)
DEADLINE = datetime(2021, 2, 21, tzinfo=SHANGHAI)
TICK = timedelta(microseconds=1)
LONG_AGO = datetime(2020, 6, 1, tzinfo=SHANGHAI)
FORMS = Forms.read()


@dataclass(frozen=True, slots=True)
class Firm:
    """An enterprise of the small city.

    Args:
        name, district, category: which one.
        linked: since when somebody is linked; None for nobody. The first one that is linked is its reporter.
        left: the link was ended.
        state: of its report of `PERIOD`.
        filed: first submissions by period.
        imported: they are from before this program.
        seated: whether who is linked is its reporter.
    """

    name: str
    district: str
    category: str
    linked: datetime | None = LONG_AGO
    left: bool = False
    state: str = ""
    filed: dict[str, datetime] = field(default_factory=dict)
    imported: bool = False
    seated: bool = True


def day(month: int, number: int, hour: int = 12) -> datetime:
    """Return an instant of 2021."""
    return datetime(2021, month, number, hour, tzinfo=SHANGHAI)


THE_CITY = (
    Firm("甲", "浦东", "专精特新", state="submitted", filed={"2021-01": day(2, 3), "2020-12": day(1, 20)}),
    Firm("乙", "浦东", "其他", state="draft", filed={"2020-12": DEADLINE.replace(month=1)}),
    Firm("丙", "浦东", "其他", seated=False),
    Firm("丁", "浦东", "中小微培育", state="returned", filed={"2021-01": day(2, 4)}),
    Firm("戊", "浦东", "其他", left=True, seated=False),
    Firm("己", "浦东", "其他", linked=None, state="submitted", filed={"2021-01": day(3, 1)}, imported=True),
    Firm("庚", "徐汇", "其他", linked=DEADLINE),
    Firm("辛", "徐汇", "专精特新", linked=DEADLINE - TICK, state="submitted", filed={"2021-01": DEADLINE}),
    Firm("壬", "徐汇", "其他", state="submitted", filed={"2021-01": DEADLINE - TICK, "2020-12": day(1, 4)}),
    Firm("癸", "崇明", "其他"),
)
"""庚 was linked too late to be expected, 戊 is left by everybody, 己 was imported."""


async def build(database: Database, firms: Iterable[Firm]) -> dict[str, int]:
    """Put a city into the database; return the ids of the enterprises by name."""
    ids = {}
    async with database.transaction() as tx:
        for number, firm in enumerate(firms, 1):
            ids[firm.name] = number
            basics = {"name": firm.name, "district": firm.district, "category": firm.category, "address": "示例路"}
            more = {"phone": "021-55501234", "created_at": LONG_AGO, "initials": initials_of(firm.name)}
            await tx.run(insert(enterprise), {"id": number, "code": f"91310115TB{number:08}", **basics, **more})
            if firm.linked:
                who = {"id": number, "phone": f"+861380000{number:04}", "name": f"会计{number}", "created_at": LONG_AGO}
                await tx.run(insert(person), who)
                key = {"enterprise_id": number, "person_id": number}
                await tx.run(insert(link), {**key, "linked_at": firm.linked})
                if firm.seated:
                    await tx.run(insert(seat), {**key, "since": firm.linked})
                if firm.left:
                    await tx.run(update(link).where(link.c.enterprise_id == number).values(until=LONG_AGO))
            for period in {*firm.filed, *([str(PERIOD)] if firm.state else [])}:
                state = firm.state if period == str(PERIOD) else "submitted"
                await _file(tx, number, period, state, firm)
    return ids


async def _file(tx: Any, number: int, period: str, state: str, firm: Firm) -> None:
    key = {"enterprise_id": number, "period": period}
    entry = {"form": "2021-01", "state": state, "revision": 1, "content": "{}", "changed_at": LONG_AGO}
    await tx.run(insert(report), {**key, **entry})
    if period in firm.filed:
        entry = {"number": f"{period} {number}", "revision": 1, "content": b"{}", "digest": "0" * 64}
        entry |= {"submitted_at": firm.filed[period], "person_id": None if firm.imported else number}
        await tx.run(insert(submission), {**key, **entry})
    if state == "returned":
        entry = {"revision": 1, "reason": "更正", "items": "[]", "returned_by": "telegram:1", "returned_at": LONG_AGO}
        await tx.run(insert(return_), {**key, **entry})


def moments(now: datetime) -> Moments:
    return Moments(now, DEADLINE, a_month_before(now))


def facts(now: datetime = START, scope: str = CITY, role: Role = Role.ADMINISTRATOR) -> OfficeFacts:
    return OfficeFacts(now, Administrator("telegram:1", role, scope), FORMS)


def shown(lines: Iterable[Any]) -> list[str]:
    return [write_out(line, "zh-CN") for line in lines]


# ---- /status


@pytest.mark.parametrize("late", [False, True], ids=["in the last instant", "at the deadline"])
async def test_a_city_counted_by_hand(database: Database, late: bool) -> None:  # noqa: FBT001 -- one case each
    await build(database, THE_CITY)
    now = DEADLINE if late else DEADLINE - TICK
    async with database.transaction() as tx:
        cells = await overview.tally(tx, PERIOD, moments(now), None)
    # 乙 submitted the period before exactly a month before the deadline, which is no longer before it.
    assert sorted(cells, key=lambda cell: (cell.district, cell.category)) == [
        Cell("崇明", "其他", Tally(expected=1, late=int(late))),
        Cell("徐汇", "专精特新", Tally(expected=1, submitted=1, late=int(late))),
        Cell("徐汇", "其他", Tally(expected=1, submitted=1, before=1)),
        Cell("浦东", "专精特新", Tally(expected=1, submitted=1, before=1)),
        Cell("浦东", "中小微培育", Tally(expected=1, returned=1)),
        Cell("浦东", "其他", Tally(expected=3, submitted=1, draft=1, late=2 * late)),
    ]
    async with database.transaction() as tx:
        assert await overview.tally(tx, PERIOD, moments(now), ("徐汇",)) == tuple(
            cell for cell in cells if cell.district == "徐汇"
        )
        assert await overview.tally(tx, PERIOD, moments(now), ()) == ()


def test_the_page_of_a_city() -> None:
    cells = (
        Cell("浦东", "专精特新", Tally(120, 80, 10, 2, 40, 90)),
        Cell("浦东", "其他", Tally(3, 0, 1, 0, 3, 0)),
        Cell("崇明", "其他", Tally(1, 1, 0, 0, 0, 0)),
    )
    (page,) = step(PeriodCounted(PERIOD, moments(DEADLINE), cells), facts(DEADLINE)).pages
    pad = "\u2007"
    empty = f"▁▁▁▁▁ {pad}{pad}0% {pad}0·{pad}0·0·{pad}0·{pad}0"
    lines = shown(page.lines)
    assert lines[:9] == [
        "全市 2021-01 期填报进度（截至 02-21 00:00）",
        "应报企业 124 家",
        "已提交 81（65%）",
        "暂存 11（9%）",
        "退回修改 2（2%）",
        "未填报 30（24%）",
        "逾期 43（35%）",
        "上期同日已提交 90（-9）",
        "",
    ]
    table = lines[10:27]
    assert table[0] == f"浦东 ▇▇▇▁▁ {pad}65% 80·11·2·30·43"
    assert table[1] == f"徐汇 {empty}"
    assert f"崇明 ▇▇▇▇▇ 100% {pad}1·{pad}0·0·{pad}0·{pad}0" in table
    assert table[16] == f"合计 ▇▇▇▁▁ {pad}65% 81·11·2·30·43"
    assert [line.partition(" ")[0] for line in lines[29:]] == ["专精特新\u3000", "中小微培育", "其他\u3000\u3000\u3000"]


def test_the_page_of_a_district_has_no_other() -> None:
    (page,) = step(PeriodCounted(PERIOD, moments(START), ()), facts(scope="徐汇")).pages
    lines = shown(page.lines)
    assert lines[:2] == ["徐汇 2021-01 期填报进度（截至 02-05 10:00）", "应报企业 0 家"]
    assert [line[:2] for line in lines if "▁" in line] == ["徐汇", "专精", "中小", "其他"]


def test_what_has_no_district_is_counted_too() -> None:
    cells = (Cell("", "", Tally(expected=2, draft=1)), Cell("浦东", "其他", Tally(expected=1)))
    (page,) = step(PeriodCounted(PERIOD, moments(START), cells), facts()).pages
    lines = shown(page.lines)
    assert [line[:2] for line in lines[26:28]] == ["未知", "合计"]
    assert lines[-1] == "未知 ▁▁▁▁▁ \u2007\u20070% 0·1·0·1·0"


@pytest.mark.parametrize(
    ("count", "of", "blocks"), [(0, 0, 0), (0, 9, 0), (1, 1000, 1), (3, 5, 3), (999, 1000, 4), (1000, 1000, 5)]
)
def test_a_bar_is_full_for_all_and_empty_for_none(count: int, of: int, blocks: int) -> None:
    assert bar(count, of) == "▇" * blocks + "▁" * (5 - blocks)


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("2021-02-05T10:00+08:00", "2021-01-05T10:00+08:00"),
        ("2021-03-31T09:30+08:00", "2021-02-28T09:30+08:00"),
        ("2021-01-31T16:30+00:00", "2021-01-01T00:30+08:00"),
        ("2021-01-01T00:00+08:00", "2020-12-01T00:00+08:00"),
    ],
)
def test_the_same_day_of_the_month_before(now: str, before: str) -> None:
    assert a_month_before(datetime.fromisoformat(now)) == datetime.fromisoformat(before)


# ---- /missing


async def names(database: Database, scope: offices.Scope, **more: Any) -> list[str]:
    async with database.transaction() as tx:
        found = await overview.missing(tx, PERIOD, DEADLINE, scope, most=100, **more)
        assert len(found) == await overview.count_missing(tx, PERIOD, DEADLINE, scope)
    return [row.key.name for row in found]


async def test_who_is_missing_by_hand(database: Database) -> None:
    await build(database, THE_CITY)
    assert await names(database, None) == ["癸", "丁", "丙", "乙"]  # 崇明, then 浦东, by the order of the characters
    assert await names(database, ("浦东",)) == ["丁", "丙", "乙"]
    assert await names(database, ("徐汇",)) == []
    assert await names(database, ()) == []
    async with database.transaction() as tx:
        far, back, nobody, _ = await overview.missing(tx, PERIOD, DEADLINE, None, most=4)
    assert (far.reporter, far.mobile, far.phone, far.filing) == ("会计10", "+8613800000010", "021-55501234", None)
    assert back.filing
    assert (back.filing.state, back.filing.first) == ("returned", day(2, 4))
    assert (nobody.reporter, nobody.mobile) == ("", "")


async def test_leafing_there_and_back_shows_everybody_once(database: Database) -> None:
    """Also those of the same name, which only their numbers keep apart."""
    drawn = random.Random(7)
    await build(
        database, [Firm(drawn.choice("甲乙丙"), drawn.choice(("浦东", "徐汇", "崇明")), "其他") for _ in range(47)]
    )
    async with database.transaction() as tx:
        whole = await overview.missing(tx, PERIOD, DEADLINE, None, most=100)
        assert [row.key for row in whole] == sorted(
            (row.key for row in whole), key=lambda key: (key.district, key.name, key.id)
        )
        there: list[list[Unfiled]] = []
        while rows_ := await overview.missing(
            tx, PERIOD, DEADLINE, None, beyond=there[-1][-1].key if there else None, most=A_PAGE
        ):
            there.append(rows_)
        assert list(chain.from_iterable(there)) == whole
        for before, behind in pairwise(there):
            back = await overview.missing(tx, PERIOD, DEADLINE, None, beyond=behind[0].key, backwards=True, most=A_PAGE)
            assert back == before


@pytest.mark.parametrize("at_once", [missing_file.AT_ONCE, 2])
async def test_the_file_has_whole_numbers_and_no_formulas(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(missing_file, "AT_ONCE", at_once)
    await build(
        database,
        [
            *THE_CITY,
            Firm('=HYPERLINK("http://x")', "浦东", "其他"),
            Firm("https://example.com", "浦东", "其他"),
            Firm("+1-1", "浦东", "其他"),
        ],
    )
    (page,) = step(ExportNoted(ExportMissing("2021-01"), ("浦东",)), facts(DEADLINE, "浦东")).pages
    asked = orjson.loads(orjson.dumps({"language": "zh-CN", **(page.document or {})}))
    assert asked["protected"] is True
    assert await RENDERERS["missing"](database, asked, tmp_path / "list") == "未提交名单2021-01浦东.xlsx"
    with (tmp_path / "list").open("rb") as file:
        sheet = load_workbook(file).worksheets[0]
        assert sheet.freeze_panes == "A2"
        cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}
        assert [cell.hyperlink for row in sheet.iter_rows() for cell in row if cell.hyperlink] == []
    assert cells[0] == ["区", "统一社会信用代码", "企业名称", "类别", "状态", "填报员", "手机号", "企业联系电话"]
    by_name = {row[2]: row for row in cells[1:]}
    assert set(by_name) == {"乙", "丙", "丁", '=HYPERLINK("http://x")', "https://example.com", "+1-1"}
    assert by_name["乙"][3:] == ["其他", "暂存（逾期）", "会计2", "+8613800000002", "021-55501234"]
    assert by_name["丙"][4:7] == ["未填报（逾期）", None, None]
    assert by_name["丁"][4] == "退回修改"  # it was submitted in time


# ---- what is typed


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/status", Period(2021, 1)),
        ("/status 2020-12", Period(2020, 12)),
        ("/status 12月", Period(2020, 12)),
        ("/status 上月", Period(2021, 1)),
        ("/status 浦东", None),
        ("/status 2020-12 2020-11", None),
    ],
)
def test_the_words_of_status(typed: str, meant: Period | None) -> None:
    turn = step(Ordered(typed), facts())
    if meant is None:
        assert shown(turn.pages[0].lines) == [words("office-usage-status")]
    else:
        (effect,) = turn.effects
        assert isinstance(effect, CountPeriod)
        assert effect.period == meant


@pytest.mark.parametrize("typed", ["/status 2021-02", "/status 2019-12", "/missing 2021-02", "/missing 2019-12"])
def test_a_period_that_has_no_reports(typed: str) -> None:
    turn = step(Ordered(typed), facts())
    assert shown(turn.pages[0].lines) == [words("office-no-period", period=typed.split()[1])]
    assert not turn.effects


@pytest.mark.parametrize(
    ("typed", "scope", "meant"),
    [
        ("/missing", CITY, ShowMissing("2021-01")),
        ("/missing 浦东新区 2020-12", CITY, ShowMissing("2020-12", "浦东")),
        ("/missing 202012 徐汇", CITY, ShowMissing("2020-12", "徐汇")),
        ("/missing 徐汇区", "徐汇", ShowMissing("2021-01", "徐汇")),
        ("/missing 浦东", "徐汇", None),
        ("/missing 外滩", "徐汇", None),
        ("/missing 浦东 徐汇", CITY, None),
    ],
)
def test_the_words_of_missing(typed: str, scope: str, meant: ShowMissing | None) -> None:
    """Another district is a word without a meaning, just like a place that is no district at all."""
    turn = step(Ordered(typed), facts(scope=scope))
    if meant is None:
        assert shown(turn.pages[0].lines) == [words("office-usage-missing")]
    else:
        assert turn.effects == (
            ListMissing(meant, DEADLINE if meant.period == "2021-01" else DEADLINE.replace(month=1)),
        )


@pytest.mark.parametrize(
    ("typed", "query", "view"),
    [
        ("/view 云雀", "云雀", ViewFiled(0, "2021-01", 0)),
        ("/view 云雀 2020-12 2", "云雀", ViewFiled(0, "2020-12", 2)),
        ("/view 2020年12月 云雀 第2版", "云雀", ViewFiled(0, "2020-12", 2)),
        ("/view ABC Company 12月", "ABC Company", ViewFiled(0, "2020-12", 0)),
        ("/view 7", "7", ViewFiled(0, "2021-01", 0)),
    ],
)
def test_the_words_of_view(typed: str, query: str, view: ViewFiled) -> None:
    turn = step(Ordered(typed), facts())
    assert turn.effects == (FindEnterprise(query, view),)


@pytest.mark.parametrize("command", ["/find", "/view"])
def test_without_an_enterprise_the_usage_is_told(command: str) -> None:
    turn = step(Ordered(command), facts())
    assert shown(turn.pages[0].lines) == [words(f"office-usage-{command[1:]}")]


def test_the_file_is_for_administrators_only() -> None:
    viewer = facts(role=Role.VIEWER)
    assert step(ExportMissing("2021-01"), viewer).notice == step(ExportNoted(ExportMissing(""), None), viewer).notice
    assert step(ExportMissing("2021-01"), viewer).refused
    assert step(FindAny("甲"), viewer).effects
    assert step(ShowMissing("2021-01"), viewer).effects


# ---- one enterprise


async def test_what_lies_outside_of_the_scope_is_not_there(database: Database) -> None:
    ids = await build(database, THE_CITY)
    for name, district in (("甲", "浦东"), ("丁", "浦东"), ("辛", "徐汇")):
        number = ids[name]
        async with database.transaction() as tx:
            inside: tuple[offices.Scope, ...] = (None, (district,))
            for scope in inside:
                seen = await overview.found(tx, number, PERIOD, (2021, 2020), scope)
                assert seen
                assert (seen.card.name, seen.people[0].name) == (name, f"会计{number}")
                assert seen.people[0].since
                assert PERIOD in seen.filings
                assert await overview.enterprise_of(tx, number, scope)
                assert await reading.stored(tx, number, PERIOD, reading.Office(scope), draft=False)
            outside: tuple[offices.Scope, ...] = (("崇明",), ())
            for scope in outside:
                office = reading.Office(scope)
                assert await overview.found(tx, number, PERIOD, (2021, 2020), scope) is None
                assert await overview.cards(tx, [number], PERIOD, scope) == ()
                assert await overview.enterprise_of(tx, number, scope) is None
                assert await reading.stored(tx, number, PERIOD, office, draft=True) is None
                assert await reading.revisions(tx, number, PERIOD, office) == ()
                assert await reading.returns(tx, number, PERIOD, office) == {}


# ---- /find

NAMED = (
    "上海示例云雀精密机械有限公司",
    "上海市示例蒲公英汽车零部件集团有限公司",
    "云海（上海）科技有限公司",
    "上海云海科技发展有限公司",
    "上海 ABC Tools 有限公司",
    "百分之百%_有限公司",
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("91310115TB00000003", [2]),
        ("91310115tb00000003", [2]),
        ("9131", [0, 1, 2, 3, 4, 5]),
        ("上海示例云雀精密机械有限公司", [0]),
        ("云雀", [0]),
        ("yqjm", [0]),
        ("YQJM", [0]),
        ("云海", [2, 3]),
        ("云海(上海)科技有限公司", [2]),
        ("上海示例蒲公英汽车零部件有限公司", [1]),
        ("云海科技集团", [3]),
        ("云海(上海)科技集团", [2, 3]),
        ("蒲公音汽车零部件", [1]),
        ("示例云雀精蜜机械有限公司", [0]),
        ("abctools", [4]),
        ("ＡＢＣ", [4]),
        ("%", []),
        ("_", []),
        ("百%_", [5]),
        ("分%_", []),
        ("海云", [3]),
        ("云山", []),
        ("没有这样的一家企业", []),
        ("（", []),
        ("\\", []),
        ("云" * 61, []),
        (" ", []),
    ],
)
async def test_what_is_found(database: Database, query: str, found: list[int]) -> None:
    await build(database, [Firm(name, "浦东", "其他") for name in NAMED])
    async with database.transaction() as tx:
        matches, more = await offices.find_enterprises(tx, query, None)
        assert sorted(match.name for match in matches) == sorted(NAMED[place] for place in found)
        assert not more
        assert await offices.find_enterprises(tx, query, ("徐汇",)) == ((), False)


async def test_eight_are_shown_of_many(database: Database) -> None:
    await build(database, [Firm(f"云雀{number}厂", "浦东", "其他") for number in range(9)])
    async with database.transaction() as tx:
        matches, more = await offices.find_enterprises(tx, "云雀", None)
    assert ([match.name for match in matches], more) == ([f"云雀{number}厂" for number in range(8)], True)


# ---- over the emulator


async def ask(office: District, what: str, *, viewer: bool = False) -> Shown:
    """Send a command, or press a `[button]`; return the answer."""
    phone = office.viewer if viewer else office.administrator
    phone.news()
    if what.startswith("["):
        await phone.press(what[1:-1])
    else:
        await phone.send(what)
    return (await phone.wait(1, PATIENCE))[0]


def entries(listed: Shown) -> list[str]:
    """Return the enterprises on a page of `/missing`, without their numbers."""
    return re.findall(r"(?m)^[0-9]+\. (.*)$", listed.text)


async def test_status_and_missing_of_a_district(database: Database, database_url: str, api: BotApi) -> None:
    """The samples have a reporter in 浦东 and one in 徐汇; twelve more begin in 徐汇, one submits."""
    office, whole = District(api, "徐汇"), District(api, CITY)
    firms = [one for one in SAMPLES if one.district == "徐汇"]
    await make_known(database, api.phone("多"), "多会计", *SAMPLES[3:], reports=True)
    async with product(settings_for(database_url, api, admin_chats=(office.setting, whole.setting))):
        reporter = await become_reporter(api.phone("李"))
        await reporter.fill()
        await reporter.submit()
        await settle(database, api)
        # `CODE` is of 浦东: as it was completed when it was linked.
        city = await ask(whole, "/status")
        assert words("status-expected", count=len(SAMPLES)) in city.text
        assert words("status-share", state="已提交", count=1, percent=f"{round(100 / len(SAMPLES))}") in city.text
        own = await ask(office, "/status 2021-01", viewer=True)
        assert words("status-expected", count=len(firms)) in own.text
        assert "浦东" not in own.text
        listed = await ask(office, "[未提交名单]")
        assert all("（徐汇）" in line for line in entries(listed))
        assert len(entries(listed)) == len(firms)
        assert f"未提交 {len(firms)} 家" in listed.text
        listed = await ask(whole, "/missing 上月")
        assert f"未提交 {len(SAMPLES) - 1} 家" in listed.text
        assert NAME not in listed.text
        assert len(entries(listed)) == min(A_PAGE, len(SAMPLES) - 1)
        assert "+86138" not in listed.text
        assert "******" in listed.text
        if len(SAMPLES) - 1 > A_PAGE:
            second = await ask(whole, "[下一页]")
            assert second.change == "edit"
            assert set(entries(second)).isdisjoint(entries(listed))
            first = await ask(whole, "[上一页]")
            assert first.text == listed.text


async def test_the_export_over_the_emulator(database: Database, database_url: str, api: BotApi) -> None:
    office = District(api, "徐汇")
    async with product(settings_for(database_url, api, admin_chats=(office.setting,))):
        await ask(office, "/missing")
        press = await office.viewer.press("导出Excel")
        await settle(database, api)
        assert toast(api, press) == words("office-may-not")
        sent = await ask(office, "[导出Excel]")
        document = sent.message["document"]
        assert document["file_name"] == "未提交名单2021-01徐汇.xlsx"
        assert sent.message["has_protected_content"]
        content = api.world.files[document["file_id"]].content
        assert content.startswith(b"PK")
        await settle(database)
    (noted,) = await rows(database, select(audit).where(audit.c.action == "missing-exported"))
    assert (noted.actor, noted.period) == (f"telegram:{office.administrator.account.id}", "2021-01")


async def test_find_and_view_with_all_revisions(database: Database, database_url: str, api: BotApi) -> None:
    office, elsewhere = District(api, "浦东"), District(api, "徐汇")
    async with product(settings_for(database_url, api, admin_chats=(office.setting, elsewhere.setting))):
        reporter = await become_reporter(api.phone("李"))
        await reporter.fill()
        await settle(database, api)
        nothing = await ask(office, f"/view {CODE}")
        assert words("view-draft") in nothing.text
        assert "12" not in nothing.text.partition(words("view-draft"))[2]
        await reporter.submit()
        await settle(database, api)

        found = await ask(office, "/find 蒲公英", viewer=True)
        assert words("find-heading", name=NAME) in found.text
        assert words("find-due", period="2021-01", state="已提交") in found.text
        assert "李会计" in found.text
        assert words("find-months", months="1–12", state="未填报", late="（逾期）", backfilled="") in found.text
        assert office.administrator.account.phone not in found.text

        assert found.labels == ["查看 2021-01 期"]
        found = await ask(office, "/find 91310105tb0000036w")
        assert found.labels == ["查看 2021-01 期", "退回 2021-01 期", "更换填报员"]
        viewed = await ask(office, "[查看 2021-01 期]")
        assert words("receipt-number", number="")[:3] in viewed.text
        pages = [viewed.text]
        while "下一页" in viewed.labels:
            viewed = await ask(office, "[下一页]")
            pages.append(viewed.text)
        whole = "\n".join(pages)
        assert "投资收益较多" in whole
        assert words("view-origins") in whole
        assert "键入，李会计" in whole
        await ask(office, f"/return {CODE} 2021-01 2 与上月不衔接")
        reporter.phone.news()
        await office.administrator.press("确认退回")
        await reporter.phone.wait(1, PATIENCE)
        await reporter.do("[修改]")
        review = await reporter.do("11 0 11 1")
        if words("finding-soft") in review.text:
            await reporter.explain()
        await reporter.submit()
        await settle(database, api)

        second = await ask(office, "/view 蒲公英汽车 2021-01")
        assert words("view-revision", revision=2, count=2) in second.text
        assert words("returned-reason", reason="与上月不衔接") in second.text
        changes = await ask(office, "[与上一版的变化]")
        assert "21.00 → 11.00" in changes.text
        back = await ask(office, "[返回]")
        assert back.text.splitlines()[0] == second.text.splitlines()[0]
        first = await ask(office, "/view 蒲公英 2021-01 1")
        assert words("view-revision", revision=1, count=2) in first.text

        for command in ("/find", "/view"):
            for query in (CODE, NAME, "蒲公英", "pgyqc", "蒲公音汽车零部件", "没有这家"):
                answer = await ask(elsewhere, f"{command} {query}")
                assert answer.text == words("office-no-enterprise")


async def test_several_are_offered_and_one_is_shown(database_url: str, api: BotApi) -> None:
    office = District(api, CITY)
    async with product(settings_for(database_url, api, admin_chats=(office.setting,))):
        several = await ask(office, "/find 上海示例")
        assert TAKEN[0] in several.text
        assert words(
            "missing-state", state="未填报", who=words("missing-reporter", name=TAKEN[3], phone="138******01")
        ) in (several.text)
        one = await ask(office, f"[1. {several.text.split('1. ', 1)[1].splitlines()[0][:10]}")
        assert words("find-people") in one.text
