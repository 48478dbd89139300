"""Lists of messages: where the prompt ends, lists cut and joined; thoughts and calls where a shape has no field for them."""

from itertools import pairwise
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

THOUGHTS = ("reasoning", "reasoning_content")  # as read, and as it leaves
LEFT_OUT = pa.schema([("id", pa.string()), ("reason", pa.string())])


def asked(messages: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Per list, how many turns there are up to the last user turn, that turn included; 0 where no user speaks."""
    owner, flat = flattened(messages)
    starts = np.searchsorted(owner, np.arange(len(messages)))
    users = np.flatnonzero(pc.equal(pc.struct_field(flat, "role"), "user").to_numpy(zero_copy_only=False))
    ends = np.zeros(len(messages), np.int64)
    np.maximum.at(ends, owner[users], users - starts[owner[users]] + 1)
    return ends


def cut(messages: pa.ChunkedArray | pa.Array, at: np.ndarray) -> tuple[pa.Array, pa.Array]:
    """Each list up to `at`, and what follows."""
    owner, flat = flattened(messages)
    starts = np.searchsorted(owner, np.arange(len(messages) + 1))
    early = np.arange(len(owner)) - starts[owner] < at[owner]
    sizes = np.minimum(np.diff(starts), at)
    parts = ((flat.filter(pa.array(early)), sizes), (flat.filter(pa.array(~early)), np.diff(starts) - sizes))
    head, tail = (pa.ListArray.from_arrays(bounds(lengths), turns, type=messages.type) for turns, lengths in parts)
    return head, tail


def bounds(lengths: np.ndarray) -> pa.Array:
    """Offsets of lists of these lengths."""
    return pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())


def joined(first: pa.ChunkedArray, then: pa.ChunkedArray) -> pa.Array:
    """Two lists of messages, one after the other."""
    (one, turns), (other, more) = flattened(first), flattened(then)
    order = np.argsort(np.concatenate([one, other]), kind="stable")
    sizes = np.bincount(one, minlength=len(first)) + np.bincount(other, minlength=len(first))
    return pa.ListArray.from_arrays(bounds(sizes), pa.concat_arrays([turns, more]).take(pa.array(order)), type=first.type)


def flattened(messages: pa.ChunkedArray | pa.Array) -> tuple[np.ndarray, pa.Array]:
    """The place of each turn's list, and all turns."""
    whole = messages.combine_chunks() if isinstance(messages, pa.ChunkedArray) else messages
    return pc.list_parent_indices(whole).to_numpy(), whole.flatten()


def answered(messages: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Whether the assistant speaks right after the last user turn and has the last word, with tools alone in between."""
    owner, flat = flattened(messages)
    roles = np.array(pc.struct_field(flat, "role").to_pylist(), dtype=object)
    starts = np.searchsorted(owner, np.arange(len(messages) + 1))
    ends, good = asked(messages), np.zeros(len(messages), bool)
    for row, (start, stop) in enumerate(pairwise(starts)):
        said = roles[start + ends[row] : stop]
        good[row] = bool(ends[row] and len(said)) and said[0] == said[-1] == "assistant" and set(said) <= {"assistant", "tool"}
    return good


def thinking(table: pa.Table, which: str) -> pa.Table:
    """A table with the thoughts in its messages (`messages`, `prompt`, `completion`) that a recipe's `reasoning` lets leave.

    `all`; `last`: those after the last user turn, as chat templates of thinking models keep them; `none`.
    """
    for name in [each for each in ("messages", "prompt", "completion") if which != "all" and each in table.column_names]:
        at, (owner, flat) = table.schema.get_field_index(name), flattened(table[name])
        starts = np.searchsorted(owner, np.arange(len(table) + 1))
        ends = asked(table[name]) if which == "last" else np.diff(starts)
        stays = pa.array(np.arange(len(owner)) - starts[owner] >= ends[owner])
        parts = [flat.field(each.name) for each in flat.type]
        for place, each in enumerate(flat.type):
            if each.name in THOUGHTS:
                parts[place] = pc.if_else(stays, parts[place], pa.scalar(None, each.type))
        struct = pa.StructArray.from_arrays(parts, fields=list(flat.type))
        lists = pa.ListArray.from_arrays(bounds(np.diff(starts)), struct, type=table.schema.field(at).type)
        table = table.set_column(at, table.schema.field(at), lists)
    return table


def thought(message: dict[str, Any]) -> str:
    """A message's text with its reasoning before it in `<think>` marks, as models that think write it."""
    reasoning = message.get("reasoning_content")
    return f"<think>\n{reasoning}\n</think>\n\n{message['content']}" if reasoning else message["content"]


def calls(message: dict[str, Any]) -> list[dict[str, Any]]:
    """A message's tool calls, decoded; none where there are none or their JSON text is no list of objects."""
    try:
        found = orjson.loads(message.get("tool_calls") or "[]")
    except orjson.JSONDecodeError:
        return []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def function(call: dict[str, Any]) -> dict[str, Any]:
    """The name and arguments of a call, whichever of the two usual ways it is written in."""
    inner = call.get("function")
    return inner if isinstance(inner, dict) else {name: call[name] for name in ("name", "arguments") if name in call}


def left_out(ids: pa.ChunkedArray | pa.Array, reasons: list[str | None]) -> pa.Table:
    """(id, reason) of those that have a reason."""
    table = pa.table({"id": ids, "reason": pa.array(reasons, pa.string())}, schema=LEFT_OUT)
    return table.filter(pc.is_valid(table["reason"]))
