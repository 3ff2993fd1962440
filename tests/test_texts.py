"""The catalogue against the code: nothing missing, nothing over, every language alike, no sentence outside of it."""

import ast
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from fluent.syntax import FluentParser
from fluent.syntax import ast as ftl
from fluent.syntax.visitor import Visitor
from hypothesis import given
from hypothesis import strategies as st

from bot.export_file import COLUMNS as EXPORT_COLUMNS
from bot.missing_file import COLUMNS
from dialogs.conversation import COMMANDS
from dialogs.office.broadcasting import Reason
from dialogs.office.chat import COMMANDS as OFFICE_COMMANDS
from dialogs.office.journal import ACTIONS
from dialogs.report import Origin
from dialogs.texts import DEFAULT_LANGUAGE, FOLDER, LANGUAGES, CatalogueError, message_ids, show_figure, write_out
from dialogs.turn import Phrase, text

ROOT = Path(__file__).parent.parent
SOURCES = [
    path for folder in ("bot", "dialogs", "scheduler", "storage") for path in sorted((ROOT / folder).rglob("*.py"))
]

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "odd-": ("edited", "sticker", "voice", "media", "other"),
    "cannot-open-": ("seat", "period", "form", "link", "report", "history"),
    "seat-": ("mine", "free", "taken"),
    "state-": ("none", "draft", "submitted", "returned"),
    "ask-link-": ("code", "name", "representative", "district", "category", "address", "phone"),
    "command-": tuple(COMMANDS),
    "office-command-": tuple(OFFICE_COMMANDS),
    "office-usage-": tuple(OFFICE_COMMANDS),
    "office-decided-": ("granted", "refused", "impossible"),
    "office-": ("link", "seat", "return"),
    "broadcast-failed-": tuple(Reason),
    "broadcast-already-": ("started", "over"),
    "export-column-": (*EXPORT_COLUMNS, "reasons"),
    "granted-": ("link", "seat"),
    "refused-": ("link", "seat"),
    "guide-part-": ("indicators", "questions", "hard", "soft", "notes"),
    "journal-": (*ACTIONS, "other"),
    "missing-column-": COLUMNS,
    "origin-": tuple(Origin),
    "office-file-": ("large", "gone", "later", "bad", "empty"),
    "unread-link-": ("code", "name", "representative", "district", "category", "address", "phone", "sure"),
}
"""The ids that the code puts together, by what it puts in front."""

PAGE_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "web-": ("connecting", "connected", "offline", "retrying"),
    "web-error-": ("phone", "soon", "wrong", "expired", "busy"),
}
"""Those that the page of the web chat puts together."""

FIXED: Mapping[str, str] = {
    "button-verify": "验证手机号",
    "button-enterprises": "关联企业",
    "button-link": "增加关联企业",
    "button-send-link": "提交关联",
    "button-apply": "申请填报员",
    "button-fill": "数据填报",
    "button-backfill": "补填",
    "button-back": "上一项",
    "button-skip": "跳过",
    "button-explain": "说明",
    "button-pause": "暂存",
    "button-modify": "修改",
    "button-submit": "提交",
    "button-confirm": "确认提交",
    "button-view": "查看",
    "button-return": "返回",
    "button-history": "填报列表",
    "button-year": "年报预览",
    "button-guide": "填报说明",
    "button-contacts": "通讯录",
    "state-none": "未填报",
    "state-draft": "暂存",
    "state-submitted": "已提交",
    "state-returned": "退回修改",
}
"""The manual's own words; people look for them."""

