"""The admin chat over the emulator, on both databases: orders within the scope, previews, and what reporters get."""

import orjson
import pytest
from sqlalchemy import select

from storage.database import Database
from storage.tables import audit, outbox, report, return_, submission
from tests.botapi import BotApi
from tests.offices import District, toast
from tests.product import (
    CODE,
    NAME,
    PATIENCE,
    START,
    TAKEN,
    become_reporter,
    product,
    rows,
    settings_for,
    settle,
    until,
    words,
)

REASON = "与上月不衔接"


async def test_return_notice_correction_second_revision(database: Database, database_url: str, api: BotApi) -> None:
    """From the notice to the corrected item it takes three actions at most; both revisions are kept."""
    office = District(api, "浦东")
    async with product(settings_for(database_url, api, admin_chats=(office.setting,))):
        reporter = await become_reporter(api.phone("李"))
        await reporter.fill()
        await reporter.submit()
        await settle(database, api)
        office.administrator.news()
        await office.administrator.send(f"/return {CODE} 2021-01 2 {REASON}")
        (preview,) = await office.administrator.wait(1, PATIENCE)
        assert "请核对：利润总额" in preview.text
        assert words("returned-reason", reason=REASON) in preview.text
        assert words("office-will-tell", reporter="李会计") in preview.text
        for phone, why in ((office.viewer, "office-may-not"), (office.stranger, "office-not-yours")):
            press = await phone.press("确认退回")
            await settle(database, api)
            assert toast(api, press) == words(why)

        reporter.phone.news()
        await office.administrator.press("确认退回")
        (notice,) = await reporter.phone.wait(1, PATIENCE)
        assert notice.text.splitlines() == [
            words("returned", enterprise=NAME, period="2021-01"),
            words("returned-reason", reason=REASON),
            words("returned-items", items="利润总额"),
        ]
        asked = await reporter.do("[修改]")
        assert "利润总额" in asked.text
        assert words("flagged", reason=REASON) in asked.text
        review = await reporter.do("11 0 11 1")
        review = await reporter.explain() if words("finding-soft") in review.text else review
        assert words("review-ready") in review.text
        receipt = await reporter.submit()
        assert "（第 2 版）" in receipt.text
        await settle(database)
        # Both sides can see what became of it.
        change = "「利润总额」本月值：21.00 → 11.00（万元）"
        theirs = await reporter.walk("填报列表", "[1月 已提交]", "[与上一版的变化]")
        assert change in theirs.text
        office.administrator.news()
        await office.administrator.send(f"/view {CODE} 2021-01")
        await office.administrator.wait(1, PATIENCE)
        await office.administrator.press("与上一版的变化")
        (ours,) = await office.administrator.wait(1, PATIENCE)
        assert change in ours.text
        assert REASON in ours.text
    stored = await rows(database, select(submission.c.revision, submission.c.content).order_by(submission.c.revision))
    profits = [orjson.loads(row.content)["figures"]["total_profit.month"] for row in stored]
    assert [(row.revision, profit) for row, profit in zip(stored, profits, strict=True)] == [(1, "21.00"), (2, "11.00")]
    (back,) = await rows(database, select(return_))
    actor = f"telegram:{office.administrator.account.id}"
    assert (back.reason, orjson.loads(back.items), back.returned_by) == (REASON, ["total_profit"], actor)
    (done,) = await rows(database, select(audit).where(audit.c.action == "returned"))
    assert (done.actor, done.chat, done.period) == (actor, f"telegram:{office.group.id}", "2021-01")


async def test_the_reason_is_asked_for_and_given_by_a_reply(database: Database, database_url: str, api: BotApi) -> None:
    office = District(api, "city")
    async with product(settings_for(database_url, api, admin_chats=(office.setting,))):
        reporter = await become_reporter(api.phone("李"))
        await reporter.fill()
        await reporter.submit()
        await settle(database, api)
        office.administrator.news()
        await office.administrator.send(f"/return {NAME} 上月")
        (asked,) = await office.administrator.wait(1, PATIENCE)
        assert words("office-ask-reason") in asked.text
        await office.administrator.send(REASON, reply_to=asked.message["message_id"])
        (preview,) = await office.administrator.wait(1, PATIENCE)
        assert words("returned-reason", reason=REASON) in preview.text


@pytest.mark.parametrize("named", [TAKEN[0], TAKEN[1], "云雀", "yq"])
async def test_another_district_s_enterprise_does_not_exist(
    database: Database, database_url: str, api: BotApi, named: str
) -> None:
    """The same words as for one that nobody has ever heard of."""
    office = District(api, "徐汇")
    async with product(settings_for(database_url, api, admin_chats=(office.setting,))):
        for query in (named, "91310000MA1FL0LJ47", "没有这家"):
            await office.administrator.send(f"/return {query} 2021-01 1 {REASON}")
            (answer,) = await office.administrator.wait(1, PATIENCE)
            assert answer.text == words("office-no-enterprise")
    assert await rows(database, select(report)) == []


