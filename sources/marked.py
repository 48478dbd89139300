"""Conversations written as one text, with a mark before every turn."""

import re

from schemas.rows import Message
from sources.turns import NoRow


def messages(text: str, marks: dict[str, str]) -> list[Message]:
    """The turns of a text; `marks` maps each mark to a role. What stands before the first mark is the setting: a system turn."""
    parts = re.split("(" + "|".join(map(re.escape, marks)) + ")", text)
    turns: list[Message] = [{"role": "system", "content": parts[0].strip()}] if parts[0].strip() else []
    for mark, said in zip(parts[1::2], parts[2::2], strict=True):
        turns.append({"role": marks[mark], "content": said.strip()})
    if len(parts) > 1 and not turns[-1]["content"]:
        turns.pop()
    if len(parts) == 1 or not any(turn["content"] for turn in turns):
        raise NoRow("empty", "no turn holds any text")
    return turns
