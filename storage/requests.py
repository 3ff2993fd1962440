"""What people ask an office for: to link, to have a seat, to get a report back. Each is asked once at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select, update

from storage.database import Transaction
from storage.tables import request


@dataclass(frozen=True, slots=True)
class Request:
    """A request.

    Args:
        kind: `link`, `seat` or `return`.
        subject: what it is about; there is one open request a subject.
        district: whose office decides.
        enterprise: its id; None when it will be there only once the request is granted.
        person: who asks.
        period: `YYYY-MM`, for a return.
        detail: what it takes to do what is asked.
    """

    kind: str
    subject: str
    district: str
    enterprise: int | None
    person: int
    period: str | None
    detail: dict[str, Any]


async def add(tx: Transaction, asked: Request, at: datetime) -> int | None:
    """Note a request and return its number; None when the same is asked already."""
    row = {
        "kind": asked.kind,
        "subject": asked.subject,
        "district": asked.district,
        "enterprise_id": asked.enterprise,
        "person_id": asked.person,
        "period": asked.period,
        "detail": orjson.dumps(asked.detail).decode(),
        "state": "open",
        "asked_at": at,
    }
    statement = tx.insert(request).on_conflict_do_nothing().returning(request.c.id)
    return (await tx.run(statement, row)).scalar_one_or_none()


async def is_open(tx: Transaction, subject: str) -> bool:
    """Return whether a request about that subject waits for its decision."""
    found = select(request.c.id).where(request.c.subject == subject, request.c.state == "open")
    return (await tx.run(found)).first() is not None


async def decide(  # noqa: PLR0913 -- the columns of the decision
    tx: Transaction, number: int, districts: tuple[str, ...] | None, *, granted: bool, by: str, at: datetime
) -> Request | None:
    """Decide on an open request; the first decision counts.

    Args:
        tx: the transaction.
        number: of the request.
        districts: those that the administrator may act for, None for all.
        granted: whether it is granted.
        by: the administrator, as channel:user.
        at: when.

    Returns:
        The request, None when there is none such to decide on any more.
    """
    statement = (
        update(request)
        .where(request.c.id == number, request.c.state == "open")
        .values(state="granted" if granted else "refused", decided_at=at, decided_by=by)
        .returning(request)
    )
    if districts is not None:
        statement = statement.where(request.c.district.in_(districts))
    row = (await tx.run(statement)).one_or_none()
    if row is None:
        return None
    detail = orjson.loads(row.detail)
    return Request(row.kind, row.subject, row.district, row.enterprise_id, row.person_id, row.period, detail)


async def withdraw(tx: Transaction, subject: str, at: datetime) -> None:
    """Withdraw the open request about a subject, if there is one: what was asked for has come about otherwise."""
    open_ = request.c.subject == subject, request.c.state == "open"
    await tx.run(update(request).where(*open_).values(state="withdrawn", decided_at=at))
