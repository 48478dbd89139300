"""A file becomes rows and refusals: container, then format, then every record through that format's functions."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import pyarrow as pa

from schemas.ledger import DROPPED, QUARANTINED
from schemas.rows import record_id
from sources import archives, tables
from sources.detect import knower, load
from sources.file import File
from sources.opening import Opened, opened
from sources.plain import Run
from sources.records import Record
from sources.translating import FEW, Rows, flagged, mender, plain, reader, weight
from sources.turns import NoRow, Unreadable

__all__ = ["Batch", "Opened", "opened", "read"]

_STRANGE = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)  # what strange shapes raise


@dataclass(frozen=True)
class Batch:
    """Some of a file's records: their rows, sorted by id, and the lines of those that gave none."""

    rows: pa.Table
    refused: pa.Table
    records: int


def read(file: File, batch_bytes: int = 16 << 20) -> Iterator[Batch]:
    """The file's records in batches of about `batch_bytes`, rows in the order of their ids. A pinned format is obeyed.

    An archive is read part by part; a part that breaks the rules is one quarantined record. A compressed stream that is broken
    quarantines every record it gave, unless the file is to be salvaged.
    """
    for part in archives.parts(file) if file.end is None else [file]:
        if isinstance(part, archives.Refused):
            barred = _Reading(replace(file, name=part.name))
            barred.take(Record(0, 0, b"", None, part.reason, part.detail))
            yield barred.batch()
        else:
            yield from _read(part, opened(part), batch_bytes)


def _read(file: File, found: Opened, batch_bytes: int) -> Iterator[Batch]:
    format = load(found.guess.format) if found.guess.format and not found.beside else None
    asked = plain(format, file.repair) if format and not found.broken else None
    stream = iter(_spoiled(found) if found.broken and not file.salvage else found.records(asked))
    if found.guess.format and hasattr(load(found.guess.format), "gather"):
        yield from _Reading(file, found).gathered(stream)
        return
    while (batch := _batch(_Reading(file, found), stream, batch_bytes)).records:
        yield batch


def _batch(reading: "_Reading", stream: Iterator[Record], left: int) -> Batch:
    with _still():
        for record in stream:
            left -= max(len(record.raw), reading.take(record))
            if left <= 0:
                break
        return reading.batch()


