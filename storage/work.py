"""What one transaction works on: all that a batch of messages needs and changes, loaded and written at once.

The rows of an enterprise are locked through the enterprise itself, those of a chat through its session, both in the
order of their keys: on PostgreSQL two processes wait for each other instead of getting in each other's way, on SQLite
there is one writer anyway.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Table, and_, bindparam, exists, func, or_, select, tuple_, update

from dialogs.filling import Enterprise, Submission
from dialogs.home import Person
from dialogs.periods import Period
from dialogs.report import Report, ReportState, pack_report, returned, unpack_report
from storage.database import ConflictError, Transaction, insert_of
from storage.outbox import Kind
from storage.tables import account, audit, enterprise, outbox, person, report, return_, seat, session, submission

Chat = tuple[str, str]
Figures = Mapping[str, Decimal]
_FORMAT = orjson.OPT_SORT_KEYS


@dataclass(slots=True)
class Session:
    """A chat: who is in it, in which language, what is in focus.

    Args:
        page: counts the pages shown; the buttons of an older page can no longer change anything.
        reachable: nothing but reminders waits for this chat in the outbox of another process, so that what is said now
            can be sent at once.
        blocked: nothing arrived here lately.
    """

    chat: Chat
    language: str
    focus: dict[str, Any]
    page: int = 0
    person: Person | None = None
    reachable: bool = True
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """An enterprise, who holds its seat and how many others, and the reports that were asked for."""

    enterprise: Enterprise
    reporter: int | None
    seats: int = 0
    reports: dict[Period, Report] = field(default_factory=dict)
    earlier: dict[Period, Figures] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shown:
    """A message that was sent earlier and has buttons."""

    chat: Chat
    person: int | None
    page: int
    body: dict[str, Any]


class _Reports:
    """Reports as rows, and the last of each that was read or written.

    A report whose row is as it was then is that same object again, with what was worked out about it: comparing is much
    cheaper than reading.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[tuple[int, str], tuple[tuple[object, ...], Report]] = OrderedDict()

    def read(self, row: Any, period: Period) -> Report:
        """Return the report of a row of that period."""
        columns = (row.form, row.state, row.revision, row.content)
        known = self._known.get((row.enterprise_id, row.period))
        if known and known[0] == columns:
            return known[1]
        read = unpack_report(
            orjson.loads(row.content),
            enterprise=row.enterprise_id,
            period=period,
            form=row.form,
            state=ReportState(row.state),
            revision=row.revision,
        )
        self._keep(row.enterprise_id, row.period, columns, read)
        return read

    def write(self, report: Report) -> dict[str, Any]:
        """Return the columns of a report."""
        content = orjson.dumps(pack_report(report)).decode()
        columns = (report.form, report.state.value, report.revision, content)
        period = str(report.period)
        self._keep(report.enterprise, period, columns, report)
        names = ("form", "state", "revision", "content")
        return {"enterprise_id": report.enterprise, "period": period, **dict(zip(names, columns, strict=True))}

    def _keep(self, enterprise: int, period: str, columns: tuple[object, ...], report: Report) -> None:
        self._known[enterprise, period] = (columns, report)
        self._known.move_to_end((enterprise, period))
        if len(self._known) > self._most:
            self._known.popitem(last=False)


_KNOWN = _Reports(1000)


