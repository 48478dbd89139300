"""ShareGPT and its kin: a list of turns under `conversations`, `conversation`, `items` ..., or with nothing around it."""

from collections.abc import Iterator
from typing import Any

from sources.turns import as_json, extra, is_thread, is_turn, number, string, thread

_KEYS = ("conversations", "conversation", "items", "dialogue", "dialog", "turns")
_USED = {"tools", "model", "lang", "language", "system", "label", "kto_tag", "score"}


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
    if string(value.get("system")):
        messages = [{"role": "system", "content": value["system"]}, *messages]
    score = number(value.get("score"))
    used = (_USED if score is not None else _USED - {"score"}) | {key}
    label = value.get("kto_tag", value.get("label"))
    yield {
        "messages": messages,
        "tools": as_json(value["tools"]) if value.get("tools") else None,
        "model": string(value.get("model")),
        "language_declared": string(value.get("lang", value.get("language"))),
        "score": score,
        "label": label if isinstance(label, bool) else None,
        "extra": extra(value, used, turns=value[key], key=key),
    }
