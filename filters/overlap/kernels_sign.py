# ruff: noqa: ANN001, ANN202, PLR0917
# numba's types stand in the decorator and a kernel takes arrays, not objects.
# mypy: disable-error-code="no-untyped-def,call-arg,var-annotated"
"""The loops that sign texts, in numba: shingles, signatures, words, chains of turns; see `kernels` for the house rules."""

import numpy as np
from numba import types

from filters.overlap.kernels import BYTES, I32, I64, U32, U64, compiled, sort_unique
from filters.overlap.kernels_hash import grams, xxh64

_OUT64, _OUTU64 = types.int64[::1], types.uint64[::1]
_LAST = np.uint32(0xFFFFFFFF)
_SECOND = np.uint64(1609587929392839161)  # the seed of the other half of 128 bits


@compiled(types.int64(BYTES, types.int64, types.int64, types.int64, _OUTU64, types.uint8[::1], _OUT64))
def char_grams(
    data: np.ndarray, start: int, stop: int, n: int, hashes: np.ndarray, packed: np.ndarray, begins: np.ndarray
) -> int:
    """XXH64 of every run of n characters of data[start:stop], spaces left out; returns the number of characters."""
    count = size = 0
    for at in range(start, stop):
        if data[at] == 32:
            continue
        if data[at] & 0xC0 != 0x80:
            begins[count] = size
            count += 1
        packed[size] = data[at]
        size += 1
    begins[count] = size
    for i in range(count - n + 1):
        hashes[i] = xxh64(packed, begins[i], begins[i + n], np.uint64(0))
    return count


@compiled(types.int64(BYTES, I64, I32, types.int64, _OUTU64, _OUT64))
def few_words(data: np.ndarray, bounds: np.ndarray, tokens: np.ndarray, short: int, words: np.ndarray, ends: np.ndarray) -> int:
    """Sorted distinct XXH64 of the tokens of every row with fewer than `short` of them (row i ends at ends[i + 1])."""
    hashes, spare = np.empty(short + 1, np.uint64), np.empty(short + 1, np.uint64)
    token_begins, token_ends = np.empty(short + 1, np.int64), np.empty(short + 1, np.int64)
    to = 0
    ends[0] = 0
    for row in range(len(tokens)):
        if 0 < tokens[row] < short:
            grams(data, bounds[row], bounds[row + 1], 1, hashes, token_begins, token_ends)
            size = sort_unique(hashes, tokens[row], spare)
            words[to : to + size] = hashes[:size]
            to += size
        ends[row + 1] = to
    return to


@compiled(types.void(U64, types.int64, U32, U32, types.Array(types.uint32, 1, "C")))
def _minima(hashes, size, a, b, out):
    """datasketch's affine32 signature: fmix32 of the low 32 bits, then the least a*h+b mod 2**32 per permutation."""
    padded = (size + 31) // 32 * 32  # with copies: no minimum moves, and no loop has a tail
    mixed = np.empty(padded, np.uint32)
    for i in range(padded):
        h = np.uint32(hashes[i if i < size else 0])
        h = np.uint32((h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B))
        h = np.uint32((h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35))
        mixed[i] = np.uint32(h ^ (h >> np.uint32(16)))
    for k in range(len(a)):
        factor, summand, least = a[k], b[k], _LAST
        for i in range(padded):
            least = min(least, np.uint32(factor * mixed[i] + summand))
        out[k] = least


@compiled(types.void(BYTES, I64, BYTES, I64, I64, types.uint64[:, ::1]))
def chain(
    data: np.ndarray, bounds: np.ndarray, roles: np.ndarray, role_bounds: np.ndarray, starts: np.ndarray, hashes: np.ndarray
) -> None:
    """hashes[t] = 128 bits of all turns from the start of t's conversation to t: each hash is the next one's seed."""
    for talk in range(len(starts) - 1):
        a, b = np.uint64(0), _SECOND
        for turn in range(starts[talk], starts[talk + 1]):
            a = xxh64(roles, role_bounds[turn], role_bounds[turn + 1], a)
            b = xxh64(roles, role_bounds[turn], role_bounds[turn + 1], b)
            a = xxh64(data, bounds[turn], bounds[turn + 1], a)
            b = xxh64(data, bounds[turn], bounds[turn + 1], b)
            hashes[turn, 0], hashes[turn, 1] = a, b


@compiled(
    types.int64(
        BYTES, I64, I32, types.int64, types.boolean, U32, U32, types.uint32[:, ::1], _OUTU64, _OUT64, types.uint64[:, ::1]
    )
)
def sign(
    data: np.ndarray,
    bounds: np.ndarray,
    tokens: np.ndarray,
    n: int,
    chars: bool,
    a: np.ndarray,
    b: np.ndarray,
    signatures: np.ndarray,
    shingles: np.ndarray,
    ends: np.ndarray,
    exact: np.ndarray,
) -> int:
    """Per row: signature, sorted distinct shingles (row i ends at ends[i + 1]) and a 128-bit hash of the whole text.

    Shingles are of n tokens, or of n characters where `chars`.
    """
    longest = 0
    for row in range(len(tokens)):
        longest = max(longest, bounds[row + 1] - bounds[row] if chars else tokens[row])
    hashes, spare = np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.uint64)
    token_begins, token_ends = np.empty(longest + 1, np.int64), np.empty(longest + 1, np.int64)
    packed = np.empty(longest + 8 if chars else 0, np.uint8)
    to = 0
    ends[0] = 0
    for row in range(len(tokens)):
        start, stop = bounds[row], bounds[row + 1]
        exact[row, 0] = xxh64(data, start, stop, np.uint64(0))
        exact[row, 1] = xxh64(data, start, stop, _SECOND)
        size = 0
        if chars:
            size = char_grams(data, start, stop, n, hashes, packed, token_begins) - n + 1
        elif tokens[row] >= n:
            size = grams(data, start, stop, n, hashes, token_begins, token_ends) - n + 1
        if size > 0:
            size = sort_unique(hashes, size, spare)
        else:
            size = 1
            hashes[0] = exact[row, 0]
        _minima(hashes, size, a, b, signatures[row])
        for i in range(size):
            shingles[to + i] = hashes[i]
        to += size
        ends[row + 1] = to
    return to
