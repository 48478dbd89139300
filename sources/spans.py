# ruff: noqa: PLR0912, PLR0915, PLR0917, PLR1714, SIM109 - a kernel is one loop over bytes, and `in` is slower there
"""The kernel that finds where records begin and end, and which of them need a closer look.

One pass over the bytes, aware of strings and brackets. It proves nothing about syntax: the parser does that. It marks
what a fast parser lets pass in silence: a key that may be there twice, control characters behind an escape, numbers too
long for 64 bits, brackets nested too deep.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

LINES, ARRAY, VALUES = 0, 1, 2  # a record a line; elements of one array; values one after the other, over many lines
BEFORE, FRESH, CLOSED, INSIDE = 0, 1, 2, 3  # where an array stands: not open, just open, closed, after a comma
DUPLICATE, CONTROL, NUMBER, DEEP = 1, 2, 4, 8
DEEPEST = 200  # below the limits of the parsers, and of what writes JSON again
_KEYS = 4096  # keys of all open objects; past this, or with 256 in one object, the slow parser looks
_DIGITS = 19  # 2**63 has nineteen
_NEWLINE, _QUOTE, _BACKSLASH, _COMMA, _LIST, _OBJECT = 10, 34, 92, 44, 91, 123
_HASH_START, _HASH_STEP = np.uint64(14695981039346656037), np.uint64(1099511628211)  # FNV-1a
_Ints = npt.NDArray[np.int64]


@njit(cache=True, nogil=True, inline="always")
def _space(c: int) -> bool:
    return c == 32 or c == 10 or c == 13 or c == 9


@njit(cache=True, nogil=True)
def _string(data: npt.NDArray[np.uint8], i: int, is_key: bool, lines: bool) -> tuple[int, int, np.uint64]:
    """From an opening quote to the closing one, or, in lines, to the newline: (place, marks, hash of a key's bytes)."""
    size, mark, h = data.size, 0, _HASH_START
    j = i + 1
    while j < size:
        c = data[j]
        if c == _QUOTE or (lines and c == _NEWLINE):
            break
        if c == _BACKSLASH:
            if is_key:  # an escape can spell a key in another way
                mark |= DUPLICATE
            e = data[j + 1] if j + 1 < size else 0
            low = e == 117 and j + 4 < size and data[j + 2] == 48 and data[j + 3] == 48 and data[j + 4] < 50  # \\u000 or \\u001
            if e == 98 or e == 102 or low:  # \\b, \\f
                mark |= CONTROL
            j += 1 if lines and e == _NEWLINE else 2
            continue
        if is_key:
            h = (h ^ np.uint64(c)) * _HASH_STEP
        j += 1
    return j, mark, h


@njit(cache=True, nogil=True)
def _emit(data: npt.NDArray[np.uint8], start: int, end: int, spans: _Ints, count: int, mark: int, blank: bool) -> int:
    """Note a span without the white space around it; one of nothing else only where `blank` ones count."""
    while start < end and _space(data[start]):
        start += 1
    while end > start and _space(data[end - 1]):
        end -= 1
    if start == end and not blank:
        return count
    spans[0, count], spans[1, count], spans[2, count] = start, end, mark
    return count + 1


@njit(cache=True, nogil=True)
def cut(data: npt.NDArray[np.uint8], begin: int, mode: int, opened: int, spans: _Ints) -> tuple[int, int, int]:
    """Spans of whole records in `data` from `begin`, which must be a boundary, without the white space around them.

    Fills the rows of `spans` (starts, ends, marks) and returns (how many, where to go on, the array's state). It stops when
    they are full, and at the end of the data: a record that is not whole there is left for the next call. Blank lines are no
    records; nothing between two commas is an empty one.
    """
    size, most = data.size, spans.shape[1]
    kinds, bases = np.zeros(DEEPEST + 1, np.uint8), np.zeros(DEEPEST + 1, np.int64)
    keys = np.empty(_KEYS, np.uint64)
    used = depth = mark = count = 0
    expect = False  # a key comes next
    i = start = begin
    while i < size:
        c = data[i]
        if mode == ARRAY and (opened == BEFORE or opened == CLOSED):
            if c == _LIST or (c == _COMMA and opened == CLOSED):
                opened = FRESH if c == _LIST else INSIDE
            elif c == _OBJECT and opened == CLOSED:  # closed by a stray bracket
                opened = INSIDE
                start = i
                continue
            elif not _space(c):
                return count, i, opened
            i += 1
            start = i
            continue
        if mode == VALUES and depth == 0 and c != _OBJECT and c != _LIST:
            if _space(c):
                i += 1
                start = i
                continue
            while i < size and data[i] != _NEWLINE and data[i] != _OBJECT and data[i] != _LIST:
                i += 1
            if i == size:
                return count, start, opened
        elif c == _QUOTE:
            j, marks, h = _string(data, i, expect, mode == LINES)
            if j >= size:
                return count, start, opened
            mark |= marks
            if expect:
                first = bases[min(depth, DEEPEST)]
                for k in range(first, used):
                    if keys[k] == h:
                        mark |= DUPLICATE
                if used < _KEYS and used - first < 256:
                    keys[used] = h
                    used += 1
                else:
                    mark |= DUPLICATE
                expect = False
            i = j + 1 if data[j] == _QUOTE else j
            continue
        elif c == _OBJECT or c == _LIST:
            depth += 1
            if depth <= DEEPEST:
                kinds[depth], bases[depth] = c, used
            else:
                mark |= DEEP
            expect = c == _OBJECT
            i += 1
            continue
        elif (c == _OBJECT + 2 or c == _LIST + 2) and depth > 0:
            if depth <= DEEPEST:
                used = bases[depth]
            depth -= 1
            expect = False
            i += 1
            if mode != VALUES or depth > 0:
                continue
        elif c == _COMMA and depth > 0:
            expect = depth <= DEEPEST and kinds[depth] == _OBJECT
            i += 1
            continue
        elif 48 <= c <= 57:
            j = i
            while i < size and 48 <= data[i] <= 57:
                i += 1
            if i - j >= _DIGITS:
                mark |= NUMBER
            continue
        elif not (mode == ARRAY and (c == _COMMA or c == _LIST + 2)) and not (mode == LINES and c == _NEWLINE):
            i += 1
            continue
        count = _emit(data, start, i, spans, count, mark, mode == ARRAY and (c == _COMMA or opened == INSIDE))
        if mode == ARRAY:
            opened = INSIDE if c == _COMMA else CLOSED
        if mode != VALUES:
            i += 1
        start = i
        used = depth = mark = 0
        expect = False
        if count == most:
            return count, start, opened
    return count, start, opened
