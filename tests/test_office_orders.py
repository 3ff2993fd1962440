"""What administrators order: seats moved, people invited, reports returned, and the journal of it all."""

import ast
import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from bot.attachment import BadFileError
from bot.list_file import read_list
from bot.settings import AdminChat
from dialogs.office import chat
from dialogs.office.authority import Administrator, OfficeFacts, Role
from dialogs.office.journal import ACTIONS, LINES, ShowJournal
from dialogs.office.moving import MOST_OPEN, OrderTransfer, SeekInvited
from dialogs.office.orders import Seek
from dialogs.office.returning import OrderReturn
from dialogs.office.returning_many import MOST, OrderReturns, ReadReturns
from dialogs.periods import Period
from dialogs.report import Receipt, Report, ReportState
from dialogs.texts import DEFAULT_LANGUAGE, LANGUAGES, message_ids
from dialogs.turn import Event, text
from storage import history, invitations, people
from storage.database import Database
from storage.tables import account, audit, enterprise, inbox, invitation, outbox, registry, return_, seat, session
from tests.botapi import BotApi, Fault
from tests.crowd import Crowd, Hall, Person, crowd
from tests.offices import District, toast
from tests.product import (
    CODE,
    CONTACT,
    NAME,
    PATIENCE,
    ROOT,
    SAMPLES,
    START,
    TAKEN,
    Reporter,
    prepare,
    product,
    rows,
    settings_for,
    settle,
    words,
)
from tests.sheets import csv_bytes, xlsx_bytes

DUE = "2021-01"
REASON = "与上月不衔接"
UNKNOWN = "91110000600037341L"
"""A code with a right check digit that is nowhere."""
FACTS = OfficeFacts(START, Administrator("telegram:1", Role.ADMINISTRATOR, "city"))
CITY = AdminChat(chat=-100, scope="city", admins=(100,))
PUDONG = AdminChat(chat=-200, scope="浦东", admins=(200,))
CHANGNING = AdminChat(chat=-300, scope="长宁", admins=(300,))
OFFICES = (CITY, PUDONG, CHANGNING)
FREE = SAMPLES[2]
"""The enterprise `CODE`, of 长宁, which nobody has linked yet."""


# ---- what is typed


@pytest.mark.parametrize(
    ("typed", "event"),
    [
        (f"/transfer {CODE}", Seek(CODE, OrderTransfer(0, ""))),
        (f"/transfer {CODE} 13800138000", Seek(CODE, OrderTransfer(0, "13800138000"))),
        (f"/transfer 13800138000 {CODE}", Seek(CODE, OrderTransfer(0, "13800138000"))),
        ("/transfer 蒲公英 张新", Seek("蒲公英", OrderTransfer(0, "张新"))),
        (f"/transfer {CODE} +86 138 0013 8000", Seek(CODE, OrderTransfer(0, "+86 138 0013 8000"))),
        ("/transfer", None),
        (f"/invite {CODE} 13800138000", SeekInvited(CODE, "13800138000")),
        (f"/invite 13800138000 {CODE}", SeekInvited(CODE, "13800138000")),
        (f"/invite {CODE}", SeekInvited(CODE, "")),
        ("/invite", None),
        (f"/audit {CODE}", Seek(CODE, ShowJournal(0, ""))),
        (f"/audit {CODE} 2021-01", Seek(CODE, ShowJournal(0, DUE))),
        (f"/audit 1月 {CODE}", Seek(CODE, ShowJournal(0, DUE))),
        ("/audit 上月", None),
        ("/audit a b c", None),
        ("/audit", None),
        (f"/return {CODE} {REASON}", Seek(CODE, OrderReturn(0, DUE, REASON))),
        (f"/return {CODE} 2020-12 1 {REASON}", Seek(CODE, OrderReturn(0, "2020-12", f"1 {REASON}"))),
        (f"/return {CODE} {REASON}\n请核对，谢谢", Seek(CODE, OrderReturn(0, DUE, f"{REASON} 请核对，谢谢"))),
        ("/return A,B，C、D 2020-12 核对", OrderReturns("2020-12", "A\nB\nC\nD", "核对")),
        ("/return A,B", OrderReturns(DUE, "A\nB", "")),
        ("/return 2020-12 请 核对\nA\n\n B \nA,C", OrderReturns("2020-12", "A\nB\nC", "请 核对")),
        ("/return\nA", OrderReturns(DUE, "A", "")),
        ("/return@tianbao_test_bot 上月\r\nA\r\nB", OrderReturns(DUE, "A\nB", "")),
        ("/return", None),
    ],
)
def test_a_line_is_read(typed: str, event: Event | None) -> None:
    name = typed.removeprefix("/").split()[0].partition("@")[0]
    turn = chat.step(chat.Ordered(typed), FACTS)
    if event is None:
        assert turn.refused
        assert turn.pages[0].lines == (text(f"office-usage-{name}"),)
        return
    assert turn == chat.step(event, FACTS)
    assert turn.effects


