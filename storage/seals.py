"""Seals over the audit: each is the digest of the one before and of the rows since, so nothing can be changed unseen.

Whoever can write to the database can also make the whole chain anew. That shows to who has noted a digest elsewhere.
"""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from sqlalchemy import Row, bindparam, func, select

from storage.database import Database, Transaction
from storage.tables import audit, audit_seal

MOST_ROWS: Final = 5_000
"""How many rows a seal covers at most, and how many are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal as it is stored.

    Args:
        at: when it was made; aware, in UTC.
        last: the id of the newest audit row that it covers; the first is the one after the seal before.
        rows: how many rows it covers.
        digest: SHA-256 in hexadecimal of the digest before, the rows in order, and the three above.
    """

    at: datetime
    last: int
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A seal that does not fit: the audit row after which it begins (None: at the very first), and what is wrong."""

    seal: Seal
    after: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found.

    Args:
        rows, seals: how many fit, up to the first seal that does not.
        newest: the last seal that fits; None without one.
        unsealed: how many rows lie behind the last seal.
        broken: the first seal that does not fit.
        found: whether the digest that was asked for is that of a seal that fits.
    """

    rows: int
    seals: int
    newest: Seal | None
    unsealed: int
    broken: Broken | None
    found: bool


async def settled(tx: Transaction) -> int | None:
    """Return the id of an audit row up to which all are there and stay as they are; None when those are sealed already.

    Ids are given out before their transactions commit: a row with a smaller one may appear later. So this waits, for a
    moment, until whoever is writing has committed.

    Raises:
        ConflictError: they take longer (raised by `Database.transaction`); the next time will do.
    """
    newest = (await tx.run(_NEWEST)).scalar()
    if newest is None or newest <= (await _last(tx)).last:
        return None
    await tx.hold_off_writers(audit)
    return (await tx.run(_NEWEST)).scalar()


async def add_seal(tx: Transaction, up_to: int, at: datetime) -> Seal | None:
    """Seal the next rows, `MOST_ROWS` at most.

    Args:
        tx: the transaction.
        up_to: what `settled` returned.
        at: when, aware.

    Returns:
        The seal; None when there is nothing left to seal, as another process may have done it.
    """
    # Two that began at the same place would make two chains.
    await tx.hold_off_writers(audit_seal)
    before = await _last(tx)
    rows = (await tx.run(_ROWS, {"after": before.last, "up_to": up_to})).all()
    if not rows:
        return None
    digest = hashlib.sha256(before.digest.encode())
    for row in rows:
        digest.update(_canonical(row))
    open_ = Seal(at.astimezone(UTC), rows[-1].id, len(rows), "")
    seal = replace(open_, digest=_closed(digest, open_))
    await tx.run(audit_seal.insert(), asdict(seal))
    return seal


async def verify(database: Database, digest: str = "") -> Verified:
    """Compute all seals again, in memory that does not depend on how many there are.

    Args:
        database: where they are.
        digest: one that was noted earlier, to be looked for; empty for none.
    """
    before, rows, seals, found = _BEFORE_ALL, 0, 0, not digest
    broken: Broken | None = None
    async for seal in _seals(database):
        computed = hashlib.sha256(before.digest.encode())
        count = 0
        async for row in _rows(database, before.last, seal.last):
            computed.update(_canonical(row))
            count += 1
        if _closed(computed, seal) != seal.digest:
            why = "what it covers was changed" if count == seal.rows else f"{count} rows where {seal.rows} were sealed"
            broken = Broken(seal, before.last if seals else None, why)
            break
        before, rows, seals, found = seal, rows + count, seals + 1, found or seal.digest == digest
    async with database.transaction() as tx:
        unsealed = (await tx.run(_UNSEALED, {"after": (await _last(tx)).last})).scalar_one()
    return Verified(rows, seals, before if seals else None, unsealed, broken, found)


async def _seals(database: Database) -> AsyncIterator[Seal]:
    last = _BEFORE_ALL.last
    while True:
        async with database.transaction() as tx:
            seals = [_seal(row) for row in await tx.run(_SEALS, {"after": last})]
        if not seals:
            return
        for seal in seals:
            yield seal
        last = seals[-1].last


async def _rows(database: Database, after: int, up_to: int) -> AsyncIterator[Row[Any]]:
    while True:
        async with database.transaction() as tx:
            rows = (await tx.run(_ROWS, {"after": after, "up_to": up_to})).all()
        for row in rows:
            yield row
        if len(rows) < MOST_ROWS:
            return
        after = rows[-1].id


async def _last(tx: Transaction) -> Seal:
    row = (await tx.run(_LAST)).one_or_none()
    return _seal(row) if row else _BEFORE_ALL


def _seal(row: Row[Any]) -> Seal:
    return Seal(row.at, row.last, row.rows, row.digest)


def _canonical(row: Row[Any]) -> bytes:
    """Return the one way to write an audit row; what is null is left out, so a column that is added changes nothing."""
    return _written({str(name): value for name, value in row._asdict().items() if value is not None})


def _closed(digest: "hashlib._Hash", seal: Seal) -> str:
    """Return the digest of a seal, given that of everything that it covers."""
    digest.update(_written({"at": seal.at, "last": seal.last, "rows": seal.rows}))
    return digest.hexdigest()


def _written(values: dict[str, Any]) -> bytes:
    return orjson.dumps(values, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


_BEFORE_ALL: Final = Seal(datetime.min.replace(tzinfo=UTC), -(1 << 62), 0, "")
"""Stands in front of the first seal."""
_NEWEST = select(func.max(audit.c.id))
_LAST = select(audit_seal).order_by(audit_seal.c.last.desc()).limit(1)
_ROWS = (
    select(audit)
    .where(audit.c.id > bindparam("after"), audit.c.id <= bindparam("up_to"))
    .order_by(audit.c.id)
    .limit(MOST_ROWS)
)
_SEALS = select(audit_seal).where(audit_seal.c.last > bindparam("after")).order_by(audit_seal.c.last).limit(MOST_ROWS)
_UNSEALED = select(func.count()).select_from(audit).where(audit.c.id > bindparam("after"))
