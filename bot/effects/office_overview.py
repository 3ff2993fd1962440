"""What administrators look up: how a period stands, who is missing, enterprises and their reports."""

from bot.exchange import Performer
from bot.office import OfficeExchange
from dialogs.office.finding import (
    Filed,
    FiledRead,
    FoundRead,
    ReadFiled,
    ReadFound,
    Searched,
    SearchEnterprises,
)
from dialogs.office.overview import (
    A_PAGE,
    CountPeriod,
    ExportNoted,
    ListMissing,
    MissingListed,
    NoteExport,
    PeriodCounted,
    ShowMissing,
)
from dialogs.periods import Period
from dialogs.reading import Dossier
from dialogs.report import ReportState
from dialogs.turn import Effect, Event
from storage import offices, overview, reading
from storage.offices import Scope


async def _count(at: OfficeExchange, effect: CountPeriod) -> Event:
    cells = await overview.tally(at.tx, effect.period, effect.moments, at.scope)
    return PeriodCounted(effect.period, effect.moments, cells)


async def _list(at: OfficeExchange, effect: ListMissing) -> Event:
    asked, period, closes = effect.asked, Period.parse(effect.asked.period), effect.deadline
    districts = _districts(at, asked.district)
    page, total, beyond = max(asked.page, 1), asked.total, asked.beyond
    backwards = bool(asked.backwards) and beyond is not None
    rows = await overview.missing(at.tx, period, closes, districts, beyond=beyond, backwards=backwards, most=A_PAGE + 1)
    if not rows and page > 1:
        # All that was there has submitted meanwhile.
        return await _list(at, ListMissing(ShowMissing(asked.period, asked.district, 1), closes))
    if page == 1:
        total = await overview.count_missing(at.tx, period, closes, districts)
    if backwards:
        # There is something behind: the page that was turned back from.
        return MissingListed(asked, page, total, tuple(rows[-A_PAGE:]), more=True)
    return MissingListed(asked, page, total, tuple(rows[:A_PAGE]), more=len(rows) > A_PAGE)


async def _note_export(at: OfficeExchange, effect: NoteExport) -> Event:
    asked = effect.asked
    at.record("missing-exported", {"district": asked.district}, period=Period.parse(asked.period))
    return ExportNoted(asked, _districts(at, asked.district))


def _districts(at: OfficeExchange, named: str) -> Scope:
    """Return the scope, or the one district of it that was named; a button of another scope gets nothing."""
    if not named:
        return at.scope
    return (named,) if at.covers(named) else ()


async def _search(at: OfficeExchange, effect: SearchEnterprises) -> Event:
    matches, more = await offices.find_enterprises(at.tx, effect.query, at.scope)
    cards = await overview.cards(at.tx, [match.id for match in matches], effect.period, at.scope)
    return Searched(effect.period, cards, more)


async def _found(at: OfficeExchange, effect: ReadFound) -> Event:
    found = await overview.found(at.tx, effect.asked.enterprise, effect.period, effect.years, at.scope)
    return FoundRead(effect.asked, found)


async def _filed(at: OfficeExchange, effect: ReadFiled) -> Event:
    number, period, who = effect.asked.enterprise, effect.period, reading.Office(at.scope)
    enterprise = await overview.enterprise_of(at.tx, number, at.scope)
    if enterprise is None:
        return FiledRead(effect.asked, None, None)
    stored = await reading.stored(at.tx, number, period, who, draft=True)
    if stored is None or stored.draft is None:
        return FiledRead(effect.asked, enterprise.name, None)
    dossier = Dossier(
        enterprise,
        period,
        mine=False,
        state=stored.state,
        form=at.policy.forms.version(stored.form),
        revisions=await reading.revisions(at.tx, number, period, who),
        returns=await reading.returns(at.tx, number, period, who),
    )
    # What is entered since a return is a draft.
    entered = stored.draft.figures if stored.state is ReportState.SUBMITTED else {}
    names = await overview.names_of(at.tx, {one.by for one in entered.values()})
    return FiledRead(effect.asked, enterprise.name, Filed(dossier, entered, names))


CARRIED_OUT: dict[type[Effect], Performer] = {
    CountPeriod: _count,
    ListMissing: _list,
    NoteExport: _note_export,
    SearchEnterprises: _search,
    ReadFound: _found,
    ReadFiled: _filed,
}
