"""Figures as accountants type them: what is read, what is refused and why, and that nothing else can happen."""

import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.form import Indicator, Sign, Unit
from dialogs.numbers import SHOWN_INPUT, Refusal, fit_figure, fold_width, read_figures
from dialogs.texts import show_figure, write_out
from tests.forms_data import FORM_2020

UNITS = {unit.label: unit for unit in FORM_2020.units}
WAN, PERSON, ITEM, KWH, PERCENT = (UNITS[label] for label in ("万元", "人", "件", "千瓦时", "%"))
UNREAD, COMMA, UNIT, DOUBTFUL = "figure-unread", "figure-comma", "figure-unit", "figure-doubtful"


def read(typed: str, unit: Unit) -> list[str] | str:
    """Return the figures as plain numbers, or the id of the refusal."""
    found = read_figures(typed, unit)
    return found.why.id if isinstance(found, Refusal) else [f"{figure.normalize():f}" for figure in found]


@pytest.mark.parametrize(
    ("typed", "figure"),
    [
        ("0", "0"),
        ("12", "12"),
        ("12.00", "12"),
        ("1,234.5", "1234.5"),
        ("1,234,567", "1234567"),
        ("１２３４．５", "1234.5"),
        ("１，２３４．５", "1234.5"),
        ("1.2亿", "12000"),
        ("1.2 亿", "12000"),
        ("1.2亿元", "12000"),
        ("350万", "350"),
        ("350万元", "350"),
        ("350 万元", "350"),
        ("350 万 元", "350"),
        ("350w", "350"),
        ("350W", "350"),
        ("5千万", "5000"),
        ("3百万元", "300"),
        ("2百亿", "2000000"),
        ("3500元", "0.35"),
        ("3500 元", "0.35"),
        ("3,500.50元", "0.35005"),
        ("3千元", "0.3"),
        ("0元", "0"),
        ("¥3500元", "0.35"),
        ("¥350万", "350"),
        ("￥350万", "350"),
        ("-12.3", "-12.3"),
        ("－12.3", "-12.3"),
        ("−12.3", "-12.3"),
        ("–12.3", "-12.3"),
        ("+12.3", "12.3"),
        ("（12.3）", "-12.3"),
        ("(12.3)", "-12.3"),
        ("(1,234.50)", "-1234.5"),
        ("-350万", "-350"),
        ("-0", "0"),
        ("007", "7"),
        (" 12 ", "12"),
        ("12\n", "12"),
        ("1\u200b2", "12"),
        ("\u202d1,234.5\u202c", "1234.5"),
        ("\ufeff12", "12"),
        ("12\u3000", "12"),
        ("12345678901234567890", "12345678901234567890"),
    ],
)
def test_a_figure_in_wan_yuan(typed: str, figure: str) -> None:
    assert read(typed, WAN) == [figure]


@pytest.mark.parametrize(
    ("typed", "unit", "figure"),
    [
        ("43", PERSON, "43"),
        ("43人", PERSON, "43"),
        ("43 人", PERSON, "43"),
        ("43名", PERSON, "43"),
        ("1,200人", PERSON, "1200"),
        ("1.2万人", PERSON, "12000"),
        ("3百", PERSON, "300"),
        ("3件", ITEM, "3"),
        ("3项", ITEM, "3"),
        ("3个", ITEM, "3"),
        ("0.02件", ITEM, "0.02"),
        ("12000度", KWH, "12000"),
        ("1.2万度", KWH, "12000"),
        ("1.2万千瓦时", KWH, "12000"),
        ("5千瓦时", KWH, "5"),
        ("5 千瓦时", KWH, "5"),
        ("5千千瓦时", KWH, "5000"),
        ("5千度", KWH, "5000"),
        ("5kWh", KWH, "5"),
        ("5 KWH", KWH, "5"),
        ("85", PERCENT, "85"),
        ("85%", PERCENT, "85"),
        ("85％", PERCENT, "85"),
        ("85 %", PERCENT, "85"),
        ("0.85", PERCENT, "0.85"),
    ],
)
def test_a_figure_with_the_words_of_its_unit(typed: str, unit: Unit, figure: str) -> None:
    assert read(typed, unit) == [figure]


