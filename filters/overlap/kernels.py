# ruff: noqa: ANN001, ANN201, ANN202, PLR0917
# numba's types stand in the decorator and a kernel takes arrays, not objects.
# mypy: disable-error-code="no-untyped-def,call-arg,var-annotated,return-value"
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

# Arrays that a kernel reads; one that it writes is `types.int64[::1]` and so on.
BYTES, I32, I64, U32, U64, F64 = (
    types.Array(kind, 1, "C", readonly=True)
    for kind in (types.uint8, types.int32, types.int64, types.uint32, types.uint64, types.float64)
)
_OUT64, _OUTU64 = types.int64[::1], types.uint64[::1]


def compiled(signature: Any) -> Any:
    """One compiled version, for this signature, kept on disk, free of the GIL."""
    return njit(signature, nogil=True, cache=True, error_model="numpy")


_P1, _P2, _P3 = np.uint64(11400714785074694791), np.uint64(14029467366897019727), np.uint64(1609587929392839161)
_P4, _P5 = np.uint64(9650029242287828579), np.uint64(2870177450012600261)


def warm() -> None:
    """Compile every kernel, or load it from numba's cache: importing the files does it."""
    files = ("sign", "fold", "prefixes", "buckets", "walk", "cover", "near")
    for name in (f"kernels_{file}" for file in files):
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
def _rotate(value, bits):
    return (value << np.uint64(bits)) | (value >> np.uint64(64 - bits))


@njit(inline="always")
def _round(lane, word):
    return _rotate(lane + word * _P2, 31) * _P1


@njit(inline="always")
def _rest(h, data, at, left):
    """The last 0 to 31 bytes, without a branch that short texts would make unpredictable: every step is made, and some count."""
    eights = left >> 3
    for k in range(3):
        mixed = _rotate(h ^ _round(np.uint64(0), word(data, at + 8 * min(k, eights))), 27) * _P1 + _P4
        h = mixed if k < eights else h
    last = word(data, at + 8 * eights)
    mixed = _rotate(h ^ ((last & np.uint64(0xFFFFFFFF)) * _P1), 23) * _P2 + _P3
    h, last = (mixed, last >> np.uint64(32)) if left & 4 else (h, last)
    for k in range(3):
        mixed = _rotate(h ^ ((last & np.uint64(255)) * _P5), 11) * _P1
        h = mixed if k < left & 3 else h
        last >>= np.uint64(8)
    return h


@compiled(types.uint64(BYTES, types.int64, types.int64, types.uint64))
def xxh64(data: np.ndarray, start: int, stop: int, seed: int) -> int:
    """XXH64 of data[start:stop] (Collet, xxHash specification 0.1.1). Eight bytes after `stop` are there to be read."""
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
    h = _rest(h + np.uint64(stop - start), data, at, stop - at)
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


@compiled(types.int64(BYTES, types.int64, types.int64, types.int64, _OUTU64, _OUT64, _OUT64))
def grams(data: np.ndarray, start: int, stop: int, n: int, hashes: np.ndarray, begins: np.ndarray, ends: np.ndarray) -> int:
    """XXH64 of every run of n tokens of data[start:stop], and the bounds of every token; returns the number of tokens."""
    if stop <= start:
        return 0
    spaces, at = np.uint64(0), start
    for byte in data[start:stop]:  # no branch: token lengths cannot be foretold
        ends[spaces] = at
        spaces += np.uint64(byte == 32)
        at += 1
    count = np.int64(spaces) + 1
    begins[0], ends[count - 1] = start, stop
    for i in range(1, count):
        begins[i] = ends[i - 1] + 1
    for i in range(count - n + 1):
        hashes[i] = xxh64(data, begins[i], ends[i + n - 1], np.uint64(0))
    return count