@pytest.mark.parametrize(
    ("caption", "event"),
    [
        ("/return 2020-12 请核对", ReadReturns("2020-12", "请核对")),
        ("/return 请核对", ReadReturns(DUE, "请核对")),
        ("/return", ReadReturns(DUE, "")),
        (f"/transfer {CODE}", None),
    ],
)
def test_a_caption_is_read(caption: str, event: Event | None) -> None:
    turn = chat.step(chat.Ordered(caption, attached=True), FACTS)
    assert turn == chat.step(event, FACTS) if event else turn.refused


@pytest.mark.parametrize(
    "content",
    [
        csv_bytes([CODE], [TAKEN[0]]),
        csv_bytes(["序号", "统一社会信用代码"], [1, CODE], [], [2, TAKEN[0]], [3, ""], encoding="gb18030"),
        xlsx_bytes(["统一社会信用代码", "企业名称"], [CODE, NAME], [TAKEN[0], TAKEN[1]], [CODE, NAME]),
        f"{CODE}\r\n {TAKEN[0]}\r\n\r\n".encode("utf-8-sig"),
    ],
)
def test_a_list_is_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert read_list(path) == (CODE, TAKEN[0])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "bad"),
        (b"\xd0\xcf\x11\xe0 an old workbook", "bad"),
        (b"PK\x03\x04 no workbook", "bad"),
        (b"\xff\xff\xff", "bad"),
        (b"\n\n,,\n", "empty"),
        (xlsx_bytes(["统一社会信用代码"]), "empty"),
        (xlsx_bytes([CODE], *([["0" * 30_000]] * 600)), "bad"),
    ],
)
def test_a_list_that_is_none_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(BadFileError, match=why):
        read_list(path)


# ---- people


@pytest.fixture
async def staffed(database: Database) -> AsyncIterator[Crowd]:
    """Return the product with the sample enterprises and three offices."""
    await prepare(database)
    async with crowd(database, admin_chats=OFFICES) as running:
        yield running


def office(running: Crowd, of: AdminChat = CITY) -> Person:
    """Return the administrator of an admin chat, in it."""
    return running.at("telegram", str(of.chat))


async def know(database: Database, user: int, name: str, phone: str, *, reports: bool = False) -> int:
    """Have somebody linked to the enterprise `CODE`, perhaps as its reporter; return the enterprise's id."""
    async with database.transaction() as tx:
        who = await people.bind_phone(tx, "telegram", str(user), phone, START)
        await people.set_name(tx, who.id, name)
        basics = people.Basics(CODE, NAME, "长宁", "其他", "示例路 1 号", "")
        number = await people.link_enterprise(tx, basics, who.id, START)
        if reports:
            await people.take_seat(tx, number, who.id, START)
        row = {"channel": "telegram", "chat": str(user), "language": DEFAULT_LANGUAGE, "focus": "{}", "page": 0}
        await tx.add(session, row)
    return number


async def holder(database: Database, number: int) -> list[str]:
    """Return the users who hold the seat of an enterprise."""
    active = select(account.c.user).join_from(seat, account, account.c.person_id == seat.c.person_id)
    found = await rows(database, active.where(seat.c.enterprise_id == number, seat.c.until.is_(None)))
    return [row.user for row in found]


async def actions(database: Database, *wanted: str) -> list[tuple[str, str | None, str | None]]:
    """Return action, actor and period of what was recorded of these actions, in order."""
    statement = select(audit.c.action, audit.c.actor, audit.c.period).where(audit.c.action.in_(wanted))
    return [tuple(row) for row in await rows(database, statement.order_by(audit.c.id))]


# ---- /transfer


