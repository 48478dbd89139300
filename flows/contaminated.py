"""Benchmark items in one shard's rows: questions in what the model reads, worked answers in what it writes.

Either is enough for a row to fall. A question that stands in a prompt teaches the benchmark whatever is answered to it. An
answer is looked for from 40 words on, and no row of 80,725 unrelated ones held half of the words of one.
A question that only an answer quotes is not looked for: short ones (TruthfulQA's) stand in many an honest answer. With
`key` both are looked for in that one text.

Hits are kept from a floor on, so that a threshold can be moved (`winnow whatif`) without a new search.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from filters.overlap import benchmarks, contamination, hashed, nearest, shipped
from filters.overlap.shared import seal
from flows import keys, store
from schemas import parquet
from schemas.ledger import BENCHMARKS, CONTAMINATION
from schemas.recipe import Benchmark, Recipe

COLUMNS = ["id", "group_id", "messages"]
FLOORS = {"words": (0.4, 0.2, 0.05), "characters": (0.3, 0.15)}
Floors = dict[str, float]  # from which share on hits are kept, by words and, where that is asked for, by characters
_SEALED = ("span_words", "span_sha256")  # what a release has in place of the text that both have
HITS = pa.schema(
    [*[field for field in CONTAMINATION if field.name not in ("rule", *_SEALED)], ("span", pa.string()), ("group", pa.string())]
)
COUNTS = pa.schema([field for field in BENCHMARKS if field.name != "rule"])


def floors(rule: Benchmark) -> list[Floors]:
    """Searches that tell what the rule asks for; the first is the one to make, the others find more."""
    words = [{"words": floor} for floor in _under(rule.coverage, "words")]
    if rule.similar == "off":
        return [by | near for near in ({}, *({"characters": floor} for floor in FLOORS["characters"])) for by in words]
    return [by | {"characters": floor} for floor in _under(float(rule.similar), "characters") for by in words]


def choices(rule: Benchmark, floors: Floors) -> list[Any]:
    """What of a rule matters to the search."""
    return [rule.key, sorted(rule.sides), rule.ngram, floors, store.sha256(shipped.COMMON)]


def cover(rows: pa.Table, rule: Benchmark, floors: Floors, sought: tuple[tuple[Path, ...], str], folder: Path) -> dict[str, Any]:
    """Write hits.parquet (HITS, in the order of rows) and benchmarks.parquet (COUNTS) for a shard's rows (COLUMNS)."""
    (files, sha), sides = sought, tuple(sorted(rule.sides))
    found = []
    for looked, turns in _looked(rows, rule).items():
        index = _index(files, sha, looked, rule.ngram)
        found.append(_by("words", index.cover(turns["id"], turns["text"], floors["words"])))
        if "characters" in floors and (near := _nearest(files, sha, looked, floors["characters"])):
            found.append(_by("characters", near.near(turns["id"], turns["text"])))
    units = pa.table({"id": rows["id"], "group": pc.coalesce(rows["group_id"], rows["id"])})
    hits = pl.DataFrame(pa.concat_tables([_by("words", contamination.HITS.empty_table()), *found]))
    order = ["id", "benchmark", "item", "side", "how"]
    best = hits.sort([*order, "share"], descending=[False] * 5 + [True]).unique(order, keep="first", maintain_order=True)
    named = best.join(pl.DataFrame(units), on="id", how="left", maintain_order="left").select(HITS.names)
    parquet.write(hashed.counted(_hashed(files, sha, sides, rule.ngram)), folder / "benchmarks.parquet", COUNTS, fast=True)
    return {"hits": parquet.write(named.to_arrow().cast(HITS), folder / "hits.parquet", HITS, fast=True)}


