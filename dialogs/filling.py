"""Filling a report: the reducer that takes one event after the other to the receipt (manual, section 2.2).

Every event names the item it is about and says what was meant, so that one that comes late or twice does no harm. What
is confirmed (a questioned value, the submission) carries the seal of what was shown; if that has changed,
it is shown again. The cursor is a hint at what was asked last; where to go next always follows from the report itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from dialogs.form import BUTTON_CHARS, EditCase, Form, Indicator, Question, Severity, Stage
from dialogs.numbers import Refusal, fit_figure, fold_width, read_figures
from dialogs.periods import SHANGHAI
from dialogs.places import AskReturn, Fill
from dialogs.relations import Lookup
from dialogs.report import (
    Chosen,
    Entered,
    Finding,
    Kept,
    Receipt,
    Report,
    ReportState,
    Want,
    content_of,
    corrected,
    fails,
    is_complete,
    kept_findings,
    lacks_required,
    missing_cells,
    open_findings,
    receipt_of,
    report_seal,
    submitted,
    wants,
)
from dialogs.texts import show_figure
from dialogs.turn import Button, Effect, Event, Home, Late, Page, Pause, Phrase, Text, Turn, Words, text


@dataclass(frozen=True, slots=True)
class Cursor:
    """What was asked last: an item or one measure of it, a finding, the reason for one, the review, the confirmation.

    The confirmation is named by the seal of what was shown.
    """

    at: str
    name: str = ""
    measure: str = ""


REVIEW, CONFIRM, CHANGES = Cursor("review"), Cursor("confirm"), Cursor("changes")


@dataclass(frozen=True, slots=True)
class Enterprise:
    """The enterprise that reports."""

    id: int
    code: str
    name: str
    district: str


@dataclass(frozen=True, slots=True)
class Filling:
    """A report on the desk, and what was asked last."""

    report: Report
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What a step must know besides the report: its form, the enterprise, who fills it and when, earlier figures.

    `several` says that the person fills for other enterprises, too: then each page names the one that it is about.
    """

    form: Form
    enterprise: Enterprise
    person: int
    now: datetime
    several: bool = field(default=False, kw_only=True)
    last_month: Mapping[str, Decimal] = field(default_factory=dict)
    last_year: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer(Event):
    """The figures typed for an indicator, or for one measure of it."""

    item: str
    typed: str
    measure: str = ""


@dataclass(frozen=True, slots=True)
class Choose(Event):
    """An option of a question."""

    item: str
    option: str


@dataclass(frozen=True, slots=True)
class GoTo(Event):
    """To that item, or to one measure of it."""

    item: str
    measure: str = ""


@dataclass(frozen=True, slots=True)
class Back(Event):
    """To the item before that one (上一项)."""

    item: str


@dataclass(frozen=True, slots=True)
class Skip(Event):
    """Leave what is optional in that item empty (跳过)."""

    item: str


@dataclass(frozen=True, slots=True)
class Explain(Event):
    """Show the definition of that item (说明)."""

    item: str


@dataclass(frozen=True, slots=True)
class LeaveAsIs(Event):
    """That item, which the office asked to correct, is right as it is."""

    item: str


@dataclass(frozen=True, slots=True)
class Keep(Event):
    """Keep a questioned value as it is, for that reason."""

    finding: str
    seal: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GiveReason(Event):
    """The reason for keeping a value will be typed."""

    finding: str
    seal: str


@dataclass(frozen=True, slots=True)
class Review(Event):
    """Show the whole report (核对)."""


@dataclass(frozen=True, slots=True)
class Change(Event):
    """Offer the items to go to (修改)."""


@dataclass(frozen=True, slots=True)
class Resume(Event):
    """Show what is wanted now."""


@dataclass(frozen=True, slots=True)
class Submit(Event):
    """Ask to submit (提交)."""


@dataclass(frozen=True, slots=True)
class Confirm(Event):
    """Submit what was shown under that seal (确认提交)."""

    seal: str


@dataclass(frozen=True, slots=True)
class Submission(Effect):
    """The report is to be stored as submitted."""

    content: bytes
    receipt: Receipt


