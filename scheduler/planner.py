"""From the rules to messages: who is to be told what now, each person and each office once.

Any number of processes may plan at the same time, and any of them may die over it: the keys of `storage.reminders`
decide, and whoever looks next goes on. What one process has finished it does not look at again.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Protocol

import structlog

from dialogs.form import Forms
from dialogs.office.authority import CITY
from dialogs.offices import DISTRICTS
from dialogs.periods import SHANGHAI, deadline, due_period
from dialogs.reminders import MOST_NAMES, Notice, last_day, late_page, no_reporter_page, reminder_page
from dialogs.turn import Page, text
from dialogs.written import bodies_of
from scheduler.calendar import Calendar, UnknownDayError, load_calendar
from scheduler.clock import Clock
from scheduler.rules import LOUD_UNTIL, Kind, Rules, due, quiet, slots
from storage import chats, overview, reminders
from storage.chats import KnownChat
from storage.database import ConflictError, Database, DatabaseDownError, Transaction
from storage.reminders import Message, Occasion, Woken

LOG = structlog.get_logger("planner")
A_PAGE = 200
"""How many people are dealt with in one transaction: on SQLite nobody else can write meanwhile."""
AGAIN = "again"
"""The rule of the reminders that people have put off."""
MORNING = time(9, 30)
"""When somebody who wants to be reminded tomorrow is, in Shanghai."""


class Office(Protocol):
    """An admin chat, and the district or city that it is for."""

    @property
    def channel(self) -> str:
        """Of the chat."""

    @property
    def chat(self) -> int:
        """The chat's number in the settings."""

    @property
    def scope(self) -> str:
        """A district, or the city."""


class Offices(Protocol):
    """Through which bots people can be told something now, and where the offices are."""

    @property
    def bots(self) -> Mapping[str, str]:
        """The bot of each channel that this process serves."""

    @property
    def admin_chats(self) -> Sequence[Office]:
        """All admin chats."""

    def offices_of(self, district: str) -> Iterator[Office]:
        """Yield the admin chats of a district; those of the whole city where it has none of its own."""


def tomorrow(calendar: Calendar, now: datetime) -> datetime:
    """Return when somebody is reminded who does not want it today: in the morning of the next working day, aware."""
    day = calendar.first_working_day_from(now.astimezone(SHANGHAI).date() + timedelta(days=1))
    return datetime.combine(day, MORNING, SHANGHAI)


def years_around(now: datetime) -> tuple[int, int]:
    """Return the years whose working days matter now: reminders of December's report are sent in January."""
    year = now.astimezone(SHANGHAI).year
    return year, year + 1


class Planner:
    """Plans what is due, when it is asked to."""

    def __init__(
        self, database: Database, clock: Clock, forms: Forms, rules: Rules, offices: Callable[[], Offices]
    ) -> None:
        """Set up.

        Args:
            database: open, with the right schema.
            clock: the clock.
            forms: the versions of the form: they say when a period closes.
            rules: when who is told what.
            offices: returns where people and offices can be told something now.
        """
        self._database, self._clock, self._forms, self._rules, self._offices = database, clock, forms, rules, offices
        self._finished: set[str] = set()

    async def tick(self) -> None:
        """Plan what is due. What cannot be now is done next time."""
        try:
            await self.plan()
        except ConflictError as error:
            LOG.info("reminders planned by another process", cause=str(error))
        except (DatabaseDownError, UnknownDayError) as error:
            LOG.warning("reminders not planned now", cause=str(error))

    async def plan(self) -> None:
        """Plan what is due, and return when it is in the outbox.

        Raises:
            ConflictError, DatabaseDownError: not all of it is; what is missing can be planned again.
            UnknownDayError: the calendar does not have the year.
        """
        now, offices = self._clock.now(), self._offices()
        period = due_period(now)
        form = self._forms.in_force(period)
        if form is None or not offices.bots:
            return
        async with self._database.transaction() as tx:
            calendar = await load_calendar(tx, years_around(now))
            if taken := await reminders.take_back(tx, now):
                LOG.info("reminders taken back", messages=taken)
        if quiet(calendar, now):
            return
        closes = deadline(period, form.deadline_day)
        planned = slots(self._rules, calendar, period, form.deadline_day)
        found = _Round(self._database, now, calendar, offices)
        for slot in due(planned, now):
            occasion = Occasion(period, closes, slot.rule, slot.at)
            if occasion.key not in self._finished:
                await found.tell(occasion, slot.kind)
                self._finished.add(occasion.key)
        morning = datetime.combine(now.astimezone(SHANGHAI).date(), MORNING, SHANGHAI)
        again = Occasion(period, closes, AGAIN, morning)
        # On a day that has a reminder anyway, that one will do.
        has_own = any(slot.kind is Kind.REMINDER and slot.at.date() == morning.date() for slot in planned)
        if morning <= now < closes and not has_own and again.key not in self._finished:
            await found.remind(again, Notice.DUE, Woken(morning.replace(hour=0, minute=0), now))
            self._finished.add(again.key)


