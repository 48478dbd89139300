"""What exports are made with: what one took and how it is written, rules with their reasons, texts, train and test."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import polars as pl
import pyarrow as pa

from filters.selection import sides
from flows.stages import Shard
from schemas import parquet
from schemas.recipe import Recipe
from sql.judge import judge
from sql.rules import Rule

SIDES = ("train", "test")
LEFT: dict[str, Any] = {
    "id": pl.String,
    "reason": pl.String,
    "detail": pl.String,
    "broken": pl.List(pl.String),
    "twin": pl.String,
    "similarity": pl.Float64,
}
COMPARED: dict[str, Any] = {
    **LEFT,
    "chosen_id": pl.String,
    "rejected_id": pl.String,
    "source": pl.String,
    "score_margin": pl.Float64,
    "margin_by": pl.String,
    "flags": pl.List(pl.String),
}
AHEAD = 2  # shards of texts read before they are asked for


@dataclass(frozen=True)
class Taken:
    """What one export took: its rows, why the other standing rows were left, and its tables, made when they are asked for."""

    name: str
    ids: list[str]
    left: pl.DataFrame
    schema: pa.Schema
    tables: Callable[[str], Iterator[pa.Table]]  # train or test -> its tables, in the order of ids
    cuts: pa.Table | None = None  # what was cut off at export (EDITS)
    lines: Callable[[pa.Table], Iterator[dict[str, Any]]] | None = None  # a table as JSON lines, where the shape has these
    compared: pl.DataFrame | None = None  # of an export of pairs: a line for each (COMPARED), without a reason where it leaves
    bias: pa.Table | None = None  # of an export of pairs: what else than quality wins them (exports.bias.BIAS)

    def write(self, folder: Path) -> dict[str, int]:
        """Its files, and rows a split. Beside JSON lines a file holds the id of every line."""
        counts = {}
        for side in SIDES:
            path = folder / f"{side}-00000-of-00001.parquet"
            if self.lines:
                ids = pa.schema([pa.field("id", pa.string(), nullable=False)])
                with open(_made(path.with_suffix(".jsonl")), "wb") as handle:
                    made = (_lined(table, self.lines, handle) for table in self.tables(side))
                    counts[side] = parquet.write(made, path.with_suffix(".ids.parquet"), ids)
            else:
                counts[side] = parquet.write(self.tables(side), path, self.schema, group=parquet.TEXTS)
        return counts


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _lined(table: pa.Table, lines: Callable[[pa.Table], Iterator[dict[str, Any]]], handle: BinaryIO) -> pa.Table:
    for line in lines(table):
        handle.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    return table.select(["id"])


def judged(units: pl.DataFrame, rules: list[Rule]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Those that pass, and those that fall with their reason; a row that a person keeps (`kept`) passes."""
    told = pl.DataFrame(judge(units.to_arrow(), rules))
    falls = pl.col("reason").is_not_null() & ~pl.col("kept") if "kept" in units else pl.col("reason").is_not_null()
    fell = told.filter(falls)
    return told.filter(~falls).select(units.columns), left_out(fell)


def left_out(frame: pl.DataFrame) -> pl.DataFrame:
    """Lines of LEFT: what a frame does not say is null."""
    missing = [pl.lit(None, kind).alias(name) for name, kind in LEFT.items() if name not in frame.columns]
    return frame.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in LEFT.items())


def texts(shards: list[Shard], held: pl.DataFrame, columns: list[str] | None) -> Iterator[pa.Table]:
    """The rows of `held` with their texts, a shard at a time, in the order of ids."""
    return (table for _, table in by_shard(shards, held, columns))


def by_shard(shards: list[Shard], held: pl.DataFrame, columns: list[str] | None) -> Iterator[tuple[int, pa.Table]]:
    """The same, and which shard it is; the next ones are read meanwhile."""

    def read(at: int, ids: pl.Series) -> tuple[int, pa.Table]:
        return at, parquet.take_ids(parquet.read(shards[at].rows, columns), ids.to_arrow().cast(pa.string()))

    ahead: deque[Future[tuple[int, pa.Table]]] = deque()
    with ThreadPoolExecutor(AHEAD) as pool:
        for (at,), part in held.partition_by("shard", as_dict=True, maintain_order=True).items():
            ahead.append(pool.submit(read, at, part["id"]))
            if len(ahead) > AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def held_out(recipe: Recipe, held: pl.DataFrame, shards: list[Shard]) -> dict[str, pl.DataFrame]:
    """Train and test (id, shard): by the first user turn, so that one prompt is on the same side in every export."""
    parts = [pl.DataFrame(schema={"id": pl.String, "side": pl.String})]
    for rows in texts(shards, held, ["id", "messages"]):
        side = pl.Series(sides(rows["messages"], recipe.test, recipe.seed))
        parts.append(pl.DataFrame({"id": pl.Series(rows["id"]), "side": side}))
    told = held.select("id", "shard").join(pl.concat(parts), on="id", how="left", maintain_order="left")
    return {name: told.filter(pl.col("side") == name).drop("side") for name in SIDES}
