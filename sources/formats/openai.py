"""OpenAI messages: `messages` with roles and content, tools, tool calls, reasoning, weights; `label` of unpaired feedback.

Tulu, smoltalk, UltraChat and their kin are of this shape: `source`, `category` and what else stands beside the messages goes
to `extra`. Anthropic's messages are read too: a `system` text beside them, and blocks of thinking and tools within.
"""

from collections.abc import Iterator
from typing import Any, cast

from schemas.rows import Message
from sources import blocks
from sources.beside import copies
from sources.turns import Unreadable, as_json, common, extra, is_thread, message, role, string, thread

_OTHERS = ("chosen", "rejected", "choices", "rejected_response", "rejected_messages")  # what ranks the answers stands there


def looks(value: Any) -> float:
    """Sure of a list of turns under `messages`, unless it stands beside a pair."""
    if not isinstance(value, dict) or "messages" not in value or any(name in value for name in _OTHERS):
        return 0.0
    return 1.0 if is_thread(value["messages"]) else 0.5 * (value["messages"] == [])


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    messages = _messages(value.get("messages"))
    row, used = common(value)
    if string(value.get("system")) and messages[0]["role"] != "system":
        messages = [{"role": "system", "content": value["system"]}, *messages]
        used.add("system")
    functions = value.get("functions")
    if isinstance(functions, list) and functions and "tools" not in row:
        row["tools"] = as_json([{"type": "function", "function": function} for function in functions])
        used.add("functions")
    used |= {"messages", *copies(value, messages)}
    yield {**row, "messages": messages, "extra": extra(value, used, turns=value["messages"], key="messages")}


def _messages(turns: Any) -> list[Message]:
    """The messages; a turn whose content is no plain text may be made of Anthropic's blocks."""
    try:
        return thread(turns)
    except Unreadable as why:
        if why.reason != "not_text" or not isinstance(turns, list):
            raise
        return [message for turn in turns for message in _turn(turn)]


def _turn(turn: Any) -> list[Message]:
    """The messages of one turn. Raises Unreadable where it holds more than text, thoughts and tools."""
    try:
        return [message(turn)]
    except Unreadable as why:
        content, who = (turn.get("content"), role(turn)) if isinstance(turn, dict) else (None, None)
        if why.reason != "not_text" or who is None or not isinstance(content, list):
            raise
        told = message({**turn, "content": None})  # what stands beside the blocks
        read, partial = blocks.messages(who, content)
        if partial or any(said.get(name) and told.get(name) for said in read for name in ("reasoning", "tool_calls")):
            raise
        beside = {name: held for name, held in told.items() if held is not None and name not in ("role", "content")}
        return [_beside(said, beside) if said["role"] == who else said for said in read]


def _beside(said: Message, beside: dict[str, Any]) -> Message:
    """A message of blocks with what its turn says beside them: weight, name, reasoning."""
    return cast("Message", {**beside, **{name: held for name, held in said.items() if held is not None}})
