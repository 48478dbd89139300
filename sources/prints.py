# ruff: noqa: PLR0917, PLR1714 - a kernel is one loop over bytes, takes arrays, and `in` is slower there
"""Fingerprints of many rows at once: what `schemas.rows.fingerprint` gives, from Arrow's buffers.

A first pass over the bytes of all messages, which the compiler vectorises, marks the few that folding white space must look at,
and those that may need composing; what is between them is copied. Then each row's bytes are hashed. Only a text with
characters outside of SAFE, which composing may change, is normalised as text first.
"""

import hashlib
import unicodedata
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

_Bytes = npt.NDArray[np.uint8]
_Ints = npt.NDArray[np.int64]
_Words = npt.NDArray[np.uint64]

SAFE = (  # code points from 0x300 on, first and last, that are NFC in any company
    *((0x3030, 0x3098), (0x309B, 0xA66E), (0xAC00, 0xD7A3), (0x388, 0x482), (0x48A, 0x590), (0x5D0, 0x5EA), (0x620, 0x64A)),
    *((0x2002, 0x20CF), (0x2190, 0x2328), (0x2460, 0x2ADB), (0x3001, 0x3029), (0xFE00, 0xFE0F), (0xFF00, 0xFFEF)),
    *((0x1F000, 0x1FAFF), (0xE000, 0xF8FF)),
)
_SAFE = np.array(SAFE, np.int64)
_LOOK = 2  # a byte that may begin white space of several bytes
_ONE, _TWO = np.uint64(1), np.uint64(2)
_FOLD, _HIGH = np.uint64(0x0101010101010101), np.uint64(0x0202020202020202)  # marks of eight bytes at once
_KIND = np.zeros(256, np.uint8)
_KIND[[9, 10, 11, 12, 13, 28, 29, 30, 31, 32]] = 1
_KIND[[0xC2, 0xE1, 0xE2, 0xE3]] = _LOOK


def fingerprints(messages: pa.ListArray) -> list[str]:
    """128 bits a row, as 32 hex digits. `messages` is one whole array of lists of MESSAGE, not a slice."""
    turns = messages.flatten()
    if not len(turns):
        return [hashlib.sha256().hexdigest()[:32]] * len(messages)
    said = turns.field("content")
    text, starts = _buffers(said)
    marks = _marks(text)
    odd = np.flatnonzero(_strange(text, starts, marks, _SAFE))
    composed = pa.array([unicodedata.normalize("NFC", said[at].as_py()) for at in odd.tolist()], pa.string())
    which = np.full(len(turns), -1, np.int64)
    which[odd] = np.arange(len(odd))
    offsets, roles, mended = np.asarray(messages.offsets).astype(np.int64), _buffers(turns.field("role")), _buffers(composed)
    folded, ends = _folded(offsets, *roles, text, starts, marks, which, *mended, _marks(mended[0]))
    held = folded.data
    bounds = pairwise([0, *ends.tolist()])
    return [hashlib.sha256(held[start:end]).hexdigest()[:32] for start, end in bounds]


def _buffers(texts: pa.StringArray) -> tuple[_Bytes, _Ints]:
    """The bytes of an array of texts, and where each begins and the last one ends."""
    _, offsets, data = texts.buffers()
    starts = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1] if offsets else np.zeros(1, np.int32)
    held = np.frombuffer(data or b"", np.uint8)
    held.setflags(write=False)  # one kind of array, so that one kernel is compiled
    return held, starts.astype(np.int64)


@njit(cache=True, nogil=True)
def _blank(c: np.uint8) -> bool:
    """Whether a byte alone is white space."""
    return (c == 32) | (np.uint8(c - 9) < 5) | (np.uint8(c - 28) < 4)


