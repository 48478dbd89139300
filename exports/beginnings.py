"""Rows that are the beginning of another row: the SFT export leaves them out, for the longer one teaches the same turns again."""

from collections.abc import Callable, Iterable

import numpy as np
import polars as pl
import pyarrow as pa

SCHEMA = pa.schema([("id", pa.string()), ("of", pa.string())])
_SEEDS = (20230504, 19690720)  # two 64-bit hashes are one of 128 bits: no false friend in any real dump


def beginnings(read: Callable[[list[str] | None], Iterable[pa.Table]]) -> pa.Table:
    """Rows whose messages are a strict prefix of another row's: (id, of), sorted by id; `of` is the longest such row, ties by id.

    `read(None)` gives the standing rows (id, messages) in shards, `read(ids)` some of them. The first pass keeps two hashes a
    row, of its first turn and of the whole; the second, over rows that share their first turn with another, looks up the hash
    of every shorter beginning. Memory is about 60 bytes and an id a row, no text.
    Roles, contents, tool calls and reasoning must be equal; equal conversations are no beginnings of each other.
    """
    ends = pl.concat([_EMPTY, *(_prefixes(rows).filter(pl.col("last") | (pl.col("turns") == 1)) for rows in read(None))])
    whole = ends.filter("last").drop("last")
    first = ends.filter(pl.col("turns") == 1)
    shared = first.filter(pl.len().over("a", "b") > 1)["id"].to_list()
    found = [_EMPTY.drop("last").with_columns(of=pl.lit(None, pl.String), longer=pl.lit(None, pl.Int32))]
    for rows in read(shared) if shared else ():
        parts = _prefixes(rows).with_columns(longer=pl.col("turns").max().over("id")).filter(~pl.col("last"))
        parts = parts.rename({"id": "of"}).drop("last")
        found.append(whole.join(parts, on=["turns", "a", "b"]).select(found[0].columns))
    pairs = pl.concat(found).sort(["id", "longer", "of"], descending=[False, True, False]).unique("id", keep="first")
    return pairs.sort("id").select("id", "of").to_arrow().cast(SCHEMA)


_EMPTY = pl.DataFrame(schema={"id": pl.String, "turns": pl.Int32, "a": pl.UInt64, "b": pl.UInt64, "last": pl.Boolean})


def _prefixes(rows: pa.Table) -> pl.DataFrame:
    """Every beginning of every row: its number of turns, two sums of hashes of its (place, turn), and whether it is the whole."""
    frame = pl.DataFrame(rows.select(["id", "messages"])).filter(pl.col("messages").list.len() > 0)
    lengths = frame["messages"].list.len().to_numpy().astype(np.int64)
    if not len(lengths):
        return _EMPTY
    starts = np.cumsum(lengths) - lengths
    place = np.arange(lengths.sum()) - np.repeat(starts, lengths)
    told = ["role", "content", "reasoning", "tool_calls"]
    flat = frame["messages"].explode(empty_as_null=False).struct.unnest()
    turns = flat.select(name for name in told if name in flat.columns).with_columns(place=pl.Series(place)).to_struct("turn")
    sums = [_sums(turns.hash(seed).to_numpy(), starts, lengths) for seed in _SEEDS]
    return pl.DataFrame(
        {
            "id": frame["id"].gather(np.repeat(np.arange(len(lengths)), lengths)),
            "turns": (place + 1).astype(np.int32),
            "a": sums[0],
            "b": sums[1],
            "last": place + 1 == np.repeat(lengths, lengths),
        }
    )


def _sums(hashes: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Running sums within each row, modulo 2^64: each turn's hash holds its place, so the sum tells the order too."""
    with np.errstate(over="ignore"):
        total = np.cumsum(hashes, dtype=np.uint64)
        return total - np.repeat(total[starts] - hashes[starts], lengths)
