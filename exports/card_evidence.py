"""What a dataset card shows for its claims: what overlap took, benchmarks, what classifiers could tell, personal data."""

from pathlib import Path
from typing import Any

import polars as pl

from exports.card_words import number, section, shown

_TWINS = """

A row fell only to one that stood, which `ledger.parquet` names beside the similarity. Near-duplicates are nominated by MinHash
and verified by the exact Jaccard similarity; `pairs.parquet` holds the pairs. There is no transitive closure."""
_ITEMS = """

Rows are counted as they were read; `ledger.parquet` says which fell for it. Paraphrases and translations of an item are not
found, and no other benchmark was looked for."""


def sections(release: Path, manifest: dict[str, Any]) -> list[str]:
    """The sections, empty where a release holds nothing of the kind."""
    return [_overlap(release), _benchmarks(release), _classifiers(manifest), _personal(manifest)]


def _overlap(release: Path) -> str:
    """Per rule of overlap: rows that fell, how many of them to an equal, and the least similarity of the others."""
    path = release / "ledger.parquet"
    if not path.is_file():
        return ""
    lines = pl.read_parquet(path, columns=["stage", "reason", "similarity"]).filter(pl.col("stage") == "overlap")
    like = pl.col("similarity")
    told = lines.group_by("reason").agg(rows=pl.len(), same=(like == 1).sum(), least=like.filter(like < 1).min()).sort("reason")
    body = [
        [shown(rule), number(rows), number(same), "" if least is None else f"{least:.3f}"]
        for rule, rows, same, least in told.iter_rows()
    ]
    return section("Overlap", ["rule", "rows", "of similarity 1", "least of the others"], body) + (_TWINS if body else "")


def _benchmarks(release: Path) -> str:
    """Per rule and benchmark: items looked for, items too short to be, items found, rows that hold one."""
    if not all((release / f"{name}.parquet").is_file() for name in ("benchmarks", "contamination")):
        return ""
    hits = pl.read_parquet(release / "contamination.parquet", columns=["rule", "benchmark", "item", "id"])
    found = hits.group_by("rule", "benchmark").agg(pl.col("item", "id").n_unique())
    sought = pl.read_parquet(release / "benchmarks.parquet").with_columns(short=pl.col("too_short").list.len())
    told = sought.join(found, on=["rule", "benchmark"], how="left").sort("rule", "benchmark")
    counts = told.select("rule", "benchmark", "items", "short", pl.col("item", "id").fill_null(0))
    body = [[shown(rule), shown(name), *map(number, each)] for rule, name, *each in counts.iter_rows()]
    head = ["rule", "benchmark", "items", "too short to look for", "items found", "rows"]
    return section("Benchmarks in the data", head, body) + (_ITEMS if body else "")


def _classifiers(manifest: dict[str, Any]) -> str:
    """Per classifier that was trained: rows held out, and the areas under the ROC curve, its own and that of length alone."""
    body = [
        [shown(name), number(sum(facts["held_out"].values())), f"{facts['auc']:.3f}", f"{facts['auc_of_length']:.3f}"]
        for name, facts in sorted((manifest.get("classifiers") or {}).items())
        if "auc" in facts
    ]
    return section("What the classifiers could tell", ["classifier", "held-out rows", "AUC", "AUC of length alone"], body)


def _personal(manifest: dict[str, Any]) -> str:
    """What was done about personal data, and what was not."""
    done = "Nothing was replaced: the recipe does not ask for `redact`."
    if "redact" in (manifest.get("edits") or {}):
        done = "E-mail addresses, IBANs, card numbers and secrets that were found became placeholders such as `[EMAIL]`."
    return (
        f"## Personal data\n\n{done} What is found has a pattern or a checksum: names, postal addresses and what else is told "
        "in plain words are not looked for, and some are surely left."
    )
