"""LIMA and UltraChat: a list of plain texts under `conversations` or `data`; the user speaks first, and then both in turn."""

from collections.abc import Iterator
from itertools import cycle
from typing import Any

from schemas.rows import Message
from sources.answers import odd
from sources.turns import NoRow, Unreadable, common, extra

_KEYS = ("conversations", "conversation", "data")


def looks(value: Any) -> float:
    """Sure of a list of texts under one of the names; less so of a single text, and of `data` among many other fields."""
    turns = value.get(_key(value)) if isinstance(value, dict) else None
    if not isinstance(turns, list) or not turns or not all(isinstance(said, str) for said in (turns[0], turns[-1])):
        return 0.0
    return 1.0 if len(turns) > 1 and ("data" not in value or len(value) <= 3) else 0.6


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row. Raises NoRow where only the user speaks, Unreadable where a turn is no text."""
    key = _key(value)
    turns = value[key]
    if not isinstance(turns, list) or not all(isinstance(said, str) for said in turns):
        raise Unreadable("not_text", f"{key} is not a list of texts")
    if not any(map(str.strip, turns)):
        raise NoRow("empty", "no turn holds any text")
    if len(turns) == 1:
        raise NoRow("no_answer", "a question without an answer")
    messages: list[Message] = [{"role": role, "content": said} for role, said in zip(cycle(("user", "assistant")), turns)]
    row, used = common(value)
    yield {**row, "messages": messages, "flags": odd(messages), "extra": extra(value, {*used, key})}


def _key(value: dict[str, Any]) -> str:
    return next((key for key in _KEYS if key in value), _KEYS[0])
