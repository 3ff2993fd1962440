"""Periods, deadlines and what may be filled, in Shanghai's calendar whatever the machine's."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.periods import FIRST_YEAR, SHANGHAI, Period, deadline, due_period, fillable_periods

periods = st.builds(Period, st.integers(2000, 2099), st.integers(1, 12))
moments = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


NOON = datetime(2021, 2, 18, 12, tzinfo=SHANGHAI)


def shanghai(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (shanghai(2021, 2, 18, 12), "2021-01"),
        (shanghai(2021, 1, 5), "2020-12"),
        (shanghai(2020, 12, 31, 23, 59, 59), "2020-11"),
        (shanghai(2021, 1, 1), "2020-12"),
        (datetime(2020, 12, 31, 15, 59, 59, 999_999, tzinfo=UTC), "2020-11"),
        (datetime(2020, 12, 31, 16, 0, tzinfo=UTC), "2020-12"),
        (datetime(2020, 12, 31, 8, 0, tzinfo=timezone(timedelta(hours=-8))), "2020-12"),
        (datetime(2020, 2, 29, 15, 59, 59, tzinfo=UTC), "2020-01"),
        (datetime(2020, 2, 29, 16, 0, tzinfo=UTC), "2020-02"),
        (shanghai(2020, 2, 29, 12), "2020-01"),
        (shanghai(2020, 3, 1), "2020-02"),
        (shanghai(2021, 3, 31, 23, 59), "2021-02"),
    ],
)
def test_last_month_is_due(now: datetime, due: str) -> None:
    assert str(due_period(now)) == due


@pytest.mark.parametrize(
    ("now", "oldest", "newest", "count"),
    [
        (shanghai(2021, 1, 1), "2020-01", "2020-12", 12),
        (datetime(2020, 12, 31, 15, 59, 59, tzinfo=UTC), "2019-01", "2020-11", 23),
        (datetime(2020, 12, 31, 16, 0, tzinfo=UTC), "2020-01", "2020-12", 12),
        (shanghai(2021, 2, 18), "2020-01", "2021-01", 13),
        (shanghai(2021, 12, 31, 23, 59, 59), "2020-01", "2021-11", 23),
        (shanghai(2024, 2, 29), "2023-01", "2024-01", 13),
    ],
)
def test_january_of_the_previous_year_up_to_last_month_may_be_filled(
    now: datetime, oldest: str, newest: str, count: int
) -> None:
    found = fillable_periods(now)
    assert (str(found[0]), str(found[-1]), len(found)) == (newest, oldest, count)


@pytest.mark.parametrize(
    ("period", "first_instant_after"),
    [
        ("2021-01", datetime(2021, 2, 20, 16, 0, tzinfo=UTC)),
        ("2020-12", datetime(2021, 1, 20, 16, 0, tzinfo=UTC)),
        ("2020-01", datetime(2020, 2, 20, 16, 0, tzinfo=UTC)),
    ],
)
def test_the_deadline_is_the_end_of_the_20th(period: str, first_instant_after: datetime) -> None:
    assert deadline(Period.parse(period), 20) == first_instant_after
    assert deadline(Period.parse(period), 20) > shanghai(*first_instant_after.date().timetuple()[:3], 23, 59, 59)


def test_a_deadline_on_the_28th_of_february_ends_with_that_day() -> None:
    assert deadline(Period(2021, 1), 28) == shanghai(2021, 3, 1)
    assert deadline(Period(2020, 1), 28) == shanghai(2020, 2, 29)


@pytest.mark.parametrize("now", [NOON.replace(tzinfo=None), NOON.replace(tzinfo=None, fold=1)])
def test_a_time_without_a_zone_is_refused(now: datetime) -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        due_period(now)
    with pytest.raises(ValueError, match="without a time zone"):
        fillable_periods(now)


@pytest.mark.parametrize(
    ("period", "previous", "last_year", "last_day"),
    [
        ("2021-01", "2020-12", "2020-01", date(2021, 1, 31)),
        ("2020-12", "2020-11", "2019-12", date(2020, 12, 31)),
        ("2020-02", "2020-01", "2019-02", date(2020, 2, 29)),
        ("2021-02", "2021-01", "2020-02", date(2021, 2, 28)),
        ("2100-02", "2100-01", "2099-02", date(2100, 2, 28)),
        ("9999-12", "9999-11", "9998-12", date(9999, 12, 31)),
    ],
)
def test_the_neighbours_of_a_period(period: str, previous: str, last_year: str, last_day: date) -> None:
    read = Period.parse(period)
    assert (str(read.previous), str(read.last_year), read.last_day) == (previous, last_year, last_day)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2021",
        "2021-1",
        "2021-13",
        "2021-00",
        "21-01",
        "0000-01",
        "2021/01",
        "2021-01 ",
        "2021-01\n",
        "２０２１-01",
        "٢٠٢١-01",
        "x",
    ],
)
def test_what_is_not_a_period(text: str) -> None:
    with pytest.raises(ValueError, match="not a period"):
        Period.parse(text)


def test_the_first_year_is_that_of_the_manual() -> None:
    assert FIRST_YEAR == 2012


@given(periods, st.integers(-600, 600))
def test_periods_add_up_and_sort_as_their_texts(period: Period, months: int) -> None:
    other = period.plus(months)
    assert other.plus(-months) == period
    assert Period.parse(str(period)) == period
    assert (other < period) == (str(other) < str(period)) == (months < 0)
    assert (period.last_day + timedelta(days=1)).day == 1


@given(moments)
def test_what_is_due_has_ended_can_be_filled_and_is_not_late_yet_before_the_20th(now: datetime) -> None:
    due, open_ = due_period(now), fillable_periods(now)
    assert open_[0] == due
    assert due.last_day < now.astimezone(SHANGHAI).date() <= due.plus(1).last_day
    assert [newer.previous for newer in open_[:-1]] == list(open_[1:])
    assert open_[-1].month == 1
    assert (now < deadline(due, 20)) == (now.astimezone(SHANGHAI).day <= 20)
