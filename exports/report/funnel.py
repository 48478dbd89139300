"""The funnel as a waterfall: what came in, what left at each step and why, what was kept; and the same by source."""

from pathlib import Path
from typing import Any

import polars as pl

from exports.report.bars import bar
from exports.report.harmless import shown, table
from schemas.ledger import STAGES

_ORDER = {stage: at for at, stage in enumerate(("in", *STAGES, "kept"))}


def section(release: Path) -> str:
    """All sources together as bars, each where the one before it ended; then every source in numbers."""
    counts = pl.read_parquet(release / "funnel.parquet")
    lines = counts.group_by("stage", "reason").agg(pl.col("rows", "words").sum()).to_dicts()
    lines.sort(key=lambda line: (_ORDER.get(line["stage"], len(_ORDER)), -line["rows"], line["reason"] or ""))
    whole = max([line["rows"] for line in lines if line["stage"] == "in"], default=0)
    if not whole:
        return "<p>No row came in.</p>"
    told = "<p class='soft'>A line is a row, or a record that gave none; each bar begins where what is left ends.</p>"
    head = '<b class="name">step</b><b></b><b>rows</b><b>words</b>'
    return f'{told}<div class="fall">{head}{"".join(_bars(lines, whole))}</div>{_by_source(counts)}'


def _bars(lines: list[dict[str, Any]], whole: int) -> list[str]:
    left, drawn = whole, []
    for line in lines:
        stage, rows = line["stage"], line["rows"]
        start = 0 if stage in ("in", "kept") else left - rows
        left = start if stage in STAGES else left
        name = shown(f"{stage}: {line['reason']}" if line["reason"] else stage)
        drawn.append(f'<span class="name">{name}</span>{bar(start / whole, (start + rows) / whole, shown(stage))}')
        drawn.append(f"<span>{rows:,}</span><span>{line['words']:,}</span>")
    return drawn


def _by_source(counts: pl.DataFrame) -> str:
    stages = [stage for stage in _ORDER if stage in counts["stage"]]
    rows = counts.group_by("source", "stage").agg(pl.col("rows").sum())
    of = {(source, stage): count for source, stage, count in rows.iter_rows()}
    sums = [[source, *(of.get((source, stage), 0) for stage in stages)] for source in sorted(set(counts["source"]))]
    each = counts.sort("source", "stage", "rows", "reason", descending=[False, False, True, False])
    reasons = [
        list(line) for line in each.filter(pl.col("stage").is_in(STAGES)).select("source", *counts.columns[1:]).iter_rows()
    ]
    details = f"<details><summary>every source and reason</summary>{table(counts.columns, reasons)}</details>" if reasons else ""
    return f"<h3>By source, in rows</h3>{table(['source', *stages], sums)}{details}"
