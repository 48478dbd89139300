"""Rows as dicts, gathered by column, become one Arrow table: nested lists are built from their parts, never row by row."""

from typing import Any

import numpy as np
import pyarrow as pa

from schemas.ledger import REFUSED
from schemas.rows import MESSAGE, ROW
from sources.prints import fingerprints

_PLAIN = [f.name for f in ROW if f.name not in ("id", "source", "origin", "records", "messages", "fingerprint", "license")]
_OPTIONAL = [field.name for field in MESSAGE if field.name not in ("role", "content")]


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

    def table(self) -> pa.Table:
        """The table, in the order added."""
        size = len(self.ids)
        messages = _messages([row["messages"] for row in self.rows])
        columns: dict[str, Any] = {name: [row.get(name) for row in self.rows] for name in _PLAIN}
        columns["scores"] = [list(scores.items()) if scores else None for scores in columns["scores"]]
        columns["flags"] = [flags or [] for flags in columns["flags"]]
        origin = [
            pa.array([self.name] * size, pa.string()),
            pa.array(self.numbers, pa.int64()),
            pa.array(self.offsets, pa.int64()),
        ]
        columns |= {
            "id": self.ids,
            "source": [self.source] * size,
            "license": [self.license] * size,
            "origin": pa.StructArray.from_arrays(origin, ["file", "record", "offset"]),
            "records": self.records,
            "messages": messages,
            "fingerprint": fingerprints(messages),
        }
        arrays = [_array(columns[field.name], field.type) for field in ROW]
        return pa.Table.from_arrays(arrays, schema=ROW)


def refused(lines: list[dict[str, Any]]) -> pa.Table:
    """Lines of REFUSED as a table."""
    return pa.Table.from_pylist(lines, REFUSED) if lines else REFUSED.empty_table()


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values, kind)


def _messages(threads: list[list[Any]]) -> pa.Array:
    flat = [message for thread in threads for message in thread]
    offsets = np.concatenate([[0], np.cumsum([len(thread) for thread in threads], dtype=np.int64)]).astype(np.int32)
    columns = {"role": [m["role"] for m in flat], "content": [m["content"] for m in flat]}
    rich = [message for message in flat if len(message) > 2]
    for name in _OPTIONAL:
        columns[name] = [m.get(name) for m in flat] if rich else [None] * len(flat)
    arrays = [pa.array(columns[field.name], field.type) for field in MESSAGE]
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.StructArray.from_arrays(arrays, fields=list(MESSAGE)))
