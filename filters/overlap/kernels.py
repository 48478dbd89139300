# ruff: noqa: ANN001, ANN201, ANN202
# numba's types stand in the decorator and a kernel takes arrays, not objects.
# mypy: disable-error-code="no-untyped-def,call-arg,var-annotated,return-value"
"""What the loops over text share, in numba. All kernels (`kernels*.py`) release the GIL, compile once, and know no Python object.

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
_OUTU64 = types.uint64[::1]


def compiled(signature: Any) -> Any:
    """One compiled version, for this signature, kept on disk, free of the GIL."""
    return njit(signature, nogil=True, cache=True, error_model="numpy")


def warm() -> None:
    """Compile every kernel, or load it from numba's cache: importing the files does it."""
    files = ("hash", "sign", "fold", "prefixes", "buckets", "walk", "cover", "near")
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
