# ruff: noqa: PLR0912, PLR0915, PLR1714, SIM109 - a kernel is one loop over bytes, and `in` is slower there
"""The kernel for records in lines: brackets and strings are counted through, and a broken line is left to the parser."""

import numpy as np
from numba import njit

from sources.strokes import (
    COMMA,
    DEEP,
    DEEPEST,
    DIGITS,
    GLUE,
    GLUED,
    INSIDE,
    KEYS,
    LIST,
    NEWLINE,
    NUMBER,
    OBJECT,
    QUOTE,
    SPLIT,
    Bytes,
    Ints,
    after_white,
    bom,
    emit,
    noted,
    space,
    string,
)  # fmt: skip


@njit(cache=True, nogil=True)
def lines(data: Bytes, begin: int, opened: int, spans: Ints) -> tuple[int, int, int, int]:
    """Records in lines. A newline ends one, but for one that is unfinished there while the next line opens none: that is one
    broken record. So a line that opens an object or a list always begins a record. Two records in one line are told apart.
    """
    size, most = data.size, spans.shape[1]
    kinds, bases = np.zeros(DEEPEST + 1, np.uint8), np.zeros(DEEPEST + 1, np.int64)
    keys = np.empty(KEYS, np.uint64)
    used = depth = count = closing = 0
    mark = GLUED if opened == GLUE else 0
    expect = closed = False  # a key comes next; a record is whole at `closing`, and nothing but a comma has come since
    i = start = begin
    while i < size:
        c = data[i]
        if c == QUOTE:
            j, marks, h = string(data, i, expect, True)
            opens = False
            while j < size and data[j] == NEWLINE and not opens:
                after = after_white(data, j + 1)
                if after == size:
                    return count, start, opened, -1
                opens = data[after] == OBJECT or data[after] == LIST
                if not opens:
                    j, _, _ = string(data, after - 1, False, True)
                    mark |= SPLIT
            if j >= size:
                return count, start, opened, -1
            mark |= marks
            if expect:
                used, twice = noted(keys, bases[min(depth, DEEPEST)], used, h)
                mark |= twice
            expect = closed = False
            i = j + 1
            if not opens:
                continue
            count = emit(data, start, j, spans, count, mark)
            opened = INSIDE
        elif c == NEWLINE:
            if depth > 0:
                after = after_white(data, i + 1)
                if after == size:
                    return count, start, opened, -1
                if data[after] != OBJECT and data[after] != LIST:
                    mark |= SPLIT
                    i = after
                    continue
            count = emit(data, start, closing if closed else i, spans, count, mark)
            opened = INSIDE
            i += 1
        elif c == OBJECT or c == LIST:
            if not closed:
                depth += 1
                if depth <= DEEPEST:
                    kinds[depth], bases[depth] = c, used
                else:
                    mark |= DEEP
                expect = c == OBJECT
                i += 1
                continue
            count = emit(data, start, closing, spans, count, mark)
            opened = GLUE
        elif c == OBJECT + 2 or c == LIST + 2:
            closed = depth == 1
            if depth > 0:
                if depth <= DEEPEST:
                    used = bases[depth]
                depth -= 1
            expect = False
            i += 1
            closing = i
            continue
        elif c == COMMA:
            expect = 0 < depth <= DEEPEST and kinds[depth] == OBJECT
            i += 1
            continue
        elif 48 <= c <= 57:
            j = i
            while i < size and 48 <= data[i] <= 57:
                i += 1
            if i - j >= DIGITS:
                mark |= NUMBER
            closed = False
            continue
        else:
            joint = bom(data, i)
            closed = closed and (joint or space(c))
            i += 3 if joint else 1
            continue
        start = i
        used = depth = 0
        mark = GLUED if opened == GLUE else 0
        expect = closed = False
        if count == most:
            break
    return count, start, opened, -1
