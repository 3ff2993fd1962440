"""Working days with 调休: as the package has them, as a notice says, provisional, or an error; never silently wrong."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from structlog.testing import capture_logs

from bot.calendar_file import describe_year, import_notice, read_notice
from bot.cli import main
from bot.table_file import BadTableError
from dialogs.form import Forms
from scheduler.calendar import (
    Calendar,
    UnknownDayError,
    load_calendar,
    provisional_days,
    statutory_days,
    warn_of_provisional,
)
from scheduler.clock import StandingClock
from storage.calendar import Day, by_the_week, days_of_year, packaged, put_in_packaged, read_days
from storage.database import ConflictError, Database
from storage.tables import audit, calendar_day
from storage.upgrade import upgrade
from tests.sheets import csv_bytes, xlsx_bytes

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
HEADER = ("日期", "安排", "名称")
OFF_2027 = {
    "元旦": ("2026-12-31", "2027-01-01", "2027-01-02"),
    "春节": tuple(f"2027-02-{day:02}" for day in range(5, 13)),
    "清明节": ("2027-04-03", "2027-04-04", "2027-04-05"),
    "劳动节": tuple(f"2027-05-{day:02}" for day in range(1, 6)),
    "端午节": ("2027-06-09",),
    "中秋节": ("2027-09-15",),
    "国庆节": tuple(f"2027-10-{day:02}" for day in range(1, 8)),
}
WORKS_2027 = ("2026-12-27", "2027-01-30", "2027-02-14", "2027-05-08", "2027-10-09")
NOTICE_2027 = [
    *([day, "放假", name] for name, days in OFF_2027.items() for day in days),
    *([day, "上班", ""] for day in WORKS_2027),
]
"""An invented notice: that of 2027 is not published yet."""


def write(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    content = xlsx_bytes(HEADER, *rows) if path.suffix == ".xlsx" else csv_bytes(HEADER, *rows)
    path.write_bytes(content)
    return path


async def loaded(database: Database, *years: int) -> Calendar:
    async with database.transaction() as tx:
        return await load_calendar(tx, years)


# As published


async def test_every_day_is_as_the_package_says(database: Database) -> None:
    calendar = await loaded(database, *range(2018, 2027))
    assert not calendar.provisional
    days = [date(2018, 1, 1) + timedelta(number) for number in range(9 * 365 + 2)]
    assert days[-1] == date(2026, 12, 31)
    assert [calendar.is_working_day(day) for day in days] == [chinese_calendar.is_workday(day) for day in days]
    assert sum(map(calendar.is_working_day, days)) > 2200


async def test_a_newer_package_brings_its_years_and_corrections_at_the_next_upgrade(database: Database) -> None:
    new_year = date(2025, 1, 1)
    async with database.transaction() as tx:
        await tx.run(delete(calendar_day).where(calendar_day.c.day >= date(2026, 1, 1)))
        await tx.run(update(calendar_day).where(calendar_day.c.day == new_year).values(works=True))
        await tx.run(
            update(calendar_day).where(calendar_day.c.day == date(2025, 1, 2)).values(works=False, notice=2025)
        )
    before = await loaded(database, 2025, 2026)
    assert before.provisional == {2026}
    assert before.is_working_day(new_year)
    await upgrade(database)
    after = await loaded(database, 2025, 2026)
    assert not after.provisional
    assert after.is_working_day(date(2026, 10, 10))
    assert not after.is_working_day(new_year)
    assert not after.is_working_day(date(2025, 1, 2)), "what an operator imported stays"


def test_the_statutory_days_are_off_in_what_was_published() -> None:
    published = packaged()
    for year in (2025, 2026):
        assert len(set(statutory_days(year))) == 13
        assert not [day for day in statutory_days(year) if published[day].works]
    for year in range(2018, 2025):
        assert not [day for day in statutory_days(year) if published[day].works]


# Provisional, and unknown


async def test_a_year_of_which_nothing_is_published_is_provisional(database: Database) -> None:
    calendar = await loaded(database, 2026, 2027, 2028)
    assert calendar.provisional == {2027, 2028}
    off = [day for day in days_of_year(2027) if by_the_week(day) and not calendar.is_working_day(day)]
    assert [f"{day:%m-%d}" for day in off] == ["01-01", "02-05", "02-08", "04-05", "06-09", "09-15", "10-01"]
    assert not any(calendar.is_working_day(day) for day in days_of_year(2027) if not by_the_week(day))
    assert calendar.is_working_day(date(2028, 2, 29))
    assert len(calendar.days) == 365 + 365 + 366


def test_the_spring_festival_is_that_of_the_forms() -> None:
    (form,) = (form for form in Forms.read().versions if form.version == "2021-01")
    for year in range(2027, 2031):
        days = provisional_days(year)
        spring = form.lunar_new_year[year]
        assert not any(days[spring + timedelta(number)] for number in range(-1, 3))


async def test_a_day_of_an_unknown_year_is_an_error(database: Database) -> None:
    calendar = await loaded(database, 2003, 2026, 2031)
    words = r"^the working days of {} are not known: `tianbao calendar import FILE` reads the State Council's notice$"
    for year in (2003, 2031):
        day = date(year, 6, 1)
        for ask in (
            calendar.is_working_day,
            calendar.first_working_day_from,
            calendar.last_working_day_up_to,
            lambda day: calendar.working_days_before(day, 1),
        ):
            with pytest.raises(UnknownDayError, match=words.format(year)):
                ask(day)
        with pytest.raises(UnknownDayError, match=words.format(year)):
            provisional_days(year)
    with pytest.raises(UnknownDayError):
        calendar.working_days_before(date(2026, 1, 4), 1)


async def test_the_operator_is_told_of_a_provisional_year(database: Database) -> None:
    def told(logs: Sequence[Mapping[str, object]]) -> list[tuple[object, object]]:
        assert all(line["log_level"] == "warning" and "tianbao calendar import" in str(line["cure"]) for line in logs)
        return [(line["year"], line["known"]) for line in logs]

    little, nothing = "weekends and statutory days only", "nothing: no reminders"
    # The notice of a year comes in November of the year before: earlier there is nothing to be told.
    for now, wanted in (
        ("2026-10-31T23:59", []),
        ("2026-11-01T00:00", [(2027, little)]),
        ("2027-01-01T00:00", [(2027, little)]),
        ("2030-12-01T00:00", [(2030, little), (2031, nothing)]),
    ):
        with capture_logs() as logs:
            await warn_of_provisional(database, StandingClock(datetime.fromisoformat(f"{now}+08:00")))
        assert told(logs) == wanted


# Counting


@cache
def published() -> Calendar:
    return Calendar({day: what.works for day, what in packaged().items()})


def test_working_days_are_counted_over_holidays() -> None:
    calendar = published()
    assert calendar.first_working_day_from(date(2026, 2, 15)) == date(2026, 2, 24)
    assert calendar.first_working_day_from(date(2026, 2, 14)) == date(2026, 2, 14)
    assert calendar.last_working_day_up_to(date(2026, 2, 23)) == date(2026, 2, 14)
    assert calendar.last_working_day_up_to(date(2026, 6, 20)) == date(2026, 6, 18)
    assert calendar.working_days_before(date(2026, 10, 12), 3) == date(2026, 9, 30) + timedelta(days=8)
    assert calendar.working_days_before(date(2026, 10, 9), 2) == date(2026, 9, 30)
    assert calendar.working_days_before(date(2026, 10, 9), 0) == date(2026, 10, 9)
    assert calendar.first_working_day_from(date(2024, 12, 31)) == date(2024, 12, 31)


@given(st.dates(date(2018, 2, 1), date(2026, 11, 30)), st.integers(0, 10))
def test_between_a_day_and_the_working_day_found_none_is_worked_on(day: date, n: int) -> None:
    calendar = published()

    def worked(first: date, end: date) -> int:
        return sum(calendar.is_working_day(first + timedelta(number)) for number in range((end - first).days))

    first, last = calendar.first_working_day_from(day), calendar.last_working_day_up_to(day)
    assert calendar.is_working_day(first)
    assert calendar.is_working_day(last)
    assert worked(day, first) == 0
    assert worked(last + timedelta(1), day + timedelta(1)) == 0
    assert worked(calendar.working_days_before(first, n), first) == n


# The notice


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
async def test_a_notice_makes_a_year_known(database: Database, tmp_path: Path, suffix: str) -> None:
    rows = [[datetime.fromisoformat(row[0]), *row[1:]] if suffix == ".xlsx" else row for row in NOTICE_2027]
    path = write(tmp_path / f"2027{suffix}", rows)
    for _ in "12":  # once more changes nothing
        assert await import_notice(database, path, NOW) == 2027
        await upgrade(database)
        calendar = await loaded(database, 2026, 2027)
        assert not calendar.provisional
        off = {date.fromisoformat(day) for days in OFF_2027.values() for day in days}
        works = {date.fromisoformat(day) for day in WORKS_2027}
        for day in days_of_year(2027):
            assert calendar.is_working_day(day) == (day in works or (by_the_week(day) and day not in off))
        assert not calendar.is_working_day(date(2026, 12, 31))
        assert calendar.is_working_day(date(2026, 12, 27))
        assert calendar.is_working_day(date(2026, 10, 10))
    async with database.transaction() as tx:
        found = (await tx.run(select(audit.c.action, audit.c.detail, audit.c.at))).all()
    assert [tuple(row) for row in found] == [("calendar-imported", f'{{"year":2027,"days":{len(rows)}}}', NOW)] * 2


async def test_dates_are_read_as_people_write_them(tmp_path: Path) -> None:
    day = date(2027, 5, 3)
    rest = [row for row in NOTICE_2027 if row[0] != day.isoformat()]
    for written in ("2027-05-03", "2027-5-3", "2027/5/3", "2027.5.3", "2027年5月3日", "20270503", " 2027-05-03 "):
        year, named = read_notice(write(tmp_path / "notice.csv", [*rest, [written, "放假", ""]]))
        assert (year, named[day]) == (2027, Day(works=False))


@pytest.mark.parametrize("year", range(2018, 2027))
def test_the_notice_of_each_year_gives_the_days_of_the_package(year: int, tmp_path: Path) -> None:
    rows = [
        [day.isoformat(), "上班" if what.works else "放假", what.name]
        for day, what in packaged().items()
        if day.year == year and what.name
    ]
    assert 20 < len(rows) < 50
    found, named = read_notice(write(tmp_path / "notice.csv", rows))
    assert found == year
    for day in days_of_year(year):
        assert named.get(day, Day(by_the_week(day))).works == chinese_calendar.is_workday(day)


async def test_what_a_later_notice_says_of_december_stays(database: Database, tmp_path: Path) -> None:
    await import_notice(database, write(tmp_path / "2027.csv", NOTICE_2027), NOW)
    rows = [
        [day.isoformat(), "上班" if what.works else "放假", what.name]
        for day, what in packaged().items()
        if day.year == 2026 and what.name
    ]
    await import_notice(database, write(tmp_path / "2026.csv", rows), NOW)
    async with database.transaction() as tx:
        days = await read_days(tx, [2026])
        await put_in_packaged(tx)
        assert await read_days(tx, [2026]) == days
    assert len(days) == 365
    assert days[date(2026, 12, 31)] == Day(works=False, name="元旦", notice=2027)
    assert days[date(2026, 12, 27)] == Day(works=True, notice=2027)
    assert days[date(2026, 12, 30)] == Day(works=True, notice=2026)
    assert not days[date(2026, 10, 7)].works


async def test_a_notice_with_days_of_an_unknown_year_is_refused(database: Database, tmp_path: Path) -> None:
    rows = [[f"2028{row[0][4:]}" if row[0][:4] == "2027" else f"2027{row[0][4:]}", *row[1:]] for row in NOTICE_2027]
    moved = {"2028-01-26", "2028-01-25", "2028-01-27", "2028-01-28", "2028-04-04", "2028-05-28", "2028-10-03"}
    listed = {row[0] for row in rows}
    off = [row for row in rows if row[1] == "放假"] + [[day, "放假", ""] for day in sorted(moved - listed)]
    with pytest.raises(ConflictError, match=r"days of 2027, which is not known: import the notice of 2027 first"):
        await import_notice(database, write(tmp_path / "2028.csv", off), NOW)
    assert (await loaded(database, 2027, 2028)).provisional == {2027, 2028}


FAULTS: Mapping[str, tuple[Sequence[Sequence[object]], str]] = {
    "a day twice": ([["2027-02-05", "上班", ""]], "row {row}, 日期: 2027-02-05 is in row 5 already"),
    "a day worked on anyway": ([["2027-03-03", "上班", ""]], "row {row}, 日期: 2027-03-03 is a Wednesday, which is"),
    "no date": ([["2027-02-30", "放假", ""]], "row {row}, 日期: 2027-02-30 is not a date such as 2027-02-06"),
    "neither": ([["2027-03-06", "休息", ""]], "row {row}, 安排: 休息 is neither 放假 nor 上班"),
    "another year": ([["2026-05-30", "放假", ""]], "the file is not one notice: 2026-05-30 belongs to another than"),
    "a year ahead": ([["2028-01-01", "放假", ""]], "not the whole notice of 2028: 2028-10-01 is a statutory holiday"),
    "a long name": ([["2027-03-06", "放假", "长" * 41]], "row {row}, 名称: is longer than 40 characters"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_is_wrong_with_a_notice_is_named(case: str, tmp_path: Path) -> None:
    rows, words = FAULTS[case]
    path = write(tmp_path / "notice.csv", [*NOTICE_2027, *rows])
    with pytest.raises(BadTableError) as caught:
        read_notice(path)
    assert words.format(row=len(NOTICE_2027) + 2) in str(caught.value)


@pytest.mark.parametrize("left_out", ["元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"])
async def test_half_a_notice_is_refused_and_nothing_changes(database: Database, tmp_path: Path, left_out: str) -> None:
    path = write(tmp_path / "half.csv", [row for row in NOTICE_2027 if row[2] != left_out])
    with pytest.raises(
        BadTableError, match=r"is not the whole notice of 2027: 2027-.* is a statutory holiday and is not 放假 in"
    ):
        await import_notice(database, path, NOW)
    assert (await loaded(database, 2026, 2027)).provisional == {2027}


# What the operator sees


async def test_a_year_is_described(database: Database, tmp_path: Path) -> None:
    async with database.transaction() as tx:
        package, provisional = await describe_year(tx, 2026), await describe_year(tx, 2027)
        with pytest.raises(UnknownDayError, match="2031"):
            await describe_year(tx, 2031)
    assert package[0] == "2026: 248 working days, 117 days off, from the package"
    assert "2026-02-14 Sat works 春节" in package
    assert "2026-10-10 Sat works 国庆节" in package
    assert provisional[0].startswith("2027: 254 working days, 111 days off, PROVISIONAL")
    assert "2027-02-08 Mon off" in provisional
    await import_notice(database, write(tmp_path / "2027.csv", NOTICE_2027), NOW)
    async with database.transaction() as tx:
        notice, before = await describe_year(tx, 2027), await describe_year(tx, 2026)
    assert notice[0].endswith("from an imported notice")
    assert "2027-02-14 Sun works" in notice
    assert "2027-10-07 Thu off 国庆节" in notice
    assert "the package says otherwise: 2026-12-31 works; import a notice" in before


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "2027.csv", NOTICE_2027)
    for arguments in (["calendar", "show", "2027"], ["calendar", "import", str(path)]):
        assert main(arguments) == 1
        assert "run `tianbao db upgrade`" in capsys.readouterr().err
    main(["db", "upgrade"])
    assert main(["calendar", "show", "2027"]) == 0
    assert "PROVISIONAL" in capsys.readouterr().out
    assert main(["calendar", "show", "2031"]) == 1
    assert capsys.readouterr().err.startswith("tianbao: the working days of 2031 are not known")

    simulate = ["simulate", "--from", "2026-01-01", "--to", "2027-12-31", "--enterprises", "60"]
    assert main(simulate) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("2027 is PROVISIONAL")
    slots = [line for line in lines if " last " in line]
    assert len(slots) == 24
    assert slots[1].startswith("2026-02-14 Sat 09:30  last         2026-01 ")
    assert slots[5].startswith("2026-06-18 Thu 09:30")
    assert [int(line.split()[0]) for line in lines[-1:]] > [1000]

    assert main(["calendar", "import", str(path)]) == 0
    assert capsys.readouterr().out.startswith("the notice of 2027 is imported")
    assert main([*simulate, "--enterprise", "7"]) == 0
    story = capsys.readouterr().out.splitlines()
    assert story[0].startswith("enterprise 7: ")
    assert sum("submitted" in line for line in story) > 15
    assert story[1:] == sorted(story[1:], key=lambda line: line[:20])

    for arguments, words in (
        ([*simulate, "--enterprise", "61"], "there is no enterprise 61, only 1 to 60"),
        (["simulate", "--from", "2026-02-01", "--to", "2026-01-31"], "--to is before --from"),
        (["simulate", "--from", "2015-02-01", "--to", "2015-03-31"], "there is no form for 2015-01: begin later"),
        (["simulate", "--from", "2031-02-01", "--to", "2031-03-31"], "the working days of 2031 are not known"),
    ):
        assert main(arguments) == 1
        assert words in capsys.readouterr().err
    for arguments in (["calendar", "show", "x"], [*simulate, "--enterprise", "0"]):
        with pytest.raises(SystemExit):
            main(arguments)
