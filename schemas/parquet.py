"""How a table lies at rest: cast to its schema, in fixed row groups, so that the same rows are the same bytes.

pyarrow's bytes depend on where chunks end, so every row group is cut to the same length and made one chunk first.
A file appears under its name complete or not at all: it is written beside itself, flushed, and renamed.
"""

import os
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

LINES, TEXTS = 16_000, 1000  # rows in a group: of small columns, and of texts, few enough for the Hub's viewer to page
_CDC = {"min_chunk_size": 256 * 1024, "max_chunk_size": 1024 * 1024, "norm_level": 0}


def by_id(table: pa.Table, *more: str) -> pa.Table:
    """Sorted by the bytes of the id, then by the columns named."""
    return table.sort_by([("id", "ascending"), *((name, "ascending") for name in more)])


def write(tables: pa.Table | Iterable[pa.Table], path: Path, schema: pa.Schema, *, fast: bool = False, group: int = LINES) -> int:
    """Write sorted tables as one file and return the number of rows. `fast` is for what only winnow reads again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    slow: dict[str, Any] = {"compression": "zstd", "write_page_index": True, "use_content_defined_chunking": _CDC}
    how: dict[str, Any] = {"compression": "lz4", "use_dictionary": False} if fast else slow
    rows = 0
    with pq.ParquetWriter(draft, schema, **how) as writer, ThreadPoolExecutor(1) as pool:
        last: Future[Any] = pool.submit(int)
        for part in _groups([tables] if isinstance(tables, pa.Table) else tables, schema, group):
            last.result()  # a group is packed while the next one is made
            last = pool.submit(writer.write_table, part, row_group_size=group)
            rows += len(part)
        last.result()
    settle(draft, path)
    return rows


def settle(draft: Path, path: Path) -> None:
    """Flush a draft to disk and give it its name in one step."""
    with open(draft, "rb") as handle:
        os.fsync(handle.fileno())
    os.replace(draft, path)


def opened(path: Path) -> pq.ParquetFile:
    """A file that is read piece by piece; as pyarrow opens one, all of it is in memory after the first piece."""
    return pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20)


def read(path: Path, columns: list[str] | None = None) -> pa.Table:
    """The whole file as a table."""
    return pq.read_table(path, columns=columns)


def take_ids(table: pa.Table, ids: pa.Array) -> pa.Table:
    """The rows whose id is in `ids`, in the table's order."""
    return table.filter(pc.is_in(table["id"], value_set=ids))


def _groups(tables: Iterable[pa.Table], schema: pa.Schema, size: int) -> Iterable[pa.Table]:
    rest = schema.empty_table()
    for table in tables:
        rest = pa.concat_tables([rest, table.select(schema.names).cast(schema)])
        while len(rest) >= size:
            yield rest.slice(0, size).combine_chunks()
            rest = rest.slice(size)
    if len(rest):
        yield rest.combine_chunks()
