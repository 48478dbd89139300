"""The benchmark item nearest to a text by its characters: light paraphrase, and a program told in another language.

Word n-grams miss what was reworded. Here a text and an item are sets of runs of 4 characters (white space and punctuation
folded), and their likeness is the cosine of these sets, each run weighted by how rare it is: ln((N + 1) / (df + 0.5)) over
the N texts that it was counted in. Those are the items themselves and, so that a small benchmark knows what ordinary
English is, the counts in COMMON. A whole turn is held against a whole item: what hides in a much longer turn is for the
n-grams. A hit needs the cosine of the rule, and EVIDENCE: the runs in both must weigh as much as that many runs that are
in no other text, so that short questions of one pattern ("What is the capital of ...?") are no hits.

Items are nominated by their rarest runs: an item is compared where at least SPEAK of its RAREST rarest stand in the text.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from filters.overlap import kernels_cover, kernels_near
from filters.overlap.benchmarks import Item
from filters.overlap.contamination import HITS, parts, told
from filters.overlap.hashed import PROBE
from filters.overlap.shipped import COMMON
from filters.overlap.tokens import Normal, Texts, normalise
from schemas.faults import DataFault

CHARS = 4
EVIDENCE = 35.0
RAREST, SPEAK = 40, 4


class Nearest:
    """Benchmark items, ready to be compared with."""

    def __init__(self, items: Iterable[Item], similar: float) -> None:
        """Index items for a cosine of at least `similar` (above 0)."""
        found = list(items)
        self.similar = similar
        self.items = pa.table({name: [getattr(item, field) for item in found] for name, field in _FIELDS.items()}, _NAMES)
        owners, hashes = grams(normalise(pa.array([item.text for item in found], pa.large_string())))
        keys, which, counts = np.unique(hashes, return_inverse=True, return_counts=True)
        usual, often, texts = _common()
        places = np.minimum(np.searchsorted(usual, keys), len(usual) - 1)
        counts = counts + np.where(usual[places] == keys, often[places], 0)
        whole = len(found) + texts + 1
        weights = np.log(whole / (counts + 0.5))
        self._unknown = float(np.log(whole / 0.5))
        self._table = _filled(keys, weights)
        self._lists = _lists(owners, which, weights, len(found), EVIDENCE * self._unknown)

    def near(self, ids: Texts, texts: Texts, *, threads: int = 1) -> pa.Table:
        """Every text and item at least `similar` (HITS, texts in order; share: the cosine), with the longest run in both."""
        table = pa.table({"id": ids, "text": texts})
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(self._near, parts(table)))
        return pa.concat_tables([HITS.empty_table(), *found])

    def _near(self, part: pa.Table) -> pa.Table:
        normal = normalise(part["text"])
        limits = (self.similar, EVIDENCE * self._unknown, self._unknown)
        room = needed = len(part)
        while needed >= room:
            room = needed + 1
            rows, items, share = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room)
            span = np.empty((room, 2), np.int64)
            hits = (rows, items, share, span)
            needed = kernels_near.near(normal.data, normal.bounds, CHARS, self._table, self._lists, SPEAK, limits, hits)
        runs = [_words(normal, row, *run) for row, run in zip(rows[:needed].tolist(), span[:needed].tolist(), strict=True)]
        return told(part["id"], self.items, (rows[:needed], items[:needed], share[:needed]), runs)


_FIELDS = {"benchmark": "benchmark", "item": "number", "side": "side"}
_NAMES = pa.schema([(name, HITS.field(name).type) for name in _FIELDS])


def _words(normal: Normal, row: int, start: int, stop: int) -> str:
    """The whole words of a run of characters; the run itself where it holds none."""
    begin, end = normal.bounds[row : row + 2].tolist()
    spots = ((max(start - 1, begin), start), (start, stop), (stop, min(stop + 1, end)))
    before, run, after = (normal.data[a:b].tobytes() for a, b in spots)
    first = before not in (b"", b" ") and not run.startswith(b" ")
    last = after not in (b"", b" ") and not run.endswith(b" ")
    words = run.decode().split()
    return " ".join(words[int(first) : len(words) - int(last)]) or run.decode().strip()


def grams(normal: Normal) -> tuple[np.ndarray, np.ndarray]:
    """Every text's distinct runs of CHARS characters: the text's number, and the run's hash; sorted."""
    longest = int(np.diff(normal.bounds).max(initial=0))
    hashes, begins = np.empty(longest + 1, np.uint64), np.empty(longest + 2, np.int64)
    found = []
    for start, stop in zip(normal.bounds[:-1].tolist(), normal.bounds[1:].tolist(), strict=True):
        count = kernels_near.char_grams(normal.data, start, stop, CHARS, hashes, begins)
        found.append(np.unique(hashes[:count]))
    owners = np.repeat(np.arange(len(found)), [len(one) for one in found])
    return owners, np.concatenate([*found, np.empty(0, np.uint64)])


def common(texts: list[str], least: int) -> pa.Table:
    """Runs that at least so many of the texts hold, sorted, with their number: what COMMON stores."""
    _, hashes = grams(normalise(pa.array(texts, pa.large_string())))
    keys, counts = np.unique(hashes, return_counts=True)
    often = counts >= least
    about = {"texts": str(len(texts)), "probe": _probe()}
    return pa.table({"gram": keys[often], "texts": counts[often].astype(np.int32)}).replace_schema_metadata(about)


@cache
def _common() -> tuple[np.ndarray, np.ndarray, int]:
    table = pq.read_table(COMMON)
    if table.schema.metadata[b"probe"].decode() != _probe():
        raise DataFault(f"{COMMON}: made with another hash or other runs of characters: make it anew (docs/public_benchmarks.py)")
    return table["gram"].to_numpy(), table["texts"].to_numpy(), int(table.schema.metadata[b"texts"])


def _probe() -> str:
    return f"{np.bitwise_xor.reduce(grams(normalise(pa.array([PROBE])))[1]):016x}"


def _filled(keys: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, ...]:
    room = 1 << max(10, int(2 * len(keys)).bit_length())
    sieve, slots = np.zeros(room // 8, np.uint64), np.full(room, -1, np.int32)
    kernels_cover.fill(keys, sieve, slots)
    return keys, sieve, slots, weights


def _lists(owners: np.ndarray, keys: np.ndarray, weights: np.ndarray, items: int, evidence: float) -> tuple[np.ndarray, ...]:
    """What `kernels_near.near` wants to know of the items: their masses, whom each key speaks for, and their keys."""
    masses = np.bincount(owners, weights[keys], items)
    each = pl.DataFrame({"item": owners, "key": keys, "weight": weights[keys]})
    rarest = pl.struct(-pl.col("weight"), "key").rank("ordinal").over("item") <= RAREST
    heavy = pl.Series(masses[owners] >= evidence, dtype=pl.Boolean)
    speaking = each.filter(heavy & each.select(rarest).to_series()).sort(["key", "item"])
    posts = np.concatenate([[0], np.cumsum(np.bincount(speaking["key"].to_numpy(), minlength=len(weights)))])
    bounds = np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=items))])
    return masses, posts, speaking["item"].to_numpy().astype(np.int32), bounds, keys.astype(np.int32)
