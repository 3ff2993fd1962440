"""The audit of one enterprise as administrators read it."""

from sqlalchemy import and_, case, func, select, true

from dialogs.office.journal import LINES, Entry, ShowJournal
from storage.database import Transaction
from storage.offices import Scope, within
from storage.tables import audit, enterprise, inbox, person


async def journal(tx: Transaction, asked: ShowJournal, scope: Scope) -> tuple[ShowJournal, tuple[Entry, ...], bool]:
    """Return a page of what was done to an enterprise within the scope, newest first.

    What one person did to one report several times in a row, such as filling it, is one entry.

    Args:
        tx: the transaction.
        asked: which page.
        scope: the districts that may be seen.

    Returns:
        What was asked, with its top; the entries, where `where` is the channel or, for an administrator, the chat as
        channel:chat; whether there are older ones.
    """
    ours = and_(
        audit.c.enterprise_id == asked.enterprise,
        audit.c.period == asked.period if asked.period else true(),
        select(enterprise.c.id).where(enterprise.c.id == asked.enterprise, within(scope)).exists(),
    )
    top = asked.top or (await tx.run(select(func.max(audit.c.id)).where(ours))).scalar_one() or 0
    newer = {
        column: func.lag(column).over(order_by=audit.c.id.desc())
        for column in (audit.c.action, audit.c.person_id, audit.c.period)
    }
    goes_on = and_(audit.c.action == "report", *(column == before for column, before in newer.items()))
    entries = (
        select(audit, inbox.c.channel, case((goes_on, 0), else_=1).label("begins"))
        .outerjoin_from(audit, inbox, inbox.c.id == audit.c.inbox_id)
        .where(ours, audit.c.id <= top)
        .subquery()
    )
    numbered = select(entries, func.sum(entries.c.begins).over(order_by=entries.c.id.desc()).label("number")).subquery()
    runs = (
        select(
            numbered.c.action,
            numbered.c.period,
            numbered.c.person_id,
            numbered.c.actor,
            func.count().label("times"),
            func.min(numbered.c.at).label("first"),
            func.max(numbered.c.at).label("last"),
            func.max(numbered.c.chat).label("chat"),
            func.max(numbered.c.channel).label("channel"),
            numbered.c.number,
        )
        .group_by(numbered.c.number, numbered.c.action, numbered.c.period, numbered.c.person_id, numbered.c.actor)
        .order_by(numbered.c.number)
        .limit(LINES + 1)
        .offset(asked.page * LINES)
        .subquery()
    )
    named = select(runs, person.c.name).outerjoin_from(runs, person, person.c.id == runs.c.person_id)
    rows = (await tx.run(named.order_by(runs.c.number))).all()
    found = tuple(
        Entry(
            row.action,
            row.times,
            row.first,
            row.last,
            row.period or "",
            None if row.person_id is None else row.name or "",
            row.actor or "",
            row.chat or row.channel or "",
        )
        for row in rows[:LINES]
    )
    return ShowJournal(asked.enterprise, asked.period, asked.page, top), found, len(rows) > LINES