def step(state: Filling, event: Event, desk: Desk) -> Turn[Filling]:  # noqa: C901, PLR0911, PLR0912 -- one case an event
    """Take one event. Never raises on what a person sent; an event that makes no sense here shows what is asked now."""
    if state.report.state is ReportState.SUBMITTED:
        return _step_submitted(state, event, desk)
    match event:
        case Answer(item, typed, measure) if isinstance(row := desk.form.item.get(item), Indicator):
            return _answer(state, row, typed, measure, desk)
        case Choose(item, option) if _asked(state, desk, item) and (item, option) in desk.form.option:
            return _choose(state, item, option, desk)
        case Choose(item) if isinstance(desk.form.item.get(item), Question) and _asked(state, desk, item):
            return _show(replace(state, cursor=Cursor("item", item)), desk, text("option-unknown"), refused=True)
        case Skip(item) if _asked(state, desk, item):
            return _skip(state, desk.form.item[item], desk)
        case Back(item) if _asked(state, desk, item):
            return _back(state, desk.form.item[item], desk)
        case GoTo(item, measure) if _asked(state, desk, item):
            return _show(replace(state, cursor=_at_item(desk.form.item[item], measure)), desk)
        case Explain(item) if _asked(state, desk, item):
            shown = replace(state, cursor=Cursor("item", item))
            return Turn(shown, (page_of(shown, desk).under(*_definition(desk.form.item[item])),))
        case LeaveAsIs(item) if _asked(state, desk, item):
            return _leave(state, desk.form.item[item], desk)
        case Keep(key, seal, reason):
            return _keep(state, key, seal, reason, desk)
        case GiveReason(key, _):
            return _show(replace(state, cursor=Cursor("reason", key)), desk)
        case Review():
            return _show(replace(state, cursor=REVIEW), desk)
        case Change():
            return _show(replace(state, cursor=CHANGES), desk)
        case Submit():
            return _ask_to_confirm(state, desk)
        case Confirm(seal):
            return _confirm(state, seal, desk)
        case Resume():
            return _show(replace(state, cursor=None), desk)
        case Late(Choose(item, option)) if (chosen := state.report.choices.get(item)) and chosen.option == option:
            label = desk.form.option_label(desk.form.option[item, option], state.report.period)
            return Turn(state, notice=text("chosen-already", option=label))
        case Late():
            return _show(state, desk, text("button-old"), refused=True)
        case _:
            return _show(state, desk, text("not-understood"), refused=True)


def interpret(state: Filling, typed: str, desk: Desk) -> Event:  # noqa: PLR0911 -- one case a place
    """Return what a typed message means at this point: a figure, an option by its number or words, a reason."""
    cursor = _cursor(state, desk)
    item = desk.form.item.get(cursor.name)
    if cursor == CHANGES and (chosen := _item_meant(state, typed, desk)):
        return GoTo(chosen)
    if isinstance(item, Indicator):
        return Answer(item.id, typed, cursor.measure)
    if isinstance(item, Question):
        return Choose(item.id, _option_meant(item, typed, desk, state) or typed)
    finding = _finding(state, cursor.name, desk)
    if finding is None:
        return Answer("", typed)
    row = desk.form.item[finding.at]
    if cursor.at == "finding" and isinstance(row, Indicator):
        figures = read_figures(typed, desk.form.unit_of[row.id])
        if isinstance(figures, tuple):
            return Answer(row.id, typed, _measure_meant(finding, row, desk.form) if len(figures) == 1 else "")
        if finding.hard or figures.why.id != "figure-unread":
            return Answer(row.id, typed)
    if typed.strip() in desk.form.explanations.presets[-1:]:
        return GiveReason(finding.key, finding.seal)
    return Keep(finding.key, finding.seal, typed.strip())


def page_of(state: Filling, desk: Desk) -> Page:
    """Return the page that shows what is asked now."""
    page = _page(state, desk)
    if not desk.several or (title := _title(desk, state.report)) in page.lines:
        return page
    return replace(page, lines=(title, *page.lines))


