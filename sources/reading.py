"""A file becomes rows and refusals: container, then format, then every record through that format's one function."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa

from schemas.ledger import DROPPED, QUARANTINED
from schemas.rows import record_id
from sources import spans, tables
from sources.detect import Guess, Spread, guess, load, spread
from sources.places import File
from sources.records import CONTAINERS, Record, container, head, inside, records
from sources.turns import NoRow, Unreadable, is_turn

_HELD = 8 << 20  # a file up to this size is decoded once: looked at and then read


@dataclass(frozen=True)
class Batch:
    """Some of a file's records: their rows, sorted by id, and the lines of those that gave none."""

    rows: pa.Table
    refused: pa.Table
    records: int


@dataclass(frozen=True)
class Opened:
    """A file whose container and format are known, and its records from the first on."""

    container: str
    guess: Guess
    records: Iterable[Record]


def opened(path: Path, pinned: str | None = None) -> Opened:
    """Look over the whole file and say what it is. A pinned format is taken at its word."""
    mode = container(head(path))
    if mode == spans.ARRAY and _is_one_talk(path):
        mode = spans.VALUES
    name = CONTAINERS[mode]
    held: list[Record] | None
    if pinned:
        load(pinned)
        found, held = Guess(pinned, 1.0, []), list(islice(records(path, mode), 2))
    else:
        sample, held = _look(records(path, mode))
        found = guess(sample)
    if held and len(held) == 1 and mode != spans.ARRAY and not _fits(found, held[0]) and (wrapped := _wrapped(held[0])):
        return Opened("object", found if pinned else guess([record.value for record in spread(wrapped)]), wrapped)
    return Opened(name, found, records(path, mode) if held is None or pinned else held)


def _look(stream: Iterator[Record]) -> tuple[list[Any], list[Record] | None]:
    """Values from all over the file, and all its records where they are few enough to hold."""
    sample, size = Spread(), 0
    held: list[Record] | None = []
    for record in stream:
        if not record.fault:
            sample.add(record.value)
        size += len(record.raw)
        if held is not None:
            held.append(record)
            held = held if size <= _HELD else None
    return sample.items, held


def _fits(found: Guess, record: Record) -> bool:
    """Whether the format found knows this record, or the record has no value to know."""
    return record.fault is not None or (found.format is not None and load(found.format).looks(record.value) > 0)


def _is_one_talk(path: Path) -> bool:
    """Whether an array's elements are the turns of one conversation."""
    first = [record for record in islice(records(path, spans.ARRAY), 3) if not record.fault]
    return bool(first) and all(is_turn(record.value) for record in first)


def _wrapped(record: Record) -> list[Record] | None:
    """The records of an object that holds one list of objects."""
    if not isinstance(record.value, dict):
        return None
    lists = [key for key, held in record.value.items() if isinstance(held, list) and held and isinstance(held[0], dict)]
    return inside(record, lists[0]) if len(lists) == 1 and "sender" not in record.value[lists[0]][0] else None


def read(file: File, batch_bytes: int = 16 << 20) -> Iterator[Batch]:
    """The file's records in batches of about `batch_bytes`, rows in the order of their ids. A pinned format is obeyed."""
    found = opened(file.path, file.format)
    format = load(found.guess.format) if found.guess.format else None
    if format and hasattr(format, "gather"):
        yield _Reading(file, format).gathered(found.records)
        return
    reading, size = _Reading(file, format), 0
    for record in found.records:
        reading.take(record)
        size += len(record.raw)
        if size >= batch_bytes:
            yield reading.batch()
            reading, size = _Reading(file, format), 0
    if reading.records:
        yield reading.batch()


class _Reading:
    """One batch in the making."""

    def __init__(self, file: File, format: ModuleType | None) -> None:
        self.file, self.format = file, format
        self.rows = tables.Rows(file.source, file.name, file.license)
        self.lines: list[dict[str, Any]] = []
        self.records = 0

    def take(self, record: Record) -> None:
        """Read one record that stands for itself."""
        self.records += 1
        if record.fault:
            self.refuse(record, Unreadable(record.fault, record.detail or ""))
            return
        try:
            if self.format is None:
                raise Unreadable("unknown_shape", "no format knows this record")
            rows = list(self.format.rows(record.value))
        except Unreadable as why:
            self.refuse(record, why)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            self.refuse(record, Unreadable("unknown_shape", f"not the shape of {self.file_format()}"))
        else:
            self.add(record, rows)

    def add(self, record: Record, rows: list[dict[str, Any]]) -> None:
        """The rows of one record; several that name no group are one."""
        own = record_id(self.file.source, self.file.name, record.number)
        parts = sorted(range(len(rows)), key=str)
        for part in parts:
            row = rows[part]
            id = own if len(rows) == 1 else f"{own}.{part}"
            if len(rows) > 1 and "group_id" not in row:
                row["group_id"] = own
            self.place(row, own)
            self.rows.add(id, record.number, record.offset, [own], row)

    def place(self, row: dict[str, Any], where: str) -> None:
        """Names of trees and of the groups in them hold within one record, or one file of flat messages."""
        if row.get("tree_id") is not None:
            row["tree_id"] = f"{where}:{row['tree_id']}"
            row["group_id"] = f"{where}:{row['group_id']}"

    def refuse(self, record: Record, why: Unreadable) -> None:
        """A line for a record that gives no row; its bytes are kept, to be read."""
        dropped = isinstance(why, NoRow)
        self.lines.append(
            {
                "id": record_id(self.file.source, self.file.name, record.number),
                "source": self.file.source,
                "file": self.file.name,
                "record": record.number,
                "offset": record.offset,
                "fate": DROPPED if dropped else QUARANTINED,
                "reason": why.reason,
                "detail": why.detail or None,
                "raw": record.raw,
            }
        )

    def gathered(self, stream: Iterable[Record]) -> Batch:
        """The whole file at once, for a format whose records need each other."""
        assert self.format is not None
        known: dict[int, Record] = {}
        for record in stream:
            self.records += 1
            if record.fault:
                self.refuse(record, Unreadable(record.fault, record.detail or ""))
            elif not self.format.looks(record.value):
                self.refuse(record, Unreadable("unknown_shape", f"not the shape of {self.file_format()}"))
            else:
                known[record.number] = record
        found = sorted(self.format.gather((n, r.value) for n, r in known.items()), key=lambda item: item[0][-1])
        for numbers, row in found:
            record = known[numbers[-1]]
            if isinstance(row, Unreadable):
                self.refuse(record, row)
                continue
            ids = [record_id(self.file.source, self.file.name, number) for number in numbers]
            self.place(row, f"{self.file.source}/{self.file.name}")
            self.rows.add(ids[-1], record.number, record.offset, ids, row)
        self.lines.sort(key=lambda line: line["record"])
        return self.batch()

    def batch(self) -> Batch:
        """What was read so far."""
        return Batch(self.rows.table(), tables.refused(self.lines), self.records)

    def file_format(self) -> str:
        """The format's name, for people."""
        return self.format.__name__.rpartition(".")[2] if self.format else "any format"
