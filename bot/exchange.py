"""One message and what it leads to: the step, its effects carried out, what they bring, until nothing is left to do.

Authority is decided here: a person is who the account is bound to, a report is filled by who holds the seat of its
enterprise, a button works for whom it was shown to.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from bot.channels import Incoming, Sort, button_place
from bot.policy import Policy
from dialogs import conversation, filling
from dialogs.conversation import State
from dialogs.home import Facts, Person
from dialogs.periods import Period
from dialogs.places import AtHome, Said
from dialogs.report import Report, comparable_figures
from dialogs.texts import write_out
from dialogs.turn import Event, Late, Page, Turn, Words, text
from dialogs.written import bodies_of
from scheduler.calendar import UnknownDayError, load_calendar
from scheduler.planner import years_around
from scheduler.rules import next_loud
from storage import chats
from storage.chats import KnownChat
from storage.database import Transaction
from storage.outbox import Kind
from storage.work import Session, Work

AWAKE_FOR = timedelta(minutes=10)
"""So long after having said something a person can be told things at any hour."""
MOST_ROUNDS = 8
"""How often one message may go from effect to event; more is a fault of a dialog."""

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of an update: a word for the press, and for the record why there was no other answer."""

    notice: str = ""
    outcome: str = ""


class Exchange(ABC, Generic[S]):
    """One message within one transaction, whoever sent it. The effects of the dialogs are carried out through it."""

    def __init__(self, work: Work, policy: Policy, now: datetime, incoming: Incoming, inbox: int) -> None:
        """Set up.

        Args:
            work: the transaction's rows.
            policy: what the deployment has decided.
            now: the instant that counts for everything in this transaction.
            incoming: the message.
            inbox: its id in the inbox.
        """
        self.work, self.policy, self.now, self.incoming, self._inbox = work, policy, now, incoming, inbox
        self.session: Session = work.sessions[incoming.channel, incoming.chat]
        self._notice: Words | None = None
        self._loud: datetime | None = None

    @property
    def tx(self) -> Transaction:
        """The transaction."""
        return self.work.tx

    async def run(self) -> Handled:
        """Take the message: change what follows from it, and put the answers into the outbox."""
        session = self.session
        before = (session.focus, session.page, session.language)
        await self._take()
        if before != (session.focus, session.page, session.language):
            self.work.touch(session)
        if self._notice is None:
            return Handled()
        return Handled(write_out(self._notice, session.language), "answered by a notice")

    # ---- what the two kinds of exchange differ in

    @abstractmethod
    async def _take(self) -> None:
        """Find out what is meant, and play it."""

    @abstractmethod
    def _step(self, state: S, event: Event) -> Turn[S]:
        """Take one step of the dialog."""

    @abstractmethod
    def _note(self, before: S, after: S, event: Event) -> None:
        """Keep what a step changed, before its effects are carried out."""

    @abstractmethod
    def _about(self, state: S) -> Report | None:
        """Return the report that the pages are about."""

    @abstractmethod
    def record(
        self, action: str, detail: object, *, enterprise: int | None = None, period: Period | None = None
    ) -> None:
        """Record who did what; `detail` is what it takes to do it again, without names, numbers and figures."""

    # ---- the loop

    async def _play(self, state: S, event: Event) -> None:
        """Step, carry out the effects, step again with what they brought, until nothing is left to do."""
        from bot.effects import CARRIED_OUT  # noqa: PLC0415 -- what carries out effects knows the exchange

        for _ in range(MOST_ROUNDS):
            before = state
            turn = self._step(state, event)
            state = turn.state
            self._note(before, state, event)
            self._notice = turn.notice
            following = [await CARRIED_OUT[type(effect)](self, effect) for effect in turn.effects]
            for page in turn.pages:
                self.say(page, self._about(state))
            events = [one for one in following if one is not None]
            if not events:
                return
            event = events[0]
        message = f"a dialog did not come to an end after {MOST_ROUNDS} rounds"
        raise RuntimeError(message)

    # ---- what is said

    def say(self, page: Page, about: Report | None = None) -> None:
        """Put a page into the outbox as the answer in this chat."""
        session = self.session
        if page.rows or page.ask_contact:
            session.page += 1
        *first, last = bodies_of(page, session.language)
        if page.in_place and self.incoming.message and not first:
            last["edits"] = self.incoming.message
        if self.incoming.sort is Sort.CONTACT and not page.ask_contact:
            last["drop_contact"] = True
        if about:
            last["report"] = [about.enterprise, str(about.period)]
        kind = Kind.RECEIPT if page.receipt else Kind.REPLY
        for body in (*first, last):
            if self.incoming.topic:
                body["topic"] = self.incoming.topic
            enterprise = about.enterprise if about else None
            self.work.say(session, self.incoming.bot, kind, body, self.now, enterprise=enterprise)

    async def tell(self, person: int, page: Page, *, enterprise: int | None = None) -> None:
        """Tell somebody else something, in every chat that is theirs; at night and on days off only who is awake.

        Args:
            person: who.
            page: what; its buttons lead somewhere and change nothing.
            enterprise: which one it is about.
        """
        later = await self._loud_again(person)
        for chat in await chats.chats_of(self.tx, person):
            self.post(chat, page, enterprise=enterprise, person=person, not_before=later)

    def post(
        self,
        to: KnownChat,
        page: Page,
        *,
        enterprise: int | None = None,
        person: int | None = None,
        not_before: datetime | None = None,
    ) -> None:
        """Put a page into the outbox for another chat, if this process serves its channel; see `Work.post`."""
        if bot := self.policy.bots.get(to.channel):
            for body in bodies_of(page, to.language):
                self.work.post(
                    (to.channel, to.chat),
                    bot,
                    body,
                    self.now,
                    enterprise=enterprise,
                    person=person,
                    not_before=not_before,
                )

    async def _loud_again(self, person: int) -> datetime | None:
        """Return until when a person is better left alone; None for who is to be told at once."""
        if self._loud is None:
            # Once a message: an order may concern hundreds of people.
            try:
                self._loud = next_loud(await load_calendar(self.tx, years_around(self.now)), self.now)
            except UnknownDayError:
                self._loud = self.now
        if self._loud <= self.now or await chats.has_talked(self.tx, person, self.now - AWAKE_FOR):
            return None
        return self._loud

    async def tell_office(self, district: str, page: Page, *, enterprise: int | None = None) -> None:
        """Tell the administrators of a district something, in their chat; those of the city where it has none."""
        for office in self.policy.offices_of(district):
            if office.channel in self.policy.bots:
                chat = await chats.current(self.tx, office.channel, str(office.chat))
                self.post(chat, page, enterprise=enterprise)

    def pressed(self) -> tuple[Event, list[Any] | None]:
        """Return the event of the button that was pressed, and the report that its message was about.

        It is a late one on an older page, and an unknown one unless it was shown in this chat to this person.
        """
        place, who = button_place(self.incoming.press), self.session.person
        shown = self.work.shown.get(place[0]) if place else None
        if place is None or shown is None or shown.chat != self.session.chat:
            return Late(conversation.Odd("other")), None
        if shown.person is not None and (who is None or shown.person != who.id):
            return Late(conversation.Odd("other")), None
        try:
            _, packed, changes = shown.body["rows"][place[1]][place[2]]
            event = Event.unpack(packed)
        except (KeyError, IndexError, TypeError, ValueError):
            return Late(conversation.Odd("other")), None
        about = shown.body.get("report") if type(event).__module__ == filling.__name__ else None
        return (Late(event) if changes and shown.page != self.session.page else event), about