OFFICIAL = {
    # Units and numerals that are typed, and what stands before an extension.
    *("元", "万元", "人", "名", "件", "项", "个", "度", "千瓦时", "百", "千", "万", "亿", "转"),
    *("百千万亿", "百千万亿元人名件项个度", "万亿", "百千", "瓦"),
    # Dates of the Spring Festival in labels of options.
    *("月", "日", "月30日", "12月30日"),
    # Enterprises and districts, columns of the registry's files.
    *("专精特新", "中小微培育", "其他", "区", "新区"),
    *("统一社会信用代码", "企业名称", "法定代表人", "类别", "联系电话"),
    *("报表期", "指标", "栏目", "数值", "提交时间"),
    # What notices of holidays say.
    *("日期", "安排", "名称", "放假", "上班"),
    # Periods as administrators type them.
    *("上月", "上个月", "本期", "年", "第", "版", "至", "到"),
    # What people leave out of the name of an enterprise.
    *("股份有限公司", "有限责任公司", "有限公司", "公司", "集团", "上海市", "上海", "市"),
    # The names of a language and of the program.
    *("简体中文", "填报助手"),
}
"""Words that are data, not sentences."""


@cache
def entries(language: str) -> tuple[ftl.EntryType, ...]:
    """Return everything that the files of a language consist of."""
    files = sorted((FOLDER / language).glob("*.ftl"))
    return tuple(entry for path in files for entry in FluentParser().parse(path.read_text(encoding="utf-8")).body)


class _Variables(Visitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ftl.VariableReference) -> None:  # noqa: N802 -- the library's name
        self.names.add(node.id.name)


@cache
def placeholders(language: str) -> Mapping[str, frozenset[str]]:
    """Return the placeholders of every message."""
    found: dict[str, frozenset[str]] = {}
    for entry in entries(language):
        if isinstance(entry, ftl.Message):
            variables = _Variables()
            variables.visit(entry)
            found[entry.id.name] = frozenset(variables.names)
    return found


def nodes() -> Iterator[tuple[str, ast.AST]]:
    """Return every piece of the code and where it stands, docstrings left out."""
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if id(node) not in told:
                yield f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", node


def constants(node: ast.expr) -> Iterator[str]:
    """Return the strings that an expression may come to."""
    match node:
        case ast.Constant(value=str(value)):
            yield value
        case ast.IfExp(body=body, orelse=orelse):
            yield from constants(body)
            yield from constants(orelse)
        case ast.JoinedStr(values=[ast.Constant(value=str(family)), _]):
            yield from (family + value for value in FAMILIES.get(family, ("?",)))
        case _:
            pass


def calls() -> Iterator[tuple[str, ast.Call, tuple[str, ...]]]:
    """Return the calls of `text` with the ids that each may name; none where it is a variable."""
    for where, node in nodes():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "text" and node.args:
            yield where, node, tuple(constants(node.args[0]))


