"""One Parquet or JSONL file as `dedup` sees it: its texts, batch by batch, and then the rows that stay, in a second reading.

Never more than a few batches are in memory; the next ones are read while this one is worked on.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.faults import DataFault, MissingFault, UsageFault
from schemas.parquet import opened, settle

TEXTS = ("text", "content", "messages", "conversations")  # looked for in this order where no column is named
TRIPLE = ("instruction", "input", "output")  # else these together, as Alpaca has them
ROWS = 1 << 12  # read at a time, and in a row group that is written
BATCH, AHEAD = 4 << 20, 16  # bytes of Parquet in about one batch of texts, and how many of them are read ahead

Item = TypeVar("Item")


def texts(source: Path, text: str | None) -> Iterator[pa.Array]:
    """The texts of a file, in order, as arrays of strings; null where a row has none. Reading begins at once.

    `text` names the column. Raises MissingFault, UsageFault (no such column) or DataFault (packed, one array, or a line that is
    no object).
    """
    return _ahead(_parquet_texts(source, text), AHEAD) if _is_parquet(source) else _ahead(_line_texts(source, text))


def keep(source: Path, out: Path, stays: np.ndarray) -> None:
    """Write the rows of `source` with stays[row] to `out`, as Parquet or as lines by its suffix.

    Raises DataFault where lines have no columns in common types.
    """
    draft = out.with_name(out.name + ".part")
    if out.suffix == ".parquet":
        (_rows_as_rows if _is_parquet(source) else _lines_as_rows)(source, draft, stays)
    else:
        with open(draft, "wb") as handle:
            handle.writelines((_rows_as_lines if _is_parquet(source) else _kept_lines)(source, stays))
    settle(draft, out)


def _is_parquet(source: Path) -> bool:
    """Whether a file is Parquet, not JSON lines. Raises MissingFault, or DataFault with the way out where it is neither."""
    if not source.is_file():
        raise MissingFault(f"{source}: {'a folder: name one file' if source.is_dir() else 'no such file'}")
    with open(source, "rb") as handle:
        head = handle.read(4096).removeprefix(b"\xef\xbb\xbf")
    if head[:3] == b"\x1f\x8b\x08" or head[:4] == b"\x28\xb5\x2f\xfd":
        raise DataFault(f"{source}: packed: unpack it first (`gunzip`, `unzstd`), or use `winnow run`, which reads it as it is")
    if head.lstrip()[:1] == b"[":
        raise DataFault(f"{source}: one JSON array: write it as lines (`jq -c '.[]'`), or use `winnow run`, which reads arrays")
    return head[:4] == b"PAR1"


def _ahead(items: Iterator[Item], many: int = 1) -> Iterator[Item]:
    """The same items, the next ones made by another thread from now on, and while one is used."""
    pool = ThreadPoolExecutor(1)
    coming = deque(pool.submit(next, items, None) for _ in range(many))

    def each() -> Iterator[Item]:
        with pool:
            while (item := coming.popleft().result()) is not None:
                coming.append(pool.submit(next, items, None))
                yield item

    return each()


def _parquet_texts(source: Path, text: str | None) -> Iterator[pa.Array]:
    with opened(source) as file:
        names = _columns(source, file.schema_arrow.names, text)
        groups = [file.metadata.row_group(at) for at in range(file.num_row_groups)]
        each = sum(_size(group, names) for group in groups) // (file.metadata.num_rows or 1) + 1
        for batch in file.iter_batches(max(1, min(ROWS, BATCH // each)), columns=names, use_threads=False):
            column = batch.column(names[0])
            if len(names) == 1 and (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
                yield column
            else:
                yield _joined([row[name] for name in names] for row in batch.to_pylist())


def _size(group: pq.RowGroupMetaData, names: list[str]) -> int:
    """Bytes of a row group, unpacked, in the columns that are read."""
    columns = (group.column(at) for at in range(group.num_columns))
    read = tuple(f"{name}." for name in names)
    return sum(each.total_uncompressed_size for each in columns if f"{each.path_in_schema}.".startswith(read))


def _line_texts(source: Path, text: str | None) -> Iterator[pa.Array]:
    for records in _batched(_records(source), ROWS):
        yield _joined([record[name] for name in _columns(source, list(record), text)] for record in records)


def _joined(rows: Iterable[list[Any]]) -> pa.Array:
    return pa.array(["\n".join(filter(None, map(_flat, row))) or None for row in rows], pa.large_string())


def _records(source: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_lines(source)):
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError as fault:
            raise DataFault(f"{source}: line {number + 1} is not JSON ({fault}): `winnow run` can quarantine it") from fault
        if not isinstance(record, dict):
            raise DataFault(f"{source}: line {number + 1} is not an object, so it has no text column")
        yield record


def _lines(source: Path) -> Iterator[bytes]:
    with open(source, "rb") as handle:
        yield from (line for line in handle if line.strip())


def _batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    items = iter(items)
    while some := list(islice(items, size)):
        yield some


def _columns(source: Path, names: list[str], text: str | None) -> list[str]:
    """The columns that hold a row's text."""
    found = next(([name] for name in ([text] if text else TEXTS) if name in names), None)
    if not found and not text and {"instruction", "output"} <= set(names):
        found = [name for name in TRIPLE if name in names]
    if not found:
        raise UsageFault(f"{source}: no column {text or ' or '.join(TEXTS)}: name one of {', '.join(names)} with --text")
    return found


