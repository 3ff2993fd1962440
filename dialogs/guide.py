"""The filling instructions (填报说明) of a version of the form, as text for the chat and for files (manual, chapter 2).

All of it follows from the form: what is asked, in which unit and order, what a figure means, what is refused or asked
about. Labels, definitions and options are official and stay as they are in every language.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, groupby
from math import ceil

from dialogs.form import Edit, Form, Indicator, Question, Severity, Sign, edit_cases
from dialogs.periods import Period
from dialogs.texts import LANGUAGES, write_out
from dialogs.turn import Phrase, Text, Words, text

MOST_CHARS = 900
"""How long a page is to be, in the longest language; it is half an item longer at most."""

Block = tuple[Words, ...]
"""The lines about one item, which stay together."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the instructions.

    Args:
        kind: "indicators", "questions", "hard", "soft" or "notes".
        blocks: its items, which are numbered where the kind is not "notes".
        intro: what stands above them, on every page.
    """

    kind: str
    blocks: tuple[Block, ...]
    intro: Block = ()

    @property
    def title(self) -> Text:
        """The heading."""
        return text(f"guide-part-{self.kind}")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page of the instructions: a section, or as many of its items as fit."""

    title: Text
    lines: tuple[Words, ...]


def front(form: Form, period: Period) -> tuple[Words, ...]:
    """Return what stands in front: the title, when the form is in force, when it is due (报送说明)."""
    first, last = str(form.effective_from), form.effective_to
    questions = len(form.items_in(period.month)) - len(form.indicators)
    return (
        text("guide-title", title=form.title, version=form.version),
        text("guide-force", first=first, last=str(last)) if last else text("guide-force-open", first=first),
        text("guide-who"),
        text("guide-deadline", day=form.deadline_day),
        text("guide-backfill"),
        text("guide-final"),
        text("guide-size", indicators=len(form.indicators), questions=questions),
    )


def sections(form: Form, period: Period) -> tuple[Section, ...]:
    """Return all that comes after the front.

    Args:
        form: the version.
        period: decides the dates in options that hang on the Spring Festival.
    """
    hard = [*_plain_rules(form), *(_rule(form, edit) for edit in form.edits if edit.severity is Severity.HARD)]
    soft = [_rule(form, edit) for edit in form.edits if edit.severity is Severity.SOFT]
    return tuple(
        section
        for section in (
            Section("indicators", tuple(_indicator(form, row, at) for at, row in enumerate(form.indicators, 1))),
            Section("questions", tuple(_question(form, one, at, period) for at, one in enumerate(form.questions, 1))),
            Section("hard", _numbered(hard), (text("guide-hard"),)),
            Section("soft", _numbered(soft), (text("guide-soft"),)),
            Section("notes", tuple(_notes(form))),
        )
        if section.blocks
    )


@lru_cache(maxsize=64)
def leaves(form: Form, period: Period) -> tuple[Leaf, ...]:
    """Return the sections in pages that can be read on a phone; the same ones in every language."""
    return tuple(leaf for section in sections(form, period) for leaf in _split(section))


def whole(form: Form, period: Period) -> Iterator[Words]:
    """Return the instructions from the first line to the last."""
    yield from front(form, period)
    for section in sections(form, period):
        yield from ("", "", text("guide-heading", part=section.title), *section.intro)
        for block in section.blocks:
            yield from ("", *block)


# ---- items


def _indicator(form: Form, row: Indicator, number: int) -> Block:
    id_ = "need-required" if row.required else "guide-recommended" if row.recommended else "need-optional"
    return (
        text(
            "guide-indicator",
            number=number,
            label=text("guide-new", label=row.label) if row.new else row.label,
            unit=form.unit_of[row.id].label,
            need=text("guide-industrial", need=text(id_)) if row.industrial_only else text(id_),
        ),
        text("guide-values", measures="、".join(form.measure[measure].label for measure in row.measures)),
        row.definition,
        *((row.help,) if row.help else ()),
    )


def _question(form: Form, question: Question, number: int, period: Period) -> Block:
    need: Words = text("need-required" if question.required else "need-optional")
    if question.period_months:
        months = "、".join(str(month) for month in question.period_months)
        need = text("guide-months", need=need, months=months)
    return (
        text("guide-question", number=number, label=question.label, need=need),
        *((question.help,) if question.help else ()),
        " / ".join(form.option_label(option, period) for option in question.options),
    )


def _plain_rules(form: Form) -> Iterator[Words]:
    """Return what follows from the tables of the form, without an edit."""
    yield text("guide-rule-required")
    never = "；".join(row.label for row in form.indicators if row.sign is Sign.NON_NEGATIVE)
    if never:
        yield text("guide-rule-negative", labels=never)
    whole_ = "；".join(row.label for row in form.indicators if not form.unit_of[row.id].decimals)
    if whole_:
        yield text("guide-rule-whole", labels=whole_)


def _rule(form: Form, edit: Edit) -> Words:
    """Return an edit in words: its rule, or its message with the figures left open where the form has no rule."""
    labels = "；".join(form.item[item].label for item in edit.indicators)
    if edit.rule is not None:
        rule = Phrase(edit.rule)
        return text("guide-rule-for", rule=rule, labels=labels) if labels else rule
    at = next(case.at for case in edit_cases(form, edit))
    unit = form.unit_of[at].label if at in form.unit_of else ""
    label = form.item[at].label if edit.at or not labels else labels
    return Phrase(edit.message, {"value": "…", "other": "…", "label": label, "unit": unit})


def _numbered(rules: list[Words]) -> tuple[Block, ...]:
    return tuple((text("guide-numbered", number=number, rule=rule),) for number, rule in enumerate(rules, 1))


def _notes(form: Form) -> Iterator[Block]:
    units = [
        text("guide-unit", unit=unit.label, decimals=unit.decimals)
        if unit.decimals
        else text("guide-unit-whole", unit=unit.label)
        for unit in form.units
    ]
    yield (text("guide-units"), *units)
    reasons = form.explanations
    yield (
        text("guide-reasons", least=reasons.min_chars, most=reasons.max_chars),
        *((text("guide-presets", presets="；".join(reasons.presets)),) if reasons.presets else ()),
        *((text("guide-rejected", words="；".join(sorted(reasons.rejected))),) if reasons.rejected else ()),
    )
    for notice in form.notices:
        yield (notice.label, *((notice.owner,) if notice.owner else ()), *notice.notes)
    yield (text("guide-confidentiality"), form.confidentiality)


# ---- pages


def _split(section: Section) -> Iterator[Leaf]:
    """Yield a section in pages of about the same length."""
    lengths = [_length(block) for block in section.blocks]
    page = sum(lengths) / ceil(sum(lengths) / MOST_CHARS)
    middles = [before + length / 2 for before, length in zip(accumulate(lengths, initial=0), lengths, strict=False)]
    for _, places in groupby(range(len(lengths)), lambda at: int(middles[at] / page)):
        numbers = [at + 1 for at in places]
        title = text("guide-leaf", part=section.title, first=numbers[0], last=numbers[-1])
        if len(numbers) == len(lengths):
            title = section.title
        blocks = section.blocks[numbers[0] - 1 : numbers[-1]]
        yield Leaf(title, (*section.intro, *(line for block in blocks for line in ("", *block))))


def _length(block: Block) -> int:
    return max(sum(len(write_out(line, language)) + 1 for line in block) + 1 for language in LANGUAGES)
