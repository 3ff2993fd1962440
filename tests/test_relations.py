"""The language of the edits: decimals as in Python, silence where a figure is missing, nothing beyond its grammar."""

import re
from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.relations import MAX_CHARS, MAX_DEPTH, Relation, RelationError, read_relation

FIGURES: Mapping[str, Decimal | str] = {
    "value": Decimal(5),
    "last_year": Decimal("2.5"),
    "sales.month": Decimal(100),
    "sales.cumulative": Decimal("1234.56"),
    "zero": Decimal(0),
    "loss": Decimal(-7),
    "export_orders": "no_export",
}


@pytest.mark.parametrize(
    ("source", "holds"),
    [
        ("value <= 5", True),
        ("value < 5", False),
        ("value > 4.99", True),
        ("value >= 5.01", False),
        ("value == 5.00", True),
        ("value != 5", False),
        ("0 <= value <= 200", True),
        ("0 <= value < 5 <= 9", False),
        ("sales.month <= sales.cumulative", True),
        ("0.1 + 0.2 == 0.3", True),
        ("value - last_year * 2 == 0", True),
        ("sales.month / value == 20", True),
        ("-loss == abs(loss)", True),
        ("abs(value - sales.month) > 95", False),
        ("value > 1 and loss > 1", False),
        ("value > 1 or loss > 1", True),
        ("not value > 6", True),
        ("not (value > 1 and zero == 0)", False),
        ('export_orders == "no_export"', True),
        ('export_orders != "no_export"', False),
        ('value <= 0 or export_orders == "increased"', False),
        ("given(value)", True),
        ("given(missing)", False),
        ("given(export_orders)", True),
        ("given(sales.month) and not given(sales.last_year)", True),
        # A figure that is needed and missing silences the whole, wherever it stands.
        ("missing > 1", None),
        ("value > missing", None),
        ("-missing < 0", None),
        ("abs(missing) >= 0", None),
        ("value + missing > 1", None),
        ("missing * value > 1", None),
        ("not missing > 1", None),
        ("value > 1 or missing > 1", None),
        ("missing > 1 and value > 6", None),
        ("1 < value < missing", None),
        ('missing == "no_export"', None),
        ("given(missing) or missing > 1", None),
        # No result is no answer.
        ("value / zero > 1", None),
        ("zero / zero == 0", None),
        ("value > 1 or value / zero > 1", None),
        ("sales.month * 1e999999 > 1", None),
        # The answer to a question is no figure, and a figure no answer.
        ("export_orders > 1", None),
        ('value == "no_export"', False),
    ],
)
def test_a_relation_holds_or_not_or_says_nothing(source: str, holds: bool | None) -> None:  # noqa: FBT001
    assert read_relation(source).holds(FIGURES.get) is holds


def test_names_are_told_in_the_order_of_their_appearance() -> None:
    relation = read_relation('b.month <= 2 * a.month + b.month or given(c) or d == "yes"')
    assert relation.names == ("b.month", "a.month", "c", "d")
    assert relation.figures == {"b.month", "a.month"}
    assert relation.answers == {("d", "yes")}


@pytest.mark.parametrize(
    "source",
    [
        "",
        "value >",
        "value > 1; value > 2",
        "value = 1",
        "(value := 1) > 0",
        "value > 1 # and a word\n)",
        "import os",
        "value > 1\0",
        "value > '\ud800'",
        # Figures where a comparison is wanted, and the other way round.
        "value",
        "1 + 1",
        "not value",
        "not 5",
        "abs(value)",
        "value and zero",
        "True",
        "(value > 1) + 1 > 1",
        "abs(value > 1) > 0",
        "-(value > 1) > 0",
        "(value > 1) == (zero > 1)",
        "given(value) > 0",
        # Words and other constants.
        '"text"',
        'value > "text"',
        '"no_export" == export_orders',
        'export_orders < "no_export"',
        'sales.month == "text"',
        'abs("text") > 1',
        '"a" * 999999999 == value',
        "value == None",
        "value == True",
        "value == b'x'",
        "value > 1j",
        "value > 0x10",
        "value > ...",
        "f'{value}' == value",
        # Operators and forms of Python that are not in the language.
        "value ** 2 > 1",
        "9 ** 9 ** 9 ** 9 > value",
        "1 << 99999999 > value",
        "value % 2 == 0",
        "value // 2 == 0",
        "value @ value > 1",
        "+value > 1",
        "~value > 1",
        "value is zero",
        "value in (1, 2)",
        "value not in sales",
        "value if value > 1 else zero",
        "value[0] > 1",
        "[value] == [1]",
        "{value} == {1}",
        "[x for x in value] == 1",
        "(lambda: 1) == 1",
        "(lambda: 1)() == 1",
        "await value > 1",
        "*value > 1",
        # Attribute chains and calls.
        "value.month.real > 1",
        "value.__class__.__base__ == 1",
        "(value + 1).real > 1",
        "print(value) > 1",
        "max(value, zero) > 1",
        "value.month() > 1",
        "__import__('os') == 1",
        "abs() > 1",
        "abs(value, zero) > 1",
        "abs(x=value) > 1",
        "abs(*value) > 1",
        "given()",
        "given(1)",
        "given(value + 1)",
        "given(value.month.real)",
        "given(cell=value)",
        "abs(value)(zero) > 1",
        # Depth and length.
        "not " * MAX_DEPTH + "value > 1",
        "-" * MAX_DEPTH + "value > 1",
        "(" * 300 + "value" + ")" * 300 + " > 1",
        "value > " + "9" * MAX_CHARS,
    ],
)
def test_what_is_outside_the_language_is_refused(source: str) -> None:
    with pytest.raises(RelationError):
        read_relation(source)


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("value ** 2 > 1", "'value ** 2' is not a figure"),
        ("value > 1 and zero", "'zero' is not a comparison"),
        ("sales.month <= print(value)", "'print(value)' is not a figure"),
        ("value > 0x10", "'0x10' is not a decimal number"),
        ("value >", "not a relation: 'value >'"),
        ("-" * MAX_DEPTH + "value > 1", "nested too deeply"),
        ("value > " + "9" * MAX_CHARS, f"{MAX_CHARS} characters at most"),
    ],
)
def test_a_refusal_says_which_part(source: str, part: str) -> None:
    with pytest.raises(RelationError, match=re.escape(part)):
        read_relation(source)


