"""OpenAI messages: `messages` with roles and content, tools, tool calls, reasoning, weights; `label` of unpaired feedback."""

from collections.abc import Iterator
from typing import Any

from sources.turns import as_json, common, extra, is_thread, thread


def looks(value: Any) -> float:
    """Sure of a list of turns under `messages`, unless it stands beside a pair."""
    if not isinstance(value, dict) or "messages" not in value or "chosen" in value:
        return 0.0
    return 1.0 if is_thread(value["messages"]) else 0.5 * (value["messages"] == [])


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    messages = thread(value.get("messages"))
    row, used = common(value)
    if value.get("functions") and "tools" not in row:
        row["tools"] = as_json([{"type": "function", "function": function} for function in value["functions"]])
        used.add("functions")
    yield {**row, "messages": messages, "extra": extra(value, {*used, "messages"}, turns=value["messages"], key="messages")}
