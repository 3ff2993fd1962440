"""Returns that reporters ask for."""

from bot.exchange import Performer, PersonExchange
from dialogs.office.requests import Asked, asked_page
from dialogs.periods import Period
from dialogs.places import CannotOpen
from dialogs.report import ReportState
from dialogs.returns import LookAtSubmission, RequestReturn, ReturnAsked, ReturnPossible
from dialogs.turn import Effect, Event
from storage import people, requests


async def _look(at: PersonExchange, effect: LookAtSubmission) -> Event:
    return await _submitted(at, effect.enterprise, effect.period) or ReturnPossible(
        effect.enterprise, at.work.cases[effect.enterprise].enterprise.name, effect.period
    )


async def _ask(at: PersonExchange, effect: RequestReturn) -> Event:
    if refusal := await _submitted(at, effect.enterprise, effect.period):
        return refusal
    known, period = at.work.cases[effect.enterprise].enterprise, Period.parse(effect.period)
    subject = f"return {known.code} {period}"
    request = requests.Request(
        "return", subject, known.district, known.id, at.me.id, str(period), {"reason": effect.reason}
    )
    number = await requests.add(at.tx, request, at.now)
    if number is not None:
        at.record("return-asked", {}, enterprise=known.id, period=period)
        phone = await people.phone_of(at.tx, at.me.id)
        asked = Asked("return", known.name, known.code, at.me.name, phone or "", str(period), effect.reason)
        await at.tell_office(known.district, asked_page(number, asked), enterprise=known.id)
    return ReturnAsked(known.name, str(period), known.district)


async def _submitted(at: PersonExchange, enterprise: int, period: str) -> Event | None:
    """Return why a return cannot be asked for; None when it can, and then the case is loaded."""
    try:
        wanted = Period.parse(period)
    except ValueError:
        return CannotOpen("period")
    await at.work.load_cases([(enterprise, wanted)])
    if not at.is_reporter(enterprise):
        return CannotOpen("seat")
    case = at.work.cases[enterprise]
    report = case.reports.get(wanted)
    if report is None or report.state is not ReportState.SUBMITTED:
        return CannotOpen("report")
    if await requests.is_open(at.tx, f"return {case.enterprise.code} {wanted}"):
        return ReturnAsked(case.enterprise.name, period, case.enterprise.district)
    return None


CARRIED_OUT: dict[type[Effect], Performer] = {LookAtSubmission: _look, RequestReturn: _ask}
