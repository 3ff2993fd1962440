"""Reading figures as accountants type them, on `Decimal` throughout (conversation: numbers as people type them).

What could mean two things is refused rather than guessed: a wrong factor of 10 000 costs more than one more message.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from math import prod

from dialogs.form import Indicator, Sign, Unit
from dialogs.texts import show_figure
from dialogs.turn import Text, text

_WIDTH: dict[int, int | str | None] = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_WIDTH |= dict.fromkeys((0x3000, 0x00A0, 0x2007, 0x202F), " ")
# Invisible, and what is shown is still what is there. The marks that turn the direction are not among them.
_WIDTH |= dict.fromkeys((0x200B, 0x200C, 0x200D, 0x200E, 0x202C, 0x202D, 0x2060, 0x2066, 0x2068, 0x2069, 0xFEFF))
_MINUS = dict.fromkeys((0x2010, 0x2011, 0x2013, 0x2212, 0xFE63), "-")

# A comma written with the Chinese keyboard between half-width digits may separate two figures or the thousands of one.
_DOUBTFUL_COMMA = re.compile(r"[0-9]，[0-9]")
_SEPARATORS = re.compile(r"[\s、;]+|,\s+")
_BEFORE_UNIT = re.compile(r"(?<=[0-9百千万亿])[ \t]+(?=[百千万亿元人名件项个度%]|[kK][wW][hH])")
_FIGURE = re.compile(
    r"(?P<open>\()?(?P<sign>[-+])?(?P<yuan>[¥￥])?"
    r"(?P<digits>[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]{1,20})(?P<fraction>\.[0-9]{1,20})?"
    r"(?P<times>[百千]?[万亿]|[百千](?!瓦)|[wW])?(?P<unit>元|人|名|件|项|个|度|千瓦时|[kK][wW][hH]|%)?(?P<close>\))?",
    re.ASCII,
)
_TIMES = {"百": Decimal(100), "千": Decimal(1000), "万": Decimal(10_000), "亿": Decimal(100_000_000)}
_TIMES |= {"w": _TIMES["万"], "W": _TIMES["万"]}
_UNIT_WORDS = {
    "万元": {"元"},
    "人": {"人", "名"},
    "件": {"件", "项", "个"},
    "千瓦时": {"度", "千瓦时", "kwh"},
    "%": {"%"},
}
SHOWN_INPUT = 40


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something that was typed is not taken, as a sentence for the person."""

    why: Text


def fold_width(typed: str) -> str:
    """Return the text with full-width ASCII and odd spaces made plain, without invisible marks, and else as it is.

    Not NFKC: that would turn 12² into 122.
    """
    return typed.translate(_WIDTH)


def read_figures(typed: str, unit: Unit) -> tuple[Decimal, ...] | Refusal:
    """Read the figures of one message, in the unit of the indicator, unrounded.

    In a 万元 cell a bare number is 万元, `350万` is 350, `1.2亿` is 12 000 and `3500元` is 0.35. What may be meant in
    either, such as `3千` or `¥3500`, is refused.

    Returns:
        One figure or more, or why the message could not be read.
    """
    if _DOUBTFUL_COMMA.search(typed):
        return Refusal(text("figure-comma", input=_shown(typed)))
    plain = _BEFORE_UNIT.sub("", fold_width(typed).translate(_MINUS).strip())
    tokens = [token for token in _SEPARATORS.split(plain) if token]
    figures = []
    for token in tokens:
        figure = _read_one(token, unit)
        if isinstance(figure, Refusal):
            return figure
        figures.append(figure)
    return tuple(figures) or _unread(typed, unit)


def _read_one(token: str, unit: Unit) -> Decimal | Refusal:
    found = _FIGURE.fullmatch(token)
    if found is None:
        comma = re.fullmatch(r"[-+(]?[0-9.]*,[0-9.,]*\)?", token, re.ASCII)
        return Refusal(text("figure-comma", input=_shown(token))) if comma else _unread(token, unit)
    if bool(found["open"]) != bool(found["close"]) or (found["open"] and found["sign"]):
        return _unread(token, unit)
    times, word = found["times"] or "", found["unit"] or ("元" if found["yuan"] else "")
    if word and word.lower() not in _UNIT_WORDS.get(unit.label, {unit.label}):
        return Refusal(text("figure-unit", input=_shown(token), unit=unit.label))
    if unit.label == "万元" and not found["unit"] and (found["yuan"] or times) and times[-1:] in ("", "百", "千"):
        return Refusal(text("figure-doubtful", input=_shown(token), unit=unit.label))
    figure = Decimal(found["digits"].replace(",", "") + (found["fraction"] or ""))
    if times or word:
        figure = figure * prod(_TIMES[char] for char in times) / (_TIMES["万"] if unit.label == "万元" else 1)
    return -figure if found["open"] or found["sign"] == "-" else figure


def _unread(typed: str, unit: Unit) -> Refusal:
    example = "1234.56" if unit.decimals else "12"
    return Refusal(text("figure-unread", input=_shown(typed), example=example, unit=unit.label))


def _shown(typed: str) -> str:
    """Return what was typed, short enough to be repeated to the person."""
    typed = "".join(char for char in " ".join(typed.split()) if unicodedata.category(char) not in ("Cc", "Cf", "Cs"))
    return typed if len(typed) <= SHOWN_INPUT else typed[:SHOWN_INPUT] + "…"


def fit_figure(figure: Decimal, indicator: Indicator, unit: Unit) -> Decimal | Refusal:
    """Return the figure as the form stores it: checked for sign, size and whole numbers, rounded to its decimals.

    These are the form's hard value rules (硬性审核): a negative count, 0.02 patents, a figure too large for its unit.
    """
    label, shown = indicator.label, f"{figure.normalize():,f}"
    if figure < 0 and indicator.sign is Sign.NON_NEGATIVE:
        return Refusal(text("figure-negative", label=label, value=shown, unit=unit.label))
    if unit.kind == "count" and figure != figure.to_integral_value():
        return Refusal(text("figure-whole", label=label, value=shown, unit=unit.label))
    if abs(figure) > unit.max_abs:
        return Refusal(text("figure-size", label=label, value=shown, unit=unit.label))
    fitted = figure.quantize(Decimal(1).scaleb(-unit.decimals), ROUND_HALF_UP)
    if figure and not fitted:
        least = show_figure(Decimal(1).scaleb(-unit.decimals), unit.decimals)
        return Refusal(text("figure-tiny", input=shown, least=least, unit=unit.label))
    return fitted or abs(fitted)  # no zero below zero
