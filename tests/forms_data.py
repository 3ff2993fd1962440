"""What the tests of the dialogs share: the manual's two forms, figures for them, a reporter who types and presses."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from dialogs import filling
from dialogs.filling import Desk, Enterprise, Filling
from dialogs.form import Form, Forms, Indicator
from dialogs.periods import Period
from dialogs.report import Chosen, Entered, Report
from dialogs.texts import write_out
from dialogs.turn import Button, Event, Page, Turn

FORMS = Forms.read()
FORM_2020, FORM_2021 = FORMS.version("2020-01"), FORMS.version("2021-01")
DECEMBER, JANUARY, APRIL = Period(2020, 12), Period(2021, 1), Period(2021, 4)
NOW = datetime(2021, 2, 18, 6, 30, tzinfo=UTC)
REPORTER = 5
ENTERPRISE = Enterprise(7, "91310000MA1FL0LJ47", "前沿科技有限公司", "徐汇")

TYPED_2020: Mapping[str, str] = {
    "gross_industrial_output": "100 90 1200 1100",
    "operating_revenue": "120 110 1,300 1,200",
    "export_delivery_value": "0 0 0 0",
    "total_profit": "10 9 110 100",
    "taxes_payable": "5 4",
    "accounts_receivable": "50 45",
    "overdue_accounts_receivable": "5 4",
    "loan_balance": "30 30",
    "finance_costs": "1.2 1.1",
    "operating_costs": "900 850",
    "finished_goods": "20 18",
    "notes_receivable": "3 3",
    "employees": "43 40",
    "electricity_consumption": "12000 11000 150000 140000",
    "capacity_utilization": "85 80",
    "rd_expenditure": "6 5 60 50",
    "ip_rights_obtained": "1 0 5 4",
}
"""A report of 2020-12 in which nothing is suspicious."""

TYPED_2021: Mapping[str, str] = {
    "operating_revenue": "120 110 120 110",
    "total_profit": "-10 -9 -10 -9",
    "taxes_payable": "5 4",
    "accounts_payable": "50 45",
    "overdue_accounts_payable": "5 4",
    "loan_balance": "30 30",
    "finance_costs": "1.2 1.1",
    "operating_costs": "90 85",
    "notes_receivable": "3 3",
    "employees": "43 40",
    "rd_expenditure": "6 5 6 5",
    "ip_rights_obtained": "1 0 1 0",
}
"""A report of 2021-01 in which nothing is suspicious."""

MANUAL_2021: Mapping[str, str] = {
    "operating_revenue": "12.00 12.00 12.00 2.00",
    "total_profit": "21.00 0.00 21.00 1.00",
    "taxes_payable": "2.00 21.00",
    "accounts_payable": "12.00 12.00",
    "notes_receivable": "21.00 4.00",
    "employees": "43.00 3.00",
    "rd_expenditure": "2.00 23.00 2.00 2.00",
    "ip_rights_obtained": "3.00 3.00 3.00 0.02",
}
"""The stored report of figure 2-2-7; the rows that it shows as "-" are left out."""


def desk(form: Form, now: datetime = NOW) -> Desk:
    """Return the desk of the reporter at that moment."""
    return Desk(form, ENTERPRISE, REPORTER, now)


def blank(period: Period) -> Report:
    """Return the untouched report of that period."""
    form = FORMS.in_force(period)
    assert form
    return Report(ENTERPRISE.id, period, form.version)


def full(period: Period, typed: Mapping[str, str]) -> Report:
    """Return the report of that period with those figures, and the last option chosen for every question."""
    form = FORMS.in_force(period)
    assert form
    figures: dict[str, Entered] = {}
    choices: dict[str, Chosen] = {}
    for item in form.items_in(period.month):
        if not isinstance(item, Indicator):
            choices[item.id] = Chosen(item.options[-1].id, REPORTER, NOW)
        elif item.id in typed:
            cent = Decimal(1).scaleb(-form.unit_of[item.id].decimals)
            for measure, figure in zip(item.measures, typed[item.id].replace(",", "").split(), strict=True):
                figures[f"{item.id}.{measure}"] = Entered(Decimal(figure).quantize(cent), REPORTER, NOW)
    return Report(ENTERPRISE.id, period, form.version, figures=figures, choices=choices)


def written(page: Page, language: str = "zh-CN") -> str:
    """Return the text of a page."""
    return "\n".join(write_out(line, language) for line in page.lines)


def buttons(page: Page) -> Iterator[Button]:
    """Return the buttons of a page, row by row."""
    for row in page.rows:
        yield from row


def labels(page: Page, language: str = "zh-CN") -> list[str]:
    """Return what the buttons of a page read."""
    return [write_out(button.label, language) for button in buttons(page)]


def pressed(page: Page, label: str) -> Event:
    """Return what a press on the button of that label means."""
    found = [button.event for button in buttons(page) if write_out(button.label, "zh-CN") == label]
    assert len(found) == 1, f"{label} is not one of {labels(page)}"
    return found[0]


class Reporter:
    """Fills a report: types, presses what is on the last page, and reads."""

    def __init__(self, report: Report, *, now: datetime = NOW) -> None:
        """Put the report on the desk."""
        self.desk = desk(FORMS.version(report.form), now)
        self.state = filling.settle(Filling(report), self.desk)
        self.page = filling.page_of(self.state, self.desk)
        self.turn: Turn[Filling] = Turn(self.state, (self.page,))

    @property
    def report(self) -> Report:
        """The report as it is now."""
        return self.state.report

    @property
    def reads(self) -> str:
        """What the last page says."""
        return written(self.page)

    def do(self, event: Event) -> str:
        """Let an event happen and return what is said to it."""
        before = self.state
        self.turn = filling.step(before, event, self.desk)
        self.state = self.turn.state
        assert not self.turn.refused or self.state.report == before.report
        if self.turn.pages:
            self.page = self.turn.pages[-1]
            return self.reads
        assert self.turn.notice
        return write_out(self.turn.notice, "zh-CN")

    def say(self, typed: str) -> str:
        """Type a message and return the answer."""
        return self.do(filling.interpret(self.state, typed, self.desk))

    def press(self, label: str) -> str:
        """Press the button of that label on the last page and return the answer."""
        return self.do(pressed(self.page, label))

    def fill(self, typed: Mapping[str, str]) -> None:
        """Answer everything that is asked with those figures and the last option; skip what is not among them."""
        while self.state.cursor and (item := self.desk.form.item.get(self.state.cursor.name)):
            if not isinstance(item, Indicator):
                self.say(str(len(item.options)))
            elif item.id in typed:
                self.say(typed[item.id])
            else:
                self.press("跳过")
