"""What a process has used so far, as the system tells it."""

import os
from pathlib import Path
from typing import Final

_STATE_FIELD: Final = 3
"""The number (from 1) of the first field after the name in /proc/…/stat; proc(5) counts so."""
_USER, _SYSTEM = 14 - _STATE_FIELD, 15 - _STATE_FIELD


def cpu_seconds(pid: int) -> float | None:
    """Return the user and system time of a process with all its threads; None where the system has no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / os.sysconf("SC_CLK_TCK")


def peak_memory(pid: int) -> float | None:
    """Return the most memory that a process has had resident, in MiB; None where the system has no /proc."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return None
    found = [line.split() for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(found[0][1]) / 1024 if found else None


def bind(pid: int, cores: set[int]) -> None:
    """Let a process run on these cores only, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(pid, cores)


def cores() -> list[int]:
    """Return the cores that may be used; empty where the system cannot tell."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
