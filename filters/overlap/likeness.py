"""How alike two texts are that stand side by side, measured as near-duplicates are: the exact Jaccard of their word groups."""

import numpy as np
import pyarrow as pa

from filters.overlap import kernels_sign
from filters.overlap.signing import PERMUTATIONS
from filters.overlap.tokens import Texts, normalise

_ODD = np.uint64(0x9E3779B97F4A7C15)  # a pair's own shift of 64-bit hashes, so that one sort finds what its two sets share


def likeness(left: Texts, right: Texts, shingle: int = 5, short: int = 100) -> np.ndarray:
    """For each place the similarity, 0 to 1, of the two texts there; two of fewer than `short` words are alike only where one
    has all the words of the other. Texts of equal words are 1: case, punctuation and white space count nowhere.
    """
    texts = pa.chunked_array([*_chunks(left), *_chunks(right)], pa.large_string())
    normal = normalise(texts)
    rows = len(normal)
    each = (normal.data, normal.bounds, normal.tokens)
    signatures, exact = np.empty((rows, PERMUTATIONS), np.uint32), np.empty((rows, 2), np.uint64)
    shingles, ends = np.empty(int(np.maximum(normal.tokens, 1).sum()), np.uint64), np.empty(rows + 1, np.int64)
    nothing = np.zeros(PERMUTATIONS, np.uint32)
    kernels_sign.sign(*each, shingle, False, nothing, nothing, signatures, shingles, ends, exact)
    words, word_ends = np.empty(int(normal.tokens[normal.tokens < short].sum()), np.uint64), np.empty(rows + 1, np.int64)
    kernels_sign.few_words(*each, short, words, word_ends)
    common, sizes = _common(shingles, ends)
    found = common / (sizes.sum(axis=1) - common)
    common, sizes = _common(words, word_ends)
    return np.where((sizes.min(axis=1) > common), 0.0, found)


def _common(values: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many values the sets k and k + half have in common, and their two sizes, for each k of the first half of the sets."""
    sizes = np.diff(ends)
    half = len(sizes) // 2
    pair = np.repeat(np.arange(2 * half, dtype=np.uint64) % max(half, 1), sizes)
    keys = values[: ends[-1]] ^ (pair * _ODD)
    order = np.argsort(keys)
    again = np.flatnonzero(keys[order][1:] == keys[order][:-1]) + 1
    return np.bincount(pair[order[again]].astype(np.int64), minlength=half), sizes.reshape(2, half).T


def _chunks(texts: Texts) -> list[pa.Array]:
    return [chunk.cast(pa.large_string()) for chunk in (texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts])]
