"""The seat on both databases, over the emulator: handed over within a draft, offered, agreed to by an office."""

from datetime import timedelta

import orjson
import pytest
from sqlalchemy import select, update

from storage import invitations
from storage.database import Database
from storage.tables import audit, invitation, link, report, request, seat
from tests.botapi import BotApi, Phone
from tests.offices import District, toast
from tests.product import (
    CODE,
    CONTACT,
    LINKING,
    NAME,
    PATIENCE,
    SAMPLES,
    START,
    TAKEN,
    Reporter,
    become_reporter,
    later,
    make_known,
    product,
    rows,
    settings_for,
    settle,
    words,
)

TOKEN = "an-invitation-of-at-least-128-bits"  # noqa: S105 -- opens nothing but a test


async def holders(database: Database, enterprise: int) -> list[int]:
    """Return who holds the seat of an enterprise."""
    active = select(seat.c.person_id).where(seat.c.enterprise_id == enterprise, seat.c.until.is_(None))
    return [row.person_id for row in await rows(database, active)]


async def figures(database: Database) -> dict[str, str]:
    """Return the figures of the only report there is."""
    (stored,) = await rows(database, select(report.c.content))
    return {cell: entered[0] for cell, entered in orjson.loads(stored.content)["figures"].items()}


# ---- 填报人更换


async def test_a_transfer_in_the_middle_of_a_draft(database: Database, database_url: str, api: BotApi) -> None:
    """The new reporter goes on at the same item; what the old one types a second later is stored nowhere."""
    async with product(settings_for(database_url, api)):
        old, new = api.phone("李"), Reporter(api.phone("张"))
        free = SAMPLES[2]
        new_id, (number,) = await make_known(database, new.phone, "张新", free)
        reporter = await become_reporter(old)
        asked = await reporter.walk("[数据填报]", "12 12 12 2", "21")
        assert "利润总额" in asked.text
        tablet = Reporter(old.twin())
        offered = await tablet.walk("关联企业", "[1. 更多]", "[填报人更换]")
        assert "张新　+86" not in offered.text
        sure = await tablet.do(offered.buttons[0]["text"].join("[]"))
        assert sure.text.startswith(f"确定把“{NAME}”的填报员更换为 张新（")
        await tablet.do("[确定更换]")
        assert await holders(database, number) == [new_id]
        before = await figures(database)

        (told,) = await new.phone.wait(1, PATIENCE)
        assert told.text == words("transfer-yours", enterprise=NAME)
        late = await reporter.do("99")  # the page with the question is still on the old one's screen
        assert "99" not in late.text
        assert await figures(database) == before
        assert [await reporter.do(step) for step in ("[说明]", "数据填报")]
        assert words("cannot-open-seat") in reporter.answers[-1]

        page = await new.do("[数据填报]")
        assert "利润总额" in page.text
        assert "已填：本月值 21.00" in page.text
        await new.do("0 21 1")
        assert (await figures(database))["total_profit.month_last_year"] == "0.00"
        await settle(database)
    done = await rows(database, select(audit.c.detail).where(audit.c.action == "seat-transferred"))
    assert [orjson.loads(row.detail) for row in done] == [{"from": new_id + 1, "to": new_id}]


async def test_an_answer_of_the_former_reporter_that_waits_is_refused_kindly(
    database: Database, database_url: str, api: BotApi
) -> None:
    """The figure is typed to the question itself, while the seat is somebody else's already."""
    async with product(settings_for(database_url, api)):
        other = api.phone("张")
        await make_known(database, other, "张新", SAMPLES[2])
        reporter = await become_reporter(api.phone("李"))
        await reporter.walk("[数据填报]", "12 12 12 2")
        async with database.transaction() as tx:
            (row,) = (
                await tx.run(select(seat).where(seat.c.until.is_(None)).order_by(seat.c.id.desc()).limit(1))
            ).all()
            await tx.run(update(seat).where(seat.c.id == row.id).values(until=later(60)))
        before = await figures(database)
        answer = await reporter.do("21 0 21 1")
        assert answer.text.startswith(words("seat-lost"))
        assert await figures(database) == before


