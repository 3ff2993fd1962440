"""Whatever a dialog wants done, somebody does; and whatever leads somewhere, a dialog takes."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import dialogs
from bot.effects import CARRIED_OUT
from dialogs import places
from dialogs.conversation import step
from dialogs.home import Facts, Person
from dialogs.turn import Effect, Event
from tests.forms_data import NOW


def all_of(kind: type) -> Iterator[type]:
    """Return all that are of a kind, in every dialog."""
    for module in pkgutil.walk_packages(dialogs.__path__, "dialogs."):
        import_module(module.name)
    pending: list[type] = [kind]
    while pending:
        below: list[type] = pending.pop().__subclasses__()
        for found in below:
            if found.__module__.startswith("dialogs."):
                pending.append(found)
                yield found


def test_each_effect_is_carried_out_by_somebody() -> None:
    names = {f"{effect.__module__}.{effect.__name__}" for effect in all_of(Effect)}
    known = {f"{effect.__module__}.{effect.__name__}" for effect in CARRIED_OUT}
    assert names == known
    assert len(names) > 20


WORTH = {"enterprise": 7, "period": "2021-01", "invitation": "x"}


def test_each_place_is_taken_by_a_dialog() -> None:
    """None of what leads from one dialog to another ends as a button that is said to have expired."""
    places_ = [event for event in Event.by_tag.values() if event.__module__ == places.__name__]
    assert len(places_) > 10
    for event in places_:
        values = {name: WORTH[name] for name in getattr(event, "__match_args__", ()) if name in WORTH}
        if event not in (places.CannotOpen, places.Said):
            turn = step(places.AtHome(), event(**values), Facts(NOW, Person(5, "王小明")))
            assert not turn.refused, event
