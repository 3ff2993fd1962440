"""An emulator as a process: prints its address and the bot's token, and serves until it is stopped."""

import argparse
import asyncio
import signal
import sys
from typing import Any

from tests.botapi.server import BotApi


async def _serve(options: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    if options.until_eof:
        # The parent holds the other end of the pipe; it closes even if the parent is killed.
        loop.add_reader(sys.stdin.fileno(), stopped.set)
    settings: dict[str, Any] = {"port": options.port, "record": options.record, "strict_limits": options.strict_limits}
    settings |= {"latency": options.latency, "retry_delays": options.retry_delays}
    if options.token:
        settings["token"] = options.token
    async with BotApi(**settings) as api:
        sys.stdout.write(f"{api.url} {api.token}\n")
        sys.stdout.flush()
        await stopped.wait()


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.botapi", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0 for a free one")
    parser.add_argument("--token", default="", help="the bot's token; a fixed one if absent")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds added to every call")
    parser.add_argument("--no-record", dest="record", action="store_false", help="do not keep the calls")
    parser.add_argument("--strict-limits", action="store_true", help="answer 429 to a bot that sends too fast")
    parser.add_argument("--until-eof", action="store_true", help="stop when standard input closes")
    parser.add_argument(
        *("--retry-delays", "-d"),
        type=lambda text: [float(part) for part in text.split(",")],
        default=[0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0],
        help="pauses between deliveries to a failing webhook, comma separated",
    )
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    _main()
