"""Returns of several reports at once."""

from bot.attachment import BadFileError, attached
from bot.effects.office import return_report
from bot.exchange import Performer
from bot.list_file import MOST_BYTES, read_list
from bot.office import OfficeExchange
from dialogs.office.returning_many import (
    LookAtReturns,
    ManyReturnable,
    NamesUnread,
    OrderReturns,
    ReadNames,
    ReturnMany,
    WereReturned,
)
from dialogs.periods import Period
from dialogs.report import ReportState
from dialogs.turn import Effect, Event
from storage import moving


async def _read(at: OfficeExchange, effect: ReadNames) -> Event:
    try:
        names = attached(at.incoming, MOST_BYTES, read_list)
    except BadFileError as error:
        return NamesUnread(str(error))
    return OrderReturns(effect.period, "\n".join(names), effect.reason)


async def _look(at: OfficeExchange, effect: LookAtReturns) -> Event:
    await at.work.write_reports()
    found = await moving.find_all(at.tx, effect.names, at.scope)
    unknown = tuple(name for name in effect.names if len(found.get(name, ())) != 1)
    meant = {matches[0].id: matches[0] for matches in found.values() if len(matches) == 1}
    revisions = await moving.submitted(at.tx, meant, effect.period)
    ready = tuple((one.id, revisions[one.id], one.name) for one in meant.values() if one.id in revisions)
    others = tuple(one.name for one in meant.values() if one.id not in revisions)
    return ManyReturnable(effect.period, effect.reason, ready, others, unknown, effect.names)


async def _return(at: OfficeExchange, effect: ReturnMany) -> Event:
    period = Period.parse(effect.period)
    await at.work.load_cases([(enterprise, period) for enterprise, _ in effect.chosen])
    done = 0
    for enterprise, revision in effect.chosen:
        case = at.work.cases.get(enterprise)
        if case is None or not at.covers(case.enterprise.district):
            continue
        report = case.reports.get(period)
        if report is not None and report.state is ReportState.SUBMITTED and report.revision == revision:
            done += await return_report(at, enterprise, period, reason=effect.reason, items=())
    return WereReturned(effect.period, done, len(effect.chosen) - done)


CARRIED_OUT: dict[type[Effect], Performer] = {ReadNames: _read, LookAtReturns: _look, ReturnMany: _return}
