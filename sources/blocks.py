"""Turns made of typed blocks, as Claude's apps write them: text, thinking, tool_use, tool_result."""

from typing import Any

from schemas.rows import Message
from sources.turns import Unreadable, as_json, in_words, string

_SILENT = ("redacted_thinking", "token_budget", "flag")  # nothing that anybody could read
LEFT_OUT = "not_text_parts"  # the flag of a row whose turns held pictures and the like


def messages(role: str, content: Any) -> tuple[list[Message], bool]:
    """The messages of one turn, results of tools apart, and whether it holds parts that are no text."""
    if content is None or isinstance(content, str):
        return ([{"role": role, "content": content}] if content else []), False
    if not isinstance(content, list):
        raise Unreadable("not_text", f"content is not text but {in_words(content)}")
    turns: list[Message] = []
    held: list[dict[str, Any]] = []
    partial = False
    for part in content:
        block = {"type": "text", "text": part} if isinstance(part, str) else part if isinstance(part, dict) else {}
        if str(block.get("type")).endswith("tool_result"):
            turns += _turn(role, held)
            held = []
            call = string(block.get("tool_use_id"))
            turns.append({"role": "tool", "content": result(block.get("content")), "tool_call_id": call})
        elif _is_read(block):
            held.append(block)
        elif block.get("type") not in _SILENT:
            partial = True
    return [*turns, *_turn(role, held)], partial


def _is_read(block: dict[str, Any]) -> bool:
    return _is_call(block) or isinstance(block.get("thinking" if block.get("type") == "thinking" else "text"), str)


def _is_call(block: dict[str, Any]) -> bool:
    return str(block.get("type")).endswith("tool_use")


def _turn(role: str, blocks: list[dict[str, Any]]) -> list[Message]:
    """One message of blocks that belong together, or none where they are empty."""
    calls = [_call(block) for block in blocks if _is_call(block)]
    words = [block for block in blocks if not _is_call(block)]
    texts = [block["text"] for block in words if block.get("type") != "thinking" and block["text"].strip()]
    thoughts = [block["thinking"] for block in words if block.get("type") == "thinking" and block["thinking"].strip()]
    if not (texts or thoughts or calls):
        return []
    turn: Message = {"role": role, "content": "\n\n".join(texts)}
    if thoughts or calls:
        turn |= {"reasoning": "\n\n".join(thoughts) or None, "tool_calls": as_json(calls) if calls else None}
    return [turn]


def _call(block: dict[str, Any]) -> dict[str, Any]:
    named = {"id": block["id"]} if isinstance(block.get("id"), str) else {}
    return {**named, "type": "function", "function": {"name": block.get("name"), "arguments": block.get("input")}}


def result(content: Any) -> str:
    """What a tool said, as text: parts are joined by a blank line, and what is no text stays JSON."""
    parts = content if isinstance(content, list) else [] if content is None else [content]
    texts = (part.get("text") if isinstance(part, dict) else part for part in parts)
    return "\n\n".join(text if isinstance(text, str) else as_json(part) for text, part in zip(texts, parts, strict=True))
