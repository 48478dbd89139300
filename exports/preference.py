"""A better and a worse answer to one context, in TRL's shape: `prompt`, `chosen`, `rejected`, each a list of messages.

Which answers are compared, and how far apart they are, is decided on small columns (`ranking`, `pairing`, `doubt`); then
rules run over what `beside` shows; only then are texts opened, some pairs at a time (`soundness`, `contradictions`). Ties
leave as `first` and `second`, which no trainer takes for better and worse.
"""

from collections.abc import Collection

import polars as pl
import pyarrow as pa

from exports import soundness
from exports.messages import joined
from exports.sft import FIELDS, message
from exports.sft import more as filled

OF = "preference"  # made of whole groups, which `flows.comparisons` brings together
TAKES = "a better and a worse answer to one context: `prompt`, `chosen`, `rejected`, each a list of messages"
TIES = "two answers of equal rank to one context: `prompt`, `first`, `second`, each a list of messages"
VERDICTS = "Preferences are those of the sources (ranks, scores, votes)."
COLUMNS: dict[str, pa.DataType] = {  # of a pair beside its texts; rules see them too
    "score_margin": pa.float64(),
    "margin_by": pa.string(),  # score | rank | label, or the way of the recipe's `score`
    "agreement": pa.float64(),  # share of the raters or ratings that put the chosen higher
    "flags": pa.list_(pa.string()),  # what speaks against the pair
    "suspicion": pa.float64(),  # how likely the label is wrong, where a rule asks
    "source": pa.string(),
    "license": pa.string(),
}
_SOME = ("agreement", "suspicion", "weight")  # there only where they are known


def more(rows: pa.Table) -> set[str]:
    """Which message fields, and `tools`, some of these rows fill; over a release, take the union."""
    return filled(rows) & {*FIELDS, "tools"}


def schema(more: set[str], *, some: Collection[str] = (), ties: bool = False) -> pa.Schema:
    """The columns of pairs, or of ties; `more`, and of the pair's own `some`, where a row of the release fills them."""
    turns = pa.list_(message(more))
    sides = ("first", "second") if ties else soundness.SIDES
    left_out = {"score_margin", "margin_by", *_SOME} if ties else {name for name in _SOME if name not in some}
    told = [(name, kind) for name, kind in [*COLUMNS.items(), ("weight", pa.float64())] if name not in left_out]
    tools = [("tools", pa.string())] if "tools" in more else []
    return pa.schema(
        [pa.field("id", pa.string(), nullable=False), *((name, turns) for name in ("prompt", *sides)), *tools, *told]
    )


def beside(pairs: pl.DataFrame, signals: pl.DataFrame) -> pl.DataFrame:
    """Pairs with what a rule sees: id, `chosen`, `rejected` (structs of the columns of `signals`), and the pair's own columns.

    `signals` has one line a row (id and any columns).
    """
    whole = signals.select("id", side=pl.struct(pl.exclude("id")))
    for side in soundness.SIDES:
        pairs = pairs.join(whole.rename({"side": side}), left_on=f"{side}_id", right_on="id", how="left", maintain_order="left")
    return pairs


def whole(pairs: pa.Table) -> pa.Table:
    """Pairs, or ties, with the prompt in both sides and no column of it (TRL's implicit prompt); every other column stays."""
    made = pairs.drop_columns(["prompt"])
    for side in [name for name in (*soundness.SIDES, "first", "second") if name in pairs.column_names]:
        made = made.set_column(made.schema.get_field_index(side), made.schema.field(side), joined(pairs["prompt"], pairs[side]))
    return made


def table(parts: pl.DataFrame, wanted: pa.Schema) -> pa.Table:
    """Sound pairs with their texts (`soundness.parted`, and the columns of the pair) as they leave, sorted by id."""
    named = {"first": "chosen", "second": "rejected"}
    found = parts.sort("id").select(pl.col(named.get(name, name)).alias(name) for name in wanted.names)
    return found.to_arrow().cast(wanted)
