"""Conversations as OpenAI's fine-tuning JSON lines, which Azure, Together and Fireworks read too: `messages`, `tools`.

Tool calls are objects with their arguments as text, `weight` is 0 or 1 on the assistant's turns. Reasoning has no place here.
"""

from collections.abc import Iterator
from typing import Any

import orjson
import pyarrow as pa

from exports.messages import calls, function
from exports.messages import left_out as _left_out

OF = "sft"
TAKES = "JSON lines: `messages` and `tools`, as OpenAI's fine-tuning reads them"
THOUGHTS = False


def unfit(conversations: pa.Table) -> pa.Table:
    """Conversations that do not end with an answer, and those whose tool calls and results do not match."""
    return _left_out(conversations["id"], [misfit(turns) for turns in conversations["messages"].to_pylist()])


def lines(conversations: pa.Table) -> Iterator[dict[str, Any]]:
    """Conversations as `sft` has them -> one object each."""
    for row in conversations.to_pylist():
        yield {"messages": messages(row["messages"])} | tools(row.get("tools"))


def misfit(turns: list[dict[str, Any]]) -> str | None:
    """Why OpenAI would refuse these turns, or None."""
    if not turns or turns[-1]["role"] != "assistant" or calls(turns[-1]):
        return "no answer at the end"
    open_: set[str] = set()
    for turn in messages(turns):
        results = turn["role"] == "tool"
        if (results and turn["tool_call_id"] not in open_) or (not results and open_):
            return "tool calls without their results"
        if any(not _object(call["function"]["arguments"]) for call in turn.get("tool_calls", ())):
            return "arguments that are no JSON object"
        open_ = open_ - {turn["tool_call_id"]} if results else {call["id"] for call in turn.get("tool_calls", ())}
    return None


def messages(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages with tool calls as objects; a call without an id gets one from its place, and so does its result."""
    made, waiting = [], []
    for at, turn in enumerate(turns):
        one: dict[str, Any] = {"role": turn["role"], "content": turn["content"]}
        if found := calls(turn):
            one["tool_calls"] = [_call(call, f"call_{at}_{place}") for place, call in enumerate(found)]
            waiting = [call["id"] for call in one["tool_calls"]]
        if turn["role"] == "tool":
            one["tool_call_id"] = turn.get("tool_call_id") or (waiting[0] if waiting else "")
            waiting = [each for each in waiting if each != one["tool_call_id"]]
        elif turn.get("name"):
            one["name"] = turn["name"]
        if turn["role"] == "assistant" and turn.get("weight") is not None:
            one["weight"] = int(turn["weight"] > 0)
        made.append(one)
    return made


def tools(text: str | None) -> dict[str, Any]:
    """`tools` as OpenAI has them, from JSON text; nothing where they are no list of functions."""
    try:
        found = orjson.loads(text or "[]")
    except orjson.JSONDecodeError:
        return {}
    kept = [each if "function" in each else {"type": "function", "function": each} for each in found] if _functions(found) else []
    return {"tools": kept} if kept else {}


def _object(text: str) -> bool:
    """Whether a text is a JSON object, as arguments have to be."""
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def _functions(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(each, dict) and ("function" in each or "name" in each) for each in found)


def _call(call: dict[str, Any], id: str) -> dict[str, Any]:
    inner = function(call)
    given = inner.get("arguments", {})
    arguments = given if isinstance(given, str) else orjson.dumps(given).decode()
    return {"id": call.get("id") or id, "type": "function", "function": {"name": inner.get("name", ""), "arguments": arguments}}
