"""Benchmark items in training rows, by n-grams, as Tulu 3 counts them (Lambert et al. 2024, arXiv 2411.15124, 3.2).

Coverage of an item by a text = the share of the item's tokens that lie in an n-gram which that ONE text shares with it. All
n-grams of all items are in one hash table, so nothing is missed. Three rules for short items, said plainly. One of fewer
than 2n tokens must be covered whole: a single n-gram of it ("can you help me figure out how to") is no sign; all that
were read of 14 such hits in real dumps were wrong. One of fewer than n tokens must also make up half of the text: "can you
write code" is in many a prompt. One of fewer than 3 tokens or 16 bytes ("Yes.", "What is love?") says nothing about where
it came from and is not looked for: `hashed.counted` names it.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from filters.overlap import kernels_cover as kernels
from filters.overlap.hashed import HEAD
from filters.overlap.tokens import Texts, normalise

PIECE = 4 << 20  # bytes of text searched at a time
HITS = pa.schema(
    [
        ("id", pa.string()),
        ("benchmark", pa.string()),
        ("item", pa.int64()),
        ("side", pa.string()),
        ("share", pa.float64()),
        ("span", pa.string()),
    ]
)


class Grams(NamedTuple):
    """A hash table of n-grams: key k is in items[begins[k]:begins[k + 1]], at places[...]."""

    keys: np.ndarray
    sieve: np.ndarray
    slots: np.ndarray
    begins: np.ndarray
    items: np.ndarray
    places: np.ndarray


class Index:
    """Benchmark items, ready to be looked for."""

    def __init__(self, items: pa.Table, ngram: int = 8) -> None:
        """Index items (hashed.HASHED, of the same n)."""
        self.items = items.combine_chunks()
        self.ngram = ngram
        tokens = items["tokens"].to_numpy()
        lists = pa.concat_arrays(items["grams"].chunks) if len(items) else pa.array([], items["grams"].type)
        hashes, counts = lists.flatten().to_numpy(), lists.value_lengths().to_numpy()
        begins = np.concatenate([[0], np.cumsum(counts)])
        places = np.arange(len(hashes)) - np.repeat(begins[:-1], counts)
        owners = np.repeat(np.arange(len(items)), counts)
        short = (tokens < ngram)[owners]
        self._grams = _table(hashes, owners, places, ~short)
        self._heads = _table(hashes, owners, places, short & (places == 0))
        wholes = np.zeros(len(items), np.uint64)
        wholes[owners[short & (places == 1)]] = hashes[short & (places == 1)]
        self._known = np.concatenate([[0], np.cumsum(tokens, dtype=np.int64)]), wholes

    def cover(self, ids: Texts, texts: Texts, coverage: float = 0.5, *, threads: int = 1) -> pa.Table:
        """Every row and item of which it covers at least `coverage` (HITS, rows in order), with the longest shared run of text.

        The run is the row's text, normalised. A null text covers nothing. Of several texts of one item the best counts.
        """
        table = pa.table({"id": ids, "text": texts})
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(lambda part: self._covered(part, coverage), parts(table)))
        return pa.concat_tables([HITS.empty_table(), *found])

    def _covered(self, part: pa.Table, coverage: float) -> pa.Table:
        normal = normalise(part["text"])
        room = needed = 4 * len(part)
        while needed >= room:
            room = needed + 1
            rows, items, share = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room)
            span = np.empty((room, 2), np.int64)
            scratch = tuple(np.zeros(size + 1, np.int32) for size in (len(self._grams.keys), self._known[0][-1], len(self.items)))
            needed = kernels.cover(
                (normal.data, normal.bounds, normal.tokens), self.ngram, tuple(self._grams), HEAD, tuple(self._heads),
                self._known, coverage, scratch, (rows, items, share, span),
            )  # fmt: skip
        runs = [normal.data[a:b].tobytes().decode() for a, b in span[:needed].tolist()]
        return told(part["id"], self.items, (rows[:needed], items[:needed], share[:needed]), runs)


def told(ids: Texts, known: pa.Table, hits: tuple[np.ndarray, ...], runs: list[str]) -> pa.Table:
    """Hits as HITS, in the order of rows; of several texts of one item the one with the greatest share, then the first."""
    rows, items, share = hits
    each = pl.DataFrame(known.select(["benchmark", "item", "side"]).take(pa.array(items)))
    found = each.with_columns(
        row=pl.Series(rows), at=pl.Series(items), share=pl.Series(share), span=pl.Series(runs, dtype=pl.String)
    )
    found = found.sort(["row", "share", "at"], descending=[False, True, False])
    found = found.unique(["row", "benchmark", "item", "side"], keep="first", maintain_order=True)
    named = found.with_columns(id=pl.Series(ids.take(pa.array(found["row"].to_numpy())).cast(pa.string())))
    return named.select(HITS.names).to_arrow().cast(HITS)


def parts(table: pa.Table) -> Iterable[pa.Table]:
    """Runs of rows of about PIECE bytes of `text` each."""
    sizes = np.cumsum(pc.fill_null(pc.binary_length(table["text"]), 0).to_numpy() + 1) // PIECE if len(table) else np.zeros(0)
    starts = [*np.flatnonzero(np.diff(sizes, prepend=-1)).tolist(), len(table)]
    return [table.slice(start, stop - start) for start, stop in pairwise(starts)]


def _table(hashes: np.ndarray, items: np.ndarray, places: np.ndarray, chosen: np.ndarray) -> Grams:
    hashes, items, places = hashes[chosen], items[chosen], places[chosen]
    order = np.argsort(hashes, kind="stable")
    keys, begins = np.unique(hashes[order], return_index=True)
    room = 1 << max(10, int(2 * len(keys)).bit_length())
    sieve, slots = np.zeros(room // 8, np.uint64), np.full(room, -1, np.int32)
    kernels.fill(keys, sieve, slots)
    ends = np.append(begins, len(order)).astype(np.int64)
    return Grams(keys, sieve, slots, ends, items[order].astype(np.int32), places[order].astype(np.int32))
