"""What administrators decide."""

from bot.effects.enterprises import basics_of
from bot.exchange import Performer
from bot.office import OfficeExchange
from dialogs import returns, seats
from dialogs.enterprises import Linking
from dialogs.office.orders import FindEnterprise, Matches
from dialogs.office.requests import Asked, Decided, DecideRequest, RequestGone
from dialogs.office.returning import LookAtReturn, NotReturnable, Return, Returnable, WasReturned
from dialogs.periods import Period
from dialogs.report import Report, ReportState
from dialogs.turn import Effect, Event
from storage import offices, people, requests
from storage.requests import Request
from storage.work import Case


async def _decide(at: OfficeExchange, effect: DecideRequest) -> Event:
    if at.who is None:
        return RequestGone()
    request = await requests.decide(
        at.tx, effect.request, at.who.districts, granted=effect.granted, by=at.who.account, at=at.now
    )
    if request is None:
        return RequestGone()
    match request.kind:
        case "link":
            return await _link(at, request, granted=effect.granted)
        case "seat":
            return await _seat(at, request, granted=effect.granted)
        case _:
            return await _return(at, request, granted=effect.granted)


async def _link(at: OfficeExchange, request: Request, *, granted: bool) -> Event:
    linking = Linking(asking="sure", **request.detail)
    asked = await _asked(at, request, linking.name, linking.code)
    number = 0
    if granted:
        number = await people.link_enterprise(at.tx, basics_of(linking), request.person, at.now)
    at.record(f"link-{_how(granted)}", {"person": request.person, "code": linking.code}, enterprise=number or None)
    page = seats.told_decision("link", number, linking.name, granted=granted)
    await at.tell(request.person, page, enterprise=number or None)
    return Decided(asked, _how(granted))


async def _seat(at: OfficeExchange, request: Request, *, granted: bool) -> Event:
    enterprise = request.enterprise or 0
    await at.work.lock_enterprise(enterprise)
    known = await people.basics_of(at.tx, enterprise)
    asked = await _asked(at, request, known.name, known.code)
    seat = await people.seat_of(at.tx, enterprise, request.person)
    if granted and (seat is None or seat.holder is not None):
        # Somebody else has it by now, or the person is not linked any more: granting it would not make it so.
        at.record("seat-refused", {"person": request.person}, enterprise=enterprise)
        page = seats.told_decision("seat", enterprise, known.name, granted=False)
        await at.tell(request.person, page, enterprise=enterprise)
        return Decided(asked, "impossible")
    if granted:
        await people.take_seat(at.tx, enterprise, request.person, at.now)
        await at.work.forget_case(enterprise)
    at.record(f"seat-{_how(granted)}", {"person": request.person}, enterprise=enterprise)
    page = seats.told_decision("seat", enterprise, known.name, granted=granted)
    await at.tell(request.person, page, enterprise=enterprise)
    return Decided(asked, _how(granted))


async def _return(at: OfficeExchange, request: Request, *, granted: bool) -> Event:
    enterprise, period = request.enterprise or 0, Period.parse(request.period or "")
    await at.work.load_cases([(enterprise, period)])
    case = at.work.cases[enterprise]
    asked = await _asked(at, request, case.enterprise.name, case.enterprise.code)
    if not granted:
        at.record("return-refused", {}, enterprise=enterprise, period=period)
        await at.tell(request.person, returns.told_no_return(case.enterprise.name, str(period)), enterprise=enterprise)
        return Decided(asked, "refused")
    if not await return_report(at, enterprise, period, reason=request.detail["reason"], items=()):
        return Decided(asked, "impossible")
    return Decided(asked, "granted")


async def return_report(
    at: OfficeExchange, enterprise: int, period: Period, *, reason: str, items: tuple[str, ...]
) -> bool:
    """Return a submitted report and tell its reporter; its case must be loaded, and be within the scope.

    Args:
        at: the exchange.
        enterprise: whose report.
        period: of which month.
        reason: what the reporter is told.
        items: the ids of the items to correct.

    Returns:
        Whether it was submitted, so that it could be returned.
    """
    case = at.work.cases[enterprise]
    by = at.who.account if at.who else ""
    back = await at.work.return_report(enterprise, period, reason=reason, items=items, by=by, at=at.now)
    if back is None:
        return False
    at.record("returned", {"revision": back.revision - 1, "items": items}, enterprise=enterprise, period=period)
    await requests.withdraw(at.tx, f"return {case.enterprise.code} {period}", at.now)
    if case.reporter is not None:
        form = at.policy.forms.version(back.form)
        name = case.enterprise.name
        told = returns.told_return(
            form, enterprise=enterprise, name=name, period=str(period), reason=reason, items=items
        )
        await at.tell(case.reporter, told, enterprise=enterprise)
    return True


def _how(granted: bool) -> str:  # noqa: FBT001 -- a word for it
    return "granted" if granted else "refused"


async def _asked(at: OfficeExchange, request: Request, name: str, code: str) -> Asked:
    """Return the request as the office reads it."""
    who = await people.person_of(at.tx, request.person)
    period, reason = request.period or "", request.detail.get("reason", "")
    return Asked(request.kind, name, code, who.name, who.phone, period, reason)


# ---- orders


async def _find(at: OfficeExchange, effect: FindEnterprise) -> Event:
    found, more = await offices.find_enterprises(at.tx, effect.query, at.scope)
    return Matches(found, more, effect.then)


async def _look_at_return(at: OfficeExchange, effect: LookAtReturn) -> Event:
    case, report = await _submitted(at, effect.enterprise, Period.parse(effect.period))
    name = case.enterprise.name
    if report is None or report.state is not ReportState.SUBMITTED:
        return NotReturnable(name, effect.period, report.state.value if report else "none")
    reporter = (await people.person_of(at.tx, case.reporter)).name if case.reporter else ""
    number = report.receipt.number if report.receipt else ""
    return Returnable(
        effect.enterprise, name, effect.period, report.form, report.revision, number, reporter, effect.rest
    )


async def _do_return(at: OfficeExchange, effect: Return) -> Event:
    period = Period.parse(effect.period)
    case, report = await _submitted(at, effect.enterprise, period)
    name = case.enterprise.name
    if report is None or report.state is not ReportState.SUBMITTED or report.revision != effect.revision:
        return NotReturnable(name, effect.period, report.state.value if report else "none")
    await return_report(at, effect.enterprise, period, reason=effect.reason, items=effect.items)
    reporter = (await people.person_of(at.tx, case.reporter)).name if case.reporter else ""
    return WasReturned(name, effect.period, reporter)


async def _submitted(at: OfficeExchange, enterprise: int, period: Period) -> tuple[Case, Report | None]:
    """Return the case of an enterprise within the scope, and its report.

    Raises:
        RuntimeError: it lies outside; only what was found within the scope can be asked for.
    """
    await at.work.load_cases([(enterprise, period)])
    case = at.work.cases.get(enterprise)
    if case is None or not at.covers(case.enterprise.district):
        message = "an enterprise outside of the scope"
        raise RuntimeError(message)
    return case, case.reports.get(period)


CARRIED_OUT: dict[type[Effect], Performer] = {
    DecideRequest: _decide,
    FindEnterprise: _find,
    LookAtReturn: _look_at_return,
    Return: _do_return,
}
