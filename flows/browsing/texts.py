"""Where the text of each row lies, and texts read and searched there: a row group at a time, never a whole release."""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from exports.report.differences import Messages
from exports.report.samples import Text
from flows import releases, reporting
from flows.places import Places, cores
from schemas.rows import ROW_COLUMNS

_RAW = "its bytes"  # in place of a role, of a record that gave no row
_ROLE, CONTENT = (f"messages.list.element.{name}" for name in ("role", "content"))
_STEP = 1000  # rows read at a time
_FIRST, _MOST = 4_000, 64_000  # rows searched at a time: few at first, so that what is found there is soon shown

Row = dict[str, Any]


class File(NamedTuple):
    """A Parquet file of texts: of rows as judged, with the same rows as read beside it, or of records that gave none."""

    path: Path
    read: Path | None
    raw: bool
    facts: pq.FileMetaData
    begins: np.ndarray  # the first row of each row group, and the end


class Part(NamedTuple):
    """Some rows of one row group."""

    file: File
    group: int
    rows: np.ndarray  # counted from the start of the group, in order
    at: np.ndarray  # which of the places asked for they are


class Texts(NamedTuple):
    """All files that hold texts of a release."""

    files: list[File]

    @classmethod
    def of(cls, places: Places, release: Path) -> "Texts":
        """What is at hand: the shards of the run, else what the release itself holds; and the quarantined bytes."""
        judged = releases.text_files(places, release)
        read = releases.shards(places, releases.manifest(release)["fingerprint"])
        pairs = zip(judged, read if len(read) == len(judged) else [None] * len(judged), strict=True)
        found = [_file(path, was if was and was.is_file() else None) for path, was in pairs]
        raw = places.quarantine / f"{release.name}.parquet"
        return cls([*found, *([_file(raw, None, raw=True)] if raw.is_file() else [])])

    def schema(self, columns: Iterable[str]) -> pa.Schema:
        """Of `places`."""
        own = [("id", pa.string()), ("place_file", pa.int32()), ("place_row", pa.int64())]
        return pa.schema([*own, *((name, ROW_COLUMNS[name]) for name in columns)])

    def places(self, columns: Iterable[str]) -> Iterator[pa.RecordBatch]:
        """Id, file and row of every text, with those of a row's own columns that its file has; a file at a time."""
        wanted = self.schema(columns)
        for number, file in enumerate(self.files):
            with pq.ParquetFile(file.path) as opened:
                held = opened.read([name for name in wanted.names if name in opened.schema_arrow.names])
            here = held.append_column("place_file", pa.repeat(pa.scalar(number, pa.int32()), len(held)))
            here = here.append_column("place_row", pa.array(np.arange(len(held))))
            for field in wanted:
                if field.name not in here.column_names:
                    here = here.append_column(field, pa.nulls(len(here), field.type))
            yield from here.select(wanted.names).cast(wanted).to_batches()

    def read(self, lines: list[Row]) -> dict[str, Text]:
        """The texts of these rows (lines of `rows`) by id, secrets masked; with the text as read where an edit changed it."""
        lines = [line for line in lines if line["place_file"] is not None]
        found: dict[str, Text] = {}
        where = (np.array([line[name] for line in lines], np.int64) for name in ("place_file", "place_row"))
        edited = {line["id"] for line in lines if line["edits"]}
        with ThreadPoolExecutor(cores()) as pool:
            for texts in pool.map(lambda part: _texts(part, edited & {lines[at]["id"] for at in part.at}), self._parts(*where)):
                found |= texts
        return found

    def holding(
        self, places: pa.Table, pattern: str, seconds: float, *, scattered: bool = False
    ) -> Iterator[tuple[int, list[int]]]:
        """Places (place_file, place_row) searched so far, and those of the last ones whose text matches, in order.

        No more are begun once `seconds` are over. `scattered` places are better searched many at a time, group by group.
        """
        ends, start, step = time.monotonic() + seconds, 0, _MOST if scattered else _FIRST
        with ThreadPoolExecutor(cores()) as pool:
            while start < len(places) and time.monotonic() < ends:
                some = places.slice(start, step)
                where = (some[name].fill_null(-1).to_numpy() for name in ("place_file", "place_row"))
                held = [*pool.map(lambda part: _held(part, pattern), self._parts(*where))]
                hits = np.sort(np.concatenate([*held, np.zeros(0, np.int64)])) + start
                start, step = start + len(some), min(step * 2, _MOST)
                yield start, hits.tolist()

    def _parts(self, file: np.ndarray, row: np.ndarray) -> list[Part]:
        """The same places by row group."""
        parts = []
        for number in np.unique(file[file >= 0]):
            at, known = np.flatnonzero(file == number), self.files[number]
            at = at[np.argsort(row[at], kind="stable")]
            groups = np.searchsorted(known.begins, row[at], side="right") - 1
            for group in np.unique(groups):
                mine = at[groups == group]
                parts.append(Part(known, int(group), row[mine] - known.begins[group], mine))
        return parts


