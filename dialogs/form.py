"""Forms as data: what a report consists of, read from one YAML file a version.

A form belongs to a period (manual, figures 2-2-4 and 2-2-7): `Forms.in_force` finds it. The files lie in
`dialogs/forms`; a file put there is a new version, nothing else needs to be told.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    PlainSerializer,
    StringConstraints,
)

from dialogs.data_file import DataFileError, Place, read_data_file
from dialogs.periods import Period
from dialogs.relations import Relation, read_relation

FOLDER = Path(__file__).parent / "forms"

Id: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Label: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Month: TypeAlias = Annotated[int, Field(ge=1, le=12)]
PeriodField: TypeAlias = Annotated[
    InstanceOf[Period],
    BeforeValidator(lambda raw: Period.parse(raw) if isinstance(raw, str) else raw),
    PlainSerializer(str),
]
RelationField: TypeAlias = Annotated[
    InstanceOf[Relation],
    BeforeValidator(lambda raw: read_relation(raw) if isinstance(raw, str) else raw),
    PlainSerializer(lambda relation: relation.source),
]


class FormError(Exception):
    """A form file cannot be used; the message says which file and why."""


class Part(BaseModel):
    """What every part of a form has in common: it never changes, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Unit(Part):
    """A unit with its decimals and the largest absolute value that can be meant."""

    id: Id
    label: Label
    kind: Literal["amount", "percent", "count"]
    decimals: int = Field(ge=0, le=6)
    max_abs: Decimal


class Measure(Part):
    """A column of the form: one of the up to four values of an indicator.

    `compares_with` marks a value of last year and names the current one beside it.
    """

    id: Id
    label: Label
    group: Label
    basis: Literal["flow", "stock"]
    compares_with: Id | None = None


class Sign(StrEnum):
    """What a value below zero means: impossible, worth a question, or ordinary."""

    NON_NEGATIVE = "non_negative"
    UNUSUAL_NEGATIVE = "unusual_negative"
    ANY = "any"


class Indicator(Part):
    """A row of the form.

    `series_break` says that its values must not be compared with those of an earlier version under the same id.
    `recommended` and `industrial_only` are told to the reporter and enforce nothing.
    """

    id: Id
    label: Label
    new: bool = False
    required: bool = False
    recommended: bool = False
    industrial_only: bool = False
    series_break: bool = False
    part_of: Id | None = None
    definition: Label
    help: str = ""
    aliases: tuple[Label, ...] = ()
    unit: Id
    sign: Sign
    measures: tuple[Id, ...] = Field(min_length=1)


LUNAR_DATE = "（{date}）"


class Option(Part):
    """An answer that a question allows.

    With `lunar_day` it hangs on the Spring Festival: its label is made from `label_template`, in which `（{date}）`
    stands for the date of that lunar day in the year asked about.
    """

    id: Id
    label: Label
    label_template: Label | None = None
    lunar_day: int | None = Field(default=None, ge=1, le=30)


class Question(Part):
    """A question of the questionnaire; with `period_months` it is asked in the periods of those months only."""

    id: Id
    label: Label
    required: bool = True
    help: str = ""
    period_months: tuple[Month, ...] = ()
    options: tuple[Option, ...] = Field(min_length=2)


class Severity(StrEnum):
    """Whether a finding bars the value (硬性审核) or asks for a word about it (核实性审核)."""

    HARD = "hard"
    SOFT = "soft"


class Stage(StrEnum):
    """When a finding speaks up: as soon as the value is there, or when the report is looked at as a whole."""

    ENTRY = "entry"
    SUBMIT = "submit"


class Edit(Part):
    """A relation that the values of a report should satisfy.

    Args:
        expect: what should hold. `when`: the edit speaks only where this holds. Where a figure that either of them
            needs has no value, it says nothing.
        measures: it is asked once for each of these, `indicators`: once for each of those; a cell that the form does
            not have is passed over.
        months: the months of the period it is for, all when empty.
        at: the indicator or question the finding points at; the first that is named when left out.
        message: by language; `value` is the figure named first, in `expect` and then in `when`, `other` the second;
            `label` and `unit` are those of the item it points at.
        rule: the same by language without any figure, for the filling instructions: what must hold, or for a soft edit
            what is asked about. `indicators` are listed behind it.
    """

    id: Id
    severity: Severity
    stage: Stage
    expect: RelationField
    when: RelationField | None = None
    measures: tuple[Id, ...] = ()
    indicators: tuple[Id, ...] = ()
    months: tuple[Month, ...] = ()
    at: Id | None = None
    message: Mapping[str, Label]
    rule: Mapping[str, Label] | None = None


