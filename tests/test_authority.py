"""Who may do what in an admin chat: the whole table, each cell tried over the emulator on both databases.

The table is written by hand. A row is a command, a column is somebody in some chat:

    city, own, other   the admin chat of the city, of the enterprise's district, of another district
    A, V               an administrator or a viewer by the settings
    S                  a member of the group whom the settings do not name
    G                  an administrator who writes in the name of the group
    F                  an administrator who forwards somebody's command
    away               an administrator in a group that is no admin chat
    self               an administrator in the private chat with the bot
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Final

import pytest
from sqlalchemy import select

from dialogs.form import Forms
from dialogs.office.authority import (
    CITY,
    CONFIRM_WITHIN,
    MAY,
    Action,
    Administrator,
    Confirmation,
    OfficeFacts,
    Role,
)
from dialogs.office.chat import ACTION_OF, COMMANDS, step
from dialogs.texts import DEFAULT_LANGUAGE, write_out
from dialogs.turn import Event
from storage.database import Database
from storage.tables import broadcast, invitation, report, return_, seat
from tests.botapi import BotApi, Phone
from tests.offices import District
from tests.product import (
    CODE,
    PATIENCE,
    SAMPLES,
    START,
    become_reporter,
    make_known,
    product,
    rows,
    settings_for,
    settle,
    words,
)

TABLE: Final = """
            city      own       other     anywhere
            A  V      A  V      A  V      S  G  F  away self
  help      +  +      +  +      +  +      .  .  .  left plain
  return    +  no     +  no     0  no     .  .  .  left plain
  transfer  +  no     +  no     0  no     .  .  .  left plain
  invite    +  no     +  no     0  no     .  .  .  left plain
  find      +  +      +  +      0  0      .  .  .  left plain
  view      +  +      +  +      0  0      .  .  .  left plain
  audit     +  no     +  no     0  no     .  .  .  left plain
  status    +  +      +  +      +  +      .  .  .  left plain
  missing   +  +      +  +      +  +      .  .  .  left plain
  export    +  no     +  no     +  no     .  .  .  left plain
  remind    +  no     +  no     +  no     .  .  .  left plain
  broadcast +  no     +  no     +  no     .  .  .  left plain
