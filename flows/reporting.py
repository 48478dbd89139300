"""report.html: rows drawn of a release, their texts with secrets masked, and what its rules compare.

The page inside a release shows no text but that of rows which the release holds, for a release is what gets published. The page
with the texts of what fell lies outside, in `data/reports`.
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import polars as pl

from exports.report import page as pages
from exports.report.differences import Messages
from exports.report.drawn import Drawn, draw
from exports.report.samples import Text
from exports.report.signals import Limits
from flows import releases
from flows.places import Places
from schemas import recipe as recipes
from schemas.rows import Message

ROWS = 8  # of each reason


Whose = Literal["all", "kept", "none"]  # the texts of every row, those that the release holds, or no text
_MADE: dict[Whose, str] = {
    "all": "For your eyes: it shows texts of rows that fell, too. Secrets and personal data are masked.",
    "kept": "It shows no text but of rows that the release holds; `winnow report` shows what fell, where that is at hand. "
    "Secrets and personal data are masked.",
    "none": "Without texts.",
}


def made(places: Places, release: Path, *whose: Whose, rows: int = ROWS, seed: int = 0, leaves: bool = False) -> list[str]:
    """A release's page for each choice of texts: the same release, texts, rows and seed give the same bytes.

    A page that `leaves` shows no row in which a benchmark's item was found, whatever the choice.
    """
    drawn = masked_words(draw(release, rows, seed))
    parts = pages.charts(release, drawn, limits(release))
    barred = set(pl.read_parquet(release / "contamination.parquet", columns=["id"])["id"]) if leaves else set()
    return [_page(places, release, drawn, parts, each, barred) for each in whose]


def charts(release: Path, seed: int = 0) -> dict[str, str]:
    """The sections of a release's page that show no text of rows."""
    return pages.charts(release, masked_words(draw(release, 1, seed)), limits(release))


def _page(places: Places, release: Path, drawn: Drawn, parts: dict[str, str], whose: Whose, barred: set[str]) -> str:  # noqa: PLR0917
    there = replace(drawn, pairs=[]) if whose == "none" else drawn
    shown = {id: text for id, text in texts(places, release, drawn, whose).items() if id not in barred}
    return pages.page(release, there, shown, parts, _MADE[whose])


def whole_at(places: Places, release: Path) -> Path:
    """Where the page with every text lies: outside the release, one for each name, of the run that was last."""
    return places.reports / f"{releases.manifest(release)['name']}.html"


def write(path: Path, page: str) -> None:
    """Put a page in its place by one rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(page, "utf-8")
    os.replace(draft, path)


def texts(places: Places, release: Path, drawn: Drawn, whose: Whose) -> dict[str, Text]:
    ids = drawn.ids()
    if whose == "none":
        return {}
    if whose == "kept":
        return {id: Text(masked({"messages": messages})) for id, messages in _published(release, ids).items()}
    edits = pl.scan_parquet(release / "edits.parquet").filter(pl.col("id").is_in(ids)).select("id").unique().collect()
    judged, read = releases.texts(places, release, ids), releases.texts(places, release, edits["id"].to_list(), edited=False)
    found = {}
    for id, row in judged.items():
        now = masked(row)
        was = masked(read[id]) if id in read else None
        found[id] = Text(now, was if was != now else None)
    return found


def _published(release: Path, ids: list[str]) -> dict[str, Any]:
    """Messages by id as the release holds them: its conversations, and both sides of its pairs."""
    found: dict[str, Any] = {}
    if files := sorted((release / "preference").glob("*.parquet")):
        sides = pl.scan_parquet(files).with_columns(pl.col("id").str.split("|").alias("sides"))
        for at, side in enumerate(("chosen", "rejected")):
            turns = [name for name in ("prompt", side) if name in pl.read_parquet_schema(files[0])]
            rows = sides.select(id=pl.col("sides").list.get(at), messages=pl.concat_list(turns))
            found.update(
                rows.filter(pl.col("id").is_in(ids)).unique("id", keep="first", maintain_order=True).collect().iter_rows()
            )
    if files := sorted((release / "sft").glob("*.parquet")):
        found.update(pl.scan_parquet(files).select("id", "messages").filter(pl.col("id").is_in(ids)).collect().iter_rows())
    return found


def masked(row: dict[str, Any]) -> Messages:
    """Role and text of each turn of a row; secrets and personal data, which what was read still holds, by their kinds alone."""
    from filters.edits import redact
    from filters.pii import OPT_IN

    turns: list[Message] = [{"role": each["role"], "content": _whose(each["content"])} for each in row["messages"]]
    texts = [text for text, _ in redact.repair(turns, sorted(OPT_IN))]
    return [{"role": turn["role"], "content": text} for turn, text in zip(turns, texts, strict=True)]


def _whose(text: str) -> str:
    """Secrets by whose they are: `[SECRET: github]`."""
    from filters import pii

    for span in reversed(pii.find(text, ("secret",))):
        text = f"{text[: span.start]}[SECRET: {span.whose}]{text[span.end :]}"
    return text


def masked_words(drawn: Drawn) -> Drawn:
    """The words of a verdict may quote a text: they are masked as the texts of pairs are."""
    lines = [line for group in drawn.groups for line in group.lines] + [line for each in drawn.fallen for line in each.lines]
    for line in (line for line in lines if line["detail"]):
        line["detail"] = masked({"messages": [{"role": "assistant", "content": line["detail"]}]})[0]["content"]
    sides = ("prompt", "chosen", "rejected")
    return replace(drawn, pairs=[{**pair, **{side: masked({"messages": pair[side]}) for side in sides}} for pair in drawn.pairs])


def limits(release: Path) -> Limits:
    """Signal -> rules that read it: `name: sql`, and the number it is compared with, where there is one."""
    from sql.rules import columns_used, numbers

    asked = recipes.load(release / "recipe.yaml")
    rules = {**asked.keep, **(asked.exports.sft.keep if asked.exports.sft else {})}
    found: dict[str, list[tuple[str, float | None]]] = {}
    for name, rule in rules.items():
        said, compared = f"{name}: {' '.join(rule.sql.split())}", numbers(rule.sql)
        for column, number in [*compared, *((column, None) for column in columns_used(rule.sql) - {of for of, _ in compared})]:
            found.setdefault(column, []).append((said, number))
    return found
