"""ShareGPT and its kin: a list of turns under `conversations`, `conversation`, `items` ..., or with nothing around it."""

from collections.abc import Iterator
from typing import Any

from sources.turns import common, extra, is_thread, is_turn, number, string, thread

_KEYS = ("conversations", "conversation", "items", "dialogue", "dialog", "turns")


def looks(value: Any) -> float:
    """Sure of a list of turns under one of the names; a bare list is a little less telling."""
    if isinstance(value, list):
        return 0.9 if is_thread(value) else 0.0
    if not isinstance(value, dict) or "chosen" in value or "rejected" in value:
        return 0.0
    turns = next((value[key] for key in _KEYS if key in value), None)
    if turns == []:
        return 0.5
    return 1.0 if is_thread(turns) else 0.0


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    if isinstance(value, list):
        left = extra({}, (), turns=value, key="turns") if all(is_turn(turn) for turn in value) else None
        yield {"messages": thread(value), "extra": left}
        return
    key = next((key for key in _KEYS if key in value), "conversations")
    messages = thread(value.get(key))
    row, used = common(value)
    if string(value.get("system")):
        messages = [{"role": "system", "content": value["system"]}, *messages]
        used.add("system")
    rest = extra(value, {*used, key}, turns=value[key], key=key)
    yield {**row, "messages": messages, "score": number(value.get("score")), "extra": rest}
