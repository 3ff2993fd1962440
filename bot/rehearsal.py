"""What a simulation comes to, in lines for the operator."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time

from dialogs.form import Forms
from dialogs.periods import SHANGHAI, Period, due_period
from scheduler.calendar import UnknownDayError
from scheduler.simulation import City, Simulation, Told

_AT = "%Y-%m-%d %a %H:%M"


def deadline_days(forms: Forms) -> Callable[[Period], int]:
    """Return what tells the day of the month after by which the report of a period is due."""

    def deadline_day(period: Period) -> int:
        form = forms.in_force(period)
        if form is None:
            raise UnknownDayError(f"there is no form for {period}: begin later")
        return form.deadline_day

    return deadline_day


def describe(simulation: Simulation, first: date, last: date, enterprise: int | None) -> Iterator[str]:
    """Yield what would be told, slot by slot, or all about one enterprise.

    Args:
        simulation: its calendar has the years of these days, and the ones around.
        first: the first day.
        last: the last day.
        enterprise: its number; None for the summary.

    Raises:
        UnknownDayError: nothing is known of one of the years, or there was no form.
    """
    for year in sorted(simulation.calendar.provisional & set(range(first.year, last.year + 1))):
        yield f"{year} is PROVISIONAL: weekends and statutory days only, until its notice is imported"
    begin = datetime.combine(first, time(), SHANGHAI)
    end = datetime.combine(last, time(23, 59), SHANGHAI)
    told = simulation.run(begin, end)
    yield from _summary(told) if enterprise is None else _story(simulation.city, enterprise, told, (begin, end))


def _summary(told: Iterator[Told]) -> Iterator[str]:
    yield f"{'when':<21} {'rule':<12} {'period':<8} {'reporters':>9} {'offices':>8} {'enterprises':>11}"
    row: tuple[datetime, str, Period] | None = None
    people = offices = enterprises = messages = 0
    for one in told:
        here = one.at, one.rule, one.period
        if row != here:
            if row:
                yield _row(row, people, offices, enterprises)
            row, people, offices, enterprises = here, 0, 0, 0
        people += isinstance(one.to, int)
        offices += isinstance(one.to, str)
        enterprises += len(one.enterprises)
        messages += 1
    if row:
        yield _row(row, people, offices, enterprises)
    yield f"{messages} messages"


def _row(row: tuple[datetime, str, Period], people: int, offices: int, enterprises: int) -> str:
    at, rule, period = row
    return f"{at:{_AT}}  {rule:<12} {period!s:<8} {people:>9} {offices:>8} {enterprises:>11}"


def _story(city: City, enterprise: int, told: Iterator[Told], during: tuple[datetime, datetime]) -> Iterator[str]:
    """Yield what happens to one enterprise, in the order of time."""
    about = city.enterprises[enterprise - 1]
    reporter = "no reporter" if about.reporter is None else f"reporter {about.reporter}"
    yield f"enterprise {enterprise}: {about.district}, {reporter}"
    lines = [
        (one.at, f"{one.at:{_AT}}  {one.period}  {one.rule} {_whom(one)}")
        for one in told
        if enterprise in one.enterprises
    ]
    period = due_period(during[0])
    while period <= due_period(during[1]):
        at = city.submitted_at(enterprise, period)
        if at is not None and during[0] <= at <= during[1]:
            lines.append((at, f"{at:{_AT}}  {period}  submitted"))
        period = period.plus(1)
    yield from (line for _, line in sorted(lines))


def _whom(told: Told) -> str:
    to = f"to the office of {told.to}" if isinstance(told.to, str) else f"to reporter {told.to}"
    return f"{to}, enterprises: {len(told.enterprises)}"
