"""Clusters of rows that resemble each other, pairs just too unlike to fall, and benchmarks found in the rows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from exports.report import differences
from exports.report.bars import bar
from exports.report.drawn import Drawn, Line
from exports.report.harmless import shown, table
from exports.report.samples import AWAY, Text

_SHOWN = 40  # sizes of clusters


def clusters(drawn: Drawn, texts: Mapping[str, Text], most: int) -> str:
    """How large clusters are, and the largest: the row that stands, and what differs in some that fell to it."""
    if not drawn.clusters:
        return ""
    top = max(drawn.sizes.values())
    sizes = "".join(
        f'<span class="name">{size:,} rows</span>{bar(0, count / top, "overlap")}<span>{count:,}</span><span></span>'
        for size, count in list(drawn.sizes.items())[:_SHOWN]
    )
    told = "<p class='soft'>A cluster is a row that stands, and every row that fell because it resembles that row.</p>"
    rest = "".join(_cluster(stands, fell, lines, texts, most) for stands, fell, lines in drawn.clusters)
    return f'{told}<div class="fall">{sizes}</div><h3>The largest</h3>{rest}'


def _cluster(stands: str, fell: int, lines: list[Line], texts: Mapping[str, Text], most: int) -> str:
    kept = texts.get(stands)
    drawn = differences.turns(kept.messages, None, most) if kept else AWAY
    rows = "".join(_beside(kept, line["id"], f"{_alike(line)} ({line['reason']})", texts, most) for line in lines)
    some = "" if fell == len(lines) else f", {len(lines)} of them here"
    return (
        f"<details><summary>{fell:,} fell to {shown(stands)}{some}</summary>"
        f'<article class="kept"><div class="id">stands: {shown(stands)}</div>{drawn}</article>{rows}</details>'
    )


def misses(drawn: Drawn, texts: Mapping[str, Text], most: int) -> str:
    """The pairs most alike of which neither fell to the other."""
    parts = [
        f"<details><summary>{miss['similarity']:.1%} of the {shown(miss['key'])}: {shown(miss['id'])}</summary>"
        + _beside(texts.get(miss["id"]), miss["other"], f"differences from {miss['id']}", texts, most)
        + "</details>"
        for miss in drawn.misses
    ]
    return f"<p class='soft'>Alike, and yet neither fell to the other; the most alike first.</p>{''.join(parts)}" if parts else ""


def _beside(kept: Text | None, row: str, said: str, texts: Mapping[str, Text], most: int) -> str:
    other = texts.get(row)
    drawn = differences.turns(other.messages, kept.messages if kept else None, most) if other else AWAY
    return f'<article class="overlap"><div class="id">{shown(row)}</div><p class="verdict">{shown(said)}</p>{drawn}</article>'


def _alike(line: Line) -> str:
    return "" if line["similarity"] is None else f"alike by {line['similarity']:.1%}; struck out: only in the row that stands"


def contamination(release: Path) -> str:
    """By benchmark: how many items were looked for, how many rows hold one, and by which side."""
    known = pl.read_parquet(release / "benchmarks.parquet")
    hits = pl.read_parquet(release / "contamination.parquet", columns=["rule", "benchmark", "id", "item", "side", "how"])
    keys = ["rule", "benchmark"]
    found = hits.group_by(*keys, "side", "how").agg(rows=pl.col("id").n_unique(), held=pl.col("item").n_unique())
    lines = known.join(found, on=keys, how="left").with_columns(pl.col("too_short").list.len()).sort(*keys, "side", "how")
    return table(
        ["rule", "benchmark", "items", "with answer", "too short", "found in", "by", "rows", "items found"],
        [_line(each) for each in lines.to_dicts()],
    )


def _line(each: dict[str, Any]) -> list[object]:
    counts = [each["items"], each["answers"], each["too_short"]]
    return [each["rule"], each["benchmark"], *counts, each["side"], each["how"], each["rows"] or 0, each["held"] or 0]
