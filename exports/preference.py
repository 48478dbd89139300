"""A better and a worse answer to one context, in TRL's shape: `prompt`, `chosen`, `rejected`, each a list of messages.

A pair is the best row of a group against its worst. Three steps, so that rules can run between the first two and texts are
opened only for pairs: `match` (small columns), `beside` (each side's signals, for rules), `table` (texts). Whoever is left
out has a reason.
"""

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from exports.sft import BEST, DOWN, LEFT_OUT, WORST_LAST, turns

_MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),  # <chosen id>|<rejected id>
        ("prompt", _MESSAGES),
        ("chosen", _MESSAGES),
        ("rejected", _MESSAGES),
        ("score_margin", pa.float64()),
        ("margin_by", pa.string()),  # score | rank | label
        ("source", pa.string()),
        ("license", pa.string()),
    ]
)
MATCHED = pa.schema(
    [
        ("id", pa.string()),
        ("chosen_id", pa.string()),
        ("rejected_id", pa.string()),
        *(SCHEMA.field(name) for name in SCHEMA.names[4:]),
    ]
)
_MEMBER = ["id", "group_id", "rank", "score", "label", "source", "license"]


def match(members: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Standing rows (id, group_id, rank, score, label, source, license) -> pairs (MATCHED), and (id, reason) of those left out.

    Best and worst go by rank, else by score, else by label. score_margin is the difference of scores where both have
    one (negative where score and rank disagree), else of ranks, else 1 for up against down; `margin_by` says which.
    Reasons: `no partner` (alone, or its group has no order), `tie` (no two distinct ranks), `neither best nor worst`.
    """
    frame = pl.DataFrame(members.select(_MEMBER)).with_columns(
        pl.col("license").fill_null("unknown"), group=pl.coalesce("group_id", "id"), down=DOWN
    )
    frame = frame.with_columns(order=_order()).sort(["group", *BEST], descending=[False, *WORST_LAST], nulls_last=True)
    ordered = frame.filter(pl.col("order").is_not_null())
    ends = ordered.group_by("group", maintain_order=True).agg(
        pl.all().first().name.suffix("_chosen"),
        pl.all().sort_by("order", "score", "id", descending=[True, False, False]).first().name.suffix("_rejected"),
        size=pl.len(),
    )
    pairs = ends.filter(pl.col("order_chosen") < pl.col("order_rejected"))
    return _matched(pairs), _unmatched(frame, ends, pairs)


def beside(pairs: pa.Table, signals: pa.Table) -> pa.Table:
    """Pairs with what a rule sees: id, `chosen`, `rejected` (structs of the columns of `signals`), score_margin, source, license.

    `signals` has one line a row (id and any columns).
    """
    names = [name for name in signals.column_names if name != "id"]
    ids, columns = signals["id"].cast(pa.string()).combine_chunks(), {"id": pairs["id"]}
    for side in ("chosen", "rejected"):
        at = pc.index_in(pairs[f"{side}_id"], value_set=ids).combine_chunks()
        taken = signals.select(names).take(at).combine_chunks()
        parts = [taken[name].combine_chunks() for name in names]
        columns[side] = pa.StructArray.from_arrays(parts, fields=[taken.field(name) for name in names])
    return pa.table(columns | {name: pairs[name] for name in ("score_margin", "margin_by", "source", "license")})


def table(pairs: pa.Table, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Pairs (MATCHED) with the texts of `rows` (ROW; both sides of each) -> SCHEMA sorted by id, and (id, reason) of the others.

    Reasons, for both rows of a pair: `empty answer`, `no answer at the end`, `identical answers` (equal but for white space and
    case), `different contexts`. The context is every turn that both share; what follows must be the assistant's (and tools').
    """
    frame = pl.DataFrame(pairs)
    texts = pl.DataFrame({"row": pl.from_arrow(rows["id"]), "said": pl.from_arrow(turns(rows["messages"], set()))})
    for side in ("chosen", "rejected"):
        frame = frame.join(texts.rename({"row": f"{side}_id", "said": side}), on=f"{side}_id", how="left", maintain_order="left")
    frame = frame.with_columns(shared=_shared(frame)).with_columns(
        prompt=pl.col("chosen").list.head(pl.col("shared")),
        chosen=pl.col("chosen").list.slice(pl.col("shared")),
        rejected=pl.col("rejected").list.slice(pl.col("shared")),
    )
    frame = frame.with_columns(reason=_reason(frame)).sort("id")
    refused = frame.filter(pl.col("reason").is_not_null())
    out = pl.concat([refused.select("reason", id=pl.col(f"{side}_id")) for side in ("chosen", "rejected")]).sort("id")
    good = frame.filter(pl.col("reason").is_null()).select(SCHEMA.names)
    return good.to_arrow().cast(SCHEMA), out.select("id", "reason").to_arrow().cast(LEFT_OUT)


def pairs(rows: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Rows (ROW) -> pairs (SCHEMA) and (id, reason) of every row in none: `match` and `table` in one go."""
    matched, unmatched = match(rows)
    found, refused = table(matched, rows)
    return found, pa.concat_tables([unmatched, refused]).sort_by("id")


def _order() -> pl.Expr:
    """The order within a group comes from one kind only: ranks where any row has one, else scores, else labels."""
    ranked, scored = pl.col("rank").is_not_null().any().over("group"), pl.col("score").is_not_null().any().over("group")
    by_rank, by_score = pl.col("rank").cast(pl.Float64), -pl.col("score")
    return pl.when(ranked).then(by_rank).when(scored).then(by_score).otherwise((~pl.col("label")).cast(pl.Float64))


def _matched(pairs: pl.DataFrame) -> pa.Table:
    by_score = pl.col("score_chosen").is_not_null() & pl.col("score_rejected").is_not_null()
    by_rank = pl.col("rank_chosen").is_not_null()
    margin = pl.when(by_score).then(pl.col("score_chosen") - pl.col("score_rejected"))
    found = pairs.select(
        id=pl.col("id_chosen") + "|" + pl.col("id_rejected"),
        chosen_id="id_chosen",
        rejected_id="id_rejected",
        score_margin=margin.otherwise(pl.col("order_rejected") - pl.col("order_chosen")),
        margin_by=pl.when(by_score).then(pl.lit("score")).when(by_rank).then(pl.lit("rank")).otherwise(pl.lit("label")),
        source="source_chosen",
        license="license_chosen",
    )
    return found.sort("id").to_arrow().cast(MATCHED)


def _unmatched(frame: pl.DataFrame, ends: pl.DataFrame, pairs: pl.DataFrame) -> pa.Table:
    frame = frame.join(ends.select("group", "size"), on="group", how="left")
    frame = frame.join(pairs.select("group", "id_chosen", "id_rejected"), on="group", how="left")
    taken = (pl.col("id") == pl.col("id_chosen")) | (pl.col("id") == pl.col("id_rejected"))
    tied = (pl.col("size") > 1) & pl.col("order").is_not_null()
    middle = pl.col("id_chosen").is_not_null() & pl.col("order").is_not_null()
    reason = pl.when(middle).then(pl.lit("neither best nor worst")).when(tied).then(pl.lit("tie")).otherwise(pl.lit("no partner"))
    left = frame.filter(~taken.fill_null(value=False)).select("id", reason=reason)
    return left.sort("id").to_arrow().cast(LEFT_OUT)


def _shared(frame: pl.DataFrame) -> pl.Series:
    """How many turns both sides begin with alike."""
    sides = [_turns(frame, side) for side in ("chosen", "rejected")]
    same = sides[0].join(sides[1], on=["id", "turn"], how="inner")
    same = same.with_columns(differs=(pl.col("message") != pl.col("message_right")))
    firsts = same.group_by("id").agg(first=pl.col("turn").filter("differs").min(), common=pl.len())
    shared = frame.select("id").join(firsts, on="id", how="left", maintain_order="left")
    return shared.select(pl.coalesce("first", "common").fill_null(0).cast(pl.Int64)).to_series()


def _turns(frame: pl.DataFrame, side: str) -> pl.DataFrame:
    flat = frame.select("id", message=pl.col(side)).explode("message", empty_as_null=False, keep_nulls=False)
    return flat.with_columns(turn=pl.int_range(pl.len()).over("id"))


def _reason(frame: pl.DataFrame) -> pl.Series:
    """The first thing wrong with each pair, or null."""
    roles = {side: pl.col(side).list.eval(pl.element().struct.field("role")) for side in ("chosen", "rejected")}
    said = {side: pl.col(side).list.eval(pl.element().struct.field("content")).list.join("\n") for side in roles}
    last = {side: pl.col(side).list.last().struct.field("content").str.strip_chars() for side in roles}
    plain = {side: text.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars() for side, text in said.items()}
    neither = (pl.col("chosen").list.len() == 0) & (pl.col("rejected").list.len() == 0)
    ends = [(roles[side].list.last() == "assistant").fill_null(value=False) for side in roles]
    foreign = [roles[side].list.contains("user") | roles[side].list.contains("system") for side in roles]
    starts = [(roles[side].list.first() == "assistant").fill_null(value=False) for side in roles]
    return frame.select(
        pl.when(neither)
        .then(pl.lit("identical answers"))
        .when((last["chosen"] == "") | (last["rejected"] == ""))
        .then(pl.lit("empty answer"))
        .when(~(ends[0] & ends[1]))
        .then(pl.lit("no answer at the end"))
        .when(foreign[0] | foreign[1] | ~(starts[0] & starts[1]) | (pl.col("shared") == 0))
        .then(pl.lit("different contexts"))
        .when(plain["chosen"] == plain["rejected"])
        .then(pl.lit("identical answers"))
    ).to_series()
