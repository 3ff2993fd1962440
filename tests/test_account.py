"""One person per verified number, and what becomes of somebody's data: shown, handed out, taken away for good."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import aiohttp
import orjson
import pytest
from sqlalchemy import func, select

from bot.app import application
from bot.settings import AdminChat, Settings
from dialogs import account, conversation
from dialogs.account import (
    AccountFound,
    ChangeNumber,
    ChangePhone,
    Close,
    CloseAccount,
    LookAtAccount,
    OtherNumber,
    SwitchAccount,
    SwitchTo,
    TakeNumber,
)
from dialogs.conversation import Contact
from dialogs.home import Facts
from dialogs.home import Person as Known
from dialogs.places import AtHome, Naming, Said, ShowPrivacy, Welcome
from dialogs.texts import LANGUAGES, write_out
from dialogs.turn import Home, Page
from storage import sign_in, tables
from storage.account import GONE
from storage.database import Database
from storage.sign_in import Challenge
from tests.crowd import Crowd, Hall, Person, crowd
from tests.product import (
    CLAIMING,
    CODE,
    CONTACT,
    FIGURES,
    LINKING,
    NAME,
    PATIENCE,
    START,
    TAKEN,
    faults,
    free_port,
    logged,
    prepare,
    rows,
    words,
)

PHONE, OTHER = "+8613912345678", "+8613787654321"
CANARY, COLLEAGUE = "欧阳金丝雀", "王同事"
ROUNDS = 6
NUMBERS = count(1)
OFFICE = AdminChat(chat=-100, scope="city", admins=(9,))


@pytest.fixture
async def ready(database: Database) -> Database:
    """Return a database with the sample enterprises."""
    await prepare(database)
    return database


@pytest.fixture
async def people(ready: Database) -> AsyncIterator[Crowd]:
    """Return the product, with an admin chat."""
    with logged() as log:
        async with crowd(ready, admin_chats=(OFFICE,)) as running:
            yield running
    assert faults(log) == []


async def join(who: Person, phone: str = PHONE, name: str = CANARY) -> str:
    """Verify a number and tell a name; return the last answer."""
    return await who.do("/start", f"{CONTACT} {phone}", name)


def masked(phone: str) -> str:
    """Return the number as people may see it."""
    return f"{phone[3:6]}******{phone[-2:]}"


# ---- one person, several devices


@pytest.mark.parametrize("second", ["telegram", "web"])
async def test_who_verifies_the_same_number_on_another_device_is_the_same_person(people: Crowd, second: str) -> None:
    first, other = people.at("telegram", "1"), people.at(second, "2")
    await join(first)
    await first.do(*LINKING, *CLAIMING, "[数据填报]", FIGURES[0])
    assert words("bound-back", name=CANARY) in await other.do("/start", f"{CONTACT} {PHONE}")
    assert NAME in await other.do("[关联企业]")
    opened = await other.do("/report")
    assert words("report-title", enterprise=NAME, title="", period="").split("】")[0] in opened
    # The draft is one: what is answered here is answered there.
    await other.do(FIGURES[1])
    here, there = await first.do("/report"), await other.do("/report")
    assert here == there
    assert FIGURES[2] not in here


async def test_a_new_device_is_told_to_the_others_and_an_old_one_is_not(people: Crowd) -> None:
    first, other, stranger = people.at("telegram", "1"), people.at("web", "2"), people.at("telegram", "3")
    await join(first)
    await join(stranger, OTHER, COLLEAGUE)
    assert stranger.news() == first.news() == ""
    await other.do("/start", f"{CONTACT} {PHONE}")
    told = first.news()
    assert told.startswith(words("told-new-device", channel=words("channel-web"), at="2021-02-05 10:00"))
    assert PHONE[3:] not in told
    await other.do(f"{CONTACT} {PHONE}")
    await first.do(f"{CONTACT} {PHONE}")
    assert (first.news(), other.news(), stranger.news()) == ("", "", "")


# ---- another number


async def test_another_number_is_asked_about_and_keeps_everything(people: Crowd, ready: Database) -> None:
    who, device = people.at("telegram", "1"), people.at("web", "2")
    await join(who)
    await join(device)
    await who.do(*LINKING, *CLAIMING, "[数据填报]", FIGURES[0])
    device.news()
    before = await who.do("/report")
    assert await who.do("/privacy", "[更换手机号]") == words("number-how")
    asked = await who.do(f"{CONTACT} {OTHER}")
    assert asked == words("number-other", phone=masked(OTHER), own=masked(PHONE))
    assert await rows(ready, select(tables.person.c.phone).where(tables.person.c.name == CANARY)) == [(PHONE,)]
    assert words("number-changed", phone=masked(OTHER)) in await who.do("[确认更换]")
    assert device.news().startswith(words("told-new-number", channel="Telegram", at="2021-02-05 10:00"))
    assert await rows(ready, select(tables.person.c.phone).where(tables.person.c.name == CANARY)) == [(OTHER,)]
    assert await who.do("/report") == before
    assert await device.do("/report") == before
    # The old number is nobody's now: whoever verifies it begins anew.
    assert words("bound") in await people.at("telegram", "3").do("/start", f"{CONTACT} {PHONE}")


async def test_a_number_that_has_an_account_leads_to_it_and_the_own_number_back(people: Crowd) -> None:
    mine, theirs = people.at("telegram", "1"), people.at("telegram", "2")
    await join(mine)
    await mine.do(*LINKING)
    await join(theirs, OTHER, COLLEAGUE)
    theirs.news()
    asked = await mine.do(f"{CONTACT} {OTHER}")
    assert asked == words("number-taken", phone=masked(OTHER), own=masked(PHONE))
    assert NAME in await mine.do("/cancel", "/enterprises"), "nothing has happened yet"
    await mine.do(f"{CONTACT} {OTHER}")
    assert words("bound-back", name=COLLEAGUE) in await mine.do("[切换到该号码的账户]")
    assert words("told-new-device", channel="Telegram", at="2021-02-05 10:00") in theirs.news()
    assert await mine.do("/enterprises") == words("enterprises-none")
    await mine.do(f"{CONTACT} {PHONE}", "[切换到该号码的账户]")
    assert NAME in await mine.do("/enterprises")


async def test_a_number_is_not_taken_by_an_old_button_or_by_typing(people: Crowd) -> None:
    who = people.at("telegram", "1")
    await join(who)
    await who.do(f"{CONTACT} {OTHER}", "/cancel")
    assert words("button-old") in await who.do("[确认更换]")
    await who.do("/privacy", "[更换手机号]")
    for typed in (OTHER, f"我的号码是 {OTHER}", "确认更换", "[no such button]"[1:-1]):
        await who.do(typed)
    assert masked(PHONE) in await who.do("/privacy")


async def test_a_taken_number_that_was_given_up_meanwhile_is_asked_about_again(people: Crowd) -> None:
    mine, theirs = people.at("telegram", "1"), people.at("telegram", "2")
    await join(mine)
    await join(theirs, OTHER, COLLEAGUE)
    await mine.do(f"{CONTACT} {OTHER}")
    await theirs.do("/privacy", "[注销账户]", "[确认注销]")
    again = words("number-other", phone=masked(OTHER), own=masked(PHONE))
    assert await mine.do("[切换到该号码的账户]") == again
    await join(theirs, OTHER, COLLEAGUE)
    taken = words("number-taken", phone=masked(OTHER), own=masked(PHONE))
    assert await mine.do("[确认更换]") == taken


@pytest.mark.parametrize("known", [(), (0,), (0, 1)], ids=["two come", "one comes, one changes", "two change"])
async def test_of_two_who_take_a_number_at_once_nobody_sees_an_error(ready: Database, known: Sequence[int]) -> None:
    """Group D: two processes, the unique index decides; both have shown that the number is theirs."""
    halls = [Hall("telegram"), Hall("web")]
    with logged() as log:
        async with crowd(ready, halls=halls) as one, crowd(ready, halls=halls) as two:
            for turn in range(ROUNDS):
                wanted = f"+86137000000{turn:02d}"
                pair = [process.at("telegram", f"{turn}{number}") for number, process in enumerate((one, two))]
                for number, who in enumerate(pair):
                    if number in known:
                        await join(who, f"+86136000{turn:02d}{number:03d}")
                        await who.do(f"{CONTACT} {wanted}")
                lines = ["[确认更换]" if number in known else f"{CONTACT} {wanted}" for number in (0, 1)]
                answers = await asyncio.gather(*(who.do(line) for who, line in zip(pair, lines, strict=True)))
                assert words("set-aside") not in answers
                assert all(answers)
                found = await rows(ready, select(func.count()).where(tables.person.c.phone == wanted))
                assert found == [(1,)]
                lost = [who for who, answer in zip(pair, answers, strict=True) if masked(wanted) in answer]
                assert len(lost) == len(known)
    assert faults(log) == []


# ---- shown and handed out


async def test_privacy_shows_what_is_stored_and_no_more_of_the_number_than_needed(people: Crowd) -> None:
    who = people.at("telegram", "1")
    await join(who)
    await join(people.at("web", "2"))
    await who.do(*LINKING, *CLAIMING)
    shown = await who.do("/privacy")
    for line in (
        words("privacy"),
        words("privacy-phone", phone=masked(PHONE)),
        words("privacy-name", name=CANARY),
        words("privacy-since", day="2021-02-05"),
        words("privacy-account", channel="Telegram", count=1),
        words("privacy-account", channel=words("channel-web"), count=1),
        words("privacy-enterprises", links=1, seats=1),
        words("privacy-kept", received=30, sent=90),
    ):
        assert line in shown
    assert PHONE[3:] not in shown


async def test_somebody_who_has_told_no_name_yet_can_look_and_leave(people: Crowd, ready: Database) -> None:
    who = people.at("telegram", "1")
    await who.do("/start", f"{CONTACT} {PHONE}")
    assert words("privacy-name", name=words("privacy-nothing")) in await who.do("/privacy")
    assert await who.do("[注销账户]", "[确认注销]") == words("account-closed")
    assert PHONE[3:] not in await everything(ready)


async def test_a_name_can_be_changed_and_left_as_it_is(people: Crowd) -> None:
    who = people.at("telegram", "1")
    await join(who)
    assert await who.do("/privacy", "[修改姓名]") == words("ask-name")
    assert words("home") in await who.do("取消")
    assert words("name-unread") in await who.do("/privacy", "[修改姓名]", "12345")
    assert words("name-set", name="欧阳新") in await who.do("欧阳新")
    assert words("privacy-name", name="欧阳新") in await who.do("/privacy")


async def test_the_export_has_everything_of_the_person_and_nothing_of_others(people: Crowd) -> None:
    who, other = people.at("telegram", "1"), people.at("telegram", "2")
    await join(who)
    await join(other, OTHER, COLLEAGUE)
    for one in (who, other):
        await one.do(*LINKING)
    await who.do(*CLAIMING, "[数据填报]", "4711 4711 4711 4711", "/privacy", "[导出我的信息]")
    file = who.hall.files["1"]
    found = orjson.loads(file)
    assert found["person"] | {"created_at": ""} == {"phone": PHONE, "name": CANARY, "created_at": ""}
    assert [(one["channel"], one["user"]) for one in found["accounts"]] == [("telegram", "1")]
    for part in ("enterprises", "seats"):
        assert [(one["enterprise_code"], one["enterprise_name"]) for one in found[part]] == [(CODE, NAME)]
    done = {one["action"] for one in found["actions"]}
    assert {"phone-verified", "name-set", "linked", "seat-taken", "report"} <= done
    assert found["messages_sent"][0]["kept"] > 0
    for strange in (OTHER[3:], COLLEAGUE, "4711", "detail_of"):
        assert strange.encode() not in file


# ---- taken away


async def everything(database: Database) -> str:
    """Return all rows of all tables, as one text."""
    parts = []
    for table in tables.metadata.sorted_tables:
        for row in await rows(database, select(table)):
            values = (value.decode(errors="replace") if isinstance(value, bytes) else value for value in row)
            parts.append(f"{table.name}: {' | '.join(map(str, values))}")
    return "\n".join(parts)


async def test_nothing_of_a_closed_account_names_the_person(people: Crowd, ready: Database) -> None:
    who, device, colleague = people.at("telegram", "1"), people.at("web", "2"), people.at("telegram", "3")
    office = people.at("telegram", "-100")
    await join(who)
    await join(device)
    await join(colleague, OTHER, COLLEAGUE)
    await who.do("[关联企业]", "[增加关联企业]", CODE, "不对", "不对")
    await who.do(*LINKING, *CLAIMING, "[数据填报]", FIGURES[0])
    for one in (colleague, who):
        await one.do("[关联企业]" if one is colleague else "/enterprises", *LINKING[1:2], *TAKEN[:3], *LINKING[5:])
    await colleague.do("/enterprises", "[增加关联企业]", *LINKING[2:])
    assert CANARY in await colleague.do("[申请填报员]")
    assert CANARY in office.news()
    await office.do(f"/find {PHONE[3:]} {CANARY}")
    await device.do("/privacy", "[导出我的信息]")
    known = await person(ready, PHONE)
    async with ready.transaction() as tx:
        await sign_in.put_code(tx, "another browser", Challenge(PHONE, "0" * 64), START)
        row = {"token_hash": "1" * 64, "enterprise_id": 1, "phone": PHONE, "made_by": "telegram:9"}
        await tx.run(tables.invitation.insert(), row | {"made_at": START, "expires_at": START})
        row = {"kind": "return", "subject": "a", "district": "浦东", "person_id": known}
        row |= {"detail": orjson.dumps({"name": CANARY}).decode(), "state": "open", "asked_at": START}
        await tx.run(tables.request.insert(), row)
    others = await untouched(ready)
    before = await everything(ready)
    assert {line.partition(":")[0] for line in before.splitlines() if CANARY in line or PHONE[3:] in line} == {
        *("person", "inbox", "outbox", "sign_in", "invitation", "request")
    }

    shown = await who.do("/privacy", "[注销账户]")
    assert words("closing-seats", enterprises=NAME) in shown
    assert await who.do("[确认注销]") == words("account-closed")

    after = await everything(ready)
    named = [line for line in after.splitlines() if CANARY in line or PHONE[3:] in line]
    assert named == []
    assert await untouched(ready) == others
    assert device.news().startswith(words("told-closed", channel="Telegram", at="2021-02-05 10:00"))
    assert office.news() == words("told-reporter-left", enterprise=NAME, code=CODE)
    assert words("claim-sure", enterprise=NAME) in await colleague.do("/enterprises", "[2. 申请填报员]")
    states = await rows(ready, select(tables.request.c.state).where(tables.request.c.subject == "a"))
    assert states == [("withdrawn",)]
    (closing,) = await rows(ready, select(tables.audit).where(tables.audit.c.action == "account-closed"))
    assert closing.detail == "{}"


async def person(database: Database, phone: str) -> int:
    """Return the id of who has a number."""
    ((number,),) = await rows(database, select(tables.person.c.id).where(tables.person.c.phone == phone))
    return int(number)


async def untouched(database: Database) -> list[list[str]]:
    """Return what closing an account must leave as it is: reports, the record of what was done, everybody else."""
    inbox, outbox = tables.inbox, tables.outbox
    others = select(tables.person.c.id).where(tables.person.c.phone != PHONE)
    spoken = select(inbox.c.payload).where(inbox.c.chat.not_in(("1", "2")), inbox.c.payload != "")
    heard = select(outbox.c.body).where(outbox.c.chat == "3")
    statements = (
        *(select(table) for table in (tables.report, tables.submission, tables.enterprise, tables.comparison)),
        select(tables.audit).where(tables.audit.c.action != "account-closed"),
        select(tables.person).where(tables.person.c.id.in_(others)),
        *(select(table).where(table.c.person_id.in_(others)) for table in (tables.account, tables.link, tables.seat)),
        spoken.where(~inbox.c.payload.contains(CANARY)),
    )
    found = [sorted(map(str, await rows(database, statement))) for statement in statements]
    return [*found, sorted(body.replace(CANARY, GONE) for (body,) in await rows(database, heard))]


async def test_who_closes_on_one_device_is_nobody_on_the_other_within_the_same_transaction(
    people: Crowd, ready: Database
) -> None:
    who, device = people.at("telegram", "1"), people.at("web", "2")
    await join(who)
    await join(device)
    await who.do("/privacy", "[注销账户]")
    device.news()
    closing, twice = who.means("[确认注销]"), who.means("[确认注销]")
    await people.take(
        device.means(f"{CONTACT} {PHONE}"), closing, device.means("/enterprises"), twice, device.means("我")
    )
    told = device.news()
    assert words("told-closed", channel="Telegram", at="2021-02-05 10:00") in told
    assert told.count(words("welcome")) == 2
    assert CANARY not in told
    assert [line for line in (await everything(ready)).splitlines() if CANARY in line or PHONE[3:] in line] == []
    assert len(await rows(ready, select(tables.audit).where(tables.audit.c.action == "account-closed"))) == 1
    # An update that comes again is known, though what it said is gone.
    count = len(await rows(ready, select(tables.inbox)))
    await people.take(closing)
    assert len(await rows(ready, select(tables.inbox))) == count


@pytest.mark.parametrize("doing", ["linking", "taking the seat", "telling another name"])
async def test_what_another_device_does_while_the_account_is_closed_is_done_before_or_not_at_all(
    ready: Database, doing: str
) -> None:
    """Group D: two processes; whoever is second finds nobody there, and nothing stays behind."""
    steps = {
        "linking": LINKING,
        "taking the seat": (*LINKING, *CLAIMING),
        "telling another name": ("/privacy", "[修改姓名]", CANARY),
    }
    halls = [Hall("telegram"), Hall("web")]
    with logged() as log:
        async with crowd(ready, halls=halls) as one, crowd(ready, halls=halls) as two:
            for turn in range(ROUNDS):
                who, device = one.at("telegram", f"1{turn}"), two.at("web", f"2{turn}")
                await join(who)
                await join(device)
                *before, last = steps[doing]
                await device.do(*before)
                await who.do("/privacy", "[注销账户]")
                closing = asyncio.create_task(who.do("[确认注销]"))
                await asyncio.sleep(0.004 * turn)
                assert words("set-aside") not in await device.do(last)
                assert words("account-closed") in await closing
    assert faults(log) == []
    seats, links = tables.seat, tables.link
    gone = select(tables.person.c.id).where(tables.person.c.phone.is_(None))
    assert len(await rows(ready, gone)) == ROUNDS
    assert await rows(ready, select(seats).where(seats.c.until.is_(None), seats.c.person_id.in_(gone))) == []
    assert await rows(ready, select(links).where(links.c.until.is_(None), links.c.person_id.in_(gone))) == []
    # What somebody unknown says afterwards is in the inbox, and nowhere else.
    named = [line for line in (await everything(ready)).splitlines() if CANARY in line or PHONE[3:] in line]
    assert {line.partition(":")[0] for line in named} <= {"inbox"}


async def test_who_comes_back_begins_anew_and_old_buttons_lead_nowhere(people: Crowd, ready: Database) -> None:
    who = people.at("telegram", "1")
    await join(who)
    await who.do(*LINKING, *CLAIMING)
    await who.do("/privacy", "[注销账户]", "[确认注销]")
    assert words("privacy") in await who.do("[数据填报]")
    assert words("privacy") in await who.do("/privacy")
    assert words("bound") in await who.do("/start", f"{CONTACT} {PHONE}")
    await who.do(CANARY)
    assert await who.do("/enterprises") == words("enterprises-none")
    ended = await rows(
        ready, select(tables.seat.c.until, tables.link.c.until).join(tables.link).order_by(tables.seat.c.id)
    )
    assert ended[-1] == (START, START)
    assert words("claim-done", enterprise=NAME) in await who.do(*LINKING, *CLAIMING)


class Browser:
    """A browser at the local web chat."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        """Take a session with cookies."""
        self._session, self._base, self._own = session, base, {"Origin": base}

    async def post(self, path: str, **form: str) -> dict[str, str]:
        """Send a form of the page."""
        async with self._session.post(f"{self._base}/chat/{path}", json=form, headers=self._own) as answer:
            assert answer.status == 200
            found: dict[str, str] = await answer.json()
            return found

    async def verify(self, phone: str) -> None:
        """Verify a number with the code that the local mode shows."""
        await self.post("verify", phone=phone, code=(await self.post("code", phone=phone))["code"])

    async def history(self) -> list[dict[str, Any]]:
        """Open the page anew, and return what it shows: own messages and ours, oldest first."""
        shown = []
        async with self._session.ws_connect(f"{self._base}/chat/ws", headers=self._own) as socket:
            await socket.send_json({"since": 0})
            while not (frame := await socket.receive_json(timeout=PATIENCE)).get("ready"):
                shown.append(frame.get("message") or frame.get("own"))
        return shown

    async def do(self, line: str) -> str:
        """Say something or press `[a button]`; return the newest answer."""
        said: dict[str, str] = {"text": line}
        before = await self.history()
        if line.startswith("["):
            buttons = [button for one in before for row in one.get("rows", ()) for button in row]
            said = {"press": next(one["data"] for one in reversed(buttons) if one["label"] == line[1:-1])}
        async with self._session.ws_connect(f"{self._base}/chat/ws", headers=self._own) as socket:
            await socket.send_json({"since": 0})
            await socket.send_json({"id": f"said-{next(NUMBERS)}", **said})
            while "ack" not in await socket.receive_json(timeout=PATIENCE):
                pass
        return str((await self.history())[-1]["text"])


async def test_the_web_chat_takes_another_number_by_its_form_and_is_empty_after_closing(
    ready: Database, database_url: str
) -> None:
    settings = Settings(database_url=database_url, http_port=free_port(), clock_start=START)
    jar = aiohttp.CookieJar(unsafe=True)
    async with application(settings, local=True), aiohttp.ClientSession(cookie_jar=jar) as session:
        browser = Browser(session, f"http://127.0.0.1:{settings.http_port}")
        await session.get(f"http://127.0.0.1:{settings.http_port}/")
        await browser.do("/start")
        await browser.verify(PHONE)
        await browser.do(CANARY)
        await browser.do("/privacy")
        await browser.do("[更换手机号]")
        await browser.verify(OTHER)
        assert masked(OTHER) in await browser.do("[确认更换]")
        assert words("privacy-phone", phone=masked(OTHER)) in await browser.do("/privacy")
        await browser.do("[注销账户]")
        assert len(await browser.history()) > 10
        assert await browser.do("[确认注销]") == words("account-closed")
        assert [shown["text"] for shown in await browser.history()] == [words("account-closed")]
        assert words("privacy") in await browser.do("/start")
    named = [line for line in (await everything(ready)).splitlines() if CANARY in line or OTHER[3:] in line]
    assert named == []


# ---- as plain values


NOW = Facts(START, Known(7, CANARY))
OLD = int((START - account.NUMBER_GOOD_FOR - timedelta(seconds=1)).timestamp())
FRESH = int((START - account.NUMBER_GOOD_FOR).timestamp())


def test_a_number_is_taken_only_soon_after_it_was_verified() -> None:
    for event, effect in ((TakeNumber, ChangeNumber), (SwitchTo, SwitchAccount)):
        assert conversation.step(AtHome(), event(OTHER, FRESH), NOW).effects == (effect(OTHER),)
        late = conversation.step(AtHome(), event(OTHER, OLD), NOW)
        assert late.refused
        assert late.effects == ()
        assert late.pages[0].ask_contact


def test_what_takes_a_number_or_closes_works_on_the_newest_page_only() -> None:
    for brought in (OtherNumber(OTHER, PHONE, taken=True), OtherNumber(OTHER, PHONE, taken=False), found(closing=True)):
        (page,) = conversation.step(AtHome(), brought, NOW).pages
        ((sure,), (cancel,)) = page.rows
        assert sure.changes
        assert cancel.event == Home()


def test_closing_is_asked_once_more() -> None:
    assert conversation.step(AtHome(), Close(), NOW).effects == (LookAtAccount(closing=True),)
    turn = conversation.step(AtHome(), Close(1), NOW)
    assert (turn.state, turn.effects) == (Welcome(), (CloseAccount(),))


@pytest.mark.parametrize("event", [ChangePhone(), Close(), Close(1), TakeNumber(OTHER, FRESH), SwitchTo(OTHER, FRESH)])
def test_a_stranger_is_welcomed_whatever_is_pressed(event: Any) -> None:
    turn = conversation.step(Welcome(), event, Facts(START))
    assert turn.effects == ()
    assert turn.pages == (conversation.page_of(Welcome(), Facts(START)),)


def test_only_a_contact_verifies_a_number() -> None:
    for state in (AtHome(), Naming()):
        for typed in (PHONE, "确认更换", "切换到该号码的账户"):
            turn = conversation.step(state, Said(typed), NOW)
            assert not [
                one for one in turn.effects if isinstance(one, ChangeNumber | SwitchAccount | conversation.BindPhone)
            ]
    assert conversation.step(AtHome(), Contact(PHONE), NOW).effects == (conversation.BindPhone(PHONE),)


def found(*, closing: bool = False) -> AccountFound:
    """Return what is found of somebody."""
    return AccountFound(PHONE, CANARY, START, {"telegram": 2, "web": 1, "pigeon": 1}, (), (30, 90), closing)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_shows_a_whole_number(language: str) -> None:
    events = (
        found(),
        found(closing=True),
        OtherNumber(OTHER, PHONE, taken=True),
        OtherNumber(OTHER, PHONE, taken=False),
    )
    for event in (*events, account.NumberChanged(OTHER), ShowPrivacy(), ChangePhone()):
        for page in conversation.step(AtHome(), event, NOW).pages:
            shown = written(page, language)
            assert PHONE[3:] not in shown
            assert OTHER[3:] not in shown


def written(page: Page, language: str) -> str:
    """Return all that a page says."""
    labels = (write_out(button.label, language) for row in page.rows for button in row)
    return "\n".join((*(write_out(line, language) for line in page.lines), *labels))
