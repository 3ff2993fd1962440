"""What administrators look for. Every query carries their scope: what lies outside of it does not exist."""

import re
from collections.abc import Iterator

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true

from dialogs.office.orders import MOST_MATCHES, Match
from dialogs.people import comparable
from storage.database import Transaction
from storage.tables import enterprise

Scope = tuple[str, ...] | None
"""The districts that may be seen; None for all."""

_MOST_CHARS = 60
"""Longer names are not looked for."""
_CODE = re.compile(r"[0-9A-Za-z]{4,18}", re.ASCII)
_LETTER = re.compile(r"[A-Za-z]", re.ASCII)
_LETTERS = re.compile(r"[A-Za-z]{2,}", re.ASCII)
_GENERIC = re.compile(r"股份有限公司|有限责任公司|有限公司|公司|集团|上海市|上海|市|[()·.,&-]")
"""What people leave out of a name, or put into it."""
_LEAST_CHARS = 4
"""From so many characters on, one of them may be wrong."""


def within(scope: Scope) -> ColumnElement[bool]:
    """Return the condition on `enterprise` that a scope means."""
    return true() if scope is None else enterprise.c.district.in_(scope)


async def find_enterprises(tx: Transaction, query: str, scope: Scope) -> tuple[tuple[Match, ...], bool]:
    """Return the enterprises that may be meant, best first.

    Tried one after the other until something is found: the code or the whole name; the beginning of the code, a part
    of the name, initials in pinyin; the name without 有限公司, 集团, 上海 and 市; the same with one wrong character.
    What lies outside of the scope is looked for in vain, just like what does not exist.

    Args:
        tx: the transaction.
        query: as it was typed.
        scope: the districts that may be seen.

    Returns:
        At most `MOST_MATCHES`, and whether there are more.
    """
    for statement in searches(query, scope):
        rows = (await tx.run(statement)).all()
        if rows:
            found = (Match(row.id, row.name, row.code, row.district) for row in rows[:MOST_MATCHES])
            return tuple(found), len(rows) > MOST_MATCHES
    return (), False


def searches(query: str, scope: Scope) -> Iterator[Select[int, str, str, str]]:
    """Yield what is asked one after the other until something is found, see `find_enterprises`."""
    meant = comparable(query).lower()
    if len(meant) > _MOST_CHARS or not any(char.isalnum() for char in meant):
        return
    columns = (enterprise.c.id, enterprise.c.name, enterprise.c.code, enterprise.c.district)
    for condition in _conditions(meant):
        yield (
            select(*columns)
            .where(within(scope), condition)
            .order_by(func.length(enterprise.c.name), enterprise.c.name, enterprise.c.id)
            .limit(MOST_MATCHES + 1)
        )


def _conditions(meant: str) -> Iterator[ColumnElement[bool]]:
    name = _column_for(meant)
    part: list[ColumnElement[bool]] = [name.like(f"%{_plain(meant)}%", escape="\\")]
    if _CODE.fullmatch(meant):
        yield enterprise.c.code == meant.upper()
        part.append(enterprise.c.code.startswith(meant.upper()))
    if _LETTERS.fullmatch(meant):
        part.append(enterprise.c.initials.contains(meant))
    yield name.like(_plain(meant), escape="\\")
    yield or_(*part)
    core = [piece for piece in _GENERIC.split(meant) if piece]
    if core and core != [meant]:
        yield name.like("%" + "%".join(map(_plain, core)) + "%", escape="\\")
    if len(core) == 1 and len(core[0]) >= _LEAST_CHARS:
        yield _with_one_wrong(name, core[0])


def _column_for(meant: str) -> ColumnElement[str]:
    """Return the name as it is to be compared; making it plain takes longer than comparing, so only for letters."""
    return func.lower(func.replace(enterprise.c.name, " ", "")) if _LETTER.search(meant) else enterprise.c.name


def _with_one_wrong(name: ColumnElement[str], meant: str) -> ColumnElement[bool]:
    """Return the condition that a part of the name differs in one character.

    One of the two halves is right then: few names have either, and only those are looked at more closely.
    """
    half = len(meant) // 2
    halves = (name.like(f"%{_plain(part)}%", escape="\\") for part in (meant[:half], meant[half:]))
    spelt = (f"%{_plain(meant[:at])}_{_plain(meant[at + 1 :])}%" for at in range(len(meant)))
    return and_(or_(*halves), or_(*(name.like(one, escape="\\") for one in spelt)))


def _plain(part: str) -> str:
    """Return a part of a pattern for LIKE in which only brackets have a meaning: those of any width."""
    plain = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return plain.replace("(", "_").replace(")", "_")
