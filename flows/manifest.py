"""What a release says of itself: inputs, versions, counts. No time, no host, no absolute path, no worker count."""

from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from filters import pii
from flows import code, plan, store
from flows.stages import Shard
from schemas import recipe


def facts(planned: plan.Plan, shards: list[Shard], frame: pl.DataFrame, ids: list[pa.Array]) -> dict[str, Any]:
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
    found = 0
    for file in sorted(draft.glob("*/*.parquet")):
        for batch in pq.ParquetFile(file).iter_batches():
            texts = pl.Series([orjson.dumps(row).decode() for row in batch.to_pylist()], dtype=pl.String)
            found += int(pii.count(texts, ["secret"]).sum())
    return found


def _by_source(ids: list[pa.Array]) -> dict[str, int]:
    """Records of each source."""
    records = pl.Series(pa.chunked_array(ids, pa.string())).unique()
    return dict(records.str.split_exact("/", 1).struct.field("field_0").value_counts().iter_rows())
