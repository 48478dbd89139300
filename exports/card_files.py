"""What a dataset card says of the files of a release's exports: columns and their types, and rows and bytes by split."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas import parquet


def columns(release: Path, export: str) -> pa.Schema | None:
    """What an export's rows hold; None of one in JSON lines."""
    files = sorted(release.glob(f"{export}/*-of-*.parquet"))
    return pq.read_schema(files[0]) if files and not any(release.glob(f"{export}/*.jsonl")) else None


def feature(kind: pa.DataType) -> dict[str, Any]:
    """An Arrow type as `datasets` writes one into a card."""
    if pa.types.is_list(kind):
        inner = feature(kind.value_type)
        return {"list": inner.get("dtype") or inner.get("struct") or inner}
    if pa.types.is_struct(kind):
        return {"struct": [{"name": field.name, **feature(field.type)} for field in kind]}
    return {"dtype": {"double": "float64", "float": "float32"}.get(str(kind), str(kind))}


def info(release: Path, name: str, splits: dict[str, int]) -> dict[str, Any] | None:
    """A config's entry of `dataset_info`, as `datasets` writes one; None where its files are not at hand.

    Rows are those of the manifest, which that library counts again as it loads. JSON lines have no types, and their own bytes.
    """
    schema = columns(release, name)
    kind = "jsonl" if schema is None else "parquet"
    files = {split: sorted(release.glob(f"{name}/{split}-*.{kind}")) for split in splits}
    if not all(files.values()):
        return None
    sizes = {split: sum(map(_loaded, each)) for split, each in files.items()}
    features = [] if schema is None else [{"name": field.name, **feature(field.type)} for field in schema]
    return {
        "config_name": name,
        **({"features": features} if features else {}),
        "splits": [{"name": split, "num_bytes": sizes[split], "num_examples": rows} for split, rows in splits.items()],
        "download_size": sum(file.stat().st_size for each in files.values() for file in each),
        "dataset_size": sum(sizes.values()),
    }


def _loaded(file: Path) -> int:
    """Bytes of a file's rows in memory, added up as `datasets` does: a row group at a time."""
    return sum(batch.nbytes for batch in _batches(file)) if file.suffix == ".parquet" else file.stat().st_size


def _batches(file: Path) -> Iterator[pa.RecordBatch]:
    with parquet.opened(file) as opened:
        most = opened.metadata.row_group(0).num_rows if opened.num_row_groups else 1
        yield from opened.iter_batches(most)
