# ruff: noqa: PLR0912, PLR0915, PLR1714, SIM109 - a kernel is one loop over bytes, and `in` is slower there
"""The kernel for the elements of an array and for values one after the other, which follows the grammar."""

import numpy as np
from numba import njit

from sources.strokes import (
    ARRAY,
    BEFORE,
    BOM,
    CLOSED,
    COMMA,
    DEEP,
    DEEPEST,
    DIGITS,
    FRESH,
    GLUE,
    GLUED,
    INSIDE,
    KEYS,
    LIST,
    NUMBER,
    OBJECT,
    QUOTE,
    Bytes,
    Ints,
    bom,
    emit,
    noted,
    space,
    string,
)  # fmt: skip

_VALUE, _FIRST, _KEY, _FIRST_KEY, _COLON, _NEXT = 0, 1, 2, 3, 4, 5  # what the grammar wants
PLUS, MINUS, DOT, COLON = 43, 45, 46, 58
_WORDS = np.frombuffer(b"true    false   null    NaN     Infinity", np.uint8)  # the last two are refused by the parser, by name


@njit(cache=True, nogil=True)
def _number(data: Bytes, i: int) -> tuple[int, int]:
    """Where what may be a number ends, and its mark."""
    digits, mark = 0, 0
    while i < data.size:
        c = data[i]
        if 48 <= c <= 57:
            digits += 1
            if digits >= DIGITS:
                mark = NUMBER
        elif c == DOT or c == MINUS or c == PLUS or c == 69 or c == 101:
            digits = 0
        else:
            break
        i += 1
    return i, mark


@njit(cache=True, nogil=True)
def _word(data: Bytes, i: int) -> int:
    """Where a word of JSON that begins here ends; `size` where it may go on behind the data, or `i` where none begins."""
    for at in range(0, _WORDS.size, 8):
        j = 0
        while j < 8 and _WORDS[at + j] != 32 and i + j < data.size and data[i + j] == _WORDS[at + j]:
            j += 1
        if j == 8 or _WORDS[at + j] == 32:
            return i + j
        if j > 0 and i + j == data.size:
            return data.size
    return i


@njit(cache=True, nogil=True)
def values(data: Bytes, begin: int, mode: int, opened: int, spans: Ints) -> tuple[int, int, int, int]:
    """Elements of an array, or values one after the other, by the grammar. Nothing between two commas is no record."""
    size, most, array = data.size, spans.shape[1], mode == ARRAY
    kinds, bases = np.zeros(DEEPEST + 1, np.uint8), np.zeros(DEEPEST + 1, np.int64)
    keys = np.empty(KEYS, np.uint64)
    used = depth = count = closing = mark = 0
    want = _VALUE
    fresh = True  # no record has begun
    i = start = begin
    while i < size:
        c = data[i]
        if space(c):
            i += 1
            continue
        if fresh:
            start = i
            shut = array and (opened == BEFORE or opened == CLOSED)
            if c == BOM and i + 2 >= size:
                break
            if bom(data, i):
                i += 3
                continue
            if (c == COMMA and (opened != BEFORE or not array)) or (shut and c == LIST) or (array and not shut and c == LIST + 2):
                opened = INSIDE if c == COMMA else FRESH if c == LIST else CLOSED
                i += 1
                continue
            if shut and not (c == OBJECT and opened == CLOSED):
                spans[2, count] = 0
                return count, start, opened, i
            if shut:  # closed by a stray bracket
                opened = GLUE
            fresh = False
            mark = GLUED if opened == GLUE else 0
            want = _VALUE
            used = depth = 0
        whole = False
        if c == QUOTE and want < _COLON:
            is_key = want >= _KEY
            j, marks, h = string(data, i, is_key, False)
            if j >= size:
                break
            mark |= marks
            i = closing = j + 1
            if is_key:
                used, twice = noted(keys, bases[depth], used, h)
                mark |= twice
                want = _COLON
            else:
                want = _NEXT
                whole = depth == 0
        elif c == COMMA and want == _NEXT and depth > 0:
            want = _KEY if kinds[depth] == OBJECT else _VALUE
            i += 1
        elif c == COLON and want == _COLON:
            want = _VALUE
            i += 1
        elif (c == OBJECT or c == LIST) and want <= _FIRST and depth < DEEPEST:
            depth += 1
            kinds[depth], bases[depth] = c, used
            want = _FIRST_KEY if c == OBJECT else _FIRST
            i += 1
        elif (
            (c == OBJECT + 2 or c == LIST + 2)
            and depth > 0
            and kinds[depth] == c - 2
            and (want == _NEXT or want == (_FIRST_KEY if c == OBJECT + 2 else _FIRST))
        ):
            used = bases[depth]
            depth -= 1
            want = _NEXT
            whole = depth == 0
            i += 1
            closing = i
        elif array and depth == 0 and want == _NEXT and (c == COMMA or c == LIST + 2 or c == OBJECT or c == LIST):
            count = emit(data, start, closing, spans, count, mark)
            opened = INSIDE if c == COMMA else CLOSED if c == LIST + 2 else GLUE
            i += opened != GLUE
            start, fresh = i, True
            if count == most:
                break
        else:
            j, number = i, 0
            if want <= _FIRST and (c == MINUS or 48 <= c <= 57):
                j, number = _number(data, i)
            if want <= _FIRST and j <= i + 1 and not 48 <= c <= 57:
                j = _word(data, i + 1 if c == MINUS else i)
            if j == size:
                break
            if j == i or (c == MINUS and j == i + 1):
                spans[2, count] = mark | (DEEP if want <= _FIRST and (c == OBJECT or c == LIST) else 0)
                return count, start, opened, i
            mark |= number
            i = closing = j
            want = _NEXT
            whole = depth == 0
        if whole and not array:
            count = emit(data, start, closing, spans, count, mark)
            start, fresh = i, True
            if count == most:
                break
    return count, i if fresh else start, opened, -1