@contextmanager
def _still() -> Iterator[None]:
    """No search for garbage in rings meanwhile: decoded records have none, and looking through them takes half of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _spoiled(found: Opened) -> Iterator[Record]:
    """Every record of a broken stream, none of them to be trusted."""
    assert found.broken
    whole = sum(not record.fault for record in found.records())
    detail = f"{found.broken.detail}; {whole:,} records were whole before that: `salvage: true` keeps them"
    return (record._replace(value=None, fault=found.broken.reason, detail=detail) for record in found.records())


class _Reading:
    """One batch in the making."""

    def __init__(self, file: File, found: Opened | None = None) -> None:
        self.file, self.format = file, found.guess.format if found else None
        self.beside = found.beside if found else ()
        self.always = ("salvaged",) if found and found.broken else ()
        self.readers = {name: reader(name, file.repair) for name in (self.format, *self.beside)}
        self.own = self.readers[self.format]
        self.rows = tables.Rows(file.source, file.name, file.license, self.format)
        self.lines: list[dict[str, Any]] = []
        self.records = 0

    def take(self, record: Record) -> int:
        """Read one record that stands for itself. The characters of its rows, where they are many: each repeats its question."""
        if type(record.value) is Run:
            return self.run(record.value)
        self.records += 1
        if record.fault:
            self.refuse(record, Unreadable(record.fault, record.detail or ""))
            return 0
        value, name = record.value, self.format
        try:
            name = (self.beside and knower(name, self.beside, value)) or name
            rows = (self.readers[name] if self.beside else self.own)(value)
            if name != self.format:
                rows = [{**row, "format": name} for row in rows]
        except Unreadable as why:
            self.refuse(record, why)
        except _STRANGE:
            self.refuse(record, Unreadable("unknown_shape", f"not the shape of {name}"))
        else:
            self.add(record, rows)
            return sum(map(weight, rows)) if len(rows) > FEW else 0
        return 0

    def run(self, run: Run) -> int:
        """Plain threads at once, then the records between them; the bytes of them all."""
        self.records += len(run.at)
        self.rows.runs.append(run)
        for record in run.others:
            self.take(record)
        return run.size

    def add(self, record: Record, rows: Rows) -> None:
        """The rows of one record; several that name no group are one."""
        own = record_id(self.file.source, self.file.name, record.number)
        flagged(rows, (*record.flags, *self.always))
        if len(rows) == 1:
            self.put(own, own, record, rows[0])
            return
        for part in sorted(range(len(rows)), key=str):
            row = rows[part]
            if "group_id" not in row:
                row["group_id"] = own
            self.put(f"{own}.{part}", own, record, row)

    def put(self, id: str, own: str, record: Record, row: dict[str, Any]) -> None:
        """One row of one record."""
        if "tree_id" in row:
            self.place(row, own)
        self.rows.add(id, record.number, record.offset, [own], row)

    def place(self, row: dict[str, Any], where: str) -> None:
        """Names of trees and of the groups in them hold within one record, or one file of flat messages."""
        if row.get("tree_id") is not None:
            row["tree_id"] = f"{where}:{row['tree_id']}"
            row["group_id"] = f"{where}:{row['group_id']}"

    def refuse(self, record: Record, why: Unreadable) -> None:
        """A line for a record that gives no row; its bytes are kept, to be read."""
        self.lines.append(
            {
                "id": record_id(self.file.source, self.file.name, record.number),
                "source": self.file.source,
                "file": self.file.name,
                "record": record.number,
                "offset": record.offset,
                "fate": DROPPED if isinstance(why, NoRow) else QUARANTINED,
                "reason": why.reason,
                "detail": why.detail or None,
                "raw": record.raw,
            }
        )

    def gathered(self, stream: Iterable[Record]) -> Iterator[Batch]:
        """The whole file at once, for a format whose records need each other. What it fails at costs none that it has told."""
        assert self.format
        format = load(self.format)
        known: dict[int, Record] = {}
        values = self.known(stream, format, known)
        told: set[int] = set()
        why = Unreadable("unknown_shape", f"the {self.format} records of this file do not go together")
        try:
            for numbers, row in format.gather(values):
                self.tell([known[number] for number in numbers], row)
                told.update(numbers)
        except Unreadable as error:
            why = error
        except _STRANGE:
            pass
        for _ in values:
            pass  # those that it has not come to
        for number in known.keys() - told:
            self.refuse(known[number], why)
        self.lines.sort(key=lambda line: line["record"])
        for part, rows in enumerate(self.rows.apart()):
            yield Batch(rows, tables.refused([] if part else self.lines), 0 if part else self.records)

    def tell(self, records: list[Record], row: dict[str, Any] | Unreadable) -> None:
        """One row of these records, or why the last of them gives none."""
        last = records[-1]
        if isinstance(row, Unreadable):
            self.refuse(last, row)
            return
        flagged([row], [flag for record in records for flag in record.flags])
        ids = [record_id(self.file.source, self.file.name, record.number) for record in records]
        self.place(row, f"{self.file.source}/{self.file.name}")
        self.rows.add(ids[-1], last.number, last.offset, ids, row)

    def known(self, stream: Iterable[Record], format: ModuleType, known: dict[int, Record]) -> Iterator[tuple[int, Any]]:
        """Number and value of each record that the format knows, noted without its value; the others are taken alone."""
        mended = mender(format, self.file.repair)
        for record in stream:
            if record.fault or not format.looks(record.value):
                self.take(record)
                continue
            self.records += 1
            try:
                value, flags = mended(record.value)
            except _STRANGE:
                self.refuse(record, Unreadable("unknown_shape", f"not the shape of {self.format}"))
                continue
            known[record.number] = record._replace(value=None, flags=(*record.flags, *self.always, *flags))
            yield record.number, value

    def batch(self) -> Batch:
        """What was read so far."""
        return Batch(self.rows.table(), tables.refused(self.lines), self.records)
