"""The inner loops over Arrow's text buffers: words, n-grams, lines, fences.

A word is a run of characters without white space; a character of a script that is written without spaces (Chinese,
Japanese) is a word by itself. As a token, a word is lower-cased (ASCII) and its punctuation is left out.
All kernels read valid UTF-8, release the GIL, and give the same answer on any machine.
"""

# ruff: noqa: PLR0917, PLR1714, SIM109 - a kernel takes its arrays by position and compiles best when plain

import numpy as np
from numba import njit

SPACE, LETTER, SINGLE, MARK = range(4)  # kinds of character; SINGLE is a word by itself
_P, _K = np.uint64(0x100000001B3), np.uint64(0x9E3779B97F4A7C15)
_H = np.uint64(0xCBF29CE484222325)


@njit(cache=True, nogil=True, inline="always")
def character(data: np.ndarray, p: int) -> tuple[np.int64, int]:
    """Code point at byte `p`, and how many bytes it takes."""
    b = np.int64(data[p])
    if b < 0x80:
        return b, 1
    if b < 0xE0:
        return ((b & 31) << 6) | (data[p + 1] & 63), 2
    if b < 0xF0:
        return ((b & 15) << 12) | (np.int64(data[p + 1] & 63) << 6) | (data[p + 2] & 63), 3
    high = ((b & 7) << 18) | (np.int64(data[p + 1] & 63) << 12)
    return high | (np.int64(data[p + 2] & 63) << 6) | (data[p + 3] & 63), 4


@njit(cache=True, nogil=True)
def kind(c: np.int64) -> int:
    """SPACE, LETTER (digits and underscore too), SINGLE or MARK."""
    if c < 128:
        if c == 32 or 9 <= c <= 13 or 28 <= c <= 31:
            return SPACE
        return LETTER if 48 <= c <= 57 or 65 <= c <= 90 or c == 95 or 97 <= c <= 122 else MARK
    if c == 0x85 or c == 0xA0 or c == 0x1680 or 0x2000 <= c <= 0x200A or c in (0x2028, 0x2029, 0x202F, 0x205F, 0x3000):
        return SPACE
    if 0x3041 <= c <= 0x30FF or 0x3400 <= c <= 0x9FFF or 0xF900 <= c <= 0xFAFF or 0x20000 <= c <= 0x3FFFF:
        return SINGLE
    punctuation = c < 0xC0 or 0x2000 <= c <= 0x2BFF or 0x3000 <= c <= 0x303F or 0xFF00 <= c <= 0xFF0F
    return MARK if punctuation or 0xFE00 <= c <= 0xFE6F or c == 0xFF1A or c == 0xFF1B or c == 0xFF1F or c >= 0x1F000 else LETTER


@njit(cache=True, nogil=True)
def count(offsets: np.ndarray, data: np.ndarray) -> np.ndarray:
    """Per text: words, characters, letters, digits, marks (neither letter, digit nor white space)."""
    out = np.zeros((5, len(offsets) - 1), np.int64)
    for i in range(len(offsets) - 1):
        p, inside = offsets[i], False
        while p < offsets[i + 1]:
            c, size = character(data, p)
            p += size
            k = kind(c)
            out[1, i] += 1
            if k == SINGLE or (k != SPACE and not inside):
                out[0, i] += 1
            inside = k == LETTER or k == MARK
            if 48 <= c <= 57:
                out[3, i] += 1
            elif k == MARK:
                out[4, i] += 1
            elif k != SPACE:
                out[2, i] += 1
    return out


@njit(cache=True, nogil=True)
def tokens(data: np.ndarray, p: int, end: int, hashes: np.ndarray, lengths: np.ndarray) -> int:
    """Write the tokens of `data[p:end]` as 64-bit hashes with their lengths in characters; return how many."""
    n, h, length = 0, _H, 0
    while p < end:
        c, size = character(data, p)
        k = kind(c)
        if length and (k == SPACE or k == SINGLE):
            hashes[n], lengths[n] = h, length
            n, h, length = n + 1, _H, 0
        if k == LETTER or k == SINGLE:
            h = (h ^ np.uint64(c + 32 if 65 <= c <= 90 else c)) * _P
            length += 1
            if k == SINGLE:
                hashes[n], lengths[n] = h, length
                n, h, length = n + 1, _H, 0
        p += size
    if length:
        hashes[n], lengths[n] = h, length
        n += 1
    return n


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
def repeated(offsets: np.ndarray, data: np.ndarray) -> np.ndarray:
    """Per text, nine shares of the tokens' characters: in the top 2-, 3-, 4-gram, in repeated 5- to 10-grams."""
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
        for n in range(2, 11):
            stamp += 1
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
