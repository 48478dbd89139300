"""Who stands: first the rules of `keep`, then benchmark contamination, then each overlap rule as written.

Each step sees only the units still standing, so that junk never keeps a good row out. A verdict falls on a unit; its rows share it.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa

from filters import overlap
from flows.stages import Shard
from schemas.recipe import Benchmark, Cap, Near, Recipe
from sql import rules

VERDICT = {
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

    def standing(self) -> pl.DataFrame:
        """Units that no verdict fell on."""
        return self.units.join(pl.concat(self.verdicts), on="id", how="anti", maintain_order="left")

    def fell(self, stage: str, reason: str, fallen: pl.DataFrame) -> None:
        """Take down what fell for one reason; missing columns are null."""
        said = fallen.with_columns(stage=pl.lit(stage), reason=pl.lit(reason), broken=pl.lit([reason], pl.List(pl.String)))
        self.verdicts.append(_verdict(said))


def judge(recipe: Recipe, units: pl.DataFrame, keep: list[rules.Rule], shards: list[Shard]) -> tuple[pl.DataFrame, pa.Table]:
    """Verdicts on units that fell (VERDICT columns), and all verified pairs of the near-duplicate rules."""
    court = Court(units, [pl.DataFrame(schema=VERDICT), _by_rules(units, keep)])
    for name, rule in recipe.overlap.items():
        if isinstance(rule, Benchmark):
            court.fell("overlap", name, _contaminated(court, [shard.covered[name] for shard in shards]))
    pairs = [overlap.PAIRS.empty_table()]
    for name, rule in recipe.overlap.items():
        if isinstance(rule, Near):
            found = _pairs(units, rule, [shard.signed[name] for shard in shards])
            pairs.append(found)
            court.fell("overlap", name, _near(court, rule, found))
        elif isinstance(rule, Cap):
            court.fell("overlap", name, _capped(court, rule, [shard.signed[name] for shard in shards]))
    return pl.concat(court.verdicts), pa.concat_tables(pairs)


def _verdict(frame: pl.DataFrame) -> pl.DataFrame:
    missing = [pl.lit(None, kind).alias(name) for name, kind in VERDICT.items() if name not in frame.columns]
    return frame.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in VERDICT.items())


def _by_rules(units: pl.DataFrame, keep: list[rules.Rule]) -> pl.DataFrame:
    judged = pl.from_arrow(rules.judge(units.to_arrow(), keep))
    return _verdict(judged.filter(pl.col("reason").is_not_null()).with_columns(stage=pl.lit("keep")))


def _preferred(units: pl.DataFrame, prefer: list[str]) -> pl.DataFrame:
    """Units from the most preferred down: NULLs last, ties by id."""
    order = [(entry.split()[0], entry.upper().endswith(" DESC")) for entry in prefer] + [("id", False)]
    return units.sort([name for name, _ in order], descending=[down for _, down in order], nulls_last=True)
