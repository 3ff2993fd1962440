"""The web chat: the same conversation in a browser. The page is plain HTML, CSS and JavaScript beside this module."""

from bot.web.chat import WebChat

__all__ = ["WebChat"]
