"""What else than quality wins pairs, and what each trained classifier showed on rows it had not seen."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from exports.report.charts import Layer, Sheet, across, colour, listed, marks, silent
from exports.report.controls import legend
from exports.report.harmless import shown, table

Line = dict[str, Any]


def bias(release: Path) -> str:
    """How often the longer answer (or the side with more of what was balanced) wins, by the gap between both, and by source."""
    found = pl.read_parquet(release / "bias.parquet").filter(pl.col("share").is_not_null())
    if not found.height:
        return ""
    told = (
        "How often the side with more of it wins. The line is the 95 % interval (Wilson); at one half it wins nothing. "
        "d is Cohen's: by how many standard deviations the chosen side has more (of length in logarithms of words)."
    )
    found = found.sort(pl.col("source").fill_null(""), "gap_from", pl.col("stage") == "after")
    parts = [_signal(name, part.to_dicts()) for (name,), part in sorted(found.partition_by("signal", as_dict=True).items())]
    return f"<p class='soft'>{told}</p>{''.join(parts)}"


def _signal(name: str, lines: list[Line]) -> str:
    whole = [line for line in lines if line["gap_from"] is None]
    curve = [line for line in lines if line["gap_from"] is not None and line["source"] is None]
    kinds = [("export", "before balancing"), ("kept", "after balancing")]
    after = any(line["stage"] == "after" for line in lines)
    head = ["what", "stage", "pairs", "wins", "95 % from", "to", "d"]
    cells: list[list[object]] = [
        [_named(line), line["stage"], line["pairs"], *(_percent(line[key]) for key in ("share", "low", "high")), line["effect"]]
        for line in lines
    ]
    drawn = "".join(
        f"<h3>{shown(said)}</h3>{intervals(part)}"
        for said, part in ((f"More {name}, in all and by source", whole), (f"The curve: by how much more {name}", curve))
        if part
    )
    numbers = f"<details><summary>The numbers</summary>{table(head, cells)}</details>"
    return f"{legend(kinds) if after else ''}{drawn}{numbers}"


def intervals(lines: Sequence[Line]) -> str:
    """Shares (`share`, `low`, `high`, of `pairs`) as points on lines of their intervals, one half marked."""

    def layers(sheet: Sheet) -> list[Layer]:
        rows = [{**_point(line), "y": sheet.middle(at)} for at, line in enumerate(lines)]
        x, y = across("low", 0, 1, values=[0, 0.25, 0.5, 0.75, 1], format=".0%", grid=True, labelFlush=not sheet.wide), sheet.y()
        place, tone = {"x": x, "x2": {"field": "high"}, **y}, {"color": colour()}
        return [
            marks("rule", [{"half": 0.5}], {"x": x | {"field": "half"}}, color="var(--soft)", strokeWidth=1.2, strokeDash=[2, 3]),
            marks("rule", silent(rows), {**place, **tone}, strokeWidth=3, opacity=0.45),
            marks("circle", rows, {"x": x | {"field": "share"}, **y, **tone}, size=85, opacity=1),
        ]

    sums = [
        f"{line['share']:.1%} of {line['pairs']:,}" + ("" if line["effect"] is None else f", d {line['effect']:.2f}")
        for line in lines
    ]
    return listed([_named(line) for line in lines], sums, layers, "who wins pairs", axis=18)


def _point(line: Line) -> Line:
    between = f"between {line['low']:.1%} and {line['high']:.1%}"
    return {
        **{key: line[key] for key in ("share", "low", "high")},
        "colour": "var(--kept)" if line["stage"] == "after" else "var(--export)",
        "says": f"{_named(line)}: wins {line['share']:.1%} of {line['pairs']:,} pairs, {between}",
    }


def _named(line: Line) -> str:
    if line["gap_from"] is None:
        return line["source"] or "all sources"
    gap = f"from {line['gap_from']:g}" + ("" if line["gap_to"] is None else f" to {line['gap_to']:g}")
    gap += " times" if line["signal"] == "length" else ""
    return f"{line['source']}, {gap}" if line["source"] else gap


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def classifiers(manifest: dict[str, Any]) -> str:
    """AUC on held-out rows beside that of length alone."""
    known = sorted(manifest.get("classifiers", {}).items())
    if not known:
        return ""
    told = (
        "AUC on rows that it was not trained on: how often a good row is placed above a bad one (0.5 is chance). "
        "What length alone can tell stands beside it."
    )
    head = ["classifier", "AUC", "of length alone", "held out: good", "bad", "trained on: good", "bad"]
    lines: list[list[object]] = [
        [
            name,
            each["auc"],
            each["auc_of_length"],
            *(each[part][pile] for part in ("held_out", "trained") for pile in ("good", "bad")),
        ]
        for name, each in known
    ]
    drawn = _aucs(known)
    kinds = legend([("export", "the classifier"), ("in", "length alone")])
    return f"<p class='soft'>{told}</p>{kinds}{drawn}{table(head, lines)}"


def _aucs(known: list[tuple[str, dict[str, Any]]]) -> str:
    tones = (("auc_of_length", "var(--in)", "length alone"), ("auc", "var(--export)", "AUC"))

    def layers(sheet: Sheet) -> list[Layer]:
        rows = [
            {"auc": each[key], "y": sheet.middle(at), "colour": tone, "says": f"{name}: {said} {each[key]:.3f}"}
            for at, (name, each) in enumerate(known)
            for key, tone, said in tones
            if each[key] is not None
        ]
        low = min([0.5, *(row["auc"] for row in rows)])
        x = across("auc", low, 1, values=[0.5, 0.6, 0.7, 0.8, 0.9, 1], format=".1f", grid=True, labelFlush=not sheet.wide)
        return [marks("circle", rows, {"x": x, **sheet.y(), "color": colour()}, size=95, opacity=1)]

    sums = [f"{each['auc']:.3f}" if each["auc"] is not None else "" for _, each in known]
    return listed([name for name, _ in known], sums, layers, "AUC of classifiers", axis=18)
