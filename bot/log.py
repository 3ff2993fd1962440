"""Logs: one JSON line an event, with nothing in it that belongs to a person or an enterprise.

Only what this program itself puts into an event is written; texts of exceptions are not, as they may hold what
somebody typed, a phone number or the token.
"""

import logging
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TextIO, cast

import structlog


class _Stream:
    """Standard error, of which a full disk or a closed pipe stops nobody's report."""

    @staticmethod
    def write(line: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(line)

    @staticmethod
    def flush() -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def set_up_logs(level: str) -> None:
    """Send the program's events to standard error as JSON, and keep the libraries' chatter out.

    Args:
        level: of the program's own events, by name.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Stream())),
        cache_logger_on_first_use=True,
    )
    # httpx writes the address of each call at INFO, which holds the token; SQLAlchemy and aiosqlite write parameters
    # at DEBUG.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s", force=True)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)


def trace(error: BaseException) -> list[str]:
    """Return where an exception came from: each frame, the innermost last. Never its text."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
