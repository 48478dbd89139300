"""What a release says of itself: inputs, versions, counts. No time, no host, no absolute path, no worker count."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from filters import pii
from flows import code, store
from schemas import recipe

if TYPE_CHECKING:  # numba stands behind both, and a push needs none of it
    from flows.plan import Plan
    from flows.stages import Shard

_GROUPS, _AT_ONCE = 16, 2  # row groups looked at together, and how many such at the same time


def facts(planned: "Plan", shards: "list[Shard]", frame: pl.DataFrame, ids: list[pa.Array]) -> dict[str, Any]:
    """Everything but files, counts of exports and classifiers. `ids`: of all records, in rows or refused."""
    asked = planned.recipe
    edits = pl.concat([pl.read_parquet(shard.edits) for shard in shards])
    rows, records = dict(frame["source"].value_counts().iter_rows()), _by_source(ids)
    return {
        "name": asked.name,
        "fingerprint": planned.fingerprint,
        "license": asked.license,
        "seed": asked.seed,
        "recipe_sha256": store.digest(recipe.as_json(asked)),
        "inputs": [
            {"source": file.source, "file": file.name, "bytes": file.size, "sha256": sha}
            for file, sha in zip(planned.files, planned.hashes, strict=True)
        ],
        "versions": code.libraries(),
        "rows": len(frame),
        "sources": {
            name: {
                "license": spec.license,
                "files": sum(file.source == name for file in planned.files),
                "records": records.get(name, 0),
                "rows": rows.get(name, 0),
            }
            for name, spec in asked.sources.items()
        },
        "edits": {name: int(edits.filter(pl.col("edit") == name)["id"].n_unique()) for name in asked.edits},
    }


def secrets(draft: Path) -> int:
    """Secrets left in anything that an export holds, tool calls included: `winnow push` refuses a release that has one."""
    parts = [
        (file, range(start, min(start + _GROUPS, groups)))
        for file in sorted(draft.glob("*/*.parquet"))
        for groups in [pq.read_metadata(file).num_row_groups]
        for start in range(0, groups, _GROUPS)
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = sum(pool.map(lambda part: _secrets(*part), parts))
    told = (some for file in sorted(draft.glob("*/*.jsonl")) for some in lines(file))
    return found + sum(secrets_in(pa.RecordBatch.from_arrays([some], ["line"])) for some in told)


def _secrets(file: Path, groups: Iterable[int]) -> int:
    """Those in some row groups of a file."""
    return sum(map(secrets_in, pq.ParquetFile(file).read_row_groups(list(groups)).to_batches()))


def secrets_in(batch: pa.RecordBatch) -> int:
    """Secrets in any column of a batch."""
    return sum(int(pii.count(found, ["secret"]).sum()) for column in batch.columns for found in texts(column))


def lines(file: Path) -> Iterator[pa.Array]:
    """JSON lines as texts, some at a time."""
    with open(file, encoding="utf-8") as handle:
        while some := list(islice(handle, 1000)):
            yield pa.array(some, pa.string())


def texts(column: pa.Array) -> Iterator[pl.Series]:
    """All texts in a column, however deep."""
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        yield from texts(column.flatten())
    elif pa.types.is_struct(column.type):
        for field in column.flatten():
            yield from texts(field)
    elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        yield pl.Series(column, dtype=pl.String)


def _by_source(ids: list[pa.Array]) -> dict[str, int]:
    """Records of each source."""
    records = pl.Series(pa.chunked_array(ids, pa.string())).unique()
    return dict(records.str.split_exact("/", 1).struct.field("field_0").value_counts().iter_rows())
