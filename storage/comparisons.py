"""Failed comparisons with the legal-entity registry, and how many of them there may be before somebody must wait.

Whoever guesses must learn nothing. Only the person's own limit is told: that a code or the whole registry is closed for
the moment looks like any other failure. Several processes that compare at the same moment may exceed a limit by what
they have in hand.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ScalarSelect, delete, func, select

from storage.database import Transaction
from storage.tables import comparison

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PER_PERSON, PER_CODE, OVERALL = 5, 10, 500
"""How many may fail: of a person within a day, for a code within a day whoever tries, of all within an hour."""
KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Tries:
    """Whether to compare.

    Args:
        left: how often the person may still fail.
        blocked: the code, or the registry as a whole, is closed for the moment; it counts as a failure.
    """

    left: int
    blocked: bool


async def tries_left(tx: Transaction, person: int, code: str, at: datetime) -> Tries:
    """Return whether a person may have a code compared; the same work is done whatever the answer is."""
    own = _failures(PER_PERSON, comparison.c.person_id == person, comparison.c.failed_at > at - DAY)
    of_code = _failures(PER_CODE, comparison.c.code == code, comparison.c.failed_at > at - DAY)
    overall = _failures(OVERALL, comparison.c.failed_at > at - HOUR)
    counted = select(own.label("own"), of_code.label("of_code"), overall.label("overall"))
    row = (await tx.run(counted)).one()
    return Tries(PER_PERSON - row.own, row.of_code >= PER_CODE or row.overall >= OVERALL)


def _failures(most: int, *which: ColumnElement[bool]) -> ScalarSelect[int]:
    """Return the count of these failures, which stops at the limit: under attack there are many."""
    found = select(comparison.c.id).where(*which).limit(most).subquery()
    return select(func.count()).select_from(found).scalar_subquery()


async def note_failure(tx: Transaction, person: int, code: str, at: datetime) -> None:
    """Note that a comparison failed, for whatever reason."""
    await tx.run(comparison.insert(), {"code": code, "person_id": person, "failed_at": at})


async def forget_old(tx: Transaction, now: datetime) -> None:
    """Delete the failures that count for nothing any more."""
    await tx.run(delete(comparison).where(comparison.c.failed_at < now - KEPT_FOR))
