"""report.html: rows drawn of a release, their texts where these are at hand with secrets masked, and what its rules compare."""

from pathlib import Path
from typing import Any

import polars as pl

from exports.report.differences import Messages
from exports.report.drawn import draw
from exports.report.page import page
from exports.report.samples import Text
from flows import releases
from flows.places import Places
from schemas import recipe as recipes
from schemas.rows import Message

ROWS = 8  # of each reason


def made(places: Places, release: Path, rows: int = ROWS, seed: int = 0) -> str:
    """The page of a release: the same release, texts at hand, rows and seed give the same text."""
    drawn = draw(release, rows, seed)
    return page(release, drawn, _texts(places, release, drawn.ids()), _limits(release))


def _texts(places: Places, release: Path, ids: list[str]) -> dict[str, Text]:
    edits = pl.scan_parquet(release / "edits.parquet").filter(pl.col("id").is_in(ids)).select("id").unique().collect()
    judged, read = releases.texts(places, release, ids), releases.texts(places, release, edits["id"].to_list(), edited=False)
    found = {}
    for id, row in judged.items():
        now = masked(row)
        was = masked(read[id]) if id in read else None
        found[id] = Text(now, was if was != now else None)
    return found


def masked(row: dict[str, Any]) -> Messages:
    """Role and text of each turn of a row; secrets and personal data, which what was read still holds, by their kinds alone."""
    from filters.edits import redact
    from filters.pii import OPT_IN

    turns: list[Message] = [{"role": each["role"], "content": each["content"]} for each in row["messages"]]
    texts = [text for text, _ in redact.repair(turns, sorted(OPT_IN))]
    return [{"role": turn["role"], "content": text} for turn, text in zip(turns, texts, strict=True)]


def _limits(release: Path) -> dict[str, list[tuple[str, float]]]:
    """Signal -> rules that compare it with a number: `name: sql`, and that number."""
    from sql.rules import numbers

    asked = recipes.load(release / "recipe.yaml")
    rules = {**asked.keep, **(asked.exports.sft.keep if asked.exports.sft else {})}
    found: dict[str, list[tuple[str, float]]] = {}
    for name, rule in rules.items():
        for column, number in numbers(rule.sql):
            found.setdefault(column, []).append((f"{name}: {' '.join(rule.sql.split())}", number))
    return found
