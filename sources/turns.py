"""Turns as dumps write them, read as messages: names of roles, content in parts, tool calls, reasoning, weights."""

import re
from collections.abc import Iterable
from typing import Any

import orjson

from schemas.rows import Message
from sources.beside import RARE, TEXT_KEYS, THOUGHT_KEYS, leftovers, weight

ROLE = {
    **dict.fromkeys(("user", "human", "prompter", "client", "customer", "seeker", "utilisateur", "usr"), "user"),
    **dict.fromkeys(("assistant", "gpt", "bot", "chatgpt", "model", "ai", "bard", "bing", "claude", "counselor"), "assistant"),
    **dict.fromkeys(("therapist", "supporter", "function_call", "tool_call", "chatbot"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("tool", "function", "observation", "function_response", "tool_response"), "tool"),
    **dict.fromkeys(("ipython", "environment"), "tool"),
}
_TEXT_PARTS = ("text", "input_text", "output_text", "refusal")
_THOUGHT_PARTS = ("thinking", "reasoning")
CALLS = ("function_call", "tool_call")
_THINK = re.compile(r"\s*<think>(.*?)</think>\s*", re.DOTALL)


class Unreadable(Exception):
    """The record is no such thing as its format says: it is quarantined."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def in_words(value: Any) -> str:
    """What a decoded value is, in JSON's words."""
    words = {type(None): "null", bool: "a boolean", str: "text", list: "a list", dict: "an object"}
    return words.get(type(value), "a number")


class NoRow(Unreadable):
    """The record reads well but gives no row: it is dropped at read."""


def is_turn(value: Any) -> bool:
    """Whether this is one message of a conversation."""
    if not isinstance(value, dict) or not isinstance(value.get("role", value.get("from")), str):
        return False
    return "content" in value or "value" in value or ("from" in value and ("text" in value or "markdown" in value))


def is_thread(value: Any) -> bool:
    """Whether this is a list of messages."""
    return isinstance(value, list) and bool(value) and is_turn(value[0]) and is_turn(value[-1])


def role(turn: Any) -> str | None:
    """Who speaks in a turn as it was dumped, or None where nobody knows."""
    if not isinstance(turn, dict):
        return None
    said = turn.get("from") or turn.get("role") or turn.get("sender") or turn.get("speaker")
    return ROLE.get(said) or ROLE.get(said.strip().lower()) if isinstance(said, str) else None


def speakers(turns: list[Any]) -> list[str | None]:
    """Who speaks in each turn."""
    try:
        return [ROLE[turn["from"]] for turn in turns]  # what most are; it is the same, and three times as fast
    except (KeyError, TypeError):
        return [role(turn) for turn in turns]


def thread(turns: Any) -> list[Message]:
    """The messages of a list of turns. Raises Unreadable, or NoRow where nobody says anything."""
    if not isinstance(turns, list):
        raise Unreadable("unknown_shape", f"a list of turns was expected, not {in_words(turns)}")
    messages = _plain(turns) or [message(turn) for turn in turns]
    for said in messages:
        if said["content"].strip() or said.get("tool_calls") or said.get("reasoning"):
            return messages
    raise NoRow("empty", "no message holds any text")


def _plain(turns: list[Any]) -> list[Message] | None:
    """The messages of turns that hold a known role, a text and nothing else, which is what most are: three times as fast."""
    messages: list[Message] = []
    for turn in turns:
        if not isinstance(turn, dict) or len(turn) != 2:
            return None
        said, content = (turn["from"], turn.get("value")) if "from" in turn else (turn.get("role"), turn.get("content"))
        role = ROLE.get(said)  # type: ignore[arg-type]
        if role is None or not isinstance(content, str) or said in CALLS or "<think>" in content:
            return None
        messages.append({"role": role, "content": content})
    return messages


def message(turn: Any) -> Message:
    """One turn as a message. Raises Unreadable for a role nobody knows and for content that is not text."""
    if not isinstance(turn, dict):
        raise Unreadable("unknown_shape", f"a turn is an object, not {in_words(turn)}")
    said = turn.get("from") or turn.get("role") or turn.get("sender") or turn.get("speaker")
    role = ROLE.get(said) or ROLE.get(str(said).strip().lower())  # type: ignore[arg-type]
    if role is None:
        raise Unreadable("unknown_role", f"nobody knows the role {str(said)[:60]!r}")
    content = turn.get("content", turn.get("value", turn.get("text")))
    if content is None:
        content = next((turn[key] for key in (*TEXT_KEYS, "refusal") if turn.get(key) is not None), None)
    if isinstance(content, str) and said not in CALLS and "<think>" not in content and RARE.isdisjoint(turn):
        return {"role": role, "content": content}
    return _full(turn, said, role, content)


def _full(turn: dict[str, Any], said: Any, role: str, content: Any) -> Message:
    reasoning = next((turn[key] for key in THOUGHT_KEYS if turn.get(key)), None)
    text, thoughts = _text(content)
    if role == "assistant" and (found := _THINK.match(text)):
        thoughts, text = [*thoughts, found.group(1).strip()], text[found.end() :]
    if reasoning is not None and not isinstance(reasoning, str):
        raise Unreadable("not_text", f"reasoning is not text but {in_words(reasoning)}")
    one = turn.get("function_call")
    calls = turn.get("tool_calls") or ([{"type": "function", "function": one}] if one else None)
    if said in CALLS:
        text, made = _called(text)
        calls = made or calls
    return {
        "role": role,
        "content": text,
        "reasoning": "\n\n".join([*([reasoning] if reasoning else []), *thoughts]) or None,
        "name": turn["name"] if isinstance(turn.get("name"), str) else None,
        "tool_calls": as_json(calls) if calls else None,
        "tool_call_id": turn["tool_call_id"] if isinstance(turn.get("tool_call_id"), str) else None,
        "weight": weight(turn.get("weight", turn.get("loss_weight"))),
    }


def _called(text: str) -> tuple[str, list[Any] | None]:
    """A turn whose text is a call in JSON: `{"name": ..., "arguments": ...}`, or a list of them."""
    try:
        calls = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text, None
    return "", [{"type": "function", "function": call} for call in (calls if isinstance(calls, list) else [calls])]


def _text(content: Any) -> tuple[str, list[str]]:
    """Content as text and thoughts; text parts are joined by a blank line."""
    if content is None or isinstance(content, str):
        return content or "", []
    if not isinstance(content, list):
        raise Unreadable("not_text", f"content is not text but {in_words(content)}")
    texts: list[str] = []
    thoughts: list[str] = []
    for part in content:
        fields = {"text": part} if isinstance(part, str) else part if isinstance(part, dict) else {"type": type(part).__name__}
        kind = str(fields.get("type", "text"))
        held = next((fields[key] for key in (*TEXT_KEYS, kind) if key in fields), None)
        if kind not in _TEXT_PARTS + _THOUGHT_PARTS or not isinstance(held, str):
            raise Unreadable("not_text", f"a part of the content is {kind[:40]}")
        (texts if kind in _TEXT_PARTS else thoughts).append(held)
    return "\n\n".join(texts), thoughts


def number(value: Any) -> float | None:
    """A number, from a number or a text that is one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        read = float(value)
    except (OverflowError, ValueError):
        return None
    return read if abs(read) < float("inf") else None


def count(value: Any) -> int | None:
    """A whole number of 32 bits, from 0; anything else is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None


def string(value: Any) -> str | None:
    """The value where it is text, else nothing."""
    return value if isinstance(value, str) else None


def as_json(value: Any) -> str:
    """JSON text; a text that is JSON already stays as it is."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def extra(value: dict[str, Any], used: Iterable[str], turns: Any = None, key: str = "") -> str | None:
    """The record's other fields as JSON text, and under `key` what its turns say beside their messages."""
    rest = {name: field for name, field in value.items() if name not in used}
    if turns and (more := leftovers(turns)):
        rest[key] = more
    return orjson.dumps(rest).decode() if rest else None


def thumb(value: Any) -> bool | None:
    """A label up or down; any other label is not ours to read."""
    return value if isinstance(value, bool) else None


def _feedback(value: dict[str, Any]) -> bool | None:
    """A thumb that is written as text or as 1 and 0, where the record is one answer's feedback and no pair or class."""
    names = ("kto_tag", "label") if {"prompt", "completion"} <= value.keys() else ("kto_tag",)
    held = (field for name in names if isinstance(field := value.get(name), str | int | float))
    thumbs = (_THUMBS.get(field.strip().lower() if isinstance(field, str) else field) for field in held)
    return next((up for up in thumbs if up is not None), None)


def _tools(value: Any) -> str | None:
    return as_json(value) if value and isinstance(value, str | list) else None


_THUMBS: dict[Any, bool] = {"true": True, "false": False, "1": True, "0": False, 1: True, 0: False}
_PAIRED = ("chosen", "rejected", "rejected_response", "rejected_messages")
COMMON = {
    "model": ("model", string),
    "generator": ("model", string),
    "lang": ("language_declared", string),
    "language": ("language_declared", string),
    "tools": ("tools", _tools),
    "label": ("label", thumb),
    "kto_tag": ("label", thumb),
    "tag": ("label", thumb),
}


def common(value: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Columns that many formats call by the same names, and which names were read; the others belong to `extra`.

    A label that is a thumb only by its place, as 1 and 0 are, is read and belongs to `extra` all the same.
    """
    row: dict[str, Any] = {}
    used: set[str] = set()
    if COMMON.keys().isdisjoint(value):
        return row, used
    for name, (column, read) in COMMON.items():
        if name in value and column not in row and (held := read(value[name])) is not None:
            row[column] = held
            used.add(name)
    if "label" not in row and not any(name in value for name in _PAIRED) and (up := _feedback(value)) is not None:
        row["label"] = up
    return row, used


def dense(scores: list[float | None]) -> list[int | None]:
    """Ranks from 0 for the highest score; equal scores tie, no score has no rank."""
    order = {score: rank for rank, score in enumerate(sorted({s for s in scores if s is not None}, reverse=True))}
    return [None if score is None else order[score] for score in scores]
