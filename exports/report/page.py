"""The page: sections that have something to say, in one file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from exports.report import funnel, overlaps, samples, signals, winners
from exports.report.document import Section, document, report_file
from exports.report.drawn import Drawn
from exports.report.harmless import shown

MOST = 5_000_000  # bytes of a page
_TURN, _LEAST = 4000, 100  # characters shown of a turn, halved until the page fits


def page(release: Path, drawn: Drawn, texts: Mapping[str, samples.Text], limits: signals.Limits) -> str:
    """report.html of a release, for rows drawn of it, their texts (a missing one is said) and the limits that rules set."""
    manifest = json.loads((release / "manifest.json").read_bytes())
    charts = [
        ("funnel", "What came in, and why rows fell", funnel.section(release)),
        ("signals", "Before and after", signals.section(release, limits)),
        (
            "benchmarks",
            "Benchmarks found",
            overlaps.contamination(release) if _has(release, "benchmarks", "contamination") else "",
        ),
        ("winners", "What wins pairs", winners.bias(release) if _has(release, "bias") else ""),
        ("classifiers", "Classifiers", winners.classifiers(manifest)),
    ]
    repairs, most = _repairs(release, drawn), _TURN
    while True:
        rows = [
            ("clusters", "Rows that resemble each other", overlaps.clusters(drawn, texts, most)),
            ("misses", "Near misses", overlaps.misses(drawn, texts, most)),
            ("rows", "Rows to read", samples.section(drawn, texts, repairs, most)),
        ]
        made = _filled(manifest, charts[:2] + rows[:2] + charts[2:] + rows[2:])
        if len(made.encode()) <= MOST or most <= _LEAST:
            return made
        most //= 2


def _has(release: Path, *tables: str) -> bool:
    """Whether these are there: a release of an earlier version may lack one."""
    return all((release / f"{name}.parquet").is_file() for name in tables)


def _filled(manifest: dict[str, Any], sections: list[tuple[str, str, str]]) -> str:
    there = [Section(*each) for each in sections if each[2]]
    links = "".join(f'<a href="#{each.name}">{each.title}</a>' for each in there)
    return document(f"{manifest['name']}: what became of every row", _head(manifest), links, there, script=report_file("js"))


def _head(manifest: dict[str, Any]) -> str:
    counts = [(name, sum(splits.values())) for name, splits in sorted(manifest["counts"].items())]
    facts = [
        ("records read", manifest["records"]),
        ("rows", manifest["rows"]),
        *((f"rows in {name}", rows) for name, rows in counts),
    ]
    drawn = "".join(f"<div><dt>{shown(what)}</dt><dd>{count:,}</dd></div>" for what, count in facts)
    said = f"release {manifest['fingerprint']}, licence {manifest['license']}, from {len(manifest['sources'])} sources"
    return f'<p class="soft">{shown(said)}</p><dl class="facts">{drawn}</dl>'


def _repairs(release: Path, drawn: Drawn) -> dict[str, str]:
    """The edits of each drawn row, in words."""
    ids = [line["id"] for group in drawn.groups for line in group.lines]
    found = pl.scan_parquet(release / "edits.parquet").filter(pl.col("id").is_in(ids)).collect().sort("id", "turn", "edit")
    said = found.with_columns(said=pl.format("{} ×{} in turn {}", "edit", "count", "turn"))
    return dict(said.group_by("id", maintain_order=True).agg(pl.col("said").str.join(", ")).iter_rows())