def _page(state: Filling, desk: Desk) -> Page:  # noqa: PLR0911 -- one case a page
    if state.report.state is ReportState.SUBMITTED:
        return _submitted_page(state.report, desk)
    cursor = _cursor(state, desk)
    item = desk.form.item.get(cursor.name)
    finding = _finding(state, cursor.name, desk)
    if isinstance(item, Indicator):
        return _indicator_page(state, item, cursor.measure, desk)
    if isinstance(item, Question):
        return _question_page(state, item, desk)
    if finding is not None:
        return _reason_page(finding, state, desk) if cursor.at == "reason" else _finding_page(finding, state, desk)
    if cursor == CHANGES:
        return _changes_page(state, desk)
    if cursor.at == CONFIRM.at:
        return _confirm_page(state, desk)
    return _review_page(state, desk)


def remaining(state: Filling, desk: Desk) -> int:
    """Return how many items still want the reporter."""
    return len({want.item.id for want in wants(state.report, desk.form)})


# ---- events


def _answer(state: Filling, row: Indicator, typed: str, measure: str, desk: Desk) -> Turn[Filling]:
    report, unit = state.report, desk.form.unit_of[row.id]
    cursor = _at_item(row, measure)
    state = replace(state, cursor=cursor)
    read = read_figures(typed, unit)
    if isinstance(read, Refusal):
        return _show(state, desk, read.why, refused=True)
    targets = _targets(report, row, cursor.measure, len(read), desk.form)
    if isinstance(targets, Text):
        return _show(state, desk, targets, refused=True)
    entered: dict[str, Entered] = {}
    for target, figure in zip(targets, read, strict=True):
        fitted = fit_figure(figure, row, unit)
        if isinstance(fitted, Refusal):
            return _show(state, desk, fitted.why, refused=True)
        entered[f"{row.id}.{target}"] = Entered(fitted, desk.person, desk.now)
    # Who fills in what was skipped takes the skipping back.
    skipped = report.skipped if entered.keys() <= report.figures.keys() else report.skipped - {row.id}
    candidate = replace(report, figures={**report.figures, **entered}, skipped=skipped)
    impossible = tuple(_sentence(case, candidate, desk) for case in _impossible(candidate, row, desk.form))
    if impossible:
        hint = (text("figure-all-together"),) if len(row.measures) > 1 else ()
        return _show(state, desk, *impossible, *hint, refused=True)
    shown = (
        f"{desk.form.measure[target].label} {show_figure(entered[f'{row.id}.{target}'].figure, unit.decimals)}"
        for target in targets
    )
    saved = text("saved-figures", label=row.label, figures="，".join(shown), unit=unit.label)
    done = cursor.measure or not missing_cells(candidate, row) or row.id in skipped
    candidate = corrected(candidate, row.id)
    return _show(Filling(candidate, None if done else Cursor("item", row.id)), desk, saved)


def _wanted(report: Report, row: Indicator, measure: str, form: Form) -> tuple[str, ...]:
    """Return the measures that the page of an indicator asks for.

    Those without a figure; where there is none such, or the rest was skipped, those that have one, to be entered anew.
    """
    if measure:
        return (measure,)
    missing = missing_cells(report, row)
    given = tuple(name for name in row.measures if name not in missing)
    left_empty = row.id in report.skipped and not lacks_required(report, form, row)
    return given if given and (left_empty or not missing) else missing


def _targets(report: Report, row: Indicator, measure: str, count: int, form: Form) -> tuple[str, ...] | Text:
    """Return the measures that so many figures are for, or what is wrong with their number."""
    wanted = _wanted(report, row, measure, form)
    if count == len(row.measures) and not measure:
        return row.measures
    if count == len(wanted):
        return wanted
    if f"{row.id}.{wanted[0]}" in report.figures:
        return text("figure-count" if len(wanted) == 1 else "figure-count-anew", given=count, count=len(wanted))
    return wanted[:count] if count < len(wanted) else text("figure-count", given=count, count=len(wanted))


def _measure_meant(finding: Finding, row: Indicator, form: Form) -> str:
    """Return the measure that one figure typed at a finding is for; empty when that cannot be told."""
    names = (cell.partition(".") for cell in finding.cells)
    measures = {measure for item, _, measure in names if item == row.id}
    now = [measure for measure in measures if form.measure[measure].compares_with is None]
    return now[0] if len(now) == 1 else ""


