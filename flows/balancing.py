"""Pairs that leave, measured for what else than quality wins them, and balanced where the recipe says so."""

from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from exports import bias
from exports.balance import Balanced, balance, bounds
from schemas.recipe import Balance, Recipe


@dataclass(frozen=True)
class Measured:
    """The pairs (with `weight`, where it is asked for), those of them that fall (id, reason, detail), and BIAS."""

    pairs: pl.DataFrame
    fallen: pl.DataFrame
    bias: pa.Table


def balanced(recipe: Recipe, pairs: pl.DataFrame, beside: pl.DataFrame) -> Measured:
    """Pairs that stand (id, ...) and both sides' columns of the same pairs (`exports.preference.beside`)."""
    asked = recipe.exports.preference.balance if recipe.exports.preference else None
    held, every = beside.to_arrow(), ["length"]
    if asked and bias.NAMED.get(asked.by, asked.by) != bias.NAMED["length"]:
        every.append(asked.by)
    leans = {by: bias.leaning(held, by) for by in every}
    tables = [bias.measure(leans[by], by, "before") for by in every]
    if asked is None:
        return Measured(pairs, pl.DataFrame(schema={"id": pl.String}), pa.concat_tables(tables))
    found, weighed = balance(leans[every[-1]], asked, recipe.seed), asked.how == "weight"
    if weighed:
        pairs = pairs.join(found.pairs.select("id", "weight"), on="id", how="left", maintain_order="left")
    gone = found.pairs.filter(~pl.col("kept") & (not weighed))
    for by in every:
        still = leans[by].join(gone, on="id", how="anti", maintain_order="left")
        tables.append(bias.measure(still, by, "after", found.pairs["weight"] if weighed else None))
    return Measured(
        pairs, _fallen(beside.join(gone, on="id", how="semi", maintain_order="left"), asked, found), pa.concat_tables(tables)
    )


def _fallen(gone: pl.DataFrame, asked: Balance, found: Balanced) -> pl.DataFrame:
    told = found.wins + found.losses
    low, high = (float(bound) for bound in bounds(asked))
    why = (
        f"{asked.by}: the side with more won {found.wins:,} of {told:,} pairs ({found.wins / max(told, 1):.1%}), wanted are "
        f"{low:.1%} to {high:.1%}; {found.lost:,} leave, the fewest that do; here {{}} beside {{}} in the rejected answer"
    )
    column = bias.NAMED.get(asked.by, asked.by)
    sides = [pl.col(side).struct.field(column).cast(pl.String).fill_null("unknown") for side in ("chosen", "rejected")]
    return gone.select("id", reason=pl.lit("balance"), detail=pl.format(why, *sides))
