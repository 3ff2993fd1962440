"""Conversations as people had them: each transcript comes out again, word for word, from what the person says in it.

`tianbao play --from FILE --transcript FILE` writes one anew after a text was changed on purpose; then the difference is
read.
"""

import asyncio
from pathlib import Path

import pytest

from bot.sample import play
from bot.terminal import AT, read_transcript

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_conversation_goes_as_it_is_written(path: Path, tmp_path: Path) -> None:
    at, said = read_transcript(path)
    lines = [f"{AT}{at.isoformat()}"]
    asyncio.run(play(tmp_path / "play.db", at, said, lines.append))
    assert lines == path.read_text(encoding="utf-8").splitlines()


def test_there_are_conversations() -> None:
    assert len(TRANSCRIPTS) >= 4
