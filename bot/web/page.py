"""The page of the web chat, rendered once a language, and its files under names that change with their content."""

import html
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

import orjson
from aiohttp import web

from dialogs.texts import DEFAULT_LANGUAGE, LANGUAGES, message_ids, write_out
from dialogs.turn import Text

FOLDER = Path(__file__).parent
_FONT = Path(str(files("manimgx_fonts_cjk") / "NotoSansCJK-VF.otf.ttc"))

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    # Nothing in the page may turn a string into markup, not even by mistake.
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
SAFE_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_FOREVER: Final = SAFE_HEADERS | {"Cache-Control": "public, max-age=31536000, immutable"}

_FILLED_IN_BY_THE_PAGE = {"web-demo-code": ("code",), "web-wait": ("seconds",)}
"""Arguments that only the page knows; they stay in its texts as `{name}`."""


class _Blanks(Template):
    """Names in a file are those of the catalogue, which have hyphens."""

    idpattern = "[a-z][a-z-]*"


def pick_language(accepted: str) -> str:
    """Return the first language of an Accept-Language header that we have; browsers send the favourite first."""
    for part in accepted.split(","):
        wanted = part.partition(";")[0].strip().partition("-")[0].lower()
        for language in LANGUAGES:
            if wanted == language.partition("-")[0]:
                return language
    return DEFAULT_LANGUAGE


class Page:
    """Everything a browser loads before the conversation begins."""

    def __init__(self, *, local: bool, most_chars: int) -> None:
        """Read the files.

        Args:
            local: say that this is a demonstration.
            most_chars: how long a message may be.
        """
        with _FONT.open("rb") as font:
            head = font.read(1 << 20)
        self._font = f"/font/{_digest(head + str(_FONT.stat().st_size).encode())}.ttc"
        self._files: dict[str, tuple[bytes, str]] = {}
        style = _Blanks(_read("chat.css")).substitute(font=self._font)
        blanks = {
            "css": self._serve("chat.css", style, "text/css"),
            "js": self._serve("chat.js", _read("chat.js"), "text/javascript"),
            "most-chars": str(most_chars),
        }
        self._pages = {language: _render(language, blanks, local=local) for language in LANGUAGES}

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the files; the page itself is rendered by `in_language`."""
        return [web.get("/static/{name}", self._file), web.get(self._font, _send_font)]

    def in_language(self, language: str) -> web.Response:
        """Return the page."""
        text = self._pages.get(language, self._pages[DEFAULT_LANGUAGE])
        headers = SAFE_HEADERS | {"Cache-Control": "no-store", "Vary": "Accept-Language, Cookie"}
        return web.Response(text=text, content_type="text/html", charset="utf-8", headers=headers)

    def _serve(self, name: str, text: str, kind: str) -> str:
        content = text.encode()
        stem, _, ending = name.partition(".")
        hashed = f"{stem}-{_digest(content)}.{ending}"
        self._files[hashed] = (content, kind)
        return f"/static/{hashed}"

    async def _file(self, request: web.Request) -> web.Response:
        found = self._files.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found[0], content_type=found[1], charset="utf-8", headers=_FOREVER)


async def _send_font(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(_FONT, headers=_FOREVER | {"Content-Type": "font/collection"})


def _render(language: str, blanks: dict[str, str], *, local: bool) -> str:
    texts = {}
    for name in message_ids(DEFAULT_LANGUAGE):
        if name.startswith("web-"):
            args = {arg: f"{{{arg}}}" for arg in _FILLED_IN_BY_THE_PAGE.get(name, ())}
            texts[name] = write_out(Text(name, args), language)
    filled = texts | blanks | {"language": language, "texts": orjson.dumps(texts).decode()}
    filled["demo"] = texts["web-demo"] if local else ""
    return _Blanks(_read("chat.html")).substitute({name: html.escape(value) for name, value in filled.items()})


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]
