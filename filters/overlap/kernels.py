# ruff: noqa: ANN001, ANN201, ANN202, PLR0917
# numba's types stand in the decorator and a kernel takes arrays, not objects.
# mypy: disable-error-code="no-untyped-def,call-arg,var-annotated"
"""The loops that hash text, in numba. All kernels (`kernels*.py`) release the GIL, compile once, and know no Python object.

Each has one fixed signature, so importing its file compiles it or loads it from numba's cache; `warm` does that.
Buffers are Arrow's own: text is uint8 with int64 bounds. No kernel starts threads: callers share rows out, which keeps
results independent of the number of threads and lets several run at once.
"""

from importlib import import_module
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

_BYTES = types.Array(types.uint8, 1, "C", readonly=True)
_I32 = types.Array(types.int32, 1, "C", readonly=True)
_I64 = types.Array(types.int64, 1, "C", readonly=True)
_U32 = types.Array(types.uint32, 1, "C", readonly=True)
_U64 = types.Array(types.uint64, 1, "C", readonly=True)
_OUT64, _OUTU64 = types.int64[::1], types.uint64[::1]


def compiled(signature: Any) -> Any:
    """One compiled version, for this signature, kept on disk, free of the GIL."""
    return njit(signature, nogil=True, cache=True, error_model="numpy")


_P1, _P2, _P3 = np.uint64(11400714785074694791), np.uint64(14029467366897019727), np.uint64(1609587929392839161)
_P4, _P5 = np.uint64(9650029242287828579), np.uint64(2870177450012600261)
_LAST = np.uint32(0xFFFFFFFF)


def warm() -> None:
    """Compile every kernel, or load it from numba's cache: importing the files does it."""
    for name in ("kernels_fold", "kernels_pairs", "kernels_cover"):
        import_module(f"filters.overlap.{name}")


@intrinsic
def word(context, data, at):
    """Eight bytes at any offset as one little-endian integer; the caller sees to it that they are there."""

    def code(context, builder, signature, values):
        array = context.make_array(signature.args[0])(context, builder, values[0])
        start = builder.gep(array.data, [values[1]])
        eight = builder.load(builder.bitcast(start, context.get_value_type(types.uint64).as_pointer()))
        eight.align = 1
        return eight

    return types.uint64(data, types.int64), code


@njit(inline="always")
def _half_word(data, at):
    low = np.uint64(data[at]) | np.uint64(data[at + 1]) << np.uint64(8)
    return low | np.uint64(data[at + 2]) << np.uint64(16) | np.uint64(data[at + 3]) << np.uint64(24)


@njit(inline="always")
def _rotate(value, bits):
    return (value << np.uint64(bits)) | (value >> np.uint64(64 - bits))


@njit(inline="always")
def _round(lane, word):
    return _rotate(lane + word * _P2, 31) * _P1


@compiled(types.uint64(_BYTES, types.int64, types.int64, types.uint64))
def xxh64(data: np.ndarray, start: int, stop: int, seed: int) -> int:
    """XXH64 of data[start:stop] (Collet, xxHash specification 0.1.1)."""
    at = start
    if stop - start >= 32:
        a, b, c, d = seed + _P1 + _P2, seed + _P2, seed, seed - _P1
        while at + 32 <= stop:
            a, b = _round(a, word(data, at)), _round(b, word(data, at + 8))
            c, d = _round(c, word(data, at + 16)), _round(d, word(data, at + 24))
            at += 32
        h = _rotate(a, 1) + _rotate(b, 7) + _rotate(c, 12) + _rotate(d, 18)
        for lane in (a, b, c, d):
            h = (h ^ _round(np.uint64(0), lane)) * _P1 + _P4
    else:
        h = seed + _P5
    h += np.uint64(stop - start)
    while at + 8 <= stop:
        h = _rotate(h ^ _round(np.uint64(0), word(data, at)), 27) * _P1 + _P4
        at += 8
    if at + 4 <= stop:
        h = _rotate(h ^ (_half_word(data, at) * _P1), 23) * _P2 + _P3
        at += 4
    while at < stop:
        h = _rotate(h ^ (np.uint64(data[at]) * _P5), 11) * _P1
        at += 1
    h = (h ^ (h >> np.uint64(33))) * _P2
    h = (h ^ (h >> np.uint64(29))) * _P3
    return h ^ (h >> np.uint64(32))


