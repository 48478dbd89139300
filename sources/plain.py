"""Threads of plain turns, which most records are, go from bytes to Arrow without a Python object for each turn.

A format that reads such records as they stand says so: `PLAIN = Plain(key, read, ...)`. A kernel takes the record apart, as
strictly as the parser: an object whose list under `key` holds turns of two keys, a known role and a text. Whatever is not
exactly that (an escape that spells ASCII, a third key, a tool's call, a text that thinks) is left to the parser and the format.
"""

from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from sources import cells
from sources.strokes import Bytes, Ints
from sources.threads import ROLES, Kinds, taken
from sources.turns import CALLS, ROLE


class Plain(NamedTuple):
    """Where a format's turns are, the other fields that it reads, and what it calls two faults of the order of turns."""

    key: str
    read: frozenset[str]
    starts_with_answer: str | None = None
    roles_repeat: str | None = None


class Run(NamedTuple):
    """A chunk of records: its plain threads, taken apart, and the others one by one."""

    chunk: "Chunk"
    size: int  # bytes of all its records
    at: Ints  # which of the chunk's records are plain
    numbers: Ints  # of the plain ones in the file
    offsets: Ints  # bytes from the start of the decompressed file to each of them
    extra: list[str | None]  # the other fields of each as JSON text
    others: list[Any]  # the Records that are not plain


class Chunk:
    """Records between places of a buffer, of which the plain ones are taken apart."""

    def __init__(self, buffer: bytes, spans: Ints, plain: Plain) -> None:
        self.buffer, self.plain, self.starts = buffer, plain, spans[0].copy()
        self.size = size = int((spans[1] - spans[0]).sum())
        self.text, self.others = np.empty(size, np.uint8), np.zeros((4, spans.shape[1]), np.int64)
        room = size // 20 + 1  # a turn has more bytes than that
        self.ends, self.role = np.zeros(room + 1, np.int32), np.empty(room, np.int8)
        self.bounds, self.faults = np.zeros(spans.shape[1] + 1, np.int64), np.zeros(spans.shape[1], np.int8)
        if size >= 1 << 31:  # more than Arrow's offsets hold
            return
        key, data, (names, at, kinds) = np.frombuffer(plain.key.encode(), np.uint8), np.frombuffer(buffer, np.uint8), _names()
        taken(data, spans, key, names, at, kinds, self.text, self.ends, self.role, self.bounds, self.faults, self.others)

    def run(self, number: int, base: int, may: npt.NDArray[np.bool_]) -> Run:
        """Those of the records that are plain and may be taken; the first has this number, and the buffer begins at `base`."""
        may &= (np.diff(self.bounds) > 0) & self.is_utf8()
        around = [self.extra(*place) for place in self.others.T[may].tolist()]
        at = np.flatnonzero(may)[[extra is not None for extra in around]] if around else np.zeros(0, np.int64)
        extra = [each or None for each in around if each is not None]
        return Run(self, self.size, at, number + at, base + self.starts[at], extra, [])

    @cached_property
    def contents(self) -> pa.Array:
        """The texts of all turns, one behind the other."""
        count = int(self.bounds[-1])
        ends = pa.py_buffer(np.ascontiguousarray(self.ends[: count + 1]))
        return pa.StringArray.from_buffers(count, ends, pa.py_buffer(self.text[: self.ends[count]]))

    @cached_property
    def roles(self) -> pa.Array:
        """Who speaks in each turn."""
        return pa.array(ROLES).take(pa.array(self.role[: self.bounds[-1]]))

    def is_utf8(self) -> bool:
        """Whether all the texts are UTF-8; where one is not, the parser finds out which."""
        try:
            self.contents.validate(full=True)
        except pa.ArrowInvalid:
            return False
        return True

    def extra(self, first: int, before: int, last: int, after: int) -> str | None:
        """The fields around a thread as JSON text, empty where there are none; None where the format has to read them."""
        if before <= first and after <= last:
            return ""
        comma = b"," if before > first and after > last else b""
        try:
            others = cells.told(orjson.loads(b"{%b%b%b}" % (self.buffer[first:before], comma, self.buffer[last:after])))
        except orjson.JSONDecodeError:
            return None
        if not self.plain.read.isdisjoint(others):
            return None
        return orjson.dumps(others).decode() if others else ""

    def threads(self, at: Ints) -> tuple[Ints, pa.Array, pa.Array]:
        """How many turns each of these threads has, and roles and texts of them all."""
        counts = self.bounds[at + 1] - self.bounds[at]
        first, last = (int(self.bounds[at[0]]), int(self.bounds[at[-1] + 1])) if len(at) else (0, 0)
        if last - first == counts.sum():
            return counts, self.roles[first:last], self.contents[first:last]
        where = pa.array(np.repeat(self.bounds[at] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum()))
        return counts, self.roles.take(where), self.contents.take(where)

    def flags(self, at: Ints) -> list[list[str]]:
        """The faults of each of these threads, by the names that the format gives them."""
        names = (self.plain.roles_repeat, 2), (self.plain.starts_with_answer, 1)
        kinds = [[name for name, bit in names if name and bits & bit] for bits in range(4)]
        return [kinds[bits] for bits in self.faults[at].tolist()]


def warm() -> None:
    """Compile the kernel, so that no later file waits for it."""
    one = b'{"conversations": [{"from": "human", "value": "Warm up?"}]}'
    Chunk(one, np.array([[0], [len(one)], [0]], np.int64), Plain("conversations", frozenset()))


@cache
def _names() -> tuple[Bytes, Ints, Kinds]:
    """The names of roles, as bytes and where each ends, and which role each is; the commonest first."""
    common = ["human", "gpt", "user", "assistant", "system"]
    names = [*common, *sorted(name for name, role in ROLE.items() if name not in (*common, *CALLS) and role != "tool")]
    ends = np.cumsum([0, *(len(name.encode()) for name in names)]).astype(np.int64)
    kinds = np.array([ROLES.index(ROLE[name]) for name in names], np.int8)
    return np.frombuffer("".join(names).encode(), np.uint8), ends, kinds
