"""Group G: whoever guesses learns nothing. Comparisons with the registry, and the ids of other people's enterprises."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import select, update
from sqlalchemy.event import listen

from bot.channels import button_data
from dialogs.enterprises import Unlink
from dialogs.places import Apply, AskReturn, Open, ShowEnterprise, ShowHistory, ShowPeriods, ShowYear, Transfer, View
from dialogs.seats import Accept, Claim, HandTo
from dialogs.turn import Event
from scheduler.clock import StandingClock
from scheduler.ticker import forget_old
from storage import comparisons
from storage.comparisons import KEPT_FOR, OVERALL, PER_CODE, PER_PERSON
from storage.database import Database
from storage.people import bind_phone
from storage.tables import audit, comparison, enterprise, outbox, person
from tests.crowd import Crowd, Person, crowd
from tests.product import (
    CLAIMING,
    CODE,
    CONTACT,
    FIGURES,
    LINKING,
    NAME,
    REPRESENTATIVE,
    START,
    TAKEN,
    faults,
    logged,
    prepare,
    rows,
    words,
)

UNKNOWN = "91110000600037341L"
"""A code with a right check digit that is not in the registry."""
RIGHT = (CODE, NAME, REPRESENTATIVE)
GUESSES: dict[str, tuple[str, str, str]] = {
    "wrong name": (CODE, "上海示例别的有限公司", REPRESENTATIVE),
    "wrong representative": (CODE, NAME, "张别人"),
    "one letter off": (CODE, NAME[:-1], REPRESENTATIVE),
    "has a reporter, wrong name": (TAKEN[0], NAME, TAKEN[2]),
    "has a reporter, wrong representative": (TAKEN[0], TAKEN[1], "张别人"),
    "of another enterprise": (CODE, *TAKEN[1:3]),
    "not in the registry": (UNKNOWN, NAME, REPRESENTATIVE),
}
PEOPLE, EACH = 100, 10
REPORTER = "欧阳填报"


@pytest.fixture
async def people(database: Database) -> AsyncIterator[Crowd]:
    """Return the product with the sample enterprises."""
    await prepare(database)
    with logged() as log:
        async with crowd(database) as running:
            yield running
    assert faults(log) == []


async def join(people: Crowd, number: int, name: str = "李会计") -> Person:
    """Return somebody with a verified number and a name."""
    who = people.at("telegram", str(number))
    await who.do("/start", f"{CONTACT} +86139{number:08d}", name)
    return who


async def compare(who: Person, triple: tuple[str, ...]) -> str:
    """Return the answer to a comparison."""
    return await who.do("增加关联企业", *triple)


def without_count(answer: str) -> str:
    """Return an answer without the number of tries that are left."""
    return re.sub(r"[0-9]+ 次", "N 次", answer)


async def test_a_thousand_tries_of_a_hundred_people_learn_nothing_but_that_it_does_not_match(
    people: Crowd, database: Database
) -> None:
    crowd_ = [people.at("telegram", str(number)) for number in range(1, PEOPLE + 1)]
    for line in ("/start", "contact", "李会计"):
        says = [f"{CONTACT} +86139{int(who.chat):08d}" if line == "contact" else line for who in crowd_]
        await people.take(*(who.means(said) for who, said in zip(crowd_, says, strict=True)))
    wrong = list(GUESSES.values())
    failed: set[str] = set()
    refused: set[str] = set()
    for turn in range(EACH):
        triples = [wrong[number % len(wrong)] for number in range(PEOPLE)]
        if turn == PER_PERSON - 2:
            triples = [RIGHT] * PEOPLE  # by now the code was tried too often
        for step in range(4):
            for who in crowd_:
                who.news()
            lines = ["增加关联企业" if not step else triple[step - 1] for triple in triples]
            await people.take(*(who.means(line) for who, line in zip(crowd_, lines, strict=True)))
        # With the last failure a person is told that there are no tries left.
        (failed if turn < PER_PERSON - 1 else refused).update(without_count(who.news()) for who in crowd_)
    assert len(failed) == len(refused) == 1
    assert without_count(words("compare-failed", left=1)) in failed.pop()
    assert words("compare-locked") in refused.pop()
    assert len(await rows(database, select(comparison))) == PEOPLE * PER_PERSON
    said = "".join(row.body for row in await rows(database, select(outbox.c.body)))
    assert words("compare-done") not in said
    for secret in (TAKEN[3], TAKEN[1], NAME, TAKEN[2], REPRESENTATIVE):
        assert secret not in said


@pytest.mark.parametrize("guess", GUESSES)
async def test_a_failure_reads_the_same_whatever_was_wrong(people: Crowd, guess: str) -> None:
    who = await join(people, 1)
    plain = await compare(await join(people, 2), (UNKNOWN, "某公司", "某人"))
    assert await compare(who, GUESSES[guess]) == plain


async def test_a_code_that_was_tried_too_often_is_closed_even_to_who_is_right(
    people: Crowd, database: Database
) -> None:
    for number in range(1, PER_CODE // PER_PERSON + 1):
        guesser = await join(people, number)
        for left in range(PER_PERSON - 1, 0, -1):
            assert words("compare-failed", left=left) in await compare(guesser, GUESSES["wrong name"])
        assert words("compare-locked") in await compare(guesser, GUESSES["wrong name"])
        # Own tries that are used up are not counted on, so that waiting helps.
        assert words("compare-locked") in await compare(guesser, RIGHT)
    honest = await join(people, 50)
    refused = await compare(honest, RIGHT)
    assert refused == await compare(await join(people, 51), GUESSES["not in the registry"])
    assert words("compare-failed", left=PER_PERSON - 1) in refused
    # Another enterprise is open all the while; and this one is again when a day is over.
    assert words("compare-done") in await compare(honest, TAKEN[:3])
    await _age(database, comparisons.DAY)
    assert words("compare-done") in await compare(honest, RIGHT)


async def test_when_too_many_fail_in_all_nobody_is_let_through_for_an_hour(people: Crowd, database: Database) -> None:
    honest = await join(people, 1)
    async with database.transaction() as tx:
        for number in range(OVERALL // PER_PERSON):
            who = await bind_phone(tx, "sample", str(number), f"+86138{number:08d}", START)
            for _ in range(PER_PERSON):
                await comparisons.note_failure(tx, who.id, f"{number:018d}", START)
    assert words("compare-failed", left=PER_PERSON - 1) in await compare(honest, RIGHT)
    await _age(database, comparisons.HOUR)
    assert words("compare-done") in await compare(honest, RIGHT)


async def test_closing_the_account_and_coming_back_opens_no_code(people: Crowd) -> None:
    for _ in range(PER_CODE // PER_PERSON):
        who = await join(people, 1)
        for _ in range(PER_PERSON):
            await compare(who, GUESSES["wrong name"])
        await who.do("/privacy", "[注销账户]", "[确认注销]")
    assert words("compare-failed", left=PER_PERSON - 1) in await compare(await join(people, 1), RIGHT)


async def test_failures_are_forgotten_when_they_count_for_nothing(people: Crowd, database: Database) -> None:
    await compare(await join(people, 1), GUESSES["wrong name"])
    await forget_old(database, StandingClock(START + KEPT_FOR))
    assert len(await rows(database, select(comparison))) == 1
    await forget_old(database, StandingClock(START + KEPT_FOR + timedelta(seconds=1)))
    assert await rows(database, select(comparison)) == []


async def _age(database: Database, by: timedelta) -> None:
    """Make all failures so much older."""
    async with database.transaction() as tx:
        await tx.run(update(comparison).values(failed_at=START - by))


async def test_every_refusal_takes_the_same_work(people: Crowd, database: Database) -> None:
    """How long an answer takes must say nothing, either: the same statements in the same order."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "comparison" in statement or "registry" in statement:
            asked.append(statement)

    works = set()
    listen(database.engine.sync_engine, "before_cursor_execute", note)
    for number, triple in enumerate((*GUESSES.values(), *[GUESSES["wrong name"]] * PER_CODE, RIGHT)):
        who = await join(people, number)
        asked.clear()
        assert words("compare-failed", left=PER_PERSON - 1) in await compare(who, triple)
        works.add(tuple(asked))
    assert len(works) == 1
    assert len(works.pop()) == len(("tries", "look up", "note"))


