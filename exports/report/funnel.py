"""The funnel as a waterfall: what came in, what left at each step and why, what was kept, in rows, records, words; by source."""

from pathlib import Path
from typing import Any

import polars as pl

from exports.report.charts import Layer, Sheet, across, colour, listed, marks
from exports.report.controls import legend, switch
from exports.report.harmless import table
from schemas.ledger import STAGES

MEANING = {
    "in": "came in",
    "read": "could not be read, or is no conversation",
    "keep": "breaks a rule",
    "overlap": "resembles a row that stays",
    "export": "in no export",
    "kept": "kept",
}
JOINED = "joined"  # of records: a message of a tree is part of the rows of others
_ORDER = {stage: at for at, stage in enumerate(("in", JOINED, *STAGES, "kept"))}
_REASONS, _SOURCES = 14, 24  # drawn of each stage, the smaller ones as one; sources drawn. Tables hold all

Step = dict[str, Any]


def section(release: Path, manifest: dict[str, Any]) -> str:
    """The waterfall in each unit, every source's shares, and all of it as tables."""
    funnel = pl.read_parquet(release / "funnel.parquet")
    counts = {
        "rows": funnel.select("source", "stage", "reason", count="rows"),
        "records": records(release, manifest),
        "words": funnel.select("source", "stage", "reason", count="words"),
    }
    if not counts["records"]["count"].sum():
        return "<p>No record came in.</p>"
    told = "Each bar begins where what is left ends. A record may give several rows, or none: it is counted as one row then."
    views = [(unit, _view(unit, of)) for unit, of in counts.items() if of.filter(stage="in")["count"].sum()]
    return f"<p class='soft'>{told}</p>{legend(MEANING.items())}{switch('unit', views)}"


def records(release: Path, manifest: dict[str, Any]) -> pl.DataFrame:
    """The funnel of records (source, stage, reason, count): kept if a row of it is, else fallen where its last row fell."""
    stage = pl.when(pl.col("fate") == "kept").then(pl.lit("kept")).otherwise("stage")
    lines = pl.read_parquet(release / "ledger.parquet", columns=["id", "source", "file", "record", "fate", "stage", "reason"])
    lines = lines.with_columns(stage=stage, reason=reason(), at=stage.replace_strict(_ORDER, return_dtype=pl.Int64))
    last = lines.sort("at", "id", descending=[True, False]).unique(["source", "file", "record"], keep="first")
    fell = last.group_by("source", "stage", "reason").agg(count=pl.len().cast(pl.Int64))
    read = {source: facts["records"] for source, facts in manifest["sources"].items()}
    seen = dict(last.group_by("source").len().iter_rows())
    extra: list[tuple[str, str, str | None, int]] = [(source, "in", None, count) for source, count in read.items()]
    extra += [
        (name, JOINED, "rows of other records", count - seen.get(name, 0))
        for name, count in read.items()
        if count > seen.get(name, 0)
    ]
    return pl.concat([fell, pl.DataFrame(extra, schema=fell.schema, orient="row")]).sort("source", "stage", "reason")


def reason() -> pl.Expr:
    """As the funnel has it: without the row that the ledger names."""
    return pl.col("reason").str.replace(r"(?s)^(beginning of|too like) .*", "$1 another row")


def _view(unit: str, counts: pl.DataFrame) -> str:
    steps = waterfall_steps(counts)
    sources = sorted(set(counts["source"]))
    drawn = waterfall(steps, unit)
    by = _shares(counts, unit) if len(sources) > 1 else ""
    return (
        f"{drawn}<details><summary>The same as a table</summary>{_table(counts, sources, unit)}</details>"
        f"{f'<h3>By source, in {unit}</h3>{by}' if by else ''}"
    )


def waterfall_steps(counts: pl.DataFrame) -> list[Step]:
    """Steps of a waterfall from counts (source, stage, reason, count): each with where it begins and ends."""
    lines = counts.group_by("stage", "reason").agg(pl.col("count").sum()).to_dicts()
    lines.sort(key=lambda line: (_ORDER[line["stage"]], -line["count"], line["reason"] or ""))
    left, steps = sum(line["count"] for line in lines if line["stage"] == "in"), []
    for line in _fewer(lines):
        start = 0 if line["stage"] in ("in", "kept") else left - line["count"]
        left = left if line["stage"] in ("in", "kept") else start
        steps.append({**line, "start": start, "end": start + line["count"], "colour": _colour(line["stage"])})
    return steps


def _colour(stage: str) -> str:
    return "var(--in)" if stage == JOINED else f"var(--{stage})"


def _fewer(lines: list[Step]) -> list[Step]:
    """Of a stage with very many reasons the smallest as one step."""
    found: list[Step] = []
    for stage in _ORDER:
        own = [line for line in lines if line["stage"] == stage]
        most = _REASONS if len(own) > _REASONS + 1 else len(own)
        found += own[:most]
        if rest := own[most:]:
            found.append({"stage": stage, "reason": f"{len(rest)} more reasons", "count": sum(each["count"] for each in rest)})
    return found


