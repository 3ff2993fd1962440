"""`/export`: the submitted reports of a period, or of several, as a file within the scope."""

from collections.abc import Mapping
from dataclasses import dataclass

from dialogs.office.authority import CITY, Action, Confirmation, OfficeFacts, asked_by
from dialogs.office.orders import read_period
from dialogs.offices import DISTRICTS
from dialogs.periods import Period, due_period
from dialogs.turn import Button, Effect, Event, Page, Turn, Words, text

FORMATS = ("xlsx", "csv")
MOST_MONTHS = 24
"""How many periods fit into one file."""
MOST_REPORTS: Mapping[str, int] = {"xlsx": 100_000, "csv": 60_000}
"""How many reports fit into one file: a bot of Telegram may send 50 MB."""
_DASH, _TO = "..", ("...", "…", "~", "～", "至", "到")


@dataclass(frozen=True, slots=True)
class OrderExport(Event):
    """Export the periods from `first` to `last` (`YYYY-MM`), of a district or of the whole scope (empty).

    `format` is one of `FORMATS`, or empty to be asked.
    """

    first: str
    last: str
    district: str
    format: str


@dataclass(frozen=True, slots=True)
class DoExport(Confirmation):
    """What was shown is to be exported, in that format."""

    first: str
    last: str
    district: str
    format: str


@dataclass(frozen=True, slots=True)
class LookAtExport(Effect):
    """See what would be exported; brings `Exportable`."""

    order: OrderExport


@dataclass(frozen=True, slots=True)
class Export(Effect):
    """Record it, and fix the districts; brings `Exporting`."""

    order: OrderExport


@dataclass(frozen=True, slots=True)
class Exportable(Event):
    """How many submitted reports there are, by form version."""

    order: OrderExport
    reports: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Exporting(Event):
    """The file is to be made.

    Args:
        order: what was ordered.
        districts: the districts whose reports may be in it; None for all.
        reports: how many there are now.
        shown: how the messenger names the message that was confirmed, and says from now on how far it is.
    """

    order: OrderExport
    districts: tuple[str, ...] | None
    reports: int
    shown: str


EVENTS: Mapping[type[Event], Action] = dict.fromkeys((OrderExport, DoExport, Exportable, Exporting), Action.EXPORT)


def read(words: list[str], facts: OfficeFacts) -> Event | None:
    """Read `[period or first..last] [xlsx or csv] [district]` in any order; without a period it is the one that is due.

    A district outside of the scope is none.
    """
    span, format_, district = None, "", ""
    within = facts.who.districts if facts.who else ()
    for word in words:
        if word.lower() in FORMATS and not format_:
            format_ = word.lower()
        elif word in (DISTRICTS if within is None else within) and not district:
            district = word
        elif span is None:
            span = _read_span(word, facts)
            if span is None:
                return None
        else:
            return None
    due = due_period(facts.now)
    first, last = span or (due, due)
    return OrderExport(str(first), str(last), district, format_)


def _read_span(word: str, facts: OfficeFacts) -> tuple[Period, Period] | None:
    for sign in _TO:
        word = word.replace(sign, _DASH)
    ends = [read_period(end, facts.now) for end in word.split(_DASH)]
    periods = [end for end in ends if end is not None]
    if len(periods) != len(ends) or len(ends) > 2:  # noqa: PLR2004 -- from, and to
        return None
    first, last = min(periods), max(periods)
    return (first, last) if last < first.plus(MOST_MONTHS) else None


def step(event: Event, facts: OfficeFacts) -> Turn[None]:
    """Take one of `EVENTS`."""
    match event:
        case OrderExport():
            return Turn(None, effects=(LookAtExport(event),))
        case Exportable(order, reports) if not reports:
            return Turn(None, (Page((text("export-none", **_named(order, facts)),)),), refused=True)
        case Exportable():
            return Turn(None, (_preview(event, facts),))
        case DoExport():
            return Turn(None, effects=(Export(OrderExport(event.first, event.last, event.district, event.format)),))
        case Exporting():
            return Turn(None, _making(event, facts))
        case _:
            raise AssertionError(event)


def _preview(event: Exportable, facts: OfficeFacts) -> Page:
    order, reports = event.order, sum(event.reports.values())
    lines: list[Words] = [
        text("export-title", **_named(order, facts)),
        text("export-reports", reports=reports, versions="、".join(event.reports)),
    ]
    formats = [one for one in FORMATS if order.format in ("", one) and reports <= MOST_REPORTS[one]]
    if not formats:
        return Page((*lines, text("export-too-many", most=MOST_REPORTS[order.format or "xlsx"])))
    lines += [text("export-holds"), text("export-personal")]
    if len(event.reports) > 1 and "csv" in formats:
        # The versions have other columns, and a CSV file has only one table.
        lines.append(text("export-one-table"))
        formats = ["xlsx"]
    ask = (*asked_by(facts), order.first, order.last, order.district)
    row = tuple(Button(_FORMAT_NAMES[one], DoExport(*ask, one)) for one in formats)
    return Page(tuple(lines), (row,))


def _making(event: Exporting, facts: OfficeFacts) -> tuple[Page, ...]:
    order, names = event.order, _named(event.order, facts)
    document = {
        "kind": "export",
        "first": order.first,
        "last": order.last,
        "districts": event.districts,
        "format": order.format,
        "scope": _scope(order, facts),
        "progress": event.shown,
        "protected": True,
    }
    return (
        Page((text("export-making", reports=event.reports, **names),), in_place=True),
        Page((text("export-caption", **names), text("export-personal")), document=document),
    )


def _named(order: OrderExport, facts: OfficeFacts) -> dict[str, Words]:
    return {"what": span_name(order.first, order.last), "scope": scope_name(_scope(order, facts))}


def _scope(order: OrderExport, facts: OfficeFacts) -> str:
    return order.district or (facts.who.scope if facts.who else CITY)


def span_name(first: str, last: str) -> Words:
    """Return how the periods from one to another are called."""
    return first if first == last else text("export-span", first=first, last=last)


def scope_name(scope: str) -> Words:
    """Return how a scope is called."""
    return text("export-city") if scope == CITY else scope


_FORMAT_NAMES = {"xlsx": text("button-export-xlsx"), "csv": text("button-export-csv")}
