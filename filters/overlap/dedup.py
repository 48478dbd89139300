"""The engine alone: near duplicates of one Parquet or JSONL file, without recipe or flow.

Of texts that are alike the longest stays, then the first. What is kept is the file's own rows (a JSONL line byte for byte);
what falls is told in a Parquet file beside it: row, twin (rows count from 0) and similarity. Memory goes by rows, not by
their texts: those are read batch by batch, signed, if there are many to a file beside OUT, and read again to be written.
"""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from filters.overlap import signatures, textfile
from filters.overlap.twins import settle
from schemas.faults import UsageFault

DROPPED = pa.schema([("row", pa.int64()), ("twin", pa.int64()), ("similarity", pa.float64())])


class Count(NamedTuple):
    """What became of a file's rows."""

    rows: int
    kept: int


def drops(
    batches: Iterable[pa.Array],
    scratch: Path,
    similarity: float = 0.8,
    *,
    shingle: int = 5,
    chars: bool = False,
    short: int = 0,
    threads: int = 1,
) -> tuple[int, pa.Table]:
    """The number of texts, and those that fall (DROPPED, sorted): a longer or earlier standing row, the twin, is like them.

    A null text is nobody's twin. `shingle`, `chars` and `short` are those of `signatures.sign`. `scratch`: a folder for
    signatures, about 3 KB a text.
    """
    lengths = [np.zeros(0, np.int32)]  # -1 for null

    def numbered() -> Iterator[pa.Table]:
        done = 0
        for batch in batches:
            lengths.append(pc.fill_null(pc.binary_length(batch), -1).to_numpy(zero_copy_only=False).astype(np.int32))
            yield pa.table({"id": pa.array(np.arange(done, done + len(batch))).cast(pa.string()), "text": batch})
            done += len(batch)

    signed = signatures.held(numbered(), scratch / "signed.arrow", shingle, chars=chars, short=short, threads=threads)
    sizes = np.concatenate(lengths)
    rows = np.flatnonzero(sizes >= 0)
    best_first = np.argsort(-sizes[rows], kind="stable")
    said = settle(signed, best_first, similarity, near=0.0, threads=threads)
    fallen = np.flatnonzero(said.twins >= 0)
    row, twin = rows[best_first[fallen]], rows[best_first[said.twins[fallen]]]
    table = pa.Table.from_arrays([pa.array(row), pa.array(twin), pa.array(said.similarity[fallen])], schema=DROPPED)
    return len(sizes), table.sort_by("row")


def dedup(
    source: Path,
    out: Path,
    *,
    text: str | None = None,
    begun: Iterator[pa.Array] | None = None,
    similarity: float = 0.8,
    shingle: int = 5,
    chars: bool = False,
    short: int = 0,
    threads: int = 1,
) -> Count:
    """Write the rows of `source` that stay to `out`, and OUT.dropped.parquet beside it; OUT's suffix decides: Parquet or lines.

    `begun`: the file's texts, where somebody has begun to read them. Raises MissingFault, UsageFault (no such column, no file to
    write to) or DataFault (a line that is not JSON).
    """
    if not 0 < similarity <= 1:
        raise UsageFault(f"similarity {similarity} is not between 0 and 1: 0.8 is usual, 1.0 means equal texts")
    batches = begun or textfile.texts(source, text)
    if out.is_dir() or (out.exists() and out.samefile(source)):
        raise UsageFault(f"{out}: {'a folder' if out.is_dir() else 'the file that is read'}: name another file to write to")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".winnow-", dir=out.parent) as scratch:
        rows, fallen = drops(batches, Path(scratch), similarity, shingle=shingle, chars=chars, short=short, threads=threads)
    stays = np.ones(rows, bool)
    stays[fallen["row"].to_numpy()] = False
    textfile.keep(source, out, stays)
    pq.write_table(fallen, out.with_name(out.name.removesuffix(".parquet") + ".dropped.parquet"))
    return Count(rows, int(stays.sum()))
