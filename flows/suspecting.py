"""How likely each pair's label is wrong: the texts of pairs, a sample of them to learn from, and the votes of others."""

import hashlib
from collections.abc import Iterator

import numpy as np
import polars as pl

from exports.soundness import answers
from filters import suspicion
from flows import pair_texts
from flows.pair_texts import Texts


def suspected(pairs: pl.DataFrame, texts: Texts, seed: int) -> pl.DataFrame:
    """Sound pairs (with their prints) and a column `suspicion`: the chance that the label is wrong.

    `texts.standing` holds the columns of `suspicion.SIGNALS`. Texts are read some pairs at a time; a model learns from at most
    `suspicion.MOST` pairs, drawn by a seeded hash.
    """
    if not len(pairs):
        return pairs.with_columns(suspicion=pl.lit(None, pl.Float64))
    pairs = pairs.sort("id")
    drawn = pairs
    if len(pairs) > suspicion.MOST:
        draw = pl.Series([_draw(seed, each) for each in pairs["id"]], dtype=pl.UInt64)
        drawn = pairs.with_columns(draw=draw).sort("draw", "id").head(suspicion.MOST).drop("draw").sort("id")
    known = suspicion.join(_traits(drawn, texts, seed))
    model = suspicion.fit(known)
    parts = [known] if drawn is pairs else _traits(pairs, texts, seed)
    evidence = np.concatenate([suspicion.margins(model, part) for part in parts]) + _votes(pairs, texts.standing)
    return pairs.with_columns(suspicion=pl.Series(suspicion.suspicion(evidence)))


def _traits(pairs: pl.DataFrame, texts: Texts, seed: int) -> Iterator[suspicion.Traits]:
    for parts in pair_texts.parts(pairs, texts):
        better, worse = (side.to_arrow() for side in answers(parts))
        yield suspicion.traits(parts["context"].to_list(), better, worse, _differences(parts, texts.standing), seed)


def _differences(pairs: pl.DataFrame, standing: pl.DataFrame) -> np.ndarray:
    """Per pair, signals of the chosen minus those of the rejected, on a logarithmic scale, so that counts compare."""
    signals = [pl.col(name).cast(pl.Float64).log1p() for name in suspicion.SIGNALS]
    told = standing.select("id", *signals)
    sides = [
        pairs.select(id=f"{side}_id").join(told, on="id", how="left", maintain_order="left").drop("id").to_numpy()
        for side in ("chosen", "rejected")
    ]
    return np.asarray(sides[0] - sides[1], np.float64)


def _votes(pairs: pl.DataFrame, standing: pl.DataFrame) -> np.ndarray:
    """Log odds from the other pairs of the same two answers, and from raters where their agreement is known."""
    same = pl.len().over("context", "better", "worse") - 1
    turned = pairs.group_by(context="context", better="worse", worse="better").agg(other=pl.len())
    raters = standing.select(chosen_id="id", raters=pl.col("raters").cast(pl.Float64))
    told = pairs.with_columns(same=same).join(turned, on=["context", "better", "worse"], how="left", maintain_order="left")
    told = told.join(raters, on="chosen_id", how="left", maintain_order="left")
    agreed, many = told["agreement"].fill_null(0.5).to_numpy(), told["raters"].fill_null(1).to_numpy()
    others = suspicion.odds(told["same"].to_numpy(), told["other"].fill_null(0).to_numpy())
    return others + suspicion.odds(agreed * many, (1 - agreed) * many)


def _draw(seed: int, name: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed}\x1f{name}".encode(), digest_size=8, person=b"drawn").digest(), "big")