# ---- guessed ids


def guessed(number: int, holder: int) -> tuple[Event, ...]:
    """Return all that can be asked about an enterprise."""
    return (
        ShowEnterprise(number),
        Apply(number),
        Claim(number),
        Transfer(number),
        HandTo(number, holder),
        HandTo(number, holder, 1),
        Unlink(number),
        Unlink(number, 1),
        Open(number),
        Open(number, "2020-12"),
        ShowPeriods(number),
        ShowHistory(number, 2021),
        ShowYear(number, 2021),
        View(number, "2021-01"),
        AskReturn(number, "2021-01"),
        Accept(f"guess{number}"),
    )


async def test_who_is_not_linked_learns_the_same_of_an_enterprise_as_of_none(people: Crowd, database: Database) -> None:
    reporter = await join(people, 1, REPORTER)
    await reporter.do(*LINKING, *CLAIMING, "[数据填报]", FIGURES[0])
    ((number,),) = await rows(database, select(enterprise.c.id).where(enterprise.c.code == CODE))
    ((holder,),) = await rows(database, select(person.c.id).where(person.c.name == REPORTER))
    stranger = await join(people, 2)
    before = await rows(database, select(audit))
    kinds = [type(event).__name__ for event in guessed(number, holder)]
    for kind, real, none in zip(kinds, guessed(number, holder), guessed(10**9, 10**9), strict=True):
        told, nothing = await _press(database, stranger, real), await _press(database, stranger, none)
        assert told, kind
        assert told == nothing, kind
        for secret in (NAME, CODE, REPORTER):
            assert secret not in told, kind
    assert await rows(database, select(audit)) == before


async def test_who_was_unlinked_learns_nothing_more(people: Crowd, database: Database) -> None:
    reporter, former = await join(people, 1), await join(people, 2)
    await former.do(*LINKING)
    await former.do("/enterprises", "[1. 更多]", "[取消关联]", "[确定取消]")
    await reporter.do(*LINKING, *CLAIMING)
    ((number,),) = await rows(database, select(enterprise.c.id).where(enterprise.c.code == CODE))
    for event in guessed(number, 1):
        told = await _press(database, former, event)
        assert told == await _press(database, former, type(event)(*[10**9, *event.pack()[2:]]))
        assert NAME not in told


async def _press(database: Database, who: Person, event: Event) -> str:
    """Press a button with an event that was never on one: the home page's first, with another event in it."""
    await who.do("/cancel")
    newest = who.hall.shown[who.chat][-1].id
    async with database.transaction() as tx:
        found = (await tx.run(select(outbox.c.body).where(outbox.c.id == newest))).scalar_one()
        body = orjson.loads(found)
        body["rows"] = [[["?", event.pack(), 0]]]
        await tx.run(update(outbox).where(outbox.c.id == newest).values(body=orjson.dumps(body).decode()))
    return await who.press(button_data(newest, 0, 0))
