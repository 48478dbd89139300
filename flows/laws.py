"""What must hold before a release becomes current, and what `winnow verify` checks again from its files alone."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import sql
from flows import releases, store
from schemas import recipe as recipes
from schemas.faults import DataFault
from schemas.ledger import BENCHMARKS, BIAS, COMPARISONS, CONTAMINATION, FUNNEL, LEDGER, OMITTED
from sql import duck

_TABLES = {
    "ledger": LEDGER,
    "comparisons": COMPARISONS,
    "omitted": OMITTED,
    "funnel": FUNNEL,
    "bias": BIAS,
    "contamination": CONTAMINATION,
    "benchmarks": BENCHMARKS,
}


def verify(release: Path) -> dict[str, int]:
    """Counts of what was checked. Raises DataFault with the first law that a release breaks."""
    facts = releases.manifest(release)
    hashes(release)
    schemas(release)
    conserved(release)
    expected(release)
    return {"files": len(facts["files"]), "records": facts["records"], "rows": facts["rows"]}


def hashes(release: Path) -> None:
    """Every file that the manifest lists is there with the bytes that it says. Raises DataFault with the first that is not."""
    for name, sha in releases.manifest(release)["files"].items():
        if not (release / name).is_file() or store.sha256(release / name) != sha:
            raise DataFault(f"{release / name}: not what the manifest says (sha256 {sha[:12]}...): run the recipe again")


def schemas(release: Path) -> None:
    """Tables have this version's schemas, exports one schema each and the rows that the manifest says. Raises DataFault."""
    for name, schema in _TABLES.items():
        if not (release / f"{name}.parquet").is_file():
            raise DataFault(f"{name}.parquet is not there: another version of winnow made this release; run the recipe again")
        found = pq.read_schema(release / f"{name}.parquet")
        if not found.equals(schema):
            raise DataFault(f"{name}.parquet: schema differs from this version's: {_difference(found, schema)}")
    for name, splits in releases.manifest(release)["counts"].items():
        for split, said in splits.items():
            if (rows := counted(release, name, split)) != said:
                raise DataFault(f"{name}/{split}: {rows:,} rows, and the manifest says {said:,}: run the recipe again")
        files = sorted(release.glob(f"{name}/*.parquet"))
        if len({pq.read_schema(file) for file in files}) > 1:
            raise DataFault(f"{name}: its {len(files)} files have not one schema: run the recipe again")


def counted(release: Path, export: str, split: str = "*") -> int:
    """Rows of an export, of all splits or of one, as its files say."""
    return sum(int(pq.read_metadata(file).num_rows) for file in release.glob(f"{export}/{split}-*.parquet"))


def expected(release: Path) -> None:
    """Exports have as many rows as the recipe expects. Raises DataFault with both numbers."""
    for name, rows in recipes.load(release / "recipe.yaml").expect.items():
        found = counted(release, name)
        if not (rows.min or 0) <= found <= (found if rows.max is None else rows.max):
            raise DataFault(
                f"{name} has {found:,} rows, and the recipe expects {_range(rows)}: see `winnow sql funnel`; "
                f"change a rule, or `expect.{name}`"
            )


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


def _range(rows: recipes.Count) -> str:
    if rows.min == rows.max:
        return f"{rows.min:,}"
    return " and ".join(f"at {word} {end:,}" for word, end in (("least", rows.min), ("most", rows.max)) if end is not None)


def _difference(found: pa.Schema, wanted: pa.Schema) -> str:
    for field in wanted:
        if field.name not in found.names or not found.field(field.name).equals(field):
            return f"column {field.name!r}"
    return "more columns than known"
