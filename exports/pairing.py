"""Which answers of a group are compared: the recipe's `pairs`, over answers in an order (see `ranking`).

Nothing here depends on the order of rows: what is equal is told apart by id, and chance is a hash of the seed and the id.
"""

import hashlib
from collections.abc import Iterable

import polars as pl

PAIR = {  # a pair before its texts are read
    "id": pl.String,  # <chosen id>|<rejected id>
    "chosen_id": pl.String,
    "rejected_id": pl.String,
    "tie": pl.Boolean,  # two of equal rank: by id, and neither is better
    "score_margin": pl.Float64,
    "margin_by": pl.String,
    "source": pl.String,
    "license": pl.String,
}
_BEST = {"order": False, "points": True, "id": False}  # column -> descending
_WORST = {"order": True, "points": False, "id": False}


def pairs(members: pl.DataFrame, how: str, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Members in an order (id, group, order, points, by, source, license) -> pairs (PAIR, by id), and (id, reason) of the others.

    `how` is best_worst, best_each, all, adjacent (ranks that follow each other) or best_random. A pair of equal rank is a tie.
    score_margin is the difference of points where both have some (negative where they deny the order), else of the order.
    Reasons: `no partner` (alone, or its group has no order), `unranked` (its group has an order, and it has no place in it),
    `tie` (all of its group are equal), `neither best nor worst`, `not drawn`.
    """
    whole = members.with_columns(level=pl.col("order").rank("dense").over("group"))
    ordered = whole.filter(pl.col("order").is_not_null()).sort("group", "id").with_row_index("at")
    sized = ordered.filter(pl.len().over("group") > 1)
    found = _two(ordered, _places(sized, how, seed))
    return found, _others(whole, found, how)


def _places(ordered: pl.DataFrame, how: str, seed: int) -> pl.DataFrame:
    """The places in `ordered` (column `at`) of the two of each pair."""
    if how in ("all", "adjacent"):
        small = ordered.select("group", "level", "at")
        two = small.join(small, on="group", suffix="_other")
        step = pl.col("level_other").cast(pl.Int64) - pl.col("level").cast(pl.Int64)
        same = (step == 0) & (pl.col("at") < pl.col("at_other"))
        wanted = (step > 0) if how == "all" else (step == 1)
        return two.filter(wanted | same).select("at", "at_other")
    best = _first(ordered, _BEST).select("group", "at", "level")
    rest = ordered.join(best.select("at"), on="at", how="anti")
    if how == "best_worst":
        rest = _first(rest, _WORST)
    elif how == "best_random":
        levels = best.select("group", top="level")
        drawn = rest.join(levels, on="group").with_columns(equal=pl.col("level") == pl.col("top"), draw=_draws(rest["id"], seed))
        rest = _first(drawn, {"equal": False, "draw": False, "id": False})
    return best.join(rest.select("group", at_other="at"), on="group").select("at", "at_other")


def _first(frame: pl.DataFrame, by: dict[str, bool]) -> pl.DataFrame:
    """The first of each group."""
    kept = frame.sort(["group", *by], descending=[False, *by.values()], nulls_last=True)
    return kept.unique("group", keep="first", maintain_order=True)


def _draws(ids: Iterable[str], seed: int) -> pl.Series:
    """A number for each id that depends on nothing else but the seed."""
    start = f"{seed}\x1f".encode()
    hashes = (hashlib.blake2b(start + each.encode(), digest_size=8, person=b"pair").digest() for each in ids)
    return pl.Series("draw", [int.from_bytes(each, "big") for each in hashes], pl.UInt64)


def _two(ordered: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Places of two -> PAIR: the better one first, of equal ones the one whose id is first."""
    sides = [ordered[places["at"]], ordered[places["at_other"]]]
    two = pl.concat([sides[0], sides[1].rename(lambda name: f"{name}_other")], how="horizontal")
    tie = pl.col("level") == pl.col("level_other")
    turned = pl.when(tie & (pl.col("id") > pl.col("id_other")))
    two = two.select(
        pl.exclude("id", "id_other"),
        tie=tie,
        chosen_id=turned.then("id_other").otherwise("id"),
        rejected_id=turned.then("id").otherwise("id_other"),
    )
    pointed = pl.col("points").is_not_null() & pl.col("points_other").is_not_null()
    margin = pl.when(pointed).then(pl.col("points") - pl.col("points_other")).otherwise(pl.col("order_other") - pl.col("order"))
    by = pl.when(pointed & (pl.col("by") == "rank")).then(pl.lit("score")).otherwise("by")
    two = two.with_columns(
        id=pl.col("chosen_id") + "|" + pl.col("rejected_id"),
        score_margin=pl.when("tie").then(0.0).otherwise(margin),
        margin_by=by,
        license=pl.col("license").fill_null("unknown"),
    )
    return two.select(pl.col(name).cast(kind) for name, kind in PAIR.items()).sort("id")


def _others(whole: pl.DataFrame, found: pl.DataFrame, how: str) -> pl.DataFrame:
    """(id, reason) of the members that are in no pair."""
    taken = pl.concat([found["chosen_id"], found["rejected_id"]]).unique()
    ordered = pl.col("order").is_not_null()
    whole = whole.with_columns(ordered=ordered.sum().over("group"), levels=pl.col("level").max().over("group"))
    reason = (
        pl.when(~ordered & (pl.col("ordered") > 1))
        .then(pl.lit("unranked"))
        .when(pl.col("ordered") < 2)
        .then(pl.lit("no partner"))
        .when(pl.col("levels") == 1)
        .then(pl.lit("tie"))
        .otherwise(pl.lit("not drawn" if how == "best_random" else "neither best nor worst"))
    )
    return whole.filter(~pl.col("id").is_in(taken.implode())).select("id", reason=reason).sort("id")