def used() -> set[str]:
    """Return the ids that the code names: in calls, and as plain strings in its tables."""
    plain = {node.value for _, node in nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return plain | {id_ for _, _, ids in calls() for id_ in ids}


def used_by_the_page() -> set[str]:
    """Return the ids that the page of the web chat names."""
    page = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot" / "web").glob("chat.*"))
    plain = set(re.findall(r"web-[a-z]+(?:-[a-z]+)*(?![a-z-])", page))
    return plain | {family + value for family, values in PAGE_FAMILIES.items() for value in values}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_the_code_names_is_there_with_its_placeholders(language: str) -> None:
    there = placeholders(language)
    for where, call, ids in calls():
        given_ = {keyword.arg for keyword in call.keywords}
        for id_ in ids:
            assert id_ in there, f"{where}: {language} lacks {id_!r}"
            fits = there[id_] <= given_ if len(ids) > 1 else there[id_] == given_
            assert fits or None in given_, f"{where}: {id_!r} in {language} has {sorted(there[id_])}"


def test_only_variables_that_run_over_a_table_name_texts_indirectly() -> None:
    indirect = [(where, ast.unparse(call.args[0])) for where, call, ids in calls() if not ids]
    assert {name for _, name in indirect} <= {"id_", "word"}, indirect


def test_no_text_is_left_over() -> None:
    assert set(placeholders(DEFAULT_LANGUAGE)) - used() - used_by_the_page() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_web_chat_is_there(language: str) -> None:
    assert used_by_the_page() - {"web-error"} <= set(placeholders(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_files_can_be_read_without_a_rest(language: str) -> None:
    junk = [entry.content for entry in entries(language) if isinstance(entry, ftl.Junk)]
    assert not junk
    ids = list(message_ids(language))
    assert len(ids) == len(set(ids))
    assert set(ids) == set(placeholders(language))


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != DEFAULT_LANGUAGE])
def test_the_languages_have_the_same_texts_with_the_same_placeholders(language: str) -> None:
    assert placeholders(language) == placeholders(DEFAULT_LANGUAGE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_folder_is_a_language_and_every_language_has_one(language: str) -> None:
    assert (FOLDER / language).is_dir()
    assert {folder.name for folder in FOLDER.iterdir()} == set(LANGUAGES)


@pytest.mark.parametrize(("id_", "label"), FIXED.items())
def test_the_manuals_own_words(id_: str, label: str) -> None:
    assert write_out(text(id_), "zh-CN") == label


def test_the_manuals_own_sentences() -> None:
    assert "真实姓名" in write_out(text("ask-name"), "zh-CN")
    assert write_out(text("claim-taken", reporter="张三"), "zh-CN") == "当前企业已有填报员（张三）。"
    assert write_out(text("claim-done", enterprise="某公司"), "zh-CN").startswith("申请成功")
    assert "填报人更换" in write_out(text("claim-ways", mail="a@b.cn"), "zh-CN")
    assert "回执号" in write_out(text("receipt-number", number="1"), "zh-CN")


def test_labels_fit_on_a_phone_and_are_not_two_things_at_once() -> None:
    for language in LANGUAGES:
        plain = [id_ for id_, names in placeholders(language).items() if id_.startswith("button-") and not names]
        notes = {"button-old", "button-other"}
        labels = [write_out(text(id_), language) for id_ in plain if id_ not in notes]
        assert all(len(label) <= 24 for label in labels)
        assert len(set(labels)) == len(labels)


def test_no_sentence_stands_in_the_code() -> None:
    found = [
        f"{where}: {node.value!r}"
        for where, node in nodes()
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and not where.startswith("bot/sample/")
        for words in re.findall(r"[\u3400-\u9fff][\u3400-\u9fff0-9]*", re.sub(r"[|?!<>=\[\]()]+", "·", node.value))
        if words not in OFFICIAL
    ]
    assert not found


def test_a_missing_text_or_argument_is_an_error() -> None:
    with pytest.raises(CatalogueError, match="no-such-text"):
        write_out(text("no-such-text"), "zh-CN")
    with pytest.raises(CatalogueError, match="name-set"):
        write_out(text("name-set"), "zh-CN")
    with pytest.raises(CatalogueError, match="name-set"):
        write_out(text("name-set", surname="王"), "en")


def test_an_argument_may_be_a_text_or_a_phrase_itself() -> None:
    phrase = Phrase({"zh-CN": "{label}太多", "en": "too much {label}"}, {"label": "收入"})
    written = text("review-reason", message=phrase, reason=text("reason-none"))
    assert write_out(written, "zh-CN") == "收入太多 → 已确认"
    assert write_out(written, "en") == "too much 收入 → confirmed"
    assert write_out(Phrase({"zh-CN": "只有中文"}), "en") == "只有中文"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_people_type_is_repeated_as_it_is(typed: str) -> None:
    assert write_out(typed, "en") == typed
    assert write_out(text("bound-back", name=typed), "zh-CN") == f"{typed}，欢迎回来。"
    assert write_out(Phrase({"zh-CN": "「{label}」"}, {"label": typed}), "zh-CN") == f"「{typed}」"


@pytest.mark.parametrize(
    ("figure", "decimals", "shown"),
    [
        ("0", 2, "0.00"),
        ("1234567.5", 2, "1,234,567.50"),
        ("-12.3", 2, "-12.30"),
        ("1234", 0, "1,234"),
        ("1E+3", 0, "1,000"),
    ],
)
def test_a_figure_is_shown_with_separators(figure: str, decimals: int, shown: str) -> None:
    assert show_figure(Decimal(figure), decimals) == shown
