"""The inner loops over words and n-grams of words: how many differ, which come again, which stand in another text."""

# ruff: noqa: PLR0917 - a kernel takes its arrays by position and compiles best when plain
import numpy as np
from numba import njit

from ._kernels import tokens

_K = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, nogil=True, inline="always")
def mix(x: np.uint64) -> np.uint64:
    """Spread the bits of a 64-bit hash (MurmurHash3's finaliser)."""
    x ^= x >> np.uint64(33)
    x *= np.uint64(0xFF51AFD7ED558CCD)
    x ^= x >> np.uint64(33)
    x *= np.uint64(0xC4CEB9FE1A85EC53)
    return x ^ (x >> np.uint64(33))


@njit(cache=True, nogil=True, inline="always")
def slot(keys: np.ndarray, stamps: np.ndarray, stamp: int, mask: np.uint64, key: np.uint64) -> np.uint64:
    """Where `key` lies, or belongs, in an open table; slots with an older stamp are free."""
    x = key & mask
    while stamps[x] == stamp and keys[x] != key:
        x = (x + np.uint64(1)) & mask
    return x


@njit(cache=True, nogil=True)
def table(longest: int) -> tuple[np.ndarray, ...]:
    """Empty keys, stamps, counts and places for an open table that takes `longest` keys."""
    size = 16
    while size < 2 * longest:
        size *= 2
    return np.zeros(size, np.uint64), np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros((2, size), np.int64)


@njit(cache=True, nogil=True, inline="always")
def mask_for(n: int) -> np.uint64:
    """A table's mask for `n` keys: small texts stay in a small, warm part of it."""
    size = 16
    while size < 2 * n:
        size *= 2
    return np.uint64(size - 1)


@njit(cache=True, nogil=True)
def longest_text(offsets: np.ndarray) -> int:
    """Bytes of the longest text."""
    most = 0
    for i in range(len(offsets) - 1):
        most = max(most, offsets[i + 1] - offsets[i])
    return most


@njit(cache=True, nogil=True)
def grams(hashes: np.ndarray, n: int, m: int, out: np.ndarray) -> int:
    """Hashes of all word n-grams of `m` tokens into `out`; return how many."""
    for a in range(m - n + 1):
        h = np.uint64(n)
        for z in range(n):
            h = h * _K + hashes[a + z]
        out[a] = mix(h)
    return max(0, m - n + 1)


@njit(cache=True, nogil=True)
def distinct(offsets: np.ndarray, data: np.ndarray) -> np.ndarray:
    """Per text: tokens, and how many of them differ."""
    most = longest_text(offsets)
    hashes, lengths = np.empty(most + 1, np.uint64), np.empty(most + 1, np.int64)
    keys, stamps, _, _ = table(most)
    out = np.zeros((2, len(offsets) - 1), np.int64)
    for i in range(len(offsets) - 1):
        m = tokens(data, offsets[i], offsets[i + 1], hashes, lengths)
        mask = mask_for(m)
        for a in range(m):
            key = mix(hashes[a])
            x = slot(keys, stamps, i + 1, mask, key)
            if stamps[x] != i + 1:
                stamps[x], keys[x] = i + 1, key
                out[1, i] += 1
        out[0, i] = m
    return out


@njit(cache=True, nogil=True)
def repeated(offsets: np.ndarray, data: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Per text, nine shares of the tokens' characters: in the top 2-, 3-, 4-gram, in repeated 5- to 10-grams; NaN: not asked."""
    most = longest_text(offsets)
    hashes, lengths = np.empty(most + 1, np.uint64), np.empty(most + 1, np.int64)
    ngrams, upto = np.empty(most + 1, np.uint64), np.zeros(most + 2, np.int64)
    keys, stamps, counts, places = table(most)
    out = np.full((9, len(offsets) - 1), np.nan)
    stamp = 0
    for i in range(len(offsets) - 1):
        m = tokens(data, offsets[i], offsets[i + 1], hashes, lengths)
        for a in range(m):
            upto[a + 1] = upto[a] + lengths[a]
        covered = 1
        for n in range(2, 11):
            if not asked[n - 2]:
                continue
            stamp += 1
            if covered:  # where nothing repeats, nothing longer does
                g = grams(hashes, n, m, ngrams)
                if n < 5:
                    covered = top(ngrams, g, n, upto, keys, stamps, counts, places, stamp)
                else:
                    covered = again(ngrams, g, n, upto, keys, stamps, stamp)
            if m:
                out[n - 2, i] = covered / upto[m]
    return out


@njit(cache=True, nogil=True)
def top(
    ngrams: np.ndarray,
    g: int,
    n: int,
    upto: np.ndarray,
    keys: np.ndarray,
    stamps: np.ndarray,
    counts: np.ndarray,
    places: np.ndarray,
    stamp: int,
) -> int:
    """Characters inside the most frequent n-gram (ties: the one with more), 0 where none comes twice."""
    mask, often, best = mask_for(g), 1, 0
    for a in range(g):
        x = slot(keys, stamps, stamp, mask, ngrams[a])
        if stamps[x] != stamp:
            stamps[x], keys[x], counts[x] = stamp, ngrams[a], 1
            places[1, x] = upto[a + n] - upto[a]
        else:
            counts[x] += 1
            places[1, x] += upto[a + n] - upto[max(a, places[0, x] + n)]
            if counts[x] > often or (counts[x] == often and places[1, x] > best):
                often, best = counts[x], places[1, x]
        places[0, x] = a
    return best


@njit(cache=True, nogil=True)
def again(ngrams: np.ndarray, g: int, n: int, upto: np.ndarray, keys: np.ndarray, stamps: np.ndarray, stamp: int) -> int:
    """Characters inside n-grams that were there before, none counted twice."""
    mask, end, covered = mask_for(g), 0, 0
    for a in range(g):
        x = slot(keys, stamps, stamp, mask, ngrams[a])
        if stamps[x] == stamp:
            covered += upto[a + n] - upto[max(a, end)]
            end = a + n
        else:
            stamps[x], keys[x] = stamp, ngrams[a]
    return covered


@njit(cache=True, nogil=True)
def shared(offsets: np.ndarray, data: np.ndarray, against: np.ndarray, other: np.ndarray, n: int) -> np.ndarray:
    """Per text, the share of its word n-grams that also stand in `other`; a shorter text is one n-gram. NaN: no words."""
    most = max(longest_text(offsets), longest_text(against))
    hashes, lengths, ngrams = np.empty(most + 1, np.uint64), np.empty(most + 1, np.int64), np.empty(most + 1, np.uint64)
    keys, stamps, _, _ = table(most)
    out = np.full(len(offsets) - 1, np.nan)
    for i in range(len(offsets) - 1):
        m = tokens(data, offsets[i], offsets[i + 1], hashes, lengths)
        size = min(n, m)
        if size == 0:
            continue
        theirs = tokens(other, against[i], against[i + 1], hashes, lengths)
        g = grams(hashes, size, theirs, ngrams)
        mask = mask_for(g)
        for a in range(g):
            x = slot(keys, stamps, i + 1, mask, ngrams[a])
            stamps[x], keys[x] = i + 1, ngrams[a]
        tokens(data, offsets[i], offsets[i + 1], hashes, lengths)
        g, hits = grams(hashes, size, m, ngrams), 0
        for a in range(g):
            hits += stamps[slot(keys, stamps, i + 1, mask, ngrams[a])] == i + 1
        out[i] = hits / g
    return out
