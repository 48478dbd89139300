"""Pairs for LLaMA-Factory (`ranking: true`): `conversations` before the answers, and `chosen` and `rejected` as one message each.

Turns are `from` and `value`, with tool calls as `function_call` and their results as `observation`: what that loader reads.
It wants user and assistant in turn, and drops others without a word; here they have a reason. `train/dataset_info.json` names
the file.
"""

from typing import Any

import pyarrow as pa

from exports import sharegpt
from exports.messages import left_out as _left_out

OF = "preference"
TAKES = "pairs for LLaMA-Factory: `conversations`, and `chosen` and `rejected`, one `from` and `value` each"
_TURN = pa.struct([("from", pa.string()), ("value", pa.string())])
_REST = ("score_margin", "source", "license")


def unfit(pairs: pa.Table) -> pa.Table:
    """Pairs that LLaMA-Factory would drop: an answer of several turns, turns out of order."""
    return _left_out(pairs["id"], [_why(pair) for pair in pairs.select(["prompt", "chosen", "rejected"]).to_pylist()])


def view(pairs: pa.Table) -> pa.Table:
    """Pairs as `preference` has them, that are fit -> `from` and `value`."""
    held = pairs.select(["prompt", "chosen", "rejected"]).to_pylist()
    columns: dict[str, Any] = {"id": pairs["id"]}
    columns["conversations"] = pa.array([[sharegpt.turn(each) for each in pair["prompt"]] for pair in held], pa.list_(_TURN))
    for side in ("chosen", "rejected"):
        columns[side] = pa.array([sharegpt.turn(pair[side][0]) for pair in held], _TURN)
    kept = [name for name in (*_REST, "tools") if name in pairs.column_names]
    return pa.table(columns | {name: pairs[name] for name in kept})


def _why(pair: dict[str, Any]) -> str | None:
    if len(pair["chosen"]) != 1 or len(pair["rejected"]) != 1:
        return "an answer of several turns"
    return sharegpt.misfit([*pair["prompt"], pair["chosen"][0]])
