"""What else than quality wins pairs, and what each trained classifier showed on rows it had not seen."""

from pathlib import Path
from typing import Any

import polars as pl

from exports.report.bars import bar
from exports.report.harmless import shown, table


def bias(release: Path) -> str:
    """How often the longer answer (or the side with more of what was balanced) wins, by the gap between both, and by source."""
    found = pl.read_parquet(release / "bias.parquet").filter(pl.col("share").is_not_null())
    drawn = "".join(
        f'<span class="name">{shown(_named(line))}</span>{bar(line["low"], line["high"], "export", half=True)}'
        f"<span>{line['share']:.1%}</span><span>{line['pairs']:,}</span>"
        for line in found.filter(pl.col("source").is_null() | pl.col("gap_from").is_null()).to_dicts()
    )
    if not drawn:
        return ""
    told = (
        "<p class='soft'>Share of pairs that the side with more of it wins. Bar: 95 % interval (Wilson); thin line: one half.</p>"
    )
    head = '<b class="name">more of</b><b></b><b>wins</b><b>pairs</b>'
    return f'{told}<div class="fall">{head}{drawn}</div>'


def _named(line: dict[str, Any]) -> str:
    parts = [line["signal"], f"{line['stage']} balancing" if line["stage"] == "after" else "", line["source"] or ""]
    if line["gap_from"] is not None:
        parts.append(f"gap from {line['gap_from']:g}" + ("" if line["gap_to"] is None else f" to {line['gap_to']:g}"))
    return ", ".join(part for part in parts if part)


def classifiers(manifest: dict[str, Any]) -> str:
    """AUC on held-out rows beside that of length alone."""
    head = ["classifier", "AUC", "of length alone", "held out: good", "bad", "trained on: good", "bad"]
    lines: list[list[object]] = [
        [
            name,
            each["auc"],
            each["auc_of_length"],
            *(each[part][pile] for part in ("held_out", "trained") for pile in ("good", "bad")),
        ]
        for name, each in sorted(manifest.get("classifiers", {}).items())
    ]
    return table(head, lines)
