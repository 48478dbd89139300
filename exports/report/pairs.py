"""Pairs to read: a seeded draw of the preference export, the better answer beside the worse."""

import hashlib
from pathlib import Path
from typing import Any

import polars as pl

from exports.report.differences import side_by_side
from exports.report.harmless import shown

Pair = dict[str, Any]


def draw(release: Path, rows: int, seed: int) -> list[Pair]:
    """So many pairs of a release, whole; none where it has no preference export."""
    files = sorted((release / "preference").glob("*.parquet"))
    if not files:
        return []
    ids = pl.scan_parquet(files).select("id").collect()["id"].to_list()
    ids.sort(key=lambda id: (hashlib.md5(f"{id}{seed}".encode("utf-8", "replace"), usedforsecurity=False).digest(), id))
    taken = ids[:rows]
    columns = ["id", "prompt", "chosen", "rejected", "score_margin", "margin_by", "flags", "source"]
    there = [name for name in columns if name in pl.read_parquet_schema(files[0])]
    found = pl.scan_parquet(files).filter(pl.col("id").is_in(taken)).select(there).collect()
    found = found if "prompt" in there else found.with_columns(prompt=pl.col("chosen").list.head(0))  # it stands in both sides
    return sorted(found.to_dicts(), key=lambda pair: taken.index(pair["id"]))


def section(pairs: list[Pair], most: int) -> str:
    """Every pair: what both answer, and the two answers side by side."""
    return "".join(_pair(pair, most) for pair in pairs)


def _pair(pair: Pair, most: int) -> str:
    sides = [pair["prompt"] + pair[side] for side in ("chosen", "rejected")]
    margin = pair.get("score_margin")
    facts = [
        "" if margin is None else f"margin {margin:g}" + (f" (by {pair['margin_by']})" if pair.get("margin_by") else ""),
        ", ".join(pair.get("flags") or []),
    ]
    said = "; ".join(fact for fact in facts if fact)
    return (
        f'<article class="kept"><div class="id">{shown(pair["id"].replace("|", " over "))}</div>'
        f'<p class="said">{shown(said)}</p>{side_by_side(sides[0], sides[1], ("chosen", "rejected"), most)}</article>'
    )