@pytest.mark.parametrize("whom", ["13900000002", "+86 139 0000 0002", "张新"])
async def test_the_seat_moves_and_both_are_told(database: Database, staffed: Crowd, whom: str) -> None:
    number = await know(database, 1, "李会计", "+8613900000001", reports=True)
    await know(database, 2, "张新", "+8613900000002")
    await staffed.at("telegram", "1").do("数据填报", "12 12 12 2")
    old, new, admin = staffed.at("telegram", "1"), staffed.at("telegram", "2"), office(staffed)
    old.news()
    preview = await admin.do(f"/transfer {CODE} {whom}")
    assert words("office-reporter-now", reporter="李会计") in preview
    assert words("office-reporter-new", reporter="张新", phone="139******02") in preview
    assert words("office-draft-moves", periods=DUE) in preview
    assert await holder(database, number) == ["1"]
    done = await admin.do("[确认更换填报员]")
    assert done.splitlines() == [
        words("office-moved", enterprise=NAME, reporter="张新"),
        words("office-told-both", former="李会计"),
    ]
    assert await holder(database, number) == ["2"]
    assert new.news() == words("transfer-yours", enterprise=NAME)
    assert old.news() == words("transfer-lost", enterprise=NAME, reporter="张新")
    assert words("seat-lost") in await old.do("21")  # the open page is dead
    assert await actions(database, "seat-transferred") == [("seat-transferred", "telegram:100", None)]


async def test_a_free_seat_is_given(database: Database, staffed: Crowd) -> None:
    number = await know(database, 2, "张新", "+8613900000002")
    admin = office(staffed, CHANGNING)
    preview = await admin.do(f"/transfer {CODE}", "[张新　139******02]")
    assert words("office-seat-free") in preview
    assert words("office-no-draft") in preview
    assert words("office-told-new") in await admin.do("[确认更换填报员]")
    assert await holder(database, number) == ["2"]
    assert staffed.at("telegram", "2").news() == words("transfer-yours", enterprise=NAME)


async def test_two_of_one_name_are_told_apart_by_their_numbers(database: Database, staffed: Crowd) -> None:
    number = await know(database, 1, "李会计", "+8613900000001", reports=True)
    for user in (2, 3):
        await know(database, user, "张新", f"+861390000000{user}")
    await know(database, 4, "王五", "+8613900000004")
    admin = office(staffed)
    asked = await admin.do(f"/transfer {CODE} 张新")
    assert words("office-ask-colleague") in asked
    labels = [label for row in admin.hall.shown["-100"][-1].rows for label, _ in row]
    assert labels == ["张新　139******02", "张新　139******03"]
    await admin.do("[张新　139******03]", "[确认更换填报员]")
    assert await holder(database, number) == ["3"]


@pytest.mark.parametrize("whom", ["13900000009", "赵不在"])
async def test_who_is_not_linked_can_be_invited(database: Database, staffed: Crowd, whom: str) -> None:
    await know(database, 1, "李会计", "+8613900000001", reports=True)
    admin = office(staffed)
    answer = await admin.do(f"/transfer {CODE} {whom}")
    assert words("office-no-such-colleague") in answer
    assert words("office-how-to-link") in answer
    if whom.isdecimal():
        assert words("office-invited-phone", phone="139******09") in await admin.do("[发出邀请]")
        assert "/start " in await admin.do("[生成邀请链接]")
    else:
        assert words("office-ask-invited") in answer


async def test_the_reporter_is_the_reporter_already(database: Database, staffed: Crowd) -> None:
    await know(database, 1, "李会计", "+8613900000001", reports=True)
    answer = await office(staffed).do(f"/transfer {CODE} 李会计")
    assert answer == words("office-is-reporter", enterprise=NAME, reporter="李会计")


@pytest.mark.parametrize("change", ["seat", "link"])
async def test_what_changed_since_the_preview_is_not_overridden(
    database: Database, staffed: Crowd, change: str
) -> None:
    number = await know(database, 1, "李会计", "+8613900000001", reports=True)
    for user in (2, 3):
        await know(database, user, f"张{'新旧'[user - 2]}", f"+861390000000{user}")
    admin = office(staffed)
    await admin.do(f"/transfer {CODE} 张新")
    async with database.transaction() as tx:
        if change == "seat":
            (third,) = (await tx.run(select(account.c.person_id).where(account.c.user == "3"))).scalars()
            await people.move_seat(tx, number, third, START)
        else:
            (second,) = (await tx.run(select(account.c.person_id).where(account.c.user == "2"))).scalars()
            await people.end_link(tx, number, second, START)
    assert await admin.do("[确认更换填报员]") == words("office-not-moved", enterprise=NAME)
    assert await holder(database, number) == ["3" if change == "seat" else "1"]
    assert await actions(database, "seat-transferred") == []


