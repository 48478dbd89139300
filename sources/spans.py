"""The kernels that find where records begin and end, and which of them need a closer look.

One pass over the bytes, aware of strings and brackets. Lines are only counted through, an array's elements and values one
after the other are followed by the grammar, so that a broken one is known at its first wrong byte. No more is proved: the
parser does that. Records are marked for what a fast parser lets pass in silence: a key that may be there twice, control
characters behind an escape, numbers too long for 64 bits, brackets nested too deep, an end of a line.
"""

from numba import njit

from sources.lines import lines
from sources.strokes import (
    ARRAY,
    BEFORE,
    CLOSED,
    CONTROL,
    DEEP,
    DEEPEST,
    DUPLICATE,
    FRESH,
    GLUE,
    GLUED,
    INSIDE,
    LINES,
    NUMBER,
    SPLIT,
    VALUES,
    Bytes,
    Ints,
    opening,
)  # fmt: skip
from sources.values import values

__all__ = [
    "ARRAY", "BEFORE", "CLOSED", "CONTROL", "DEEP", "DEEPEST", "DUPLICATE", "FRESH", "GLUE", "GLUED", "INSIDE", "LINES", "NUMBER",
    "SPLIT", "VALUES", "cut", "opening",
]  # fmt: skip


@njit(cache=True, nogil=True)
def cut(data: Bytes, begin: int, mode: int, opened: int, spans: Ints) -> tuple[int, int, int, int]:
    """Spans of whole records in `data` from `begin`, which must be a boundary, without the white space around them.

    Fills the rows of `spans` (starts, ends, marks) and returns (how many, where to go on, how things stand there, -1). It stops
    when they are full, and at the end of the data: a record that is not whole there is left for the next call. Where the record
    to go on with is broken, the last number is its first wrong byte, and the marks behind those of the last span are its own.
    """
    if mode == LINES:
        return lines(data, begin, opened, spans)
    return values(data, begin, mode, opened, spans)