class Work:
    """The rows that a transaction has loaded, and those it will write."""

    def __init__(self, tx: Transaction, owner: str, lease_until: datetime) -> None:
        """Begin empty.

        Args:
            tx: the open transaction.
            owner: names this process in the outbox.
            lease_until: until when it alone sends what is said now.
        """
        self.tx = tx
        self.owner = owner
        self._lease_until = lease_until
        self.sessions: dict[Chat, Session] = {}
        self.cases: dict[int, Case] = {}
        self.shown: dict[int, Shown] = {}
        self._changed_sessions: dict[Chat, Session] = {}
        self._changed_reports: dict[tuple[int, Period], tuple[Report, datetime]] = {}
        self._audit: list[dict[str, Any]] = []
        self._outbox: list[dict[str, Any]] = []

    # ---- loading

    async def load_sessions(self, chats: Iterable[Chat], language: str) -> None:
        """Load the sessions of these chats and lock them; a chat that was never seen gets a new one.

        Args:
            chats: channel and chat.
            language: of a new session.
        """
        wanted = sorted(set(chats) - self.sessions.keys())
        if not wanted:
            return
        found = await self.tx.run(_SESSIONS, {"chats": wanted, "owner": self.owner})
        for row in found:
            who = Person(row.person_id, row.name) if row.person_id else None
            chat = (row.channel, row.chat)
            focus, blocked = orjson.loads(row.focus), row.blocked_at is not None
            self.sessions[chat] = Session(chat, row.language, focus, row.page, who, not row.waiting, blocked)
        for chat in wanted:
            self.sessions.setdefault(chat, Session(chat, language, {}))

    async def heard_from(self, chats: Iterable[Chat]) -> None:
        """Note for chats whose sessions are loaded that somebody wrote there: what is said arrives again."""
        for chat in sorted(set(chats)):
            if self.sessions[chat].blocked:
                self.sessions[chat].blocked = False
                await self.tx.run(_REACHABLE, {"of": chat[0], "who": chat[1]})

    async def load_cases(self, wanted: Iterable[tuple[int, Period]]) -> None:
        """Load and lock enterprises with their seats, each with the report of the period and earlier figures."""
        missing = sorted(
            pair for pair in set(wanted) if pair[0] not in self.cases or pair[1] not in self.cases[pair[0]].earlier
        )
        if not missing:
            return
        ids = sorted({number for number, _ in missing})
        for row in await self.tx.run(_ENTERPRISES, {"ids": ids}):
            known = Enterprise(row.id, row.code, row.name, row.district)
            self.cases.setdefault(row.id, Case(known, row.person_id, row.seats))
        for row in await self.tx.run(_REPORTS, {"pairs": [(number, str(period)) for number, period in missing]}):
            period = Period.parse(row.period)
            if row.enterprise_id in self.cases:
                self.cases[row.enterprise_id].reports[period] = _KNOWN.read(row, period)
        before = {(number, str(past)) for number, period in missing for past in (period.previous, period.last_year)}
        figures: dict[tuple[int, str], Figures] = {}
        for row in await self.tx.run(_SUBMISSIONS, {"pairs": sorted(before)}):
            content = orjson.loads(row.content)["figures"]
            figures[row.enterprise_id, row.period] = {cell: Decimal(figure) for cell, figure in content.items()}
        for number, period in missing:
            if case := self.cases.get(number):
                case.earlier[period] = {}
                for past in (period.previous, period.last_year):
                    case.earlier[past] = figures.get((number, str(past)), {})

    async def lock_enterprise(self, number: int) -> None:
        """Have nobody else change the seat or the reports of an enterprise until the end of the transaction."""
        if number not in self.cases:
            await self.tx.run(_ENTERPRISES, {"ids": [number]})

    async def load_shown(self, ids: Iterable[int]) -> None:
        """Load earlier messages by their numbers, for the buttons they have."""
        wanted = sorted(set(ids) - self.shown.keys())
        if not wanted:
            return
        for row in await self.tx.run(_SHOWN, {"ids": wanted}):
            self.shown[row.id] = Shown((row.channel, row.chat), row.person_id, row.page, orjson.loads(row.body))

    # ---- changing

    def touch(self, changed: Session) -> None:
        """Note that a session is to be saved."""
        self._changed_sessions[changed.chat] = changed

    def save_report(self, changed: Report, at: datetime) -> None:
        """Note that a report is to be saved."""
        case = self.cases[changed.enterprise]
        case.reports[changed.period] = changed
        self._changed_reports[changed.enterprise, changed.period] = (changed, at)

    def say(  # noqa: PLR0913 -- the columns of the outbox
        self, to: Session, bot: str, kind: Kind, body: dict[str, Any], at: datetime, *, enterprise: int | None = None
    ) -> None:
        """Note a message for the outbox. This process sends it after the commit, unless the chat must wait for another.

        Args:
            to: the chat, and the person who may press its buttons.
            bot: by which bot.
            kind: how often it may be sent.
            body: the finished text and the buttons.
            at: when it was said.
            enterprise: which one it is about.
        """
        row = {
            "channel": to.chat[0],
            "bot": bot,
            "chat": to.chat[1],
            "kind": kind.value,
            "enterprise_id": enterprise,
            "person_id": to.person.id if to.person else None,
            "page": to.page,
            "body": orjson.dumps(body).decode(),
            "created_at": at,
            "not_before": None,
        }
        sending = {"state": "sending", "owner": self.owner, "lease_until": self._lease_until, "tries": 1}
        waiting = {"state": "new", "owner": None, "lease_until": None, "tries": 0}
        self._outbox.append(row | (sending if to.reachable else waiting))

    def post(  # noqa: PLR0913 -- the columns of the outbox
        self,
        chat: Chat,
        bot: str,
        body: dict[str, Any],
        at: datetime,
        *,
        enterprise: int | None = None,
        person: int | None = None,
        not_before: datetime | None = None,
    ) -> None:
        """Note a message for a chat that is not being talked to: a notice, which any process may send.

        Args:
            chat: channel and chat.
            bot: by which bot.
            body: the finished text and the buttons.
            at: when it was said.
            enterprise: which one it is about.
            person: who may press its buttons; whoever is in the chat when None.
            not_before: when it is to be sent at the earliest; as a reminder then, for which no reply waits.
        """
        self._outbox.append(
            {
                "channel": chat[0],
                "bot": bot,
                "chat": chat[1],
                "kind": (Kind.REMINDER if not_before else Kind.REPLY).value,
                "enterprise_id": enterprise,
                "person_id": person,
                "page": 0,
                "body": orjson.dumps(body).decode(),
                "created_at": at,
                "not_before": not_before,
                "state": "new",
                "owner": None,
                "lease_until": None,
                "tries": 0,
            }
        )

    def forget_person(self, chats: Collection[Chat], words: Sequence[str], instead: str) -> None:
        """Take back what was noted for somebody who is gone: all for the private chats, the person's words for others.

        Args:
            chats: the private chats, which belong to nobody from now on.
            words: what named the person.
            instead: what is to stand in their place.
        """
        for chat in self.sessions.keys() & set(chats):
            self.sessions[chat].person, self.sessions[chat].focus = None, {}
        self._outbox = [row for row in self._outbox if (row["channel"], row["chat"]) not in chats]
        for row in self._outbox:
            for word in words if row["kind"] != Kind.RECEIPT.value else ():
                row["body"] = row["body"].replace(word, instead)

    async def forget_case(self, enterprise: int) -> None:
        """Drop what was loaded of an enterprise whose seat has changed; it is read again when somebody asks for it."""
        # What was saved of its reports in this very transaction must be there then.
        await self.write_reports()
        self.cases.pop(enterprise, None)

    def record(  # noqa: PLR0913 -- the columns of the audit
        self,
        at: datetime,
        action: str,
        detail: object,
        *,
        person: int | None,
        inbox: int | None,
        enterprise: int | None = None,
        period: Period | None = None,
        actor: str | None = None,
        chat: str | None = None,
    ) -> None:
        """Note who did what to what; `detail` is what it takes to do it again.

        An administrator is an `actor`, named as channel:user, and acts in a `chat`.
        """
        self._audit.append(
            {
                "at": at,
                "person_id": person,
                "inbox_id": inbox,
                "enterprise_id": enterprise,
                "period": str(period) if period else None,
                "action": action,
                "detail": orjson.dumps(detail, option=_FORMAT).decode(),
                "actor": actor,
                "chat": chat,
            }
        )

    async def return_report(  # noqa: PLR0913 -- the columns of the return
        self, enterprise: int, period: Period, *, reason: str, items: tuple[str, ...], by: str, at: datetime
    ) -> Report | None:
        """Return a submitted report to its reporter, who goes on with the next revision.

        Args:
            enterprise: its id; its case must be loaded.
            period: of the report.
            reason: what the reporter is told.
            items: the ids of the items to correct.
            by: the administrator, as channel:user.
            at: when.

        Returns:
            The report as it is now; None when it is not submitted, so that there is nothing to return.
        """
        report = self.cases[enterprise].reports.get(period)
        if report is None or report.state is not ReportState.SUBMITTED:
            return None
        row = {
            "enterprise_id": enterprise,
            "period": str(period),
            "revision": report.revision,
            "reason": reason,
            "items": orjson.dumps(items).decode(),
            "returned_by": by,
            "returned_at": at,
        }
        await self.tx.run(return_.insert(), row)
        back = returned(report, reason, items, at)
        self.save_report(back, at)
        return back

    async def submit(self, submitted: Report, effect: Submission, by: int) -> None:
        """Store a submission.

        Raises:
            ConflictError: the revision was submitted meanwhile.
        """
        await self.write_reports()
        row = {
            "number": effect.receipt.number,
            "enterprise_id": submitted.enterprise,
            "period": str(submitted.period),
            "revision": submitted.revision,
            "follows": submitted.revision - 1 or None,
            "person_id": by,
            "content": effect.content,
            "digest": effect.receipt.digest,
            "submitted_at": effect.receipt.at,
        }
        if not await self.tx.add(submission, row):
            message = "this revision was submitted meanwhile"
            raise ConflictError(message)

    # ---- writing

    async def flush(self) -> list[dict[str, Any]]:
        """Write everything that was noted.

        Returns:
            The outbox rows with their ids; those of this process's own are in state `sending`.
        """
        await self.write_reports()
        if self._changed_sessions:
            rows = [
                {
                    "channel": changed.chat[0],
                    "chat": changed.chat[1],
                    "language": changed.language,
                    "focus": orjson.dumps(changed.focus).decode(),
                    "page": changed.page,
                }
                for _, changed in sorted(self._changed_sessions.items())
            ]
            await self.tx.run(_upsert(self.tx.dialect, session, ("language", "focus", "page")), rows)
        await self.write_audit()
        if self._outbox:
            await self.tx.insert_in_order(outbox, self._outbox)
        return self._outbox

    async def write_audit(self) -> None:
        """Write what was recorded so far."""
        if self._audit:
            await self.tx.run(_RECORD, self._audit)
            self._audit.clear()

    async def write_reports(self) -> None:
        """Write the reports that were saved so far, so that queries of this transaction find them."""
        if not self._changed_reports:
            return
        rows = [
            _KNOWN.write(changed) | {"changed_at": at} for _, (changed, at) in sorted(self._changed_reports.items())
        ]
        self._changed_reports.clear()
        await self.tx.run(_upsert(self.tx.dialect, report, _REPORT_COLUMNS), rows)


