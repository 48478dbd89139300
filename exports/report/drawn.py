"""Which rows a report shows: of each reason and of what was kept a seeded draw, the largest clusters, the nearest misses."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from exports.report import pairs
from exports.report.funnel import reason
from exports.report.pairs import Fallen
from schemas.ledger import STAGES

Line = dict[str, Any]
KEPT = "kept"
_COLUMNS = ["id", "source", "group_id", "unit", "fate", "stage", "reason", "detail", "broken", "twin", "similarity", "words"]
_COLUMNS += ["exports"]
_MOST_REASONS = 80
_CLUSTERS, _MEMBERS, _MISSES = 8, 2, 8


@dataclass(frozen=True)
class Group:
    """Rows that share a fate: how many there are, and those drawn of them."""

    stage: str
    reason: str
    rows: int
    lines: list[Line]


@dataclass(frozen=True)
class Drawn:
    """What a report shows of a release's rows."""

    groups: list[Group]
    sizes: dict[int, int]  # rows in a cluster, the standing one included -> clusters
    clusters: list[tuple[str, int, list[Line]]]  # the standing row, rows that fell to it, some of them
    misses: list[Line]  # pairs nearest to falling
    pairs: list[Line]  # some of the preference export, with their texts
    fallen: list[Fallen]  # and of the comparisons that gave none

    def ids(self) -> list[str]:
        """Every row whose text the report asks for."""
        lines = [line for group in self.groups for line in group.lines]
        found = {line["id"] for line in lines} | {line["twin"] for line in lines if line["twin"]}
        found |= {id for stands, _, fell in self.clusters for id in (stands, *(line["id"] for line in fell))}
        found |= {id for line in lines for id in line.get("beside") or []}
        found |= {line[side] for each in self.fallen for line in each.lines for side in ("chosen_id", "rejected_id")}
        return sorted(found | {miss[side] for miss in self.misses for side in ("id", "other")})


def draw(release: Path, rows: int, seed: int) -> Drawn:
    """Read a release's ledger and pairs; `rows` of each reason, three times as many of what was kept."""
    ledger = pl.read_parquet(release / "ledger.parquet", columns=_COLUMNS).with_columns(
        stage=pl.when(pl.col("fate") == KEPT).then(pl.lit(KEPT)).otherwise("stage"),
        shown=pl.when(pl.col("fate") == KEPT).then(pl.lit(KEPT)).otherwise(reason()),
    )
    answers = (
        ledger.filter(pl.col("group_id").is_not_null())
        .group_by("source", "group_id")
        .agg(answers=pl.col("id").sort_by(pl.col("fate") != KEPT, "id").head(2))
    )
    ledger = ledger.join(answers, on=["source", "group_id"], how="left", maintain_order="left")
    groups = [_group(part, rows, seed) for part in ledger.partition_by("stage", "shown", maintain_order=True)]
    order = {stage: at for at, stage in enumerate((KEPT, *STAGES))}
    groups.sort(key=lambda group: (order.get(group.stage, len(order)), -group.rows, group.reason))
    fell = ledger.filter(  # a comparison counts as one, by its best answer
        (pl.col("stage") == "overlap") & pl.col("unit").is_null() & pl.col("twin").is_in(ledger["id"].implode())
    )
    return Drawn(groups[:_MOST_REASONS], *_clusters(fell), _misses(release, fell), *_compared(release, rows, seed))


def _compared(release: Path, rows: int, seed: int) -> tuple[list[Line], list[Fallen]]:
    return pairs.draw(release, rows, seed), pairs.fallen(release, max(rows // 2, 1), seed)


def _group(part: pl.DataFrame, rows: int, seed: int) -> Group:
    stage, reason = part["stage"][0], part["shown"][0]
    taken = pairs.mixed(part["id"].to_list(), seed)[: rows * 3 if stage == KEPT else rows]
    lines = part.filter(pl.col("id").is_in(taken)).drop("shown").to_dicts()
    found = [
        {**line, "beside": [id for id in line["answers"] or [] if id != line["id"]][:1] if stage == "export" else []}
        for line in sorted(lines, key=lambda line: taken.index(line["id"]))
    ]
    return Group(stage or "", reason or "", part.height, found)


def _clusters(fell: pl.DataFrame) -> tuple[dict[int, int], list[tuple[str, int, list[Line]]]]:
    sizes = fell.group_by("twin").len().sort(["len", "twin"], descending=[True, False])
    counts = dict(sizes.group_by(pl.col("len") + 1).len("clusters").sort("len").iter_rows())
    largest = [
        (twin, size, fell.filter(pl.col("twin") == twin).sort("similarity", "id", nulls_last=True).head(_MEMBERS).to_dicts())
        for twin, size in sizes.head(_CLUSTERS).iter_rows()
    ]
    return counts, largest


def _misses(release: Path, fell: pl.DataFrame) -> list[Line]:
    """Pairs of which neither fell to the other, the most alike first."""
    pairs = pl.read_parquet(release / "pairs.parquet")
    told = pl.concat([fell.select(id="id", other="twin"), fell.select(id="twin", other="id")])
    near = pairs.join(told, on=["id", "other"], how="anti")
    return near.sort(["similarity", "id", "other", "key"], descending=[True, False, False, False]).head(_MISSES).to_dicts()
