"""Admin chats in the emulator."""

from bot.settings import AdminChat
from tests.botapi import BotApi


class District:
    """The admin chat of a scope, and an administrator, a viewer and a stranger in it.

    `alone` is the administrator in the private chat with the bot.
    """

    def __init__(self, api: BotApi, scope: str) -> None:
        """Make the group and the people."""
        self.group = api.group(f"{scope}管理群")
        self.alone = api.phone("管")
        self.administrator = self.alone.inside(self.group)
        self.viewer, self.stranger = (api.phone(name).inside(self.group) for name in ("看", "路人"))
        self.setting = AdminChat(
            chat=self.group.id,
            scope=scope,
            admins=(self.administrator.account.id,),
            viewers=(self.viewer.account.id,),
        )


def toast(api: BotApi, press: str) -> str:
    """Return the word that somebody got for a press."""
    answers = [call.parameters for call in api.called("answerCallbackQuery")]
    return next(str(answer.get("text", "")) for answer in answers if answer["callback_query_id"] == press)
