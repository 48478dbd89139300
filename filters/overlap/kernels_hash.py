# ruff: noqa: ANN001, ANN202, PLR0917
# numba's types stand in the decorator and a kernel takes arrays, not objects.
# mypy: disable-error-code="no-untyped-def,call-arg,var-annotated,return-value"
"""XXH64 in numba: of one text, and of every run of n tokens, eight side by side; see `kernels` for the house rules."""

import numpy as np
from numba import njit, types

from filters.overlap.kernels import BYTES, compiled, word

_OUT64, _OUTU64 = types.int64[::1], types.uint64[::1]
_P1, _P2, _P3 = np.uint64(11400714785074694791), np.uint64(14029467366897019727), np.uint64(1609587929392839161)
_P4, _P5 = np.uint64(9650029242287828579), np.uint64(2870177450012600261)


@njit(inline="always")
def _rotate(value, bits):
    return (value << np.uint64(bits)) | (value >> np.uint64(64 - bits))


@njit(inline="always")
def _round(lane, word):
    return _rotate(lane + word * _P2, 31) * _P1


@njit(inline="always")
def _mixed(h):
    h = (h ^ (h >> np.uint64(33))) * _P2
    h = (h ^ (h >> np.uint64(29))) * _P3
    return h ^ (h >> np.uint64(32))


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
    return _mixed(h)


_WIDTH = 64  # grams that are hashed side by side: what is laid out for them is _ROWS rows of so many
_REST, _SIZE, _START, _STRIPE, _WHOSE, _ROWS = 0, 4 * _WIDTH, 5 * _WIDTH, 6 * _WIDTH, 10 * _WIDTH, 11


@njit
def _lay(data, begins, ends, n, first, count, laid):
    """Lay `count` grams side by side: bytes, the last up to 31 of them as words, and 32 before those where there are as many.

    Returns how many have these 32, and all sizes ORed. Where there is nothing more to read, what was read is read again.
    """
    far = sizes = np.int64(0)
    for i in range(count):
        at = begins[first + i]
        size = ends[first + i + n - 1] - at
        striped = size >> 5 & 1
        for k in range(4):
            laid[_STRIPE + k * _WIDTH + far] = word(data, at + 8 * k * striped)
        laid[_WHOSE + far] = np.uint64(i)
        far += striped
        sizes |= size
        at, eights = at + 32 * striped, size >> 3 & 3
        for k in range(4):
            laid[_REST + k * _WIDTH + i] = word(data, at + 8 * (min(k, eights) if k < 3 else eights))
        laid[_SIZE + i], laid[_START + i] = np.uint64(size), _P5
    return far, sizes


@njit
def _stripes(laid, count):
    """XXH64's first 32 bytes, side by side."""
    for i in range(count):
        a = _rotate(_P1 + _P2 + laid[_STRIPE + i] * _P2, 31) * _P1
        b = _rotate(_P2 + laid[_STRIPE + _WIDTH + i] * _P2, 31) * _P1
        c = _rotate(laid[_STRIPE + 2 * _WIDTH + i] * _P2, 31) * _P1
        d = _rotate(laid[_STRIPE + 3 * _WIDTH + i] * _P2 - _P1, 31) * _P1
        h = _rotate(a, 1) + _rotate(b, 7) + _rotate(c, 12) + _rotate(d, 18)
        h = (h ^ _round(np.uint64(0), a)) * _P1 + _P4
        h = (h ^ _round(np.uint64(0), b)) * _P1 + _P4
        h = (h ^ _round(np.uint64(0), c)) * _P1 + _P4
        laid[_STRIPE + i] = (h ^ _round(np.uint64(0), d)) * _P1 + _P4


@njit
def _rests(laid, count):
    """XXH64's last up to 31 bytes, side by side, from `_START`; the hashes take the place of `_REST`."""
    for i in range(count):
        size, last = laid[_SIZE + i], laid[_REST + 3 * _WIDTH + i]
        h = laid[_START + i] + size
        for k in range(3):
            mixed = _rotate(h ^ _round(np.uint64(0), laid[_REST + k * _WIDTH + i]), 27) * _P1 + _P4
            h = mixed if np.uint64(k) < (size >> np.uint64(3) & np.uint64(3)) else h
        mixed = _rotate(h ^ ((last & np.uint64(0xFFFFFFFF)) * _P1), 23) * _P2 + _P3
        h, last = (mixed, last >> np.uint64(32)) if size & np.uint64(4) else (h, last)
        for k in range(3):
            mixed = _rotate(h ^ ((last & np.uint64(255)) * _P5), 11) * _P1
            h = mixed if np.uint64(k) < size & np.uint64(3) else h
            last >>= np.uint64(8)
        laid[_REST + i] = _mixed(h)


@njit
def _hash(data, begins, ends, n, count, hashes):
    """hashes[i] = XXH64 of gram i."""
    laid = np.empty(_ROWS * _WIDTH, np.uint64)
    for first in range(0, count, _WIDTH):
        some = min(_WIDTH, count - first)
        far, sizes = _lay(data, begins, ends, n, first, some, laid)
        _stripes(laid, far + 7 & ~7)  # by the eight, so that no loop has a tail
        for i in range(far):
            laid[_START + np.int64(laid[_WHOSE + i])] = laid[_STRIPE + i]
        _rests(laid, some + 7 & ~7)
        hashes[first : first + some] = laid[:some]
        if sizes >= 64:
            for i in range(first, first + some):
                if ends[i + n - 1] - begins[i] >= 64:
                    hashes[i] = xxh64(data, begins[i], ends[i + n - 1], np.uint64(0))


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
    _hash(data, begins, ends, n, count - n + 1, hashes)
    return count
