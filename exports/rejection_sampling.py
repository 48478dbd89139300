"""The best of several answers to one prompt (best of n): the columns of `sft`, and how the answer stood among its like.

`group_size` answers were compared, `group_mean_score` is their mean score, `score` this one's: rules may name them, for example
`group_size >= 4 AND score > group_mean_score`.
"""

import pyarrow as pa
import pyarrow.compute as pc

from exports import sft
from exports.messages import LEFT_OUT
from exports.sft import more, unfit

__all__ = ["left_out", "more", "schema", "table", "unfit"]

OF = "rows"
TAKES = "the best of several answers: the columns of `sft`, with `group_size` and `group_mean_score`"
VERDICTS = "Which answer of a group is the best, the ranks or scores of the sources say."
EVERY_TURN = True


def left_out(members: pa.Table) -> pa.Table:
    """All but the best row of every group in which one is better than another: `alone`, `tie`, and the reasons of `sft`."""
    spread = pa.TableGroupBy(members, "group_id", use_threads=False).aggregate(
        [("rank", "min"), ("rank", "max"), ("score", "min"), ("score", "max")]
    )
    apart = [pc.greater(spread[f"{name}_max"], spread[f"{name}_min"]) for name in ("rank", "score")]
    sampled = spread["group_id"].filter(pc.or_(*(pc.fill_null(each, False) for each in apart)))
    known = pc.and_(pc.is_in(members["group_id"], value_set=sampled.combine_chunks()), pc.is_valid(members["group_id"]))
    other = members.filter(pc.invert(known))
    reason = pc.if_else(pc.greater(pc.fill_null(other["group_size"], 1), 1), "tie", "alone")
    flat = pa.table({"id": other["id"], "reason": reason}).cast(LEFT_OUT)
    return pa.concat_tables([flat, sft.left_out(members.filter(known))]).sort_by("id")


def schema(more: set[str]) -> pa.Schema:
    """The columns of `sft`, `group_size`, and `group_mean_score` where some row has a score."""
    mean = [pa.field("group_mean_score", pa.float64())] if "score" in more else []
    return pa.schema([*sft.schema(more), pa.field("group_size", pa.int32()), *mean])


def table(rows: pa.Table, beside: pa.Table, wanted: set[str]) -> pa.Table:
    """Rows (ROW) as they leave, in their order; `beside` (id, words, group_size, group_mean_score) may hold other ids too."""
    made, told = sft.table(rows, beside, wanted), sft.aligned(rows["id"], beside)
    for field in list(schema(wanted))[len(made.schema) :]:
        made = made.append_column(field, told[field.name].cast(field.type))
    return made