def _impossible(report: Report, row: Indicator, form: Form) -> Iterator[EditCase]:
    """Return what bars a value by itself; hard findings that concern other items as well speak at the review."""
    for case in form.edits_at.get(row.id, ()):
        local = all(cell.startswith(f"{row.id}.") for cell in case.cells.values())
        hard = case.edit.severity is Severity.HARD and (local or case.edit.stage is Stage.ENTRY)
        if hard and fails(report, case):
            yield case


def _choose(state: Filling, item: str, option: str, desk: Desk) -> Turn[Filling]:
    report, form = state.report, desk.form
    label = form.option_label(form.option[item, option], report.period)
    changed = replace(report, choices={**report.choices, item: Chosen(option, desk.person, desk.now)})
    changed = corrected(changed, item)
    return _show(Filling(changed), desk, text("saved-choice", label=form.item[item].label, option=label))


def _skip(state: Filling, item: Indicator | Question, desk: Desk) -> Turn[Filling]:
    if lacks_required(state.report, desk.form, item):
        state = replace(state, cursor=Cursor("item", item.id))
        return _show(state, desk, text("skip-required", label=item.label), refused=True)
    if is_complete(state.report, desk.form, item):
        return _show(replace(state, cursor=None), desk)
    report = replace(state.report, skipped=state.report.skipped | {item.id})
    return _show(Filling(report), desk, text("skipped", label=item.label))


def _leave(state: Filling, item: Indicator | Question, desk: Desk) -> Turn[Filling]:
    report = corrected(state.report, item.id)
    if report == state.report:
        return _show(replace(state, cursor=None), desk)
    return _show(Filling(report), desk, text("left-as-is", label=item.label))


def _back(state: Filling, item: Indicator | Question, desk: Desk) -> Turn[Filling]:
    items = desk.form.items_in(state.report.period.month)
    at = desk.form.place_in[state.report.period.month][item.id]
    target = replace(state, cursor=Cursor("item", items[max(at - 1, 0)].id))
    return _show(target, desk, *(() if at else (text("first-item"),)))


def _keep(state: Filling, key: str, seal: str, reason: str, desk: Desk) -> Turn[Filling]:
    finding = _finding(state, key, desk)
    if finding is None:
        return _show(state, desk, text("finding-gone"), refused=True)
    if finding.hard:
        return _show(replace(state, cursor=Cursor("finding", key)), desk, refused=True)
    if finding.seal != seal:
        return _show(replace(state, cursor=Cursor("finding", key)), desk, text("changed-since"), refused=True)
    needs_reason = reason or finding.edit.stage is Stage.SUBMIT
    if needs_reason and (fault := _reason_fault(reason, desk.form)):
        return _show(replace(state, cursor=Cursor("reason", key)), desk, fault, refused=True)
    kept = {**state.report.kept, key: Kept(seal, reason, desk.person, desk.now)}
    return _show(Filling(replace(state.report, kept=kept)), desk, text("kept"))


def _reason_fault(reason: str, form: Form) -> Text | None:
    rules = form.explanations
    if reason in rules.presets[:-1]:
        return None
    if reason.rstrip("。.!！") in {*rules.rejected, *rules.presets[-1:]}:
        return text("reason-stock")
    if not rules.min_chars <= len(reason) <= rules.max_chars:
        return text("reason-length", least=rules.min_chars, most=rules.max_chars)
    return None


def _ask_to_confirm(state: Filling, desk: Desk) -> Turn[Filling]:
    barred = [want for want in wants(state.report, desk.form) if want.required]
    if not barred:
        return _show(replace(state, cursor=Cursor(CONFIRM.at, report_seal(state.report, desk.form))), desk)
    lines = _missing_lines(barred, state, desk)
    return _show(replace(state, cursor=None), desk, text("cannot-submit"), *lines, refused=True)


def _confirm(state: Filling, seal: str, desk: Desk) -> Turn[Filling]:
    if seal != report_seal(state.report, desk.form):
        return _show(replace(state, cursor=REVIEW), desk, text("changed-since"), refused=True)
    if any(want.required for want in wants(state.report, desk.form)):
        return _ask_to_confirm(state, desk)
    content = content_of(state.report, desk.form, desk.enterprise.code)
    receipt = receipt_of(state.report, content, desk.now)
    done = Filling(submitted(state.report, receipt))
    return Turn(done, (_receipt_page(done.report, receipt, desk),), (Submission(content, receipt),))


