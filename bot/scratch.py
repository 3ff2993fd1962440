"""Folders in which files are made. They hold everybody's figures: none stays, even of a process that was killed."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, gettempdir

_PREFIX = "tianbao-file-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield an empty folder that is removed at the end of the block, or by `clear_scratch` if it never gets there."""
    with TemporaryDirectory(prefix=_PREFIX) as name:
        held = os.open(name, os.O_RDONLY)
        try:
            # The system lets go of it, however the process ends.
            fcntl.flock(held, fcntl.LOCK_EX)
            yield Path(name)
        finally:
            os.close(held)


def clear_scratch() -> None:
    """Remove the folders of processes that were killed; those of living ones, ours or others', are left alone."""
    for folder in Path(gettempdir()).glob(f"{_PREFIX}*"):
        # Somebody else's, or a living process's, or one that is just being removed.
        with suppress(OSError):
            held = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                rmtree(folder)
            finally:
                os.close(held)
