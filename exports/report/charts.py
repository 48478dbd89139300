"""Charts by Vega-Lite as inline SVG: drawn once, on the server, by vl-convert; their colours are the page's own variables.

Sizes are in pixels of the drawing, which stretches to the width of its place. Nothing is measured by a font, so that a chart
has the same bytes wherever it is made.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from exports.report.harmless import plain, shown

Layer = dict[str, Any]
_VERSION = "6.4"  # of Vega-Lite, within vl-convert
_FONT = 11
_CONFIG = {
    "view": {"stroke": None},
    "font": "sans-serif",
    "text": {"fontSize": _FONT, "fill": "var(--ink)", "limit": 0, "baseline": "middle"},
    "axis": {
        "labelColor": "var(--soft)",
        "labelFontSize": _FONT,
        "labelOverlap": False,
        "labelBound": False,
        "labelFlush": False,
        "labelLimit": 0,
        "domain": False,
        "ticks": False,
        "gridColor": "var(--line)",
        "title": None,
    },
}


class Margin(NamedTuple):
    """Pixels around a chart's plot, where its labels stand."""

    top: int = 6
    right: int = 8
    bottom: int = 6
    left: int = 8


class Sheet(NamedTuple):
    """Where the lines of a list of bars lie: beside their names on a wide page, below them on a phone."""

    wide: bool
    lines: int

    @property
    def width(self) -> int:
        """Pixels of the plot."""
        return 560 if self.wide else 332

    @property
    def left(self) -> int:
        """Pixels before the plot, for names."""
        return 224 if self.wide else 6

    @property
    def right(self) -> int:
        """Pixels after the plot, for numbers."""
        return 176 if self.wide else 6

    def middle(self, at: int) -> float:
        """The middle of what is drawn on a line."""
        return at + (0.5 if self.wide else 0.68)

    def band(self, at: int) -> dict[str, float]:
        """Top and bottom of a bar on a line."""
        return {"top": at + 0.14, "bottom": at + 0.86} if self.wide else {"top": at + 0.5, "bottom": at + 0.86}

    def y(self) -> Layer:
        """The vertical place `y` of marks."""
        return {"y": down("y", self.lines, 0)}

    def bands(self) -> Layer:
        """The vertical places `top` and `bottom` of bars."""
        return {"y": down("top", self.lines, 0), "y2": {"field": "bottom"}}

    def words(self, x: float, texts: Sequence[str], align: str, tone: str = "var(--ink)", **look: Any) -> Layer:
        """A layer of one text a line, from (or to) a place in pixels."""
        high = 0.5 if self.wide else 0.24
        rows = [{"x": x, "y": at + high, "text": text} for at, text in enumerate(texts) if text]
        place = {"x": {"field": "x", "type": "quantitative", "scale": None}, **self.y(), "text": {"field": "text"}}
        return marks("text", rows, place, align=align, fill=tone, **look)


Names = Sequence[str]


def listed(
    names: Names | tuple[Names, Names], sums: Sequence[str], layers: Callable[[Sheet], list[Layer]], label: str, axis: int = 0
) -> str:
    """Lines one below the other, each with its name and its numbers, drawn twice: the page's style shows the one that fits.

    `names`: one for each line, or two lists, for wide pages and for phones. `axis`: pixels below for the labels of an axis.
    """
    drawn = []
    both = names if isinstance(names, tuple) else (names, names)
    for own, sheet in ((each, Sheet(wide, len(each))) for each, wide in zip(both, (True, False), strict=True)):
        most, x, end = (32, -10, sheet.width + sheet.right - 4) if sheet.wide else (34, 0, sheet.width)
        said = sheet.words(x, [cut(name, most) for name in own], "right" if sheet.wide else "left")
        told = sheet.words(end, sums, "right", "var(--soft)")
        size = sheet.width, (25 if sheet.wide else 40) * sheet.lines
        margin = Margin(2, sheet.right, 2 + axis, sheet.left)
        drawn.append(drawing([*layers(sheet), said, told], size, margin, "wide" if sheet.wide else "narrow", label))
    return "".join(drawn)


