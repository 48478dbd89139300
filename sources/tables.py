"""Rows as dicts, gathered by column, become one Arrow table: nested lists are built from their parts, never row by row."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.ledger import REFUSED
from schemas.rows import MESSAGE, ROW, record_id
from sources.plain import Run
from sources.prints import fingerprints
from sources.translating import weight

MOST = 256 << 20  # characters of one table: Arrow counts the bytes of a column in 31 bits
_OPTIONAL = [field for field in MESSAGE if field.name not in ("role", "content")]


class Rows:
    """Rows of one file on their way to a table of ROW."""

    def __init__(self, source: str, name: str, license: str, format: str | None = None) -> None:
        self.source, self.name, self.license = source, name, license
        self.format = format  # of the file; a row may say another
        self.ids: list[str] = []
        self.numbers: list[int] = []
        self.offsets: list[int] = []
        self.records: list[list[str]] = []
        self.rows: list[dict[str, Any]] = []
        self.runs: list[Run] = []  # with rows between theirs among the others

    def add(self, id: str, number: int, offset: int, records: list[str], row: dict[str, Any]) -> None:
        """One row, with the ids of the records that it was made of."""
        self.ids.append(id)
        self.numbers.append(number)
        self.offsets.append(offset)
        self.records.append(records)
        self.rows.append(row)

    def apart(self) -> Iterator[pa.Table]:
        """Tables in the order of the ids, at least one, each but the last of somewhat more than MOST characters."""
        part, size = Rows(self.source, self.name, self.license, self.format), 0
        for at in sorted(range(len(self.ids)), key=self.ids.__getitem__):
            if size > MOST:
                yield part.table()
                part, size = Rows(self.source, self.name, self.license, self.format), 0
            part.add(self.ids[at], self.numbers[at], self.offsets[at], self.records[at], self.rows[at])
            size += weight(self.rows[at])
        yield part.table()

    def table(self) -> pa.Table:
        """The table, in the order of the records, and of their rows as added."""
        parts = [self.told(run) for run in self.runs if len(run.at)]
        if self.ids or not parts:
            parts.append(self.gathered())
        if len(parts) == 1 or not self.ids:
            return pa.concat_tables(parts)
        numbers = np.concatenate([*(run.numbers for run in self.runs), np.array(self.numbers, np.int64)])
        return pa.concat_tables(parts).take(pa.array(np.argsort(numbers, kind="stable")))

    def gathered(self) -> pa.Table:
        """The rows added, in their order."""
        given = set().union(*self.rows)
        columns: dict[str, Any] = {name: [row.get(name) for row in self.rows] for name in ROW.names if name in given}
        columns["flags"] = [sorted(set(flags)) if flags else [] for flags in columns.get("flags", [()] * len(self.ids))]
        if "scores" in columns:
            columns["scores"] = [list(scores.items()) if scores else None for scores in columns["scores"]]
        columns["format"] = [row.get("format", self.format) for row in self.rows]
        columns["messages"] = _messages([row["messages"] for row in self.rows])
        columns["records"] = _lists(self.records, pa.string())
        return self.rest(columns, self.ids, self.numbers, self.offsets)

    def told(self, run: Run) -> pa.Table:
        """The rows of plain threads."""
        counts, role, content = run.chunk.threads(run.at)
        turns = _struct(role, content, [pa.nulls(len(role), field.type) for field in _OPTIONAL])
        messages = pa.ListArray.from_arrays(pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32()), turns)
        ids = [record_id(self.source, self.name, number) for number in run.numbers.tolist()]
        alone = pa.ListArray.from_arrays(pa.array(np.arange(len(ids) + 1), pa.int32()), pa.array(ids, pa.string()))
        columns = {"messages": messages, "records": alone, "extra": run.extra, "flags": run.chunk.flags(run.at)}
        columns["format"] = pa.repeat(pa.scalar(self.format, pa.string()), len(ids))
        return self.rest(columns, ids, run.numbers, run.offsets)

    def rest(self, columns: dict[str, Any], ids: list[str], numbers: Any, offsets: Any) -> pa.Table:
        """A table of rows from some columns: those that every row has are added, the others are null."""
        size = len(ids)
        origin = pa.repeat(self.name, size), pa.array(numbers, pa.int64()), pa.array(offsets, pa.int64())
        columns |= {
            "id": ids,
            "source": pa.repeat(self.source, size),
            "license": pa.repeat(self.license, size),
            "origin": pa.StructArray.from_arrays(origin, ["file", "record", "offset"]),
            "fingerprint": fingerprints(columns["messages"]),
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
    """Lists of messages as one array."""
    flat = list(chain.from_iterable(threads))
    role, content = pa.array([m["role"] for m in flat], pa.string()), pa.array([m["content"] for m in flat], pa.string())
    rich = any(len(message) > 2 for message in flat)
    rest = [pa.array([m.get(f.name) for m in flat], f.type) if rich else pa.nulls(len(flat), f.type) for f in _OPTIONAL]
    return pa.ListArray.from_arrays(_offsets(threads), _struct(role, content, rest))


def _struct(role: pa.Array, content: pa.Array, rest: list[pa.Array]) -> pa.StructArray:
    return pa.StructArray.from_arrays([role, content, *rest], fields=list(MESSAGE))