"""
"""+ is answered, `no` is told that the role does not allow it, 0 is told that there is no such enterprise, a dot is not
answered at all, `left` makes the bot leave without a word, `plain` is answered as anything that a reporter may type."""

LINES: Final[Mapping[str, str]] = {
    "help": "/help",
    "return": f"/return {CODE} 2021-01 2 与上月不衔接",
    "transfer": f"/transfer {CODE} 张新",
    "invite": f"/invite {CODE} 13900000077",
    "find": f"/find {CODE}",
    "view": f"/view {CODE} 2021-01",
    "audit": f"/audit {CODE}",
    "status": "/status 2021-01",
    "missing": "/missing 2021-01",
    "export": "/export 2021-01",
    "remind": "/remind 2021-01",
    "broadcast": "/broadcast",
}
COLUMNS: Final = ("cityA", "cityV", "ownA", "ownV", "otherA", "otherV", "S", "G", "F", "away", "self")


def cells() -> dict[tuple[str, str], str]:
    """Return what is expected, by command and column."""
    found: dict[tuple[str, str], str] = {}
    for line in TABLE.strip().splitlines()[2:]:
        command, *expected = line.split()
        found |= {(command, column): cell for column, cell in zip(COLUMNS, expected, strict=True)}
    return found


def test_each_command_has_its_cells() -> None:
    """A new command fails here until somebody has thought about who may use it."""
    assert {command for command, _ in cells()} == set(COMMANDS) == set(LINES)
    assert set(ACTION_OF.values()) | {command.action for command in COMMANDS.values()} == set(Action) == set(MAY)


@pytest.mark.parametrize("role", Role)
def test_the_table_of_the_code_says_the_same(role: Role) -> None:
    column = {Role.ADMINISTRATOR: "cityA", Role.VIEWER: "cityV"}[role]
    for name, command in COMMANDS.items():
        assert (role in MAY[command.action]) == (cells()[name, column] == "+"), (name, role)


async def test_each_cell(database: Database, database_url: str, api: BotApi) -> None:
    city, own, other = District(api, "city"), District(api, "浦东"), District(api, "崇明")
    chats = tuple(district.setting for district in (city, own, other))
    async with product(settings_for(database_url, api, admin_chats=chats)):
        reporter = await become_reporter(api.phone("李"))
        await reporter.fill()
        await reporter.submit()
        await make_known(database, api.phone("张"), "张新", SAMPLES[2])
        phones = {
            "cityA": city.administrator,
            "cityV": city.viewer,
            "ownA": own.administrator,
            "ownV": own.viewer,
            "otherA": other.administrator,
            "otherV": other.viewer,
            "S": own.stranger,
            "G": own.administrator.inside(own.group, anonymous=True),
            "F": own.administrator,
            "self": own.alone,
        }
        await settle(database, api)
        await own.alone.send("/nothing")
        nothing = (await own.alone.wait(1, PATIENCE))[0].text
        before = await state(database)
        for (command, column), expected in cells().items():
            # The bot leaves for good: there it must be another group each time.
            phone = own.alone.inside(api.group("别的群")) if column == "away" else phones[column]
            got = await answer(database, api, phone, LINES[command], nothing, forwarded=column == "F")
            assert got == expected, (command, column)
        assert await state(database) == before  # nothing happens before it is confirmed


async def state(database: Database) -> list[object]:
    """Return what commands could change."""
    return [await rows(database, select(table)) for table in (report, seat, return_, invitation, broadcast)]


async def answer(database: Database, api: BotApi, phone: Phone, line: str, nothing: str, *, forwarded: bool) -> str:
    """Send a command and return what came of it, in the words of the table.

    Args:
        database: of the product.
        api: the emulator.
        phone: whose, opened where.
        line: the command.
        nothing: what a command that does not exist is answered in a private chat.
        forwarded: whether it is somebody else's words.
    """
    left = len(api.called("leaveChat"))
    phone.news()
    if forwarded:
        await phone.forward(line)
    else:
        await phone.send(line)
    await settle(database, api)
    if len(api.called("leaveChat")) > left:
        return "left"
    shown = [message.text for message in await phone.quiet(0.05) if message.message["from"]["is_bot"]]
    if not shown:
        return "."
    known = {words("office-may-not"): "no", words("office-no-enterprise"): "0", nothing: "plain"}
    return known.get(shown[0], "+")


async def test_a_press_is_judged_like_a_command(database: Database, database_url: str, api: BotApi) -> None:
    """A viewer who presses what an administrator was shown, and another administrator, change nothing."""
    office = District(api, "浦东")
    async with product(settings_for(database_url, api, admin_chats=(office.setting,))):
        reporter = await become_reporter(api.phone("李"))
        await reporter.fill()
        await reporter.submit()
        await settle(database, api)
        office.administrator.news()
        await office.administrator.send(LINES["return"])
        await office.administrator.wait(1, PATIENCE)
        for phone in (office.viewer, office.stranger):
            await phone.press("确认退回")
        await settle(database, api)
        assert await rows(database, select(return_)) == []


CONFIRMATIONS = sorted(
    (kind for kind in Event.by_tag.values() if issubclass(kind, Confirmation) and kind is not Confirmation),
    key=lambda kind: kind.__name__,
)
WORTH: Mapping[object, object] = {str: "2021-01", int: 1, "chosen": "7:1 9:2"}


def confirmed(kind: type[Confirmation], by: str, until: datetime) -> Confirmation:
    """Return what a press on such a button means."""
    return kind(by, until.isoformat(), *(WORTH.get(part.name, WORTH[part.type]) for part in fields(kind)[2:]))


def notice(kind: type[Confirmation], who: Administrator, now: datetime) -> str | None:
    """Return what somebody is told who confirms at that time what telegram:1 asked for at `START`."""
    facts = OfficeFacts(now, who, Forms.read())
    turn = step(confirmed(kind, "telegram:1", START + CONFIRM_WITHIN), facts)
    return write_out(turn.notice, DEFAULT_LANGUAGE) if turn.notice else None


@pytest.mark.parametrize("kind", CONFIRMATIONS, ids=lambda kind: kind.__name__)
def test_only_who_asked_confirms_and_within_ten_minutes(kind: type[Confirmation]) -> None:
    asked, other, viewer = (
        Administrator(f"telegram:{number}", role, CITY)
        for number, role in ((1, Role.ADMINISTRATOR), (2, Role.ADMINISTRATOR), (1, Role.VIEWER))
    )
    in_time, late = START + timedelta(minutes=10), START + timedelta(minutes=10, seconds=1)
    assert notice(kind, asked, in_time) is None
    assert notice(kind, asked, late) == words("office-too-late")
    assert notice(kind, other, in_time) == words("office-not-asked-by-you")
    assert notice(kind, viewer, in_time) == words("office-may-not")


def test_there_are_changes_to_confirm() -> None:
    """Every action that changes something, and nothing else, is confirmed; a request is decided by one press."""
    actions = {ACTION_OF[kind] for kind in CONFIRMATIONS}
    assert actions == {
        *(Action.RETURN, Action.TRANSFER, Action.INVITE, Action.EXPORT),
        *(Action.REMIND, Action.BROADCAST),
    }
