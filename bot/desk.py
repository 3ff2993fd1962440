"""One message within one transaction: who is it, what is meant, what follows, what is said.

Authority is decided here: a person is who the account is bound to, a report is filled by who holds the seat of its
enterprise, a button works for whom it was shown to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.channels import Incoming, Sort, button_place
from dialogs import conversation, filling
from dialogs.conversation import Facts, State
from dialogs.form import Forms
from dialogs.people import comparable
from dialogs.periods import Period, due_period, fillable_periods
from dialogs.report import Report, ReportState, comparable_figures
from dialogs.texts import DEFAULT_LANGUAGE, LANGUAGES, write_out
from dialogs.turn import Button, Effect, Event, Late, Page, Turn, Words, text
from storage import people
from storage.outbox import Kind
from storage.registry import find_registered
from storage.work import Chat, Session, Work

MOST_ROUNDS = 8
"""How often one message may go from effect to event; more is a fault of a dialog."""


MOST_CHARS = 2000
"""How long a message may be: Telegram takes 4096 units of UTF-16, of which a rare character needs two."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of an update: a word for the press, and for the record why there was no other answer."""

    notice: str = ""
    outcome: str = ""


class Desk:
    """Takes the messages of a transaction one by one."""

    def __init__(self, work: Work, forms: Forms, now: datetime) -> None:
        """Set up.

        Args:
            work: the transaction's rows.
            forms: the versions of the form.
            now: the instant that counts for everything in this transaction.
        """
        self._work = work
        self._forms = forms
        self._now = now

    async def prepare(self, batch: Sequence[Incoming]) -> None:
        """Load at once what these messages are going to need."""
        await self._work.load_sessions({_chat(one) for one in batch if one.private}, DEFAULT_LANGUAGE)
        focused = (_focus(self._work.sessions[_chat(one)]) for one in batch if one.private)
        await self._work.load_cases({focus for focus in focused if focus})
        await self._work.load_shown({place[0] for one in batch if (place := button_place(one.press))})

    async def handle(self, incoming: Incoming, inbox: int) -> Handled:
        """Take one message: change what follows from it and put the answers into the outbox.

        Args:
            incoming: the message; what it needs was prepared.
            inbox: its id in the inbox.
        """
        if not incoming.private:
            return Handled(outcome="not a private chat")
        return await _Exchange(self._work, self._forms, self._now, incoming, inbox).run()


def _chat(incoming: Incoming) -> Chat:
    return (incoming.channel, incoming.chat)


def _focus(session: Session) -> tuple[int, Period] | None:
    focus = session.focus
    return (focus["enterprise"], Period.parse(focus["period"])) if focus.get("at") == "Filling" else None