async def test_a_group_that_is_no_admin_chat_is_left_without_a_word(
    database: Database, database_url: str, api: BotApi
) -> None:
    office = District(api, "浦东")
    elsewhere = api.group("别的群")
    async with product(settings_for(database_url, api, admin_chats=(office.setting,))):
        await office.administrator.inside(elsewhere).send("/help")
        await settle(database, api)
        assert api.called("leaveChat")
        assert [call for call in api.called("sendMessage") if call.parameters["chat_id"] == elsewhere.id] == []


async def test_who_speaks_in_the_name_of_the_group_is_nobody(
    database: Database, database_url: str, api: BotApi
) -> None:
    office = District(api, "浦东")
    async with product(settings_for(database_url, api, admin_chats=(office.setting,))):
        ghost = office.administrator.inside(office.group, anonymous=True)
        await ghost.send("/help")
        await office.stranger.send("/help")
        await settle(database, api)
        assert await office.administrator.quiet() == []


async def test_a_returned_report_can_be_corrected_when_its_period_has_long_left_the_window(
    database: Database, database_url: str, api: BotApi
) -> None:
    office = District(api, "浦东")
    phone = api.phone("李")
    async with product(settings_for(database_url, api)):
        reporter = await become_reporter(phone)
        await reporter.fill()
        await reporter.submit()
        await settle(database, api)
    later = START.replace(year=2024, day=3)  # a Saturday: nobody is reminded of anything
    async with product(settings_for(database_url, api, admin_chats=(office.setting,), started=later)):
        shown = await reporter.walk("填报列表", "[上一年]", "[上一年]", "[上一年]", "[1月 已提交]")
        assert "修改" not in [button["text"] for button in shown.buttons]
        await office.administrator.send(f"/return {CODE} 2021-01 2 {REASON}")
        await office.administrator.wait(1, PATIENCE)
        reporter.phone.news()
        await office.administrator.press("确认退回")
        await reporter.phone.wait(words("returned", enterprise=NAME, period="2021-01"), PATIENCE)
        await reporter.walk("[修改]", "[数据无误，不改]")
        receipt = await reporter.submit()
        assert "（第 2 版）" in receipt.text


async def test_a_group_that_became_a_supergroup_is_the_same_admin_chat(
    database: Database, database_url: str, api: BotApi
) -> None:
    """Telegram gives it another id, and the settings still have the old one: commands and notices find it."""
    office = District(api, "浦东")
    old = api.group("浦东管理群", kind="group")
    setting = office.setting.model_copy(update={"chat": old.id})
    async with product(settings_for(database_url, api, admin_chats=(setting,))):
        new = api.migrate(old, office.alone)
        await settle(database, api)
        administrator = office.alone.inside(new)
        await administrator.send("/help")
        (answer,) = await administrator.wait(1, PATIENCE)
        assert words("office-help") in answer.text
        await become_reporter(api.phone("李"))
        assert [words("office-told") in shown.text for shown in await administrator.wait(2, PATIENCE)] == [True, True]
        assert not api.called("leaveChat")


async def test_an_order_in_a_topic_is_answered_in_it(database: Database, database_url: str, api: BotApi) -> None:
    office = District(api, "浦东")
    topic = api.topic(office.group, "退回", office.administrator)
    async with product(settings_for(database_url, api, admin_chats=(office.setting,))):
        there = office.alone.inside(office.group, topic=topic)
        await there.send("/help")
        (answer,) = await there.wait(1, PATIENCE)
        await settle(database, api)
        assert answer.message["message_thread_id"] == topic


@pytest.mark.parametrize("group_is", ["known", "unknown"])
async def test_a_bot_that_was_added_to_a_group_leaves_it_unless_it_is_an_admin_chat_s_new_name(
    database: Database, database_url: str, api: BotApi, group_is: str
) -> None:
    """Telegram may tell that the bot is in the new group before it tells that the group has moved."""
    office = District(api, "浦东")
    old = api.group("浦东管理群", kind="group")
    setting = office.setting.model_copy(update={"chat": old.id})
    async with product(settings_for(database_url, api, admin_chats=(setting,))):
        group = api.group("新的群", added_by=office.alone)
        await until(lambda: waits(database, str(group.id)), "the bot does not mean to leave")
        if group_is == "known":
            api.world.hear(group, api.world.post(group, office.alone.account.user, {"migrate_from_chat_id": old.id}))
            await settle(database, api)
            await office.alone.inside(group).send("/help")
            (answer,) = await office.alone.inside(group).wait(1, PATIENCE)
            assert words("office-help") in answer.text
        assert await waits(database, str(group.id)) is (group_is == "unknown")


async def waits(database: Database, chat: str) -> bool:
    """Return whether something waits for a chat."""
    return bool(await rows(database, select(outbox.c.id).where(outbox.c.chat == chat, outbox.c.state == "new")))
