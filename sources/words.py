# ruff: noqa: PLR0911, PLR0912, PLR0915, PLR1714, SIM109, SIM110 - a kernel is one loop over bytes, and `in` is slower there
"""Steps over JSON's texts and values, for the kernel that takes threads apart: strict about texts, blind about other values."""

import numpy as np
from numba import njit

from sources.strokes import BACKSLASH, COMMA, LIST, OBJECT, ONES, QUOTE, TOPS, Bytes, eight, holds, space

_THINK = np.frombuffer(b"think>", np.uint8)
_END, _CLOSE, _LEFT = 125, 93, 60


@njit(cache=True, nogil=True)
def white(data: Bytes, i: int, end: int) -> int:
    """Past white space."""
    while i < end and space(data[i]):
        i += 1
    return i


@njit(cache=True, nogil=True)
def same(data: Bytes, start: int, end: int, word: Bytes) -> bool:
    """Whether a word stands between two places."""
    if end - start != word.size:
        return False
    for k in range(word.size):
        if data[start + k] != word[k]:
            return False
    return True


@njit(cache=True, nogil=True)
def word(data: Bytes, i: int, end: int) -> int:
    """From an opening quote to the closing one, of a text without escapes or controls; -1 for any other."""
    if i >= end or data[i] != QUOTE:
        return -1
    i += 1
    while i < end and data[i] != QUOTE:
        if data[i] == BACKSLASH or data[i] < 32:
            return -1
        i += 1
    return i if i < end else -1


@njit(cache=True, nogil=True)
def hex(data: Bytes, i: int, end: int) -> int:
    """The number of four hexadecimal digits, or -1."""
    if i + 4 > end:
        return -1
    number = 0
    for k in range(i, i + 4):
        c = int(data[k])
        if 48 <= c <= 57:
            digit = c - 48
        elif 97 <= c <= 102:
            digit = c - 87
        elif 65 <= c <= 70:
            digit = c - 55
        else:
            return -1
        number = number * 16 + digit
    return number


@njit(cache=True, nogil=True)
def _clean(data: Bytes, i: int) -> bool:
    """Whether eight bytes hold no quote, backslash, `<` or control."""
    word = eight(data, i)
    low = (word - ONES * np.uint64(32)) & ~word
    return (holds(word, QUOTE) | holds(word, BACKSLASH) | holds(word, _LEFT) | low) & TOPS == 0


@njit(cache=True, nogil=True)
def copy(data: Bytes, i: int, end: int, out: Bytes, to: int) -> tuple[int, int, bool]:
    """A text from its opening quote, its escapes resolved: (its closing quote or -1, where it ends in `out`, says something)."""
    said = False
    if i >= end or data[i] != QUOTE:
        return -1, to, said
    i += 1
    look = i
    while i < end:
        if said and i >= look:
            while i + 8 <= end and _clean(data, i):
                for k in range(8):
                    out[to + k] = data[i + k]
                i += 8
                to += 8
            look = i + 8
            if i >= end:
                break
        c = data[i]
        if c == QUOTE:
            return i, to, said
        if c < 32:
            return -1, to, said
        if c == BACKSLASH:
            e = data[i + 1] if i + 1 < end else 0
            if e == 110 or e == 116 or e == 114:  # n t r
                out[to] = 10 if e == 110 else 9 if e == 116 else 13
                to += 1
                i += 2
                continue
            if e == QUOTE or e == BACKSLASH or e == 47:
                out[to] = e
                to += 1
                i += 2
                said = True
                continue
            point = hex(data, i + 2, end) if e == 117 else -1
            if point < 0x80 or 0xDC00 <= point <= 0xDFFF:
                return -1, to, said
            i += 6
            if 0xD800 <= point <= 0xDBFF:
                low = hex(data, i + 2, end) if i + 1 < end and data[i] == BACKSLASH and data[i + 1] == 117 else -1
                if low < 0xDC00 or low > 0xDFFF:
                    return -1, to, said
                point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00)
                i += 6
            said = said or point > 0x3000
            if point < 0x800:
                out[to] = 0xC0 | (point >> 6)
                out[to + 1] = 0x80 | (point & 0x3F)
                to += 2
            elif point < 0x10000:
                out[to] = 0xE0 | (point >> 12)
                out[to + 1] = 0x80 | ((point >> 6) & 0x3F)
                out[to + 2] = 0x80 | (point & 0x3F)
                to += 3
            else:
                out[to] = 0xF0 | (point >> 18)
                out[to + 1] = 0x80 | ((point >> 12) & 0x3F)
                out[to + 2] = 0x80 | ((point >> 6) & 0x3F)
                out[to + 3] = 0x80 | (point & 0x3F)
                to += 4
            continue
        if c == _LEFT and same(data, i + 1, min(i + 7, end), _THINK):
            return -1, to, said
        said = said or 32 < c < 127 or c >= 0xE4
        out[to] = c
        to += 1
        i += 1
    return -1, to, said


@njit(cache=True, nogil=True)
def skip(data: Bytes, i: int, end: int) -> int:
    """Past any value, which the parser will look at: where the comma or bracket behind it stands."""
    depth = 0
    while i < end:
        c = data[i]
        if c == QUOTE:
            i += 1
            while i < end and data[i] != QUOTE:
                i += 2 if data[i] == BACKSLASH else 1
        elif c == OBJECT or c == LIST:
            depth += 1
        elif c == _END or c == _CLOSE:
            if depth == 0:
                return i
            depth -= 1
        elif c == COMMA and depth == 0:
            return i
        i += 1
    return -1