async def test_nobody_to_hand_over_to(database_url: str, api: BotApi) -> None:
    async with product(settings_for(database_url, api)):
        reporter = await become_reporter(api.phone("李"))
        answer = await reporter.walk("关联企业", "[1. 更多]", "[填报人更换]")
        assert answer.text == words("transfer-nobody", enterprise=NAME)


async def test_an_associate_who_has_left_by_then(database: Database, database_url: str, api: BotApi) -> None:
    async with product(settings_for(database_url, api)):
        other, reporter = Reporter(api.phone("张")), Reporter(api.phone("李"))
        await make_known(database, other.phone, "张新", SAMPLES[2])
        me, (number,) = await make_known(database, reporter.phone, "李会计", SAMPLES[2], reports=True)
        offered = await reporter.walk("关联企业", "[1. 更多]", "[填报人更换]")
        await reporter.do(offered.buttons[0]["text"].join("[]"))
        gone = await other.walk("关联企业", "[1. 更多]", "[取消关联]", "[确定取消]")
        assert words("unlinked", enterprise=NAME) in gone.text
        answer = await reporter.do("[确定更换]")
        assert answer.text == words("transfer-nobody", enterprise=NAME)
        assert await holders(database, number) == [me]


# ---- 取消关联


async def test_the_reporter_stays_linked_until_the_seat_is_handed_over(
    database: Database, database_url: str, api: BotApi
) -> None:
    async with product(settings_for(database_url, api)):
        reporter = Reporter(api.phone("李"))
        await make_known(database, reporter.phone, "李会计", SAMPLES[2], reports=True)
        card = await reporter.walk("关联企业", "[1. 更多]")
        assert "取消关联" not in [button["text"] for button in card.buttons]


async def test_who_unlinked_can_link_again(database: Database, database_url: str, api: BotApi) -> None:
    async with product(settings_for(database_url, api)):
        reporter = Reporter(api.phone("李"))
        who, _ = await make_known(database, reporter.phone, "李会计", SAMPLES[2])
        await reporter.walk("关联企业", "[1. 更多]", "[取消关联]", "[确定取消]")
        assert words("enterprises-none") in (await reporter.do("关联企业")).text
        linked = await reporter.walk("[增加关联企业]", *LINKING[2:])
        assert linked.text == words("linked", enterprise=NAME)
    (row,) = await rows(database, select(link).where(link.c.person_id == who))
    assert row.until is None


# ---- invitations


async def invite(database: Database, phone: Phone, enterprise: int = 1, token: str = TOKEN) -> None:
    """Make an invitation for the number of a phone."""
    async with database.transaction() as tx:
        verified = f"+{phone.account.phone.removeprefix('+')}"
        await invitations.make(tx, enterprise, verified, token, by="telegram:1", at=START)


async def test_an_invitation_takes_two_presses(database: Database, database_url: str, api: BotApi) -> None:
    async with product(settings_for(database_url, api)):
        one, colleague = Reporter(api.phone("张")), Reporter(api.phone("李"))
        _, (number,) = await make_known(database, one.phone, "张旧", SAMPLES[2])
        await invite(database, colleague.phone, number)
        await colleague.walk(f"/start {TOKEN}", CONTACT, "李会计")
        shown = (await colleague.phone.wait(1, PATIENCE))[0]
        assert shown.text == words("invited", enterprise=NAME)
        sure = await colleague.do("[接受邀请]")
        assert sure.text == words("claim-sure", enterprise=NAME)
        done = await colleague.do("[确定]")
        assert done.text == words("claim-done", enterprise=NAME)
        again = await colleague.do(f"/start {TOKEN}")
        assert words("invitation-dead") in again.text


@pytest.mark.parametrize("fault", ["somebody else's", "expired", "unknown", "used"])
async def test_an_invitation_that_is_none_says_nothing_of_the_enterprise(
    database: Database, database_url: str, api: BotApi, fault: str
) -> None:
    async with product(settings_for(database_url, api)):
        reporter, other = Reporter(api.phone("李")), api.phone("张")
        await make_known(database, reporter.phone, "李会计")
        if fault != "unknown":
            await invite(database, other if fault == "somebody else's" else reporter.phone)
        async with database.transaction() as tx:
            if fault == "expired":
                await tx.run(update(invitation).values(expires_at=START - timedelta(days=1)))
            if fault == "used":
                await tx.run(update(invitation).values(used_at=START))
        answer = await reporter.do(f"/start {TOKEN}")
        assert answer.text.startswith(words("invitation-dead"))
        assert TAKEN[1] not in answer.text


