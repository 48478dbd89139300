"""From standing units to what leaves: each export's own rules, then its budget; who is left out has a reason."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from exports import sft
from exports.beginnings import beginnings
from filters.selection import choose, sides
from flows.stages import Shard
from schemas import parquet
from schemas.recipe import Recipe
from sql.judge import judge
from sql.rules import Rule

LEFT: dict[str, Any] = {
    "id": pl.String,
    "reason": pl.String,
    "detail": pl.String,
    "broken": pl.List(pl.String),
    "twin": pl.String,
    "similarity": pl.Float64,
}
AHEAD = 2  # shards of texts read before they are asked for


@dataclass(frozen=True)
class Taken:
    """What one export took: its rows, why the other standing rows were left, and how to write it (folder -> rows a split)."""

    name: str
    ids: list[str]
    left: pl.DataFrame
    write: Callable[[Path], dict[str, int]]
    bias: pa.Table | None = None  # of an export of pairs: what else than quality wins them (exports.bias.BIAS)


def take_sft(recipe: Recipe, standing: pl.DataFrame, rules: list[Rule], shards: list[Shard]) -> Taken:
    """The best row of every standing unit that passes the export's rules, is no beginning of another, and fits the budget."""
    assert recipe.exports.sft
    left = [left_out(pl.DataFrame(sft.left_out(standing.to_arrow())))]
    open_, fell = judged(_without(standing, left), rules)
    left.append(fell)
    begin = pl.DataFrame(beginnings(lambda: texts(shards, open_, ["id", "messages"])))
    open_ = open_.join(begin, on="id", how="anti", maintain_order="left")
    select = recipe.exports.sft.select
    if select:
        reasons = pl.Series(choose(open_.to_arrow(), select, recipe.seed).reasons)
        over = open_.select("id", reason=reasons).drop_nulls("reason")
        open_ = open_.join(over, on="id", how="anti", maintain_order="left")
        left.append(left_out(over))
    left.append(_begun(begin, open_))

    def write(folder: Path) -> dict[str, int]:
        more: set[str] = set().union(*(sft.more(rows) for rows in texts(shards, open_, None)))
        words = open_.select("id", "words").to_arrow()
        counts = {}
        for side, held in held_out(recipe, open_, shards).items():
            made = (sft.table(rows, words, more) for rows in texts(shards, held, None))
            counts[side] = parquet.write(made, file(folder, side), sft.schema(more))
        return counts

    return Taken("sft", open_["id"].to_list(), pl.concat(left), write)


def judged(units: pl.DataFrame, rules: list[Rule]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Those that pass, and those that fall with their reason."""
    told = pl.DataFrame(judge(units.to_arrow(), rules))
    fell = told.filter(pl.col("reason").is_not_null())
    return told.filter(pl.col("reason").is_null()).select(units.columns), left_out(fell)


def left_out(frame: pl.DataFrame) -> pl.DataFrame:
    """Lines of LEFT: what a frame does not say is null."""
    missing = [pl.lit(None, kind).alias(name) for name, kind in LEFT.items() if name not in frame.columns]
    return frame.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in LEFT.items())


def _without(frame: pl.DataFrame, left: list[pl.DataFrame]) -> pl.DataFrame:
    return frame.join(pl.concat(left), on="id", how="anti", maintain_order="left")


def _begun(begin: pl.DataFrame, taken: pl.DataFrame) -> pl.DataFrame:
    """Beginnings of rows that leave; where the longer one did not fit the budget, neither does its beginning."""
    out = pl.col("of").is_in(taken["id"].implode())
    reason = pl.when(out).then(pl.format("beginning of {}", "of")).otherwise(pl.lit("budget"))
    detail = pl.when(out).then(None).otherwise(pl.format("beginning of {}, which did not fit", "of"))
    return left_out(begin.with_columns(reason=reason, detail=detail, twin=pl.col("of")))


def texts(shards: list[Shard], held: pl.DataFrame, columns: list[str] | None) -> Iterator[pa.Table]:
    """The rows of `held` with their texts, a shard at a time, in the order of ids; the next ones are read meanwhile."""

    def read(at: int, ids: pl.Series) -> pa.Table:
        return parquet.take_ids(parquet.read(shards[at].rows, columns), ids.to_arrow().cast(pa.string()))

    ahead: deque[Future[pa.Table]] = deque()
    with ThreadPoolExecutor(AHEAD) as pool:
        for (at,), part in held.partition_by("shard", as_dict=True, maintain_order=True).items():
            ahead.append(pool.submit(read, at, part["id"]))
            if len(ahead) > AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def held_out(recipe: Recipe, held: pl.DataFrame, shards: list[Shard]) -> dict[str, pl.DataFrame]:
    """Train and test: by the first user turn, so that one prompt is on the same side in every export."""
    parts = [pl.DataFrame(schema={"id": pl.String, "side": pl.String})]
    for rows in texts(shards, held, ["id", "messages"]):
        side = pl.Series(sides(rows["messages"], recipe.test, recipe.seed))
        parts.append(pl.DataFrame({"id": pl.Series(rows["id"]), "side": side}))
    told = held.join(pl.concat(parts), on="id", how="left", maintain_order="left")
    return {name: told.filter(pl.col("side") == name) for name in ("train", "test")}


def file(folder: Path, side: str) -> Path:
    """Where an export writes one split."""
    return folder / f"{side}-00000-of-00001.parquet"
