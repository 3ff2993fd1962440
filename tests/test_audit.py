"""Seals over the audit (group J): what is changed later is found, and two processes make one chain."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy import text as sql

from bot.cli import main
from scheduler.clock import StandingClock, SystemClock
from scheduler.ticker import seal_audit
from storage import seals
from storage.database import ConflictError, Database, Transaction
from storage.seals import MOST_ROWS, verify
from storage.tables import audit, audit_seal

NOW = datetime(2026, 11, 23, 4, 0, 0, 123456, tzinfo=UTC)
CLOCK = StandingClock(NOW)


async def record(tx: Transaction, *actions: str) -> None:
    """Add audit rows, one a statement, as messages do."""
    for number, action in enumerate(actions):
        row = {"at": NOW + timedelta(seconds=number), "action": action, "detail": '{"项":"12.00"}', "period": "2026-10"}
        await tx.run(audit.insert(), row | {"person_id": number or None, "actor": "telegram:7"})


async def write(database: Database, *actions: str) -> None:
    async with database.transaction() as tx:
        await record(tx, *actions)


@pytest.fixture
async def sealed(database: Database) -> Database:
    """Return a database with three seals over rows 1 to 3, 4 to 6 and 7 to 9, and two rows that are not sealed yet."""
    for _ in range(3):
        await write(database, "linked", "seat-taken", "submitted")
        await seal_audit(database, CLOCK)
    await write(database, "returned", "submitted")
    return database


async def test_what_nobody_touched_fits(sealed: Database) -> None:
    found = await verify(sealed)
    assert (found.rows, found.seals, found.unsealed, found.broken) == (9, 3, 2, None)
    assert found.newest
    assert found.newest.at == NOW
    async with sealed.transaction() as tx:
        digests = (await tx.run(select(audit_seal.c.digest).order_by(audit_seal.c.last))).scalars().all()
    assert found.newest.digest == digests[-1]
    assert [(await verify(sealed, digest)).found for digest in (*digests, "0" * 64)] == [True, True, True, False]


async def test_a_digest_is_that_of_the_rows_and_the_seal_as_they_are_written_here(database: Database) -> None:
    """So it is the same on both databases, and a chain survives a new version of the program."""
    before, number = "", 0
    for actions in (["linked", "seat-taken"], ["submitted"]):
        await write(database, *actions)
        await seal_audit(database, CLOCK)
        lines = []
        for place, action in enumerate(actions):
            number += 1
            row = f'{{"action":"{action}","actor":"telegram:7","at":"2026-11-23T04:00:0{place}.123456+00:00",'
            row += '"detail":"{\\"项\\":\\"12.00\\"}",' + f'"id":{number},"period":"2026-10"'
            lines.append(row + (f',"person_id":{place}}}' if place else "}"))
        lines.append(f'{{"at":"2026-11-23T04:00:00.123456+00:00","last":{number},"rows":{len(actions)}}}')
        before = hashlib.sha256((before + "".join(f"{line}\n" for line in lines)).encode()).hexdigest()
        newest = (await verify(database)).newest
        assert newest
        assert newest.digest == before


async def test_without_news_there_is_no_new_seal(sealed: Database) -> None:
    for _ in range(2):
        await seal_audit(sealed, CLOCK)
        assert (await verify(sealed)).seals == 4


async def test_many_rows_get_several_seals(database: Database) -> None:
    async with database.transaction() as tx:
        row = {"at": NOW, "action": "report-imported", "detail": "{}"}
        await tx.run(audit.insert(), [row] * (MOST_ROWS + 1))
    await seal_audit(database, CLOCK)
    found = await verify(database)
    assert (found.rows, found.seals, found.unsealed, found.broken) == (MOST_ROWS + 1, 2, 0, None)


_ROW = "INSERT INTO audit (id, at, action, detail) VALUES ({id}, '2026-11-23 04:00:00+00:00', 'linked', '{{}}')"
_MOVE = "UPDATE audit SET id = {1} WHERE id = {0}"
TAMPERED: dict[str, tuple[Sequence[str], int]] = {
    # What somebody does, and the number of the first seal that does not fit.
    "detail changed": (["UPDATE audit SET detail = '{}' WHERE id = 5"], 1),
    "time changed": (["UPDATE audit SET at = '2026-11-23 04:00:09.123456+00:00' WHERE id = 1"], 0),
    "actor removed": (["UPDATE audit SET actor = NULL WHERE id = 9"], 2),
    "person put in": (["UPDATE audit SET person_id = 1 WHERE id = 4"], 1),
    "row deleted": (["DELETE FROM audit WHERE id = 8"], 2),
    "first row deleted": (["DELETE FROM audit WHERE id = 1"], 0),
    "last sealed row deleted": (["DELETE FROM audit WHERE id = 9"], 2),
    "all rows of a seal deleted": (["DELETE FROM audit WHERE id BETWEEN 4 AND 6"], 1),
    "row deleted and another one put in": (["DELETE FROM audit WHERE id = 8", _ROW.format(id=8)], 2),
    "row in front of the first": ([_ROW.format(id=0)], 0),
    "row far in front of the first": ([_ROW.format(id=-(1 << 40))], 0),
    "two rows change places": ([_MOVE.format(5, 99), _MOVE.format(6, 5), _MOVE.format(99, 6)], 1),
    "row moved into what is not sealed": ([_MOVE.format(9, 99)], 2),
    "digest changed": (["UPDATE audit_seal SET digest = '0' WHERE last = 6"], 1),
    "time of a seal changed": (["UPDATE audit_seal SET at = '2026-11-23 05:00:00+00:00' WHERE last = 9"], 2),
    "count of a seal changed": (["UPDATE audit_seal SET rows = 4 WHERE last = 3"], 0),
    "range of a seal changed": (["UPDATE audit_seal SET last = 10 WHERE last = 9"], 2),
    "seal deleted": (["DELETE FROM audit_seal WHERE last = 3"], 0),
    "seal put in": (
        ["INSERT INTO audit_seal (at, last, rows, digest) VALUES ('2026-11-23 04:00:00+00:00', 5, 2, '0')"],
        1,
    ),
}


@pytest.mark.parametrize("case", TAMPERED)
async def test_what_is_changed_later_is_found(sealed: Database, case: str) -> None:
    statements, first = TAMPERED[case]
    async with sealed.transaction() as tx:
        for table in ("audit", "audit_seal"):
            for trigger in ("update", "delete"):
                on = f" ON {table}" if tx.dialect == "postgresql" else ""
                await tx.run(sql(f"DROP TRIGGER {table}_{trigger}{on}"))
        for statement in statements:
            assert (await tx.run(sql(statement))).rowcount > 0
    found = await verify(sealed)
    assert found.broken
    assert found.seals == first


async def test_the_end_cut_off_shows_to_who_noted_a_digest(sealed: Database) -> None:
    noted = (await verify(sealed)).newest
    assert noted
    async with sealed.transaction() as tx:
        for table in ("audit", "audit_seal"):
            await tx.run(sql(f"DROP TRIGGER {table}_delete" + (f" ON {table}" if tx.dialect == "postgresql" else "")))
        await tx.run(sql("DELETE FROM audit WHERE id > 6"))
        await tx.run(sql("DELETE FROM audit_seal WHERE last > 6"))
    assert (await verify(sealed)).broken is None
    assert not (await verify(sealed, noted.digest)).found


# ---- several at once


async def test_two_processes_make_one_chain(database: Database, database_url: str) -> None:
    """D: ten writers, and ten looks for what to seal from each of two processes, all at once."""
    other = Database(database_url)
    try:
        writing = [write(database, "linked", "submitted") for _ in range(10)]
        sealing = [seal_audit(process, SystemClock()) for process in (database, other) for _ in range(10)]
        await asyncio.gather(*(job for pair in zip(sealing[:10], writing, sealing[10:], strict=True) for job in pair))
        await seal_audit(other, SystemClock())
    finally:
        await other.close()
    found = await verify(database)
    assert (found.rows, found.unsealed, found.broken) == (20, 0, None)
    async with database.transaction() as tx:
        assert (await tx.run(select(func.sum(audit_seal.c.rows)))).scalar_one() == 20


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_row_that_is_committed_late_is_waited_for(database: Database) -> None:
    """On PostgreSQL the row with the greater id may be there first."""
    async with database.transaction() as slow:
        await record(slow, "submitted")
        await write(database, "returned")
        await seal_audit(database, CLOCK)
        assert (await verify(database)).seals == 0
    await seal_audit(database, CLOCK)
    found = await verify(database)
    assert (found.rows, found.unsealed, found.broken) == (2, 0, None)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_only_one_at_a_time_goes_on_with_the_chain(database: Database) -> None:
    await write(database, "linked")
    async with database.transaction() as tx:
        assert await seals.add_seal(tx, 1, NOW)
        with pytest.raises(ConflictError):
            async with database.transaction() as second:
                await seals.add_seal(second, 1, NOW)
    assert (await verify(database)).seals == 1


# ---- the command


def test_the_command_prints_the_digest_and_names_what_does_not_fit(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def prepare() -> None:
        database = Database(database_url)
        await write(database, "linked", "submitted")
        await seal_audit(database, CLOCK)
        await write(database, "returned")
        await database.close()

    async def tamper() -> None:
        database = Database(database_url)
        async with database.transaction() as tx:
            await tx.run(sql("DROP TRIGGER audit_delete" + (" ON audit" if tx.dialect == "postgresql" else "")))
            await tx.run(sql("DELETE FROM audit WHERE id = 2"))
        await database.close()

    monkeypatch.setenv("TIANBAO_DATABASE_URL", database_url)
    asyncio.run(prepare())
    capsys.readouterr()
    assert main(["audit", "verify"]) == 0
    line = capsys.readouterr().out
    assert line.startswith("2 rows under 1 seals fit, 1 are not sealed yet; the newest digest is ")
    noted = line.split()[-1]
    assert main(["audit", "verify", noted]) == 0
    capsys.readouterr()
    assert main(["audit", "verify", "0" * 64]) == 1
    assert "no seal has that digest" in capsys.readouterr().err
    asyncio.run(tamper())
    capsys.readouterr()
    assert main(["audit", "verify"]) == 1
    error = capsys.readouterr().err
    assert (
        "the seal of 2026-11-23T04:00:00.123456+00:00 from the beginning to row 2 does not fit: 1 rows where" in error
    )
    assert error.count("\n") == 1
