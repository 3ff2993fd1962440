"""What was filed, looked at by whoever is linked to the enterprise."""

from bot.exchange import Performer, PersonExchange
from dialogs.places import CannotOpen
from dialogs.reading import (
    Dossier,
    HistoryRead,
    ListReadable,
    ReadableListed,
    ReadHistory,
    ReadReport,
    ReadYear,
    ReportRead,
    YearRead,
)
from dialogs.report import ReportState
from dialogs.turn import Effect, Event
from storage import reading


async def _list(at: PersonExchange, effect: ListReadable) -> Event:
    return ReadableListed(effect.asked, await reading.linked(at.tx, at.me.id))


async def _history(at: PersonExchange, effect: ReadHistory) -> Event:
    found = await reading.readable(at.tx, effect.asked.enterprise, at.me.id)
    if found is None:
        return CannotOpen("link")
    await at.work.write_reports()
    filings = await reading.filings(at.tx, found.enterprise.id, effect.year, at.me.id)
    return HistoryRead(effect.asked, effect.year, found.enterprise, found.mine, filings, at.policy.forms)


async def _year(at: PersonExchange, effect: ReadYear) -> Event:
    found = await reading.readable(at.tx, effect.asked.enterprise, at.me.id)
    if found is None:
        return CannotOpen("link")
    filed = await reading.newest_contents(at.tx, found.enterprise.id, effect.year, at.me.id)
    return YearRead(effect.asked, effect.year, found.enterprise, filed, at.policy.forms)


async def _report(at: PersonExchange, effect: ReadReport) -> Event:
    who, period, forms = at.me.id, effect.period, at.policy.forms
    found = await reading.readable(at.tx, effect.asked.enterprise, who)
    if found is None:
        return CannotOpen("link")
    number = found.enterprise.id
    await at.work.write_reports()
    stored = await reading.stored(at.tx, number, period, who, draft=found.mine)
    if stored is None:
        return CannotOpen("report" if forms.in_force(period) else "history")
    dossier = Dossier(
        found.enterprise,
        period,
        found.mine,
        stored.state,
        forms.version(stored.form),
        stored.draft if stored.state is ReportState.DRAFT else None,
        await reading.revisions(at.tx, number, period, who),
        await reading.returns(at.tx, number, period, who),
    )
    return ReportRead(effect.asked, dossier, forms)


CARRIED_OUT: dict[type[Effect], Performer] = {
    ListReadable: _list,
    ReadHistory: _history,
    ReadYear: _year,
    ReadReport: _report,
}
