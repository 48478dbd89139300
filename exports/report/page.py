"""The page: sections that have something to say, in one file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from exports.report import funnel, overlaps, pairs, samples, signals, winners
from exports.report.document import Section, document, report_file
from exports.report.drawn import Drawn
from exports.report.harmless import shown
from schemas import recipe as recipes

MOST = 5_000_000  # bytes of a page
TITLES = {
    "funnel": "What came in, and what became of it",
    "signals": "Before and after",
    "overlap": "Rows that resemble each other",
    "near-misses": "Near misses",
    "benchmarks": "Benchmarks found",
    "wins": "What wins pairs",
    "classifiers": "Classifiers",
    "pairs": "Pairs to read",
    "rows": "Rows to read",
}
TURN, LEAST = 4000, 100  # characters shown of a turn, halved until the page fits


def charts(release: Path, drawn: Drawn, limits: signals.Limits) -> dict[str, str]:
    """The sections that show no text, by name: made once, they fit every page of a release."""
    manifest = json.loads((release / "manifest.json").read_bytes())
    return {
        "funnel": funnel.section(release, manifest),
        "signals": signals.section(release, limits),
        "overlap": overlaps.similarities(release, recipes.load(release / "recipe.yaml"), drawn.sizes),
        "benchmarks": overlaps.contamination(release) if _has(release, "benchmarks", "contamination") else "",
        "wins": winners.bias(release) if _has(release, "bias") else "",
        "classifiers": winners.classifiers(manifest),
        "pairs": pairs.became(release, drawn.fallen),
    }


def page(release: Path, drawn: Drawn, texts: Mapping[str, samples.Text], parts: dict[str, str], made: str) -> str:
    """report.html of a release: rows drawn of it, texts of them (a missing one is said), its `charts`, how it was made."""
    manifest = json.loads((release / "manifest.json").read_bytes())
    edited, most = repairs(release, drawn), TURN
    title, head, foot = f"{manifest['name']}: what became of every row", heading(release, manifest, made), _foot(manifest)
    while True:
        read = {
            "overlap": overlaps.clusters(drawn, texts, most),
            "near-misses": overlaps.misses(drawn, texts, most),
            "pairs": _pairs(drawn, texts, most),
            "rows": samples.section(drawn, texts, edited, most),
        }
        there = sections({name: parts.get(name, "") + read.get(name, "") for name in TITLES})
        filled = document(title, head, links(there), there, foot=foot, script=report_file("js"))
        if len(filled.encode()) <= MOST or most <= LEAST:
            return filled
        most //= 2


def sections(bodies: Mapping[str, str]) -> list[Section]:
    """Those that have something to say, in order."""
    return [Section(name, title, bodies[name]) for name, title in TITLES.items() if bodies.get(name)]


def _pairs(drawn: Drawn, texts: Mapping[str, samples.Text], most: int) -> str:
    messages = {id: text.messages for id, text in texts.items()}
    return pairs.section(drawn.pairs, drawn.fallen, messages, most)


def links(sections: list[Section]) -> str:
    """A word for each section, for the line that stays on top."""
    return "".join(f'<a href="#{each.name}">{each.name.replace("-", " ")}</a>' for each in sections)


def facts(said: list[tuple[str, str]]) -> str:
    """Numbers that matter, large, each over what it counts."""
    return (
        f'<dl class="facts">{"".join(f"<div><dt>{shown(what)}</dt><dd>{shown(value)}</dd></div>" for what, value in said)}</dl>'
    )


def _has(release: Path, *tables: str) -> bool:
    """Whether these are there: a release of an earlier version may lack one."""
    return all((release / f"{name}.parquet").is_file() for name in tables)


def heading(release: Path, manifest: dict[str, Any], made: str) -> str:
    """What a release is, how much of it was kept and how its page was made, for the top of one."""
    fates = dict(pl.read_parquet(release / "ledger.parquet", columns=["fate"])["fate"].value_counts().iter_rows())
    kept, rows = fates.get("kept", 0), manifest["rows"]
    told = [
        ("records read", f"{manifest['records']:,}"),
        ("rows in them", f"{rows:,}"),
        ("rows kept", f"{kept:,}" + (f" ({kept / rows:.0%})" if rows else "")),
        *((f"in {name}", f"{sum(splits.values()):,}") for name, splits in sorted(manifest["counts"].items())),
    ]
    sources = len(manifest["sources"])
    said = f"from {sources} source{'s' * (sources != 1)}, licence {manifest['license']}, release {manifest['fingerprint'][:12]}"
    return f'<p class="soft">{shown(said)}</p>{facts(told)}<p class="soft">{shown(made)}</p>'


def _foot(manifest: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in sorted(manifest["versions"].items()))
    said = f"Release {manifest['fingerprint']}, seed {manifest['seed']}, made with {versions}."
    return f"<p>{shown(said)}</p>"


def repairs(release: Path, drawn: Drawn) -> dict[str, str]:
    """The edits of each drawn row, in words."""
    ids = [line["id"] for group in drawn.groups for line in group.lines]
    found = pl.scan_parquet(release / "edits.parquet").filter(pl.col("id").is_in(ids)).collect().sort("id", "turn", "edit")
    said = found.with_columns(said=pl.format("{} ×{} in turn {}", "edit", "count", "turn"))
    return dict(said.group_by("id", maintain_order=True).agg(pl.col("said").str.join(", ")).iter_rows())
