"""The log itself: one line an event, and nothing that can go wrong with it stops the program."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SAY = (
    "from bot.log import set_up_logs; import structlog; set_up_logs('INFO');"
    "structlog.get_logger().info('受理', number=1); print('on')"
)


@pytest.mark.parametrize("stream", ["/dev/full", "/dev/null"])
def test_a_log_that_cannot_be_written_stops_nothing(stream: str) -> None:
    with Path(stream).open("w", encoding="utf-8") as broken:
        done = subprocess.run([sys.executable, "-c", SAY], cwd=ROOT, stdout=subprocess.PIPE, stderr=broken, check=False)
    assert done.stdout == b"on\n"


def test_an_event_is_one_line_of_json() -> None:
    done = subprocess.run([sys.executable, "-c", SAY], cwd=ROOT, capture_output=True, check=True, text=True)
    assert done.stderr.count("\n") == 1
    assert '"event": "受理"' in done.stderr
    assert '"level": "info"' in done.stderr