@pytest.mark.parametrize("order", ["/transfer {} 张新", "/invite {} 13900000009", "/audit {}", "/transfer {}"])
async def test_another_district_s_enterprise_does_not_exist(database: Database, staffed: Crowd, order: str) -> None:
    await know(database, 1, "李会计", "+8613900000001", reports=True)
    await know(database, 2, "张新", "+8613900000002")
    admin = office(staffed, PUDONG)
    before = await rows(database, select(func.count()).select_from(audit))
    answers = {await admin.do(order.format(named)) for named in (CODE, NAME, "蒲公英", UNKNOWN, "没有这家")}
    assert answers == {words("office-no-enterprise")}
    assert await rows(database, select(func.count()).select_from(audit)) == before


async def test_a_button_does_nothing_for_an_enterprise_that_left_the_district(
    database: Database, staffed: Crowd
) -> None:
    number = await know(database, 1, "李会计", "+8613900000001", reports=True)
    await know(database, 2, "张新", "+8613900000002")
    admin = office(staffed, CHANGNING)
    await admin.do(f"/transfer {CODE} 张新", f"/invite {CODE} 13900000009", f"/audit {CODE}")
    async with database.transaction() as tx:
        await tx.run(update(enterprise).where(enterprise.c.id == number).values(district="徐汇"))
    for label in ("[确认更换填报员]", "[生成邀请链接]"):
        assert await admin.do(label) == words("office-no-enterprise")
    assert await holder(database, number) == ["1"]
    assert await rows(database, select(invitation)) == []


# ---- /invite


async def test_an_invitation_from_the_order_to_the_seat(database: Database, database_url: str, api: BotApi) -> None:
    """The link opens this bot, works for that number, and two presses of the invited are enough."""
    district = District(api, "长宁")
    async with product(settings_for(database_url, api, admin_chats=(district.setting,))):
        invited = Reporter(api.phone("李"))
        phone = invited.phone.account.phone.removeprefix("+")
        district.administrator.news()
        await district.administrator.send(f"/invite {CODE} {phone.removeprefix('86')}")
        (preview,) = await district.administrator.wait(1, PATIENCE)
        assert words("office-invite-registry") in preview.text
        assert phone[-8:] not in preview.text
        for other, notice in ((district.viewer, "office-may-not"), (district.stranger, "office-not-yours")):
            press = await other.press("生成邀请链接")
            await settle(database, api)
            assert toast(api, press) == words(notice)
        assert await rows(database, select(invitation)) == []
        await district.administrator.press("生成邀请链接")
        (made,) = await district.administrator.wait(words("office-invited-say"), PATIENCE)
        assert made.change == "edit"
        assert "2021-02-12 10:0" in made.text
        (token,) = re.findall(r"^https://t\.me/tianbao_test_bot\?start=([\w-]{32})$", made.text, re.MULTILINE)
        await invited.walk(f"/start {token}", CONTACT, "李会计")
        shown = (await invited.phone.wait(1, PATIENCE))[0]
        assert shown.text == words("invited", enterprise=NAME)
        done = await invited.walk("[接受邀请]", "[确定]")
        assert done.text == words("claim-done", enterprise=NAME)
        await settle(database, api)
    (made_row,) = await rows(database, select(enterprise).where(enterprise.c.code == CODE))
    assert (made_row.district, made_row.category, made_row.address) == ("长宁", "其他", "")
    actor = f"telegram:{district.administrator.account.id}"
    assert await actions(database, "invited", "enterprise-imported") == [
        ("enterprise-imported", None, None),
        ("invited", actor, None),
    ]
    stored = await rows(database, select(invitation.c.token_hash))
    assert token not in str(stored)


async def test_a_new_invitation_ends_the_old_one_of_the_same_number(staffed: Crowd) -> None:
    admin = office(staffed)
    first, again = [await admin.do(f"/invite {CODE} 13900000009", "[生成邀请链接]") for _ in range(2)]
    tokens = [re.findall(r"^/start ([\w-]{32})$", answer, re.MULTILINE)[0] for answer in (first, again)]
    assert len(set(tokens)) == 2
    invited = staffed.at("telegram", "9")
    await invited.do("/start", f"{CONTACT} +8613900000009", "赵新")
    assert words("invitation-dead") in await invited.do(f"/start {tokens[0]}")
    assert await invited.do(f"/start {tokens[1]}") == words("invited", enterprise=NAME)


