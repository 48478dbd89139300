"""What stands beside the messages: fields of turns under names that are not read, and fields of records that repeat a turn."""

from typing import Any

from schemas.rows import Message

_ROLE_KEYS, TEXT_KEYS = ("from", "role", "sender", "speaker"), ("content", "value", "text", "markdown")
THOUGHT_KEYS = ("reasoning_content", "thinking", "reasoning")
RARE = {*THOUGHT_KEYS, "name", "tool_calls", "tool_call_id", "weight", "loss_weight", "function_call"}
COPIES = {"prompt", "instruction", "input", "query", "response", "output"}
_ALIASES = {*_ROLE_KEYS, *TEXT_KEYS, *THOUGHT_KEYS}
_USED = {*_ALIASES, *RARE}
_WEIGHTS = {"weight", "loss_weight"}
_OURS = {"role", "content", "reasoning_content", *(RARE - _ALIASES - _WEIGHTS)}
_SHARED = {"from", "value", *(RARE - _ALIASES - _WEIGHTS)}
_MOST = (2 - 2**-23) * 2.0**127  # the largest number of 32 bits


def copies(value: dict[str, Any], messages: list[Message]) -> set[str]:
    """Fields beside a conversation that only repeat one of its turns."""
    if COPIES.isdisjoint(value):
        return set()
    texts = {message["content"] for message in messages}
    return {key for key in value.keys() & COPIES if isinstance(value[key], str) and value[key] in texts}


def weight(value: Any) -> float | None:
    """A turn's weight, from a number of 32 bits or a text that is one."""
    try:
        read = None if isinstance(value, bool) or not isinstance(value, int | float | str) else float(value)
    except (OverflowError, ValueError):
        return None
    return read if read is not None and abs(read) <= _MOST else None


def leftovers(turns: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """What the turns say beside their messages, turn by turn; None where that is nothing."""
    if all(map(_OURS.issuperset, turns)) or all(map(_SHARED.issuperset, turns)):
        return None
    rest = [_rest(turn) for turn in turns]
    return rest if any(rest) else None


def _rest(turn: dict[str, Any]) -> dict[str, Any]:
    """What a turn says under names that are not read, or under a second name for the same thing, and differs."""
    read = [
        next((turn[key] for key in keys if turn.get(key) is not None), None)
        for keys in (_ROLE_KEYS, (*TEXT_KEYS, "refusal"), THOUGHT_KEYS)
    ]
    return {
        key: value
        for key, value in turn.items()
        if key not in _USED
        or (key in _WEIGHTS and value is not None and weight(value) is None)
        or (key in _ALIASES and value is not None and not any(value is held or value == held for held in read))
    }
