"""OpenAI messages: `messages` with roles and content, tools, tool calls, reasoning, weights; `label` of unpaired feedback."""

from collections.abc import Iterator
from typing import Any

from sources.turns import as_json, extra, is_thread, string, thread

_USED = {"messages", "tools", "functions", "label", "model", "language"}


def looks(value: Any) -> float:
    """Sure of a list of turns under `messages`, unless it stands beside a pair."""
    if not isinstance(value, dict) or "messages" not in value or "chosen" in value:
        return 0.0
    return 1.0 if is_thread(value["messages"]) else 0.5 * (value["messages"] == [])


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    messages = thread(value.get("messages"))
    tools = value.get("tools") or [{"type": "function", "function": f} for f in value.get("functions") or ()]
    label = value.get("label")
    yield {
        "messages": messages,
        "tools": as_json(tools) if tools else None,
        "label": label if isinstance(label, bool) else None,
        "model": string(value.get("model")),
        "language_declared": string(value.get("language")),
        "extra": extra(value, _USED if isinstance(label, bool) else _USED - {"label"}, turns=value["messages"], key="messages"),
    }
