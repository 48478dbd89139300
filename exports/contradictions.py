"""The same two answers to one context, judged one way here and the other way there; and too many pairs of one context.

`pairs` are polars frames of pairs that stand, with the prints of what they say (`soundness.prints`) and their margins.
"""

import polars as pl

_KEY = ["context", "low", "high"]


def contradicting(pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs (id, context, better, worse) that another one denies: (id, own, twin, same, other).

    `own` and `twin` are the first pairs of its direction and of the other one, `same` and `other` how many each has.
    """
    forward = pl.col("better") < pl.col("worse")
    told = pairs.filter(pl.col("better") != pl.col("worse")).select(
        "id",
        "context",
        forward=forward,
        low=pl.when(forward).then("better").otherwise("worse"),
        high=pl.when(forward).then("worse").otherwise("better"),
    )
    sides = told.group_by(*_KEY, "forward").agg(twin=pl.col("id").min(), other=pl.len())
    both = told.join(sides.with_columns(~pl.col("forward")), on=[*_KEY, "forward"])
    own = {"same": pl.len().over(*_KEY, "forward"), "own": pl.col("id").min().over(*_KEY, "forward")}
    return both.with_columns(**own).select("id", "own", "twin", "same", "other").sort("id")


def settled(pairs: pl.DataFrame, policy: str) -> pl.DataFrame:
    """Those of `pairs` that fall by the policy, each with reason, detail and twin.

    `drop`: every pair that is denied. `majority`: those of the direction that fewer say; of equally many, all. `first`: those
    that the pair with the first id denies. `keep`: none.
    """
    denied = contradicting(pairs)
    falls = {
        "drop": pl.lit(value=True),
        "majority": pl.col("same") <= pl.col("other"),
        "first": pl.col("twin") < pl.col("own"),
        "keep": pl.lit(value=False),
    }[policy]
    said = "the same two answers, the other way round, in {} ({} pairs say it so, {} otherwise)"
    fallen = denied.filter(falls)
    return fallen.select("id", "twin", reason=pl.lit("contradiction"), detail=pl.format(said, "twin", "same", "other"))


def capped(pairs: pl.DataFrame, most: int) -> pl.DataFrame:
    """Those of `pairs` (id, context, score_margin) beyond `most` of one context: the smallest margins fall, ties by id."""
    order = pairs.sort(["context", "score_margin", "id"], descending=[False, True, False], nulls_last=True)
    place = pl.int_range(pl.len()).over("context")
    over = order.filter(place >= most).sort("id")
    said = f"at most {most} of one context: others have a larger margin, or the same and come first"
    return over.select("id", reason=pl.lit("prompt cap"), detail=pl.lit(said))
