"""Keep and block lists: what a person said of rows, by their content, honoured before all rules.

A mark is of a fingerprint (schemas/rows.py), so it holds in every dump that has that content again. A comparison stands or
falls whole: a mark on one of its answers is a mark on all of them. Of several rows with one kept content the first by id
never falls; the others pass the rules of `keep`, and may fall as its copies. An export's own rules are passed by the very row.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import orjson
import polars as pl

from schemas.faults import DataFault, MissingFault
from schemas.mistakes import shown
from schemas.recipe import Recipe

Kind = Literal["keep", "block"]
KINDS: tuple[Kind, ...] = ("keep", "block")
BLOCKED = "blocked"  # the reason in the ledger
_FINGERPRINT = re.compile(r"[0-9a-f]{32}")
_LONGEST = 300  # characters of a note that are told
_EXAMPLE = '{"fingerprint": "<32 hex digits>", "list": "keep", "note": "why"}'
Marks = dict[str, str]  # fingerprint -> note


class Mark(NamedTuple):
    """What a person said of a content: the list it is on (none: the mark is taken back), the row that was read, and why."""

    list: Kind | None
    id: str = ""
    note: str = ""


@dataclass(frozen=True)
class Lists:
    """The marks of a recipe, and of each list its file's name in the recipe and how many marks there are for the other list."""

    keep: Marks = field(default_factory=dict)
    block: Marks = field(default_factory=dict)
    files: dict[Kind, tuple[str, int]] = field(default_factory=dict)

    def marked(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Rows (flows/units.py) with `kept`: they have a mark; `listed`, `blocked`, `free` (it never falls): their unit; `said`.

        Raises DataFault where a comparison is on both lists.
        """
        kept, barred = (_units(frame, marks) for marks in (self.keep, self.block))
        both = kept.join(barred, on="unit", suffix="_block").sort("unit").head(1).to_dicts()
        if both:
            raise DataFault(
                f"lists: {both[0]['marked']} is on the keep list, and {both[0]['marked_block']}, an answer to the same context, "
                "on the block list; a comparison stands or falls whole: take one of the marks back"
            )
        copies = frame.filter(pl.col("fingerprint").is_in(list(self.keep))).sort("id").unique("fingerprint", keep="first")
        told = pl.concat([_said(kept, "kept by your list"), _said(barred, "on your block list")])
        frame = frame.join(told, on="unit", how="left", maintain_order="left")
        return frame.with_columns(
            kept=pl.col("fingerprint").is_in(list(self.keep)),
            listed=pl.col("unit").is_in(kept["unit"].implode()),
            blocked=pl.col("unit").is_in(barred["unit"].implode()),
            free=pl.col("unit").is_in(copies["unit"].implode()),
        )

    def facts(self, frame: pl.DataFrame, spared: pl.DataFrame) -> dict[str, Any]:
        """What a manifest says: of each list its marks, rows that have one, marks without a row; and what was passed over."""
        found: dict[str, Any] = {}
        for kind, (name, others) in self.files.items():
            marks = pl.DataFrame({"fingerprint": list(self.keep if kind == "keep" else self.block)}, {"fingerprint": pl.String})
            rows = frame.join(marks, on="fingerprint", how="semi")
            unmatched = len(marks) - rows["fingerprint"].n_unique()
            found[kind] = {"file": name, "marks": len(marks), "rows": len(rows), "unmatched": unmatched, "for_the_other": others}
        if "keep" in found:
            over = spared.group_by("reason").agg(pl.col("id").n_unique()).sort("reason")
            found["keep"]["passed_over"] = dict(over.iter_rows())
        return found


def passed_over(frame: pl.DataFrame, spared: pl.DataFrame) -> pl.DataFrame:
    """Rows with what a keep mark passed over told in `said`: rules by name, what overlaps found in their words."""
    words = (
        pl.when(pl.col("stage") == "keep")
        .then(pl.col("broken").list.join(", "))
        .otherwise(pl.format("{} ({})", "reason", "detail"))
    )
    over = spared.select(unit="id", over=words).group_by("unit", maintain_order=True).agg(pl.col("over").str.join("; "))
    frame = frame.join(over, on="unit", how="left", maintain_order="left")
    said = pl.when(pl.col("over").is_null()).then("said").otherwise(pl.format("{}; passed over: {}", "said", "over"))
    return frame.with_columns(said=said)


def find(recipe: Recipe, data: Path) -> Lists:
    """The lists that a recipe names below `data`. Raises DataFault with the line that is broken, or the mark that is on both."""
    asked = recipe.lists
    if asked is None:
        return Lists()
    named: dict[Kind, str] = {kind: name for kind in KINDS if (name := getattr(asked, kind))}
    marks, files = {kind: Marks() for kind in KINDS}, dict[Kind, tuple[str, int]]()
    for kind, name in named.items():
        each = read(data / name)
        marks[kind] = {fingerprint: mark.note for fingerprint, mark in each.items() if mark.list == kind}
        other = sum(mark.list not in (kind, None) for mark in each.values()) if len(set(named.values())) == len(named) else 0
        files[kind] = (name, other)
    if both := sorted(marks["keep"].keys() & marks["block"].keys()):
        where = f"{data / named['keep']} and {data / named['block']}"
        raise DataFault(f"{len(both):,} marks are in both {where}, first: fingerprint {both[0]}; take it out of one")
    return Lists(marks["keep"], marks["block"], files)


def located(recipe: Recipe, data: Path) -> Iterator[Path]:
    """The files of a recipe's lists, taken from `data`. Raises MissingFault."""
    for kind in KINDS:
        if recipe.lists and (name := getattr(recipe.lists, kind)):
            if not (data / name).is_file():
                raise MissingFault(
                    f"lists.{kind}: no file {data / name}: mark rows in `winnow browse`, or begin with an empty file there"
                )
            yield data / name


def read(path: Path) -> dict[str, Mark]:
    """Fingerprint -> mark, of a file of marks; the last line of a fingerprint holds. Raises DataFault with the line."""
    found: dict[str, Mark] = {}
    with open(path, "rb") as handle:
        for number, line in enumerate(handle, 1):
            if text := line.removeprefix(b"\xef\xbb\xbf").strip():
                fingerprint, mark = _mark(text, f"{path}, line {number}")
                found[fingerprint] = mark
    return found


def told(facts: dict[str, Any]) -> Iterator[str]:
    """A line for each list of a release, from its manifest."""
    for kind, each in sorted(facts.get("lists", {}).items(), reverse=True):
        more = f", {each['unmatched']:,} of them match no row" if each["unmatched"] else ""
        more += f"; {each['for_the_other']:,} marks of its file are for the other list" if each["for_the_other"] else ""
        over = ", ".join(f"{reason} {rows:,}" for reason, rows in each.get("passed_over", {}).items())
        yield f"{kind} list: {each['marks']:,} marks on {each['rows']:,} rows{more}{f'; passed over: {over}' if over else ''}"


def _mark(line: bytes, where: str) -> tuple[str, Mark]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as fault:
        raise DataFault(f"{where}: not JSON ({fault.msg}): write {_EXAMPLE}") from None
    if not isinstance(value, dict):
        raise DataFault(f"{where}: expected an object, got {shown(value)}: write {_EXAMPLE}")
    fingerprint, which, note = value.get("fingerprint"), value.get("list"), value.get("note") or ""
    if not isinstance(fingerprint, str) or not _FINGERPRINT.fullmatch(fingerprint.lower()):
        raise DataFault(f"{where}: `fingerprint` must be 32 hex digits, as the ledger has it, and is {shown(fingerprint)}")
    if "list" not in value or which not in (*KINDS, None):
        raise DataFault(f"{where}: `list` must be keep or block (or null, which takes a mark back), and is {shown(which)}")
    if not isinstance(note, str):
        raise DataFault(f"{where}: `note` must be text, and is {shown(note)}")
    return fingerprint.lower(), Mark(which, str(value.get("id") or ""), note)


def _units(frame: pl.DataFrame, marks: Marks) -> pl.DataFrame:
    """The units that have a mark: unit, `marked` (its first row that has one) and `note`."""
    said = pl.DataFrame({"fingerprint": list(marks), "note": list(marks.values())}, {"fingerprint": pl.String, "note": pl.String})
    rows = frame.select("unit", "fingerprint", marked="id").join(said, on="fingerprint", how="inner").sort("marked")
    return rows.unique("unit", keep="first", maintain_order=True).select("unit", "marked", "note")


def _said(units: pl.DataFrame, what: str) -> pl.DataFrame:
    mate = pl.when(pl.col("marked") != pl.col("unit")).then(pl.format(", by its answer {}", "marked")).otherwise(pl.lit(""))
    note = pl.col("note").str.slice(0, _LONGEST)
    note = pl.when(note != "").then(pl.format(": {}", note)).otherwise(pl.lit(""))
    return units.select("unit", said=pl.format(f"{what}{{}}{{}}", mate, note))
