# ruff: noqa: PLR0911, PLR0912, PLR0915, PLR0917 - a kernel is one loop over bytes, and `in` is slower there
"""The kernel that takes plain threads apart, as strictly as a parser: what it passes is JSON but for the bytes of its texts."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from sources.strokes import COMMA, LIST, OBJECT, Bytes, Ints, space
from sources.words import copy, same, skip, white, word

ROLES = ("system", "user", "assistant", "tool")
Kinds: TypeAlias = npt.NDArray[np.int8]  # of roles, as places in ROLES
Ends: TypeAlias = npt.NDArray[np.int32]
_ASKS, _ANSWERS = 1, 2
_COLON, _END, _CLOSE = 58, 125, 93
_FROM, _VALUE, _ROLE, _CONTENT = (np.frombuffer(name, np.uint8) for name in (b"from", b"value", b"role", b"content"))


@njit(cache=True, nogil=True)
def _turn(data: Bytes, i: int, end: int, names: Bytes, at: Ints, kinds: Kinds, out: Bytes, to: int) -> tuple[int, int, int, bool]:
    """One turn from its bracket: (behind it or -1, where its text ends in `out`, its role, whether it says something)."""
    if i >= end or data[i] != OBJECT:
        return -1, to, 0, False
    i += 1
    who = kind = -1
    spoken = said = False
    for part in range(2):
        i = white(data, i, end)
        j = word(data, i, end)
        if j < 0:
            return -1, to, 0, False
        speaks = same(data, i + 1, j, _FROM) or same(data, i + 1, j, _ROLE)
        if not speaks and not same(data, i + 1, j, _VALUE) and not same(data, i + 1, j, _CONTENT):
            return -1, to, 0, False
        style = int(same(data, i + 1, j, _FROM) or same(data, i + 1, j, _VALUE))
        if kind >= 0 and style != kind:
            return -1, to, 0, False
        kind = style
        i = white(data, j + 1, end)
        if i >= end or data[i] != _COLON:
            return -1, to, 0, False
        i = white(data, i + 1, end)
        if speaks:
            j = word(data, i, end)
            if j < 0 or who >= 0:
                return -1, to, 0, False
            for n in range(kinds.size):
                if same(data, i + 1, j, names[at[n] : at[n + 1]]):
                    who = kinds[n]
                    break
            if who < 0:
                return -1, to, 0, False
        else:
            if spoken:
                return -1, to, 0, False
            j, to, said = copy(data, i, end, out, to)
            if j < 0:
                return -1, to, 0, False
            spoken = True
        i = white(data, j + 1, end)
        if i >= end or data[i] != (COMMA if part == 0 else _END):
            return -1, to, 0, False
        i += 1
    return i, to, who, said


@njit(cache=True, nogil=True)
def _thread(
    data: Bytes,
    i: int,
    end: int,
    names: Bytes,
    at: Ints,
    kinds: Kinds,
    out: Bytes,
    to: int,
    ends: Ends,
    who: Kinds,
    turn: int,
) -> tuple[int, int, int]:
    """A list of turns: (behind its bracket or -1, where texts end in `out`, how many turns there are now)."""
    any_said = False
    if i >= end or data[i] != LIST:
        return -1, to, turn
    i = white(data, i + 1, end)
    while True:
        i, to, kind, said = _turn(data, i, end, names, at, kinds, out, to)
        if i < 0:
            return -1, to, turn
        any_said = any_said or said
        who[turn] = kind
        turn += 1
        ends[turn] = to
        i = white(data, i, end)
        if i < end and data[i] == _CLOSE:
            return (i + 1 if any_said else -1), to, turn
        if i >= end or data[i] != COMMA:
            return -1, to, turn
        i = white(data, i + 1, end)


@njit(cache=True, nogil=True)
def _faults(role: Kinds, first: int, last: int) -> int:
    """1 where an answer comes first, 2 where one side speaks twice in a row."""
    found = 0
    begun = first
    while begun < last and role[begun] == 0:
        begun += 1
    if begun < last and role[begun] == _ANSWERS:
        found |= 1
    for n in range(first + 1, last):
        if role[n] == role[n - 1] and (role[n] == _ASKS or role[n] == _ANSWERS):
            found |= 2
    return found


@njit(cache=True, nogil=True)
def taken(
    data: Bytes, spans: Ints, key: Bytes, names: Bytes, at: Ints, kinds: Kinds, out: Bytes, ends: Ends, role: Kinds,
    bounds: Ints, faults: Kinds, others: Ints,
) -> None:  # fmt: skip
    """Take records apart. One that is not plain has no turns; `others`: where the fields before and behind the turns stand."""
    to = turn = 0
    for n in range(spans.shape[1]):
        i, end = spans[0, n], spans[1, n]
        back, began = to, turn
        fine = spans[2, n] == 0 and end > i and data[i] == OBJECT
        first = i + 1
        before, last, after, found = first, end, end, False
        i = white(data, i + 1, end)
        while fine:
            j = word(data, i, end)
            if j < 0:
                fine = False
                break
            mine = same(data, i + 1, j, key)
            fore = i
            i = white(data, j + 1, end)
            if i >= end or data[i] != _COLON or (mine and found):
                fine = False
                break
            i = white(data, i + 1, end)
            if mine:
                i, to, turn = _thread(data, i, end, names, at, kinds, out, to, ends, role, turn)
                before, found = fore, True
            else:
                i = skip(data, i, end)
            if i < 0:
                fine = False
                break
            i = white(data, i, end)
            if mine:
                last = i
            if i >= end:
                fine = False
            elif data[i] == _END:
                after, fine = i, found and i + 1 == end
                break
            elif data[i] == COMMA:
                i = white(data, i + 1, end)
                if mine:
                    last = i
            else:
                fine = False
        if fine:
            while before > first and (space(data[before - 1]) or data[before - 1] == COMMA):
                before -= 1
                if data[before] == COMMA:
                    break
            others[0, n], others[1, n], others[2, n], others[3, n] = first, before, last, after
            faults[n] = _faults(role, began, turn)
        else:
            to, turn = back, began
        bounds[n + 1] = turn
