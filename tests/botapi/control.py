"""Control from another process: JSON commands under /_control/, and the client that sends them."""

import asyncio
import sys
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import orjson

from tests.botapi.faults import Fault
from tests.botapi.wire import Json

if TYPE_CHECKING:
    from tests.botapi.server import BotApi
    from tests.botapi.users import Phone

_ACTIONS: Final = frozenset(
    {
        *("send", "press", "press_data", "tap", "contact", "sticker", "voice", "photo", "document", "forward", "edit"),
        *("block", "unblock", "raw_update", "wait", "answered", "quiet"),
    }
)


class Control:
    """The emulator's side of the control API: one command per path, arguments and answer in JSON."""

    def __init__(self, api: "BotApi") -> None:
        """Obey commands about `api`."""
        self._api = api
        self._phones: dict[tuple[int, int], Phone] = {}

    async def obey(self, command: str, arguments: Json) -> object:
        """Carry out a command and return its answer, a JSON value.

        Args:
            command: `phone`, `group`, `act`, `fault`, `latency`, `calls`, `chat` or `state`.
            arguments: as the methods of `Emulator` send them.

        Raises:
            LookupError: There is no such command, person, chat or button.
        """
        api = self._api
        answer: object = True
        match command:
            case "phone":
                phone = api.phone(**arguments)
                self._phones[phone.account.id, phone.chat.id] = phone
                answer = phone.account.id
            case "group":
                answer = api.group(**arguments).id
            case "act":
                answer = await self._act(arguments)
            case "fault":
                api.faults.add(Fault.from_json(arguments))
            case "latency":
                api.latency = arguments["seconds"]
            case "calls":
                answer = [asdict(call) for call in api.calls[arguments["since"] :]]
            case "chat":
                answer = [asdict(shown) for shown in api.world.chats[arguments["chat"]].log]
            case "state":
                answer = {"pending": len(api.updates), "counts": api.counts}
            case _:
                raise LookupError(command)
        return answer

    async def _act(self, arguments: Json) -> object:
        person, action = arguments["person"], arguments["action"]
        if action not in _ACTIONS:
            raise LookupError(action)
        chat = arguments.get("chat") or person
        phone = self._phones.get((person, chat))
        if phone is None:
            phone = self._phones[person, person].inside(self._api.world.chats[chat])
            self._phones[person, chat] = phone
        details = arguments["with"]
        if action == "document":
            details["content"] = b64decode(details["content"])
        result = await getattr(phone, action)(**details)
        if isinstance(result, list):
            return [asdict(shown) for shown in result]
        return asdict(result) if action == "answered" else result


class Emulator:
    """The driver's side: an emulator in another process.

    Attributes:
        url: its root address.
        token: the bot's token.
    """

    def __init__(self, url: str, token: str, session: aiohttp.ClientSession) -> None:
        """Talk to the emulator at `url`; `launch` starts one."""
        self.url = url
        self.token = token
        self._session = session

    async def phone(self, name: str, **details: object) -> int:
        """Give a new person a phone and return the user id."""
        number: int = await self._tell("phone", {"name": name, **details})
        return number

    async def group(self, title: str, kind: str = "supergroup") -> int:
        """Make a group with the bot in it and return its id."""
        number: int = await self._tell("group", {"title": title, "kind": kind})
        return number

    async def act(self, person: int, action: str, chat: int = 0, **arguments: object) -> Any:
        """Let a person do what `Phone` can: `act(wang, "press", label="确认")`.

        Args:
            person: user id.
            action: name of a method of `Phone`; `wait` takes a number or a part of the text.
            chat: the group to do it in; 0 for the private chat.
            arguments: of that method; the content of a document as base64.

        Returns:
            What the method returns; shown messages as their fields.
        """
        return await self._tell("act", {"person": person, "action": action, "chat": chat, "with": arguments})

    async def fault(self, **fields: object) -> None:
        """Queue a fault, by the fields of `Fault`; `error=[code, text, {parameters}]`."""
        await self._tell("fault", fields)

    async def latency(self, seconds: float) -> None:
        """Let every call take this much longer."""
        await self._tell("latency", {"seconds": seconds})

    async def calls(self, since: int = 0) -> list[Json]:
        """Return the recorded calls from number `since` on."""
        calls: list[Json] = await self._tell("calls", {"since": since})
        return calls

    async def chat(self, number: int) -> list[Json]:
        """Return all that a chat showed."""
        log: list[Json] = await self._tell("chat", {"chat": number})
        return log

    async def state(self) -> Json:
        """Return the number of updates that wait and of calls by method."""
        state: Json = await self._tell("state", {})
        return state

    async def _tell(self, command: str, arguments: Json) -> Any:
        async with self._session.post(f"{self.url}/_control/{command}", data=orjson.dumps(arguments)) as answer:
            body = orjson.loads(await answer.read())
        if not body["ok"]:
            raise LookupError(body["description"])
        return body["result"]


@asynccontextmanager
async def launch(*options: str) -> AsyncIterator[Emulator]:
    """Run an emulator in a process of its own, ended with this one, however this one ends.

    Args:
        options: of `python -m tests.botapi`.

    Yields:
        The means to control it.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.botapi", "--until-eof", *options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    if process.stdin is None or process.stdout is None:
        raise AssertionError
    try:
        url, token = (await process.stdout.readline()).decode().split()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            yield Emulator(url, token, session)
    finally:
        process.stdin.close()
        await process.wait()