@dataclass(frozen=True, slots=True)
class _Round:
    """One look at what is due: at an instant, under a calendar, with the offices that there are."""

    database: Database
    now: datetime
    calendar: Calendar
    offices: Offices

    async def tell(self, occasion: Occasion, kind: Kind) -> None:
        """Tell everybody who is concerned."""
        match kind:
            case Kind.OPENED:
                await self.remind(occasion, Notice.OPENED)
            case Kind.REMINDER:
                await self.tell_offices(occasion)
                # The last chance within working hours.
                last = self.calendar.last_working_day_up_to(last_day(occasion.closes)) == occasion.at.date()
                await self.remind(occasion, Notice.LAST if last else Notice.DUE)
            case Kind.OVERDUE:
                await self.remind(occasion, Notice.OVERDUE)
            case Kind.OFFICE_LIST:
                await self.list_late(occasion)

    # ---- reporters

    async def remind(self, occasion: Occasion, notice: Notice, woken: Woken | None = None) -> None:
        """Tell reporters, a page of them in a transaction; of those that have put it off only the `woken`, if given."""
        last, told = 0, 0
        while True:
            async with self.database.transaction() as tx:
                people = await reminders.next_people(tx, occasion, last, A_PAGE, woken)
                told += await self._remind(tx, occasion, notice, people) if people else 0
            if not people:
                break
            last = people[-1]
            # Who waits for the database, or for this process, is first.
            await asyncio.sleep(0)
        if told:
            LOG.info("reminders planned", rule=occasion.rule, slot=occasion.slot, people=told)

    async def _remind(self, tx: Transaction, occasion: Occasion, notice: Notice, people: Sequence[int]) -> int:
        due = await reminders.unsubmitted(tx, occasion, people)
        if not due:
            return 0
        resting = await reminders.resting(tx, occasion.period, due, self.now)
        where = await reminders.newest_chats(tx, due, self.offices.bots)
        messages: list[Message] = []
        buttons_in: dict[int, str] = {}
        for who, ones in due.items():
            if who in where and who not in resting:
                page = reminder_page(notice, occasion.period, occasion.closes, self.now, ones)
                messages += self._messages(occasion, f"person {who}", where[who], page, who)
                buttons_in[who] = messages[-1].key
        numbers = await reminders.post(tx, messages, self.now)
        told = {who: numbers.get(key) for who, key in buttons_in.items()}
        await reminders.add(tx, occasion, {one.enterprise: told.get(who) for who, ones in due.items() for one in ones})
        return len(told)

    # ---- offices

    async def tell_offices(self, occasion: Occasion) -> None:
        """Tell offices of the enterprises that have no reporter."""
        responsible: dict[tuple[Office, ...], list[str]] = {}
        for district in (*DISTRICTS, _UNKNOWN):
            served = (office for office in self.offices.offices_of(district) if office.channel in self.offices.bots)
            responsible.setdefault(tuple(served), []).append(district)
        for offices, districts in responsible.items():
            if not offices:
                continue
            async with self.database.transaction() as tx:
                names, count = await reminders.add_without_reporter(tx, occasion, districts)
                if count:
                    everywhere = len(districts) > len(DISTRICTS)
                    where = text("office-city") if everywhere else "、".join(filter(None, districts))
                    page = no_reporter_page(where, occasion.period, occasion.closes, names, count)
                    for office in offices:
                        await self._tell(tx, occasion, office, page)

    async def list_late(self, occasion: Occasion) -> None:
        """Tell each admin chat who within its scope has not submitted."""
        for office in self.offices.admin_chats:
            if office.channel not in self.offices.bots:
                continue
            scope = None if office.scope == CITY else (office.scope,)
            async with self.database.transaction() as tx:
                count = await overview.count_missing(tx, occasion.period, occasion.closes, scope)
                late = await overview.missing(tx, occasion.period, occasion.closes, scope, most=MOST_NAMES)
                if late:
                    where = text("office-city") if scope is None else office.scope
                    page = late_page(where, occasion.period, [one.key.name for one in late], count)
                    await self._tell(tx, occasion, office, page)

    async def _tell(self, tx: Transaction, occasion: Occasion, office: Office, page: Page) -> None:
        chat = await chats.current(tx, office.channel, str(office.chat))
        messages = self._messages(occasion, f"office {office.channel}:{office.chat}", chat, page)
        await reminders.post(tx, messages, self.now)

    def _messages(
        self, occasion: Occasion, whom: str, chat: KnownChat, page: Page, person: int | None = None
    ) -> list[Message]:
        """Return the messages of a page, the one with the buttons last."""
        bodies = bodies_of(page, chat.language)
        bot = self.offices.bots[chat.channel]
        # Whatever holds them up: people are left alone in the evening.
        evening = datetime.combine(self.now.astimezone(SHANGHAI).date(), LOUD_UNTIL, SHANGHAI)
        return [
            Message(f"{occasion.key}|{whom}|{part}", chat.channel, bot, chat.chat, person, body, evening)
            for part, body in enumerate(bodies, 1)
        ]


_UNKNOWN = ""
"""The district of enterprises of which nobody has told it yet."""