def hits(folder: Path, rule: Benchmark) -> pl.DataFrame:
    """The hits of a shard that reach the thresholds of the rule; the text of each is sealed, for what leaves holds none of it."""
    least = pl.when(pl.col("how") == "words").then(rule.coverage).otherwise(rule.similar if rule.similar != "off" else 2.0)
    found = pl.read_parquet(folder / "hits.parquet").filter(pl.col("share") >= least)
    sealed = pl.Series("span_sha256", [seal(span) for span in found["span"]], pl.String)
    return found.with_columns(sealed, span_words=pl.col("span").str.split(" ").list.len().cast(pl.Int64)).drop("span")


def written(asked: Recipe, covered: list[dict[str, Path]], draft: Path) -> int:
    """What was looked for, and every row that holds an item of it, shard after shard (`covered`: rule -> its folder there)."""
    rules = {name: rule for name, rule in asked.overlap.items() if isinstance(rule, Benchmark)}
    found = (_named(rules, each) for each in covered)
    count = parquet.write(found, draft / "contamination.parquet", CONTAMINATION)
    counts = [pl.read_parquet(covered[0][name] / "benchmarks.parquet").with_columns(rule=pl.lit(name)) for name in sorted(rules)]
    told = pl.concat([pl.DataFrame(BENCHMARKS.empty_table()), *(each.select(BENCHMARKS.names) for each in counts)])
    parquet.write(told.to_arrow().cast(BENCHMARKS), draft / "benchmarks.parquet", BENCHMARKS)
    return count


def _named(rules: dict[str, Benchmark], covered: dict[str, Path]) -> pa.Table:
    each = [hits(covered[name], rule).with_columns(rule=pl.lit(name)) for name, rule in rules.items()]
    told = pl.concat([pl.DataFrame(CONTAMINATION.empty_table()), *(found.select(CONTAMINATION.names) for found in each)])
    return told.sort("id", "rule", "benchmark", "item", "side", "how").to_arrow().cast(CONTAMINATION)


def _under(threshold: float, way: str) -> list[float]:
    return [floor for floor in FLOORS[way] if floor <= threshold] or [threshold]


def _looked(rows: pa.Table, rule: Benchmark) -> dict[tuple[str, ...], pa.Table]:
    """Sides -> the turns (id, text) in which their items are looked for."""
    if rule.key:
        return {tuple(sorted(rule.sides)): pa.table({"id": rows["id"], "text": keys.texts(rows, rule.key)})}
    return {(side,): turns for side, turns in keys.sides(rows).items() if side in rule.sides}


def _by(way: str, found: pa.Table) -> pa.Table:
    return found.append_column("how", pa.array([way] * len(found), pa.string()))


@lru_cache(maxsize=8)
def _index(files: tuple[Path, ...], sha: str, sides: tuple[str, ...], ngram: int) -> contamination.Index:
    """`sha`, of the files, is here so that a file that changed is read anew; so in all that follow."""
    return contamination.Index(_hashed(files, sha, sides, ngram), ngram)


@lru_cache(maxsize=8)
def _hashed(files: tuple[Path, ...], sha: str, sides: tuple[str, ...], ngram: int) -> pa.Table:
    made = [hashed.load(path, ngram) for path in files if path.parent == shipped.FOLDER]
    table = pa.concat_tables([*made, hashed.hashed(_items(files, sha), ngram)])
    return table.filter(pc.is_in(table["side"], value_set=pa.array(sides)))


@lru_cache(maxsize=8)
def _nearest(files: tuple[Path, ...], sha: str, sides: tuple[str, ...], similar: float) -> nearest.Nearest | None:
    """None where no text is at hand."""
    texts = [item for item in _items(files, sha) if item.side in sides]
    return nearest.Nearest(texts, similar) if texts else None


@lru_cache(maxsize=4)
def _items(files: tuple[Path, ...], sha: str) -> tuple[benchmarks.Item, ...]:
    named = zip(files, benchmarks.called(list(files)), strict=True)
    return tuple(item for path, name in named if path.parent != shipped.FOLDER for item in benchmarks.items(path, name))