async def test_twenty_invitations_may_be_open(database: Database, staffed: Crowd) -> None:
    number = await know(database, 1, "李会计", "+8613900000001")
    admin = office(staffed)
    async with database.transaction() as tx:
        for place in range(MOST_OPEN - 1):
            await invitations.make(tx, number, f"+86138000001{place:02}", f"token {place}", by="telegram:1", at=START)
        long_ago = START - timedelta(days=8)
        await invitations.make(tx, number, "+8613800000999", "old", by="telegram:1", at=long_ago)
    twentieth, next_one = "13900000009", "13900000008"
    assert words("office-invite-full", most=MOST_OPEN) not in await admin.do(f"/invite {CODE} {twentieth}")
    await admin.do(f"/invite {CODE} {next_one}", "[生成邀请链接]")
    assert words("office-invite-full", most=MOST_OPEN) in await admin.do(f"/invite {CODE} {twentieth}")
    again = await admin.do(f"/invite {CODE} {next_one}")
    assert words("office-invite-again") in again
    assert "/start " in await admin.do("[生成邀请链接]")
    open_ = select(func.count()).select_from(invitation).where(invitation.c.expires_at > START)
    assert await rows(database, open_) == [(MOST_OPEN,)]


async def test_who_is_linked_is_not_invited(database: Database, staffed: Crowd) -> None:
    await know(database, 1, "李会计", "+8613900000001", reports=True)
    await know(database, 2, "张新", "+8613900000002")
    admin = office(staffed)
    assert words("office-invite-linked") in await admin.do(f"/invite {CODE} 13900000002")
    assert words("office-reporter-new", reporter="张新", phone="139******02") in await admin.do("[更换填报员]")


@pytest.mark.parametrize(("of", "found"), [(CITY, True), (CHANGNING, True), (PUDONG, False)])
@pytest.mark.parametrize("registered", ["长宁", ""])
async def test_an_enterprise_of_the_registry_is_found_within_the_scope(
    database: Database, staffed: Crowd, of: AdminChat, registered: str, *, found: bool
) -> None:
    """By its registered district, or else by the region in its code."""
    async with database.transaction() as tx:
        await tx.run(update(registry).where(registry.c.code == CODE).values(district=registered))
    answer = await office(staffed, of).do(f"/invite {CODE.lower()} 13900000009")
    assert (words("office-invite-title", enterprise=NAME, code=CODE) in answer) is found
    assert (answer == words("office-no-enterprise")) is not found


async def test_the_number_is_asked_for_and_given_by_a_reply(database: Database, database_url: str, api: BotApi) -> None:
    district = District(api, "city")
    async with product(settings_for(database_url, api, admin_chats=(district.setting,))):
        admin = district.administrator
        await admin.send(f"/invite {TAKEN[0]}")
        (asked,) = await admin.wait(1, PATIENCE)
        assert words("office-ask-invited") in asked.text
        await settle(database, api)  # nobody replies before the messenger has told how it names the message
        await admin.send("不是号码", reply_to=asked.message["message_id"])
        (asked,) = await admin.wait(1, PATIENCE)
        assert words("office-not-mobile") in asked.text
        await settle(database, api)
        await admin.send("139 0000 0009", reply_to=asked.message["message_id"])
        (preview,) = await admin.wait(1, PATIENCE)
        assert words("office-invited-phone", phone="139******09") in preview.text
        assert words("office-invite-taken", reporter=TAKEN[3]) in preview.text


# ---- /audit


def recorded() -> set[str]:
    """Return the actions that the code records."""
    found: set[str] = set()
    for path in (path for layer in ("bot", "scheduler", "storage") for path in (ROOT / layer).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="record"), args=[action, *_]):
                    found |= _constants(action)
                case ast.Dict(keys=keys, values=values):
                    named = zip(keys, values, strict=True)
                    found |= {
                        word
                        for key, value in named
                        if isinstance(key, ast.Constant) and key.value == "action"
                        for word in _constants(value)
                    }
                case _:
                    pass
    return found


def _constants(node: ast.expr) -> set[str]:
    match node:
        case ast.Constant(value=str(value)):
            return {value}
        case ast.JoinedStr(values=[ast.Constant(value=str(kind)), _]):
            return {f"{kind}{how}" for how in ("granted", "refused")}
        case ast.JoinedStr(values=[_, ast.Constant(value=str(how))]):
            return {f"{kind}{how}" for kind in ("link", "seat")}
        case _:
            return set()


def test_every_action_has_words() -> None:
    assert recorded() == set(ACTIONS)
    for language in LANGUAGES:
        assert {f"journal-{action}" for action in ACTIONS} <= set(message_ids(language))