def _step_submitted(state: Filling, event: Event, desk: Desk) -> Turn[Filling]:
    match event:
        case Confirm() | Late(Confirm()) if state.report.receipt:
            return Turn(state, notice=text("submitted-already", number=state.report.receipt.number))
        case Review() | Resume():
            return Turn(state, (_submitted_page(state.report, desk),))
        case _:
            return Turn(state, (_submitted_page(state.report, desk).under(text("read-only")),), refused=True)


# ---- where we are


def _asked(state: Filling, desk: Desk, item: str) -> bool:
    """Return whether the form asks that item in the report's period."""
    return item in desk.form.place_in[state.report.period.month]


def _at_item(item: Indicator | Question, measure: str) -> Cursor:
    known = isinstance(item, Indicator) and measure in item.measures
    return Cursor("item", item.id, measure if known else "")


def _cursor(state: Filling, desk: Desk) -> Cursor:
    """Return what is asked now: the cursor where it still makes sense, or else what wants the reporter first."""
    cursor = state.cursor
    if cursor is not None:
        if cursor.at == "item" and _asked(state, desk, cursor.name):
            return _at_item(desk.form.item[cursor.name], cursor.measure)
        if cursor.at in ("finding", "reason") and _finding(state, cursor.name, desk):
            return cursor
        if cursor.at == CONFIRM.at or cursor in (REVIEW, CHANGES):
            return cursor
    want = next(wants(state.report, desk.form), None)
    if want is None:
        return REVIEW
    return Cursor("finding", want.finding.key) if want.finding else Cursor("item", want.item.id)


def _finding(state: Filling, key: str, desk: Desk) -> Finding | None:
    """Return the open finding of that key, which ends with the item it points at."""
    item = key.rpartition(".")[2]
    for stage in Stage if _asked(state, desk, item) else ():
        for finding in open_findings(state.report, desk.form, item, stage):
            if finding.key == key:
                return finding
    return None


def _option_meant(question: Question, typed: str, desk: Desk, state: Filling) -> str | None:
    meant = fold_width(typed).strip().rstrip(".、")
    for number, option in enumerate(question.options, 1):
        label = desk.form.option_label(option, state.report.period)
        if meant in (str(number), fold_width(label), option.id):
            return option.id
    return None


def _item_meant(state: Filling, typed: str, desk: Desk) -> str | None:
    meant = fold_width(typed).strip().rstrip(".、")
    for number, item in enumerate(desk.form.items_in(state.report.period.month), 1):
        if meant in (str(number), fold_width(item.label)):
            return item.id
    return None


# ---- pages


def _show(state: Filling, desk: Desk, *above: Words, refused: bool = False) -> Turn[Filling]:
    # Settled first: what is asked now is looked for once, and the page finds it under the cursor.
    state = settle(state, desk)
    page = page_of(state, desk)
    return Turn(state, (page.under(*above) if above else page,), refused=refused)


def _heading(state: Filling, item: Indicator | Question, desk: Desk) -> str:
    places = desk.form.place_in[state.report.period.month]
    return f"【{places[item.id] + 1}/{len(places)}】"


def _indicator_page(state: Filling, row: Indicator, measure: str, desk: Desk) -> Page:
    report, unit = state.report, desk.form.unit_of[row.id]
    missing = missing_cells(report, row)
    wanted = _wanted(report, row, measure, desk.form)
    lines: list[Words] = [
        text(
            "indicator-heading",
            count=_heading(state, row, desk),
            label=row.label,
            new=text("mark-new") if row.new else "",
            need=text("need-required") if row.required else text("need-optional"),
            unit=unit.label,
        )
    ]
    lines += _flagged_lines(report, row)
    if row.industrial_only:
        lines.append(text("industrial-only"))
    given = tuple(name for name in row.measures if name not in missing)
    if given:
        lines.append(text("given-figures", figures=_figures(report.lookup, row, given, desk)))
    for id_, known in (("known-last-month", desk.last_month), ("known-last-year", desk.last_year)):
        cells = tuple(
            name
            for name in row.measures
            if f"{row.id}.{name}" in known and desk.form.measure[name].compares_with is None
        )
        if cells:
            lines.append(text(id_, figures=_figures(known.get, row, cells, desk)))
    labels = "、".join(desk.form.measure[name].label for name in wanted)
    lines.append(text("ask-figures" if len(wanted) > 1 else "ask-figure", measures=labels, count=len(wanted)))
    rows: list[tuple[Button, ...]] = []
    if given and not measure and len(row.measures) > 1:
        names = given if wanted == missing else row.measures
        each = [
            Button(text("button-change", label=desk.form.measure[name].label), GoTo(row.id, name)) for name in names
        ]
        rows += [tuple(each[at : at + 2]) for at in range(0, len(each), 2)]
    return Page(tuple(lines), (*rows, *_item_buttons(state, row, desk)))


