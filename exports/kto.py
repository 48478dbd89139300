"""Single answers that are worth learning or not, for KTO: `prompt`, `completion`, and `label`, true or false.

Every standing row with a thumb of its own; of groups with ranks or scores the best answers and the worst (in the order that the
recipe's `preference` makes by `score`, where it does), the middle says neither. `prompt` is all up to the last user turn,
`completion` the answer to it.
"""

from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from exports import sft
from exports.messages import LEFT_OUT, answered, asked, cut
from exports.messages import left_out as _left_out

OF = "rows"
TAKES = "single answers with a verdict: `prompt` and `completion`, lists of messages, and `label`, true or false"
VERDICTS = "`label` is a source's thumb, or by its ranks or scores true for the best of a group and false for the worst."


def left_out(members: pa.Table) -> pa.Table:
    """Standing rows (MEMBERS) without a verdict: `tie`, `neither best nor worst`, `no verdict`."""
    frame = _verdicts(members)
    reason = (
        pl.when(pl.col("verdict").is_not_null())
        .then(None)
        .when(pl.col("order").is_null())
        .then(pl.lit("no verdict"))
        .when(pl.col("first") == pl.col("last"))
        .then(pl.lit("tie"))
        .otherwise(pl.lit("neither best nor worst"))
    )
    return frame.select("id", reason=reason).drop_nulls().sort("id").to_arrow().cast(LEFT_OUT)


def beside(members: pa.Table) -> pa.Table:
    """(id, verdict) of every standing row, from all members of its group at once."""
    return _verdicts(members).select("id", "verdict").to_arrow()


def unfit(rows: pa.Table) -> pa.Table:
    """Rows (ROW) whose last word is no answer to a user."""
    return _left_out(rows["id"], [None if good else "no answer at the end" for good in answered(rows["messages"])])


def more(rows: pa.Table) -> set[str]:
    """Which message fields, and `tools`, some of these rows fill."""
    return sft.more(rows) & {"reasoning", "name", "tool_calls", "tool_call_id", "tools"}


def schema(more: set[str]) -> pa.Schema:
    """Fixed columns, and `tools` where some row has them."""
    turns = pa.list_(sft.message(more))
    columns: list[Any] = [pa.field("id", pa.string(), nullable=False), ("prompt", turns), ("completion", turns)]
    columns += [("label", pa.bool_()), ("source", pa.string()), ("license", pa.string()), ("words", pa.int64())]
    return pa.schema(columns + [("tools", pa.string())] * ("tools" in more))


def table(rows: pa.Table, beside: pa.Table, wanted: set[str]) -> pa.Table:
    """Rows (ROW) as they leave, in their order; `beside` (id, verdict, words) may hold other ids too."""
    turns = sft.turns(rows["messages"], wanted)
    prompt, completion = cut(turns, asked(turns))
    told = sft.aligned(rows["id"], beside)
    columns = {
        "id": rows["id"],
        "prompt": prompt,
        "completion": completion,
        "label": told["verdict"],
        "source": rows["source"],
        "license": pc.fill_null(rows["license"], "unknown"),
        "words": told["words"],
        "tools": rows["tools"],
    }
    shape = schema(wanted)
    return pa.table([columns[name] for name in shape.names], schema=shape)


def _verdicts(members: pa.Table) -> pl.DataFrame:
    """`verdict`: a row's own thumb, else true for the best of its group and false for the worst, else null."""
    frame = pl.DataFrame(members.select(["id", "group_id", "rank", "score", "label"]))
    ranked = pl.col("rank").is_not_null().any().over("group_id")
    order = pl.when(ranked).then(pl.col("rank").cast(pl.Float64)).otherwise(-pl.col("score"))
    frame = frame.with_columns(order=pl.when(pl.col("group_id").is_not_null()).then(order))
    frame = frame.with_columns(first=pl.col("order").min().over("group_id"), last=pl.col("order").max().over("group_id"))
    apart = pl.col("first") < pl.col("last")
    by_order = (
        pl.when(apart & (pl.col("order") == pl.col("first")))
        .then(True)
        .when(apart & (pl.col("order") == pl.col("last")))
        .then(False)
    )
    return frame.with_columns(verdict=pl.coalesce("label", by_order))
