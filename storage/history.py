"""Reports that were filed before this program: stored as submissions that nobody made here (`person_id` is null)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import bindparam, select

from dialogs.enterprises import Registered
from dialogs.report import Receipt, Report, pack_report
from storage.database import Transaction
from storage.people import initials_of
from storage.tables import audit, enterprise, registry, report, submission


@dataclass(frozen=True, slots=True)
class Filed:
    """A report that was filed elsewhere.

    Args:
        report: submitted.
        content: the bytes of the submission.
        receipt: of these bytes.
        source: the file it came from, and its first row there.
    """

    report: Report
    content: bytes
    receipt: Receipt
    source: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A report that is in the database: its state, and the digests of its submissions (None when there is none)."""

    state: str
    digests: frozenset[str | None]


async def find_enterprises(tx: Transaction, codes: Sequence[str]) -> dict[str, int]:
    """Return the ids of those enterprises that exist, by unified social credit code."""
    rows = await tx.run(_BY_CODE, {"codes": codes})
    return {row.code: row.id for row in rows}


async def find_registered(tx: Transaction, codes: Sequence[str]) -> dict[str, Registered]:
    """Return the registry's entries of these codes, as far as there are any."""
    rows = await tx.run(_REGISTERED, {"codes": codes})
    return {row["code"]: Registered(**row) for row in rows.mappings()}


async def add_enterprises(tx: Transaction, entries: Sequence[Registered], at: datetime) -> int:
    """Make enterprises of entries of the registry, which nobody is linked to yet, and record it.

    Returns:
        How many were made: not one that somebody else has made meanwhile.
    """
    columns = ("code", "name", "district", "category", "phone")
    rows = [
        {name: getattr(entry, name) for name in columns}
        | {"address": "", "initials": initials_of(entry.name), "created_at": at}
        for entry in entries
    ]
    statement = tx.insert(enterprise).on_conflict_do_nothing().returning(enterprise.c.id, enterprise.c.code)
    made = [
        {"at": at, "action": "enterprise-imported", "detail": _text({"code": row.code}), "enterprise_id": row.id}
        for row in await tx.run(statement, rows)
    ]
    if made:
        await tx.run(audit.insert(), made)
    return len(made)


async def stored_reports(tx: Transaction, enterprises: Iterable[int]) -> Mapping[tuple[int, str], Stored]:
    """Lock enterprises and return all their reports, by enterprise and period (`YYYY-MM`).

    Who locks enterprises in the order of their ids waits for the others instead of getting in their way.
    """
    ids = sorted(set(enterprises))
    await tx.run(_LOCK, {"ids": ids})
    states: dict[tuple[int, str], str] = {}
    digests: dict[tuple[int, str], set[str | None]] = {}
    for row in await tx.run(_STORED, {"ids": ids}):
        states[row.enterprise_id, row.period] = row.state
        digests.setdefault((row.enterprise_id, row.period), set()).add(row.digest)
    return {key: Stored(state, frozenset(digests[key])) for key, state in states.items()}


async def add_reports(tx: Transaction, filed: Sequence[Filed], at: datetime) -> None:
    """Store reports with their submissions, and record each.

    Args:
        tx: the transaction in which their enterprises are locked.
        filed: of enterprises and periods without a report. Some hundreds: on PostgreSQL a statement must not take long.
        at: when they are imported.

    Raises:
        ConflictError: one of them is there already (raised by `Database.transaction`).
    """
    reports, submissions, entries = [], [], []
    for one in filed:
        key = {"enterprise_id": one.report.enterprise, "period": str(one.report.period)}
        reports.append(
            {
                **key,
                "form": one.report.form,
                "state": one.report.state.value,
                "revision": one.report.revision,
                "content": orjson.dumps(pack_report(one.report)).decode(),
                "changed_at": at,
            }
        )
        submissions.append(
            {
                **key,
                "number": one.receipt.number,
                "revision": one.report.revision,
                "content": one.content,
                "digest": one.receipt.digest,
                "submitted_at": one.receipt.at,
            }
        )
        detail = _text({"number": one.receipt.number, "digest": one.receipt.digest, "source": one.source})
        entries.append({**key, "at": at, "action": "report-imported", "detail": detail})
    await tx.run(report.insert(), reports)
    await tx.run(submission.insert(), submissions)
    await tx.run(audit.insert(), entries)


async def record_import(tx: Transaction, counts: Mapping[str, int], at: datetime) -> None:
    """Record that an import was made, and what it brought."""
    await tx.run(audit.insert(), {"at": at, "action": "history-imported", "detail": _text(counts)})


def _text(detail: object) -> str:
    return orjson.dumps(detail, option=orjson.OPT_SORT_KEYS).decode()


_BY_CODE = select(enterprise.c.code, enterprise.c.id).where(enterprise.c.code.in_(bindparam("codes", expanding=True)))
_REGISTERED = select(registry).where(registry.c.code.in_(bindparam("codes", expanding=True)))
_LOCK = (
    select(enterprise.c.id)
    .where(enterprise.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(enterprise.c.id)
    .with_for_update(key_share=True)
)
_STORED = (
    select(report.c.enterprise_id, report.c.period, report.c.state, submission.c.digest)
    .outerjoin_from(
        report,
        submission,
        (submission.c.enterprise_id == report.c.enterprise_id) & (submission.c.period == report.c.period),
    )
    .where(report.c.enterprise_id.in_(bindparam("ids", expanding=True)))
)
