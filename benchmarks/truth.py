"""The exact truth about a corpus, without signatures and without winnow: word 5-grams of the texts, as sets, compared.

A word is a run of letters and numbers in lower case (`[^\\W_]+`), a shingle five words on end, or all of a shorter text; two
rows are alike from `similarity` on by Jaccard. Shingles are 64-bit hashes in one file on disk, mapped, sorted in each row.

All pairs are found with a prefix filter (Bayardo, Ma, Srikant 2007): of two sets with Jaccard t, the (1 - t) share of each that
comes first in any one order has something in common. The order is by how often a shingle occurs, rare ones first.
"""

import hashlib
import re
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numba
import numpy as np
import pyarrow.parquet as pq

WORD, WORDS = re.compile(r"[^\W_]+"), 5
WEIGHTS = np.random.default_rng(20230504).integers(1, 1 << 63, WORDS, dtype=np.uint64) | np.uint64(1)
CELLS = 28  # at most 2 to this many counters of a byte: how often a shingle occurs, about


class Sets(NamedTuple):
    """Row i has the shingles values[bounds[i]:bounds[i + 1]], sorted."""

    values: np.ndarray
    bounds: np.ndarray

    def __len__(self) -> int:
        return len(self.bounds) - 1


class _Hashes(dict[str, int]):
    """64-bit hashes of words, each worked out once."""

    def __missing__(self, word: str) -> int:
        self[word] = found = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")
        return found


def shingled(corpus: Path, folder: Path, processes: int = 2) -> Sets:
    """The sets of a corpus, made once and kept in `folder`; those of a larger one begin with them."""
    rows = pq.read_metadata(corpus).num_rows
    made = sorted(int(path.name.split(".")[0]) for path in folder.glob("*.bounds.npy"))
    most = next((size for size in made if size >= rows), rows)
    values, bounds = folder / f"{most}.shingles", folder / f"{most}.bounds.npy"
    if not bounds.exists():
        groups, sizes = pq.ParquetFile(corpus).num_row_groups, [np.zeros(1, np.int64)]
        with open(values, "wb") as file, ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            for found, lengths in pool.map(_group, [corpus] * groups, range(groups)):
                file.write(found.tobytes())
                sizes.append(lengths)
        np.save(bounds, np.cumsum(np.concatenate(sizes)))
    ends = np.load(bounds)[: rows + 1]
    return Sets(np.memmap(values, np.uint64, "r", shape=(int(ends[-1]),)), ends)


