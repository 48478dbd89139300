"""MOSS: `chat` holds turns by number, each with what was asked, thought, commanded to plug-ins, found and answered."""

import re
from collections.abc import Iterator
from typing import Any

from schemas.rows import Message
from sources.turns import NoRow, Unreadable, as_json, common, extra, in_words

_PARTS = ("Human", "Inner Thoughts", "Commands", "Tool Responses", "MOSS")
_OPEN = re.compile(r"\s*<\|(?:Human|Inner Thoughts|Commands|Results|Tool Responses|MOSS)\|>:\s?")
_END = re.compile(r"<eo[a-z]>\Z")
_CALL = re.compile(r"(?s)(\w+)\((.*)\)")
_NEXT = re.compile(r"(?<=\))\s*[,;]\s*(?=\w+\()")


def looks(value: Any) -> float:
    """Sure of numbered turns in which MOSS speaks."""
    chat = value.get("chat") if isinstance(value, dict) else None
    first = next(iter(chat.values()), None) if isinstance(chat, dict) else None
    return float(isinstance(first, dict) and "Human" in first and "MOSS" in first)


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    chat = value.get("chat")
    if not isinstance(chat, dict) or not all(isinstance(turn, dict) for turn in chat.values()):
        raise Unreadable("unknown_shape", "chat holds turns by number")
    turns = [chat[key] for key in sorted(chat, key=_number)]
    meta = _said(value, "meta_instruction")
    messages: list[Message] = [{"role": "system", "content": meta}] if meta else []
    for turn in turns:
        messages += _turn(turn)
    if not messages[bool(meta) :]:
        raise NoRow("empty", "no turn holds any text")
    row, used = common(value)
    rest = [{name: field for name, field in turn.items() if name not in _PARTS} for turn in turns]
    left = {**{key: field for key, field in value.items() if key != "chat"}, **({"chat": rest} if any(rest) else {})}
    yield {**row, "messages": messages, "extra": extra(left, {*used, "meta_instruction"})}


def _number(key: str) -> tuple[int, str]:
    digits = re.search(r"\d{1,9}$", key)
    return int(digits[0]) if digits else 0, key


def _said(turn: dict[str, Any], part: str) -> str:
    """A part without its marks; nothing where it says None."""
    text = turn.get(part)
    if not isinstance(text, str | None):
        raise Unreadable("not_text", f"{part} is not text but {in_words(text)}")
    said = (text or "").rstrip()  # first, as a pattern that begins with white space is slow where there is much
    opened = _OPEN.match(said)
    bare = _END.sub("", said[opened.end() :] if opened else said).strip()
    return "" if bare == "None" else bare


def _turn(turn: dict[str, Any]) -> list[Message]:
    asked, thoughts, commands, found, answer = (_said(turn, part) for part in _PARTS)
    calls = [_CALL.fullmatch(command) for command in _NEXT.split(commands)] if commands else []
    if not all(calls):
        thoughts, calls = "\n\n".join(filter(None, [thoughts, commands])), []
    messages: list[Message] = [{"role": "user", "content": asked}] if asked else []
    if calls:
        made = [{"type": "function", "function": {"name": call[1], "arguments": call[2]}} for call in calls if call]
        messages.append({"role": "assistant", "content": "", "reasoning": thoughts or None, "tool_calls": as_json(made)})
    if found:
        messages.append({"role": "tool", "content": found})
    if answer or (thoughts and not calls):
        held: Message = {"role": "assistant", "content": answer}
        messages.append(held if calls or not thoughts else {**held, "reasoning": thoughts})
    return messages
