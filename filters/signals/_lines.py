"""The inner loops that walk text line by line: repeated lines, and the code fences of Markdown."""

# ruff: noqa: PLR1714 - a kernel takes its arrays by position and compiles best when plain

import numpy as np
from numba import njit

from ._grams import longest_text, mask_for, mix, slot, table

_H, _P = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)


@njit(cache=True, nogil=True)
def line(data: np.ndarray, p: int, end: int) -> tuple[int, int, int]:
    """Where the line at `p` ends, and its first and last byte that are not blank (first = end: an empty line)."""
    q = p
    while q < end and data[q] != 10:
        q += 1
    a, b = p, q
    while a < b and data[a] <= 32:
        a += 1
    while b > a and data[b - 1] <= 32:
        b -= 1
    return q, a, b


@njit(cache=True, nogil=True)
def repeated_lines(offsets: np.ndarray, data: np.ndarray) -> np.ndarray:
    """Per text: the share of its lines, and of their bytes, that were there before (blank lines left out). NaN: no lines."""
    keys, stamps, _, _ = table(longest_text(offsets))
    out = np.full((2, len(offsets) - 1), np.nan)
    for i in range(len(offsets) - 1):
        mask, p, end = mask_for(offsets[i + 1] - offsets[i]), offsets[i], offsets[i + 1]
        lines = size = twice = twice_size = 0
        while p < end:
            q, a, b = line(data, p, end)
            p = q + 1
            if a == b:
                continue
            key = _H
            for z in range(a, b):
                key = (key ^ np.uint64(data[z])) * _P
            key = mix(key)
            x = slot(keys, stamps, i + 1, mask, key)
            lines, size = lines + 1, size + b - a
            if stamps[x] == i + 1:
                twice, twice_size = twice + 1, twice_size + b - a
            stamps[x], keys[x] = i + 1, key
        if lines:
            out[0, i], out[1, i] = twice / lines, twice_size / size
    return out


@njit(cache=True, nogil=True)
def fence(data: np.ndarray, a: int, b: int) -> int:
    """Length of the run of backticks or tildes that the line begins with, 0 under three, negative where text follows."""
    c, n = data[a], 0
    if c != 96 and c != 126:
        return 0
    while a + n < b and data[a + n] == c:
        n += 1
    if n < 3:
        return 0
    for z in range(a + n, b):
        if data[z] == 96:
            return 0  # code within a line
    return n if a + n == b else -n


@njit(cache=True, nogil=True)
def fences(offsets: np.ndarray, data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mask and counts of fenced code (CommonMark, at any indent).

    Gives a copy of the bytes with fenced lines blanked, and per text: bytes within fences, and 1 where one stays open.
    """
    prose = data.copy()
    out = np.zeros((2, len(offsets) - 1), np.int64)
    for i in range(len(offsets) - 1):
        p, end, opened, mark = offsets[i], offsets[i + 1], 0, 0
        while p < end:
            q, a, b = line(data, p, end)
            run = fence(data, a, b) if a < b else 0
            inside = opened > 0 or run != 0
            if opened == 0 and run != 0:
                opened, mark = abs(run), data[a]
            elif run >= opened and opened and data[a] == mark:
                opened = 0
            if inside:
                out[0, i] += q - p
                prose[p:q] = 32
            p = q + 1
        out[1, i] = opened > 0
    return prose, out
