"""Conversations written as lists of questions with their answers."""

from typing import Any

from schemas.rows import Message
from sources.turns import NoRow, Unreadable, in_words


def from_pairs(turns: Any, asks: str, answers: str) -> list[Message]:
    """The messages of a list of pairs, each an object with a question, an answer, and perhaps a system text before them."""
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        raise Unreadable("unknown_shape", "a list of questions with answers was expected")
    messages: list[Message] = []
    for turn in turns:
        for key, role in (("system", "system"), (asks, "user"), (answers, "assistant")):
            said = turn.get(key)
            if not isinstance(said, str | None):
                raise Unreadable("not_text", f"{key} is not text but {in_words(said)}")
            if said is not None and (said or key != "system"):
                messages.append({"role": role, "content": said})
    if not any(message["content"].strip() for message in messages):
        raise NoRow("empty", "no turn holds any text")
    return messages
