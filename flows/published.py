"""What earlier releases kept, as `winnow index` remembers it, beside the units of this run.

A unit with the id and the fingerprint of a published row is that row: it stands for it, on the published side. The winning
side comes first in every walk, so that verdicts are those of one walk over both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from filters.overlap import index
from filters.overlap.index import Setting
from flows import code, indexing, store
from schemas.faults import MissingFault, UsageFault
from schemas.ledger import KEPT, SUPERSEDED
from schemas.recipe import Published, Recipe


def located(rule: Published, recipe: Recipe, data: Path) -> Path:
    """The index of a recipe's rule. Raises MissingFault, DataFault, or UsageFault where it lacks what the other rules compare."""
    path = data / rule.index
    if not path.is_file():
        raise MissingFault(f"no index at {path}: make it with `winnow index RELEASE --out {path}`")
    known = index.about(path, indexing.normal())
    for name, wanted in indexing.settings(recipe).items():
        if wanted not in known.settings:
            how = f"--key {wanted.key} --shingle {wanted.shingle}{' --chars' if wanted.chars else ''} --short {wanted.short}"
            raise UsageFault(
                f"overlap.{name} compares {wanted}, and {path} holds {'; '.join(map(str, known.settings))}: let the rule compare "
                f"that, or make it again: winnow index {' '.join(known.releases)} --out {path} {how}"
            )
    return path


def find(recipe: Recipe, data: Path, prints: Mapping[str, str], work: Path) -> "Remembered | None":
    """The index that a recipe names below `data`, if any; `prints` has the fingerprint of every such file."""
    rules = recipe.overlap.items()
    title, rule = next(((title, rule) for title, rule in rules if isinstance(rule, Published)), (None, None))
    if title is None or rule is None:
        return None
    path = data / rule.index
    return Remembered(title, rule.wins == "published", path, prints[str(path)], work)


def replaced(superseded: pl.DataFrame, ledger: pa.Table) -> pa.Table:
    """SUPERSEDED: published rows whose place a kept row takes, each beside the closest; the others stay as they are."""
    kept = ledger.filter(pc.equal(ledger["fate"], KEPT)).select(["id"])
    rows = superseded.join(pl.DataFrame(kept), left_on="twin", right_on="id", how="semi")
    rows = rows.sort("release", "id", "similarity", "twin", "key", descending=[False, False, True, False, False])
    return rows.unique(["release", "id"], keep="first", maintain_order=True).to_arrow().cast(SUPERSEDED)


@dataclass(frozen=True)
class Remembered:
    """An index, and where its sections are unpacked, once."""

    title: str
    wins: bool  # the published side
    file: Path
    sha256: str
    work: Path

    @cached_property
    def about(self) -> index.About:
        """What it holds."""
        return index.about(self.file, indexing.normal())

    def sided(self, units: pl.DataFrame) -> pl.DataFrame:
        """Units with `published`, the name of the row that each is (or null), and `side`: 0 for the winning one."""
        every = pl.concat([self._rows(setting) for setting in self.about.settings]).filter(pl.col("unit").is_null())
        named = every.unique(["id", "fingerprint"], keep="first", maintain_order=True)
        same = named.select("id", "fingerprint", published="name")
        units = units.join(same, on=["id", "fingerprint"], how="left", maintain_order="left")
        is_new = pl.col("published").is_null()
        return units.with_columns(side=(is_new if self.wins else ~is_new).cast(pl.Int8))

    def beside(self, units: pl.DataFrame, setting: Setting) -> pl.DataFrame:
        """The published units that are none of these units, in the order of names: id (RELEASE:ID) and family."""
        rows = (
            self._rows(setting)
            .filter(pl.col("unit").is_null())
            .join(units.select("id", "fingerprint"), on=["id", "fingerprint"], how="anti")
        )
        return rows.select(id="name", family="family").sort("id")

    def answers(self, setting: Setting) -> pl.DataFrame:
        """The rows of published units that are several answers: unit, id, as `units.answers` has them."""
        rows = self._rows(setting).select(pl.coalesce("unit", "name").alias("unit"), id="name")
        return rows.filter(pl.len().over("unit") > 1)

    def signed(self, setting: Setting) -> Path:
        """The signatures of a setting, under the names of `beside`, as one file to map."""

        def make(folder: Path) -> dict[str, Any]:
            return {"rows": index.unpack(self.file, self.about, setting, folder / "signed.arrow")}

        key = store.digest("published", self.sha256, setting, code.fingerprint("filters.overlap"))
        return store.step(self.work, "published", key, make).folder / "signed.arrow"

    def facts(self) -> dict[str, Any]:
        """What a manifest says of it."""
        wins = "published" if self.wins else "new"
        return {"rule": self.title, "sha256": self.sha256, "wins": wins, "releases": self.about.releases}

    def _rows(self, setting: Setting) -> pl.DataFrame:
        return pl.DataFrame(index.rows(self.file, self.about, setting))
