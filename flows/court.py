"""The court: units, who of them stands, what fell on whom and why, and in which order they are looked at."""

from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pyarrow as pa

from filters.overlap.index import Setting
from flows.published import Remembered
from schemas.recipe import Order
from sql.rules import prefer as ordered

VERDICT: dict[str, Any] = {
    "id": pl.String,
    "stage": pl.String,
    "reason": pl.String,
    "detail": pl.String,
    "broken": pl.List(pl.String),
    "twin": pl.String,
    "similarity": pl.Float64,
}


@dataclass
class Court:
    """Units in the order of ids, and the verdicts so far."""

    units: pl.DataFrame
    verdicts: list[pl.DataFrame]
    known: Remembered | None = None
    spared: list[pl.DataFrame] = field(default_factory=list)  # what would have fallen, had nobody marked it

    def standing(self) -> pl.DataFrame:
        """Units that no verdict fell on."""
        return self.units.join(pl.concat(self.verdicts), on="id", how="anti", maintain_order="left")

    def fell(self, stage: str, reason: str, fallen: pl.DataFrame, unless: str = "free") -> None:
        """Take down what fell for one reason, but for the units of this column; missing columns are null."""
        said = fallen.with_columns(stage=pl.lit(stage), reason=pl.lit(reason), broken=pl.lit([reason], pl.List(pl.String)))
        self.judged(verdict(said), unless)

    def judged(self, verdicts: pl.DataFrame, unless: str) -> None:
        """Add verdicts (VERDICT); those on units of this column are only noted."""
        marked = self.units.filter(unless).select("id")
        self.verdicts.append(verdicts.join(marked, on="id", how="anti", maintain_order="left"))
        self.spared.append(verdicts.join(marked, on="id", how="semi", maintain_order="left"))


def sided(units: pl.DataFrame, known: Remembered | None) -> pl.DataFrame:
    return known.sided(units) if known else units.with_columns(published=pl.lit(None, pl.String), side=pl.lit(0, pl.Int8))


def verdict(frame: pl.DataFrame) -> pl.DataFrame:
    missing = [pl.lit(None, kind).alias(name) for name, kind in VERDICT.items() if name not in frame.columns]
    return frame.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in VERDICT.items())


def preferred(units: pl.DataFrame, prefer: list[Order]) -> pl.DataFrame:
    """Units from the most preferred down: the winning side first, of it what a list keeps, NULLs last, ties by id."""
    order = [("side", "ASC"), ("free", "DESC"), *(ordered(entry, units.columns) for entry in prefer), ("id", "ASC")]
    return units.sort(
        [pl.col(name) if isinstance(way, str) else _place(name, way) for name, way in order],
        descending=[way == "DESC" for _, way in order],
        nulls_last=True,
    )


def _place(name: str, values: list[str]) -> pl.Expr:
    """Where a column's value stands among `values`; all others together after them."""
    places = {value: at for at, value in enumerate(dict.fromkeys(values))}
    place = pl.col(name).replace_strict(places, default=len(places), return_dtype=pl.Int32)
    return pl.when(pl.col(name).is_not_null()).then(place)


def ranked(court: Court, units: pl.DataFrame, setting: Setting | None = None) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Ids and families of units in their order, what was published by a setting on its side."""
    parts = [units.select("id", "family")]
    if court.known and setting:
        parts.insert(0 if court.known.wins else 1, court.known.beside(units, setting))
    columns = pl.concat(parts).to_arrow().cast(pa.schema([("id", pa.string()), ("family", pa.string())]))
    return columns["id"], columns["family"]