@compiled(types.int64(_OUTU64, types.int64, _OUTU64))
def sort_unique(values: np.ndarray, size: int, spare: np.ndarray) -> int:
    """Sort the first `size` hashes in place and drop repeats; returns how many are left.

    Hashes are uniform, so dealing them out by their top bits leaves them nearly in order; a text made against that
    (many moves) is sorted the plain way.
    """
    if size < 2:
        return size
    bits = 1
    while (1 << bits) < size and bits < 20:
        bits += 1
    shift = np.uint64(64 - bits)
    begins = np.zeros((1 << bits) + 1, np.int64)
    for i in range(size):
        begins[np.int64(values[i] >> shift) + 1] += 1
    for i in range(1 << bits):
        begins[i + 1] += begins[i]
    for i in range(size):
        bucket = np.int64(values[i] >> shift)
        spare[begins[bucket]] = values[i]
        begins[bucket] += 1
    moves = 0
    for i in range(1, size):
        value, j = spare[i], i
        while j > 0 and spare[j - 1] > value:
            spare[j] = spare[j - 1]
            j -= 1
        spare[j] = value
        moves += i - j
        if moves > 64 * size:
            spare[:size] = np.sort(spare[:size])
            break
    left = 1
    values[0] = spare[0]
    for i in range(1, size):
        if spare[i] != spare[i - 1]:
            values[left] = spare[i]
            left += 1
    return left


_ONES, _TOPS, _SPACES = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080), np.uint64(0x2020202020202020)


@njit(inline="always")
def until_space(eight):
    """How many of eight bytes stand before the first space (Warren, Hacker's Delight, 6-1)."""
    rest = eight ^ _SPACES
    spaces = (rest - _ONES) & ~rest & _TOPS
    before = ((spaces & (~spaces + np.uint64(1))) >> np.uint64(7)) - np.uint64(1)
    return np.int64(8) if spaces == 0 else np.int64(((before & _ONES) * _ONES) >> np.uint64(56))


@compiled(types.int64(_BYTES, types.int64, types.int64, types.int64, _OUTU64, _OUT64, _OUT64))
def grams(data: np.ndarray, start: int, stop: int, n: int, hashes: np.ndarray, begins: np.ndarray, ends: np.ndarray) -> int:
    """XXH64 of every run of n tokens of data[start:stop], and the bounds of every token; returns the number of tokens."""
    count, at = 0, start
    while at < stop:
        begins[count] = at
        size = 8
        while size == 8:
            size = min(until_space(word(data, at)), stop - at)
            at += size
        ends[count] = at
        count += 1
        at += 1
    for i in range(count - n + 1):
        hashes[i] = xxh64(data, begins[i], ends[i + n - 1], np.uint64(0))
    return count


@compiled(types.void(_U64, types.int64, _U32, _U32, types.Array(types.uint32, 1, "C")))
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


@compiled(types.int64(_BYTES, types.int64, types.int64, types.int64, _OUTU64, types.uint8[::1], _OUT64))
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


@compiled(types.int64(_BYTES, _I64, _I32, types.int64, _OUTU64, _OUT64))
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


@compiled(types.void(_BYTES, _I64, _BYTES, _I64, _I64, types.uint64[:, ::1]))
def chain(
    data: np.ndarray, bounds: np.ndarray, roles: np.ndarray, role_bounds: np.ndarray, starts: np.ndarray, hashes: np.ndarray
) -> None:
    """hashes[t] = 128 bits of all turns from the start of t's conversation to t: each hash is the next one's seed."""
    for talk in range(len(starts) - 1):
        a, b = np.uint64(0), _P3
        for turn in range(starts[talk], starts[talk + 1]):
            a = xxh64(roles, role_bounds[turn], role_bounds[turn + 1], a)
            b = xxh64(roles, role_bounds[turn], role_bounds[turn + 1], b)
            a = xxh64(data, bounds[turn], bounds[turn + 1], a)
            b = xxh64(data, bounds[turn], bounds[turn + 1], b)
            hashes[turn, 0], hashes[turn, 1] = a, b


@compiled(
    types.int64(
        _BYTES, _I64, _I32, types.int64, types.boolean, _U32, _U32, types.uint32[:, ::1], _OUTU64, _OUT64, types.uint64[:, ::1]
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
    packed = np.empty(longest if chars else 0, np.uint8)
    to = 0
    ends[0] = 0
    for row in range(len(tokens)):
        start, stop = bounds[row], bounds[row + 1]
        exact[row, 0] = xxh64(data, start, stop, np.uint64(0))
        exact[row, 1] = xxh64(data, start, stop, _P3)
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