def jaccard(sets: Sets, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The exact similarity of pairs of rows."""
    return _jaccard(*sets, left, right)


def alike(sets: Sets, left: np.ndarray, right: np.ndarray, similarity: float, *, one: bool = False) -> np.ndarray:
    """(pairs, 2): every row of `left` with every row of `right` that is like it; where `one`, with the first that is found."""
    counts = _counts(sets.values, min(CELLS, max(10, len(sets.values).bit_length() + 2)))
    shingles, rows = _prefixes(*sets, right, counts, similarity)
    order = np.argsort(shingles, kind="stable")
    shingles, rows = shingles[order], rows[order]
    with ThreadPoolExecutor(2) as pool:
        parts = pool.map(lambda part: _join(*sets, part, counts, shingles, rows, similarity, one), np.array_split(left, 64))
        return np.concatenate([np.zeros((0, 2), np.int64), *parts])


def everything(sets: Sets, similarity: float) -> np.ndarray:
    """(pairs, 2): all pairs of rows that are alike, the first row before the second."""
    rows = np.arange(len(sets))
    pairs = alike(sets, rows, rows, similarity)
    return pairs[pairs[:, 0] < pairs[:, 1]]


def judged(sets: Sets, kept: np.ndarray, pairs: np.ndarray, near: np.ndarray, similarity: float) -> dict[str, float]:
    """How right it is to keep these rows.

    `recall` and `near`: the share of the pairs given of which not both rows stay. `precision`: the share of dropped rows that
    are alike to a row that stays.
    """
    stays = np.zeros(len(sets), bool)
    stays[kept] = True
    dropped = np.flatnonzero(~stays)
    right = len(alike(sets, dropped, np.flatnonzero(stays), similarity, one=True))
    recall, close = (1 - float(stays[some].all(axis=1).mean()) if len(some) else 1.0 for some in (pairs, near))
    precision = right / len(dropped) if len(dropped) else 1.0
    return {"kept": int(stays.sum()), "recall": recall, "near": close, "precision": precision}


def _group(corpus: Path, number: int) -> tuple[np.ndarray, np.ndarray]:
    texts = pq.ParquetFile(corpus).read_row_group(number, ["text"])["text"].to_pylist()
    hashes = _Hashes()
    sets = [np.unique(shingles([hashes[word] for word in WORD.findall(text.lower())])) for text in texts]
    return np.concatenate(sets), np.array([len(found) for found in sets])


def shingles(words: list[int]) -> np.ndarray:
    """Hashes of every five words on end, from the words' hashes."""
    hashed = np.array(words, np.uint64)
    runs = max(1, len(words) - WORDS + 1)
    ends = np.zeros(runs, np.uint64)
    for at, part in enumerate(_starts(hashed, runs)):
        ends[: len(part)] += part * WEIGHTS[at]
    return ends


def _starts(hashed: np.ndarray, runs: int) -> Iterator[np.ndarray]:
    return (hashed[at : at + runs] for at in range(WORDS))


@numba.njit(cache=True, nogil=True)
def _counts(values, bits):
    counts, shift = np.zeros(1 << bits, np.uint8), np.uint64(64 - bits)
    for value in values:
        cell = value >> shift
        counts[cell] += counts[cell] < 255
    return counts


@numba.njit(cache=True, nogil=True)
def _shared(values, i, i_end, j, j_end, need):
    """How many values two sorted runs have in common; a number below `need` as soon as it cannot be reached."""
    same = 0
    while i < i_end and j < j_end:
        if same + min(i_end - i, j_end - j) < need:
            return same
        if values[i] == values[j]:
            same += 1
            i += 1
            j += 1
        elif values[i] < values[j]:
            i += 1
        else:
            j += 1
    return same


@numba.njit(cache=True, nogil=True)
def _alike(values, bounds, a, b, similarity):
    """Jaccard of two rows, or 0.0 where it is below `similarity`."""
    sizes = bounds[a + 1] - bounds[a] + bounds[b + 1] - bounds[b]
    need = int(similarity * sizes / (1.0 + similarity))  # shared / (sizes - shared) >= similarity, rounded down
    same = _shared(values, bounds[a], bounds[a + 1], bounds[b], bounds[b + 1], need)
    found = same / (sizes - same)
    return found if found >= similarity else 0.0


@numba.njit(cache=True, nogil=True)
def _jaccard(values, bounds, left, right):
    out = np.empty(len(left))
    for at in range(len(left)):
        out[at] = _alike(values, bounds, left[at], right[at], 0.0)
    return out


@numba.njit(cache=True, nogil=True)
def _prefix(values, first, last, counts, similarity):
    """The rarest shingles of a row: as many as two alike rows cannot both have without sharing one. Those with a counter of
    1 occur nowhere else and are left out."""
    row, shift = values[first:last], np.uint64(64 - int(np.log2(len(counts))))
    often = np.empty(len(row), np.uint8)
    for at in range(len(row)):
        often[at] = counts[row[at] >> shift]
    most = len(row) - int(np.ceil(similarity * len(row) - 1e-9)) + 1
    order = np.argsort(often, kind="mergesort")[:most]  # stable: by count, then by hash
    return row[order[often[order] > 1]]


@numba.njit(cache=True, nogil=True)
def _prefixes(values, bounds, rows, counts, similarity):
    total = 0
    for row in rows:
        total += len(_prefix(values, bounds[row], bounds[row + 1], counts, similarity))
    shingles, owners, done = np.empty(total, np.uint64), np.empty(total, np.int32), 0
    for row in rows:
        for shingle in _prefix(values, bounds[row], bounds[row + 1], counts, similarity):
            shingles[done] = shingle
            owners[done] = row
            done += 1
    return shingles, owners


@numba.njit(cache=True, nogil=True)
def _join(values, bounds, left, counts, shingles, owners, similarity, one):
    out, done = np.empty((1024, 2), np.int64), 0
    for row in left:
        tried, size = {np.int64(row)}, bounds[row + 1] - bounds[row]
        for shingle in _prefix(values, bounds[row], bounds[row + 1], counts, similarity):
            found = False
            for at in range(np.searchsorted(shingles, shingle), len(shingles)):
                if shingles[at] != shingle:
                    break
                other = np.int64(owners[at])
                length = bounds[other + 1] - bounds[other]
                if min(size, length) < similarity * max(size, length) or other in tried:
                    continue
                tried.add(other)
                if _alike(values, bounds, row, other, similarity) > 0.0:
                    if done == len(out):
                        out = np.concatenate((out, np.empty_like(out)))
                    out[done] = row, other
                    done += 1
                    found = one
                    if found:
                        break
            if found:
                break
    return out[:done]
