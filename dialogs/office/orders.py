"""Command lines: which enterprise, which period, which items, in the words that administrators use."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dialogs.form import Form
from dialogs.numbers import fold_width
from dialogs.office.authority import Action, OfficeFacts
from dialogs.periods import Period, due_period
from dialogs.turn import Effect, Event

LAST_MONTH = frozenset({"上月", "上个月", "本期", "last"})
_PERIOD = re.compile(r"(?:(?P<year>20[0-9]{2})[-/.年]?)?(?P<month>1[0-2]|0?[1-9])月?", re.ASCII)
_SEPARATORS = re.compile(r"[,，、;；]+")


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the admin chat.

    Args:
        action: what it does, for the authority.
        read: makes an event of the words behind the command; None when they make no sense, and then the usage is told.
        read_many: the same where there are lines below the first one, or a file: gets the words of the first line, and
            the lines, None for a file.
    """

    action: Action
    read: Callable[[list[str], OfficeFacts], Event | None]
    read_many: Callable[[list[str], list[str] | None, OfficeFacts], Event | None] | None = None


@dataclass(frozen=True, slots=True)
class Seek(Event):
    """Find the enterprise that somebody means, then go on: `then` is an event whose first field is the enterprise."""

    query: str
    then: Event


@dataclass(frozen=True, slots=True)
class FindEnterprise(Effect):
    """Find an enterprise within the scope by code, name or a part of it; brings `Matches`."""

    query: str
    then: Event


@dataclass(frozen=True, slots=True)
class Match:
    """An enterprise that somebody may mean."""

    id: int
    name: str
    code: str
    district: str


@dataclass(frozen=True, slots=True)
class Matches(Event):
    """The enterprises that may be meant, at most `MOST_MATCHES`; `more` when there are others."""

    found: tuple[Match, ...]
    more: bool
    then: Event


MOST_MATCHES = 8


def read_period(word: str, now: datetime) -> Period | None:
    """Return the period that a word means: 2026-10, 202610, 2026年10月, 10月 or 上月; None for something else.

    A month without a year is the latest one that has ended.
    """
    word = fold_width(word).strip()
    if word in LAST_MONTH:
        return due_period(now)
    found = _PERIOD.fullmatch(word)
    if not found:
        return None
    month = int(found["month"])
    if found["year"]:
        return Period(int(found["year"]), month)
    if not word.endswith("月"):
        return None
    due = due_period(now)
    return Period(due.year if month <= due.month else due.year - 1, month)


def read_items(word: str, form: Form, period: Period) -> tuple[str, ...] | None:
    """Return the ids of the items that a word names, by number or label (`1,9`, `营业收入、利润总额`); else None."""
    names = [name for name in _SEPARATORS.split(fold_width(word).replace("，", ",")) if name]
    items = form.items_in(period.month)
    by_name = {str(number): item.id for number, item in enumerate(items, 1)}
    by_name |= {fold_width(item.label): item.id for item in items}
    found = [by_name.get(name) for name in names]
    known = [item for item in found if item is not None]
    return tuple(dict.fromkeys(known)) if known and len(known) == len(found) else None