def _question_page(state: Filling, question: Question, desk: Desk) -> Page:
    chosen = state.report.choices.get(question.id)
    need = text("need-required") if question.required else text("need-optional")
    lines: list[Words] = [
        text("question-heading", count=_heading(state, question, desk), label=question.label, need=need)
    ]
    lines += _flagged_lines(state.report, question)
    if question.help:
        lines.append(question.help)
    rows = []
    for option in question.options:
        label = desk.form.option_label(option, state.report.period)
        marked = text("mark-chosen", label=label) if chosen and chosen.option == option.id else label
        rows.append((Button(marked, Choose(question.id, option.id), changes=True),))
    return Page(tuple(lines), (*rows, *_item_buttons(state, question, desk)))


def _is_flagged(report: Report, item: Indicator | Question) -> bool:
    return report.returned is not None and item.id in report.returned.flagged


def _flagged_lines(report: Report, item: Indicator | Question) -> tuple[Words, ...]:
    if report.returned is None or item.id not in report.returned.flagged:
        return ()
    return (text("flagged", reason=report.returned.reason),)


def _item_buttons(state: Filling, item: Indicator | Question, desk: Desk) -> tuple[tuple[Button, ...], ...]:
    is_first = item is desk.form.items_in(state.report.period.month)[0]
    buttons = [] if is_first else [Button(text("button-back"), Back(item.id))]
    if not is_complete(state.report, desk.form, item) and not lacks_required(state.report, desk.form, item):
        buttons.append(Button(text("button-skip"), Skip(item.id), changes=True))
    if isinstance(item, Indicator):
        buttons.append(Button(text("button-explain"), Explain(item.id)))
    buttons.append(Button(text("button-pause"), Pause()))
    flagged = _is_flagged(state.report, item)
    as_is = ((Button(text("button-as-is"), LeaveAsIs(item.id), changes=True),),) if flagged else ()
    first = next(wants(state.report, desk.form), None)
    if first and first.item is item:
        return (*as_is, tuple(buttons))
    # Somebody who came here to look goes on from here.
    return (*as_is, (Button(text("button-go-on"), Resume()),), tuple(buttons))


def _definition(item: Indicator | Question) -> tuple[Words, ...]:
    if isinstance(item, Question):
        return (item.label, *((item.help,) if item.help else ()))
    return (text("definition", label=item.label, definition=item.definition), *((item.help,) if item.help else ()))


def _finding_page(finding: Finding, state: Filling, desk: Desk) -> Page:
    message = _message(finding, state.report, desk)
    items = dict.fromkeys(name for cell in finding.cells if (name := cell.partition(".")[0]) in desk.form.item)
    again = tuple((Button(text("button-change", label=desk.form.item[name].label), GoTo(name)),) for name in items)
    pause = (Button(text("button-pause"), Pause()),)
    if finding.hard:
        return Page((text("finding-hard"), *message), (*again, pause))
    if finding.edit.stage is Stage.ENTRY:
        keep = (Button(text("button-keep"), Keep(finding.key, finding.seal), changes=True),)
        return Page((text("finding-soft"), *message), (keep, *again, pause))
    presets = desk.form.explanations.presets
    reasons = [Button(preset, Keep(finding.key, finding.seal, preset), changes=True) for preset in presets[:-1]]
    reasons += [Button(other, GiveReason(finding.key, finding.seal)) for other in presets[-1:]]
    rows = tuple(tuple(reasons[at : at + 2]) for at in range(0, len(reasons), 2))
    return Page((text("finding-soft"), *message, text("finding-reason")), (*rows, *again, pause))