class _Exchange:
    """One message and what it leads to."""

    def __init__(self, work: Work, forms: Forms, now: datetime, incoming: Incoming, inbox: int) -> None:
        self._work, self._forms, self._now, self._incoming, self._inbox = work, forms, now, incoming, inbox
        self._session = work.sessions[_chat(incoming)]
        self._desk: filling.Desk | None = None
        self._notice: Words | None = None

    async def run(self) -> Handled:
        session = self._session
        before = (session.focus, session.page, session.language)
        state, seated = self._state()
        event, about = self._event()
        focus = _focus(session)
        if not seated:
            await self._play(state, conversation.SeatLost())
        elif about is not None and about != (focus and [focus[0], str(focus[1])]):
            self._say(conversation.page_of(state, self._facts()).under(text("button-other")), state)
        else:
            await self._play(state, conversation.meant(state, event, self._facts()))
        if before != (session.focus, session.page, session.language):
            self._work.touch(session)
        if self._notice is None:
            return Handled()
        return Handled(write_out(self._notice, session.language), "answered by a notice")

    # ---- what is meant

    def _state(self) -> tuple[State, bool]:
        """Return the state of the conversation, and whether the person still has the seat for the report in it."""
        focus = _focus(self._session)
        if focus is None:
            return conversation.unpack_state(self._session.focus, None), True
        if not self._is_reporter(focus[0]):
            return conversation.AtHome(), False
        report = self._report(*focus)
        self._desk = self._desk_for(report) if report else None
        return conversation.unpack_state(self._session.focus, report), True

    def _event(self) -> tuple[Event, list[Any] | None]:
        """Return what happened, and for a button that fills a report which report it was shown for."""
        match self._incoming.sort:
            case Sort.TEXT:
                return conversation.Said(self._incoming.words), None
            case Sort.CONTACT:
                return conversation.Contact(self._incoming.phone), None
            case Sort.PRESS:
                return self._pressed()
            case Sort.EDITED | Sort.STICKER | Sort.VOICE | Sort.MEDIA | Sort.OTHER as sort:
                return conversation.Odd(sort.value), None

    def _pressed(self) -> tuple[Event, list[Any] | None]:
        """Return the event of the button, a late one on an older page, if it was shown to this person in this chat."""
        place, who = button_place(self._incoming.press), self._session.person
        shown = self._work.shown.get(place[0]) if place else None
        if place is None or shown is None or shown.chat != self._session.chat:
            return Late(conversation.Odd("other")), None
        if shown.person is not None and (who is None or shown.person != who.id):
            return Late(conversation.Odd("other")), None
        try:
            _, packed, changes = shown.body["rows"][place[1]][place[2]]
            event = Event.unpack(packed)
        except (KeyError, IndexError, TypeError, ValueError):
            return Late(conversation.Odd("other")), None
        about = shown.body.get("report") if type(event).__module__ == filling.__name__ else None
        return (Late(event) if changes and shown.page != self._session.page else event), about

    # ---- what follows

    async def _play(self, state: State, event: Event) -> None:
        """Step, carry out the effects, step again with what they brought, until nothing is left to do."""
        for _ in range(MOST_ROUNDS):
            before = state
            turn: Turn[State] = conversation.step(state, event, self._facts())
            state = turn.state
            self._keep(before, state, event)
            self._notice = turn.notice
            following = [await self._perform(effect) for effect in turn.effects]
            self._session.focus = conversation.pack_state(state)
            for page in turn.pages:
                self._say(page, state)
            events = [one for one in following if one is not None]
            if not events:
                return
            event = events[0]
        message = f"a dialog did not come to an end after {MOST_ROUNDS} rounds"
        raise RuntimeError(message)

    def _keep(self, before: State, after: State, event: Event) -> None:
        """Save a report that was changed, and record by which event."""
        if not isinstance(before, filling.Filling) or not isinstance(after, filling.Filling):
            return
        if after.report != before.report and not isinstance(event, conversation.Opened):
            self._work.save_report(after.report, self._now)
            self._record("report", event.pack(), after.report)

    def _facts(self) -> Facts:
        return Facts(self._now, self._session.person, self._desk)

    def _is_reporter(self, enterprise: int) -> bool:
        case, who = self._work.cases.get(enterprise), self._session.person
        return case is not None and who is not None and case.reporter == who.id

    def _report(self, enterprise: int, period: Period) -> Report | None:
        """Return the stored report, or an empty one of the form in force."""
        stored = self._work.cases[enterprise].reports.get(period)
        if stored is not None:
            return stored
        form = self._forms.in_force(period)
        return Report(enterprise, period, form.version) if form else None

    def _desk_for(self, report: Report) -> filling.Desk:
        case, who = self._work.cases[report.enterprise], self._session.person
        form = self._forms.version(report.form)
        return filling.Desk(
            form,
            case.enterprise,
            who.id if who else 0,
            self._now,
            comparable_figures(form, report.period.previous, case.earlier.get(report.period.previous, {})),
            comparable_figures(form, report.period.last_year, case.earlier.get(report.period.last_year, {})),
        )

    async def _perform(self, effect: Effect) -> Event | None:  # noqa: C901, PLR0911, PLR0912 -- one case an effect
        tx, now, who = self._work.tx, self._now, self._session.person
        match effect:
            case conversation.BindPhone(phone):
                chat = self._session.chat
                self._session.person = await people.bind_phone(tx, chat[0], chat[1], phone, now)
                self._record("phone-verified", {"channel": chat[0]})
                return conversation.Bound(self._session.person.name)
            case conversation.SetLanguage(language):
                self._session.language = language
                return None
            case filling.Submission():
                await self._submit(effect)
                return None
            case _ if who is None:
                return None
            case conversation.SetName(name):
                await people.set_name(tx, who.id, name)
                self._session.person = conversation.Person(who.id, name)
                self._record("name-set", {"name": name})
                return None
            case conversation.Compare(code, name, representative):
                return await self._compare(code, name, representative, who.id)
            case conversation.LinkEnterprise(linking):
                return await self._link(linking, who.id)
            case conversation.ListEnterprises(to_fill):
                return conversation.Enterprises(await people.linked_enterprises(tx, who.id), to_fill)
            case conversation.LookAtSeat(enterprise) | conversation.TakeSeat(enterprise):
                return await self._seat(enterprise, who.id, take=isinstance(effect, conversation.TakeSeat))
            case conversation.OpenReport(enterprise, period):
                return await self._open(enterprise, period)
            case conversation.ListPeriods(enterprise):
                await self._work.load_cases([(enterprise, due_period(now))])
                if not self._is_reporter(enterprise):
                    return conversation.CannotOpen("seat")
                name = self._work.cases[enterprise].enterprise.name
                return conversation.Periods(enterprise, name, await people.report_states(tx, enterprise))
            case _:
                message = f"nobody carries out {type(effect).__name__}"
                raise NotImplementedError(message)

    async def _submit(self, effect: filling.Submission) -> None:
        focus, who = _focus(self._session), self._session.person
        if focus is None or who is None or not self._is_reporter(focus[0]):
            message = "a submission without a reporter"
            raise RuntimeError(message)
        report = self._work.cases[focus[0]].reports[focus[1]]
        await self._work.submit(report, effect, who.id)
        self._record("submitted", {"number": effect.receipt.number, "digest": effect.receipt.digest}, report)

    async def _compare(self, code: str, name: str, representative: str, who: int) -> Event:
        await self._work.write_audit()
        since = self._now - people.COMPARISON_WINDOW
        left = people.COMPARISONS - await people.failed_comparisons(self._work.tx, who, since)
        if left <= 0:
            return conversation.Compared(None, 0)
        found = await find_registered(self._work.tx, code)
        told = (comparable(name), comparable(representative))
        if found and told == (comparable(found.name), comparable(found.representative)):
            return conversation.Compared(found, left)
        self._record("compare-failed", {"code": code})
        return conversation.Compared(None, left - 1)

    async def _link(self, linking: conversation.Linking, who: int) -> Event:
        basics = people.Basics(
            linking.code, linking.name, linking.district, linking.category, linking.address, linking.phone
        )
        number = await people.link_enterprise(self._work.tx, basics, who, self._now)
        self._record("linked", {"code": linking.code}, enterprise=number)
        return conversation.Linked(number, linking.name)

    async def _seat(self, enterprise: int, who: int, *, take: bool) -> Event:
        seat = await people.seat_of(self._work.tx, enterprise, who)
        if seat is None:
            return conversation.CannotOpen("seat")
        if seat.holder is None and not take:
            return conversation.SeatFree(enterprise, seat.name)
        if seat.holder is None and await people.take_seat(self._work.tx, enterprise, who, self._now):
            self._record("seat-taken", {}, enterprise=enterprise)
            self._work.forget_case(enterprise)
            return conversation.SeatClaimed(enterprise, seat.name)
        seat = await people.seat_of(self._work.tx, enterprise, who) or seat
        return conversation.SeatTaken(enterprise, seat.name, seat.reporter, seat.district, seat.holder == who)

    async def _open(self, enterprise: int, period: Period) -> Event:
        await self._work.load_cases([(enterprise, period)])
        if not self._is_reporter(enterprise):
            return conversation.CannotOpen("seat")
        report = self._report(enterprise, period)
        if report is None:
            return conversation.CannotOpen("form")
        if report.state is not ReportState.SUBMITTED and period not in fillable_periods(self._now):
            return conversation.CannotOpen("period")
        self._desk = self._desk_for(report)
        return conversation.Opened(report, self._desk)

    def _record(self, action: str, detail: object, report: Report | None = None, enterprise: int | None = None) -> None:
        who = self._session.person
        self._work.record(
            self._now,
            action,
            detail,
            person=who.id if who else None,
            inbox=self._inbox,
            enterprise=report.enterprise if report else enterprise,
            period=report.period if report else None,
        )

    # ---- what is said

    def _say(self, page: Page, state: State) -> None:
        """Put a page into the outbox, in finished words."""
        session = self._session
        if page.rows or page.ask_contact:
            session.page += 1
        language = session.language
        report = state.report if isinstance(state, filling.Filling) else None
        *first, last = _parts("\n".join(write_out(line, language) for line in page.lines))
        body: dict[str, Any] = {"text": last}
        if page.rows:
            body["rows"] = [[_pack(button, language) for button in row] for row in page.rows]
        if page.ask_contact:
            body["ask_contact"] = write_out(page.ask_contact, language)
        if self._incoming.sort is Sort.CONTACT and not page.ask_contact:
            body["drop_contact"] = True
        if report:
            body["report"] = [report.enterprise, str(report.period)]
        kind, about = Kind.RECEIPT if page.receipt else Kind.REPLY, report.enterprise if report else None
        for one in (*({"text": part} for part in first), body):
            self._work.say(session, self._incoming.bot, kind, one, self._now, enterprise=about)


def _parts(written: str) -> list[str]:
    """Return a text in parts that any messenger takes, broken between lines where that is possible."""
    parts, part = [], ""
    for line in written.split("\n"):
        for piece in (line[at : at + MOST_CHARS] for at in range(0, len(line) or 1, MOST_CHARS)):
            if part and len(part) + 1 + len(piece) > MOST_CHARS:
                parts.append(part)
                part = piece
            else:
                part = f"{part}\n{piece}" if part else piece
    return [*parts, part]


def _pack(button: Button, language: str) -> list[Any]:
    return [write_out(button.label, language), button.event.pack(), int(button.changes)]


def apology(language: str) -> str:
    """Return what is said when a message had to be set aside."""
    return write_out(text("set-aside"), language if language in LANGUAGES else DEFAULT_LANGUAGE)