def _flat(value: Any) -> str | None:
    """A text as it is; of a conversation all its texts, one a line."""
    if isinstance(value, dict):
        value = value.get("content", value.get("value"))
    if isinstance(value, list):
        return "\n".join(filter(None, map(_flat, value)))
    return value if isinstance(value, str) else None


def _kept_rows(source: Path, stays: np.ndarray) -> Iterator[pa.RecordBatch]:
    done = 0
    with opened(source) as file:
        for batch in file.iter_batches(ROWS):
            yield batch.filter(pa.array(stays[done : done + len(batch)]))
            done += len(batch)


def _kept_lines(source: Path, stays: np.ndarray) -> Iterator[bytes]:
    kept = (line for line, stay in zip(_lines(source), stays, strict=True) if stay)
    return (line if line.endswith(b"\n") else line + b"\n" for line in kept)


def _rows_as_rows(source: Path, draft: Path, stays: np.ndarray) -> None:
    schema = pq.read_schema(source)
    with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
        for batch in _ahead(_kept_rows(source, stays)):
            writer.write_batch(batch)


def _rows_as_lines(source: Path, stays: np.ndarray) -> Iterator[bytes]:
    for batch in _ahead(_kept_rows(source, stays)):
        yield from (orjson.dumps(row, default=str) + b"\n" for row in batch.to_pylist())


def _lines_as_rows(source: Path, draft: Path, stays: np.ndarray) -> None:
    """Two readings: the first finds columns and types."""

    def batches() -> Iterator[list[dict[str, Any]]]:
        return _batched(map(orjson.loads, _kept_lines(source, stays)), ROWS)

    try:
        schema = pa.unify_schemas([pa.schema([]), *map(_schema, batches())], promote_options="permissive")
        with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
            for batch in batches():
                columns = [pa.array([row.get(field.name) for row in batch], field.type) for field in schema]
                writer.write_batch(pa.record_batch(columns, schema=schema))
    except pa.ArrowException as fault:
        raise DataFault(f"{source}: its lines are no table ({fault}): give OUT the suffix .jsonl") from None


def _schema(batch: list[dict[str, Any]]) -> pa.Schema:
    names = dict.fromkeys(key for row in batch for key in row)
    return pa.schema([(name, pa.array([row.get(name) for row in batch]).type) for name in names])