def _reason_page(finding: Finding, state: Filling, desk: Desk) -> Page:
    rules = desk.form.explanations
    ask = text("ask-reason", least=rules.min_chars, most=rules.max_chars)
    return Page((*_message(finding, state.report, desk), ask), ((Button(text("button-return"), Resume()),),))


def _message(finding: Finding, report: Report, desk: Desk) -> tuple[Words, ...]:
    """Return the sentences of a finding; one that says the same twice, as in January, says it once."""
    sentences: list[Words] = []
    for case in finding.cases:
        sentence = _sentence(case, report, desk)
        if sentence not in sentences:
            sentences.append(sentence)
    return tuple(sentences)


def _sentence(case: EditCase, report: Report, desk: Desk) -> Words:
    """Return the sentence of an edit, with the figures it names."""
    figures = [_cell_figure(report, cell, desk) for cell in case.cells.values()]
    unit = desk.form.unit_of[case.at].label if case.at in desk.form.unit_of else ""
    value, other = (*figures, "", "")[:2]
    return Phrase(
        case.edit.message, {"label": desk.form.item[case.at].label, "value": value, "other": other, "unit": unit}
    )


def _cell_figure(report: Report, cell: str, desk: Desk) -> str:
    figure = report.lookup(cell)
    unit = desk.form.unit_of.get(cell.partition(".")[0])
    return show_figure(figure, unit.decimals) if isinstance(figure, Decimal) and unit else ""


def _figures(lookup: Lookup, row: Indicator, measures: tuple[str, ...], desk: Desk) -> str:
    """Return the figures of a row, each behind the label of its measure."""
    decimals = desk.form.unit_of[row.id].decimals
    figures = ((desk.form.measure[name].label, lookup(f"{row.id}.{name}")) for name in measures)
    return "，".join(
        f"{label} {show_figure(figure, decimals)}" for label, figure in figures if isinstance(figure, Decimal)
    )


def report_lines(report: Report, desk: Desk) -> tuple[Words, ...]:
    """Return the whole report as text: every indicator with its figures, every question with its answer."""
    lines: list[Words] = [*figure_lines(report, desk), "", *answer_lines(report, desk)]
    if kept := kept_lines(report, desk):
        lines += ["", *kept]
    for notice in desk.form.notices:
        lines += ["", notice.label, notice.owner, *notice.notes]
    return tuple(lines)


def figure_lines(report: Report, desk: Desk) -> tuple[Words, ...]:
    """Return a line for each indicator with its figures."""
    lines: list[Words] = []
    for number, row in enumerate(desk.form.indicators, 1):
        given = tuple(name for name in row.measures if f"{row.id}.{name}" in report.figures)
        figures: Words = _figures(report.lookup, row, given, desk) if given else text("nothing-given")
        lines.append(
            text("review-row", number=number, label=row.label, unit=desk.form.unit_of[row.id].label, figures=figures)
        )
    return tuple(lines)


def answer_lines(report: Report, desk: Desk) -> tuple[Words, ...]:
    """Return the title of the questionnaire, and a line for each question with its answer."""
    lines: list[Words] = [desk.form.questionnaire.label]
    questions = desk.form.items_in(report.period.month)[len(desk.form.indicators) :]
    for number, question in enumerate(questions, 1):
        chosen = report.choices.get(question.id)
        option = desk.form.option.get((question.id, chosen.option)) if chosen else None
        answer: Words = desk.form.option_label(option, report.period) if option else text("nothing-given")
        lines.append(text("review-answer", number=number, label=question.label, answer=answer))
    return tuple(lines)


def kept_lines(report: Report, desk: Desk) -> tuple[Words, ...]:
    """Return what was questioned and kept, with the reasons; nothing when there is none."""
    lines: list[Words] = []
    for finding in kept_findings(report, desk.form):
        reason = report.kept[finding.key].reason or text("reason-none")
        *others, last = _message(finding, report, desk)
        lines += [*others, text("review-reason", message=last, reason=reason)]
    return (text("review-kept"), *lines) if lines else ()