@pytest.mark.parametrize(
    ("typed", "figures"),
    [
        ("12 12 12 2", ["12", "12", "12", "2"]),
        ("12\n12\n12\n2", ["12", "12", "12", "2"]),
        ("12\t13", ["12", "13"]),
        ("12、13、14", ["12", "13", "14"]),
        ("12；13;14", ["12", "13", "14"]),
        ("12, 13, 14", ["12", "13", "14"]),
        ("12， 13", ["12", "13"]),
        ("12\u300013", ["12", "13"]),
        ("1,234.5 -3 （4）", ["1234.5", "-3", "-4"]),
        ("350万 1.2亿 3500元", ["350", "12000", "0.35"]),
        ("350 万 1.2 亿", ["350", "12000"]),
        ("1 234", ["1", "234"]),
    ],
)
def test_several_figures_in_one_message(typed: str, figures: list[str]) -> None:
    assert read(typed, WAN) == figures


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", UNREAD),
        ("   ", UNREAD),
        ("十二", UNREAD),
        ("你好", UNREAD),
        ("12a", UNREAD),
        ("约12", UNREAD),
        ("12 左右", UNREAD),
        ("NaN", UNREAD),
        ("nan", UNREAD),
        ("Infinity", UNREAD),
        ("inf", UNREAD),
        ("1e3", UNREAD),
        ("1e999", UNREAD),
        ("0x10", UNREAD),
        ("1_000", UNREAD),
        ("٣", UNREAD),
        ("१२", UNREAD),
        ("12²", UNREAD),
        ("①", UNREAD),
        ("Ⅻ", UNREAD),
        ("½", UNREAD),
        ("--5", UNREAD),
        ("-+5", UNREAD),
        ("- 5", UNREAD),
        ("5-", UNREAD),
        ("(5", UNREAD),
        ("5)", UNREAD),
        ("（5", UNREAD),
        ("-(5)", UNREAD),
        ("(-5)", UNREAD),
        (".5", UNREAD),
        ("5.", UNREAD),
        ("12。5", UNREAD),
        ("1.2.3", UNREAD),
        ("1.234.567", UNREAD),
        ("3.5k", UNREAD),
        ("万", UNREAD),
        ("1万万", UNREAD),
        ("1亿万", UNREAD),
        ("万万", UNREAD),
        ("元", UNREAD),
        ("3500吨", UNREAD),
        ("$3500", UNREAD),
        ("=1+2", UNREAD),
        ("=SUM(A1)", UNREAD),
        ("1+2", UNREAD),
        ("12*2", UNREAD),
        ("12/13", UNREAD),
        ("\u202e12", UNREAD),
        ("\u200f12", UNREAD),
        ("12\x00", UNREAD),
        ("\ud800", UNREAD),
        ("😀", UNREAD),
        ("9" * 10_000, UNREAD),
        ("0." + "1" * 10_000, UNREAD),
        ("12,34", COMMA),
        ("12,13,14", COMMA),
        ("1.234,56", COMMA),
        ("1234,567", COMMA),
        ("0,123", COMMA),
        ("1,23,456", COMMA),
        ("12,", COMMA),
        (",12", COMMA),
        (",", COMMA),
        ("100，200", COMMA),
        ("1，234", COMMA),
        ("12，34", COMMA),
        ("85%", UNIT),
        ("5人", UNIT),
        ("5度", UNIT),
        ("5千瓦时", UNIT),
        ("12 13人", UNIT),
        ("3千", DOUBTFUL),
        ("3百", DOUBTFUL),
        ("¥3500", DOUBTFUL),
        ("￥3,500.00", DOUBTFUL),
        ("-¥3500", DOUBTFUL),
        ("¥3千", DOUBTFUL),
    ],
)
def test_what_is_not_read_as_wan_yuan(typed: str, why: str) -> None:
    assert read(typed, WAN) == why


@pytest.mark.parametrize(
    ("typed", "unit"),
    [("5元", PERSON), ("¥5", PERSON), ("5件", PERSON), ("5%", PERSON), ("5人", ITEM), ("5万元", KWH), ("5度", PERCENT)],
)
def test_the_unit_of_another_item_is_refused(typed: str, unit: Unit) -> None:
    assert read(typed, unit) == UNIT


def row(sign: Sign, unit: Unit) -> Indicator:
    """Return an indicator of that kind."""
    return FORM_2020.indicators[0].model_copy(update={"sign": sign, "unit": unit.id, "label": "某项"})


@pytest.mark.parametrize(
    ("figure", "sign", "unit", "fitted"),
    [
        ("12", Sign.ANY, WAN, "12.00"),
        ("12.345", Sign.ANY, WAN, "12.35"),
        ("12.344999", Sign.ANY, WAN, "12.34"),
        ("-12.345", Sign.ANY, WAN, "-12.35"),
        ("0.35005", Sign.NON_NEGATIVE, WAN, "0.35"),
        ("0.005", Sign.NON_NEGATIVE, WAN, "0.01"),
        ("0.00499", Sign.NON_NEGATIVE, WAN, "figure-tiny"),
        ("-0.001", Sign.ANY, WAN, "figure-tiny"),
        ("-0", Sign.NON_NEGATIVE, WAN, "0.00"),
        ("-0.00", Sign.ANY, WAN, "0.00"),
        ("0", Sign.NON_NEGATIVE, PERSON, "0"),
        ("-5", Sign.NON_NEGATIVE, WAN, "figure-negative"),
        ("-0.001", Sign.NON_NEGATIVE, WAN, "figure-negative"),
        ("-5", Sign.UNUSUAL_NEGATIVE, WAN, "-5.00"),
        ("9999999999", Sign.ANY, WAN, "9999999999.00"),
        ("9999999999.01", Sign.ANY, WAN, "figure-size"),
        ("-10000000000", Sign.ANY, WAN, "figure-size"),
        ("12345678901234567890.12345678901234567890", Sign.ANY, WAN, "figure-size"),
        ("43", Sign.NON_NEGATIVE, PERSON, "43"),
        ("43.00", Sign.NON_NEGATIVE, PERSON, "43"),
        ("43.5", Sign.NON_NEGATIVE, PERSON, "figure-whole"),
        ("43.00000000000000000001", Sign.NON_NEGATIVE, PERSON, "figure-whole"),
        ("0.02", Sign.NON_NEGATIVE, ITEM, "figure-whole"),
        ("-1", Sign.NON_NEGATIVE, ITEM, "figure-negative"),
        ("9999999", Sign.NON_NEGATIVE, PERSON, "9999999"),
        ("10000000", Sign.NON_NEGATIVE, PERSON, "figure-size"),
        ("999", Sign.NON_NEGATIVE, PERCENT, "999.00"),
        ("1000", Sign.NON_NEGATIVE, PERCENT, "figure-size"),
    ],
)
def test_a_figure_is_fitted_to_its_cell_or_refused(figure: str, sign: Sign, unit: Unit, fitted: str) -> None:
    result = fit_figure(Decimal(figure), row(sign, unit), unit)
    assert (result.why.id if isinstance(result, Refusal) else str(result)) == fitted


