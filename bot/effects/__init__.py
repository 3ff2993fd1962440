"""What the dialogs want done outside of themselves, carried out within the transaction of the message."""

from collections.abc import Mapping

from bot.effects import (
    account,
    directory,
    enterprises,
    office,
    office_broadcasting,
    office_exporting,
    office_journal,
    office_moving,
    office_overview,
    office_returns,
    people,
    reading,
    reminders,
    reports,
    returns,
    seats,
)
from bot.exchange import Performer
from dialogs.turn import Effect

CARRIED_OUT: Mapping[type[Effect], Performer] = {
    **people.CARRIED_OUT,
    **account.CARRIED_OUT,
    **directory.CARRIED_OUT,
    **enterprises.CARRIED_OUT,
    **seats.CARRIED_OUT,
    **reports.CARRIED_OUT,
    **reading.CARRIED_OUT,
    **reminders.CARRIED_OUT,
    **returns.CARRIED_OUT,
    **office.CARRIED_OUT,
    **office_broadcasting.CARRIED_OUT,
    **office_exporting.CARRIED_OUT,
    **office_overview.CARRIED_OUT,
    **office_returns.CARRIED_OUT,
    **office_moving.CARRIED_OUT,
    **office_journal.CARRIED_OUT,
}
"""How each kind of effect is carried out; a test asks for all that there are."""
