"""OpenAI messages: `messages` with roles and content, tools, tool calls, reasoning, weights; `label` of unpaired feedback.

So are Tulu, smoltalk, UltraChat and their kin: `source`, `category` and what else stands beside the messages goes to `extra`.
"""

from collections.abc import Iterator
from typing import Any

from sources.turns import as_json, common, copies, extra, is_thread, thread

_OTHERS = ("chosen", "rejected", "choices", "rejected_response")  # what answers are ranked by stands there, not in the messages


def looks(value: Any) -> float:
    """Sure of a list of turns under `messages`, unless it stands beside a pair."""
    if not isinstance(value, dict) or "messages" not in value or any(name in value for name in _OTHERS):
        return 0.0
    return 1.0 if is_thread(value["messages"]) else 0.5 * (value["messages"] == [])


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    messages = thread(value.get("messages"))
    row, used = common(value)
    functions = value.get("functions")
    if isinstance(functions, list) and functions and "tools" not in row:
        row["tools"] = as_json([{"type": "function", "function": function} for function in functions])
        used.add("functions")
    used |= {"messages", *copies(value, messages)}
    yield {**row, "messages": messages, "extra": extra(value, used, turns=value["messages"], key="messages")}
