# ruff: noqa: PLR0917, PLR1714 - a kernel is one loop over bytes, and `in` is slower there
"""What the kernels over bytes share: the bytes that mean something, what is noted of a record, and its small steps."""

import numpy as np
import numpy.typing as npt
from numba import njit

LINES, ARRAY, VALUES = 0, 1, 2  # a record a line; elements of one array; values one after the other, over many lines
BEFORE, FRESH, CLOSED, INSIDE, GLUE = 0, 1, 2, 3, 4  # an array: not open, just open, closed, after a comma, where one should be
DUPLICATE, CONTROL, NUMBER, DEEP, GLUED, SPLIT = 1, 2, 4, 8, 16, 32
DEEPEST = 200  # below the limits of the parsers, and of what writes JSON again
KEYS = 4096  # keys of all open objects; past this, or with 256 in one object, the slow parser looks
DIGITS = 19  # 2**63 has nineteen
NEWLINE, QUOTE, COMMA, LIST, BACKSLASH, OBJECT, BOM = 10, 34, 44, 91, 92, 123, 239
_HASH_START, _HASH_STEP = np.uint64(14695981039346656037), np.uint64(1099511628211)  # FNV-1a
ONES, TOPS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
_Hashes = npt.NDArray[np.uint64]


@njit(cache=True, nogil=True, inline="always")
def space(c: int) -> bool:
    return c == 32 or c == 10 or c == 13 or c == 9


@njit(cache=True, nogil=True)
def bom(data: Bytes, i: int) -> bool:
    """Whether a byte order mark stands here, as where files were joined."""
    return i + 2 < data.size and data[i] == BOM and data[i + 1] == 187 and data[i + 2] == 191


@njit(cache=True, nogil=True)
def eight(data: Bytes, i: int) -> np.uint64:
    """Eight bytes as one word."""
    j, word = np.uint64(i), np.uint64(0)
    for k in range(np.uint64(8)):  # the compiler makes one load of it
        word |= np.uint64(data[j + k]) << (np.uint64(8) * k)
    return word


@njit(cache=True, nogil=True)
def holds(word: np.uint64, byte: int) -> np.uint64:
    """Not 0 in the bits of TOPS where one of the eight bytes is this one."""
    zero = word ^ (ONES * np.uint64(byte))
    return (zero - ONES) & ~zero


@njit(cache=True, nogil=True)
def _smooth(data: Bytes, i: int) -> bool:
    """Whether eight bytes hold no quote, backslash or newline."""
    word = eight(data, i)
    return (holds(word, QUOTE) | holds(word, BACKSLASH) | holds(word, NEWLINE)) & TOPS == 0


@njit(cache=True, nogil=True)
def string(data: Bytes, i: int, is_key: bool, lines: bool) -> tuple[int, int, np.uint64]:
    """From an opening quote to the closing one, or, in lines, to the newline: (place, marks, hash of a key's bytes)."""
    size, mark, h = data.size, 0, _HASH_START
    j = look = i + 1
    while j < size:
        if not is_key and j >= look:
            while j + 8 <= size and _smooth(data, j):
                j += 8
            look = j + 8
            if j >= size:
                break
        c = data[j]
        if c == QUOTE or (lines and c == NEWLINE):
            break
        if c == BACKSLASH:
            if is_key:  # an escape can spell a key in another way
                mark |= DUPLICATE
            e = data[j + 1] if j + 1 < size else 0
            low = e == 117 and j + 4 < size and data[j + 2] == 48 and data[j + 3] == 48 and data[j + 4] < 50  # \\u000 or \\u001
            if e == 98 or e == 102 or low:  # \\b, \\f
                mark |= CONTROL
            j += 1 if lines and e == NEWLINE else 2
            continue
        if is_key:
            h = (h ^ np.uint64(c)) * _HASH_STEP
        j += 1
    return j, mark, h


@njit(cache=True, nogil=True)
def noted(keys: _Hashes, first: int, used: int, h: np.uint64) -> tuple[int, int]:
    """Note one more key of an object whose keys begin at `first`: (how many are noted, mark)."""
    for k in range(first, used):
        if keys[k] == h:
            return used, DUPLICATE
    if used < KEYS and used - first < 256:
        keys[used] = h
        return used + 1, 0
    return used, DUPLICATE


@njit(cache=True, nogil=True)
def emit(data: Bytes, start: int, end: int, spans: Ints, count: int, mark: int) -> int:
    """Note a span without the white space around it; one of nothing else is no record."""
    while start < end and (space(data[start]) or bom(data, start)):
        start += 3 if data[start] == BOM else 1
    while end > start and space(data[end - 1]):
        end -= 1
    if start == end:
        return count
    spans[0, count], spans[1, count], spans[2, count] = start, end, mark
    return count + 1


@njit(cache=True, nogil=True)
def after_white(data: Bytes, i: int) -> int:
    """Where the next thing stands that is no white space, or the end of the data."""
    while i < data.size and (space(data[i]) or bom(data, i)):
        i += 3 if data[i] == BOM else 1
    return i


@njit(cache=True, nogil=True)
def opening(data: Bytes, i: int, lines: bool) -> int:
    """Where, from `i` on, a newline or, but in lines, what may stand between records is followed by an open bracket; or -1."""
    while i < data.size:
        c = data[i]
        if c == NEWLINE or (not lines and (c == COMMA or c == 13 or c == OBJECT + 2 or c == LIST + 2)):
            j = i + 4 if bom(data, i + 1) else i + 1
            while j < data.size and space(data[j]) and (data[j] != NEWLINE or c == LIST + 2):
                j += 1
            if j < data.size and (data[j] == OBJECT or data[j] == LIST):
                return i
        i += 1
    return -1
