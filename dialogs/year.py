"""A year of submitted reports side by side (年报预览): the figures of each indicator, month by month.

`YearTable` is all that a text, a picture or a chart of it needs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from dialogs.filed import Content
from dialogs.form import Form, Forms, Indicator, Measure, Unit
from dialogs.periods import Period

_OF_ONE_MONTH = "month"
"""The measure of what happened within one month; the cumulative ones, though flows, contain the months before."""


@dataclass(frozen=True, slots=True)
class Series:
    """One indicator through the months.

    Args:
        indicator: as in the newest form that the series is of.
        unit: of the figures.
        measure: which of the indicator's values is shown.
        figures: by month, 1 to 12; months without a figure are not there.
        forms: the versions that the series is of, one after the other.
    """

    indicator: Indicator
    unit: Unit
    measure: Measure
    figures: Mapping[int, Decimal]
    forms: tuple[str, ...]

    @property
    def total(self) -> Decimal | None:
        """The sum over the months there are; None where nothing adds up: stocks, staff, percentages, cumulatives."""
        if self.measure.id != _OF_ONE_MONTH or self.unit.kind == "percent" or not self.figures:
            return None
        return sum(self.figures.values(), Decimal())


@dataclass(frozen=True, slots=True)
class Part:
    """The series that the same forms have, in the order of the newest one, and the months submitted on these forms."""

    months: tuple[int, ...]
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class YearTable:
    """A year.

    Args:
        year: which one.
        months: those that were submitted.
        parts: first what all forms of the year have in common, then what only some have; without a series none.
    """

    year: int
    months: tuple[int, ...]
    parts: tuple[Part, ...]


def year_table(forms: Forms, year: int, filed: Mapping[Period, Content]) -> YearTable:
    """Return the months of a year side by side.

    An indicator goes on from one form to the next under the same id, measure and unit, unless the definition changed
    (`series_break`); otherwise there are two series.

    Args:
        forms: the versions of the form.
        year: which one.
        filed: what was submitted, by period of that year; the newest revisions.

    Raises:
        FormError: a form is missing.
    """
    months: dict[str, list[int]] = {}
    for period in sorted(filed):
        months.setdefault(filed[period].form, []).append(period.month)
    used = sorted((forms.version(version) for version in months), key=lambda form: form.effective_from)
    ended: list[Series] = []
    running: dict[str, Series] = {}
    for form in used:
        figures = {month: filed[Period(year, month)].figures for month in months[form.version]}
        going_on = {row.id: _series(form, row, figures, running.get(row.id)) for row in form.indicators}
        ended += (one for id_, one in running.items() if id_ not in going_on or going_on[id_].forms[0] == form.version)
        running = going_on
    by_forms: dict[tuple[str, ...], list[Series]] = {}
    for one in (*running.values(), *ended):
        by_forms.setdefault(one.forms, []).append(one)
    order = [form.version for form in used]
    spans = sorted(by_forms, key=lambda span: (-len(span), order.index(span[0])))
    parts = (
        Part(tuple(sorted(month for version in span for month in months[version])), tuple(by_forms[span]))
        for span in spans
    )
    return YearTable(year, tuple(sorted(period.month for period in filed)), tuple(parts))


def _series(form: Form, row: Indicator, figures: Mapping[int, Mapping[str, Decimal]], before: Series | None) -> Series:
    """Return the series of an indicator on a form, which goes on from `before` where the two can be compared."""
    measure = next(form.measure[name] for name in row.measures if form.measure[name].compares_with is None)
    unit, cell = form.unit_of[row.id], f"{row.id}.{measure.id}"
    found = {month: filed[cell] for month, filed in figures.items() if cell in filed}
    if before and not row.series_break and (before.measure.id, before.unit.id) == (measure.id, unit.id):
        return Series(row, unit, measure, {**before.figures, **found}, (*before.forms, form.version))
    return Series(row, unit, measure, found, (form.version,))
