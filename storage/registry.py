"""The legal-entity registry (法人库) as it was imported last."""

from collections.abc import Iterable
from itertools import islice

from sqlalchemy import or_, select

from dialogs.enterprises import Registered
from storage.database import Transaction
from storage.tables import registry

_CHUNK = 1_000
_COLUMNS = tuple(registry.columns.keys())
_FACTS = tuple(name for name in _COLUMNS if name != "code")


async def import_rows(tx: Transaction, rows: Iterable[Registered]) -> int:
    """Add entries, or put right the entry of the same code; the registry's other entries stay as they are.

    Args:
        tx: all of them are imported in this transaction, or none.
        rows: may be of any number; a thousand are held at a time. Each code once.

    Returns:
        How many rows there were.
    """
    statement = tx.insert(registry)
    statement = statement.on_conflict_do_update(
        index_elements=["code"],
        set_={name: statement.excluded[name] for name in _FACTS},
        # An entry that is as it was is not written again: a monthly import changes few.
        where=or_(*(registry.c[name] != statement.excluded[name] for name in _FACTS)),
    )
    count = 0
    left = iter(rows)
    while chunk := [{name: getattr(row, name) for name in _COLUMNS} for row in islice(left, _CHUNK)]:
        await tx.run(statement, chunk)
        count += len(chunk)
    return count


async def find_registered(tx: Transaction, code: str) -> Registered | None:
    """Return the entry of a unified social credit code (18 places, as stored), None when there is none."""
    row = (await tx.run(select(registry).where(registry.c.code == code))).one_or_none()
    return Registered(**row._mapping) if row else None  # noqa: SLF001 -- public, in spite of its name