@njit(cache=True, nogil=True)
def _marks(text: _Bytes) -> _Words:
    """Of every eight bytes, in each: 1 where folding must look at it, 2 where it begins a character from 0x300 on."""
    words = np.empty(text.size // 8 + 1, np.uint64)
    marks = words.view(np.uint8)
    marks[:2] = marks[max(0, text.size - 2) :] = 3
    for k in range(_TWO, np.uint64(max(2, text.size - 2))):
        b, c, d, e = text[k - _ONE], text[k], text[k + _ONE], text[k + _TWO]
        thin = (d == 0x80) & ((e <= 0x8A) | (e == 0xA8) | (e == 0xA9) | (e == 0xAF))
        wide = (c == 0xE2) & (thin | ((d == 0x81) & (e == 0x9F)))
        wide |= ((c == 0xC2) & ((d == 0x85) | (d == 0xA0))) | ((c == 0xE1) & (d == 0x9A))
        wide |= (c == 0xE3) & (d == 0x80) & (e == 0x80)
        marks[k] = np.uint8(wide | (_blank(b) & _blank(c))) | np.uint8(2 * np.uint8(c >= 0xCC))
    return words


@njit(cache=True, nogil=True)
def _strange(text: _Bytes, starts: _Ints, marks: _Words, safe: _Ints) -> npt.NDArray[np.bool_]:
    """Which texts hold a character that is neither below 0x300 nor safe."""
    found = np.zeros(starts.size - 1, np.bool_)
    for n in range(starts.size - 1):
        i, end = starts[n], starts[n + 1]
        while i < end:
            if i & 7 == 0 and not marks[i >> 3] & _HIGH:
                i += 8
                continue
            c = text[i]
            if c < 0xCC:
                i += 1
                continue
            long = 2 if c < 0xE0 else 3 if c < 0xF0 else 4
            point = np.int64(c) & (0xFF >> (long + 1))
            for k in range(1, long):
                point = (point << 6) | (np.int64(text[i + k]) & 0x3F)
            i += long
            fine = False
            for k in range(safe.shape[0]):
                if safe[k, 0] <= point <= safe[k, 1]:
                    fine = True
                    break
            if not fine:
                found[n] = True
                break
    return found


@njit(cache=True, nogil=True)
def _white(text: _Bytes, i: int, end: int) -> int:
    """How many bytes the white character of several bytes has that begins here; none where there is no such."""
    c = text[i]
    d, e = text[i + 1] if i + 1 < end else 0, text[i + 2] if i + 2 < end else 0
    if c == 0xC2:
        return 2 * int(d == 0x85 or d == 0xA0)
    if c == 0xE2:
        return 3 * int((d == 0x80 and (e <= 0x8A or e == 0xA8 or e == 0xA9 or e == 0xAF)) or (d == 0x81 and e == 0x9F))
    return 3 * int((c == 0xE1 and d == 0x9A and e == 0x80) or (c == 0xE3 and d == 0x80 and e == 0x80))


@njit(cache=True, nogil=True)
def _fold(text: _Bytes, i: int, end: int, marks: _Words, out: _Bytes, begin: int) -> int:
    """Copy text[i:end] with each run of white space as one space, none at the ends. Where it ends in `out`."""
    to, before = np.uint64(begin), _ONE  # unsigned, and no branch for most bytes: five times faster
    while i < end:
        stop = i
        if i & 7 == 0 and not before:
            while stop + 8 <= end and not marks[stop >> 3] & _FOLD:
                stop += 8
        if stop > i:
            for k in range(np.uint64(stop - i)):
                c = text[np.uint64(i) + k]
                out[to + k] = np.uint8(32) if _blank(c) else c
            to, i = to + np.uint64(stop - i), stop
            before = np.uint64(out[to - _ONE] == 32)
            continue
        stop = min((i | 7) + 1, end)
        while i < stop:
            kind = _KIND[text[i]]
            wide = _white(text, i, end) if kind == _LOOK else int(kind)
            white = np.uint64(wide > 0)
            out[to] = np.uint8(32 if white else text[i])
            to += _ONE - (white & before)
            before = white
            i += max(1, wide)
    return int(to) - int(before and to > begin)


@njit(cache=True, nogil=True)
def _folded(
    offsets: _Ints,
    roles: _Bytes,
    role_at: _Ints,
    text: _Bytes,
    at: _Ints,
    marks: _Words,
    which: _Ints,
    composed: _Bytes,
    composed_at: _Ints,
    composed_marks: _Words,
) -> tuple[_Bytes, _Ints]:
    """The bytes that each row's hash is over: role, 0x1F, folded text and 0x1E of each message; and where each row ends."""
    first, last = offsets[0], offsets[-1]
    most = role_at[last] - role_at[first] + at[last] - at[first] + composed.size + 2 * (last - first)
    out, ends, to = np.empty(most, np.uint8), np.empty(offsets.size - 1, np.int64), 0
    for row in range(offsets.size - 1):
        for n in range(offsets[row], offsets[row + 1]):
            for k in range(role_at[n], role_at[n + 1]):
                out[to] = roles[k]
                to += 1
            out[to] = 0x1F
            k = which[n]
            to = (
                _fold(text, at[n], at[n + 1], marks, out, to + 1)
                if k < 0
                else _fold(composed, composed_at[k], composed_at[k + 1], composed_marks, out, to + 1)
            )
            out[to] = 0x1E
            to += 1
        ends[row] = to
    return out, ends
