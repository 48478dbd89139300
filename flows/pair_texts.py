"""The texts of pairs, some at a time: once to judge them, once to write them; a shard is read once for all its pairs."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import polars as pl
import pyarrow as pa

from exports import preference, soundness
from exports.joining import PRINTS
from exports.messages import thinking
from exports.sft import FIELDS
from filters.overlap.likeness import likeness
from flows.stages import Shard
from schemas import parquet

CHUNK = 2000  # pairs whose texts are in memory at a time
_BARE = r"[^\p{L}\p{N}+\-−=<>/\\%^&|~$€£#@]"  # what may differ in texts of equal words: -5 is not 5, and x+1 is not x-1
_COLUMNS = ["id", "messages", "tools"]
_PRINTS = {"id": pl.String, "context": pl.String, "better": pl.String, "worse": pl.String}
_FELL = {"id": pl.String, "reason": pl.String, "detail": pl.String, "similarity": pl.Float64}


@dataclass(frozen=True)
class Texts:
    """Where the texts of rows are: `standing` (id, shard), and the shards; and which thoughts of them leave."""

    standing: pl.DataFrame
    shards: list[Shard]
    reasoning: str = "all"


@dataclass(frozen=True)
class Read:
    """What the texts of pairs say: who falls (id, reason, ...), the prints of the others, and which fields some message fills."""

    fallen: pl.DataFrame
    prints: pl.DataFrame
    more: set[str]


def read(pairs: pl.DataFrame, texts: Texts, at_most_similar: float) -> Read:
    """Judge the texts of pairs (id, chosen_id, rejected_id)."""
    fallen, prints, more = [pl.DataFrame(schema=_FELL)], [pl.DataFrame(schema=_PRINTS)], set()
    for part, rows in _opened(pairs, texts):
        more |= preference.more(rows)
        parts = soundness.parted(part, rows, set(FIELDS))
        whole = parts.filter(pl.col("reason").is_null())
        fallen += [parts.drop_nulls("reason").select("id", "reason"), _near(whole, at_most_similar)]
        prints.append(soundness.prints(whole))
    return Read(pl.concat(fallen, how="diagonal"), pl.concat(prints), more)


def prints(ids: pl.Series, texts: Texts) -> pl.DataFrame:
    """What the context and the answer of these rows say (`soundness.row_prints`), a shard at a time."""
    held = texts.standing.select("id", "shard").filter(pl.col("id").is_in(ids.implode()))
    found = [pl.DataFrame(schema=PRINTS)]
    for (at,), own in held.partition_by("shard", as_dict=True, maintain_order=True).items():
        rows = parquet.take_ids(parquet.read(texts.shards[at].rows, _COLUMNS), own["id"].to_arrow().cast(pa.string()))
        found += [
            soundness.row_prints(thinking(rows.slice(start, CHUNK), texts.reasoning)) for start in range(0, len(rows), CHUNK)
        ]
    return pl.concat(found)


def parts(pairs: pl.DataFrame, texts: Texts) -> Iterator[pl.DataFrame]:
    """Pairs with their texts taken apart (`soundness.parted`), some at a time, in the order of ids."""
    for part, rows in _opened(pairs, texts):
        yield soundness.parted(part, rows, set()).sort("id")


def tables(pairs: pl.DataFrame, texts: Texts, schema: pa.Schema, more: set[str]) -> Iterator[pa.Table]:
    """Pairs as they leave, in the order of ids."""
    for part, rows in _opened(pairs, texts):
        yield preference.table(soundness.parted(part, rows, more), schema)


def _near(parts: pl.DataFrame, most: float) -> pl.DataFrame:
    """Those whose two answers are too much alike, but where form is asked for: there a comma is the difference."""
    better, worse = soundness.answers(parts)
    alike = pl.Series(likeness(better.to_arrow(), worse.to_arrow()))
    same, signs = alike == 1, [side.str.to_lowercase().str.replace_all(_BARE, "") for side in (better, worse)]
    told = parts.select("id", "form").with_columns(similarity=alike).filter((~same | (signs[0] == signs[1])) & ~pl.col("form"))
    said = f"the answers share {{}}% of their word groups (over {most:.0%} a pair falls)"
    percent = (pl.col("similarity") * 100).floor().cast(pl.Int64)
    near = told.filter(pl.col("similarity") > most)
    return near.with_columns(reason=pl.lit("near-identical answers"), detail=pl.format(said, percent))


def _opened(pairs: pl.DataFrame, texts: Texts) -> Iterator[tuple[pl.DataFrame, pa.Table]]:
    """Some pairs at a time, in the order of ids, with the rows of both their sides."""
    shard = lru_cache(maxsize=2)(lambda at: parquet.read(texts.shards[at].rows, _COLUMNS))
    place, pairs = texts.standing.select("id", "shard"), pairs.sort("id")
    for start in range(0, len(pairs), CHUNK):
        part = pairs.slice(start, CHUNK)
        ids = pl.concat([part["chosen_id"], part["rejected_id"]]).unique()
        held = place.filter(pl.col("id").is_in(ids.implode()))
        parts = held.partition_by("shard", as_dict=True, maintain_order=True).items()
        rows = [parquet.take_ids(shard(at), own["id"].to_arrow().cast(pa.string())) for (at,), own in parts]
        yield part, thinking(pa.concat_tables(rows), texts.reasoning)