async def test_the_journal_of_an_enterprise(database: Database, staffed: Crowd) -> None:
    """Newest first, whole names, no figures and no phone numbers; filling is one entry."""
    await know(database, 1, "李会计", "+8613900000001", reports=True)
    await know(database, 2, "张新", "+8613900000002")
    await staffed.at("telegram", "1").do("数据填报", "12 12 12 2", "21 0 21 1")
    admin = office(staffed, CHANGNING)
    await admin.do(f"/transfer {CODE} 张新", "[确认更换填报员]")
    await staffed.at("telegram", "2").do("数据填报", "2 21")
    told = await admin.do(f"/audit {CODE}")
    lines = [line.split("　")[1:] for line in told.splitlines()[1:]]
    assert lines == [
        ["张新", f"填写（{DUE} 期），通过Telegram"],
        ["管理员 telegram:300", "更换填报员，通过长宁管理群"],
        ["李会计", f"填写 2 次（{DUE} 期），通过Telegram"],
    ]
    assert not re.search(r"\b(12|21)\b", told)
    assert "1390000" not in told
    only = await admin.do(f"/audit {CODE} {DUE}")
    assert "更换填报员" not in only
    assert len(only.splitlines()) == 3
    assert await admin.do(f"/audit {CODE} 2020-11") == "\n".join(
        (words("journal-title-period", enterprise=NAME, period="2020-11"), words("journal-empty"))
    )


async def test_the_journal_is_turned_in_place_and_what_happens_meanwhile_moves_no_page(
    database: Database, staffed: Crowd
) -> None:
    number = await know(database, 1, "李会计", "+8613900000001", reports=True)

    async def record(*periods: int) -> None:
        async with database.transaction() as tx:
            for month in periods:
                row = {"at": START, "enterprise_id": number, "detail": "{}", "period": f"2020-{month:02}"}
                await tx.run(audit.insert(), row | {"action": "submitted"})

    def months(page: str) -> list[int]:
        return [int(found) for found in re.findall(r"2020-([0-9]{2})", page)]

    total = 2 * LINES + 1
    await record(*range(1, total + 1))
    admin = office(staffed)
    first = await admin.do(f"/audit {CODE}")
    assert months(first) == list(range(total, total - LINES, -1))
    await record(99)
    second = await admin.do("[较早的]")
    assert months(second) == list(range(total - LINES, total - 2 * LINES, -1))
    assert admin.hall.shown["-100"][-1].edits
    third = await admin.do("[较早的]")
    assert months(third) == [1]
    assert [label for row in admin.hall.shown["-100"][-1].rows for label, _ in row] == ["较新的"]
    assert await admin.do("[较新的]") == second


# ---- /return


async def submit(database: Database, *codes: str, period: str = DUE) -> list[int]:
    """Have reports submitted; return the ids of their enterprises."""
    async with database.transaction() as tx:
        entries = await history.find_registered(tx, codes)
        await history.add_enterprises(tx, list(entries.values()), START)
        numbers = await history.find_enterprises(tx, codes)
        filed = []
        for code in codes:
            receipt = Receipt(f"{period}-{numbers[code]}", START, "0" * 64)
            one = Report(numbers[code], Period.parse(period), "2021-01", state=ReportState.SUBMITTED, receipt=receipt)
            filed.append(history.Filed(one, b'{"figures": {}}', receipt, "test"))
        await history.add_reports(tx, filed, START)
    return [numbers[code] for code in codes]


async def returned(database: Database) -> list[tuple[int, str, str]]:
    """Return enterprise, reason and administrator of what was returned."""
    statement = select(return_.c.enterprise_id, return_.c.reason, return_.c.returned_by)
    return [tuple(row) for row in await rows(database, statement.order_by(return_.c.enterprise_id))]


CODES = tuple(sample.code for sample in SAMPLES[:4])


async def test_several_are_returned_at_once(database: Database, staffed: Crowd) -> None:
    await know(database, 1, "李会计", "+8613900000001", reports=True)
    numbers = await submit(database, *CODES[:3])
    admin = office(staffed)
    order = "\n".join((f"/return {DUE} {REASON}", CODES[0], SAMPLES[1].name, f"{CODE}，{UNKNOWN}", SAMPLES[3].name))
    preview = await admin.do(order)
    names = "、".join(sample.name for sample in SAMPLES[:3])
    assert preview.splitlines() == [
        words("office-returns-title", period=DUE),
        words("office-returns-ready", count=3, names=names, more=""),
        words("office-returns-unknown", count=2, names=f"{UNKNOWN}、{SAMPLES[3].name}", more=""),
        words("returned-reason", reason=REASON),
        words("office-will-tell-all"),
    ]
    assert await returned(database) == []
    assert await admin.do("[确认全部退回]") == words("office-returns-done", period=DUE, count=3)
    assert await returned(database) == [(number, REASON, "telegram:100") for number in sorted(numbers)]
    assert words("returned-reason", reason=REASON) in staffed.at("telegram", "1").news()
    assert await actions(database, "returned") == [("returned", "telegram:100", DUE)] * 3
    await admin.do("[确认全部退回]")
    assert len(await returned(database)) == 3
    again = await admin.do(order)
    assert words("office-returns-others", count=3) in again
    assert words("office-returns-none") in again


