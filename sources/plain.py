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


class Talk(NamedTuple):
    """One thread of a chunk, in the place of a list of messages; and the record's other fields as JSON text."""

    chunk: "Chunk"
    at: int
    extra: str | None
    flags: list[str]


class Chunk:
    """Records between places of a buffer, of which the plain ones are taken apart."""

    def __init__(self, buffer: bytes, spans: Ints, plain: Plain) -> None:
        self.buffer, self.plain = buffer, plain
        size = int((spans[1] - spans[0]).sum())
        self.text, self.others = np.empty(size, np.uint8), np.zeros((4, spans.shape[1]), np.int64)
        room = size // 20 + 1  # a turn has more bytes than that
        self.ends, self.role = np.zeros(room + 1, np.int32), np.empty(room, np.int8)
        self.bounds, self.faults = np.zeros(spans.shape[1] + 1, np.int64), np.zeros(spans.shape[1], np.int8)
        key = np.frombuffer(plain.key.encode(), np.uint8)
        data = np.frombuffer(buffer, np.uint8)
        small = size < 1 << 31  # what Arrow's offsets hold
        if small:
            names, at, kinds = _names()
            taken(data, spans, key, names, at, kinds, self.text, self.ends, self.role, self.bounds, self.faults, self.others)
        self.ok = np.diff(self.bounds).astype(bool).tolist() if small and self.is_utf8() else [False] * spans.shape[1]
        self.rest, self.why = self.others.T.tolist(), self.faults.tolist()

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

    def talk(self, at: int) -> Talk | None:
        """The thread of one record, or None where the format reads more of it than its turns."""
        if not self.ok[at]:
            return None
        first, before, last, after = self.rest[at]
        extra = None
        if before > first or after > last:
            comma = b"," if before > first and after > last else b""
            try:
                others = cells.told(orjson.loads(b"{%b%b%b}" % (self.buffer[first:before], comma, self.buffer[last:after])))
            except orjson.JSONDecodeError:
                return None
            if not self.plain.read.isdisjoint(others):
                return None
            extra = orjson.dumps(others).decode() if others else None
        faults = (self.plain.starts_with_answer, 1), (self.plain.roles_repeat, 2)
        return Talk(self, at, extra, [name for name, bit in faults if name and self.why[at] & bit] if self.why[at] else [])


def arrays(talks: list[Talk]) -> tuple[npt.NDArray[np.int64], pa.Array, pa.Array]:
    """How many turns each thread has, and roles and texts of them all. The threads are of one chunk, in its order."""
    chunk, at = talks[0].chunk, np.array([talk.at for talk in talks])
    counts = chunk.bounds[at + 1] - chunk.bounds[at]
    first, last = int(chunk.bounds[at[0]]), int(chunk.bounds[at[-1] + 1])
    if last - first == counts.sum():
        return counts, chunk.roles[first:last], chunk.contents[first:last]
    where = pa.array(np.repeat(chunk.bounds[at] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum()))
    return counts, chunk.roles.take(where), chunk.contents.take(where)


def messages(talk: Talk) -> list[dict[str, Any]]:
    """The same as a format gives them."""
    _, roles, contents = arrays([talk])
    return [{"role": role, "content": text} for role, text in zip(roles.to_pylist(), contents.to_pylist(), strict=True)]


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
