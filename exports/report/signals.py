"""What rows were like before and after: lengths, turns, languages and every signal, with the limits that rules set."""

import math
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from exports.report.bars import bar, histogram
from exports.report.harmless import shown

_BINS, _VALUES = 40, 12
_FAR = 100  # from such a largest value on the axis is logarithmic
Limits = Mapping[str, list[tuple[str, float]]]  # signal -> rules in words, each with a number that it compares with


def section(release: Path, limits: Limits) -> str:
    """A small chart for each signal: every row that was read, and over it those kept."""
    ledger = pl.read_parquet(release / "ledger.parquet", columns=["id", "fate", "words"])
    kept = ledger.filter(pl.col("fate") == "kept").select("id")
    names = [name for name in pl.read_parquet_schema(release / "signals.parquet") if name not in ("id", "words")]
    charts = [
        _chart("words", ledger.filter(pl.col("words").is_not_null()).select("id", "words"), kept, limits),
        _turns(release, kept),
    ]
    for name in sorted(names, key=lambda name: (name != "language", name not in limits, name)):
        charts.append(_chart(name, pl.read_parquet(release / "signals.parquet", columns=["id", name]), kept, limits))
    told = "Pale: every row that was read. Green: what was kept of it. A broken line: the number that a rule names."
    return f'<p class="soft">{told}</p><div class="charts">{"".join(charts)}</div>'


def _turns(release: Path, kept: pl.DataFrame) -> str:
    turns = pl.scan_parquet(release / "turns.parquet").group_by("id").agg(turns=pl.len().cast(pl.Int64)).collect()
    return _chart("turns", turns, kept, {})


def _chart(name: str, values: pl.DataFrame, kept: pl.DataFrame, limits: Limits) -> str:
    after = values.join(kept, on="id", how="semi")[name].drop_nulls()
    before = values[name].drop_nulls()
    rules = limits.get(name, [])
    said = "".join(f'<span class="rule">{shown(rule)}</span>' for rule in dict.fromkeys(rule for rule, _ in rules))
    caption = f"<figcaption><strong>{shown(name)}</strong> {_middle(before, after)}{said}</figcaption>"
    if not before.dtype.is_numeric():
        return f"<figure>{caption}{_shares(before.cast(pl.String), after.cast(pl.String))}</figure>"
    drawn = _numbers(before.cast(pl.Float64), after.cast(pl.Float64), [at for _, at in rules], whole=before.dtype.is_integer())
    return f"<figure>{caption}{drawn}</figure>"


def _middle(before: pl.Series, after: pl.Series) -> str:
    if not before.dtype.is_numeric():
        return f"{before.len():,} rows, {after.len():,} kept"
    one, two = (_number(series.median()) if series.len() else "none" for series in (before, after))
    return f"median {one} before, {two} after"


def _numbers(before: pl.Series, after: pl.Series, limits: list[float], *, whole: bool) -> str:
    before, after = (series.filter(series.is_finite()) for series in (before, after))
    if not before.len():
        return "<p class='soft'>no value</p>"
    low = min([float(before.quantile(0.0) or 0), *limits])
    high = max([float(before.quantile(0.995, "higher") or 0), *limits])
    far = low >= 0 and high >= _FAR
    bins = int(high - low) + 1 if whole and not far and high - low < _BINS else _BINS
    start, end = (low - 0.5, high + 0.5) if bins != _BINS else (_place(low, far), _place(high, far))
    span = (end - start) or 1.0

    def counted(values: pl.Series) -> list[int]:
        placed = values.log1p() if far else values
        at = ((placed - start) / span * bins).floor().clip(0, bins - 1).cast(pl.Int64)
        counts = dict(at.value_counts().iter_rows())
        return [counts.get(each, 0) for each in range(bins)]

    lines = [(_place(limit, far) - start) / span for limit in limits]
    more = "+" if float(before.max() or 0) > high else ""  # type: ignore[arg-type]
    middle = math.expm1((start + end) / 2) if far else (start + end) / 2
    ends = "".join(f"<span>{value}</span>" for value in (_number(low), _number(middle), _number(high) + more))
    return f'{histogram(counted(before), counted(after), lines)}<div class="ends">{ends}</div>'


def _place(value: float, far: bool) -> float:
    return math.log1p(value) if far else value


def _shares(before: pl.Series, after: pl.Series) -> str:
    """The most frequent values, each with a bar of how many rows had it and, under it, how many of these stayed."""
    found = before.alias("value").value_counts(name="rows").sort(["rows", "value"], descending=[True, False])
    stayed = dict(after.value_counts().iter_rows())
    whole, lines = max(before.len(), 1), []
    for value, rows in found.head(_VALUES).iter_rows():
        left = stayed.get(value, 0)
        lines.append(
            f'<span class="name">{shown(value, 40)}</span>{bar(0, rows / whole, "before")}<span>{rows:,}</span><span></span>'
        )
        lines.append(f'<span class="name soft">kept</span>{bar(0, left / whole, "kept")}<span>{left:,}</span><span></span>')
    rest = found.height - _VALUES
    return f'<div class="fall">{"".join(lines)}</div>' + (f'<p class="soft">and {rest:,} more values</p>' if rest > 0 else "")


def _number(value: object) -> str:
    return (
        f"{value:,.3g}"
        if isinstance(value, float) and abs(value) < 1000
        else f"{value:,.0f}"
        if isinstance(value, int | float)
        else ""
    )