Performer = Callable[[Any, Any], Awaitable[Event | None]]
"""Carries out one kind of effect, given the exchange and the effect; returns what it brings, if anything."""


def focus_of(session: Session) -> tuple[int, Period] | None:
    """Return the enterprise and period of the report in focus."""
    focus = session.focus
    return (focus["enterprise"], Period.parse(focus["period"])) if focus.get("at") == "Filling" else None


class PersonExchange(Exchange[State]):
    """A message of a person, in a private chat."""

    def __init__(self, work: Work, policy: Policy, now: datetime, incoming: Incoming, inbox: int) -> None:
        """Set up, see `Exchange`."""
        super().__init__(work, policy, now, incoming, inbox)
        self.desk: filling.Desk | None = None

    @property
    def me(self) -> Person:
        """Who is talking.

        Raises:
            RuntimeError: nobody is known yet; a dialog asked for something that only a known person can do.
        """
        if self.session.person is None:
            message = "an effect without a person"
            raise RuntimeError(message)
        return self.session.person

    async def _take(self) -> None:
        session = self.session
        state, seated = self._state()
        event, about = self._event()
        focus = focus_of(session)
        if not seated:
            await self._play(state, conversation.SeatLost())
        elif about is not None and about != (focus and [focus[0], str(focus[1])]):
            self.say(conversation.page_of(state, self._facts()).under(text("button-other")), self._about(state))
        else:
            await self._play(state, conversation.meant(state, event, self._facts()))

    def _state(self) -> tuple[State, bool]:
        """Return the state of the conversation, and whether the person still has the seat for the report in it."""
        focus = focus_of(self.session)
        if focus is None:
            return conversation.unpack_state(self.session.focus, None), True
        if not self.is_reporter(focus[0]):
            return AtHome(), False
        report = self.report(*focus)
        self.desk = self.desk_for(report) if report else None
        return conversation.unpack_state(self.session.focus, report), True

    def _event(self) -> tuple[Event, list[Any] | None]:
        """Return what happened, and for a button that fills a report which report it was shown for."""
        match self.incoming.sort:
            case Sort.TEXT:
                return Said(self.incoming.words), None
            case Sort.CONTACT:
                return conversation.Contact(self.incoming.phone), None
            case Sort.PRESS:
                return self.pressed()
            case Sort.FILE:
                return conversation.Odd("media"), None
            case sort:
                return conversation.Odd(sort.value), None

    def _step(self, state: State, event: Event) -> Turn[State]:
        return conversation.step(state, event, self._facts())

    def _note(self, before: State, after: State, event: Event) -> None:
        """Save a report that was changed, record by which event, and keep the focus."""
        self.session.focus = conversation.pack_state(after)
        if not isinstance(before, filling.Filling) or not isinstance(after, filling.Filling):
            return
        if after.report != before.report and not isinstance(event, conversation.Opened):
            self.work.save_report(after.report, self.now)
            self.record("report", event.pack(), enterprise=after.report.enterprise, period=after.report.period)

    def _about(self, state: State) -> Report | None:
        return state.report if isinstance(state, filling.Filling) else None

    def _facts(self) -> Facts:
        return Facts(self.now, self.session.person, self.desk, self.policy.directory)

    def record(
        self, action: str, detail: object, *, enterprise: int | None = None, period: Period | None = None
    ) -> None:
        """Record what this person did, see `Exchange.record`."""
        who = self.session.person
        self.work.record(
            self.now,
            action,
            detail,
            person=who.id if who else None,
            inbox=self._inbox,
            enterprise=enterprise,
            period=period,
        )

    # ---- the report on the desk

    def is_reporter(self, enterprise: int) -> bool:
        """Return whether the person holds the seat of an enterprise, whose case was loaded."""
        case, who = self.work.cases.get(enterprise), self.session.person
        return case is not None and who is not None and case.reporter == who.id

    def report(self, enterprise: int, period: Period) -> Report | None:
        """Return the stored report, or an empty one of the form in force; None where there is no form."""
        stored = self.work.cases[enterprise].reports.get(period)
        if stored is not None:
            return stored
        form = self.policy.forms.in_force(period)
        return Report(enterprise, period, form.version) if form else None

    def desk_for(self, report: Report) -> filling.Desk:
        """Return what filling that report needs to know."""
        case, who = self.work.cases[report.enterprise], self.session.person
        form = self.policy.forms.version(report.form)
        return filling.Desk(
            form,
            case.enterprise,
            who.id if who else 0,
            self.now,
            comparable_figures(form, report.period.previous, case.earlier.get(report.period.previous, {})),
            comparable_figures(form, report.period.last_year, case.earlier.get(report.period.last_year, {})),
            several=case.seats > 1,
        )
