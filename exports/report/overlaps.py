"""Clusters of rows that resemble each other, pairs just too unlike to fall, and benchmarks found in the rows."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from exports.report import differences
from exports.report.charts import (
    Layer,
    Margin,
    Sheet,
    across,
    colour,
    down,
    drawing,
    ground,
    limits,
    listed,
    marks,
    silent,
    ticks,
)
from exports.report.controls import legend
from exports.report.drawn import Drawn, Line
from exports.report.harmless import shown, table
from exports.report.samples import AWAY, Text
from schemas.ledger import TASK
from schemas.recipe import Near, Recipe

_BINS, _WIDE, _SHOWN, _FEW = 25, 300, 24, 90
_SIZES = ((2, "2"), (3, "3"), (4, "4"), (5, "5-9"), (10, "10-19"), (20, "20-49"), (50, "50-99"), (100, "100+"))
_FATES = ((True, "overlap", "in which one fell to the other"), (False, "in", "of which neither fell to the other"))


def clusters(drawn: Drawn, texts: Mapping[str, Text], most: int) -> str:
    """How large clusters are, and the largest: the row that stands, and what differs in some that fell to it."""
    if not drawn.clusters:
        return ""
    told = "A cluster is a row that stands, and every row that fell because it resembles that row."
    rest = "".join(_cluster(stands, fell, lines, texts, most) for stands, fell, lines in drawn.clusters)
    return f"<p class='soft'>{told}</p><h3>The largest clusters</h3>{rest}"


def sizes(counted: Mapping[int, int]) -> str:
    """A figure of clusters by size (rows with the one that stands -> clusters)."""
    starts = [start for start, _ in _SIZES]
    counts = {said: 0 for _, said in _SIZES}
    for size, count in counted.items():
        counts[next(said for start, said in reversed(_SIZES) if size >= start or start == starts[0])] += count
    top = max(counts.values())
    rows = [
        {"x": at, "zero": 0, "high": max(count, top / 30) if count else 0, "text": f"{count:,}" if count else "", "name": said}
        for at, (said, count) in enumerate(counts.items())
    ]
    told = [{**row, "says": f"{row['text']} clusters of {row['name']} rows"} for row in rows if row["text"]]
    x = across("x", -0.5, len(_SIZES) - 0.5)
    bottom = {"x": x, "y": down("zero", 0, top)}
    layers = [
        marks("bar", told, {"x": x, "y": down("high", 0, top), "y2": {"field": "zero"}}, color="var(--overlap)", size=22),
        marks("text", rows, {"x": x, "y": down("high", 0, top), "text": {"field": "text"}}, dy=-8, fontSize=10),
        marks("text", rows, {**bottom, "text": {"field": "name"}}, dy=11, fill="var(--soft)", fontSize=10),
        ground(top),
    ]
    caption = "<figcaption><b>clusters</b><span>by how many rows they hold</span></figcaption>"
    return f"<figure>{caption}{drawing(layers, (_WIDE, 76), Margin(16, 6, 20, 6), 'hist', 'clusters by size')}</figure>"


def similarities(release: Path, asked: Recipe, counted: Mapping[int, int]) -> str:
    """How alike the compared pairs are, by what was compared, with the number from which a row falls; and clusters by size."""
    pairs = pl.read_parquet(release / "pairs.parquet")
    if not pairs.height and not counted:
        return ""
    fell = pl.read_parquet(release / "ledger.parquet", columns=["id", "stage", "twin"]).filter(pl.col("stage") == "overlap")
    told = pl.concat([fell.select("id", other="twin"), fell.select(id="twin", other="id")]).unique().with_columns(fell=True)
    known = pairs.join(told, on=["id", "other"], how="left").with_columns(pl.col("fell").fill_null(value=False))
    near: dict[str, list[tuple[str, float]]] = {}
    for name, rule in asked.overlap.items():
        if isinstance(rule, Near):
            near.setdefault(rule.key, []).append((name, rule.similarity))
    parts = []
    for (key,), part in sorted(known.partition_by("key", as_dict=True).items()):
        rules = near.get(key, [])
        said = "".join(f'<p class="rule">{shown(name)}: from {similarity:.0%} on one falls</p>' for name, similarity in rules)
        caption = f"<figcaption><b>{shown(key)}</b><span>{part.height:,} pairs compared</span></figcaption>"
        parts.append(f"<figure>{caption}{_similar(key, part, [at for _, at in rules])}{said}</figure>")
    kinds = [("overlap", "one fell to the other"), ("in", "neither fell to the other"), ("limit", "from here on one falls")]
    parts += [sizes(counted)] if counted else []
    return f"{legend(kinds)}<div class='charts'>{''.join(parts)}</div>"


def _similar(key: str, pairs: pl.DataFrame, named: list[float]) -> str:
    low = max(0.0, math.floor(min([float(pairs["similarity"].min() or 0), *named]) * 20) / 20)  # type: ignore[arg-type]
    low = min(low, 0.95)
    step = (1 - low) / _BINS
    at = ((pl.col("similarity") - low) / step).floor().clip(0, _BINS - 1).cast(pl.Int64)
    counts = pairs.group_by(at=at, fell="fell").len().sort("at", "fell")
    of = {(place, fell): count for place, fell, count in counts.iter_rows()}
    top = max(of.get((place, True), 0) + of.get((place, False), 0) for place in range(_BINS))
    rows = []
    for place in range(_BINS):
        start, high = {"from": low + place * step, "to": low + (place + 1) * step}, 0.0
        for fell, tone, said in _FATES:
            if count := of.get((place, fell), 0):
                says = f"{count:,} pairs {said}, alike by {start['from']:.1%} to {start['to']:.1%}"
                end = high + max(count, top / 20)
                rows.append({**start, "low": high, "high": end, "colour": f"var(--{tone})", "says": says})
                high = end
    x = across("from", low, 1, values=ticks(low, 1), format=".0%", grid=False)
    bar = {"x": x, "x2": {"field": "to"}, "y": down("low", 0, top), "y2": {"field": "high"}, "color": colour()}
    layers = [marks("bar", rows, bar), limits(x, named), ground(top)]
    return drawing(layers, (_WIDE, 84), Margin(8, 16, 20, 16), "hist", f"how alike pairs are, {key}")


def _cluster(stands: str, fell: int, lines: list[Line], texts: Mapping[str, Text], most: int) -> str:
    rows = "".join(_beside(stands, line["id"], f"{_alike(line)} ({line['reason']})", texts, most) for line in lines)
    some = "" if fell == len(lines) else f", {len(lines)} of them here"
    first = f'<article class="kept"><div class="id">stands: {shown(stands)}</div>{_turns(stands, texts, most)}</article>'
    return f"<details><summary>{fell:,} fell to {_begins(stands, texts)}{some}</summary>{first}{rows}</details>"


def misses(drawn: Drawn, texts: Mapping[str, Text], most: int) -> str:
    """The pairs most alike of which neither fell to the other."""
    parts = [
        f"<details><summary>{miss['similarity']:.1%} of the {shown(miss['key'])}: {_begins(miss['id'], texts)}</summary>"
        f'<article class="overlap"><div class="id">{shown(miss["id"])}</div>{_turns(miss["id"], texts, most)}</article>'
        + _beside(miss["id"], miss["other"], f"differences from {miss['id']}", texts, most)
        + "</details>"
        for miss in drawn.misses
    ]
    return f"<p class='soft'>Alike, and yet neither fell to the other; the most alike first.</p>{''.join(parts)}" if parts else ""


def _beside(stands: str, row: str, said: str, texts: Mapping[str, Text], most: int) -> str:
    drawn = _turns(row, texts, most, texts.get(stands))
    return f'<article class="overlap"><div class="id">{shown(row)}</div><p class="verdict">{shown(said)}</p>{drawn}</article>'


def _begins(row: str, texts: Mapping[str, Text]) -> str:
    """What a row is about: how its first turn of the user begins, or else its id."""
    asked = [turn["content"] for turn in texts[row].messages if turn["role"] == "user"] if row in texts else []
    said = " ".join(asked[0].split())[:400] if asked else ""
    return f"<q>{shown(said if len(said) <= _FEW else said[:_FEW] + '…')}</q>" if said else shown(row)


def _turns(row: str, texts: Mapping[str, Text], most: int, beside: Text | None = None) -> str:
    """A row's turns; with `beside`, what differs from that row's marked."""
    text = texts.get(row)
    return differences.turns(text.messages, beside.messages if beside else None, most) if text else AWAY


def _alike(line: Line) -> str:
    """Of what a rule compares, which may be less than the whole."""
    alike = f"alike by {line['similarity']:.1%} in what the rule compares"
    return "" if line["similarity"] is None else f"{alike}; struck out: only in the row that stands"


def contamination(release: Path) -> str:
    """By benchmark: how many items were looked for, how many rows hold one, and by which side."""
    known = pl.read_parquet(release / "benchmarks.parquet")
    hits = pl.read_parquet(release / "contamination.parquet", columns=["rule", "benchmark", "id", "item", "side", "how"])
    if not known.height:
        return ""
    keys = ["rule", "benchmark"]
    found = hits.group_by(*keys, "side", "how").agg(rows=pl.col("id").n_unique(), held=pl.col("item").n_unique())
    lines = known.join(found, on=keys, how="left").with_columns(pl.col("too_short").list.len()).sort(*keys, "side", "how")
    drawn = table(
        ["rule", "benchmark", "items", "with answer", "too short", "found in", "by", "rows", "items found"],
        [_line(each) for each in lines.to_dicts()],
    )
    items = hits.group_by(keys).agg(rows=pl.col("id").n_unique(), held=pl.col("item").n_unique())
    shares = known.join(items, on=keys, how="left").with_columns(pl.col("rows", "held").fill_null(0))
    largest = shares.filter(pl.col("held") > 0).sort("held", "benchmark", descending=[True, False]).head(_SHOWN).to_dicts()
    counted = shares.group_by(pl.col("benchmark").str.replace(TASK, "$1")).agg(pl.col("held").sum())
    none = counted.filter(held=0).height
    rest = f"Of {none:,} benchmarks nothing was found." if none else ""
    told = "Of the items looked for, those that stand in some row, whether it fell for it or for something before."
    numbers = f"<details><summary>The numbers</summary>{drawn}</details>"
    return f"<p class='soft'>{told}</p>{_found(largest) if largest else ''}<p class='soft'>{rest}</p>{numbers}"


def _found(lines: list[dict[str, Any]]) -> str:
    """A bar a benchmark: the share of its items that were found."""
    sums = [f"{line['held']:,} of {line['items']:,} in {line['rows']:,} rows" for line in lines]

    def layers(sheet: Sheet) -> list[Layer]:
        rows = []
        for at, line in enumerate(lines):
            share = line["held"] / max(line["items"], 1)
            told = f"{line['benchmark']}: {line['held']:,} of {line['items']:,} items ({share:.1%}), in {line['rows']:,} rows"
            rows.append({"low": 0, "all": 1, "share": max(share, 0.004) if share else 0, **sheet.band(at), "says": told})
        end = {"x2": {"field": "low"}, **sheet.bands()}
        return [
            marks("bar", silent(rows), {"x": across("all", 0, 1), **end}, color="var(--line)"),
            marks("bar", rows, {"x": across("share", 0, 1), **end}, color="var(--overlap)"),
        ]

    return listed([line["benchmark"] for line in lines], sums, layers, "items of benchmarks found")


def _line(each: dict[str, Any]) -> list[object]:
    counts = [each["items"], each["answers"], each["too_short"]]
    return [each["rule"], each["benchmark"], *counts, each["side"], each["how"], each["rows"] or 0, each["held"] or 0]
