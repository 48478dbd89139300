"""OpenAI messages: `messages` with roles and content, tools, tool calls, reasoning, weights; `label` of unpaired feedback.

Tulu, smoltalk, UltraChat and their kin are of this shape: `source`, `category` and what else stands beside the messages goes
to `extra`. Anthropic's messages are read too: a `system` text beside them, and blocks of thinking and tools within.
"""

from collections.abc import Iterator
from typing import Any

from schemas.rows import Message
from sources import blocks
from sources.beside import copies
from sources.turns import Unreadable, as_json, common, extra, is_thread, role, string, thread

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
    """The messages; content that is no plain text may be made of Anthropic's blocks."""
    try:
        return thread(turns)
    except Unreadable as why:
        speakers = [role(turn) for turn in turns] if isinstance(turns, list) else [None]
        if why.reason != "not_text" or None in speakers:
            raise
        read = [blocks.messages(str(speaker), turn.get("content")) for speaker, turn in zip(speakers, turns, strict=True)]
        if any(partial for _, partial in read):
            raise
        return [message for messages, _ in read for message in messages]