def test_a_refusal_says_what_was_typed_and_gives_an_example() -> None:
    refused = read_figures("1万万", WAN)
    assert isinstance(refused, Refusal)
    assert write_out(refused.why, "zh-CN") == "没有读懂“1万万”。请只回复数字，例如 1234.56（单位：万元）。"
    refused = read_figures("几个", PERSON)
    assert isinstance(refused, Refusal)
    assert write_out(refused.why, "zh-CN") == "没有读懂“几个”。请只回复数字，例如 12（单位：人）。"


def test_a_refusal_repeats_no_more_than_a_line_and_no_invisible_marks() -> None:
    for typed in ("9" * 10_000, "\u202e" + "啊\n" * 3000, "啊\x00\x1b\ud800"):
        refused = read_figures(typed, WAN)
        assert isinstance(refused, Refusal)
        shown = refused.why.args["input"]
        assert isinstance(shown, str)
        assert shown
        assert len(shown) <= SHOWN_INPUT + 1
        assert not {"\u202e", "\x00", "\x1b", "\ud800", "\n"} & set(shown)


def test_width_is_folded_and_nothing_else() -> None:
    assert fold_width("（１２３）ＡＢＣ\u3000％") == "(123)ABC %"
    assert fold_width("12²①٣½–—·，。") == "12²①٣½–—·,。"


units = st.sampled_from([WAN, PERSON, ITEM, KWH, PERCENT])
hostile = st.text(
    st.sampled_from("0123456789.,，、 \n()（）-−+¥万亿千百wk元人件度%٣²①=eE_'\u200b\u202e\x00"), max_size=40
)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-9999999999, max_value=9999999999, places=2))
def test_what_was_shown_is_read_back_as_the_same_figure(figure: Decimal) -> None:
    shown = show_figure(figure, 2)
    assert read_figures(shown, WAN) == (figure,)
    assert read_figures(f"{shown}元", WAN) == (figure / 10_000,)
    fitted = fit_figure(figure, row(Sign.ANY, WAN), WAN)
    assert isinstance(fitted, Decimal)
    assert show_figure(fitted, 2).lstrip("-") == shown.lstrip("-")


@given(st.text() | hostile, units, st.sampled_from(Sign))
@settings(max_examples=400)
def test_every_text_is_read_or_refused_in_both_languages(typed: str, unit: Unit, sign: Sign) -> None:
    found = read_figures(typed, unit)
    refusals = [found] if isinstance(found, Refusal) else []
    for figure in () if isinstance(found, Refusal) else found:
        assert type(figure) is Decimal
        assert figure.is_finite()
        fitted = fit_figure(figure, row(sign, unit), unit)
        if isinstance(fitted, Refusal):
            refusals.append(fitted)
            continue
        assert type(fitted) is Decimal
        assert fitted.as_tuple().exponent == -unit.decimals
        assert abs(fitted) <= unit.max_abs
        assert not fitted.is_signed() or (fitted and sign is not Sign.NON_NEGATIVE)
        assert fit_figure(fitted, row(sign, unit), unit) == fitted
    for refused in refusals:
        assert write_out(refused.why, "zh-CN")
        assert write_out(refused.why, "en")


@given(
    st.lists(st.decimals(0, 99999, places=2), min_size=2, max_size=8),
    st.sampled_from([" ", "\n", "、", "；", ", ", "\t"]),
)
def test_a_list_is_read_in_its_order(figures: list[Decimal], separator: str) -> None:
    assert read_figures(separator.join(str(figure) for figure in figures), WAN) == tuple(figures)


@pytest.mark.parametrize(
    "piece",
    ["1,", "1,000", "1 ", "(", "-", ".", "，1", "1，", "、", " ", ", ", "万", "1万", "1 万", "千瓦", "\u200b", "1.1"],
)
def test_reading_a_huge_message_takes_no_time_to_speak_of(piece: str) -> None:
    start = time.thread_time()
    read_figures(piece * 64_000 + "x", WAN)
    # A tenth of that where the time grows with the length, many times that where it grows with its square.
    assert time.thread_time() - start < 2
