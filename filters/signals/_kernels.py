"""The inner loops over Arrow's text buffers: characters and words.

A word is a run of characters without white space; a character of a script that is written without spaces (Chinese,
Japanese) is a word by itself. As a token, a word is lower-cased (ASCII) and its punctuation is left out.
All kernels read valid UTF-8, release the GIL, and give the same answer on any machine.
"""

# ruff: noqa: PLR1714, SIM109 - a kernel takes its arrays by position and compiles best when plain

import numpy as np
from numba import njit

SPACE, LETTER, SINGLE, MARK = range(4)  # kinds of character; SINGLE is a word by itself
_ASCII = np.full(128, MARK, np.uint8)
_ASCII[[*range(9, 14), *range(28, 33)]] = SPACE
_ASCII[[*range(48, 58), *range(65, 91), 95, *range(97, 123)]] = LETTER
_H, _P = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)  # FNV-1a


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


@njit(cache=True, nogil=True, inline="always")
def kind(c: np.int64) -> int:
    """SPACE, LETTER (digits and underscore too), SINGLE or MARK."""
    return _ASCII[c] if c < 128 else _wide(c)


@njit(cache=True, nogil=True)
def _wide(c: np.int64) -> int:
    """The same beyond ASCII."""
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
        p, end, inside = offsets[i], offsets[i + 1], False
        words = chars = spaces = digits = marks = 0
        while p < end:
            if data[p] < 0x80:  # no branch but the loop's: three times faster
                k = _ASCII[data[p]]
                word = k != SPACE
                words += word and not inside
                digits += 48 <= data[p] <= 57
                inside = word
                p += 1
            else:
                c, size = character(data, p)
                k = _wide(c)
                words += k == SINGLE or (k != SPACE and not inside)
                inside = k == LETTER or k == MARK
                p += size
            chars += 1
            spaces += k == SPACE
            marks += k == MARK
        out[0, i], out[1, i], out[3, i], out[4, i] = words, chars, digits, marks
        out[2, i] = chars - spaces - digits - marks
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
