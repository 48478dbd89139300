"""The door for Python.

>>> import winnow
>>> release = winnow.run("everyday", ["my_dump.json"])
>>> winnow.open(release).sql("SELECT reason, count(*) AS rows FROM ledger GROUP BY ALL ORDER BY rows DESC")
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from datasketch import LeanMinHash, MinHashLSH

__all__ = ["Release", "minhash", "open", "open_index", "run"]


@dataclass(frozen=True)
class Release:
    """A release's folder, and questions over it."""

    path: Path

    def sql(self, question: str, **params: Any) -> pa.Table:
        """The answer to a question from sql/ by name, or to a query of your own, as an Arrow table."""
        import sql
        from sql import duck

        asked = sql.question(question) if question in sql.questions() else question
        return duck.query(duck.release(self.path), asked, params or None)

    @property
    def manifest(self) -> dict[str, Any]:
        """Inputs, versions, counts and hashes."""
        from flows import releases

        return releases.manifest(self.path)


def run(
    recipe: str,
    paths: list[str | Path] | None = None,
    *,
    data: str | Path | None = None,
    out: str | Path | None = None,
    changes: list[str] | None = None,
    runner: str = "threads",
    workers: int | None = None,
) -> Path:
    """Run a recipe, by file or by name, and return the folder of its release. Raises schemas.faults.Fault."""
    from flows import kernels, places, runs

    kernels.prepare()
    whole = [Path(path) for path in paths or []]
    planned, place = runs.plan_for(recipe, whole, data and Path(data), out and Path(out), changes or [])
    return runs.run(planned, place, runner, workers or places.cores(), 16 << 20)[0]


def open(release: str | Path | None = None) -> Release:
    """A release by folder or by name; without one, the latest."""
    from flows import releases
    from flows.places import places

    return Release(releases.find(None if release is None else str(release), places()))


def open_index(path: str | Path, similarity: float = 0.8, key: str | None = None) -> "MinHashLSH":
    """What `winnow index` wrote, as a `datasketch.MinHashLSH` of NAME@FINGERPRINT:ID; `key` where it compares several."""
    from flows import kernels

    kernels.prepare()
    from filters.overlap import index
    from flows import indexing

    return index.open_lsh(Path(path), indexing.normal(), similarity, key)


def minhash(text: str, shingle: int = 5, *, chars: bool = False) -> "LeanMinHash":
    """A text as an index has it, to ask the LSH with; the turns of a conversation are joined by a blank line."""
    from flows import kernels

    kernels.prepare()
    import polars as pl

    from filters.overlap import signatures
    from flows import keys

    return signatures.minhashes(keys.spoken(pl.Series([text])).to_arrow(), shingle, chars=chars)[0]
