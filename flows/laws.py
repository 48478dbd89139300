"""What must hold before a release becomes current, and what `winnow verify` checks again from its files alone."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import sql
from flows import releases, store
from schemas.faults import DataFault
from schemas.ledger import BIAS, FUNNEL, LEDGER
from sql import duck


def verify(release: Path) -> dict[str, int]:
    """Counts of what was checked. Raises DataFault with the first law that a release breaks."""
    facts = releases.manifest(release)
    for name, sha in facts["files"].items():
        if not (release / name).is_file() or store.sha256(release / name) != sha:
            raise DataFault(f"{release / name}: not what the manifest says (sha256 {sha[:12]}...): run the recipe again")
    for name, schema in (("ledger", LEDGER), ("funnel", FUNNEL), ("bias", BIAS)):
        found = pq.read_schema(release / f"{name}.parquet")
        if not found.equals(schema):
            raise DataFault(f"{name}.parquet: schema differs from this version's: {_difference(found, schema)}")
    conserved(release)
    return {"files": len(facts["files"]), "records": facts["records"], "rows": facts["rows"]}


def conserved(release: Path) -> None:
    """sql/conservation.sql over the release must find nothing. Raises DataFault with what it found."""
    broken = duck.query(duck.release(release), sql.question("conservation")).to_pylist()
    if broken:
        raise DataFault(f"conservation is broken in {len(broken)} places, first: {broken[0]}")


def records(counted: int, in_rows: pa.Array, refused: pa.Array) -> None:
    """Every record is in a row or refused, none is both, and together they are all. Raises DataFault with the numbers."""
    used, left = pc.unique(in_rows), pc.unique(refused)
    both = used.filter(pc.is_in(used, value_set=left))
    if len(both):
        raise DataFault(f"{len(both)} records are both in a row and refused, first: {pc.min(both)}")
    if len(used) + len(left) != counted:
        raise DataFault(f"{counted:,} records were read, {len(used):,} are in rows and {len(left):,} were refused")


def _difference(found: pa.Schema, wanted: pa.Schema) -> str:
    for field in wanted:
        if field.name not in found.names or not found.field(field.name).equals(field):
            return f"column {field.name!r}"
    return "more columns than known"