async def test_what_changed_meanwhile_stays_and_is_counted(database: Database, staffed: Crowd) -> None:
    await submit(database, *CODES[:2])
    admin, other = office(staffed), office(staffed, PUDONG)
    await admin.do(f"/return {CODES[0]},{CODES[1]} {REASON}")
    await other.do(f"/return {CODES[0]} 另一个原因", "[确认退回]")
    done = await admin.do("[确认全部退回]")
    assert done.splitlines() == [
        words("office-returns-done", period=DUE, count=1),
        words("office-returns-left", count=1),
    ]
    assert [reason for _, reason, _ in await returned(database)] == ["另一个原因", REASON]


async def test_outside_of_the_district_nothing_is_found(database: Database, staffed: Crowd) -> None:
    await submit(database, *CODES[:3])
    admin = office(staffed, PUDONG)
    preview = await admin.do(f"/return {','.join(CODES[:3])},{UNKNOWN} {REASON}")
    unknown = "、".join((*CODES[1:3], UNKNOWN))
    assert words("office-returns-unknown", count=3, names=unknown, more="") in preview
    assert words("office-returns-ready", count=1, names=SAMPLES[0].name, more="") in preview
    await admin.do("[确认全部退回]")
    assert len(await returned(database)) == 1


async def test_a_reason_by_a_press(database: Database, staffed: Crowd) -> None:
    await submit(database, *CODES[:3])
    admin = office(staffed)
    reason = words("return-reason-unit")
    assert words("office-ask-reason") in await admin.do(f"/return {CODE} {DUE} 1,9")
    preview = await admin.do(f"[{reason}]")
    assert words("returned-reason", reason=reason) in preview
    assert "请核对：" in preview  # the items that were named with the order
    await admin.do("[确认退回]")
    assert words("office-ask-reason") in await admin.do(f"/return {CODES[0]},{CODES[1]}")
    await admin.do(f"[{reason}]", "[确认全部退回]")
    assert {given for _, given, _ in await returned(database)} == {reason}
    assert len(await returned(database)) == 3


async def test_more_than_may_be_are_refused(staffed: Crowd) -> None:
    admin = office(staffed)
    lines = "\n".join(str(number) for number in range(MOST + 1))
    assert await admin.do(f"/return {DUE}\n{lines}") == words("office-returns-many", most=MOST)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", csv_bytes(["统一社会信用代码"], *([code] for code in CODES[:2]))),
        ("a.xlsx", xlsx_bytes(["企业名称", "统一社会信用代码"], *([None, code] for code in CODES[:2]))),
        ("a.txt", "\n".join(CODES[:2]).encode()),
    ],
)
async def test_a_list_in_a_file(database: Database, database_url: str, api: BotApi, name: str, content: bytes) -> None:
    district = District(api, "city")
    await submit(database, *CODES[:2])
    async with product(settings_for(database_url, api, admin_chats=(district.setting,))):
        admin = district.administrator
        await district.viewer.document(name, content, caption=f"/return {DUE} {REASON}")
        await admin.wait(words("office-may-not"), PATIENCE)
        assert not api.called("getFile")
        await admin.document(name, content, caption=f"/return {DUE} {REASON}")
        await admin.send("/help")
        preview, help_ = await admin.wait(2, PATIENCE)
        assert words("office-returns-ready", count=2, names=f"{SAMPLES[0].name}、{SAMPLES[1].name}", more="") in (
            preview.text
        )
        assert words("office-help") in help_.text
        await admin.press("确认全部退回")
        await admin.wait(words("office-returns-done", period=DUE, count=2), PATIENCE)
        await settle(database, api)
    assert len(await returned(database)) == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "bad"), (b"PK\x03\x04 no", "bad"), (b"\n", "empty"), (b"1\n" * 1_100_000, "large")],
)
async def test_a_file_that_is_no_list(
    database: Database, database_url: str, api: BotApi, content: bytes, why: str
) -> None:
    district = District(api, "city")
    async with product(settings_for(database_url, api, admin_chats=(district.setting,))):
        await district.administrator.document("a.csv", content, caption="/return 上月 核对")
        (answer,) = await district.administrator.wait(1, PATIENCE)
        assert answer.text == words(f"office-file-{why}")
        await settle(database, api)
    assert await rows(database, select(inbox.c.state).distinct()) == [("done",)]


