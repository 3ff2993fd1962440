"""Whom to call: the manual's appendix, a deployment's own file, and what people see of either."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import Engine
from bot.cli import main
from bot.policy import Policy
from bot.terminal import Terminal, as_lines
from dialogs import conversation
from dialogs.conversation import COMMANDS
from dialogs.data_file import DataFileError
from dialogs.directory import (
    ABOUT,
    ALL,
    CONFIDENTIALITY,
    OWN,
    DistrictsFound,
    FindDistricts,
    FindForm,
    FormFound,
    TurnContacts,
)
from dialogs.filling import Filling
from dialogs.form import Forms
from dialogs.home import Facts, Person
from dialogs.offices import BUILT_IN, DISTRICTS, FOLDER, Directory, district_of_code, read_directory
from dialogs.places import AtHome, Help, Naming, Said, ShowContacts, ShowGuide, Welcome
from dialogs.texts import LANGUAGES, write_out
from dialogs.turn import Event, Page, Turn
from scheduler.clock import StandingClock
from storage.database import Database
from tests.forms_data import FORM_2021, JANUARY, NOW, REPORTER, blank, desk, labels, pressed, written
from tests.product import LINKING, START, prepare

NOBODY = Facts(NOW)
NAMELESS = Facts(NOW, Person(REPORTER, ""))
KNOWN = Facts(NOW, Person(REPORTER, "王小明"))
AT_DESK = replace(KNOWN, desk=desk(FORM_2021))

APPENDIX = """
浦东 | 68811102 68811105 | 68811099 | | 浦东学林路 36 弄 13 号楼 4 楼
徐汇 | 64872222-3593 64860557 | 64860577 | | 漕溪北路 336 号 1 号楼 803 室
长宁 | 22050872 | 22050872 | | 长宁路 599 号 824 室
普陀 | 52564588-7055 52564588-7045 | 52564588-7055 | | 大渡河路 1668 号 2 号楼 10 楼 1011 室
静安 | 33371308 | 64178265 | | 巨鹿路 915 号 1903 室
虹口 | 55807105 | 55807190 | | 玉田路 222 号 202 室
黄浦 | 63275067 63865787 63867250 | 63275066 | | 延安东路 300 号
杨浦 | 65042097 | 65631555 | | 惠民路 800 号 2 号楼
宝山 | 66786297 66786292 | 66786319 | | 友谊支路 175 号
闵行 | 64139214 34203361 | 54437882 | | 沪闵路 6558 号 408 室
嘉定 | 69989726 | 69989199 | | 博乐南路 111 号 a229
金山 | 57921245 | 57921245 | jsqjw@jinshan.gov.cn | 金山区金山大道 2000 号 1121 室
松江 | 37737301 37737306 | 37737309 | | 人民北路 3456 号广富林街道 2 号楼 809 室
青浦 | 59861128 | 59731615 | | 青浦区公园路 100 号区经委 320 室
崇明 | 59622913 59611239 | 59611239 | | 崇明区城桥镇崇明大道 8188 号 2 号楼 545 室
奉贤 | 37565729 37565721 | 37565729 | | 奉贤区南桥镇南亭公路 1 号房地大厦
"""
ROWS = [[cell.strip() for cell in line.split("|")] for line in APPENDIX.strip().splitlines()]


def step(event: Event | str, facts: Facts, state: conversation.State | None = None) -> Turn[conversation.State]:
    """Take a step; a string is what somebody typed."""
    return conversation.step(state or AtHome(), Said(event) if isinstance(event, str) else event, facts)


def shown(event: Event | str, facts: Facts, *districts: str, state: conversation.State | None = None) -> Page:
    """Return the page of contacts that is shown to somebody whose enterprises are in those districts."""
    turn = step(event, facts, state)
    for effect in turn.effects:
        assert isinstance(effect, FindDistricts)
        turn = step(DistrictsFound(effect.wanted, districts), facts, turn.state)
    (page,) = turn.pages
    return page


# ---- the manual's appendix


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_an_office_of_the_appendix(row: list[str]) -> None:
    name, phones, fax, mail, address = row
    office = BUILT_IN.office_of(name)
    assert (office.name, office.phones, office.fax, office.mail or "", office.address) == (
        *(name, tuple(phones.split()), fax),
        *(mail, address),
    )
    everything = written(shown(ShowContacts(1), NOBODY))
    assert all(part in everything for part in (name, *phones.split(), fax, mail, address))


def test_all_sixteen_are_there_and_the_others_are_not_mixed_up() -> None:
    assert [row[0] for row in ROWS] == [office.name for office in BUILT_IN.districts] == list(DISTRICTS)
    assert len(ROWS) == 16
    assert BUILT_IN.office_of("崇明").name == "崇明"
    assert BUILT_IN.office_of("") is BUILT_IN.office_of("苏州") is BUILT_IN.center
    assert district_of_code("91310230MA1FL0LJ47") == "崇明"
    assert district_of_code("91110000600037341L") is None


def test_nobody_is_named_and_no_private_mailbox_is_given() -> None:
    whole = (FOLDER / "offices.yaml").read_text(encoding="utf-8").partition("center:")[2]
    assert not any(office.contacts for office in (BUILT_IN.center, BUILT_IN.support, *BUILT_IN.districts))
    assert {word.strip(",}") for word in whole.split() if "@" in word} == {
        "y64173407@126.com",
        "qyfwy@sheitc.sh.gov.cn",
        "jsqjw@jinshan.gov.cn",
    }


# ---- what people see


@pytest.mark.parametrize(
    ("facts", "state"),
    [(NOBODY, Welcome()), (NAMELESS, Naming()), (KNOWN, AtHome()), (AT_DESK, Filling(blank(JANUARY)))],
    ids=["stranger", "nameless", "known", "filling"],
)
@pytest.mark.parametrize("event", ["/contacts", "通讯录", ShowContacts(), TurnContacts(OWN)])
def test_whoever_asks_sees_the_service_centre_and_stays_where_he_is(
    facts: Facts, state: conversation.State, event: Event | str
) -> None:
    if event == "通讯录" and isinstance(state, Naming):
        pytest.skip("somebody could be called that")
    turn = step(event, facts, state)
    assert turn.state == state
    page = shown(event, facts, state=state)
    text = written(page)
    for part in (
        *("上海市中小企业发展服务中心", "64225233", "64225267", "64220823", "64165939", "大木桥路 108 号 6 楼"),
        *("技术支持", "64225181", "64225003", "qyfwy@sheitc.sh.gov.cn", "y64173407@126.com", "统一社会信用代码"),
    ):
        assert part in text
    assert "68811102" not in text
    assert {"全部区", "关于", "保密说明"} <= set(labels(page))


def test_the_own_districts_come_first() -> None:
    text = written(shown("/contacts", KNOWN, "奉贤", "浦东", "奉贤", ""))
    assert text.count("37565729") == 2  # phone and fax
    assert text.index("68811102") < text.index("37565721") < text.index("64225233")
    assert "22050872" not in text


def test_pages_are_turned_in_place_and_asked_for_anew() -> None:
    assert not shown(ShowContacts(), KNOWN).in_place
    assert not shown(ShowContacts(1), KNOWN).in_place
    assert shown(TurnContacts(ALL), KNOWN).in_place
    assert pressed(shown(TurnContacts(ALL), KNOWN), "返回通讯录") == TurnContacts(OWN)
    about = shown(TurnContacts(ABOUT), KNOWN)
    assert about.in_place
    assert pressed(about, "返回通讯录") == TurnContacts(OWN)


def test_who_fills_a_report_goes_on_from_there() -> None:
    state = Filling(blank(JANUARY))
    assert "继续填报" in labels(shown("/contacts", AT_DESK, state=state))
    assert "首页" in labels(shown("/contacts", KNOWN))


def test_about_says_what_the_cover_of_the_manual_says() -> None:
    text = written(shown(TurnContacts(ABOUT), NOBODY))
    for part in (
        *("工信部中小企业局", "上海市经济和信息化委员会", "上海市促进中小企业发展协调办公室"),
        *("上海市中小企业发展服务中心", "www.ssme.sh.gov.cn", "版本 "),
    ):
        assert part in text


def test_the_confidentiality_notice_is_that_of_the_form_in_force() -> None:
    turn = step(TurnContacts(CONFIDENTIALITY), NOBODY, Welcome())
    assert turn.effects == (FindForm(TurnContacts(CONFIDENTIALITY), JANUARY),)
    (page,) = step(FormFound(TurnContacts(CONFIDENTIALITY), JANUARY, FORM_2021), NOBODY, Welcome()).pages
    assert FORM_2021.confidentiality in written(page)
    (page,) = step(TurnContacts(CONFIDENTIALITY), AT_DESK, Filling(blank(JANUARY))).pages
    assert FORM_2021.confidentiality in written(page)
    (page,) = step(FormFound(TurnContacts(CONFIDENTIALITY), JANUARY, None), NOBODY, Welcome()).pages
    assert written(page).startswith("【保密说明】")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sheet", [OWN, ALL, ABOUT])
def test_every_sheet_is_one_message_in_every_language(language: str, sheet: str) -> None:
    page = shown(TurnContacts(sheet), KNOWN, "浦东", "崇明")
    assert len("\n".join(write_out(line, language) for line in page.lines)) < 2000


# ---- the commands


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("facts", [NOBODY, KNOWN])
def test_the_help_tells_of_every_command(language: str, facts: Facts) -> None:
    (page,) = step(Help(), facts).pages
    lines = [write_out(line, language) for line in page.lines]
    assert [line.split()[0] for line in lines if line.startswith("/")] == [f"/{command}" for command in COMMANDS]
    assert {"history", "year", "guide", "contacts"} <= COMMANDS.keys()
    assert all(len(line.split(maxsplit=1)) == 2 for line in lines if line.startswith("/"))


@pytest.mark.parametrize(("words", "event"), [("通讯录", ShowContacts()), ("填报说明", ShowGuide())])
def test_the_words_of_the_buttons_can_be_typed(words: str, event: Event) -> None:
    assert conversation.meant(AtHome(), Said(words), KNOWN) == event


# ---- a deployment's own file

OTHER = (FOLDER / "offices.yaml").read_text(encoding="utf-8")
CONTACTS = 'contacts: [{name: 王小明, phone: "64220000", mail: wang@example.gov.cn}, {name: 李雷}]'


@pytest.fixture
def other(tmp_path: Path) -> Callable[[str, str], Path]:
    """Return what writes the built-in file with one thing changed."""

    def write(old: str, new: str) -> Path:
        assert old in OTHER
        path = tmp_path / "offices.yaml"
        path.write_text(OTHER.replace(old, new, 1), encoding="utf-8")
        return path

    return write


def test_a_deployments_directory_is_shown_everywhere(other: Callable[[str, str], Path]) -> None:
    found = read_directory(other('phones: ["22050872"]', f'phones: ["22059999"], {CONTACTS}'))
    facts = replace(KNOWN, directory=found)
    text = written(shown("/contacts", facts, "长宁"))
    assert "电话：22059999　传真：22050872" in text
    assert "联系人：王小明　64220000　wang@example.gov.cn\n联系人：李雷\n" in text
    assert "22059999" in written(shown(ShowContacts(1), facts))
    assert "22059999" not in written(shown(ShowContacts(1), KNOWN))


@pytest.mark.parametrize(
    ("old", "new", "line", "part"),
    [
        ("{name: 崇明", "{name: 崇明岛", 31, "'崇明岛' is not one of"),
        ("{name: 崇明", "{name: 浦东", 17, "'浦东' stands twice"),
        ("{name: 崇明", "{name: 浦东", 17, "the office of 崇明 is missing"),
        ('"37565729", "37565721"', '"37565729", "3756"', 32, "'3756' is not a phone number that can be called"),
        ('phones: ["37565729", "37565721"]', "phones: []", 32, "'奉贤' has no phone"),
        ("jsqjw@jinshan.gov.cn", "nowhere", 28, "String should match pattern"),
        ("  mail: y64173407@126.com\n", "", 7, "mail: Field required"),
        ("name: 服务云平台技术支持", "nmae: 服务云平台技术支持", 13, "nmae: Extra inputs are not permitted"),
        ("center:", "center: [", 0, ""),
    ],
)
def test_a_fault_is_named_with_its_line(
    other: Callable[[str, str], Path], old: str, new: str, line: int, part: str
) -> None:
    path = other(old, new)
    with pytest.raises(DataFileError) as caught:
        read_directory(path)
    first = str(caught.value).splitlines()
    assert any(found.startswith(f"{path}:{line or ''}") and part in found for found in first), first


def test_an_empty_file_and_one_that_is_not_text_are_faults(tmp_path: Path) -> None:
    path = tmp_path / "offices.yaml"
    for content in (b"", b"\xff\xfe", b"- 1"):
        path.write_bytes(content)
        with pytest.raises(DataFileError, match=rf"^{path}:1: "):
            read_directory(path)
    with pytest.raises(FileNotFoundError):
        read_directory(tmp_path / "none.yaml")


def test_the_command_that_checks_a_file(other: Callable[[str, str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["offices", "check", str(other("{name: 崇明", "{name: 崇明"))]) == 0
    assert capsys.readouterr().out == "the offices of 16 districts are sound\n"
    path = other("{name: 崇明", "{name: 崇明岛")
    assert main(["offices", "check", str(path)]) == 1
    told = capsys.readouterr().err.splitlines()
    assert all(line.removeprefix("tianbao: ").startswith(f"{path}:") for line in told)


def test_a_wrong_file_stops_the_start(
    other: Callable[[str, str], Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = other('"33371308"', '"3337"')
    monkeypatch.setenv("TIANBAO_OFFICES", str(path))
    assert main(["run", "--local"]) == 1
    assert capsys.readouterr().err == f"tianbao: {path}:21: '3337' is not a phone number that can be called\n"
    monkeypatch.setenv("TIANBAO_OFFICES", str(tmp_path / "none.yaml"))
    assert main(["run", "--local"]) == 1
    assert "none.yaml" in capsys.readouterr().err.splitlines()[-1]


# ---- in a conversation, on real databases


async def answers(database: Database, directory: Directory, said: Iterable[str]) -> list[str]:
    """Hold a conversation and return what is said last to each line."""
    terminal, clock = Terminal(), StandingClock(START)
    engine = Engine(database, clock, Policy(Forms.read(), directory=directory), timedelta(seconds=15))
    engine.channels[terminal.name] = terminal
    told = []
    async with engine.running():
        for line in said:
            await engine.worker.take([terminal.typed(line)])
            await engine.worker.settle()
            told.append("\n".join(as_lines(terminal.shown[-1])))
    return told


async def test_the_districts_are_those_of_the_enterprises_that_are_linked_now(
    database: Database, other: Callable[[str, str], Path]
) -> None:
    await prepare(database)
    directory = read_directory(other('phones: ["22050872"]', 'phones: ["22059999"]'))
    linking = [step if step != "浦东" else "长宁" for step in LINKING]
    way_in = ("/start", "[验证手机号] 13900000009", "李会计")
    unlinking = ("关联企业", "[1. 更多]", "[取消关联]", "[确定取消]")
    said = ("/contacts", *way_in, *linking, "/contacts", "[全部区]", *unlinking, "/contacts")
    told = await answers(database, directory, said)
    stranger, linked, everyone, unlinked = told[0], told[-7], told[-6], told[-1]
    assert "22059999" not in stranger
    assert "64225233" in stranger
    assert linked.index("22059999") < linked.index("64225233")
    assert "68811102" not in linked
    assert everyone.startswith("  (edited)")
    assert "22059999" in everyone
    assert "68811102" in everyone
    assert unlinked == stranger
