"""Rows as dicts, gathered by column, become one Arrow table: nested lists are built from their parts, never row by row."""

from collections.abc import Iterator
from itertools import chain, groupby
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.ledger import REFUSED
from schemas.rows import MESSAGE, ROW
from sources.plain import Chunk, Talk, arrays
from sources.prints import fingerprints
from sources.translating import weight

MOST = 256 << 20  # characters of one table: Arrow counts the bytes of a column in 31 bits
_OPTIONAL = [field for field in MESSAGE if field.name not in ("role", "content")]


class Rows:
    """Rows of one file on their way to a table of ROW."""

    def __init__(self, source: str, name: str, license: str) -> None:
        self.source, self.name, self.license = source, name, license
        self.ids: list[str] = []
        self.numbers: list[int] = []
        self.offsets: list[int] = []
        self.records: list[list[str]] = []
        self.rows: list[dict[str, Any]] = []

    def add(self, id: str, number: int, offset: int, records: list[str], row: dict[str, Any]) -> None:
        """One row, with the ids of the records that it was made of."""
        self.ids.append(id)
        self.numbers.append(number)
        self.offsets.append(offset)
        self.records.append(records)
        self.rows.append(row)

    def apart(self) -> Iterator[pa.Table]:
        """Tables in the order of the ids, at least one, each but the last of somewhat more than MOST characters."""
        part, size = Rows(self.source, self.name, self.license), 0
        for at in sorted(range(len(self.ids)), key=self.ids.__getitem__):
            if size > MOST:
                yield part.table()
                part, size = Rows(self.source, self.name, self.license), 0
            part.add(self.ids[at], self.numbers[at], self.offsets[at], self.records[at], self.rows[at])
            size += weight(self.rows[at])
        yield part.table()

    def table(self) -> pa.Table:
        """The table, in the order added."""
        size = len(self.ids)
        given = set().union(*self.rows)
        columns: dict[str, Any] = {name: [row.get(name) for row in self.rows] for name in ROW.names if name in given}
        columns["flags"] = [sorted(set(flags)) if flags else [] for flags in columns.get("flags", [()] * size)]
        if "scores" in columns:
            columns["scores"] = [list(scores.items()) if scores else None for scores in columns["scores"]]
        messages = _messages([row["messages"] for row in self.rows])
        origin = pa.repeat(self.name, size), pa.array(self.numbers, pa.int64()), pa.array(self.offsets, pa.int64())
        columns |= {
            "id": self.ids,
            "source": pa.repeat(self.source, size),
            "license": pa.repeat(self.license, size),
            "origin": pa.StructArray.from_arrays(origin, ["file", "record", "offset"]),
            "records": _lists(self.records, pa.string()),
            "messages": messages,
            "fingerprint": fingerprints(messages),
        }
        arrays = [_array(columns.get(field.name), field.type, size) for field in ROW]
        return pa.Table.from_arrays(arrays, schema=ROW)


def refused(lines: list[dict[str, Any]]) -> pa.Table:
    """Lines of REFUSED as a table."""
    return pa.Table.from_pylist(lines, REFUSED) if lines else REFUSED.empty_table()


def _array(values: Any, kind: pa.DataType, size: int) -> pa.Array:
    if values is None:
        return pa.nulls(size, kind)
    return values if isinstance(values, pa.Array) else pa.array(values, kind)


def _lists(lists: list[list[Any]], kind: pa.DataType) -> pa.Array:
    """Lists of plain values; none of the lists is null."""
    return pa.ListArray.from_arrays(_offsets(lists), pa.array(list(chain.from_iterable(lists)), kind))


def _offsets(lists: list[list[Any]]) -> pa.Array:
    return pa.array(np.concatenate([[0], np.cumsum([len(items) for items in lists], dtype=np.int64)]), pa.int32())


def _messages(threads: list[Any]) -> pa.Array:
    """Lists of messages, and threads that were taken apart already, as one array."""
    parts = [_run(list(run), kind) for kind, run in groupby(threads, key=lambda held: held.chunk if type(held) is Talk else None)]
    counts = np.concatenate([np.zeros(1, np.int64), *(part[0] for part in parts)])
    turns = pa.concat_arrays([part[1] for part in parts]) if parts else pa.array([], MESSAGE)
    return pa.ListArray.from_arrays(pa.array(np.cumsum(counts), pa.int32()), turns)


def _run(threads: list[Any], chunk: Chunk | None) -> tuple[np.ndarray, pa.StructArray]:
    """Neighbouring threads of one kind: how many turns each has, and all the turns."""
    if chunk:
        counts, role, content = arrays(threads)
        return counts, _struct(role, content, [pa.nulls(len(role), f.type) for f in _OPTIONAL])
    flat = list(chain.from_iterable(threads))
    role, content = pa.array([m["role"] for m in flat], pa.string()), pa.array([m["content"] for m in flat], pa.string())
    rich = any(len(message) > 2 for message in flat)
    rest = [pa.array([m.get(f.name) for m in flat], f.type) if rich else pa.nulls(len(flat), f.type) for f in _OPTIONAL]
    return np.array([len(thread) for thread in threads], np.int64), _struct(role, content, rest)


def _struct(role: pa.Array, content: pa.Array, rest: list[pa.Array]) -> pa.StructArray:
    return pa.StructArray.from_arrays([role, content, *rest], fields=list(MESSAGE))
