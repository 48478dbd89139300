"""The engine alone: near duplicates of one Parquet or JSONL file, without recipe or flow.

Of texts that are alike the longest stays, then the first. What is kept is the file's own rows (a JSONL line byte for byte);
what falls is told in a Parquet file beside it: row, twin (rows count from 0) and similarity.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from filters.overlap.signatures import sign
from filters.overlap.tokens import Texts
from filters.overlap.twins import walk
from schemas.faults import DataFault, MissingFault, UsageFault
from schemas.parquet import settle

DROPPED = pa.schema([("row", pa.int64()), ("twin", pa.int64()), ("similarity", pa.float64())])
TEXTS = ("text", "content", "messages", "conversations")  # looked for in this order where no column is named
TRIPLE = ("instruction", "input", "output")  # else these together, as Alpaca has them


class Count(NamedTuple):
    """What became of a file's rows."""

    rows: int
    kept: int


def drops(
    texts: Texts, similarity: float = 0.8, *, shingle: int = 5, chars: bool = False, short: int = 0, threads: int = 1
) -> pa.Table:
    """Rows that fall (DROPPED, sorted): a longer or earlier standing row, the twin, is at least `similarity` like them.

    A null text is nobody's twin. `shingle`, `chars` and `short` are those of `signatures.sign`.
    """
    if not len(texts):
        return DROPPED.empty_table()
    numbers = pa.array(np.char.zfill(np.arange(len(texts)).astype("U12"), 12))
    lengths = pc.fill_null(pc.binary_length(texts), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    with tempfile.TemporaryDirectory() as folder:
        signed = Path(folder) / "signed.arrow"
        sign(numbers, texts, shingle, signed, chars=chars, short=short, threads=threads)
        best_first = numbers.take(pa.array(np.argsort(-lengths, kind="stable")))
        fallen, _ = walk([signed], "text", similarity, best_first, threads=threads)
    columns = [fallen["id"].cast(pa.int64()), fallen["twin"].cast(pa.int64()), fallen["similarity"]]
    return pa.Table.from_arrays(columns, schema=DROPPED)


def dedup(
    source: Path,
    out: Path,
    *,
    text: str | None = None,
    similarity: float = 0.8,
    shingle: int = 5,
    chars: bool = False,
    short: int = 0,
    threads: int = 1,
) -> Count:
    """Write the rows of `source` that stay to `out`, and OUT.dropped.parquet beside it; OUT's suffix decides: Parquet or lines.

    Raises MissingFault, UsageFault (no such column, no file to write to) or DataFault (a line that is not JSON).
    """
    if not 0 < similarity <= 1:
        raise UsageFault(f"similarity {similarity} is not between 0 and 1: 0.8 is usual, 1.0 means equal texts")
    if not source.is_file():
        raise MissingFault(f"{source}: {'a folder: name one file' if source.is_dir() else 'no such file'}")
    if out.is_dir() or (out.exists() and out.samefile(source)):
        raise UsageFault(f"{out}: {'a folder' if out.is_dir() else 'the file that is read'}: name another file to write to")
    parquet = _is_parquet(source)
    texts = _parquet_texts(source, text) if parquet else _line_texts(source, text)
    fallen = drops(texts, similarity, shingle=shingle, chars=chars, short=short, threads=threads)
    keep = np.ones(len(texts), bool)
    keep[fallen["row"].to_numpy()] = False
    out.parent.mkdir(parents=True, exist_ok=True)
    {
        (True, True): _keep_rows,
        (True, False): _rows_as_lines,
        (False, True): _lines_as_rows,
        (False, False): _keep_lines,
    }[parquet, out.suffix == ".parquet"](source, out, keep)
    side = out.with_name(out.name.removesuffix(".parquet") + ".dropped.parquet")
    pq.write_table(fallen, side)
    return Count(len(keep), int(keep.sum()))


def _is_parquet(source: Path) -> bool:
    """Whether a file is Parquet, not JSON lines. Raises DataFault with the way out where it is neither."""
    with open(source, "rb") as handle:
        head = handle.read(4096).removeprefix(b"\xef\xbb\xbf")
    if head[:3] == b"\x1f\x8b\x08" or head[:4] == b"\x28\xb5\x2f\xfd":
        raise DataFault(f"{source}: packed: unpack it first (`gunzip`, `unzstd`), or use `winnow run`, which reads it as it is")
    if head.lstrip()[:1] == b"[":
        raise DataFault(f"{source}: one JSON array: write it as lines (`jq -c '.[]'`), or use `winnow run`, which reads arrays")
    return head[:4] == b"PAR1"


def _parquet_texts(source: Path, text: str | None) -> pa.ChunkedArray:
    schema = pq.read_schema(source)
    names = _columns(source, schema.names, text)
    table = pq.read_table(source, columns=names)
    column = table[names[0]]
    if len(names) == 1 and (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    rows = (filter(None, map(_flat, row.values())) for row in table.to_pylist())
    return pa.chunked_array([pa.array(["\n".join(row) or None for row in rows], pa.large_string())])


def _line_texts(source: Path, text: str | None) -> pa.ChunkedArray:
    texts: list[str | None] = []
    for number, line in enumerate(_lines(source)):
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError as fault:
            raise DataFault(f"{source}: line {number + 1} is not JSON ({fault}): `winnow run` can quarantine it") from fault
        if not isinstance(record, dict):
            raise DataFault(f"{source}: line {number + 1} is not an object, so it has no text column")
        names = _columns(source, list(record), text)
        texts.append("\n".join(filter(None, (_flat(record[name]) for name in names))) or None)
    return pa.chunked_array([pa.array(texts, pa.large_string())])


def _lines(source: Path) -> Iterator[bytes]:
    with open(source, "rb") as handle:
        yield from (line for line in handle if line.strip())


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


def _keep_rows(source: Path, out: Path, keep: np.ndarray) -> None:
    draft, done = out.with_name(out.name + ".part"), 0
    with pq.ParquetFile(source) as file, pq.ParquetWriter(draft, file.schema_arrow, compression="zstd") as writer:
        for batch in file.iter_batches(1 << 16):
            writer.write_batch(batch.filter(pa.array(keep[done : done + len(batch)])))
            done += len(batch)
    settle(draft, out)


def _rows_as_lines(source: Path, out: Path, keep: np.ndarray) -> None:
    draft, done = out.with_name(out.name + ".part"), 0
    with pq.ParquetFile(source) as file, open(draft, "wb") as handle:
        for batch in file.iter_batches(1 << 12):
            for row in batch.filter(pa.array(keep[done : done + len(batch)])).to_pylist():
                handle.write(orjson.dumps(row, default=str) + b"\n")
            done += len(batch)
    settle(draft, out)


def _lines_as_rows(source: Path, out: Path, keep: np.ndarray) -> None:
    draft = out.with_name(out.name + ".part")
    kept = [orjson.loads(line) for line, stays in zip(_lines(source), keep.tolist(), strict=True) if stays]
    try:
        table = pa.table({name: [row.get(name) for row in kept] for name in dict.fromkeys(key for row in kept for key in row)})
    except pa.ArrowException as fault:
        raise DataFault(f"{source}: its lines are no table ({fault}): give OUT the suffix .jsonl") from None
    pq.write_table(table, draft, compression="zstd")
    settle(draft, out)


def _keep_lines(source: Path, out: Path, keep: np.ndarray) -> None:
    draft = out.with_name(out.name + ".part")
    with open(draft, "wb") as handle:
        for line, stays in zip(_lines(source), keep.tolist(), strict=True):
            if stays:
                handle.write(line if line.endswith(b"\n") else line + b"\n")
    settle(draft, out)
