"""Exports that administrators order."""

from bot.exchange import Performer
from bot.office import OfficeExchange
from dialogs.office.exporting import Export, Exportable, Exporting, LookAtExport, OrderExport
from dialogs.periods import Period
from dialogs.turn import Effect, Event
from storage.export import Wanted, count_reports


async def _look(at: OfficeExchange, effect: LookAtExport) -> Event:
    return Exportable(effect.order, await count_reports(at.tx, _wanted(at, effect.order)))


async def _export(at: OfficeExchange, effect: Export) -> Event:
    order, wanted = effect.order, _wanted(at, effect.order)
    reports = await count_reports(at.tx, wanted)
    if not reports:
        return Exportable(order, reports)
    detail = {
        "first": order.first,
        "last": order.last,
        "districts": wanted.scope,
        "format": order.format,
        "reports": sum(reports.values()),
    }
    at.record("exported", detail)
    return Exporting(order, wanted.scope, sum(reports.values()), at.incoming.message)


def _wanted(at: OfficeExchange, order: OrderExport) -> Wanted:
    """Return what was ordered, as far as it lies within the scope."""
    scope = at.scope
    if order.district:
        scope = (order.district,) if at.covers(order.district) else ()
    return Wanted(Period.parse(order.first), Period.parse(order.last), scope)


CARRIED_OUT: dict[type[Effect], Performer] = {LookAtExport: _look, Export: _export}
