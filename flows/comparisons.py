"""From standing groups to pairs that leave: matched, judged by their own rules, and only then their texts opened."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa

from exports import preference
from flows.exporting import Taken, file, held_out, judged, left_out, texts
from flows.stages import Shard
from schemas import parquet
from schemas.recipe import Recipe
from sql.rules import Rule

CHUNK = 2000  # pairs whose texts are in memory at a time


def take_preference(recipe: Recipe, standing: pl.DataFrame, rules: list[Rule], shards: list[Shard]) -> list[Taken]:
    """Best against worst of every standing group that passes the export's rules, with sound texts on both sides."""
    matched, unmatched = preference.match(standing.to_arrow())
    beside = pl.DataFrame(preference.beside(matched, standing.to_arrow()))
    fine, fell = judged(beside, rules)
    pairs = pl.DataFrame(matched)
    passed = pairs.join(fine.select("id"), on="id", how="semi", maintain_order="left")
    sound, unsound = _sound(passed, standing, shards)
    left = [left_out(pl.DataFrame(unmatched)), _both(pairs, fell), left_out(unsound)]
    ids = sorted({*sound["chosen_id"].to_list(), *sound["rejected_id"].to_list()})

    def write(folder: Path) -> dict[str, int]:
        chosen = standing.filter(pl.col("id").is_in(sound["chosen_id"].implode()))
        counts = {}
        for side, held in held_out(recipe, chosen, shards).items():
            pairs = sound.filter(pl.col("chosen_id").is_in(held["id"].implode()))
            made = (table for table, _ in _opened(pairs, standing, shards))
            counts[side] = parquet.write(made, file(folder, side), preference.SCHEMA)
        return counts

    return [Taken("preference", ids, pl.concat(left), write)]


def _both(pairs: pl.DataFrame, fell: pl.DataFrame) -> pl.DataFrame:
    """What befell a pair befalls both its rows."""
    named = fell.rename({"id": "pair"})
    sides = [pairs.select(pair="id", id=f"{side}_id") for side in ("chosen", "rejected")]
    return left_out(pl.concat(sides).join(named, on="pair", how="inner", maintain_order="left"))


def _opened(pairs: pl.DataFrame, standing: pl.DataFrame, shards: list[Shard]) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Pairs with their texts, some at a time: (preference.SCHEMA, those refused)."""
    place = standing.select("id", "shard")
    for start in range(0, len(pairs), CHUNK):
        part = pairs.slice(start, CHUNK)
        ids = pl.concat([part.select(id="chosen_id"), part.select(id="rejected_id")])
        rows = pa.concat_tables(texts(shards, place.join(ids, on="id", how="semi", maintain_order="left"), ["id", "messages"]))
        yield preference.table(part.to_arrow(), rows)


def _sound(pairs: pl.DataFrame, standing: pl.DataFrame, shards: list[Shard]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Pairs whose texts hold, and (id, reason) of the rows of the others."""
    refused = [pl.DataFrame(out) for _, out in _opened(pairs, standing, shards)]
    bad = pl.concat([pl.DataFrame(schema={"id": pl.String, "reason": pl.String}), *refused])
    return pairs.filter(~pl.col("chosen_id").is_in(bad["id"].implode())), bad
