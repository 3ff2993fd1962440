"""Why reports are returned: by a reply in one's own words, or by the press of a button."""

from collections.abc import Callable

from dialogs.texts import DEFAULT_LANGUAGE, write_out
from dialogs.turn import Button, Event, Page, Words, text

REASONS = ("return-reason-figures", "return-reason-unit", "return-reason-missing")
"""The reasons that can be given by a press."""


def ask_reason(title: Words, event: Callable[[str], Event]) -> Page:
    """Return the page that asks for a reason, by a reply or by the press of a button.

    Args:
        title: what is to be returned.
        event: makes the event of a reason, which is its last field.
    """
    # The reporter reads it, in the language of the form, whatever the office's own is.
    rows = tuple((Button(text(id_), event(write_out(text(id_), DEFAULT_LANGUAGE))),) for id_ in REASONS)
    return Page((title, text("office-ask-reason")), rows, reply=event(""))