async def test_a_file_that_cannot_be_fetched(database_url: str, api: BotApi) -> None:
    district = District(api, "city")
    async with product(settings_for(database_url, api, admin_chats=(district.setting,))):
        api.faults.add(Fault.server_error().on("getFile", times=9))
        await district.administrator.document("a.csv", CODE.encode(), caption="/return 上月 核对")
        (answer,) = await district.administrator.wait(1, PATIENCE)
        assert answer.text == words("office-file-later")


async def test_a_file_that_does_not_come_holds_up_nobody_else(database_url: str, api: BotApi) -> None:
    district, other = District(api, "city"), District(api, "浦东")
    chats = (district.setting, other.setting)
    async with product(settings_for(database_url, api, admin_chats=chats, lease=8)):
        api.faults.add(Fault.hang().on("getFile", times=9))
        await district.administrator.document("a.csv", CODE.encode(), caption="/return 上月 核对")
        await other.administrator.send("/help")
        (help_,) = await other.administrator.wait(1, PATIENCE)
        (answer,) = await district.administrator.wait(1, PATIENCE)
        assert answer.text == words("office-file-later")
        assert help_.at < answer.at


# ---- at once


async def test_two_administrators_at_once_and_each_twice(database: Database) -> None:
    """Two processes on one database: each report is returned once, and the seat moves once."""
    await prepare(database)
    number = await know(database, 1, "李会计", "+8613900000001", reports=True)
    for user in (2, 3):
        await know(database, user, f"张{'新旧'[user - 2]}", f"+861390000000{user}")
    await submit(database, *CODES)
    async with AsyncExitStack() as stack:
        halls = [Hall("telegram"), Hall("telegram")]
        processes = [
            await stack.enter_async_context(crowd(database, admin_chats=OFFICES, halls=[hall])) for hall in halls
        ]
        admins = [
            process.at("telegram", str(of.chat)) for process, of in zip(processes, (CITY, CHANGNING), strict=True)
        ]
        await admins[0].do(f"/return {','.join(CODES)} 原因甲", f"/transfer {CODE} 张新")
        await admins[1].do(f"/return {CODE} 原因乙", f"/transfer {CODE} 张旧")

        async def press(at: int, *labels: str) -> None:
            presses = [admins[at].means(label) for label in labels for _ in range(2)]
            await asyncio.gather(*(processes[at].take(one) for one in presses))

        await asyncio.gather(press(0, "[确认全部退回]", "[确认更换填报员]"), press(1, "[确认退回]", "[确认更换填报员]"))
    back = await returned(database)
    assert [found for found, *_ in back] == sorted({found for found, *_ in back})
    assert len(back) == len(CODES)
    assert len(await actions(database, "returned")) == len(CODES)
    told = select(func.count()).select_from(outbox).where(outbox.c.chat == "1", outbox.c.body.like("%原因%"))
    assert await rows(database, told) == [(1,)]
    assert len(await actions(database, "seat-transferred")) == 1
    assert len(await holder(database, number)) == 1
    assert await rows(database, select(func.count()).select_from(seat).where(seat.c.enterprise_id == number)) == [(2,)]


async def test_two_invitations_of_one_enterprise_at_once(database: Database) -> None:
    """The enterprise is made once, and for one number one invitation is open."""
    await prepare(database)
    async with AsyncExitStack() as stack:
        halls = [Hall("telegram"), Hall("telegram")]
        processes = [
            await stack.enter_async_context(crowd(database, admin_chats=OFFICES, halls=[hall])) for hall in halls
        ]
        admins = [
            process.at("telegram", str(of.chat)) for process, of in zip(processes, (CITY, CHANGNING), strict=True)
        ]
        for admin in admins:
            await admin.do(f"/invite {CODE} 13900000009")
        presses = [
            process.take(admin.means("[生成邀请链接]"))
            for process, admin in zip(processes, admins, strict=True)
            for _ in range(2)
        ]
        await asyncio.gather(*presses)
    assert len(await rows(database, select(enterprise).where(enterprise.c.code == CODE))) == 1
    assert len(await rows(database, select(invitation).where(invitation.c.expires_at > START))) == 1
    assert len(await actions(database, "enterprise-imported")) == 1
