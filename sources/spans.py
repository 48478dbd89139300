# ruff: noqa: PLR0912, PLR0915, PLR0917, PLR1714, SIM109 - a kernel is one loop over bytes, and `in` is slower there
"""The kernels that find where records begin and end, and which of them need a closer look.

One pass over the bytes, aware of strings and brackets. Lines are only counted through, an array's elements and values one
after the other are followed by the grammar, so that a broken one is known at its first wrong byte. No more is proved: the
parser does that. Records are marked for what a fast parser lets pass in silence: a key that may be there twice, control
characters behind an escape, numbers too long for 64 bits, brackets nested too deep, an end of a line.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

LINES, ARRAY, VALUES = 0, 1, 2  # a record a line; elements of one array; values one after the other, over many lines
BEFORE, FRESH, CLOSED, INSIDE, GLUE = 0, 1, 2, 3, 4  # an array: not open, just open, closed, after a comma, where one should be
DUPLICATE, CONTROL, NUMBER, DEEP, GLUED, SPLIT = 1, 2, 4, 8, 16, 32
DEEPEST = 200  # below the limits of the parsers, and of what writes JSON again
_VALUE, _FIRST, _KEY, _FIRST_KEY, _COLON, _NEXT = 0, 1, 2, 3, 4, 5  # what the grammar wants
_KEYS = 4096  # keys of all open objects; past this, or with 256 in one object, the slow parser looks
_DIGITS = 19  # 2**63 has nineteen
_NEWLINE, _QUOTE, _PLUS, _COMMA, _MINUS, _DOT, _COLON_SIGN, _LIST, _BACKSLASH, _OBJECT, _BOM = (
    10,
    34,
    43,
    44,
    45,
    46,
    58,
    91,
    92,
    123,
    239,
)
_HASH_START, _HASH_STEP = np.uint64(14695981039346656037), np.uint64(1099511628211)  # FNV-1a
_WORDS = np.frombuffer(b"true    false   null    NaN     Infinity", np.uint8)  # the last two are refused by the parser, by name
_Bytes = npt.NDArray[np.uint8]
_Ints = npt.NDArray[np.int64]
_Hashes = npt.NDArray[np.uint64]


@njit(cache=True, nogil=True, inline="always")
def _space(c: int) -> bool:
    return c == 32 or c == 10 or c == 13 or c == 9


@njit(cache=True, nogil=True)
def _bom(data: _Bytes, i: int) -> bool:
    """Whether a byte order mark stands here, as where files were joined."""
    return i + 2 < data.size and data[i] == _BOM and data[i + 1] == 187 and data[i + 2] == 191


@njit(cache=True, nogil=True)
def _string(data: _Bytes, i: int, is_key: bool, lines: bool) -> tuple[int, int, np.uint64]:
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
def _noted(keys: _Hashes, first: int, used: int, h: np.uint64) -> tuple[int, int]:
    """Note one more key of an object whose keys begin at `first`: (how many are noted, mark)."""
    for k in range(first, used):
        if keys[k] == h:
            return used, DUPLICATE
    if used < _KEYS and used - first < 256:
        keys[used] = h
        return used + 1, 0
    return used, DUPLICATE


@njit(cache=True, nogil=True)
def _emit(data: _Bytes, start: int, end: int, spans: _Ints, count: int, mark: int) -> int:
    """Note a span without the white space around it; one of nothing else is no record."""
    while start < end and (_space(data[start]) or _bom(data, start)):
        start += 3 if data[start] == _BOM else 1
    while end > start and _space(data[end - 1]):
        end -= 1
    if start == end:
        return count
    spans[0, count], spans[1, count], spans[2, count] = start, end, mark
    return count + 1


@njit(cache=True, nogil=True)
def _after(data: _Bytes, i: int) -> int:
    """Where the next thing stands that is no white space, or the end of the data."""
    while i < data.size and (_space(data[i]) or _bom(data, i)):
        i += 3 if data[i] == _BOM else 1
    return i


@njit(cache=True, nogil=True)
def _lines(data: _Bytes, begin: int, opened: int, spans: _Ints) -> tuple[int, int, int, int]:
    """Records in lines. A newline ends one, but for one that is unfinished there while the next line opens none: that is one
    broken record. So a line that opens an object or a list always begins a record. Two records in one line are told apart.
    """
    size, most = data.size, spans.shape[1]
    kinds, bases = np.zeros(DEEPEST + 1, np.uint8), np.zeros(DEEPEST + 1, np.int64)
    keys = np.empty(_KEYS, np.uint64)
    used = depth = count = closing = 0
    mark = GLUED if opened == GLUE else 0
    expect = closed = False  # a key comes next; a record is whole at `closing`, and nothing but a comma has come since
    i = start = begin
    while i < size:
        c = data[i]
        if c == _QUOTE:
            j, marks, h = _string(data, i, expect, True)
            opens = False
            while j < size and data[j] == _NEWLINE and not opens:
                after = _after(data, j + 1)
                if after == size:
                    return count, start, opened, -1
                opens = data[after] == _OBJECT or data[after] == _LIST
                if not opens:
                    j, _, _ = _string(data, after - 1, False, True)
                    mark |= SPLIT
            if j >= size:
                return count, start, opened, -1
            mark |= marks
            if expect:
                used, twice = _noted(keys, bases[min(depth, DEEPEST)], used, h)
                mark |= twice
            expect = closed = False
            i = j + 1
            if not opens:
                continue
            count = _emit(data, start, j, spans, count, mark)
            opened = INSIDE
        elif c == _NEWLINE:
            if depth > 0:
                after = _after(data, i + 1)
                if after == size:
                    return count, start, opened, -1
                if data[after] != _OBJECT and data[after] != _LIST:
                    mark |= SPLIT
                    i = after
                    continue
            count = _emit(data, start, closing if closed else i, spans, count, mark)
            opened = INSIDE
            i += 1
        elif c == _OBJECT or c == _LIST:
            if not closed:
                depth += 1
                if depth <= DEEPEST:
                    kinds[depth], bases[depth] = c, used
                else:
                    mark |= DEEP
                expect = c == _OBJECT
                i += 1
                continue
            count = _emit(data, start, closing, spans, count, mark)
            opened = GLUE
        elif c == _OBJECT + 2 or c == _LIST + 2:
            closed = depth == 1
            if depth > 0:
                if depth <= DEEPEST:
                    used = bases[depth]
                depth -= 1
            expect = False
            i += 1
            closing = i
            continue
        elif c == _COMMA:
            expect = 0 < depth <= DEEPEST and kinds[depth] == _OBJECT
            i += 1
            continue
        elif 48 <= c <= 57:
            j = i
            while i < size and 48 <= data[i] <= 57:
                i += 1
            if i - j >= _DIGITS:
                mark |= NUMBER
            closed = False
            continue
        else:
            joint = _bom(data, i)
            closed = closed and (joint or _space(c))
            i += 3 if joint else 1
            continue
        start = i
        used = depth = 0
        mark = GLUED if opened == GLUE else 0
        expect = closed = False
        if count == most:
            break
    return count, start, opened, -1


@njit(cache=True, nogil=True)
def _number(data: _Bytes, i: int) -> tuple[int, int]:
    """Where what may be a number ends, and its mark."""
    digits, mark = 0, 0
    while i < data.size:
        c = data[i]
        if 48 <= c <= 57:
            digits += 1
            if digits >= _DIGITS:
                mark = NUMBER
        elif c == _DOT or c == _MINUS or c == _PLUS or c == 69 or c == 101:
            digits = 0
        else:
            break
        i += 1
    return i, mark


@njit(cache=True, nogil=True)
def _word(data: _Bytes, i: int) -> int:
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
def _values(data: _Bytes, begin: int, mode: int, opened: int, spans: _Ints) -> tuple[int, int, int, int]:
    """Elements of an array, or values one after the other, by the grammar. Nothing between two commas is no record."""
    size, most, array = data.size, spans.shape[1], mode == ARRAY
    kinds, bases = np.zeros(DEEPEST + 1, np.uint8), np.zeros(DEEPEST + 1, np.int64)
    keys = np.empty(_KEYS, np.uint64)
    used = depth = count = closing = mark = 0
    want = _VALUE
    fresh = True  # no record has begun
    i = start = begin
    while i < size:
        c = data[i]
        if _space(c):
            i += 1
            continue
        if fresh:
            start = i
            shut = array and (opened == BEFORE or opened == CLOSED)
            if c == _BOM and i + 2 >= size:
                break
            if _bom(data, i):
                i += 3
                continue
            if (
                (c == _COMMA and (opened != BEFORE or not array))
                or (shut and c == _LIST)
                or (array and not shut and c == _LIST + 2)
            ):
                opened = INSIDE if c == _COMMA else FRESH if c == _LIST else CLOSED
                i += 1
                continue
            if shut and not (c == _OBJECT and opened == CLOSED):
                spans[2, count] = 0
                return count, start, opened, i
            if shut:  # closed by a stray bracket
                opened = GLUE
            fresh = False
            mark = GLUED if opened == GLUE else 0
            want = _VALUE
            used = depth = 0
        whole = False
        if c == _QUOTE and want < _COLON:
            is_key = want >= _KEY
            j, marks, h = _string(data, i, is_key, False)
            if j >= size:
                break
            mark |= marks
            i = closing = j + 1
            if is_key:
                used, twice = _noted(keys, bases[depth], used, h)
                mark |= twice
                want = _COLON
            else:
                want = _NEXT
                whole = depth == 0
        elif c == _COMMA and want == _NEXT and depth > 0:
            want = _KEY if kinds[depth] == _OBJECT else _VALUE
            i += 1
        elif c == _COLON_SIGN and want == _COLON:
            want = _VALUE
            i += 1
        elif (c == _OBJECT or c == _LIST) and want <= _FIRST and depth < DEEPEST:
            depth += 1
            kinds[depth], bases[depth] = c, used
            want = _FIRST_KEY if c == _OBJECT else _FIRST
            i += 1
        elif (
            (c == _OBJECT + 2 or c == _LIST + 2)
            and depth > 0
            and kinds[depth] == c - 2
            and (want == _NEXT or want == (_FIRST_KEY if c == _OBJECT + 2 else _FIRST))
        ):
            used = bases[depth]
            depth -= 1
            want = _NEXT
            whole = depth == 0
            i += 1
            closing = i
        elif array and depth == 0 and want == _NEXT and (c == _COMMA or c == _LIST + 2 or c == _OBJECT or c == _LIST):
            count = _emit(data, start, closing, spans, count, mark)
            opened = INSIDE if c == _COMMA else CLOSED if c == _LIST + 2 else GLUE
            i += opened != GLUE
            start, fresh = i, True
            if count == most:
                break
        else:
            j, number = i, 0
            if want <= _FIRST and (c == _MINUS or 48 <= c <= 57):
                j, number = _number(data, i)
            if want <= _FIRST and j <= i + 1 and not 48 <= c <= 57:
                j = _word(data, i + 1 if c == _MINUS else i)
            if j == size:
                break
            if j == i or (c == _MINUS and j == i + 1):
                spans[2, count] = mark | (DEEP if want <= _FIRST and (c == _OBJECT or c == _LIST) else 0)
                return count, start, opened, i
            mark |= number
            i = closing = j
            want = _NEXT
            whole = depth == 0
        if whole and not array:
            count = _emit(data, start, closing, spans, count, mark)
            start, fresh = i, True
            if count == most:
                break
    return count, i if fresh else start, opened, -1


@njit(cache=True, nogil=True)
def opening(data: _Bytes, i: int, lines: bool) -> int:
    """Where, from `i` on, a newline or, but in lines, what may stand between records is followed by an open bracket; or -1."""
    while i < data.size:
        c = data[i]
        if c == _NEWLINE or (not lines and (c == _COMMA or c == 13 or c == _OBJECT + 2 or c == _LIST + 2)):
            j = i + 4 if _bom(data, i + 1) else i + 1
            while j < data.size and _space(data[j]) and (data[j] != _NEWLINE or c == _LIST + 2):
                j += 1
            if j < data.size and (data[j] == _OBJECT or data[j] == _LIST):
                return i
        i += 1
    return -1


@njit(cache=True, nogil=True)
def cut(data: _Bytes, begin: int, mode: int, opened: int, spans: _Ints) -> tuple[int, int, int, int]:
    """Spans of whole records in `data` from `begin`, which must be a boundary, without the white space around them.

    Fills the rows of `spans` (starts, ends, marks) and returns (how many, where to go on, how things stand there, -1). It stops
    when they are full, and at the end of the data: a record that is not whole there is left for the next call. Where the record
    to go on with is broken, the last number is its first wrong byte, and the marks behind those of the last span are its own.
    """
    if mode == LINES:
        return _lines(data, begin, opened, spans)
    return _values(data, begin, mode, opened, spans)
