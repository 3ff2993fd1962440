"""When whom is told what: the table of a year by hand, and a city under the rules minute by minute."""

import time as machine
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.data_file import DataFileError
from dialogs.periods import SHANGHAI, Period, deadline
from scheduler.calendar import Calendar, UnknownDayError, provisional_days
from scheduler.planner import AGAIN
from scheduler.rules import LOUD_FROM, LOUD_UNTIL, RULES, Kind, Slot, due, next_loud, quiet, read_rules, slots
from scheduler.simulation import City, Simulation, Told
from storage.calendar import packaged

DEADLINE_DAY = 20
MINUTE = timedelta(minutes=1)


@cache
def calendar() -> Calendar:
    """Return the days of the package, and provisional ones up to 2030."""
    published = {day: what.works for day, what in packaged().items() if day.year >= 2018}
    later = {day: works for year in range(2027, 2031) for day, works in provisional_days(year).items()}
    return Calendar(published | later, frozenset(range(2027, 2031)))


def at(text: str) -> datetime:
    """Return a time in Shanghai, given as `2026-02-14 09:30`."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def slots_of(period: str, deadline_day: int = DEADLINE_DAY) -> tuple[Slot, ...]:
    return slots(read_rules(), calendar(), Period.parse(period), deadline_day)


YEAR_2026 = {
    # By hand from the State Council's notice for 2026. A star is a working day at a weekend.
    # period: opened, first, three days before the last, last, last hours, overdue and the office's list
    "2025-12": ("Sun 01-04*", "Thu 01-08", "Thu 01-15", "Tue 01-20", "Tue 01-20", "Wed 01-21"),
    "2026-01": ("Mon 02-02", "Mon 02-09", "Wed 02-11", "Sat 02-14*", None, "Tue 02-24"),
    "2026-02": ("Mon 03-02", "Mon 03-09", "Tue 03-17", "Fri 03-20", "Fri 03-20", "Mon 03-23"),
    "2026-03": ("Wed 04-01", "Wed 04-08", "Wed 04-15", "Mon 04-20", "Mon 04-20", "Tue 04-21"),
    "2026-04": ("Wed 05-06", "Fri 05-08", "Fri 05-15", "Wed 05-20", "Wed 05-20", "Thu 05-21"),
    "2026-05": ("Mon 06-01", "Mon 06-08", "Mon 06-15", "Thu 06-18", None, "Mon 06-22"),
    "2026-06": ("Wed 07-01", "Wed 07-08", "Wed 07-15", "Mon 07-20", "Mon 07-20", "Tue 07-21"),
    "2026-07": ("Mon 08-03", "Mon 08-10", "Mon 08-17", "Thu 08-20", "Thu 08-20", "Fri 08-21"),
    "2026-08": ("Tue 09-01", "Tue 09-08", "Wed 09-16", "Sun 09-20*", "Sun 09-20*", "Mon 09-21"),
    # The first working day of October is the first one from the 8th: the reminder alone is told.
    "2026-09": (None, "Thu 10-08", "Thu 10-15", "Tue 10-20", "Tue 10-20", "Wed 10-21"),
    "2026-10": ("Mon 11-02", "Mon 11-09", "Tue 11-17", "Fri 11-20", "Fri 11-20", "Mon 11-23"),
    "2026-11": ("Tue 12-01", "Tue 12-08", "Tue 12-15", "Fri 12-18", None, "Mon 12-21"),
}
TIMES = (
    ("opened", "09:30"),
    ("first", "09:30"),
    ("three-days", "09:30"),
    ("last", "09:30"),
    ("last-hours", "14:30"),
    ("overdue", "09:30"),
)


@pytest.mark.parametrize("period", YEAR_2026)
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Pacific/Kiritimati"])
def test_the_slots_of_2026(period: str, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    machine.tzset()
    days = YEAR_2026[period]
    wanted = [(rule, f"{day} {hour}") for (rule, hour), day in zip(TIMES, days, strict=True) if day]
    wanted.append(("office-list", f"{days[-1]} 10:00"))
    found = [
        (slot.rule, f"{slot.at:%a %m-%d}{'*' * (slot.at.weekday() > 4)} {slot.at:%H:%M}") for slot in slots_of(period)
    ]
    monkeypatch.undo()
    machine.tzset()
    assert found == wanted
    assert all(slot.at.utcoffset() == timedelta(hours=8) for slot in slots_of(period))


def test_a_slot_is_useful_until_the_next_before_the_deadline_and_for_a_week_after_it() -> None:
    until = {slot.rule: f"{slot.until:%m-%d %H:%M}" for slot in slots_of("2026-02")}
    assert until == {
        "opened": "03-09 09:30",
        "first": "03-17 09:30",
        "three-days": "03-20 09:30",
        "last": "03-20 14:30",
        "last-hours": "03-21 00:00",
        "overdue": "03-30 09:30",
        "office-list": "03-30 10:00",
    }


def test_december_is_reminded_of_in_january_and_january_of_a_leap_year_in_february() -> None:
    assert [f"{slot.at:%Y-%m-%d}" for slot in slots_of("2026-12")][:2] == ["2027-01-04", "2027-01-08"]
    # 2028 is provisional: the Spring Festival is over, and the leap day is a Tuesday like another.
    assert calendar().is_working_day(date(2028, 2, 29))
    assert [f"{slot.at:%a %d}" for slot in slots_of("2028-01")] == [
        *("Tue 01", "Tue 08", "Tue 15", "Fri 18", "Mon 21", "Mon 21"),
    ]
    late = slots_of("2028-01", deadline_day=28)
    assert [f"{slot.rule} {slot.at:%m-%d}" for slot in late if slot.kind is not Kind.REMINDER] == [
        *("opened 02-01", "overdue 02-29", "office-list 02-29"),
    ]


@pytest.mark.parametrize("deadline_day", [1, 5, 8, 15, 28])
def test_with_another_deadline_nobody_is_reminded_before_the_month_or_after_the_deadline(deadline_day: int) -> None:
    for month in range(1, 13):
        period = Period(2025, month)
        for slot in slots(read_rules(), calendar(), period, deadline_day):
            closes = deadline(period, deadline_day)
            assert (slot.at < closes) == slot.kind.before_the_deadline
            assert slot.at.date() > period.last_day
            assert slot.at < slot.until


def test_a_calendar_without_the_year_is_an_error() -> None:
    for period in ("2030-12", "2017-03"):
        with pytest.raises(UnknownDayError, match="tianbao calendar import FILE"):
            slots_of(period)


# What is due

DUE = {
    # Nobody was there at 09:30: told when somebody is there again.
    "2026-03-02 09:29": "",
    "2026-03-02 09:30": "opened",
    "2026-03-09 09:29": "opened",
    # Away from the 2nd to the 18th: of three slots one.
    "2026-03-18 10:00": "three-days",
    "2026-03-20 09:30": "last",
    "2026-03-20 14:29": "last",
    "2026-03-20 23:59": "last-hours",
    "2026-03-21 00:00": "",
    "2026-03-23 09:45": "overdue",
    "2026-03-23 10:00": "overdue office-list",
    "2026-03-30 09:59": "office-list",
    "2026-03-30 10:00": "",
}


@pytest.mark.parametrize("now", DUE)
def test_the_newest_useful_slot_is_due(now: str) -> None:
    for zone in (SHANGHAI, UTC):
        assert " ".join(slot.rule for slot in due(slots_of("2026-02"), at(now).astimezone(zone))) == DUE[now]


@given(st.integers(2018, 2030), st.integers(1, 12), st.integers(0, 31 * 24 * 60))
def test_at_any_time_one_of_a_kind_is_due_and_it_is_the_newest(year: int, month: int, minute: int) -> None:
    period = Period(year, month).previous
    now = datetime(year, month, 1, tzinfo=SHANGHAI) + minute * MINUTE
    planned = slots(read_rules(), calendar(), period, DEADLINE_DAY)
    found = due(planned, now)
    assert len({slot.kind.before_the_deadline or slot.kind for slot in found}) == len(found)
    for slot in found:
        assert slot.at <= now < slot.until
        assert not any(slot.at < other.at <= now for other in planned if other.kind is slot.kind)


# Quiet times

LOUD = {
    "2026-11-23 08:29": "2026-11-23 08:30",
    "2026-11-23 08:30": "2026-11-23 08:30",
    "2026-11-23 19:59": "2026-11-23 19:59",
    "2026-11-23 20:00": "2026-11-24 08:30",
    "2026-11-20 20:00": "2026-11-23 08:30",
    "2026-02-13 23:00": "2026-02-14 08:30",
    "2026-02-14 20:00": "2026-02-24 08:30",
    "2026-02-28 09:00": "2026-02-28 09:00",
    "2026-10-01 00:00": "2026-10-08 08:30",
    "2026-12-31 21:00": "2027-01-04 08:30",
}


@pytest.mark.parametrize("now", LOUD)
def test_it_is_quiet_at_night_and_on_days_off(now: str) -> None:
    for zone in (SHANGHAI, UTC):
        then = at(now).astimezone(zone)
        assert next_loud(calendar(), then) == at(LOUD[now])
        assert quiet(calendar(), then) == (now != LOUD[now])


@given(st.datetimes(datetime(2018, 1, 1), datetime(2030, 12, 1)))  # noqa: DTZ001 -- hypothesis wants it so
def test_it_is_quiet_up_to_the_next_loud_time(when: datetime) -> None:
    now = when.replace(tzinfo=UTC)
    loud = next_loud(calendar(), now)
    assert not quiet(calendar(), loud)
    while now < loud:
        assert quiet(calendar(), now)
        now += timedelta(minutes=29)


# The file

FAULTS = {
    'pick: last, day: deadline, at: "09:30"': ('pick: last, day: deadline, at: "20:00"', "not between 08:30 and 20:00"),
    'at: "14:30"': ("at: 14:30", 'a time is written as "09:30", with quotes'),
    "id: last-hours": ("id: last", "there are two rules 'last'"),
    "kind: opened,": ("kind: closed,", "Input should be 'opened', 'reminder', 'overdue' or 'office_list'"),
    "pick: itself": ("pick: never", "Input should be 'first', 'last', 'itself' or 'after'"),
    "day: 8": ("day: 31", "Input should be less than or equal to 28"),
    "before: 3": ("after: 3", "after: Extra inputs are not permitted"),
    'at: "10:00", useful_days: 7': ('at: "10:00"', "useful_days belongs to what is told after the deadline"),
}


@pytest.mark.parametrize("old", FAULTS)
def test_each_fault_of_the_rules_is_named_with_its_line(old: str, tmp_path: Path) -> None:
    new, words = FAULTS[old]
    source = RULES.read_text(encoding="utf-8")
    place = source.index(old, source.index("\nrules:"))
    path = tmp_path / "rules.yaml"
    path.write_text(source[:place] + new + source[place + len(old) :], encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        read_rules(path)
    line = source[:place].count("\n") + 1
    assert any(one.startswith(f"{path}:{line}: ") and words in one for one in str(caught.value).splitlines())


# A city, minute by minute


def simulation(size: int, seed: int = 1) -> Simulation:
    return Simulation(City(size, seed), read_rules(), calendar(), lambda _: DEADLINE_DAY)


def every_minute(city: Simulation, first: datetime, last: datetime) -> list[Told]:
    told: list[Told] = []
    while first <= last:
        told += city.tick(first)
        first += MINUTE
    return told


def check(city: City, told: list[Told]) -> None:
    """Check what must hold whatever happens: nothing at a quiet time, nothing once submitted, nothing twice."""
    seen: set[tuple[object, ...]] = set()
    for one in told:
        assert LOUD_FROM <= one.at.timetz().replace(tzinfo=None) < LOUD_UNTIL
        assert calendar().is_working_day(one.at.date())
        for number in one.enterprises:
            submitted = city.submitted_at(number, one.period)
            assert submitted is None or submitted > one.at
            key = (number, one.period, one.rule, isinstance(one.to, str), one.rule == AGAIN and one.at.date())
            assert key not in seen
            seen.add(key)
            assert one.to in {city.enterprises[number - 1].reporter, city.enterprises[number - 1].district}
    messages = Counter((one.at, one.to) for one in told)
    assert set(messages.values()) <= {1}


@pytest.fixture(scope="module")
def year() -> list[Told]:
    """Return what is told in 2026, looking every minute."""
    return every_minute(simulation(150), at("2026-01-01 00:00"), at("2026-12-31 23:59"))


def test_in_a_year_nobody_is_told_at_a_quiet_time_or_after_submitting_or_twice(year: list[Told]) -> None:
    check(City(150), year)
    rules = Counter(one.rule for one in year)
    assert min(rules[rule.id] for rule in read_rules().rules) > 50
    assert rules[AGAIN] > 50


def test_looking_every_minute_and_jumping_come_to_the_same(year: list[Told]) -> None:
    assert list(simulation(150).run(at("2026-01-01 00:00"), at("2026-12-31 23:59"))) == year


def test_the_last_reminders_of_february_and_june_are_before_the_holidays(year: list[Told]) -> None:
    reporters = [one for one in year if isinstance(one.to, int) and one.rule != "overdue"]
    for month, last in ((2, "2026-02-14 09:30"), (6, "2026-06-18 09:30"), (10, "2026-10-20 14:30")):
        assert max(one.at for one in reporters if one.at.month == month) == at(last)


def test_who_is_late_is_told_and_so_is_the_office(year: list[Told]) -> None:
    city = City(150)
    for month in range(1, 13):
        period = Period(2026, month).previous
        overdue = {
            number for one in year if one.period == period and one.rule == "overdue" for number in one.enterprises
        }
        listed = {
            number for one in year if one.period == period and one.rule == "office-list" for number in one.enterprises
        }
        (slot,) = (slot for slot in slots_of(str(period)) if slot.rule == "office-list")
        late = {
            one.number
            for one in city.enterprises
            if (then := city.submitted_at(one.number, period)) is None or then > slot.at
        }
        assert listed == late
        # Who wanted no more of it this month has it that way.
        assert overdue <= {one.number for one in city.enterprises if one.reporter}
        assert len(late & overdue) > len(late) // 2


def test_the_reporter_of_several_enterprises_gets_one_message(year: list[Told]) -> None:
    assert any(len(one.enterprises) > 1 for one in year if isinstance(one.to, int))


@settings(max_examples=25, deadline=None)
@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 2, 20)),  # noqa: DTZ001 -- hypothesis wants it so
    st.integers(0, 12),
    st.integers(1, 40),
    st.integers(0, 1000),
)
def test_from_any_time_on_jumping_is_looking_every_minute(when: datetime, days: int, size: int, seed: int) -> None:
    first = when.replace(second=0, microsecond=0, tzinfo=SHANGHAI)
    last = first + timedelta(days=days)
    assert list(simulation(size, seed).run(first, last)) == every_minute(simulation(size, seed), first, last)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 40 * 24), st.integers(1, 20 * 24)), max_size=12), st.integers(0, 1000))
def test_whoever_is_away_for_hours_or_days_catches_up_once(outages: list[tuple[int, int]], seed: int) -> None:
    """Hours of work and of absence in turn; while at work it looks every ten minutes."""
    city, told, now = simulation(30, seed), list[Told](), at("2026-01-01 00:00")
    for there, away in outages:
        end, back = now + timedelta(hours=there), True
        while now < end:
            heard = list(city.tick(now))
            per_person = Counter(one.to for one in heard if isinstance(one.to, int))
            assert not back or set(per_person.values()) <= {1}
            told += heard
            now, back = now + timedelta(minutes=10), back and quiet(calendar(), now)
        now += timedelta(hours=away)
    check(city.city, told)


def test_a_clock_that_is_set_back_tells_nothing_again() -> None:
    city = simulation(60)
    first = every_minute(city, at("2026-03-16 00:00"), at("2026-03-18 12:00"))
    assert first
    assert all(one.rule == AGAIN for one in every_minute(city, at("2026-03-16 00:00"), at("2026-03-18 12:00")))


def test_a_city_is_mixed() -> None:
    city = City(3000)
    assert {one.reporter is None for one in city.enterprises} == {True, False}
    for period in (Period(2026, 1), Period(2027, 11)):
        days = Counter(
            submitted.day if (submitted := city.submitted_at(one.number, period)) else None for one in city.enterprises
        )
        assert set(days) == {None, *range(1, 29)}
    assert City(3000, 2).enterprises != city.enterprises
    assert city.enterprises[:100] == City(100).enterprises
    times = [city.submitted_at(one.number, Period(2026, 5)) for one in city.enterprises]
    assert min(submitted.time() for submitted in times if submitted) >= time(8)
