"""Faults on demand: what can go wrong between a bot and Telegram."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, Self

from tests.botapi.wire import BLOCKED, ApiError, Json, flood

Stage = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong; made by the class methods, refined by `on`.

    A fault strikes before the call is processed (nothing happens) or after it (it happened, but the bot cannot know).

    Attributes:
        stage: before or after processing.
        seconds: how long the call is held up.
        error: the refusal sent; None with `cut` false is a mere delay.
        cut: whether the connection is closed without an answer.
        method: the method it strikes, empty for all but getUpdates.
        times: how often it strikes; negative for always.
        when: looks at the parameters and says whether to strike.
    """

    stage: Stage = "before"
    seconds: float = 0.0
    error: ApiError | None = None
    cut: bool = False
    method: str = ""
    times: int = 1
    when: Callable[[Json], bool] = field(default=lambda _: True)

    @classmethod
    def refuse(cls, code: int, description: str, **parameters: int) -> Self:
        """Refuse with any code and text; 502 and above answer with a page of HTML, as a gateway does."""
        return cls(error=ApiError(code, description, parameters))

    @classmethod
    def flood(cls, retry_after: int) -> Self:
        """Refuse with 429 and `retry_after`."""
        return cls(error=flood(retry_after))

    @classmethod
    def blocked(cls) -> Self:
        """Refuse with 403, blocked by the user."""
        return cls(error=ApiError(403, BLOCKED))

    @classmethod
    def server_error(cls, code: int = 500) -> Self:
        """Answer 500, 502, 503 or 504."""
        return cls.refuse(code, "Internal Server Error")

    @classmethod
    def delay(cls, seconds: float) -> Self:
        """Process and answer, but `seconds` later."""
        return cls(seconds=seconds)

    @classmethod
    def hang(cls, seconds: float = 3600.0, stage: Stage = "before") -> Self:
        """Never answer: hold the connection for `seconds`, then close it."""
        return cls(stage, seconds, cut=True)

    @classmethod
    def drop(cls, stage: Stage = "before") -> Self:
        """Close the connection at once, before processing or (answer lost) after it."""
        return cls(stage, cut=True)

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Make a fault from its fields; `error` is `[code, description, {parameters}]`."""
        error = value.get("error")
        return cls(**{**value, "error": error and ApiError(*error)})

    def on(self, method: str = "", *, times: int = 1, when: Callable[[Json], bool] | None = None) -> Self:
        """Return the fault limited to a method, a number of times, and calls whose parameters satisfy `when`."""
        return replace(self, method=method.lower(), times=times, when=when or self.when)

    @property
    def name(self) -> str:
        """A word for the record of calls."""
        if self.error is not None:
            return str(self.error.code)
        return f"{'cut' if self.cut else 'delay'} {self.stage}"


class Faults:
    """The faults waiting to strike, in the order they were added."""

    def __init__(self) -> None:
        """Start without any."""
        self._waiting: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        """Queue faults; the first that fits a call strikes it."""
        self._waiting += [replace(fault, method=fault.method.lower()) for fault in faults]

    def clear(self) -> None:
        """Forget those that have not struck."""
        self._waiting.clear()

    def strike(self, method: str, parameters: Json) -> Fault | None:
        """Return the fault for a call, used up by one, or None."""
        for place, fault in enumerate(self._waiting):
            if (fault.method == method if fault.method else method != "getupdates") and fault.when(parameters):
                if fault.times == 1:
                    del self._waiting[place]
                elif fault.times > 0:
                    self._waiting[place] = replace(fault, times=fault.times - 1)
                return fault
        return None