NAMES = ("a", "b", "c.month", "d.cumulative")

# Pairs: the text of the relation, and the same for Python with every name looked up and every number a decimal.
_numbers = st.decimals(min_value=0, max_value=10**9, places=2).map(lambda number: (str(number), f"Decimal('{number}')"))
_cells = st.sampled_from(NAMES).map(lambda name: (name, f"cells['{name}']"))
_Pair = tuple[str, str]


def _between(operator: str, left: _Pair, right: _Pair) -> _Pair:
    return f"({left[0]} {operator} {right[0]})", f"({left[1]} {operator} {right[1]})"


def _around(word: str, part: _Pair) -> _Pair:
    return f"{word}({part[0]})", f"{word}({part[1]})"


_figures = st.recursive(
    _numbers | _cells,
    lambda inner: (
        st.builds(_between, st.sampled_from("+-*/"), inner, inner)
        | st.builds(_around, st.sampled_from(("abs", "-")), inner)
    ),
    max_leaves=4,
)
_comparisons = st.builds(_between, st.sampled_from(("<", "<=", ">", ">=", "==", "!=")), _figures, _figures)
_relations = st.recursive(
    _comparisons,
    lambda inner: (
        st.builds(_between, st.sampled_from(("and", "or")), inner, inner)
        | inner.map(lambda part: _around("not ", part))
    ),
    max_leaves=3,
)
_values = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=2)


@settings(deadline=None)
@given(_relations, st.fixed_dictionaries(dict.fromkeys(NAMES, _values)))
def test_it_calculates_as_python_does(pair: tuple[str, str], cells: dict[str, Decimal]) -> None:
    source, python = pair
    holds = read_relation(source).holds(cells.get)
    if holds is None:
        assert "/" in source
    else:
        assert holds is eval(python, {"Decimal": Decimal, "abs": abs, "cells": cells})  # noqa: S307


@settings(deadline=None)
@given(_relations, st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, _values)))
def test_it_says_nothing_as_soon_as_a_figure_is_missing(pair: tuple[str, str], cells: dict[str, Decimal]) -> None:
    relation = read_relation(pair[0])
    if not cells.keys() >= relation.figures:
        assert relation.holds(cells.get) is None


# Pieces of which random relations, right and wrong, are made.
TOKENS = """
value zero a.b a.b.c export_orders given( abs( ( ) [ ] and or not < <= > >= == != + - * / ** % 0 1 0.5 1e999 1_0 0x1
'word' "word" True None lambda: if else in is , . : := f'' \\d é \0
"""
_words = st.sampled_from(TOKENS.split())
_answers = st.none() | st.decimals() | st.sampled_from(("no_export", "word", ""))


@settings(max_examples=500, deadline=None)
@given(
    st.lists(_words, max_size=12).map(" ".join) | st.text(max_size=20), st.dictionaries(st.text(), _answers), _answers
)
def test_no_text_and_no_figures_do_more_than_be_refused(
    source: str, cells: dict[str, Decimal | str | None], otherwise: Decimal | str | None
) -> None:
    try:
        relation = read_relation(source)
    except RelationError:
        return
    assert isinstance(relation, Relation)
    assert relation.holds(lambda name: cells.get(name, otherwise)) in {True, False, None}
