"""What the database itself refuses, on SQLite and PostgreSQL alike, and what its errors are called."""

import asyncio
import json
import sqlite3
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Executable, PrimaryKeyConstraint, delete, insert, inspect, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from storage import migrations
from storage.database import SCHEMA, ConflictError, Database, DatabaseDownError, SchemaError, Transaction, plain_errors
from storage.tables import (
    account,
    audit,
    audit_seal,
    broadcast,
    calendar_day,
    comparison,
    enterprise,
    hush,
    inbox,
    invitation,
    link,
    metadata,
    outbox,
    pace,
    person,
    reminder,
    report,
    request,
    return_,
    seat,
    submission,
)
from storage.upgrade import downgrade, upgrade
from tests.postgres import Server

NOW = datetime(2026, 11, 5, 9, 30, tzinfo=UTC)
CANARY = "13912345678"
"""Stands in every row that is tried, and must not stand in any error."""

ENTERPRISE = {
    "code": "91310115TB00000010",
    "name": "示例",
    "district": "浦东",
    "category": "其他",
    "address": "",
    "phone": "",
    "created_at": NOW,
}
REPORT = {"period": "2026-10", "form": "2026", "state": "draft", "revision": 1, "content": CANARY}
SUBMISSION = {"period": "2026-10", "person_id": 1, "content": CANARY.encode(), "digest": CANARY, "submitted_at": NOW}
RETURN = {"period": "2026-10", "reason": CANARY, "items": "[]", "returned_by": "admin", "returned_at": NOW}
REMINDER = {"enterprise_id": 1, "period": "2026-10", "rule": "due", "slot": "15", "outbox_id": 1}
INBOX = {
    "channel": "web",
    "bot": "b",
    "update": "7",
    "chat": "c",
    "payload": CANARY,
    "state": "new",
    "received_at": NOW,
}
OUTBOX = {"channel": "web", "bot": "b", "chat": "c", "kind": "reply", "body": CANARY, "state": "new", "created_at": NOW}
AUDIT = {"at": NOW, "action": "submit", "detail": CANARY}
REQUEST = {
    "kind": "seat",
    "subject": "seat 2",
    "district": "浦东",
    "enterprise_id": 2,
    "person_id": 2,
    "detail": CANARY,
    "state": "open",
    "asked_at": NOW,
}
INVITATION = {"token_hash": CANARY, "phone": CANARY, "made_by": "admin", "made_at": NOW, "expires_at": NOW}
DAY = {"day": date(1999, 12, 31), "works": True, "name": ""}
PACE = {"channel": "web", "bot": "b", "shares": "{}"}
HUSH = {"person_id": 1, "period": "2026-10"}
BROADCAST = {
    "kind": "broadcast",
    "period": "2026-10",
    "closes": NOW,
    "category": "",
    "status": "all",
    "words": CANARY,
    "channel": "web",
    "bot": "b",
    "chat": "c",
    "message": "1",
    "asked_by": "web:u",
    "asked_at": NOW,
    "state": "planning",
    "told_at": NOW,
}
SEAL = {"at": NOW, "last": 1, "rows": 1, "digest": CANARY}


async def fill(tx: Transaction) -> None:
    """Add two people, three enterprises and one of everything else.

    The first enterprise has a reporter, and a report that was returned; the third one's report waits after submission.
    """
    rows: list[tuple[Any, list[dict[str, Any]]]] = [
        (person, [{"phone": f"{CANARY}{n}", "created_at": NOW} for n in (1, 2)]),
        (enterprise, [ENTERPRISE | {"code": f"91310115TB000000{n}0"} for n in (1, 2, 3)]),
        (link, [{"enterprise_id": e, "person_id": p, "linked_at": NOW} for e, p in ((1, 1), (1, 2), (2, 2))]),
        (link, [{"enterprise_id": 3, "person_id": 2, "linked_at": NOW, "until": NOW}]),
        (seat, [{"enterprise_id": 1, "person_id": 1, "since": NOW}]),
        (report, [REPORT | {"enterprise_id": n, "changed_at": NOW} for n in (1, 2, 3)]),
        (submission, [SUBMISSION | {"number": f"A{n}", "enterprise_id": n, "revision": 1} for n in (1, 3)]),
        (return_, [RETURN | {"enterprise_id": 1, "revision": 1}]),
        (reminder, [REMINDER]),
        (inbox, [INBOX]),
        (outbox, [OUTBOX | {"key": "k"}]),
        (audit, [AUDIT]),
        (account, [{"channel": "web", "user": "u", "person_id": 1, "bound_at": NOW}]),
        (request, [REQUEST]),
        (audit_seal, [SEAL]),
        (calendar_day, [DAY]),
        (pace, [PACE]),
        (hush, [HUSH]),
        (broadcast, [BROADCAST]),
    ]
    for table, values in rows:
        await tx.run(insert(table), values)


