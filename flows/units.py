"""Rows -> units: what rules judge, overlaps keep or drop, and budgets count.

A unit is a row without a group, or a whole group; it is judged by its best row, which is the one that SFT takes.
Only small columns are held here: texts stay in the shards.
"""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from exports.sft import BEST, DOWN, WORST_LAST
from schemas.rows import ROW_COLUMNS

MADE = ("group_size", "group_mean_score", "has_answer")  # columns that are made here
_ROWS = [name for name in ROW_COLUMNS if name not in (*MADE, "format")]  # `format` stands beside the signals
_HELD = ["id", "origin", "group_id", "tree_id", "fingerprint", *_ROWS]


def rows(shards: Iterable[tuple[Path, Path]]) -> pl.DataFrame:
    """One line a row from (rows, signals) files: its small columns, its signals, its unit and group size; sorted by id."""
    parts = [_shard(*files).with_columns(shard=pl.lit(at, pl.Int32)) for at, files in enumerate(shards)]
    frame = pl.concat(parts).sort("id")
    frame = frame.with_columns(group=pl.coalesce("group_id", "id"))
    best = (
        frame.select("group", "id", "rank", "score", down=DOWN)
        .sort(["group", *BEST], descending=[False, *WORST_LAST], nulls_last=True)
        .group_by("group", maintain_order=True)
        .agg(unit=pl.col("id").first(), group_size=pl.len().cast(pl.Int32), group_mean_score=pl.col("score").mean())
    )
    frame = frame.join(best, on="group", how="left", maintain_order="left")
    return frame.with_columns(family=pl.coalesce("tree_id", "group"), best=pl.col("unit") == pl.col("id"))


def units(frame: pl.DataFrame) -> pl.DataFrame:
    """The best row of every unit, in the order of ids."""
    return frame.filter("best")


def voting(frame: pl.DataFrame) -> pl.DataFrame:
    """Comparisons as one family, which no overlap holds against each other: a second judge of two answers is no duplicate."""
    return frame.with_columns(family=pl.when(pl.col("group_size") > 1).then(pl.lit("comparisons")).otherwise("family"))


def answers(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of all units that are several answers to one context: unit, id."""
    return frame.filter(pl.col("group_size") > 1).select("unit", "id")


def _shard(rows: Path, signals: Path) -> pl.DataFrame:
    held = pl.scan_parquet(rows).select(*_HELD, has_answer=pl.col("answer").is_not_null()).collect()
    held = held.unnest("origin")
    return held.join(pl.read_parquet(signals), on="id", how="left", maintain_order="left")
