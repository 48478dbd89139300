"""Conversations as ShareGPT's JSON lines, `from` and `value`, which LLaMA-Factory, axolotl and Unsloth read.

Tool calls are turns of `function_call` with their JSON, results are turns of `observation`, reasoning stands in `<think>`
marks before the answer or the call (LLaMA-Factory takes it from there), and `weight` beside a turn says 0 where it is not
to be learned. Loaders want two sides in turn: others have a reason.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import orjson
import pyarrow as pa

from exports.messages import calls, function, thought
from exports.messages import left_out as _left_out

OF = "sft"
TAKES = "JSON lines: `conversations`, a list of `from` and `value`"
_FROM = {"system": "system", "user": "human", "assistant": "gpt", "tool": "observation"}
_ASKS, _SAYS = {"human", "observation"}, {"gpt", "function_call"}


def unfit(conversations: pa.Table) -> pa.Table:
    """Conversations that loaders of this shape would drop or cut."""
    return _left_out(conversations["id"], [misfit(turns) for turns in conversations["messages"].to_pylist()])


def lines(conversations: pa.Table) -> Iterator[dict[str, Any]]:
    """Conversations as `sft` has them -> one object each."""
    for row in conversations.to_pylist():
        turns = [turn(message) | _weight(message) for message in row["messages"]]
        tools = {"tools": row["tools"]} if row.get("tools") else {}
        yield {"id": row["id"], "conversations": turns, **tools}


def turn(message: dict[str, Any]) -> dict[str, str]:
    """One message as `from` and `value`."""
    if called := calls(message):
        asked = [function(call) for call in called]
        text = orjson.dumps(asked if len(asked) > 1 else asked[0]).decode()
        return {"from": "function_call", "value": thought({**message, "content": text})}
    return {"from": _FROM[message["role"]], "value": thought(message)}


def misfit(turns: list[dict[str, Any]]) -> str | None:
    """Why loaders of this shape would not take these turns, or None: two sides in turn after the system, an answer at the end."""
    said = turns[1:] if turns and turns[0]["role"] == "system" else turns
    if any(calls(each) and each["content"].strip() for each in said):
        return "says and calls in one turn"
    sides = [turn(each)["from"] for each in said]
    if not sides or sides[-1] != "gpt":
        return "no answer at the end"
    if sides[0] not in _ASKS or "system" in sides or any((one in _ASKS) == (other in _ASKS) for one, other in pairwise(sides)):
        return "turns are not in turn"
    return None


def _weight(message: dict[str, Any]) -> dict[str, float]:
    weight = message.get("weight")
    return {} if weight is None else {"weight": weight}
