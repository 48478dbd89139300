"""Conversations to learn from, in TRL's conversational shape: `messages` as a list of role and content.

SCHEMA is always there and never null. What only some dumps have becomes a column, or a field of the messages, when at
least one row of the release fills it: a column of nulls tells a trainer something that is not so (`tools` turns tool
templates on). `tools` and a message's `tool_calls` are JSON text, because their shapes are open; `reasoning` leaves as
`reasoning_content`, the name that chat templates read; `weight` 0 marks a turn without loss.
"""

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from exports import messages
from exports.messages import LEFT_OUT, flattened

RESERVED = {"text", "prompt", "completion", "chosen", "rejected", "label", "labels", "image", "images", "conversations"}
SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        ("messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
        ("source", pa.string()),
        ("license", pa.string()),
        ("words", pa.int64()),
    ]
)
COLUMNS = {"model": pa.string(), "score": pa.float64(), "answer": pa.string(), "tools": pa.string()}
FIELDS = {  # of a message: name as read -> (name as it leaves, type)
    "reasoning": ("reasoning_content", pa.string()),
    "name": ("name", pa.string()),
    "tool_calls": ("tool_calls", pa.string()),
    "tool_call_id": ("tool_call_id", pa.string()),
    "weight": ("weight", pa.float32()),
}
BEST, WORST_LAST = ["rank", "score", "down", "id"], [False, True, False, False]  # best first, within a group
DOWN = pl.col("label").fill_null(value=True).not_()

OF = "rows"
TAKES = "conversations to learn from: `messages` is a list of `role` and `content`"
EVERY_TURN = True  # a longer conversation teaches its beginning too


def unfit(rows: pa.Table) -> pa.Table:
    """Rows (ROW) without any turn of the assistant to learn: each has weight 0, or there is none."""
    owner, flat = flattened(rows["messages"])
    said = pc.equal(pc.struct_field(flat, "role"), "assistant")
    weight = pc.fill_null(pc.struct_field(flat, "weight"), 1)
    learned = np.bincount(owner[pc.and_(said, pc.not_equal(weight, 0)).to_numpy(zero_copy_only=False)], minlength=len(rows))
    return messages.left_out(rows["id"], [None if turns else "nothing to learn" for turns in learned.tolist()])


def more(rows: pa.Table) -> set[str]:
    """Which columns and message fields beyond SCHEMA some of these rows fill; over shards, take the union."""
    found = {name for name in COLUMNS if name in rows.column_names and rows[name].null_count < len(rows)}
    turns = pc.list_flatten(rows["messages"])
    return found | {name for name in FIELDS if pc.struct_field(turns, name).null_count < len(turns)}


def message(more: set[str]) -> pa.DataType:
    """The type of one message: role, content and the fields named in `more`."""
    plain = [("role", pa.string()), ("content", pa.string())]
    return pa.struct(plain + [pair for name, pair in FIELDS.items() if name in more])


def schema(more: set[str]) -> pa.Schema:
    """SCHEMA with what `more` names; the order of columns is fixed."""
    start = SCHEMA.set(1, pa.field("messages", pa.list_(message(more))))
    return pa.schema([*start, *(pa.field(name, kind) for name, kind in COLUMNS.items() if name in more)])


def table(rows: pa.Table, words: pa.Table, wanted: set[str] | None = None) -> pa.Table:
    """Rows (ROW) that were chosen, as they leave; `words` (id, words) may hold other ids too. Order is that of `rows`.

    `wanted` is the union of `more` over all shards of a release, so that every shard has one schema.
    """
    wanted = more(rows) if wanted is None else wanted
    columns = {
        "id": rows["id"],
        "messages": turns(rows["messages"], wanted),
        "source": rows["source"],
        "license": pc.fill_null(rows["license"], "unknown"),
        "words": aligned(rows["id"], words.select(["id", "words"]))["words"],
    }
    shape = schema(wanted)
    return pa.table([columns.get(name, rows[name] if name in wanted else None) for name in shape.names], schema=shape)


def aligned(ids: pa.ChunkedArray, beside: pa.Table) -> pa.Table:
    """The lines of `beside` (id and more) for these ids, in their order; nulls where an id is not in it."""
    return beside.take(pc.index_in(ids, value_set=beside["id"].cast(pa.string()).combine_chunks()))


def turns(lists: pa.ChunkedArray, more: set[str]) -> pa.Array:
    """Messages as they leave: only role, content and the fields named."""
    whole = pa.concat_arrays([chunk.cast(chunk.type) for chunk in lists.chunks]) if lists.num_chunks != 1 else lists.chunk(0)
    flat, kind = whole.flatten(), message(more)
    names = ["role", "content", *(name for name in FIELDS if name in more)]
    parts = [pc.struct_field(flat, name).cast(field.type) for name, field in zip(names, kind, strict=True)]
    lengths = pc.fill_null(pc.list_value_length(whole), 0).to_numpy(zero_copy_only=False)
    bounds = pa.array([0, *lengths.cumsum().tolist()], pa.int32())
    return pa.ListArray.from_arrays(bounds, pa.StructArray.from_arrays(parts, fields=list(kind)))


def left_out(members: pa.Table) -> pa.Table:
    """Standing rows (id, group_id, rank, score, label) that may not be learned from: id and reason.

    Of a group only the best row leaves (rank 0, else the highest score, else thumbs up; ties by id); never one
    whose label is down.
    """
    frame = pl.DataFrame(members.select(["id", "group_id", "rank", "score", "label"])).with_columns(
        group=pl.coalesce("group_id", "id"), down=DOWN
    )
    frame = frame.sort(["group", *BEST], descending=[False, *WORST_LAST], nulls_last=True)
    first = pl.col("group").is_first_distinct()
    reason = pl.when(~first).then(pl.lit("not the best of its group")).when("down").then(pl.lit("label is down"))
    return frame.select("id", reason=reason).drop_nulls().sort("id").to_arrow().cast(LEFT_OUT)
