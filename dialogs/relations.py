"""The little language in which a form states its edits, such as `total_profit <= operating_revenue`.

It has Python's comparisons (also in a row, `0 <= value <= 200`), `and`, `or`, `not`, `+ - * /`, `abs(x)` and `given(x)`
over figures of the report. A figure is named `indicator.measure`; within an edit that runs over measures or indicators
one half may be left out, and `value` is the figure the edit is looking at, `last_year` the one it is compared with;
`month_number` is the number of the period's month. A question is named by its id and compared with an option in
quotes. All arithmetic is on `Decimal`.

Where a figure has no value, or there is no result (division by zero), the relation says nothing: neither true nor
false. Only `given(x)` always has an answer.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import TypeAlias

Lookup: TypeAlias = Callable[[str], Decimal | str | None]
_Figure: TypeAlias = Callable[[Lookup], Decimal | None]
_Truth: TypeAlias = Callable[[Lookup], bool | None]

_COMPARE: Mapping[type[ast.cmpop], Callable[[Decimal, Decimal], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC: Mapping[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}

# Far beyond what an edit needs, and far below what could exhaust Python's stack, when it is read or when it is asked.
MAX_CHARS = 500
MAX_DEPTH = 20


class RelationError(ValueError):
    """The text is not a relation of this language."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation that was read, ready to be asked.

    Args:
        source: the text as the form has it.
        names: the figures and questions that it names, as written, in order of appearance.
        figures: those of them that it calculates with or compares with figures.
        answers: the questions that it compares with an option, each with that option.
    """

    source: str
    names: tuple[str, ...]
    figures: frozenset[str]
    answers: frozenset[tuple[str, str]]
    _truth: _Truth

    def holds(self, lookup: Lookup) -> bool | None:
        """Return whether it holds, None where it says nothing."""
        try:
            return self._truth(lookup)
        except ArithmeticError:
            # A division by zero, or a result beyond what Decimal can hold.
            return None


def read_relation(source: str) -> Relation:
    """Read a relation.

    Raises:
        RelationError: it is not one; the message says which part.
    """
    if len(source) > MAX_CHARS:
        message = f"a relation has {MAX_CHARS} characters at most, this one {len(source)}"
        raise RelationError(message)
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError) as error:
        message = f"not a relation: {source!r}"
        raise RelationError(message) from error
    reader = _Reader(source)
    truth = reader.truth(tree.body, MAX_DEPTH)
    return Relation(source, tuple(reader.names), frozenset(reader.figures), frozenset(reader.answers), truth)


class _Reader:
    """Turns the syntax tree into functions; collects on the way what is named.

    Truths and figures are read by two methods, so what would be an error of types when asked (`not 5`, `abs("x")`) is
    refused when read. `depth` is how much deeper the tree may go.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.names: dict[str, None] = {}
        self.figures: set[str] = set()
        self.answers: set[tuple[str, str]] = set()

    def truth(self, tree: ast.expr, depth: int) -> _Truth:
        self._check_depth(depth)
        match tree:
            case ast.BoolOp(op=op, values=values):
                truths = tuple(self.truth(value, depth - 1) for value in values)
                return _joined(truths, every=isinstance(op, ast.And))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return _negated(self.truth(operand, depth - 1))
            case ast.Call(
                func=ast.Name(id="given"), args=[ast.Name() | ast.Attribute(value=ast.Name()) as cell], keywords=[]
            ):
                return _given(self._name(cell))
            case ast.Compare(
                left=ast.Name() as question,
                ops=[ast.Eq() | ast.NotEq() as op],
                comparators=[ast.Constant(value=str() as option)],
            ):
                name = self._name(question)
                self.answers.add((name, option))
                return _answered(name, option, equal=isinstance(op, ast.Eq))
            case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARE for op in ops):
                figures = [self.figure(part, depth - 1) for part in (left, *others)]
                pairs = zip(ops, pairwise(figures), strict=True)
                return _joined(tuple(_compared(_COMPARE[type(op)], *pair) for op, pair in pairs), every=True)
            case _:
                raise self._refusal(tree, "is not a comparison of this language")

    def figure(self, tree: ast.expr, depth: int) -> _Figure:
        self._check_depth(depth)
        match tree:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return _constant(self._number(tree))
            case ast.Name() | ast.Attribute(value=ast.Name()):
                name = self._name(tree)
                self.figures.add(name)
                return _cell(name)
            case ast.Call(func=ast.Name(id="abs"), args=[part], keywords=[]):
                return _applied(operator.abs, self.figure(part, depth - 1))
            case ast.UnaryOp(op=ast.USub(), operand=part):
                return _applied(operator.neg, self.figure(part, depth - 1))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return _calculated(_ARITHMETIC[type(op)], self.figure(left, depth - 1), self.figure(right, depth - 1))
            case _:
                raise self._refusal(tree, "is not a figure of this language")

    def _name(self, tree: ast.Name | ast.Attribute) -> str:
        name = ast.unparse(tree)
        self.names[name] = None
        return name

    def _number(self, tree: ast.Constant) -> Decimal:
        # From the text: the tree holds a binary float, which 0.1 is not.
        try:
            return Decimal(ast.get_source_segment(self.source, tree) or "")
        except InvalidOperation:
            raise self._refusal(tree, "is not a decimal number") from None

    def _check_depth(self, depth: int) -> None:
        if not depth:
            message = f"nested too deeply: {self.source!r}"
            raise RelationError(message)

    def _refusal(self, tree: ast.expr, what: str) -> RelationError:
        return RelationError(f"{ast.get_source_segment(self.source, tree)!r} {what}")


def _joined(parts: tuple[_Truth, ...], *, every: bool) -> _Truth:
    if len(parts) == 1:
        return parts[0]

    def truth(lookup: Lookup) -> bool | None:
        # Every part is asked: one that says nothing silences the whole, wherever it stands.
        answer = every
        for part in parts:
            one = part(lookup)
            if one is None:
                return None
            answer = answer and one if every else answer or one
        return answer

    return truth


def _negated(part: _Truth) -> _Truth:
    def truth(lookup: Lookup) -> bool | None:
        answer = part(lookup)
        return None if answer is None else not answer

    return truth


def _given(name: str) -> _Truth:
    return lambda lookup: lookup(name) is not None


def _answered(name: str, option: str, *, equal: bool) -> _Truth:
    def truth(lookup: Lookup) -> bool | None:
        answer = lookup(name)
        return None if answer is None else (answer == option) is equal

    return truth


def _compared(compare: Callable[[Decimal, Decimal], bool], left: _Figure, right: _Figure) -> _Truth:
    def truth(lookup: Lookup) -> bool | None:
        if (one := left(lookup)) is None or (other := right(lookup)) is None:
            return None
        return compare(one, other)

    return truth


def _constant(number: Decimal) -> _Figure:
    return lambda _: number


def _cell(name: str) -> _Figure:
    def figure(lookup: Lookup) -> Decimal | None:
        found = lookup(name)
        return found if isinstance(found, Decimal) else None

    return figure


def _applied(function: Callable[[Decimal], Decimal], part: _Figure) -> _Figure:
    def figure(lookup: Lookup) -> Decimal | None:
        value = part(lookup)
        return None if value is None else function(value)

    return figure


def _calculated(function: Callable[[Decimal, Decimal], Decimal], left: _Figure, right: _Figure) -> _Figure:
    def figure(lookup: Lookup) -> Decimal | None:
        if (one := left(lookup)) is None or (other := right(lookup)) is None:
            return None
        return function(one, other)

    return figure
