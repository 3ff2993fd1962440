"""The filling instructions: all that a form says is in them, page by page and in the file, for whoever asks."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from bot.documents import RENDERERS
from dialogs import conversation
from dialogs.conversation import pack_state
from dialogs.directory import DownloadGuide, FindForm, FormFound, TurnGuide
from dialogs.filling import Filling, Resume
from dialogs.form import FOLDER, Edit, Form, FormError, Severity, read_form
from dialogs.guide import MOST_CHARS, leaves, sections, whole
from dialogs.home import Facts, Person
from dialogs.periods import Period
from dialogs.places import AtHome, Said, ShowGuide, Welcome
from dialogs.report import ReportState
from dialogs.texts import LANGUAGES, write_out
from dialogs.turn import Event, Page, Turn
from storage.database import Database
from tests.forms_data import (
    DECEMBER,
    FORM_2020,
    FORM_2021,
    FORMS,
    JANUARY,
    NOW,
    REPORTER,
    blank,
    desk,
    labels,
    pressed,
    written,
)

VERSIONS = [(FORM_2020, DECEMBER), (FORM_2021, JANUARY)]
KNOWN = Facts(NOW, Person(REPORTER, "王小明"))
NOBODY = Facts(NOW)


def instructions(form: Form, period: Period, language: str = "zh-CN") -> str:
    """Return the whole in one text."""
    return "\n".join(write_out(line, language) for line in whole(form, period))


def pages(form: Form, period: Period, language: str = "zh-CN") -> list[str]:
    """Return what each page says below its heading."""
    return ["\n".join(write_out(line, language) for line in leaf.lines) for leaf in leaves(form, period)]


def step(event: Event | str, facts: Facts = KNOWN, state: conversation.State | None = None) -> Turn[conversation.State]:
    """Take a step, and find the form that it asks for."""
    turn = conversation.step(state or AtHome(), Said(event) if isinstance(event, str) else event, facts)
    for effect in turn.effects:
        assert isinstance(effect, FindForm)
        found = FormFound(effect.wanted, effect.period, FORMS.in_force(effect.period))
        turn = conversation.step(turn.state, found, facts)
    return turn


def page(event: Event | str, facts: Facts = KNOWN, state: conversation.State | None = None) -> Page:
    """Return the one page that a step shows."""
    (shown,) = step(event, facts, state).pages
    return shown


# ---- everything is in it


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("form", "period"), VERSIONS, ids=["2020", "2021"])
def test_every_indicator_question_and_option(form: Form, period: Period, language: str) -> None:
    text = instructions(form, period, language)
    on_pages = "\n".join(pages(form, period, language))
    for number, row in enumerate(form.indicators, 1):
        block = next(part for part in text.split("\n\n") if part.startswith(f"{number}. {row.label}"))
        assert block in on_pages
        values = "、".join(form.measure[measure].label for measure in row.measures)
        assert all(part in block for part in (form.unit_of[row.id].label, values, row.definition, row.help))
        if language == "zh-CN":
            assert ("（新增）" in block) == row.new
            assert ("必填" in block) == row.required
            assert ("建议填写" in block) == row.recommended
            assert ("工业企业指标" in block) == row.industrial_only
    for number, question in enumerate(form.questions, 1):
        block = next(part for part in text.split("\n\n") if part.startswith(f"{number}. {question.label}"))
        assert block in on_pages
        options = [form.option_label(option, period) for option in question.options]
        assert block.splitlines()[-1].split(" / ") == options
        assert question.help in block


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("form", "period"), VERSIONS, ids=["2020", "2021"])
def test_every_edit(form: Form, period: Period, language: str) -> None:
    text = instructions(form, period, language)
    refused, _, asked = text.partition(write_out(sections(form, period)[3].title, language))
    for edit in form.edits:
        assert edit.rule, edit.id
        assert edit.rule.keys() == LANGUAGES.keys()
        part = refused if edit.severity is Severity.HARD else asked
        line = next(line for line in part.splitlines() if edit.rule[language] in line)
        applies = [form.item[item].label for item in edit.indicators]
        assert all(label in line for label in applies)
        assert all(
            row.label not in line.partition(edit.rule[language])[2]
            for row in form.indicators
            if not applies and row.label != ""
        )
    rules = [edit.rule[language] for edit in form.edits if edit.rule]
    assert not [rule for rule, times in Counter(rules).items() if times > 1]


def test_the_rules_of_thumb_and_what_else_an_accountant_wants_to_know() -> None:
    text = instructions(FORM_2020, DECEMBER)
    for part in (
        *(
            "运行监测月度报表（2020-01 版）",
            "适用报表期：2020-01 至 2020-12",
            "每月 20 日之前",
            "2 月 20 日之前报送 1 月数据",
        ),
        *("上一年 1 月至上月", "2012 年", "专精特新企业、中小微培育企业和其他企业", "17 项指标，本期 11 道问卷题"),
        *("万元：保留 2 位小数", "人：整数", "6 至 200 个字", "季节性因素（春节等）", "其他（请说明）", "核实无误"),
        *("工业和信息化部中小企业局", "严格的保密使用", FORM_2020.confidentiality),
    ):
        assert part in text
    assert "适用报表期：2021-01 起" in instructions(FORM_2021, JANUARY)
    assert "12 项指标，本期 15 道问卷题" in instructions(FORM_2021, JANUARY)
    assert "12 项指标，本期 14 道问卷题" in instructions(FORM_2021, Period(2021, 2))
    never = next(line for line in instructions(FORM_2021, JANUARY).splitlines() if "不能是负数" in line)
    assert "应收票据余额" in never
    assert "利润总额" not in never


def test_the_dates_of_the_spring_festival_are_those_of_the_period() -> None:
    assert "正月初七（2月18日）前复产" in instructions(FORM_2021, JANUARY)
    assert "正月初七（2月7日）前复产" in instructions(FORM_2021, Period(2022, 1))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", [FORM_2020, FORM_2021], ids=["2020", "2021"])
def test_a_form_without_rules_shows_its_messages_without_figures(form: Form, language: str) -> None:
    bare = form.model_copy(update={"edits": tuple(edit.model_copy(update={"rule": None}) for edit in form.edits)})
    text = instructions(bare, bare.effective_from, language)
    assert not set(text) & set("{}")
    for edit in bare.edits:
        longest = max(_pieces(edit, language), key=len)
        assert longest in text
    assert "「工业总产值；营业收入；" in instructions(bare, JANUARY) or form is FORM_2021


@pytest.mark.parametrize(
    ("rule", "part"),
    [
        ("{zh-CN: '不能大于 {value}。'}", "nothing in braces can stand in a message"),
        ("{en: Too much.}", "the message in zh-CN is missing"),
        ("{zh-CN: ''}", "at least 1 character"),
    ],
)
def test_a_rule_that_cannot_be_shown_is_a_fault_of_the_form(rule: str, part: str, tmp_path: Path) -> None:
    source = (FOLDER / "2021-01.yaml").read_text(encoding="utf-8")
    begin = source.index("    rule:\n")
    end = source.index("    message:\n", begin)
    path = tmp_path / "form.yaml"
    path.write_text(source[:begin] + f"    rule: {rule}\n" + source[end:], encoding="utf-8")
    line = source[:begin].count("\n") + 1
    with pytest.raises(FormError, match=rf"^{path}:{line}: .*{part}"):
        read_form(path)


def _pieces(edit: Edit, language: str) -> list[str]:
    message = edit.message[language]
    for name in ("value", "other", "label", "unit"):
        message = message.replace(f"{{{name}}}", "\0")
    return message.split("\0")


# ---- pages


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("form", "period"), VERSIONS, ids=["2020", "2021"])
def test_a_page_can_be_read_on_a_phone_and_none_is_a_scrap(form: Form, period: Period, language: str) -> None:
    lengths = [len(text) for text in pages(form, period, language)]
    assert max(lengths) <= MOST_CHARS + 300
    titles = [write_out(leaf.title, language) for leaf in leaves(form, period)]
    assert len(set(titles)) == len(titles)
    assert all(len(title) <= 24 for title in titles)


@pytest.mark.parametrize(("form", "period"), VERSIONS, ids=["2020", "2021"])
def test_the_pages_have_what_the_whole_has_in_the_same_order(form: Form, period: Period) -> None:
    parts = {write_out(section.title, "zh-CN"): section for section in sections(form, period)}
    lines = []
    for leaf in leaves(form, period):
        section = parts[write_out(leaf.title, "zh-CN").split()[0]]
        assert leaf.lines[: len(section.intro)] == section.intro
        lines += [line for line in leaf.lines[len(section.intro) :] if line]
    assert lines == [line for section in parts.values() for block in section.blocks for line in block]


def test_from_the_contents_through_every_page_and_back() -> None:
    contents = page("/guide")
    assert not contents.in_place
    chapters = [label for label in labels(contents) if label not in ("下载", "首页")]
    assert chapters == [write_out(leaf.title, "zh-CN") for leaf in leaves(FORM_2021, JANUARY)]
    shown = page(pressed(contents, chapters[0]))
    seen = []
    while True:
        assert shown.in_place
        seen.append(written(shown).splitlines()[0])
        if "下一页" not in labels(shown):
            break
        following = page(pressed(shown, "下一页"))
        assert written(page(pressed(following, "上一页"))) == written(shown)
        shown = following
    assert seen == [f"【{chapter}】" for chapter in chapters]
    assert "上一页" not in labels(page(pressed(contents, chapters[0])))
    back = page(pressed(shown, "目录"))
    assert back.in_place
    assert back.lines == contents.lines


@pytest.mark.parametrize("number", [-1, 0, 99])
def test_a_page_that_is_not_there_is_the_contents(number: int) -> None:
    assert page(TurnGuide("2021-01", number)).lines == page("/guide").lines


# ---- whose instructions


@pytest.mark.parametrize(
    ("event", "version"),
    [
        ("/guide", "2021-01"),
        ("填报说明", "2021-01"),
        (ShowGuide("2020-12"), "2020-01"),
        (ShowGuide("2021-02"), "2021-01"),
        (TurnGuide("2020-03", 0), "2020-01"),
    ],
)
@pytest.mark.parametrize("facts", [KNOWN, NOBODY], ids=["known", "stranger"])
def test_they_are_those_of_the_period_that_is_asked_for_or_due(event: Event | str, version: str, facts: Facts) -> None:
    state = AtHome() if facts.person else Welcome()
    turn = step(event, facts, state)
    assert turn.state == state
    assert f"（{version} 版）" in written(turn.pages[0])


@pytest.mark.parametrize("period", ["2019-12", "1999-01", "soon", "2021-13"])
def test_a_period_without_a_form_has_none(period: str) -> None:
    for event in (ShowGuide(period), TurnGuide(period, 3), DownloadGuide(period)):
        shown = page(event)
        assert period in written(shown)
        assert shown.document is None
        assert labels(shown) == ["首页"]


def test_who_fills_a_report_reads_those_of_its_form_and_goes_on() -> None:
    """In February 2021 the form of 2021 is due, and the report on the desk is of December."""
    state = Filling(blank(DECEMBER))
    facts = replace(KNOWN, desk=desk(FORM_2020))
    for event in ("/guide", "填报说明", ShowGuide("2020-12"), TurnGuide("2020-12", 2)):
        turn = step(event, facts, state)
        assert turn.state == state
        assert pack_state(turn.state) == pack_state(state)
        assert pressed(turn.pages[0], "继续填报") == Resume()
    assert "（2020-01 版）" in written(page("/guide", facts, state))
    assert "（2021-01 版）" in written(page(ShowGuide("2021-01"), facts, state))
    assert "首页" in labels(page("/guide", facts, Filling(replace(blank(DECEMBER), state=ReportState.SUBMITTED))))


# ---- the file


@pytest.mark.parametrize(
    ("language", "name"), [("zh-CN", "填报说明-2020-01.txt"), ("en", "filling-instructions-2020-01.txt")]
)
async def test_the_file_is_the_whole(language: str, name: str, tmp_path: Path) -> None:
    asked = page(pressed(page(ShowGuide("2020-12")), "下载"))
    assert asked.document == {"kind": "guide", "form": "2020-01", "period": "2020-12"}
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'not-asked.db'}")
    path = tmp_path / "document"
    try:
        made = await RENDERERS["guide"](database, {**asked.document, "language": language}, path)
    finally:
        await database.close()
    assert made == name
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.decode("utf-8-sig") == instructions(FORM_2020, DECEMBER, language) + "\n"