def drawing(layers: Sequence[Layer], size: tuple[int, int], margin: Margin, kind: str, label: str) -> str:
    """An SVG of these Vega-Lite layers, of a CSS class, and for who cannot see it with a label of plain words."""
    import vl_convert

    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": size[0],
        "height": size[1],
        "padding": margin._asdict(),
        "autosize": {"type": "none"},
        "background": None,
        "config": _CONFIG,
        "layer": _harmless(list(layers)),
    }
    svg = vl_convert.vegalite_to_svg(spec, vl_version=_VERSION, allowed_base_urls=[])
    return svg.replace('class="marks"', f'class="chart {kind}" role="figure" aria-label="{shown(label)}"', 1)


def _harmless(value: Any) -> Any:
    """Every text of a specification without what XML cannot hold: the renderer reads texts as SVG, and would end the process."""
    if isinstance(value, dict):
        return {key: _harmless(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_harmless(each) for each in value]
    return plain(value) if isinstance(value, str) else value


def marks(kind: str, rows: Sequence[dict[str, Any]], encoding: dict[str, Any], **look: Any) -> Layer:
    """A layer of marks of one kind, one for each row; a row's `says`, if there is one, is told where the mark is pointed at."""
    told = {"description": {"field": "says"}} if rows and "says" in rows[0] else {}
    mark = {"type": kind, "aria": bool(told), "clip": False, **look}
    return {"data": {"values": list(rows)}, "mark": mark, "encoding": {**encoding, **told}}


def silent(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same rows, for marks that tell nothing."""
    return [{key: value for key, value in row.items() if key != "says"} for row in rows]


def limits(x: dict[str, Any], at: Sequence[float]) -> Layer:
    """A broken line at each number on this axis."""
    rows = [{"at": number} for number in dict.fromkeys(at)]
    return marks("rule", rows, {"x": x | {"field": "at"}}, color="var(--mark)", strokeDash=[4, 3], strokeWidth=1.5)


def ground(top: float) -> Layer:
    """The line that vertical bars stand on."""
    return marks("rule", [{"base": 0}], {"y": down("base", 0, top)}, color="var(--soft)", strokeWidth=0.7)


def ticks(low: float, high: float, *, far: bool = False, whole: bool = False) -> list[float]:
    """Round numbers in a range: powers of ten where it is `far`, or three to six even steps, `whole` ones if asked."""
    if far:
        powers = [float(10**power) for power in range(9) if low <= 10**power <= high]
        return ([0.0] if low <= 0 else []) + powers
    span = high - low
    step = 10 ** math.floor(math.log10(span / 2.5))
    step *= next(each for each in (1, 2, 5, 10) if span / (step * each) <= 6)
    step = max(step, 1) if whole else step
    first = math.ceil(low / step)
    return [round(step * at, 10) for at in range(first, math.floor(high / step) + 1)]


def across(field: str, low: float, high: float, **axis: Any) -> dict[str, Any]:
    """A horizontal place between two numbers; without `axis` none is drawn."""
    return _place(field, [low, high], axis)


def down(field: str, low: float, high: float) -> dict[str, Any]:
    """A vertical place, `low` at the bottom."""
    return _place(field, [low, high], {})


def _place(field: str, domain: list[float], axis: dict[str, Any]) -> dict[str, Any]:
    scale = {"domain": domain, "nice": False, "zero": False, "type": axis.pop("scale", "linear")}
    return {"field": field, "type": "quantitative", "scale": scale, "axis": axis or None}


def colour(field: str = "colour") -> dict[str, Any]:
    """Each mark's own colour: a variable of the page's style."""
    return {"field": field, "type": "nominal", "scale": None}


def cut(text: str, most: int) -> str:
    """A stranger's text for a label: harmless, and of at most so many characters."""
    text = plain(text)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
