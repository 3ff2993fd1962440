"""The one clock: whatever needs the time is given one of these."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""


class SystemClock:
    """The time of the machine, or one that runs beside it from another start (for rehearsals)."""

    def __init__(self, start: datetime | None = None) -> None:
        """Start the clock.

        Args:
            start: what time it is to be now; aware. The machine's own time when left out.
        """
        self._ahead = start - datetime.now(UTC) if start else timedelta()

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC) + self._ahead


class StandingClock:
    """Always the same time, so that what is written down comes out the same again."""

    def __init__(self, at: datetime) -> None:
        """Stop the clock at an aware datetime."""
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """Return that instant, in UTC."""
        return self._at

    def move(self, at: datetime) -> None:
        """Stop the clock at another aware datetime."""
        self._at = at.astimezone(UTC)
