"""What every run has in common: who reports, and what each of them says from `/report` to the receipt."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from dialogs.form import Form, Forms, Indicator
from dialogs.periods import Period
from storage import people
from storage.database import Database

PERIOD: Final = Period(2021, 1)
NOW: Final = datetime.fromisoformat("2021-02-05T10:00+08:00")
"""When it is, for the bot: the period is due and nothing else is."""
RECEIPT: Final = "提交成功"
"""What the last answer of every report says, whichever bot gives it."""
SUBMIT, CONFIRM = "提交", "确认提交"
_FIRST_PERSON: Final = 6_000_000_001
_FIGURES: Final = {"employees": "25 24", "overdue_accounts_payable": "5 4", "ip_rights_obtained": "2 1 2 1"}
"""Of the indicators for which the figures of the others would be questioned."""


@dataclass(frozen=True, slots=True)
class Say:
    """Send that text."""

    words: str


@dataclass(frozen=True, slots=True)
class Press:
    """Press the button of that label under the newest message."""

    label: str


Step = Say | Press


@cache
def form_in_force() -> Form:
    """Return the form of the period, from the program's own data."""
    form = Forms.read().in_force(PERIOD)
    if form is None:
        raise LookupError(PERIOD)
    return form


def steps(number: int) -> tuple[Step, ...]:
    """Return what that reporter does, one thing after each answer. Everybody has other figures; none is questioned."""
    return (Say("/report"), *_answers(form_in_force(), number), Press(SUBMIT), Press(CONFIRM))


def _answers(form: Form, number: int) -> Iterator[Step]:
    of_two = f"{60 + number}.25 {55 + number}"
    of_four = f"{120 + number}.5 {110 + number} {120 + number}.5 {110 + number}"
    for item in form.items_in(PERIOD.month):
        if isinstance(item, Indicator):
            yield Say(_FIGURES.get(item.id, of_four if len(item.measures) > 2 else of_two))
        else:
            yield Press(form.option_label(item.options[0], PERIOD))


def reporter(number: int) -> int:
    """Return the account of a reporter, counted from 0."""
    return _FIRST_PERSON + number


def enterprise(number: int) -> str:
    """Return the name of the enterprise that a reporter reports for."""
    return f"上海示例第{number + 1}汽车零部件有限公司"


async def seed(database: Database, reporters: int) -> None:
    """Make the reporters known to the bot under test: each with a verified number, linked, and with a seat."""
    async with database.transaction() as tx:
        for number in range(reporters):
            who = await people.bind_phone(tx, "telegram", str(reporter(number)), f"+86139{number:08d}", NOW)
            await people.set_name(tx, who.id, "王芳")
            code = f"91310000BENCH{number:05d}"
            basics = people.Basics(code, enterprise(number), "浦东新区", "其他", "示例路 1 号", "021-55501234")
            company = await people.link_enterprise(tx, basics, who.id, NOW)
            await people.take_seat(tx, company, who.id, NOW)