class Explanations(Part):
    """What counts as a reason for a value that was questioned."""

    min_chars: int = Field(ge=1)
    max_chars: int = Field(ge=1)
    rejected: frozenset[str] = frozenset()
    presets: tuple[Label, ...] = ()


class Section(Part):
    """A heading of the form, with notes that are shown under it."""

    label: Label
    owner: str = ""
    notes: tuple[Label, ...] = ()


class Form(Part):
    """One version of the monthly report."""

    form: Id
    version: str
    title: Label
    effective_from: PeriodField
    effective_to: PeriodField | None
    deadline_day: int = Field(ge=1, le=28)
    confidentiality: Label
    measures: tuple[Measure, ...]
    units: tuple[Unit, ...]
    indicators: tuple[Indicator, ...] = Field(min_length=1)
    questionnaire: Section
    questions: tuple[Question, ...]
    notices: tuple[Section, ...] = ()
    explanations: Explanations
    lunar_new_year: Mapping[int, date] = {}
    edits: tuple[Edit, ...] = ()

    @cached_property
    def unit_of(self) -> Mapping[str, Unit]:
        """The unit of each indicator."""
        units = {unit.id: unit for unit in self.units}
        return {indicator.id: units[indicator.unit] for indicator in self.indicators}

    @cached_property
    def cells_of(self) -> Mapping[str, tuple[str, ...]]:
        """The full names `indicator.measure` of the cells of each indicator."""
        return {row.id: tuple(f"{row.id}.{measure}" for measure in row.measures) for row in self.indicators}

    @cached_property
    def measure(self) -> Mapping[str, Measure]:
        """The measures by id."""
        return {measure.id: measure for measure in self.measures}

    @cached_property
    def last_year_of(self) -> Mapping[str, str]:
        """The measure that holds last year's value, by the measure of the current one."""
        return {measure.compares_with: measure.id for measure in self.measures if measure.compares_with}

    @cached_property
    def item(self) -> Mapping[str, Indicator | Question]:
        """Indicators and questions by id."""
        items: tuple[Indicator | Question, ...] = (*self.indicators, *self.questions)
        return {item.id: item for item in items}

    @cached_property
    def option(self) -> Mapping[tuple[str, str], Option]:
        """The options by question and option id."""
        return {(question.id, option.id): option for question in self.questions for option in question.options}

    @cached_property
    def edits_at(self) -> Mapping[str, tuple["EditCase", ...]]:
        """The single cases of the edits by the item that each points at."""
        cases: dict[str, list[EditCase]] = {}
        for edit in self.edits:
            for case in edit_cases(self, edit):
                cases.setdefault(case.at, []).append(case)
        return {item: tuple(found) for item, found in cases.items()}

    @cached_property
    def asked_in(self) -> Mapping[int, tuple[Indicator | Question, ...]]:
        """What is asked, in order, by the month of the period."""
        return {
            month: (
                *self.indicators,
                *(question for question in self.questions if month in (question.period_months or (month,))),
            )
            for month in range(1, 13)
        }

    @cached_property
    def place_in(self) -> Mapping[int, Mapping[str, int]]:
        """The place of each item that is asked, from 0, by the month of the period and the item's id."""
        return {month: {item.id: place for place, item in enumerate(items)} for month, items in self.asked_in.items()}

    def items_in(self, month: int) -> tuple[Indicator | Question, ...]:
        """Return what is asked in a period of that month, in order."""
        return self.asked_in[month]

    def __hash__(self) -> int:
        """Two forms are the same only when they are one object: each is read once and lives as long as the program."""
        return id(self)

    def __eq__(self, other: object) -> bool:
        """Return whether the other is this very object."""
        return self is other

    def option_label(self, option: Option, period: Period) -> str:
        """Return the option's words; those that hang on the Spring Festival carry the date of the period's year."""
        if option.lunar_day is None or option.label_template is None:
            return option.label
        new_year = self.lunar_new_year.get(period.year)
        if new_year is None:
            return option.label_template.replace(LUNAR_DATE, "")
        day = new_year + timedelta(days=option.lunar_day - 1)
        return option.label_template.replace(LUNAR_DATE, f"（{day.month}月{day.day}日）")


@dataclass(frozen=True, slots=True)
class EditCase:
    """An edit for one combination of the measures and indicators that it runs over.

    Args:
        key: names the case in a report: the edit's id, and what it runs over.
        cells: the full name `indicator.measure` (or the question's id, or `month_number`) of every name in `expect` and
            then `when`, in order of appearance.
        at: the item the finding points at.
    """

    edit: Edit
    key: str
    cells: Mapping[str, str]
    at: str