def add_submission(**values: object) -> Executable:
    return insert(submission).values(SUBMISSION | {"number": "A9", "enterprise_id": 1, "revision": 1} | values)


UNIQUE, FOREIGN, CHECK = "UNIQUE constraint failed", "FOREIGN KEY constraint failed", "CHECK constraint failed"

REFUSED: dict[str, tuple[Executable, str, str]] = {
    # What is tried, what PostgreSQL says to it, what SQLite says to it.
    "second active reporter": (
        insert(seat).values(enterprise_id=1, person_id=2, since=NOW),
        "uq_seat_active",
        f"{UNIQUE}: seat.enterprise_id",
    ),
    "seat without link": (
        insert(seat).values(enterprise_id=2, person_id=1, since=NOW),
        "only who is linked can hold the seat",
        "only who is linked can hold the seat",
    ),
    "seat after the link was ended": (
        insert(seat).values(enterprise_id=3, person_id=2, since=NOW),
        "only who is linked can hold the seat",
        "only who is linked can hold the seat",
    ),
    "link ended under the reporter": (
        update(link).where(link.c.person_id == 1).values(until=NOW),
        "who holds the seat stays linked",
        "who holds the seat stays linked",
    ),
    "ended seat without link": (
        insert(seat).values(enterprise_id=2, person_id=1, since=NOW, until=NOW),
        "fk_seat_enterprise_id_person_id",
        FOREIGN,
    ),
    "seat given to another person": (
        update(seat).values(person_id=2),
        "a seat is ended once and not changed otherwise",
        "a seat is ended once and not changed otherwise",
    ),
    "seat ended and given away at once": (
        update(seat).values(person_id=2, until=NOW),
        "a seat is ended once and not changed otherwise",
        "a seat is ended once and not changed otherwise",
    ),
    "seat begun at another time": (
        update(seat).values(since=NOW - timedelta(1), until=NOW),
        "a seat is ended once and not changed otherwise",
        "a seat is ended once and not changed otherwise",
    ),
    "seat deleted": (delete(seat), "a seat is ended, never deleted", "a seat is ended, never deleted"),
    "link deleted under its seat": (
        delete(link).where(link.c.person_id == 1),
        "fk_seat_enterprise_id_person_id",
        FOREIGN,
    ),
    "link without person": (
        insert(link).values(enterprise_id=1, person_id=9, linked_at=NOW),
        "fk_link_person_id",
        FOREIGN,
    ),
    "link without enterprise": (
        insert(link).values(enterprise_id=9, person_id=1, linked_at=NOW),
        "fk_link_enterprise_id",
        FOREIGN,
    ),
    "phone number of two people": (
        insert(person).values(phone=f"{CANARY}1", created_at=NOW),
        "uq_person_phone",
        f"{UNIQUE}: person.phone",
    ),
    "account of two people": (
        insert(account).values(channel="web", user="u", person_id=2, bound_at=NOW),
        "pk_account",
        f"{UNIQUE}: account.channel, account.user",
    ),
    "account of nobody": (
        insert(account).values(channel="web", user="v", person_id=9, bound_at=NOW),
        "fk_account_person_id",
        FOREIGN,
    ),
    "code of two enterprises": (
        insert(enterprise).values(ENTERPRISE | {"code": "91310115TB00000010"}),
        "uq_enterprise_code",
        f"{UNIQUE}: enterprise.code",
    ),
    "second report of a month": (
        insert(report).values(REPORT | {"enterprise_id": 1, "changed_at": NOW}),
        "pk_report",
        f"{UNIQUE}: report.enterprise_id, report.period",
    ),
    "report without enterprise": (
        insert(report).values(REPORT | {"enterprise_id": 9, "changed_at": NOW}),
        "fk_report_enterprise_id",
        FOREIGN,
    ),
    "unknown state of a report": (
        update(report).values(state="lost"),
        "ck_report_state",
        f"{CHECK}: ck_report_state",
    ),
    "report deleted": (
        delete(report).where(report.c.enterprise_id > 1),
        "a report is never deleted",
        "a report is never deleted",
    ),
    "revision submitted twice": (
        add_submission(),
        "uq_submission_enterprise_id_period_revision",
        f"{UNIQUE}: submission.enterprise_id, submission.period, submission.revision",
    ),
    "receipt number given twice": (
        add_submission(number="A1", enterprise_id=2),
        "pk_submission",
        f"{UNIQUE}: submission.number",
    ),
    "submission without report": (
        add_submission(period="2026-09"),
        "fk_submission_enterprise_id_period",
        FOREIGN,
    ),
    "submission by nobody": (add_submission(enterprise_id=2, person_id=9), "fk_submission_person_id", FOREIGN),
    "revision 2 before revision 1 was returned": (
        add_submission(enterprise_id=3, revision=2, follows=1),
        "fk_submission_enterprise_id_period_follows",
        FOREIGN,
    ),
    "revision 2 that follows nothing": (
        add_submission(enterprise_id=3, revision=2),
        "ck_submission_follows",
        f"{CHECK}: ck_submission_follows",
    ),
    "revision 3 that follows revision 1": (
        add_submission(revision=3, follows=1),
        "ck_submission_follows",
        f"{CHECK}: ck_submission_follows",
    ),
    "revision 0": (
        add_submission(enterprise_id=2, revision=0),
        "ck_submission_follows",
        f"{CHECK}: ck_submission_follows",
    ),
    "submission changed": (
        update(submission).values(content=b""),
        "a submission is never changed",
        "a submission is never changed",
    ),
    "submission deleted": (
        delete(submission).where(submission.c.number == "A3"),
        "a submission is never deleted",
        "a submission is never deleted",
    ),
    "return of what was not submitted": (
        insert(return_).values(RETURN | {"enterprise_id": 2, "revision": 1}),
        "fk_return_enterprise_id_period_revision",
        FOREIGN,
    ),
    "return of the same revision by a second administrator": (
        insert(return_).values(RETURN | {"enterprise_id": 1, "revision": 1}),
        "pk_return",
        f"{UNIQUE}: return.enterprise_id, return.period, return.revision",
    ),
    "return changed": (update(return_).values(reason=""), "a return is never changed", "a return is never changed"),
    "return deleted": (delete(return_), "a return is never deleted", "a return is never deleted"),
    "second reminder of a slot": (
        insert(reminder).values(REMINDER),
        "pk_reminder",
        f"{UNIQUE}: reminder.enterprise_id, reminder.period, reminder.rule, reminder.slot",
    ),
    "reminder of no enterprise": (
        insert(reminder).values(REMINDER | {"enterprise_id": 9}),
        "fk_reminder_enterprise_id",
        FOREIGN,
    ),
    "update received twice": (
        insert(inbox).values(INBOX),
        "uq_inbox_channel_bot_update",
        f"{UNIQUE}: inbox.channel, inbox.bot, inbox.update",
    ),
    "unknown state of an update": (update(inbox).values(state="lost"), "ck_inbox_state", f"{CHECK}: ck_inbox_state"),
    "message with the same key": (
        insert(outbox).values(OUTBOX | {"key": "k"}),
        "uq_outbox_key",
        f"{UNIQUE}: outbox.key",
    ),
    "unknown state of a message": (update(outbox).values(state="lost"), "ck_outbox_state", f"{CHECK}: ck_outbox_state"),
    "unknown kind of message": (update(outbox).values(kind="advert"), "ck_outbox_kind", f"{CHECK}: ck_outbox_kind"),
    "audit row changed": (
        update(audit).values(detail=""),
        "an audit row is never changed",
        "an audit row is never changed",
    ),
    "request made twice": (insert(request).values(REQUEST), "uq_request_open", f"{UNIQUE}: request.subject"),
    "unknown state of a request": (
        update(request).values(state="lost"),
        "ck_request_state",
        f"{CHECK}: ck_request_state",
    ),
    "unknown kind of request": (update(request).values(kind="wish"), "ck_request_kind", f"{CHECK}: ck_request_kind"),
    "request of nobody": (update(request).values(person_id=9), "fk_request_person_id", FOREIGN),
    "request for no enterprise": (update(request).values(enterprise_id=9), "fk_request_enterprise_id", FOREIGN),
    "invitation for no enterprise": (
        insert(invitation).values(INVITATION | {"enterprise_id": 9}),
        "fk_invitation_enterprise_id",
        FOREIGN,
    ),
    "comparison of nobody": (
        insert(comparison).values(code=CANARY, person_id=9, failed_at=NOW),
        "fk_comparison_person_id",
        FOREIGN,
    ),
    "second seal at the same row": (
        insert(audit_seal).values(SEAL),
        "uq_audit_seal_last",
        f"{UNIQUE}: audit_seal.last",
    ),
    "day with two answers": (
        insert(calendar_day).values(DAY),
        "pk_calendar_day",
        f"{UNIQUE}: calendar_day.day",
    ),
    "second budget of a bot": (insert(pace).values(PACE), "pk_pace", f"{UNIQUE}: pace.channel, pace.bot"),
    "second hush of a month": (insert(hush).values(HUSH), "pk_hush", f"{UNIQUE}: hush.person_id, hush.period"),
    "hush of nobody": (insert(hush).values(HUSH | {"person_id": 9}), "fk_hush_person_id", FOREIGN),
    "broadcast confirmed twice": (
        insert(broadcast).values(BROADCAST),
        "uq_broadcast_channel_chat_message",
        f"{UNIQUE}: broadcast.channel, broadcast.chat, broadcast.message",
    ),
    "unknown kind of broadcast": (
        update(broadcast).values(kind="advert"),
        "ck_broadcast_kind",
        f"{CHECK}: ck_broadcast_kind",
    ),
    "unknown state of a broadcast": (
        update(broadcast).values(state="lost"),
        "ck_broadcast_state",
        f"{CHECK}: ck_broadcast_state",
    ),
    "broadcast that is done and did not end": (
        update(broadcast).values(state="done"),
        "ck_broadcast_ended_at",
        f"{CHECK}: ck_broadcast_ended_at",
    ),
    "seal changed": (update(audit_seal).values(digest=""), "a seal is never changed", "a seal is never changed"),
    "seal deleted": (delete(audit_seal), "a seal is never deleted", "a seal is never deleted"),
    "audit row deleted": (delete(audit), "an audit row is never deleted", "an audit row is never deleted"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_the_database_refuses(database: Database, case: str) -> None:
    statement, on_postgresql, on_sqlite = REFUSED[case]
    async with database.transaction() as tx:
        await fill(tx)
    with pytest.raises(ConflictError) as caught:
        async with database.transaction() as tx:
            await tx.run(statement)
    assert (on_postgresql if database.dialect == "postgresql" else on_sqlite) in str(caught.value)
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_every_constraint_has_a_case() -> None:
    tables = metadata.tables.values()
    keys = {key.name for table in tables for key in table.constraints if not isinstance(key, PrimaryKeyConstraint)}
    names = keys | {index.name for table in tables for index in table.indexes if index.unique}
    assert names <= {on_postgresql for _, on_postgresql, _ in REFUSED.values()}


SIDE_DOORS = {
    "sqlite": (
        "INSERT OR REPLACE INTO submission SELECT * FROM submission",
        "UPDATE OR REPLACE submission SET number = 1",
    ),
    "postgresql": ("TRUNCATE submission CASCADE", "TRUNCATE person CASCADE"),
}


async def test_no_side_door_leads_to_a_submission(database: Database) -> None:
    async with database.transaction() as tx:
        await fill(tx)
    upsert = "INSERT INTO submission SELECT * FROM submission WHERE true ON CONFLICT (number) DO UPDATE SET digest = ''"
    for statement in (upsert, *SIDE_DOORS[database.dialect]):
        with pytest.raises(ConflictError, match=r"a (submission|return|seat|report) is (never|ended)"):
            async with database.transaction() as tx:
                await tx.run(text(statement))
    async with database.transaction() as tx:
        assert (await tx.run(select(submission.c.digest))).scalars().all() == [CANARY, CANARY]


async def test_a_seat_is_free_again_when_it_was_ended_and_is_ended_once(database: Database) -> None:
    async with database.transaction() as tx:
        await fill(tx)
        await tx.run(update(seat).values(until=NOW))
        await tx.run(insert(seat).values(enterprise_id=1, person_id=2, since=NOW))
    for until in (NOW + timedelta(1), None):
        with pytest.raises(ConflictError, match="a seat is ended once"):
            async with database.transaction() as tx:
                await tx.run(update(seat).where(seat.c.person_id == 1).values(until=until))


async def test_a_returned_revision_is_followed_by_the_next(database: Database) -> None:
    async with database.transaction() as tx:
        await fill(tx)
        await tx.run(add_submission(revision=2, follows=1))
    async with database.transaction() as tx:
        assert await tx.add(reminder, REMINDER | {"slot": "18"})
        assert not await tx.add(reminder, REMINDER)


async def test_ids_of_messages_do_not_come_back(database: Database) -> None:
    async with database.transaction() as tx:
        for table, row in ((outbox, OUTBOX), (inbox, INBOX)):
            first = (await tx.run(insert(table).values(row).returning(table.c.id))).scalar_one()
            await tx.run(delete(table))
            assert (await tx.run(insert(table).values(row).returning(table.c.id))).scalar_one() > first


async def test_a_moment_needs_a_time_zone_and_comes_back_in_utc(database: Database) -> None:
    with pytest.raises(StatementError, match="a moment needs a time zone"):
        async with database.transaction() as tx:
            await tx.run(insert(person).values(phone="1", created_at=NOW.replace(tzinfo=None)))
    async with database.transaction() as tx:
        shanghai = NOW.astimezone(timezone(timedelta(hours=8)))
        await tx.run(insert(person).values(phone="2", created_at=shanghai))
        back = (await tx.run(select(person.c.created_at))).scalar_one()
    assert back == NOW
    assert back.utcoffset() == timedelta(0)


# The schema and the way to it


def describe(connection: Connection) -> dict[str, Any]:
    """Return all that can be read back of the tables, but those that Alembic keeps for itself."""
    inspector = inspect(connection)

    def by_name(found: list[Any]) -> list[str]:
        return sorted(json.dumps(item, default=str, sort_keys=True) for item in found)

    return {
        name: {
            "columns": [{**column, "type": str(column["type"])} for column in inspector.get_columns(name)],
            "primary key": inspector.get_pk_constraint(name),
            "foreign keys": by_name(inspector.get_foreign_keys(name)),
            "unique": by_name(inspector.get_unique_constraints(name)),
            "checks": by_name(inspector.get_check_constraints(name)),
            "indexes": by_name(inspector.get_indexes(name)),
        }
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


def differences(connection: Connection) -> list[Any]:
    """Return what Alembic would change to get from the database to the tables."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415
    from alembic.migration import MigrationContext  # noqa: PLC0415

    # On SQLite it takes every default of '' for a change; `describe` sees defaults, too.
    options = {"compare_type": True, "compare_server_default": connection.dialect.name != "sqlite"}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, metadata))


@pytest.fixture
async def empty(empty_url: str) -> AsyncIterator[Database]:
    """Return a database without any tables, once of each kind."""
    opened = Database(empty_url)
    yield opened
    await opened.close()


async def test_the_migrations_lead_to_the_tables(empty: Database) -> None:
    async with empty.engine.connect() as connection:
        await connection.run_sync(metadata.create_all)
        wanted = await connection.run_sync(describe)
        await connection.rollback()
    await upgrade(empty)
    async with empty.engine.connect() as connection:
        assert await connection.run_sync(describe) == wanted
        assert await connection.run_sync(differences) == []
    assert set(wanted) == set(metadata.tables)


async def test_up_down_up(empty: Database) -> None:
    await upgrade(empty)
    async with empty.transaction() as tx:
        await fill(tx)
    await upgrade(empty)  # nothing to do, nothing lost
    async with empty.transaction() as tx:
        assert (await tx.run(select(submission))).first() is not None
    await downgrade(empty, "base")
    async with empty.engine.connect() as connection:
        assert await connection.run_sync(describe) == {}
    await upgrade(empty)
    await empty.check_schema()
    async with empty.transaction() as tx:
        await fill(tx)
    for case in ("link without person", "audit row deleted"):  # foreign keys and triggers are on again
        with pytest.raises(ConflictError):
            async with empty.transaction() as tx:
                await tx.run(REFUSED[case][0])


FIRST_SCHEMA = """
INSERT INTO person (id, phone, name, created_at) VALUES (1, '+8613900000001', '李会计', '2021-01-01 00:00:00+00:00');
INSERT INTO enterprise (id, code, name, district, category, address, phone, created_at)
    VALUES (1, '91310105TB0000036W', '重庆长安', '长宁', '其他', '', '', '2021-01-01 00:00:00+00:00');
INSERT INTO link (enterprise_id, person_id, linked_at) VALUES (1, 1, '2021-01-01 00:00:00+00:00');
INSERT INTO seat (enterprise_id, person_id, since) VALUES (1, 1, '2021-01-01 00:00:00+00:00');
INSERT INTO report (enterprise_id, period, form, state, revision, content, changed_at)
    VALUES (1, '2021-01', '2021-01', 'submitted', 1, '{}', '2021-02-01 00:00:00+00:00');
INSERT INTO submission (number, enterprise_id, period, revision, person_id, content, digest, submitted_at)
    VALUES ('A1', 1, '2021-01', 1, 1, 'content', 'digest', '2021-02-01 00:00:00+00:00');
INSERT INTO audit (at, action, detail) VALUES ('2021-02-01 00:00:00+00:00', 'submitted', '{}')
"""
"""Rows as the first release wrote them."""


async def test_an_upgrade_keeps_what_the_first_release_had_stored(empty: Database) -> None:
    """Group I: also what stands in tables that SQLite makes anew, and the triggers on them."""
    await upgrade(empty, "0001")
    async with empty.transaction() as tx:
        for line in FIRST_SCHEMA.split(";"):
            await tx.run(text(line.replace(":", r"\:")))
    await upgrade(empty)
    await empty.check_schema()
    kept = {
        select(person.c.id, person.c.phone): (1, "+8613900000001"),
        select(link.c.person_id, link.c.until): (1, None),
        select(submission.c.number, submission.c.person_id): ("A1", 1),
        select(enterprise.c.initials): ("cqca",),
        select(audit.c.action): ("submitted",),
    }
    async with empty.transaction() as tx:
        for statement, row in kept.items():
            assert [tuple(found) for found in await tx.run(statement)] == [row]
    for refused in (update(submission).values(digest=""), delete(submission), update(link).values(until=NOW)):
        with pytest.raises(ConflictError):
            async with empty.transaction() as tx:
                await tx.run(refused)


async def test_processes_that_upgrade_at_once_wait_for_each_other(empty_url: str) -> None:
    program = (
        "import asyncio, sys\nfrom storage.database import Database\nfrom storage.upgrade import upgrade\n"
        "async def main():\n database = Database(sys.argv[1])\n await upgrade(database)\n"
        " await database.check_schema()\n await database.close()\nasyncio.run(main())"
    )
    root = Path(__file__).parents[1]
    command = (sys.executable, "-W", "error", "-c", program, empty_url)
    processes = [
        await asyncio.create_subprocess_exec(*command, cwd=root, stderr=asyncio.subprocess.PIPE) for _ in "1234"
    ]
    assert [(await process.communicate())[1] for process in processes] == [b""] * len(processes)
    assert [process.returncode for process in processes] == [0] * len(processes)


def test_the_newest_migration_is_the_schema_of_the_program() -> None:
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    assert ScriptDirectory(str(Path(migrations.__file__).parent)).get_current_head() == SCHEMA


async def test_check_schema_names_the_way_out(empty: Database) -> None:
    needs = f"this program needs {SCHEMA}: run `tianbao db upgrade`"
    with pytest.raises(SchemaError, match=f"^the database has schema none, {needs}$"):
        await empty.check_schema()
    await upgrade(empty)
    await empty.check_schema()
    for version, words in (
        ("0000", f"the database has schema 0000, {needs}"),
        ("9999", f"the database has schema 9999, this program is older ({SCHEMA}): install the newer program"),
    ):
        async with empty.transaction() as tx:
            await tx.run(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
        with pytest.raises(SchemaError) as caught:
            await empty.check_schema()
        assert str(caught.value) == words
    with pytest.raises(SchemaError, match="9999"):
        await upgrade(empty)


async def test_an_upgrade_does_not_pass_over_rows_that_lost_what_they_belong_to(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'broken.db'}")
    await upgrade(database)
    other = sqlite3.connect(tmp_path / "broken.db", isolation_level=None)
    other.execute("INSERT INTO link (enterprise_id, person_id, linked_at) VALUES (9, 9, '2026-01-01')")
    other.close()
    with pytest.raises(SchemaError, match="rows of link without their"):
        await upgrade(database)
    await database.close()


# What the errors are called


async def test_locked_sqlite_is_down_and_comes_back(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'locked.db'}")
    await upgrade(database)
    async with database.transaction() as tx:  # the pool keeps this one connection
        await tx.run(text("PRAGMA busy_timeout=50"))
    other = sqlite3.connect(tmp_path / "locked.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseDownError, match=r"^OperationalError: database is locked$"):
        await database.check_schema()
    other.execute("ROLLBACK")
    other.close()
    await database.check_schema()
    await database.close()


async def test_sqlite_on_a_full_disk_is_down_and_keeps_what_it_had(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'full.db'}")
    await upgrade(database)
    async with database.transaction() as tx:
        await fill(tx)
        await tx.run(text("PRAGMA max_page_count=1"))  # SQLite takes the present size as the least
    with pytest.raises(DatabaseDownError, match="database or disk is full") as caught:
        async with database.transaction() as tx:
            await tx.run(insert(audit), [AUDIT | {"detail": CANARY * 1000}] * 100)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    async with database.transaction() as tx:
        assert len((await tx.run(select(audit.c.id))).all()) == 1
        await tx.run(text("PRAGMA max_page_count=1000000"))
    async with database.transaction() as tx:
        await tx.run(insert(audit), [AUDIT | {"detail": CANARY * 1000}] * 100)
    await database.close()


async def test_postgresql_that_cannot_be_reached_is_down(postgres: Server) -> None:
    nobody_there = postgres.url("postgres").replace(f":{postgres.port}/", ":1/")
    no_such = postgres.url("nowhere")
    for url, words in ((nobody_there, "Connect call failed"), (no_such, 'database "nowhere" does not exist')):
        database = Database(url)
        with pytest.raises(DatabaseDownError, match=words):
            await database.check_schema()
        with pytest.raises(DatabaseDownError, match=words):
            await upgrade(database)
        await database.close()


async def test_postgresql_that_goes_away_in_the_middle_is_down_and_comes_back(postgres: Server) -> None:
    database = Database(postgres.url("postgres"))

    async def work(then: Callable[[], None], *, commit_only: bool) -> None:
        async with database.transaction() as tx:
            await tx.run(text("SELECT 1"))
            then()
            if not commit_only:
                await tx.run(text("SELECT 1"))

    for then, commit_only in product((postgres.stop, postgres.crash), (True, False)):
        with pytest.raises(DatabaseDownError):
            await work(then, commit_only=commit_only)
        postgres.start()
        await work(lambda: None, commit_only=False)
    await database.close()


async def test_a_lock_on_postgresql_that_is_not_given_up_is_a_conflict(postgres: Server) -> None:
    database = Database(postgres.url("postgres"))

    async def work() -> None:
        async with database.transaction() as tx:
            await tx.run(text("SET LOCAL lock_timeout = 50"))
            await tx.run(text("SELECT pg_advisory_xact_lock(1)"))

    async with database.transaction() as other:
        await other.run(text("SELECT pg_advisory_xact_lock(1)"))
        with pytest.raises(ConflictError, match="lock timeout"):
            await work()
    await work()
    await database.close()


def test_a_pool_without_connections_is_down() -> None:
    error = PoolTimeoutError("QueuePool limit reached")
    with pytest.raises(DatabaseDownError, match="QueuePool limit"), plain_errors():
        raise error


async def test_a_fault_in_the_program_is_not_called_otherwise(database: Database) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with database.transaction() as tx:
            await tx.run(text("SELECT nothing FROM person WHERE phone = :phone"), {"phone": CANARY})
    assert CANARY not in "".join(traceback.format_exception(caught.value))
