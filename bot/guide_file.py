"""The filling instructions (填报说明) as a text file."""

import asyncio
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from dialogs.form import Forms
from dialogs.guide import whole
from dialogs.periods import Period
from dialogs.texts import write_out
from dialogs.turn import text
from storage.database import Database


@cache
def _forms() -> Forms:
    return Forms.read()


async def render(_: Database, params: Mapping[str, Any], path: Path) -> str:
    """Write the file and return its name, see `bot.documents.Renderer`.

    Args:
        params: `form`, a version; `period`, `YYYY-MM`; `language`.
        path: where to.
    """
    return await asyncio.to_thread(_write, params, path)


def _write(params: Mapping[str, Any], path: Path) -> str:
    form, language = _forms().version(params["form"]), params["language"]
    lines = (write_out(line, language) for line in whole(form, Period.parse(params["period"])))
    # The mark in front tells every editor of Windows that it is UTF-8.
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return write_out(text("guide-file-name", version=form.version), language)