def edit_cases(form: Form, edit: Edit) -> Iterator[EditCase]:
    """Return the single cases of an edit.

    Raises:
        FormError: it names something that the form does not have.
    """
    names = dict.fromkeys((*edit.expect.names, *(edit.when.names if edit.when else ())))
    if not names:
        message = f"edit {edit.id} names no figure"
        raise FormError(message)
    for indicator in edit.indicators or ("",):
        for measure in edit.measures or ("",):
            cells = {name: _cell(form, edit, name, indicator, measure) for name in names}
            if any(cell is None for cell in cells.values()):
                continue
            known = {name: cell for name, cell in cells.items() if cell is not None}
            first = next(iter(known.values()))
            key = ".".join(part for part in (edit.id, indicator, measure) if part)
            yield EditCase(edit, key, known, edit.at or first.partition(".")[0])


def _cell(form: Form, edit: Edit, name: str, indicator: str, measure: str) -> str | None:
    """Return the full name of what an edit calls `name`; None where it runs over a cell that the form does not have."""
    if isinstance(form.item.get(name), Question):
        if name in edit.expect.figures or (edit.when and name in edit.when.figures):
            message = f"edit {edit.id}: {name!r} is a question, not a figure"
            raise FormError(message)
        return name
    if name == MONTH_NUMBER:
        return name
    row, column = _row_and_column(form, name, indicator, measure)
    item = form.item.get(row)
    if not isinstance(item, Indicator) or column not in form.measure:
        message = f"edit {edit.id}: {name!r} names no figure of the form"
        raise FormError(message)
    if column in item.measures:
        return f"{row}.{column}"
    if name in form.measure or "." in name:
        # The edit says itself which measure it means; only what comes from its `measures` may be missing.
        message = f"edit {edit.id}: {row}.{column} is a cell that the form does not have"
        raise FormError(message)
    return None


def _row_and_column(form: Form, name: str, indicator: str, measure: str) -> tuple[str, str]:
    """Return what `name` means in an edit that is just looking at that indicator and that measure."""
    if name == "value":
        return indicator, measure
    if name == "last_year":
        return indicator, form.last_year_of.get(measure, "")
    if name in form.measure:
        return indicator, name
    row, _, column = name.partition(".")
    return row, column or measure


BUTTON_CHARS = 24
"""The longest label that a button shows whole on a phone 360 px wide."""

PLACEHOLDERS = frozenset({"label", "value", "unit", "other"})
"""What may stand in braces in the message of an edit."""

MONTH_NUMBER = "month_number"
"""The number of the period's month, 1 to 12, in the relations of edits."""

RESERVED = frozenset({"value", "last_year", MONTH_NUMBER})
"""Names with a meaning of their own in the relations of edits."""


def faults(form: Form) -> Iterator[tuple[Place, str]]:
    """Return what is wrong with a form beyond the shape of its parts: where (keys and indices) and what."""
    rows = [indicator.id for indicator in form.indicators]
    yield from _repeated("measures", form.measures, RESERVED)
    yield from _repeated("units", form.units)
    yield from _repeated("indicators", form.indicators, [*RESERVED, *form.measure])
    yield from _repeated("questions", form.questions, [*RESERVED, *form.measure, *rows])
    yield from _repeated("edits", form.edits)
    if form.effective_to and form.effective_to < form.effective_from:
        yield ("effective_to",), "the form ends before it begins"
    for year, day in form.lunar_new_year.items():
        if day.year != year:
            yield ("lunar_new_year", year), f"{day} does not lie in {year}"
    for at, question in enumerate(form.questions):
        yield from _question_faults(at, question)
    for at, edit in enumerate(form.edits):
        yield from _edit_faults(form, at, edit)
    yield from _table_faults(form)


def _table_faults(form: Form) -> Iterator[tuple[Place, str]]:
    units, indicators = {unit.id for unit in form.units}, {indicator.id for indicator in form.indicators}
    for at, measure in enumerate(form.measures):
        if measure.compares_with and measure.compares_with not in form.measure:
            yield ("measures", at, "compares_with"), f"there is no measure {measure.compares_with!r}"
    for at, indicator in enumerate(form.indicators):
        if indicator.unit not in units:
            yield ("indicators", at, "unit"), f"there is no unit {indicator.unit!r}"
        for unknown in (name for name in indicator.measures if name not in form.measure):
            yield ("indicators", at, "measures"), f"there is no measure {unknown!r}"
        if indicator.part_of and indicator.part_of not in indicators:
            yield ("indicators", at, "part_of"), f"there is no indicator {indicator.part_of!r}"


