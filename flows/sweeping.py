"""Secrets and personal data in rows as they were read, told by kind and place: what was found is never written anywhere."""

from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from filters import pii
from flows import code, store
from schemas import parquet

PLACES = pa.schema(
    [("id", pa.string()), ("turn", pa.int32()), ("role", pa.string()), ("kind", pa.string()), ("count", pa.int32())]
)


def sweep(work: Path, read: Path, sha: str) -> Path:
    """A shard of rows as read -> PLACES: each turn that holds something, and how often, once for each kind of `pii.KINDS`."""

    def make(folder: Path) -> dict[str, Any]:
        return {"places": parquet.write(_places(parquet.read(read, ["id", "messages"])), folder / "places.parquet", PLACES)}

    key = store.digest("sweep", sha, code.fingerprint("filters.pii", "flows.sweeping"))
    return store.step(work, "sweep", key, make).folder / "places.parquet"


def _places(rows: pa.Table) -> pa.Table:
    turns = pl.DataFrame(rows).with_columns(turn=pl.int_ranges(pl.col("messages").list.len())).explode("messages", "turn")
    turns = turns.drop_nulls("messages").with_columns(pl.col("messages").struct.field("role", "content"))
    held = turns.filter(pii.might(turns["content"], pii.KINDS).fill_null(value=False))
    found: list[dict[str, Any]] = []
    for id, turn, role, content in held.select("id", "turn", "role", "content").iter_rows():
        kinds = [span.kind for span in pii.find(content, pii.KINDS)]
        found += [{"id": id, "turn": turn, "role": role, "kind": kind, "count": kinds.count(kind)} for kind in sorted(set(kinds))]
    return pa.Table.from_pylist(found, schema=PLACES)
