# ruff: noqa: ANN001, ANN202, PLR0917
# numba's types stand in the decorator, a kernel takes arrays and not objects, and numba has no all().
# mypy: disable-error-code="no-untyped-def,call-arg,var-annotated"
"""The loops that fold text to tokens, in numba; see `kernels` for the house rules."""

import numpy as np
from numba import njit, types

from filters.overlap.kernels import BYTES, I32, I64, compiled

_OUT8, _OUT32, _OUT64 = types.uint8[::1], types.int32[::1], types.int64[::1]

# What a character is to the tokeniser.
BREAK, WORD, ALONE, MARK, IGNORED = 0, 1, 2, 3, 4
HARD = 128  # NFC or full case folding may change more than this one character


@njit(inline="always")
def _decode(data, at):
    """Code point and length of the UTF-8 character at `at`; Arrow has checked that the text is valid."""
    first = np.int64(data[at])
    if first < 0xE0:
        return (first & 31) << 6 | (data[at + 1] & 63), 2
    if first < 0xF0:
        return (first & 15) << 12 | np.int64(data[at + 1] & 63) << 6 | (data[at + 2] & 63), 3
    high = (first & 7) << 18 | np.int64(data[at + 1] & 63) << 12
    return high | np.int64(data[at + 2] & 63) << 6 | (data[at + 3] & 63), 4


@njit(inline="always")
def _encode(out, at, point):
    if point < 0x80:
        out[at] = point
        return at + 1
    if point < 0x800:
        out[at], out[at + 1] = 0xC0 | point >> 6, 0x80 | point & 63
        return at + 2
    if point < 0x10000:
        out[at], out[at + 1], out[at + 2] = 0xE0 | point >> 12, 0x80 | point >> 6 & 63, 0x80 | point & 63
        return at + 3
    out[at], out[at + 1] = 0xF0 | point >> 18, 0x80 | point >> 12 & 63
    out[at + 2], out[at + 3] = 0x80 | point >> 6 & 63, 0x80 | point & 63
    return at + 4


@njit
def _is_plain(data, start, stop):
    seen = np.uint8(0)
    for byte in data[start:stop]:
        seen |= byte
    return seen < 0x80


@compiled(types.void(BYTES, I64, BYTES, _OUT8))
def find_hard(data: np.ndarray, bounds: np.ndarray, kinds: np.ndarray, hard: np.ndarray) -> None:
    """hard[i] = 1 where row i holds a HARD character."""
    for row in range(len(hard)):
        start, stop = bounds[row], bounds[row + 1]
        hard[row] = 0
        if _is_plain(data, start, stop):
            continue
        at = start
        while at < stop:
            if data[at] < 0x80:
                at += 1
                continue
            point, size = _decode(data, at)
            at += size
            if kinds[point] & HARD:
                hard[row] = 1
                break


@njit
def _plain_until(data, at, stop):
    """Where the next character beyond ASCII begins."""
    while at + 64 <= stop and _is_plain(data, at, at + 64):
        at += 64
    while at < stop and data[at] < 0x80:
        at += 1
    return at


@njit
def _fold_plain(data, start, stop, plain, out, to, count, state):
    """`fold` for a run of ASCII, free of branches: where `out` ends, tokens, state. plain: lower case, or a space."""
    if state != WORD and count > 0:
        out[to] = 32  # for the token that may come
        to += 1
    size, before = np.uint64(0), np.uint8(0 if state == WORD else 32)
    here = out[to:]
    for byte in data[start:stop]:
        char = plain[byte]
        here[size] = char
        size += np.uint64((char != 32) | (before != 32))
        count += (char != 32) & (before == 32)
        before = char
    return to + np.int64(size) - (count > 0 and before == 32), count, BREAK if before == 32 else WORD


@compiled(types.void(BYTES, I64, BYTES, I32, _OUT8, _OUT64, _OUT32))
def fold(
    data: np.ndarray,
    bounds: np.ndarray,
    kinds: np.ndarray,
    lower: np.ndarray,
    out: np.ndarray,
    ends: np.ndarray,
    tokens: np.ndarray,
) -> None:
    """Each row's tokens, lower case, one space between: row i ends at ends[i + 1] and has tokens[i] of them."""
    to = 0
    ends[0] = 0
    plain = np.array([lower[point] if kinds[point] == WORD else 32 for point in range(128)], np.uint8)
    for row in range(len(tokens)):
        at, stop = bounds[row], bounds[row + 1]
        count = 0
        state = BREAK
        while at < stop:
            if data[at] < 0x80:
                until = _plain_until(data, at, stop)
                to, count, state = _fold_plain(data, at, until, plain, out, to, count, state)
                at = until
                continue
            point, size = _decode(data, at)
            at += size
            kind = kinds[point] & ~HARD
            if kind in (WORD, ALONE):
                if kind == ALONE or state != WORD:
                    if count > 0:
                        out[to] = 32
                        to += 1
                    count += 1
                to = _encode(out, to, np.int64(lower[point]))
                state = kind
            elif kind == MARK:
                if state != BREAK:
                    to = _encode(out, to, np.int64(lower[point]))
            elif kind == BREAK:
                state = BREAK
        ends[row + 1] = to
        tokens[row] = count
