"""Pairs and thumbs in the shapes of TRL, LLaMA-Factory and OpenAI: prompt, chosen and rejected; prompt, completion and label."""

from collections.abc import Iterator
from typing import Any

from schemas.rows import Message
from sources.answers import asked, group, part, reply
from sources.formats import alpaca
from sources.turns import Unreadable, as_json, common, extra, is_thread, is_turn, number, string, thread

_SIDES = (
    ("chosen", "rejected"),
    ("chosen_messages", "rejected_messages"),
    ("preferred_output", "non_preferred_output"),
    ("preferred_completion", "non_preferred_completion"),
)
_CONTEXTS = ("prompt", "conversations", "conversation", "question", "input", "history", "messages")
_SCORES = ("score_{}", "{}_score", "{}_rating", "{}_reward")


def looks(value: Any) -> float:
    """Sure of two sides with a context of their own or before them, or of a completion with a thumb."""
    if not isinstance(value, dict):
        return 0.0
    if "completion" in value and "prompt" in value:
        return 1.0 if isinstance(value.get("label"), bool) else 0.9
    names = _sides(value)
    if names is None:
        return 0.0
    sides = [value[name] for name in names]
    if not all(isinstance(side, str) or is_turn(side) or is_thread(side) for side in sides):
        return 0.3
    return 0.95 if all(map(is_thread, sides)) or _context(value, names) is not None else 0.3


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """Two rows of one group; or one row, with its thumb where there is one."""
    names = _sides(value)
    yield from _thumb(value) if names is None else _pair(value, names)


def _sides(value: dict[str, Any]) -> tuple[str, str] | None:
    return next((names for names in _SIDES if names[0] in value and names[1] in value), None)


def _context(value: dict[str, Any], names: tuple[str, str]) -> str | None:
    if "instruction" in value:
        return "instruction"
    return next((key for key in _CONTEXTS if value.get(key) and key not in names), None)


def _before(value: dict[str, Any], key: str | None) -> list[Message]:
    """The context that the record names."""
    if key is None:
        return []
    if key == "instruction":
        return alpaca.context(value)
    held = value[key]
    system: list[Message] = [{"role": "system", "content": value["system"]}] if string(value.get("system")) else []
    return system + asked(held["messages"] if isinstance(held, dict) and "messages" in held else held)


def _pair(value: dict[str, Any], names: tuple[str, str]) -> Iterator[dict[str, Any]]:
    key = _context(value, names)
    chosen, rejected = value[names[0]], value[names[1]]
    if is_thread(chosen) and is_thread(rejected) and thread(chosen)[0]["role"] in ("system", "user"):
        context, *replies = part(thread(chosen), thread(rejected))
    elif key is None:
        raise Unreadable("unknown_shape", f"{names[0]} and {names[1]} are given, but nothing that they answer")
    else:
        before = _before(value, key)
        context, *replies = part([*before, *reply(chosen)], [*before, *reply(rejected)])
    scores = [_score(value, side) for side in ("chosen", "rejected")]
    row, used = common(value)
    used |= {*names, *_read(value, key)}
    if value.get("messages") == chosen:
        used.add("messages")
    if key == "input" and isinstance(value["input"], dict) and value["input"].get("tools"):
        row["tools"] = as_json(value["input"]["tools"])
    rest = extra(value, used)
    for pair in group(context, replies, [0, 1], scores):
        yield {**row, **pair, "extra": rest}


def _read(value: dict[str, Any], key: str | None) -> set[str]:
    """The names that the context was read from."""
    if key == "instruction":
        return alpaca.taken(value)
    return {*([key] if key else []), *(["system"] if key and isinstance(value.get("system"), str) else [])}


def _score(value: dict[str, Any], side: str) -> float | None:
    metadata = value["metadata"] if isinstance(value.get("metadata"), dict) else {}
    held = (place[name] for name in (name.format(side) for name in _SCORES) for place in (value, metadata) if name in place)
    return number(next(held, None))


def _thumb(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    row, used = common(value)
    rest = extra(value, {*used, "completion", *_read(value, "prompt")})
    yield {**row, "messages": [*_before(value, "prompt"), *reply(value["completion"])], "extra": rest}
