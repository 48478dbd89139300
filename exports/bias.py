"""What wins pairs beside quality: how often the longer answer is the chosen one, or the one with more of any signal.

A pair leans to the side with more of it: +1 where that side was chosen, -1 where it was rejected, 0 where both have the same
or one is unknown. A column of words (`model`) is read as how often each of its values wins against others, so that `more`
is the side that usually wins. Of length the gap is a ratio (longer over shorter), of everything else a difference in
standard deviations of the differences.
"""

import math
from collections.abc import Iterable
from typing import Any

import polars as pl
import pyarrow as pa

from schemas.ledger import BIAS

NAMED = {"length": "answer_words", "markup": "markdown_marks", "refusal": "refusal_last"}  # short names of `balance`
RATIOS = (1.0, 1.1, 1.25, 1.5, 2.0, 3.0)  # of length; each bin runs from here to the next, the last has no end
STEPS = (0.0, 0.25, 0.5, 1.0, 2.0)  # standard deviations, of all others
LEAN = {"id": pl.String, "source": pl.String, "lean": pl.Int8, "gap": pl.Float64, "chosen": pl.Float64, "rejected": pl.Float64}
_Z = 1.959963984540054  # the normal's 97.5 % point


def leaning(pairs: pa.Table, by: str) -> pl.DataFrame:
    """Pairs (id, source, and structs `chosen` and `rejected` that hold the column of `by`) -> LEAN, sorted by id.

    `chosen` and `rejected` are what the effect is measured on: ln(words) of length, the plain number of others.
    """
    column = NAMED.get(by, by)
    frame = pl.DataFrame(pairs.select(["id", "source"])).with_columns(
        pl.Series(side, pl.DataFrame(pairs.select([side])).to_series().struct.field(column)) for side in ("chosen", "rejected")
    )
    if frame.schema["chosen"] == pl.String:
        frame = _rated(frame)
    frame = frame.with_columns(pl.col("chosen", "rejected").cast(pl.Float64))
    if by == "length":
        frame = frame.with_columns(
            pl.when(pl.col(side) > 0).then(pl.col(side).log()).alias(side) for side in ("chosen", "rejected")
        )
    apart = pl.col("chosen") - pl.col("rejected")
    gap = apart.abs().exp() if by == "length" else apart.abs() / apart.std()
    lean = apart.sign().fill_null(0).cast(pl.Int8)
    return frame.with_columns(lean=lean, gap=gap.fill_nan(0)).select(list(LEAN)).sort("id")


def binned(gap: pl.Expr, by: str) -> pl.Expr:
    """The number of the bin that a gap lies in; null where it is unknown."""
    edges = RATIOS if by == "length" else STEPS
    return pl.sum_horizontal((gap >= edge - 1e-9).cast(pl.Int32) for edge in edges[1:])  # 22 words are 1.1 times 20


def measure(leans: pl.DataFrame, by: str, stage: str, weight: pl.Series | None = None) -> pa.Table:
    """LEAN -> BIAS: overall and per source, each as a whole and by gap. `weight`: one number a pair, else all count 1."""
    edges = [*(RATIOS if by == "length" else STEPS), None]
    lines: list[dict[str, object]] = []
    frame = leans.with_columns(bin=binned(pl.col("gap"), by), weight=pl.lit(1.0) if weight is None else weight)
    for source, part in [(None, frame), *_parts(frame, "source")]:
        lines.append({"source": source, **_line(part)})
        lines += [
            {"source": source, "gap_from": edges[at], "gap_to": edges[at + 1], **_line(within)}
            for at, within in _parts(part.filter(pl.col("lean") != 0), "bin")
        ]
    return pa.Table.from_pylist([{"signal": by, "stage": stage, **line} for line in lines], BIAS)


def wilson(share: float, pairs: float) -> tuple[float, float]:
    """The 95 % interval of a share of `pairs` (Wilson, J. Am. Stat. Assoc. 22, 1927, 209-212)."""
    middle = (share + _Z**2 / (2 * pairs)) / (1 + _Z**2 / pairs)
    half = _Z / (1 + _Z**2 / pairs) * math.sqrt(share * (1 - share) / pairs + (_Z / (2 * pairs)) ** 2)
    return max(0.0, middle - half), min(1.0, middle + half)


def _rated(frame: pl.DataFrame) -> pl.DataFrame:
    """Each side's word as the share of pairs against other words that it wins."""
    met = frame.filter(pl.col("chosen") != pl.col("rejected"))
    sides = pl.concat([met.select(word=side, won=pl.lit(side == "chosen")) for side in ("chosen", "rejected")])
    rates = sides.group_by("word").agg(pl.col("won").mean())
    for side in ("chosen", "rejected"):
        frame = frame.join(rates.rename({"word": side, "won": f"rate_{side}"}), on=side, how="left", maintain_order="left")
    return frame.select("id", "source", chosen="rate_chosen", rejected="rate_rejected")


def _parts(frame: pl.DataFrame, column: str) -> Iterable[tuple[Any, pl.DataFrame]]:
    """The parts of one value each, in the order of values."""
    for (value,), part in frame.sort(column, "id").partition_by(column, as_dict=True, maintain_order=True).items():
        yield value, part


def _line(part: pl.DataFrame) -> dict[str, object]:
    """One line of BIAS. Of weighted pairs so many count as would weigh as much (Kish 1965)."""
    told = part.filter(pl.col("lean") != 0)
    wins, losses = (float(told.filter(pl.col("lean") == lean)["weight"].sum()) for lean in (1, -1))
    line: dict[str, object] = {"pairs": len(part), "wins": wins, "losses": losses, "effect": _effect(part)}
    if wins + losses > 0:
        share, count = wins / (wins + losses), (wins + losses) ** 2 / float((told["weight"] ** 2).sum())
        low, high = wilson(share, count)
        line |= {"share": share, "low": low, "high": high}
    return line


def _effect(part: pl.DataFrame) -> float | None:
    """Cohen's d (1988): difference of the weighted means over the pooled standard deviation."""
    known = part.drop_nulls(["chosen", "rejected"]).filter(pl.col("weight") > 0)
    total = float(known["weight"].sum())
    if not total:
        return None
    means = [float((known[side] * known["weight"]).sum()) / total for side in ("chosen", "rejected")]
    spread = [
        float(((known[side] - mean) ** 2 * known["weight"]).sum()) / total
        for side, mean in zip(("chosen", "rejected"), means, strict=True)
    ]
    pooled = math.sqrt(sum(spread) / 2)
    return (means[0] - means[1]) / pooled if pooled > 1e-12 else None
