"""Questions without their answers, for GRPO and other reinforcement learning: `prompt`, and `answer` where it can be checked.

TRL passes every column beside `prompt` to the reward functions; verl reads `data_source` and `reward_model`, whose
`ground_truth` is the answer (`style: rule`), or empty where a reward model has to judge (`style: model`). A prompt leaves
once.
"""

import hashlib

import pyarrow as pa
import pyarrow.compute as pc

from exports import sft
from exports.messages import asked, cut
from exports.messages import left_out as _left_out

OF = "rows"
NEEDS = ["id", "messages", "tools"]
TAKES = "questions: `prompt`, a list of messages, `answer` where it can be checked, and verl's `data_source` and `reward_model`"
_JUDGE = pa.struct([("style", pa.string()), ("ground_truth", pa.string())])


def left_out(members: pa.Table) -> pa.Table:
    """Of a group, whose rows ask the same, all but the best row."""
    table = sft.left_out(members)
    return table.filter(pc.not_equal(table["reason"], "label is down"))


def unfit(rows: pa.Table) -> pa.Table:
    """Rows (ROW) in which no user asks."""
    return _left_out(rows["id"], [None if turns else "nobody asks" for turns in asked(rows["messages"]).tolist()])


def key(rows: pa.Table) -> pa.Array:
    """What two rows have in common that ask the same: 128 bits of roles and texts up to the last user turn, and tools."""
    prompt, _ = cut(rows["messages"], asked(rows["messages"]))
    tools = rows["tools"].to_pylist()
    texts = (
        "\x1e".join([*(f"{turn['role']}\x1f{turn['content']}" for turn in turns), tool or ""])
        for turns, tool in zip(prompt.to_pylist(), tools, strict=True)
    )
    return pa.array([hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in texts], pa.string())


def more(rows: pa.Table) -> set[str]:
    """Which message fields of prompts, and of the columns `answer` and `tools`, some of these rows fill."""
    prompt, _ = cut(rows["messages"], asked(rows["messages"]))
    shown = rows.set_column(rows.schema.get_field_index("messages"), "messages", prompt)
    return sft.more(shown) & {"reasoning", "name", "tool_calls", "tool_call_id", "tools", "answer"}


def schema(more: set[str]) -> pa.Schema:
    """Fixed columns, and `answer` and `tools` where some row has them."""
    columns = [pa.field("id", pa.string(), nullable=False), ("prompt", pa.list_(sft.message(more)))]
    columns += [("data_source", pa.string()), ("reward_model", _JUDGE), ("source", pa.string()), ("license", pa.string())]
    return pa.schema(columns + [(name, pa.string()) for name in ("answer", "tools") if name in more])


def table(rows: pa.Table, beside: pa.Table, wanted: set[str]) -> pa.Table:
    """Rows (ROW) as they leave, in their order; `beside` says nothing here."""
    turns = sft.turns(rows["messages"], wanted)
    answer = rows["answer"].combine_chunks()
    checkable = pc.is_valid(answer)
    judge = [pc.if_else(checkable, "rule", "model"), pc.fill_null(answer, "")]
    columns = {
        "id": rows["id"],
        "prompt": cut(turns, asked(turns))[0],
        "data_source": rows["source"],
        "reward_model": pa.StructArray.from_arrays(judge, fields=list(_JUDGE)),
        "source": rows["source"],
        "license": pc.fill_null(rows["license"], "unknown"),
        "answer": answer,
        "tools": rows["tools"],
    }
    shape = schema(wanted)
    return pa.table([columns[name] for name in shape.names], schema=shape)
