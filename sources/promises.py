"""Columns that promise JSON hold nothing else: a text that is none stands in `extra`, under `bad_json`, which is a flag too."""

from typing import Any

import orjson

from sources.cells import BAD


def kept(row: dict[str, Any]) -> dict[str, Any]:
    """The row with nothing but JSON where its columns promise that: tools and calls that are none are moved to `extra`."""
    tools, messages = row.get("tools"), row["messages"]
    if not tools and max(map(len, messages), default=0) <= 2:
        return row
    calls = [call if (call := message.get("tool_calls")) and not _is_json(call) else None for message in messages]
    bad: dict[str, Any] = {"tools": tools} if tools and not _is_json(tools) else {}
    bad |= {"tool_calls": calls} if any(calls) else {}
    if not bad:
        return row
    messages = [{**message, "tool_calls": None} if call else message for message, call in zip(messages, calls, strict=True)]
    left = {**orjson.loads(row.get("extra") or "{}"), BAD: bad}
    row = {**row, "messages": messages, "tools": None if "tools" in bad else tools, "extra": orjson.dumps(left).decode()}
    return {**row, "flags": [*(row.get("flags") or ()), BAD]}


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True