@cache
def _upsert(dialect: str, table: Table, columns: tuple[str, ...]) -> Any:
    statement = insert_of(dialect, table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns), set_={name: statement.excluded[name] for name in columns}
    )


_REPORT_COLUMNS = ("form", "state", "revision", "content", "changed_at")
_RECORD = audit.insert()
_waiting = exists().where(
    outbox.c.channel == session.c.channel,
    outbox.c.chat == session.c.chat,
    outbox.c.kind != Kind.REMINDER.value,
    or_(outbox.c.state == "new", and_(outbox.c.state == "sending", outbox.c.owner != bindparam("owner"))),
)
_SESSIONS = (
    select(session, account.c.person_id, account.c.blocked_at, person.c.name, _waiting.label("waiting"))
    .outerjoin_from(session, account, and_(account.c.channel == session.c.channel, account.c.user == session.c.chat))
    .outerjoin(person, person.c.id == account.c.person_id)
    .where(tuple_(session.c.channel, session.c.chat).in_(bindparam("chats", expanding=True)))
    .order_by(session.c.channel, session.c.chat)
    .with_for_update(of=session)
)
_REACHABLE = (
    update(account)
    .where(account.c.channel == bindparam("of"), account.c.user == bindparam("who"))
    .values(blocked_at=None)
)
_held = seat.alias("held")
_seats = (
    select(func.count())
    .where(_held.c.person_id == seat.c.person_id, _held.c.until.is_(None))
    .correlate(seat)
    .scalar_subquery()
)
_ENTERPRISES = (
    select(
        enterprise.c.id,
        enterprise.c.code,
        enterprise.c.name,
        enterprise.c.district,
        seat.c.person_id,
        _seats.label("seats"),
    )
    .outerjoin_from(enterprise, seat, and_(seat.c.enterprise_id == enterprise.c.id, seat.c.until.is_(None)))
    .where(enterprise.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(enterprise.c.id)
    .with_for_update(of=enterprise, key_share=True)
)
_REPORTS = select(report).where(tuple_(report.c.enterprise_id, report.c.period).in_(bindparam("pairs", expanding=True)))
_SUBMISSIONS = (
    select(submission.c.enterprise_id, submission.c.period, submission.c.content)
    .where(tuple_(submission.c.enterprise_id, submission.c.period).in_(bindparam("pairs", expanding=True)))
    .order_by(submission.c.revision)
)
_SHOWN = select(outbox.c.id, outbox.c.channel, outbox.c.chat, outbox.c.person_id, outbox.c.page, outbox.c.body).where(
    outbox.c.id.in_(bindparam("ids", expanding=True))
)
