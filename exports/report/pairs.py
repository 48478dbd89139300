"""Pairs to read: a seeded draw of those that leave and of those that fell, by reason; the better answer beside the worse."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from exports.report.charts import Layer, Sheet, across, colour, listed, marks
from exports.report.differences import Messages, side_by_side
from exports.report.harmless import shown

Pair = dict[str, Any]
AWAY = '<p class="soft">(its texts are no part of this page)</p>'


class Fallen(NamedTuple):
    """Comparisons that gave no pair for one reason: how many, and lines of comparisons.parquet drawn of them."""

    reason: str
    pairs: int
    lines: list[Pair]


def draw(release: Path, rows: int, seed: int) -> list[Pair]:
    """So many pairs of a release, whole; none where it has no preference export."""
    files = sorted((release / "preference").glob("*.parquet"))
    if not files:
        return []
    ids = pl.scan_parquet(files).select("id").collect()["id"].to_list()
    taken = mixed(ids, seed)[:rows]
    columns = ["id", "prompt", "chosen", "rejected", "score_margin", "margin_by", "flags", "source"]
    there = [name for name in columns if name in pl.read_parquet_schema(files[0])]
    found = pl.scan_parquet(files).filter(pl.col("id").is_in(taken)).select(there).collect()
    found = found if "prompt" in there else found.with_columns(prompt=pl.col("chosen").list.head(0))  # it stands in both sides
    return sorted(found.to_dicts(), key=lambda pair: taken.index(pair["id"]))


def fallen(release: Path, rows: int, seed: int) -> list[Fallen]:
    """Why comparisons gave no pair: each reason with how many, and so many of them; the most frequent first."""
    if not (file := release / "comparisons.parquet").is_file():
        return []
    told = pl.read_parquet(file).filter(pl.col("fate") != "kept").with_columns(pl.col("reason").fill_null(""))
    counts = told.group_by("reason").len("pairs").sort(["pairs", "reason"], descending=[True, False])
    found = []
    for reason, count in counts.iter_rows():
        part = told.filter(reason=reason)
        taken = mixed(part["id"].to_list(), seed)[:rows]
        lines = part.filter(pl.col("id").is_in(taken)).to_dicts()
        found.append(Fallen(reason, count, sorted(lines, key=lambda line: taken.index(line["id"]))))
    return found


def mixed(ids: list[str], seed: int) -> list[str]:
    """Ids in an order drawn by a seed."""
    return sorted(ids, key=lambda id: (hashlib.md5(f"{id}{seed}".encode("utf-8", "replace"), usedforsecurity=False).digest(), id))


def section(pairs: list[Pair], fell: list[Fallen], texts: Mapping[str, Messages], most: int) -> str:
    """Some pairs that leave, and some comparisons that fell with the rule in words, where both texts are there."""
    some = "".join(_pair(pair, most) for pair in pairs)
    rest = "".join(_fell(each, texts, most) for each in fell)
    return f"{some}{f'<h3>Comparisons that gave no pair</h3>{rest}' if rest else ''}"


def became(release: Path, fell: list[Fallen]) -> str:
    """What became of every comparison: a bar for the pairs that leave, and one for each reason."""
    if not fell:
        return ""
    kept = pl.scan_parquet(release / "comparisons.parquet").filter(pl.col("fate") == "kept").select(pl.len()).collect().item()
    lines = [("kept", kept, "var(--kept)"), *((each.reason, each.pairs, "var(--export)") for each in fell)]
    whole, top = sum(count for _, count, _ in lines), max(count for _, count, _ in lines)

    def layers(sheet: Sheet) -> list[Layer]:
        rows = [
            {"low": 0, "count": max(count, top / 200), "colour": tone, **sheet.band(at), "says": f"{name}: {count:,} comparisons"}
            for at, (name, count, tone) in enumerate(lines)
        ]
        place = {"x": across("count", 0, top), "x2": {"field": "low"}, **sheet.bands(), "color": colour()}
        return [marks("bar", rows, place)]

    told = "Every two answers that were compared: those that leave as a pair, and why the others do not."
    sums = [f"{count:,} ({count / whole:.1%})" for _, count, _ in lines]
    return f"<p class='soft'>{told}</p>{listed([name for name, *_ in lines], sums, layers, 'what became of every comparison')}"


def _fell(each: Fallen, texts: Mapping[str, Messages], most: int) -> str:
    rows = "".join(_fallen_pair(line, texts, most) for line in each.lines)
    return f"<details><summary>{shown(each.reason)}: {len(each.lines)} of {each.pairs:,}</summary>{rows}</details>"


def _fallen_pair(line: Pair, texts: Mapping[str, Messages], most: int) -> str:
    sides = [texts.get(line[f"{side}_id"]) for side in ("chosen", "rejected")]
    heads = ("ranked above", "ranked below") if line["score_margin"] else ("one answer", "the other")
    drawn = side_by_side(sides[0], sides[1], heads, most) if sides[0] and sides[1] else AWAY
    margin = "" if line["score_margin"] is None else f"margin {line['score_margin']:g} (by {line['margin_by']})"
    said = "; ".join(part for part in (line["detail"], margin) if part)
    return (
        f'<article class="export"><div class="id">{shown(line["id"].replace("|", " over "))}</div>'
        f'<p class="verdict">{shown(line["reason"])}<small>{shown(said)}</small></p>{drawn}</article>'
    )


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
