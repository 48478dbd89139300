"""What rows were like before and after: lengths, turns, languages and every signal, with the limits that rules set."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from exports.report.charts import Layer, Margin, Sheet, across, cut, down, drawing, ground, limits, listed, marks, silent, ticks
from exports.report.controls import legend
from exports.report.harmless import shown

_BINS, _FEWEST, _VALUES, _WIDE = 32, 6, 8, 300
_FAR = 100  # from such a largest value on the axis is logarithmic
Limits = Mapping[str, list[tuple[str, float | None]]]  # signal -> rules in words, each with a number that it compares with
_SHORT = "datum.value >= 1000 ? format(datum.value / 1000, '.4~f') + 'k' : format(datum.value, '.4~f')"
BEFORE_AFTER = [("before", "every row that was read"), ("kept", "what was kept of it"), ("limit", "the number that a rule names")]


def section(release: Path, asked: Limits) -> str:
    """A small chart for each signal: every row that was read, and over it those kept; what is true or false all in one."""
    ledger = pl.read_parquet(release / "ledger.parquet", columns=["id", "fate", "words"])
    kept = ledger.filter(pl.col("fate") == "kept")["id"]
    schema = pl.read_parquet_schema(release / "signals.parquet")
    names = sorted(schema.keys() - {"id", "words"}, key=lambda name: (name != "language", name not in asked, name))
    stays = _column(release, "id").is_in(kept.implode())
    turns = pl.scan_parquet(release / "turns.parquet").group_by("id").agg(turns=pl.len().cast(pl.Int64)).collect()
    charts = [
        chart("words", ledger["words"], ledger["words"].filter(ledger["fate"] == "kept"), asked),
        chart("turns", turns["turns"], turns["turns"].filter(turns["id"].is_in(kept.implode())), asked),
    ]
    flags: list[tuple[str, float, float]] = []
    for name in names:
        before = _column(release, name)
        after = before.filter(stays)
        if schema[name] != pl.Boolean:
            charts.append(chart(name, before, after, asked))
        elif before.count():
            flags.append((name, _share(before), _share(after)))
    return f'{legend(BEFORE_AFTER)}<div class="charts">{"".join(charts)}</div>{_flags(flags, asked)}'


def _column(release: Path, name: str) -> pl.Series:
    return pl.read_parquet(release / "signals.parquet", columns=[name])[name]


def _share(flags: pl.Series) -> float:
    return float(flags.mean() or 0)  # type: ignore[arg-type]


def chart(name: str, before: pl.Series, after: pl.Series, asked: Limits) -> str:
    """One signal, of every row and of those kept, with the rules that read it."""
    before, after = before.drop_nulls(), after.drop_nulls()
    rules = asked.get(name, [])
    if before.dtype.is_numeric():
        numbers = [number for _, number in rules if number is not None]
        drawn = histogram(name, before.cast(pl.Float64), after.cast(pl.Float64), numbers, whole=before.dtype.is_integer())
    else:
        drawn = shares(name, before.cast(pl.String), after.cast(pl.String))
    caption = f"<figcaption><b>{shown(name)}</b><span>{_middle(before, after)}</span></figcaption>"
    return f"<figure>{caption}{drawn}{_rules(rules)}</figure>"


def _rules(rules: list[tuple[str, float | None]]) -> str:
    return "".join(f'<p class="rule">{shown(rule, 200)}</p>' for rule in dict.fromkeys(rule for rule, _ in rules))


def _middle(before: pl.Series, after: pl.Series) -> str:
    if not before.dtype.is_numeric():
        return f"{before.len():,} rows → {after.len():,}"
    one, two = (_number(series.median()) if series.len() else "none" for series in (before, after))
    return f"median {one} → {two}"


def histogram(name: str, before: pl.Series, after: pl.Series, named: list[float], *, whole: bool) -> str:
    """Counts of two series in the same bins, the second over the first, with a broken line at each limit."""
    before, after = (series.filter(series.is_finite()) for series in (before, after))
    if not before.len():
        return "<p class='soft'>no value</p>"
    edges, far = _edges(before, named, whole=whole)
    counts = [_counted(series, edges, far) for series in (before, after)]
    top = max(counts[0])
    least = top / 42  # one row is still seen
    rows: list[dict[str, Any]] = []
    for at, (was, now) in enumerate(zip(*counts, strict=True)):
        says = f"{_between(edges[at], edges[at + 1], at == len(edges) - 2, whole=whole)}: {was:,} rows, {now:,} kept"
        heights = {"was": max(was, least) if was else 0, "now": max(now, least) if now else 0}
        rows += [{"from": edges[at], "to": edges[at + 1], "low": 0, "high": top, **heights, "says": says}] if was else []
    end = max(edges[-1], edges[0] + _FEWEST) if whole and not far else edges[-1]
    axis = {"values": ticks(edges[0], end, far=far, whole=whole), "grid": False, "labelExpr": _SHORT}
    x = across("from", edges[0], end, scale="symlog" if far else "linear", **axis)

    def bars(of: list[dict[str, Any]], field: str, tone: str) -> Layer:
        place = {"x": x, "x2": {"field": "to"}, "y": down(field, 0, top), "y2": {"field": "low"}}
        return marks("bar", of, place, color=tone)

    layers = [bars(silent(rows), "was", "var(--before)"), bars(silent(rows), "now", "var(--kept)"), limits(x, named), ground(top)]
    layers.append(bars(rows, "high", "transparent"))
    return drawing(layers, (_WIDE, 84), Margin(8, 12, 20, 12), "hist", f"{name}, before and after")


def _edges(values: pl.Series, named: list[float], *, whole: bool) -> tuple[list[float], bool]:
    """Edges of bins from the least value to nearly the largest (a few far ones share the last), and whether they widen."""
    low = min([float(values.min() or 0), *named])  # type: ignore[arg-type]
    high = max([float(values.quantile(0.995, "higher") or 0), *named])
    far = low >= 0 and high >= _FAR
    if whole and not far and high - low < _BINS:
        return [low - 0.5 + at for at in range(int(high - low) + 2)], False
    high = high if high > low else low + 1
    if not far:
        return [low + (high - low) * at / _BINS for at in range(_BINS)] + [high], False
    start, end = math.log1p(low), math.log1p(high)
    return [low, *(math.expm1(start + (end - start) * at / _BINS) for at in range(1, _BINS)), high], True


def _counted(values: pl.Series, edges: list[float], far: bool) -> list[int]:
    placed, ends = (values.log1p(), [math.log1p(edges[0]), math.log1p(edges[-1])]) if far else (values, [edges[0], edges[-1]])
    bins = len(edges) - 1
    at = ((placed - ends[0]) / (ends[1] - ends[0]) * bins).floor().clip(0, bins - 1).cast(pl.Int64)
    counts = dict(at.value_counts().iter_rows())
    return [counts.get(each, 0) for each in range(bins)]


def _between(low: float, high: float, last: bool, *, whole: bool) -> str:
    if whole and high - low == 1:
        return f"{_number(low + 0.5)}{' or more' if last else ''}"
    return f"{_number(low)} or more" if last else f"{_number(low)} to {_number(high)}"


def shares(name: str, before: pl.Series, after: pl.Series) -> str:
    """The most frequent values, each with a bar of how many rows had it and over that of how many stayed."""
    found = before.alias("value").value_counts(name="rows").sort(["rows", "value"], descending=[True, False])
    stayed = dict(after.value_counts().iter_rows())
    lines = [(value, rows, stayed.get(value, 0)) for value, rows in found.head(_VALUES).iter_rows()]
    if not lines:
        return "<p class='soft'>no value</p>"
    top, rest = lines[0][1], found.height - _VALUES
    rows = [
        {"low": 0, "was": was, "now": now, "y": at, "says": f"{plain_value}: {was:,} rows, {now:,} kept"}
        for at, (value, was, now) in enumerate(lines)
        for plain_value in [cut(value, 40)]
    ]
    names = [{"x": -8, "y": at, "text": cut(value, 12)} for at, (value, _, _) in enumerate(lines)]
    sums = [{"x": 250, "y": at, "text": f"{was:,} → {now:,}"} for at, (_, was, now) in enumerate(lines)]
    y = {"y": down("y", len(lines) - 0.5, -0.5)}
    place = {"x": {"field": "x", "type": "quantitative", "scale": None}, **y, "text": {"field": "text"}}
    bar = {"x2": {"field": "low"}, **y}
    layers = [
        marks("bar", silent(rows), {"x": across("was", 0, top), **bar}, color="var(--before)", orient="horizontal", size=11),
        marks("bar", rows, {"x": across("now", 0, top), **bar}, color="var(--kept)", orient="horizontal", size=11),
        marks("text", names, place, align="right"),
        marks("text", sums, place, align="right", fill="var(--soft)"),
    ]
    more = f'<p class="more">and {rest:,} more values</p>' if rest > 0 else ""
    return drawing(layers, (150, 19 * len(lines)), Margin(2, 106, 2, 68), "hist", f"{name}, before and after") + more


def _flags(lines: list[tuple[str, float, float]], asked: Limits) -> str:
    """Every signal that is true or false: the share of rows where it is true, before and after."""
    if not lines:
        return ""
    rules = _rules([rule for name, *_ in lines for rule in asked.get(name, [])])
    caption = "<figcaption><b>true or false</b><span>share of rows where it is true</span></figcaption>"
    return f"<figure>{caption}{_dots(lines)}{rules}</figure>"


def _dots(lines: list[tuple[str, float, float]]) -> str:
    def layers(sheet: Sheet) -> list[Layer]:
        rows = [
            {
                "was": was,
                "now": now,
                "y": sheet.middle(at),
                "says": f"{name}: true in {was:.2%} of the rows read, {now:.2%} of those kept",
            }
            for at, (name, was, now) in enumerate(lines)
        ]
        x = across("was", 0, 1, values=[0, 0.25, 0.5, 0.75, 1], format=".0%", grid=True, labelFlush=not sheet.wide)
        return [
            marks("rule", silent(rows), {"x": x, "x2": {"field": "now"}, **sheet.y()}, color="var(--soft)"),
            marks("circle", silent(rows), {"x": x, **sheet.y()}, color="var(--in)", size=90, opacity=1),
            marks("circle", rows, {"x": x | {"field": "now"}, **sheet.y()}, color="var(--kept)", size=90, opacity=1),
        ]

    sums = [f"{was:.1%} → {now:.1%}" for _, was, now in lines]
    return listed([name for name, *_ in lines], sums, layers, "what is true or false, before and after", axis=18)


def _number(value: object) -> str:
    if not isinstance(value, int | float):
        return ""
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