def _file(path: Path, read: Path | None, *, raw: bool = False) -> File:
    facts = pq.read_metadata(path)
    begins = np.cumsum([0, *(facts.row_group(at).num_rows for at in range(facts.num_row_groups))])
    return File(path, read, raw, facts, begins)


def _texts(part: Part, edited: set[str]) -> dict[str, Text]:
    """The texts of a part's rows, those that were edited with the text as read."""
    was = _messages(part.file.read, part, edited) if part.file.read and edited else {}
    now = _messages(part.file.path, part, None)
    return {id: Text(text, was[id] if was.get(id, text) != text else None) for id, text in now.items()}


def _messages(path: Path, part: Part, ids: set[str] | None) -> dict[str, Messages]:
    """Role and text of each turn, by id; of `ids` alone where these are given."""
    columns = ["id", *(["raw"] if part.file.raw else [_ROLE, CONTENT])]
    rows = [row for batch in _batches(path, part, columns) for row in batch.to_pylist()]
    for row in rows:
        if part.file.raw:
            row["messages"] = [{"role": _RAW, "content": (row["raw"] or b"").decode("utf-8", "backslashreplace")}]
    return {row["id"]: reporting.masked(row) for row in rows if ids is None or row["id"] in ids}


def _held(part: Part, pattern: str) -> np.ndarray:
    """Which of the places hold a match."""
    found, done = [np.zeros(0, np.int64)], 0
    for batch in _batches(part.file.path, part, ["raw" if part.file.raw else CONTENT]):
        held = batch.column(0)
        if part.file.raw:
            texts = pa.array([(raw or b"").decode("utf-8", "backslashreplace") for raw in held.to_pylist()], pa.string())
            owner = np.arange(len(texts))
        else:
            texts, owner = pc.struct_field(held.flatten(), "content"), pc.list_parent_indices(held).to_numpy()
        hit = pc.fill_null(pc.match_substring_regex(texts, pattern, ignore_case=True), False).to_numpy(zero_copy_only=False)
        found.append(part.at[done + np.unique(owner[hit])])
        done += len(held)
    return np.concatenate(found)


def _batches(path: Path, part: Part, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """The rows of a part, in order, some at a time; nothing is read beyond the last of them."""
    with pq.ParquetFile(path, metadata=part.file.facts if path == part.file.path else None, pre_buffer=False) as file:
        start = 0
        for batch in file.iter_batches(_STEP, row_groups=[part.group], columns=columns, use_threads=False):
            first, last = np.searchsorted(part.rows, (start, start + len(batch))).tolist()
            if last - first == len(batch):
                yield batch
            elif last > first:
                yield batch.take(pa.array(part.rows[first:last] - start))
            if last == len(part.rows):
                return
            start += len(batch)