def _repeated(
    key: str, parts: Iterable[Measure | Unit | Indicator | Question | Edit], taken: Iterable[str] = ()
) -> Iterator[tuple[Place, str]]:
    seen = set(taken)
    for at, part in enumerate(parts):
        if part.id in seen:
            yield (key, at, "id"), f"the id {part.id!r} is taken"
        seen.add(part.id)


def _question_faults(at: int, question: Question) -> Iterator[tuple[Place, str]]:
    seen: set[str] = set()
    for number, option in enumerate(question.options):
        where = ("questions", at, "options", number)
        if option.id in seen:
            yield (*where, "id"), f"the option {option.id!r} stands twice"
        seen.add(option.id)
        if (option.lunar_day is None) != (option.label_template is None):
            yield where, "lunar_day and label_template go together"
        if option.label_template and option.label_template.count(LUNAR_DATE) != 1:
            yield (*where, "label_template"), f"{LUNAR_DATE} must stand in it once"
        longest = (option.label_template or "").replace(LUNAR_DATE, "（12月30日）")
        for key, label in (("label", option.label), ("label_template", longest)):
            if len(label) > BUTTON_CHARS:
                yield (*where, key), f"{label!r} is too long for a button ({BUTTON_CHARS} characters at most)"


def _edit_faults(form: Form, at: int, edit: Edit) -> Iterator[tuple[Place, str]]:
    where = ("edits", at)
    indicators = {indicator.id for indicator in form.indicators}
    missing = [name for name in edit.indicators if name not in indicators]
    unknown = [name for name in edit.measures if name not in form.measure]
    yield from (((*where, "indicators"), f"there is no indicator {name!r}") for name in missing)
    yield from (((*where, "measures"), f"there is no measure {name!r}") for name in unknown)
    if edit.at and edit.at not in form.item:
        yield (*where, "at"), f"there is no item {edit.at!r}"
    for key, relation in (("expect", edit.expect), ("when", edit.when)):
        for question, option in sorted(relation.answers) if relation else ():
            if (question, option) not in form.option:
                yield (*where, key), f"there is no question {question!r} with an option {option!r}"
    if not missing and not unknown:
        try:
            if not list(edit_cases(form, edit)):
                yield (*where, "expect"), "the edit fits no cell of the form"
        except FormError as error:
            yield (*where, "expect"), str(error)
    yield from _message_faults((*where, "message"), edit.message, PLACEHOLDERS)
    if edit.rule is not None:
        yield from _message_faults((*where, "rule"), edit.rule, frozenset())


def _message_faults(where: Place, messages: Mapping[str, str], names: frozenset[str]) -> Iterator[tuple[Place, str]]:
    if "zh-CN" not in messages:
        yield where, "the message in zh-CN is missing"
    allowed = "only {label} {value} {unit} {other}" if names else "nothing in braces"
    for language, message in messages.items():
        if not _is_fillable(message, names):
            yield (*where, language), f"{allowed} can stand in a message"


def _is_fillable(message: str, names: frozenset[str]) -> bool:
    try:
        parts = [part[1:] for part in Formatter().parse(message) if part[1] is not None]
    except ValueError:
        return False
    return all(name in names and not spec and not conversion for name, spec, conversion in parts)


def read_form(path: Path) -> Form:
    """Read a form file.

    Raises:
        FormError: the file is not a usable form; the message has one line a fault, `file:line: what`.
    """
    try:
        return read_data_file(path, Form, faults)
    except DataFileError as error:
        raise FormError(str(error)) from error


@dataclass(frozen=True)
class Forms:
    """The versions of the form, from the oldest to the newest."""

    versions: tuple[Form, ...]

    @classmethod
    def read(cls, folder: Path = FOLDER) -> "Forms":
        """Read every `*.yaml` of a folder.

        Raises:
            FormError: a file is unusable, two versions have one name, or two are in force at once.
        """
        versions = sorted((read_form(path) for path in folder.glob("*.yaml")), key=lambda form: form.effective_from)
        if len({form.version for form in versions}) < len(versions):
            message = f"{folder}: two forms have the same version"
            raise FormError(message)
        for older, newer in pairwise(versions):
            if older.effective_to is None or older.effective_to >= newer.effective_from:
                message = f"{folder}: {older.version} and {newer.version} are in force at once"
                raise FormError(message)
        return cls(tuple(versions))

    def in_force(self, period: Period) -> Form | None:
        """Return the form of a period, None before the first known one."""
        for form in self.versions:
            if form.effective_from <= period and (form.effective_to is None or period <= form.effective_to):
                return form
        return None

    def version(self, version: str) -> Form:
        """Return that version.

        Raises:
            FormError: there is none of that name.
        """
        for form in self.versions:
            if form.version == version:
                return form
        message = f"no form of version {version!r}"
        raise FormError(message)