async def test_an_invitation_to_a_taken_seat_links_and_names_the_reporter(
    database: Database, database_url: str, api: BotApi
) -> None:
    async with product(settings_for(database_url, api)):
        reporter = Reporter(api.phone("李"))
        await make_known(database, reporter.phone, "李会计")
        await invite(database, reporter.phone)
        answer = await reporter.walk(f"/start {TOKEN}", "[接受邀请]")
        assert words("claim-taken", reporter=TAKEN[3]) in answer.text


# ---- what an office must agree to


async def test_links_and_claims_wait_for_the_office_where_the_deployment_wants_it(
    database: Database, database_url: str, api: BotApi
) -> None:
    office, other = District(api, "浦东"), District(api, "徐汇")
    chats = (office.setting, other.setting)
    async with product(settings_for(database_url, api, admin_chats=chats, claim_approval=True)):
        reporter = Reporter(api.phone("李"))
        asked = await reporter.walk("/start", CONTACT, "李会计", *LINKING)
        assert words("link-asked", enterprise=NAME) in asked.text
        assert not await rows(database, select(link).where(link.c.person_id > len(("王芳", "陈建国"))))

        (shown,) = await office.administrator.wait(1, PATIENCE)
        assert f"新的企业关联：{NAME}（{CODE}）" in shown.text
        assert "李会计" in shown.text
        assert reporter.phone.account.phone[-8:] not in shown.text
        for phone, notice in ((office.viewer, "office-may-not"), (office.stranger, "office-not-yours")):
            press = await phone.press("通过")
            await settle(database, api)
            assert toast(api, press) == words(notice)
        assert (await rows(database, select(request.c.state))) == [("open",)]

        await office.administrator.press("通过")
        (told,) = await reporter.phone.wait(1, PATIENCE)
        assert told.text == words("granted-link", enterprise=NAME)
        waits = await reporter.walk("[申请填报员]", "[确定]")
        assert words("claim-asked", enterprise=NAME) in waits.text
        assert (await reporter.walk("[关联企业]", "[1. 申请填报员]", "[确定]")).text == waits.text
        await office.administrator.wait("新的填报员", PATIENCE)
        await office.administrator.press("拒绝")
        (told,) = await reporter.phone.wait(1, PATIENCE)
        assert told.text == words("refused-seat", enterprise=NAME)
        await settle(database, api)
        assert await other.administrator.quiet() == []
    assert await rows(database, select(request.c.kind, request.c.state).order_by(request.c.id)) == [
        ("link", "granted"),
        ("seat", "refused"),
    ]
    done = select(audit.c.action, audit.c.actor).where(audit.c.actor.is_not(None)).order_by(audit.c.id)
    actor = f"telegram:{office.administrator.account.id}"
    assert await rows(database, done) == [("link-granted", actor), ("seat-refused", actor)]


async def test_the_office_is_told_where_it_is_not_asked(database_url: str, api: BotApi) -> None:
    office = District(api, "浦东")
    async with product(settings_for(database_url, api, admin_chats=(office.setting,))):
        await become_reporter(api.phone("李"))
        first, second = await office.administrator.wait(2, PATIENCE)
        assert words("office-told") in first.text
        assert "新的企业关联" in first.text
        assert "新的填报员" in second.text
        assert not first.buttons


async def test_a_person_whose_number_is_the_registered_one_is_nobody_s_concern(
    database: Database, database_url: str, api: BotApi
) -> None:
    office = District(api, "浦东")
    async with product(settings_for(database_url, api, admin_chats=(office.setting,), claim_approval=True)):
        from storage.tables import registry  # noqa: PLC0415

        phone = api.phone("李")
        async with database.transaction() as tx:
            number = phone.account.phone.removeprefix("+").removeprefix("86")
            await tx.run(update(registry).where(registry.c.code == CODE).values(phone=number))
        reporter = await become_reporter(phone)
        assert words("claim-done", enterprise=NAME) in reporter.answers[-1]
        await settle(database, api)
        assert await office.administrator.quiet() == []
