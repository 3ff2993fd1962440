"""The file with everything that is stored about a person."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from dialogs.texts import DEFAULT_LANGUAGE, write_out
from dialogs.turn import text
from storage import account
from storage.database import Database


async def render(database: Database, params: Mapping[str, Any], path: Path) -> str:
    """Write what is stored about a person as JSON, see `storage.account.everything_about`.

    Args:
        database: the database.
        params: `person`, the id, and `day`, YYYY-MM-DD, for the name of the file.
        path: where to write.

    Returns:
        The name of the file.

    Raises:
        LookupError: the account was closed.
    """
    async with database.transaction() as tx:
        found = await account.everything_about(tx, params["person"])
    if not found:
        raise LookupError("closed")
    await asyncio.to_thread(_write, path, found)
    return write_out(text("my-data-file", day=params["day"]), DEFAULT_LANGUAGE)


def _write(path: Path, found: dict[str, Any]) -> None:
    # The names of columns are strings of a kind of their own.
    path.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS))