def _title(desk: Desk, report: Report) -> Text:
    return text("report-title", enterprise=desk.enterprise.name, period=str(report.period), title=desk.form.title)


def _missing_lines(barred: list[Want], state: Filling, desk: Desk) -> tuple[Words, ...]:
    """Return what stands in the way of a submission, the questions without an answer in one line."""
    lines: list[Words] = []
    unanswered = []
    for want in barred:
        if want.flagged:
            lines.append(text("missing-flagged", label=want.item.label))
        elif want.finding:
            lines += _message(want.finding, state.report, desk)
        elif isinstance(want.item, Question):
            unanswered.append(want.item)
        else:
            cells = (desk.form.measure[cell] for cell in missing_cells(state.report, want.item))
            labels = "、".join(measure.label for measure in cells if measure.compares_with is None)
            lines.append(text("missing-figure", label=want.item.label, measures=labels))
    numbers = "、".join(str(desk.form.questions.index(question) + 1) for question in unanswered)
    if len(unanswered) == 1:
        lines.append(text("missing-answer", number=numbers, label=unanswered[0].label))
    elif unanswered:
        lines.append(text("missing-answers", numbers=numbers))
    return tuple(lines)


def _review_page(state: Filling, desk: Desk) -> Page:
    open_ = list(wants(state.report, desk.form))
    missing = _missing_lines([want for want in open_ if want.required], state, desk)
    optional = sum(not want.required for want in open_)
    lines: list[Words] = [_title(desk, state.report)]
    if state.report.returned:
        lines.append(text("returned-reason", reason=state.report.returned.reason))
    lines += ["", *report_lines(state.report, desk), ""]
    lines += [text("review-missing"), *missing] if missing else []
    lines += [text("review-optional", count=optional)] if optional else []
    lines += [] if missing else [text("review-ready")]
    go_on = (Button(text("button-go-on"), Resume()),) if open_ else ()
    submit = () if missing else (Button(text("button-submit"), Submit()),)
    return Page(
        tuple(lines),
        ((Button(text("button-modify"), Change()), *go_on, *submit), (Button(text("button-pause"), Pause()),)),
    )


def _changes_page(state: Filling, desk: Desk) -> Page:
    items = desk.form.items_in(state.report.period.month)
    buttons = [Button(f"{number} {item.label}"[:BUTTON_CHARS], GoTo(item.id)) for number, item in enumerate(items, 1)]
    rows = [tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2)]
    return Page((text("ask-which-item"),), (*rows, (Button(text("button-return"), Review()),)))


def _confirm_page(state: Filling, desk: Desk) -> Page:
    seal = report_seal(state.report, desk.form)
    return Page(
        (_title(desk, state.report), text("confirm-warning")),
        ((Button(text("button-confirm"), Confirm(seal), changes=True),), (Button(text("button-return"), Review()),)),
    )


def _receipt_lines(report: Report, receipt: Receipt, desk: Desk) -> tuple[Words, ...]:
    at = receipt.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    return (
        _title(desk, report),
        text("receipt-number", number=receipt.number),
        text("receipt-time", at=at, revision=report.revision),
        text("receipt-digest", digest=receipt.digest),
    )


def _receipt_page(report: Report, receipt: Receipt, desk: Desk) -> Page:
    lines = (
        text("submitted"),
        *_receipt_lines(report, receipt, desk),
        text("receipt-keep"),
        "",
        desk.form.confidentiality,
    )
    row = (Button(text("button-view"), Review()), Button(text("button-home"), Home()))
    others = ((Button(text("button-next-enterprise"), Fill()),),) if desk.several else ()
    return Page(lines, (*others, row), receipt=True)


def _submitted_page(report: Report, desk: Desk) -> Page:
    receipt = _receipt_lines(report, report.receipt, desk) if report.receipt else (_title(desk, report),)
    ask = Button(text("button-ask-return"), AskReturn(report.enterprise, str(report.period)))
    return Page((*receipt, "", *report_lines(report, desk)), ((ask, Button(text("button-home"), Home())),))


def settle(state: Filling, desk: Desk) -> Filling:
    """Return the state with its cursor on what is shown."""
    return replace(state, cursor=_cursor(state, desk))
