"""Reports: opened, listed, submitted."""

from bot.exchange import Performer, PersonExchange, focus_of
from dialogs.conversation import ListPeriods, Opened, Periods
from dialogs.filling import Submission
from dialogs.periods import due_period, fillable_periods
from dialogs.places import CannotOpen, OpenReport
from dialogs.report import ReportState
from dialogs.turn import Effect, Event
from storage import people


async def _open(at: PersonExchange, effect: OpenReport) -> Event:
    await at.work.load_cases([(effect.enterprise, effect.period)])
    if not at.is_reporter(effect.enterprise):
        return CannotOpen("seat")
    report = at.report(effect.enterprise, effect.period)
    if report is None:
        return CannotOpen("form")
    # What was submitted is shown, and what was returned is to be corrected, however long ago.
    if report.state is ReportState.DRAFT and effect.period not in fillable_periods(at.now):
        return CannotOpen("period")
    at.desk = at.desk_for(report)
    return Opened(report, at.desk)


async def _periods(at: PersonExchange, effect: ListPeriods) -> Event:
    await at.work.load_cases([(effect.enterprise, due_period(at.now))])
    if not at.is_reporter(effect.enterprise):
        return CannotOpen("seat")
    name = at.work.cases[effect.enterprise].enterprise.name
    return Periods(effect.enterprise, name, await people.report_states(at.tx, effect.enterprise))


async def _submit(at: PersonExchange, effect: Submission) -> None:
    focus = focus_of(at.session)
    if focus is None or not at.is_reporter(focus[0]):
        message = "a submission without a reporter"
        raise RuntimeError(message)
    report = at.work.cases[focus[0]].reports[focus[1]]
    await at.work.submit(report, effect, at.me.id)
    detail = {"number": effect.receipt.number, "digest": effect.receipt.digest}
    at.record("submitted", detail, enterprise=report.enterprise, period=report.period)


CARRIED_OUT: dict[type[Effect], Performer] = {OpenReport: _open, ListPeriods: _periods, Submission: _submit}