def waterfall(steps: list[Step], unit: str) -> str:
    """The steps from top to bottom, each bar beginning where the one before it ended."""
    whole = max(steps[0]["end"], 1)
    sums = [_said(step["count"], whole) for step in steps]

    def layers(sheet: Sheet) -> list[Layer]:
        rows = [_bar(step, whole, sheet) | sheet.band(at) for at, step in enumerate(steps)]
        says = [{**row, "says": f"{_named(step)}: {told} {unit}"} for row, step, told in zip(rows, steps, sums, strict=True)]
        x = {"x": across("start", 0, whole), "x2": {"field": "end"}}
        drawn = [marks("bar", says, {**x, **sheet.bands(), "color": colour()})]
        if sheet.wide:
            starts = [step["stage"] if step["reason"] and step["stage"] != before else "" for step, before in _after(steps)]
            drawn += [_stages(sheet, starts), _joins(sheet, steps, whole)]
            drawn += [
                sheet.words(
                    -sheet.left, [start if start == stage else "" for start in starts], "left", _colour(stage), fontWeight=600
                )
                for stage in (JOINED, *STAGES)
            ]
        return drawn

    names = [step["reason"] or MEANING[step["stage"]] for step in steps]
    return listed((names, [_named(step) for step in steps]), sums, layers, f"what became of {whole:,} {unit}")


def _bar(step: Step, whole: int, sheet: Sheet) -> Step:
    """Where a step begins and ends; at least two pixels for what is hardly there."""
    wide = max(step["end"] - step["start"], whole / sheet.width * 2 if step["count"] else 0)
    start = min(step["start"], whole - wide)
    return {"start": start, "end": start + wide, "colour": step["colour"]}


def _after(steps: list[Step]) -> list[tuple[Step, str]]:
    """Each step with the stage of the one before it."""
    return list(zip(steps, ["", *(step["stage"] for step in steps)], strict=False))


def _stages(sheet: Sheet, starts: list[str]) -> Layer:
    """A thin line above the first step of each stage, over the whole width."""
    rows = [{"x": -sheet.left, "end": sheet.width + sheet.right, "y": at} for at, start in enumerate(starts) if start]
    place = {"x": {"field": "x", "type": "quantitative", "scale": None}, "x2": {"field": "end"}, **sheet.y()}
    return marks("rule", rows, place, color="var(--line)")


def _joins(sheet: Sheet, steps: list[Step], whole: int) -> Layer:
    """From the end of each bar to the beginning of the next."""
    ends = [step["end"] if step["stage"] == "in" else step["start"] for step in steps[:-1]]
    rows = [{"at": end, "top": at + 0.86, "bottom": at + 1.14} for at, end in enumerate(ends)]
    return marks("rule", rows, {"x": across("at", 0, whole), **sheet.bands()}, color="var(--soft)", strokeWidth=0.7)


def _named(step: Step) -> str:
    return f"{step['stage']}: {step['reason']}" if step["reason"] else MEANING[step["stage"]]


def _shares(counts: pl.DataFrame, unit: str) -> str:
    """One bar a source, divided by where its rows fell."""
    summed = counts.group_by("source", "stage").agg(pl.col("count").sum())
    of = {(source, stage): count for source, stage, count in summed.iter_rows()}
    sources = sorted({source for source, _ in of}, key=lambda name: (-of.get((name, "in"), 0), name))[:_SOURCES]
    sums = [f"{of.get((name, 'in'), 0):,} {unit}, {_share(of, name):.0%} kept" for name in sources]

    def layers(sheet: Sheet) -> list[Layer]:
        parts = [part | sheet.band(at) for at, name in enumerate(sources) for part in _parts(of, name, unit)]
        return [marks("bar", parts, {"x": across("start", 0, 1), "x2": {"field": "end"}, **sheet.bands(), "color": colour()})]

    return listed(sources, sums, layers, f"where {unit} of each source fell")


def _share(of: dict[tuple[str, str], int], source: str) -> float:
    return of.get((source, "kept"), 0) / max(of.get((source, "in"), 0), 1)


def _parts(of: dict[tuple[str, str], int], source: str, unit: str) -> list[Step]:
    whole, start, parts = max(of.get((source, "in"), 0), 1), 0, []
    for stage in ("kept", *reversed(STAGES), JOINED):
        if count := of.get((source, stage), 0):
            says = f"{source}: {_said(count, whole)} {unit}: {MEANING.get(stage, 'part of rows of other records')}"
            place = {"start": start / whole, "end": (start + count) / whole}
            parts.append({**place, "colour": _colour(stage), "says": says})
            start += count
    return parts


def _table(counts: pl.DataFrame, sources: list[str], unit: str) -> str:
    """Every reason of every source, with the sums."""
    of = {(source, stage, reason): count for source, stage, reason, count in counts.iter_rows()}
    keys = counts.group_by("stage", "reason").agg(pl.col("count").sum()).to_dicts()
    keys.sort(key=lambda key: (_ORDER[key["stage"]], -key["count"], key["reason"] or ""))
    lines: list[list[object]] = [
        [
            key["stage"],
            key["reason"] or "",
            key["count"],
            *(of.get((source, key["stage"], key["reason"]), 0) for source in sources),
        ]
        for key in keys
    ]
    return table(["stage", "reason", f"all {unit}", *sources], lines)


def _said(count: int, whole: int) -> str:
    share = count / whole
    return f"{count:,} ({'under 0.1 %' if 0 < share < 0.001 else f'{share:.1%}'.replace('%', ' %')})"
