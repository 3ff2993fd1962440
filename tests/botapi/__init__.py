"""An emulator of the Telegram Bot API that is as strict as the real one, and the people who use the bot.

In the process of the tests: `async with BotApi() as api: phone = api.phone("王芳"); await phone.send("/start")`.
In a process of its own: `async with launch() as emulator: wang = await emulator.phone("王芳")`.
"""

from tests.botapi.control import Emulator, launch
from tests.botapi.faults import Fault
from tests.botapi.server import BotApi, Call
from tests.botapi.users import Phone
from tests.botapi.wire import ApiError, Json
from tests.botapi.world import Chat, Shown, Toast

__all__ = ["ApiError", "BotApi", "Call", "Chat", "Emulator", "Fault", "Json", "Phone", "Shown", "Toast", "launch"]
