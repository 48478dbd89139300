"""Benchmark questions in training rows, by n-grams, as Tulu 3 counts them (Lambert et al. 2024, arXiv 2411.15124, 3.2).

Coverage of an item by a row = the share of the item's tokens that lie in an n-gram which that ONE row shares with it. All
n-grams of all items are in one hash table, so nothing is missed. Two rules for short items, said plainly: an item of
fewer than n tokens counts only when the row holds the whole of it, token by token; one of fewer than 3 tokens or 16
bytes ("Yes.", "What is love?") says nothing about where it came from, is not looked for, and is counted in `unsearched`.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.overlap import kernels_cover as kernels
from filters.overlap.benchmarks import Item
from filters.overlap.tokens import Normal, Texts, normalise

HEAD, LEAST_BYTES = 3, 16  # the least tokens and bytes of an item that is worth a search
PIECE = 4 << 20  # bytes of text searched at a time
HITS = pa.schema(
    [("id", pa.string()), ("benchmark", pa.string()), ("item", pa.int64()), ("coverage", pa.float64()), ("span", pa.string())]
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

    def __init__(self, items: Iterable[Item], ngram: int = 8) -> None:
        """Index items by their n-grams; the order of the items breaks ties."""
        self.items = list(items)
        self.ngram = ngram
        self._normal = normalise(pa.array([item.text for item in self.items], pa.large_string()))
        tokens = self._normal.tokens
        short = (tokens < ngram) & (tokens >= HEAD) & (np.diff(self._normal.bounds) >= LEAST_BYTES)
        self._grams = _table(self._normal, ngram, tokens >= ngram, heads=False)
        self._heads = _table(self._normal, HEAD, short, heads=True)
        self._offsets = np.concatenate([[0], np.cumsum(tokens, dtype=np.int64)])
        self.unsearched = int(((tokens < ngram) & ~short).sum())

    def cover(self, ids: Texts, texts: Texts, coverage: float = 0.5, *, threads: int = 1) -> pa.Table:
        """Rows that cover an item by at least `coverage` (HITS): the item they cover most, and the longest shared run of text.

        The run is normalised text. A null text covers nothing.
        """
        table = pa.table({"id": ids, "text": texts})
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(lambda part: self._covered(part, coverage), _parts(table)))
        return pa.concat_tables([HITS.empty_table(), *found])

    def _covered(self, part: pa.Table, coverage: float) -> pa.Table:
        normal = normalise(part["text"])
        best, share = np.full(len(part), -1, np.int32), np.zeros(len(part))
        span = np.zeros((len(part), 2), np.int64)
        sizes = (len(self._grams.keys), self._offsets[-1], len(self.items), len(self.items))
        scratch = tuple(np.zeros(size + 1, np.int32) for size in sizes)
        texts, known = (normal.data, normal.bounds, normal.tokens), (self._normal.data, self._normal.bounds, self._offsets)
        tables = (self.ngram, tuple(self._grams), HEAD, tuple(self._heads))
        kernels.cover(texts, *tables, known, scratch, best, share, span)
        rows = np.flatnonzero((best >= 0) & (share >= coverage))
        items = [self.items[number] for number in best[rows].tolist()]
        columns = [
            part["id"].take(pa.array(rows)).cast(pa.string()).combine_chunks(),
            pa.array([item.benchmark for item in items], pa.string()),
            pa.array([item.number for item in items], pa.int64()),
            pa.array(share[rows]),
            pa.array([normal.data[a:b].tobytes().decode() for a, b in span[rows].tolist()], pa.string()),
        ]
        return pa.Table.from_arrays(columns, schema=HITS)


def _parts(table: pa.Table) -> Iterable[pa.Table]:
    sizes = np.cumsum(pc.fill_null(pc.binary_length(table["text"]), 0).to_numpy() + 1) // PIECE if len(table) else np.zeros(0)
    starts = [*np.flatnonzero(np.diff(sizes, prepend=-1)).tolist(), len(table)]
    return [table.slice(start, stop - start) for start, stop in pairwise(starts)]


def _table(normal: Normal, n: int, chosen: np.ndarray, *, heads: bool) -> Grams:
    """All n-grams of the chosen items, or only the first of each."""
    tokens = np.where(chosen, normal.tokens, 0).astype(np.int32)
    size = int(np.maximum(tokens - n + 1, 0).sum())
    hashes, items, places = np.empty(size, np.uint64), np.empty(size, np.int32), np.empty(size, np.int32)
    kernels.all_grams(normal.data, normal.bounds, tokens, n, hashes, items, places)
    if heads:
        hashes, items, places = (column[places == 0] for column in (hashes, items, places))
    order = np.argsort(hashes, kind="stable")
    keys, begins = np.unique(hashes[order], return_index=True)
    room = 1 << max(10, int(2 * len(keys)).bit_length())
    sieve, slots = np.zeros(room // 8, np.uint64), np.full(room, -1, np.int32)
    kernels.fill(keys, sieve, slots)
    return Grams(keys, sieve, slots, np.append(begins, len(order)).astype(np.int64), items[order], places[order])
