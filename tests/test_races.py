"""Fifty at once, over two processes on one database: the database decides, and everybody learns how."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import aiohttp
import orjson
import pytest
from sqlalchemy import func, select

from bot.telegram import SECRET_HEADER, Telegram
from dialogs.texts import DEFAULT_LANGUAGE
from storage import invitations, people
from storage.database import Database
from storage.tables import audit, enterprise, inbox, link, outbox, report, return_, seat, session, submission
from tests.botapi import BotApi, Fault, Json, Phone, Shown
from tests.offices import District
from tests.product import (
    CODE,
    NAME,
    PATIENCE,
    SAMPLES,
    SECRET,
    START,
    Reporter,
    become_reporter,
    free_port,
    make_known,
    process,
    rows,
    settings_for,
    settle,
    until,
    words,
)

CROWD = 50


class Doors:
    """The webhooks of two processes, at which updates are posted as Telegram does."""

    def __init__(self, session: aiohttp.ClientSession, ports: tuple[int, int]) -> None:
        """Take the ports."""
        self._session = session
        self._urls = [f"http://127.0.0.1:{port}/telegram" for port in ports]
        self._numbers = count(1_000_000)  # the emulator counts from 1

    async def post(self, door: int, update: Json) -> int:
        """Post an update and return the status of the answer."""
        headers = {SECRET_HEADER: SECRET}
        async with self._session.post(self._urls[door], json=update, headers=headers) as answer:
            return answer.status

    async def post_all(self, updates: list[Json]) -> None:
        """Post updates at the same moment, every other one at the other door."""
        statuses = await asyncio.gather(*(self.post(number % 2, update) for number, update in enumerate(updates)))
        assert set(statuses) == {200}

    def press(self, phone: Phone, data: str) -> Json:
        """Return the update of a press."""
        number = next(self._numbers)
        user: Json = phone.account.user
        message = {"message_id": 1, "date": int(START.timestamp()), "chat": phone.chat.json}
        query = {"id": str(number), "from": user, "message": message, "chat_instance": "1", "data": data}
        return {"update_id": number, "callback_query": query}

    def text(self, phone: Phone, text: str) -> Json:
        """Return the update of a message."""
        message: Json = {"message_id": 1, "date": int(START.timestamp()), "chat": phone.chat.json, "text": text}
        return {"update_id": next(self._numbers), "message": message | {"from": phone.account.user}}


@pytest.fixture
def office(api: BotApi) -> District:
    """Return the admin chat of the city."""
    return District(api, "city")


@pytest.fixture
async def doors(database_url: str, api: BotApi, office: District, tmp_path: Path) -> AsyncIterator[Doors]:
    """Return the webhooks of two processes that share one database."""
    ports = free_port(), free_port()
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        for port in ports:
            settings = settings_for(database_url, api, port=port, admin_chats=(office.setting,))
            await stack.enter_async_context(process(settings, tmp_path / f"{port}.log"))
        await until(lambda: api.updates.webhook is not None, "no webhook was set")
        yield Doors(session, ports)
    for port in ports:
        assert '"error"' not in (tmp_path / f"{port}.log").read_text()


async def _crowd(database: Database, api: BotApi) -> list[Phone]:
    """Return the phones of fifty people who have linked the same enterprise."""
    phones = [api.phone(f"张{number}") for number in range(CROWD)]
    basics = people.Basics(CODE, NAME, "长宁", "其他", "示例路 1 号", "021-55500003")
    now = START
    async with database.transaction() as tx:
        for number, phone in enumerate(phones):
            phone.chat.closed = ""  # they have written before
            who = await people.bind_phone(tx, Telegram.name, str(phone.account.id), phone.account.phone, now)
            await people.set_name(tx, who.id, f"张{number}号")
            await people.link_enterprise(tx, basics, who.id, now)
            chat = {"channel": Telegram.name, "chat": str(phone.chat.id), "language": DEFAULT_LANGUAGE}
            await tx.add(session, {**chat, "focus": "{}", "page": 0})
    return phones


async def test_fifty_claims_of_one_seat_by_fifty_people_make_one_reporter(
    database: Database, api: BotApi, doors: Doors
) -> None:
    """Group D: exactly one is told so; 49 are told who it is."""
    phones = await _crowd(database, api)
    await doors.post_all([doors.text(phone, "申请填报员") for phone in phones])
    cards = [(await phone.wait(1, PATIENCE))[0] for phone in phones]
    applications = [card.buttons[0]["callback_data"] for card in cards]
    await doors.post_all([doors.press(*pair) for pair in zip(phones, applications, strict=True)])
    sure = [(await phone.wait(1, PATIENCE))[0] for phone in phones]
    assert {shown.text for shown in sure} == {words("claim-sure", enterprise=NAME)}
    claims = [doors.press(phone, shown.buttons[0]["callback_data"]) for phone, shown in zip(phones, sure, strict=True)]
    await doors.post_all(claims)
    answers = [(await phone.wait(1, PATIENCE))[0].text for phone in phones]

    of_enterprise = select(seat.c.person_id).join(enterprise, enterprise.c.id == seat.c.enterprise_id)
    (holder,) = await rows(database, of_enterprise.where(enterprise.c.code == CODE))
    done = words("claim-done", enterprise=NAME)
    assert answers.count(done) == 1
    winner = f"张{answers.index(done)}号"
    taken = words("claim-taken", reporter=winner)
    assert sum(taken in answer for answer in answers) == CROWD - 1
    assert await rows(database, select(audit.c.person_id).where(audit.c.action == "seat-taken")) == [holder]
    await settle(database)
    assert await rows(database, select(func.max(outbox.c.tries))) == [(1,)]


async def test_fifty_presses_on_submit_make_one_submission_with_one_number(
    database: Database, api: BotApi, doors: Doors
) -> None:
    """Group D: however often 确认提交 is pressed and wherever the press arrives."""
    reporter = await become_reporter(api.phone("李"))
    await reporter.fill()
    confirmation = await reporter.do("[提交]")
    data = confirmation.buttons[0]["callback_data"]
    reporter.phone.news()
    await doors.post_all([doors.press(reporter.phone, data) for _ in range(CROWD)])
    await settle(database)

    (stored,) = await rows(database, select(submission))
    (receipt,) = await reporter.phone.quiet()
    assert words("receipt-number", number=stored.number) in receipt.text
    answered = [call.parameters for call in api.called("answerCallbackQuery")]
    toasts = [call["text"] for call in answered if "text" in call]
    assert set(toasts) == {words("submitted-already", number=stored.number)}
    assert len(toasts) == CROWD - 1
    assert len(await rows(database, select(audit).where(audit.c.action == "submitted"))) == 1
    assert await rows(database, select(report.c.state)) == [("submitted",)]


async def test_the_same_update_at_both_processes_at_once_is_answered_once(
    database: Database, api: BotApi, doors: Doors
) -> None:
    """Group A: Telegram delivers again what it has no answer to; the other process may still be at it."""
    phones = await _crowd(database, api)
    updates = [doors.text(phone, "关联企业") for phone in phones]
    statuses = await asyncio.gather(*(doors.post(door, update) for update in updates for door in (0, 1, 1, 0)))
    assert set(statuses) == {200}
    await settle(database)
    for phone in phones:
        assert len(await phone.wait(1, PATIENCE)) == 1
    assert len(await rows(database, select(inbox.c.id))) == CROWD
    assert len(api.called("sendMessage")) == CROWD


async def test_a_message_to_one_process_and_the_next_to_the_other_are_answered_in_order(
    database: Database, api: BotApi, doors: Doors
) -> None:
    """Group D: two devices, two processes, one chat; every figure is saved, and no answer overtakes another."""
    reporter = await become_reporter(api.phone("李"))
    await reporter.do("[数据填报]")
    await settle(database)
    before = len(reporter.answers)
    # The first process is slow to send what it says; the second must not send before it.
    api.faults.add(*(Fault.delay(0.2).on("sendMessage") for _ in range(5)))
    for number in range(20):
        assert await doors.post(number % 2, doors.text(reporter.phone, f"{number} {number} {number} {number}")) == 200
    await settle(database)
    theirs = select(outbox.c.body).where(outbox.c.chat == str(reporter.phone.chat.id)).order_by(outbox.c.id)
    said = [orjson.loads(row.body)["text"] for row in await rows(database, theirs)]
    assert reporter.answers[before:] == said[-20:]
    assert len(said) == len(reporter.answers)


def button(shown: Shown, label: str) -> str:
    """Return what the button of that label carries."""
    return next(str(one["callback_data"]) for one in shown.buttons if one["text"] == label)


async def test_a_transfer_while_answers_come_in_on_another_device(
    database: Database, api: BotApi, doors: Doors
) -> None:
    """Group D: what came before the transfer is kept, what came after it is refused; nothing of it is lost or mixed."""
    phone, tablet, successor = api.phone("李"), api.phone("李"), api.phone("张")
    await make_known(database, successor, "张新", SAMPLES[2])
    old, (number,) = await make_known(database, phone, "李会计", SAMPLES[2], reports=True)
    async with database.transaction() as tx:
        verified = (await people.person_of(tx, old)).phone
        await people.bind_phone(tx, Telegram.name, str(tablet.account.id), verified, START)
        chat = {"channel": Telegram.name, "chat": str(tablet.chat.id), "language": DEFAULT_LANGUAGE}
        await tx.add(session, {**chat, "focus": "{}", "page": 0})
    tablet.chat.closed = ""
    await Reporter(tablet).do("数据填报")
    reporter = Reporter(phone)
    offered = await reporter.walk("关联企业", "[1. 更多]", "[填报人更换]")
    sure = await reporter.do(offered.buttons[0]["text"].join("[]"))
    answers = [doors.text(tablet, f"{number} {number} {number} {number}") for number in range(1, CROWD)]
    tablet.news()
    await doors.post_all([*answers[:20], doors.press(phone, button(sure, "确定更换")), *answers[20:]])
    await settle(database)

    assert len(await tablet.wait(CROWD - 1, PATIENCE)) == CROWD - 1
    entries = await rows(database, select(audit).where(audit.c.enterprise_id == number).order_by(audit.c.id))
    changes = [entry for entry in entries if entry.action in ("report", "seat-transferred")]
    assert [entry.action for entry in changes][-1] == "seat-transferred"
    assert {entry.person_id for entry in changes} == {old}
    kept = [orjson.loads(entry.detail) for entry in changes[:-1]]
    stored = await rows(database, select(report.c.content))
    # Each answer that was kept names one figure four times; the last one for an item is what stands there.
    figures = {cell: entered[0] for row in stored for cell, entered in orjson.loads(row.content)["figures"].items()}
    last = {event[1]: event[2].split()[0] for event in kept if event[0] == "Answer"}
    for item, figure in last.items():
        assert {value for cell, value in figures.items() if cell.startswith(f"{item}.")} <= {figure, f"{figure}.00"}


async def test_two_administrators_who_return_a_report_at_once_return_it_once(
    database: Database, api: BotApi, doors: Doors, office: District
) -> None:
    """Group D: one return, one notice, the next revision; everybody else learns that there is nothing to return."""
    reporter = await become_reporter(api.phone("李"))
    await reporter.fill()
    await reporter.submit()
    await settle(database)
    office.administrator.news()
    reporter.phone.news()
    previews = []
    for _ in range(2):
        await office.administrator.send(f"/return {CODE} 2021-01 2 与上月不衔接")
        previews += await office.administrator.wait(1, PATIENCE)
    presses = [button(preview, "确认退回") for preview in previews]
    await doors.post_all([doors.press(office.administrator, presses[number % 2]) for number in range(CROWD)])
    await settle(database)

    (back,) = await rows(database, select(return_))
    assert back.revision == 1
    (notice,) = await reporter.phone.wait(1, PATIENCE)
    assert words("returned", enterprise=NAME, period="2021-01") in notice.text
    assert await reporter.phone.quiet() == []
    assert await rows(database, select(report.c.state, report.c.revision)) == [("returned", 2)]
    assert len(await rows(database, select(audit).where(audit.c.action == "returned"))) == 1


async def test_a_return_of_what_is_being_submitted_again_returns_what_was_shown_or_nothing(
    database: Database, api: BotApi, doors: Doors, office: District
) -> None:
    """Group D: the return of revision 1 against the submission of revision 2; revision 2 is never returned unseen."""
    reporter = await become_reporter(api.phone("李"))
    await reporter.fill()
    await reporter.submit()
    previews = []
    await settle(database, api)
    for _ in range(2):
        office.administrator.news()
        await office.administrator.send(f"/return {CODE} 2021-01 请核对")
        previews += await office.administrator.wait(1, PATIENCE)
    await office.administrator.press("确认退回")
    await reporter.phone.wait(words("returned", enterprise=NAME, period="2021-01"), PATIENCE)
    await reporter.do("[修改]")
    confirmation = await reporter.do("[提交]")
    again = button(previews[0], "确认退回")
    confirm = button(confirmation, "确认提交")
    await settle(database)
    presses = [doors.press(office.administrator, again) for _ in range(CROWD // 2)]
    submits = [doors.press(reporter.phone, confirm) for _ in range(CROWD // 2)]
    await doors.post_all([one for pair in zip(presses, submits, strict=True) for one in pair])
    await settle(database)
    assert await rows(database, select(report.c.state, report.c.revision)) == [("submitted", 2)]
    assert await rows(database, select(return_.c.revision)) == [(1,)]
    assert await rows(database, select(submission.c.revision).order_by(submission.c.revision)) == [(1,), (2,)]


async def test_a_return_while_the_reporter_corrects_what_was_returned_before(
    database: Database, api: BotApi, doors: Doors, office: District
) -> None:
    """Group D: what is no longer submitted cannot be returned, and no answer is lost to the attempt."""
    reporter = await become_reporter(api.phone("李"))
    await reporter.fill()
    await reporter.submit()
    await settle(database, api)
    previews = []
    for _ in range(2):
        office.administrator.news()
        await office.administrator.send(f"/return {CODE} 2021-01 2 请核对")
        previews += await office.administrator.wait(1, PATIENCE)
    await office.administrator.press("确认退回")
    await reporter.phone.wait(words("returned", enterprise=NAME, period="2021-01"), PATIENCE)
    await reporter.walk("[修改]", "[改 本月值]")
    await settle(database)
    again = button(previews[0], "确认退回")
    presses = [doors.press(office.administrator, again) for _ in range(CROWD // 2)]
    answers = [doors.text(reporter.phone, f"{number} 0 {number} 1") for number in range(1, CROWD // 2 + 1)]
    reporter.phone.news()
    await doors.post_all([one for pair in zip(presses, answers, strict=True) for one in pair])
    await settle(database)
    assert await rows(database, select(report.c.state, report.c.revision)) == [("returned", 2)]
    assert await rows(database, select(return_.c.revision)) == [(1,)]
    assert len(await reporter.phone.wait(CROWD // 2, PATIENCE)) == CROWD // 2
    entries = await rows(database, select(audit.c.detail).where(audit.c.action == "report").order_by(audit.c.id))
    changes = [orjson.loads(row.detail) for row in entries]
    (stored,) = await rows(database, select(report.c.content))
    # The last answer that was kept for the item is what stands there.
    last = [event for event in changes if event[0] == "Answer" and event[1] == "total_profit"][-1]
    kept = orjson.loads(stored.content)["figures"]["total_profit.month"][0]
    assert kept == f"{last[2].split()[0]}.00"


async def test_an_invitation_is_used_once_however_often_it_is_accepted(
    database: Database, api: BotApi, doors: Doors
) -> None:
    """Group D: fifty presses at two processes link one person once."""
    phone = api.phone("李")
    _, (number,) = await make_known(database, api.phone("张"), "张旧", SAMPLES[2])
    who, _ = await make_known(database, phone, "李会计")
    async with database.transaction() as tx:
        verified = (await people.person_of(tx, who)).phone
        await invitations.make(tx, number, verified, "token", by="telegram:1", at=START)
    invited = await Reporter(phone).do("/start token")
    await doors.post_all([doors.press(phone, button(invited, "接受邀请")) for _ in range(CROWD)])
    await settle(database)
    assert len(await rows(database, select(audit).where(audit.c.action == "invitation-used"))) == 1
    assert len(await rows(database, select(link).where(link.c.person_id == who))) == 1
