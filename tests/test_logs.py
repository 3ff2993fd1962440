"""What is logged at the most talkative level holds nothing that belongs to a person or an enterprise, and no token."""

import asyncio
import re
from pathlib import Path

import orjson
from sqlalchemy import update

from storage.database import Database
from storage.tables import report
from tests.botapi import BotApi, Fault
from tests.postgres import Server
from tests.product import (
    ANSWERS,
    CLAIMING,
    CODE,
    CONTACT,
    FIGURES,
    LINKING,
    NAME,
    REPRESENTATIVE,
    SECRET,
    Reporter,
    free_port,
    prepare,
    process,
    settings_for,
    settle,
    until,
)

PERSON, PHONE, ADDRESS, LANDLINE = "金丝雀", "+8613987654329", "金丝雀路 987 号", "021-55598765"
REASON = "金丝雀公司去年另有投资收益"
FIGURE = "87654.29"
CANARIES = {
    "name of a person": PERSON,
    "phone number": PHONE.removeprefix("+86"),
    "address": "987 号",
    "phone of the enterprise": "55598765",
    "code of the enterprise": CODE,
    "name of the enterprise": NAME,
    "legal representative": REPRESENTATIVE,
    "figure": FIGURE,
    "figure without its decimals": "87654",
    "figure as it is shown": "87,654",
    "figure in full-width digits": "８７６５４",
    "reason": REASON,
    "text that nobody understood": "胡言乱语",
    "secret of the webhook": SECRET,
}


async def _converse(api: BotApi, database: Database, *, poison: bool) -> None:
    """Hold a whole conversation, with everything in it that can go wrong."""
    phone = api.phone(PERSON, phone=PHONE, username="canary_7654329")
    reporter = Reporter(phone)
    linking = [{"示例路 9 号": ADDRESS, "021-55501234": LANDLINE}.get(step, step) for step in LINKING]
    wrong = [
        REPRESENTATIVE + "明" if step == REPRESENTATIVE else step
        for step in linking[: linking.index(REPRESENTATIVE) + 1]
    ]
    await reporter.walk("/start", "胡言乱语", CONTACT, PERSON, *wrong, *linking, *CLAIMING, "[数据填报]")
    await reporter.walk("胡言乱语", f"{FIGURE} 1 2 3 4", "８７６５４．２９ 1 2 3 4", f"-{FIGURE}万亿", "0.0000001")
    api.faults.add(Fault.drop("after").on("sendMessage"))
    await reporter.do(f"{FIGURE} {FIGURE} {FIGURE} {FIGURE}")
    await settle(database)
    await phone.press_data(f"forged {FIGURE}")
    await phone.raw_update({"message": {"text": f"{PERSON} {FIGURE}", "contact": {"phone_number": PHONE}}})
    await phone.photo(f"{PERSON} {FIGURE}")
    await settle(database, api)
    api.faults.add(Fault.refuse(400, "Bad Request: message text is wrong").on("sendMessage"))
    await phone.send(f"{FIGURE} 1 2 3 4 5")
    await settle(database, api)
    if poison:
        async with database.transaction() as tx:
            # A figure that cannot be read: the error that it causes quotes it.
            cell = [f"{FIGURE}x", 1, "2021-02-05T10:00:00+08:00", "typed", ""]
            await tx.run(update(report).values(content=orjson.dumps({"figures": {"a.b": cell}}).decode()))
        await reporter.do(f"{FIGURE} {PERSON}")
        return
    await reporter.do("/report")
    await reporter.walk(*FIGURES[1:], *ANSWERS)
    while reporter.phone.history[-1].labels and "提交" not in reporter.phone.history[-1].labels:
        await reporter.do(REASON)
    await reporter.submit()


def _check(log: Path, api: BotApi, *expected: str) -> None:
    written = log.read_text()
    for what, canary in CANARIES.items():
        assert canary not in written, what
    token = api.token.partition(":")[2]
    assert token not in written
    assert token[:12] not in written
    events = [orjson.loads(line) for line in written.splitlines()]
    assert all({"event", "level", "timestamp"} <= event.keys() for event in events)
    # That there is a log at all, and of what it should tell.
    assert set(expected) <= {event["event"] for event in events}
    assert re.search('"level": ?"debug"|"level": ?"warning"', written)


async def test_a_whole_conversation_leaves_no_word_of_it_in_the_log(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """Group H: by polling, to the receipt, with sends that fail and messages that cannot be read."""
    await prepare(database)
    async with BotApi() as api:
        settings = settings_for(database_url, api)
        async with process(settings, tmp_path / "log", lambda: bool(api.called("getUpdates"))):
            await _converse(api, database, poison=False)
            await settle(database)
        _check(tmp_path / "log", api, "outcome unknown", "message refused")


async def test_a_poisoned_update_leaves_only_its_place_in_the_log(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """Group H: by webhook; the exception's text quotes a figure, the log names the line of the program."""
    await prepare(database)
    async with BotApi() as api:
        async with process(settings_for(database_url, api, port=free_port()), tmp_path / "log"):
            await _converse(api, database, poison=True)
            await settle(database)
        _check(tmp_path / "log", api, "update failed", "update set aside")


async def test_what_is_down_is_logged_without_addresses(
    database: Database, database_url: str, tmp_path: Path, postgres: Server
) -> None:
    """Group H: errors of the database quote statements, errors of the client quote URLs, which hold the token."""
    await prepare(database)
    async with BotApi() as api:
        settings = settings_for(database_url, api)
        async with process(settings, tmp_path / "log", lambda: bool(api.called("getUpdates"))):
            reporter = Reporter(api.phone(PERSON, phone=PHONE))
            await reporter.walk("/start", CONTACT)
            await settle(database)
            api.faults.add(Fault.server_error(502).on("getUpdates"), Fault.drop().on("getUpdates"))
            polls = len(api.called("getUpdates"))
            await reporter.do(PERSON)
            await until(lambda: len(api.called("getUpdates")) > polls + 2, "not polled again")
            if database.dialect == "postgresql":
                await asyncio.to_thread(postgres.stop)
                try:
                    polls = len(api.called("getUpdates"))
                    await reporter.act(f"{FIGURE} {PERSON}")
                    await until(lambda: len(api.called("getUpdates")) > polls, "not polled again")
                finally:
                    await asyncio.to_thread(postgres.start)
                await reporter.phone.wait(1, 60)
            await settle(database)
        _check(tmp_path / "log", api, "polling waits")
