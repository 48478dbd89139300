"""What a dataset card says of what wins pairs: by source, with intervals, Cohen's d and the curve; and what balancing cost."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from exports.card_words import number, section, shown

_TOLD = """

How often the longer answer is the chosen one (or the side with more of what was balanced), with its 95 % interval; then the
curve, by the ratio of the lengths in words, of others by the difference in standard deviations, as a share of so many pairs.
Cohen's d is that of chosen against rejected, of length in ln(words)."""
Line = dict[str, Any]


def wins(release: Path) -> str:
    """A table for each signal: overall and per source, before and after balancing."""
    path = release / "bias.parquet"
    lines = [line for line in pq.read_table(path).to_pylist() if line["share"] is not None] if path.is_file() else []
    signals = list(dict.fromkeys(line["signal"] for line in lines))
    parts = [_signal(name, [line for line in lines if line["signal"] == name]) for name in signals]
    return "\n\n".join(parts) + _TOLD if parts else ""


def _signal(name: str, lines: list[Line]) -> str:
    gaps = sorted({(line["gap_from"], line["gap_to"] or 0.0) for line in lines if line["gap_from"] is not None})
    whole = [line for line in lines if line["gap_from"] is None]
    body = [
        [
            shown(line["source"] or "all"),
            line["stage"],
            number(line["pairs"]),
            f"{line['share']:.1%} ({line['low']:.1%} to {line['high']:.1%})",
            "" if line["effect"] is None else f"{line['effect']:.2f}",
            *(_share(lines, line, gap) for gap, _ in gaps),
        ]
        for line in whole
    ]
    head = ["pairs of", "balancing", "pairs", f"more {shown(name)} wins", "d", *(_span(*gap) for gap in gaps)]
    return section(f"What wins pairs: {shown(name)}", head, body, 3) + _cost(whole)


def _share(lines: list[Line], whole: Line, gap: float) -> str:
    """The point of the curve of the same stage and source at this gap."""
    for line in lines:
        if (line["stage"], line["source"], line["gap_from"]) == (whole["stage"], whole["source"], gap):
            return f"{line['share']:.0%} of {line['wins'] + line['losses']:,.0f}"
    return ""


def _span(start: float, end: float) -> str:
    return f"from {start:g}" + (f" to {end:g}" if end else "")


def _cost(whole: list[Line]) -> str:
    """What balancing took, which is the least that it can take."""
    pairs = {line["stage"]: line["pairs"] for line in whole if line["source"] is None}
    lost = pairs["before"] - pairs["after"] if pairs.keys() == {"before", "after"} else 0
    if not lost:
        return ""
    return (
        f"\n\n{lost:,} of {pairs['before']:,} pairs left for the share that `recipe.yaml` asks for: the fewest that can, for no "
        "larger choice of these pairs has it. Which ones left is drawn by the seed, so that the curve flattens."
    )
