"""What was measured, for the README: a Markdown table, and rows per second over rows as an SVG with logarithmic axes."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

WIDTH, HIGH, LEFT, TOP, RIGHT, BELOW = 720, 380, 64, 34, 130, 44
COLOURS = {"winnow": "#5f9e6e", "rensa": "#b9785a", "datasketch": "#8c7bb0", "text-dedup": "#6f93a8", "data-juicer": "#c9a14a",
           "datatrove": "#8da2b5"}  # fmt: skip
NAMES = ("rows", "tool", "s", "rows/s", "MB/s", "CPU s", "rows per CPU s", "peak MB", "rows kept", "recall", "near", "precision")
HEAD = f"| {' | '.join(NAMES)} | times winnow (CPU) |"


def table(lines: list[dict[str, Any]]) -> str:
    """Markdown, a line for every size and tool; the last column: how many times winnow's seconds, and CPU seconds, it took."""
    ours = {line["rows"]: line for line in lines if line["tool"] == "winnow"}
    said = [HEAD, "|" + "---|" * (HEAD.count("|") - 1)]
    for line in lines:
        cells = [
            f"{line['rows']:,}", line["tool"], _short(line["wall"]), f"{line['rows'] / line['wall']:,.0f}",
            _short(line["megabytes"] / line["wall"]), _short(line["cpu"]), f"{line['rows'] / line['cpu']:,.0f}",
            f"{line['memory']:,}", f"{line['kept']:,}", *(f"{line[name]:.4f}" for name in ("recall", "near", "precision")),
            _times(line, ours.get(line["rows"])),
        ]  # fmt: skip
        said.append(f"| {' | '.join(cells)} |")
    return "\n".join(said)


def draw(lines: list[dict[str, Any]], path: Path) -> None:
    """Write the picture; it has no background and middling colours, so that it is read on light and dark pages."""
    across = _axis([line["rows"] for line in lines], LEFT, WIDTH - RIGHT)
    up = _axis([line["rows"] / line["wall"] for line in lines], HIGH - BELOW, TOP)
    parts = [*_grid(lines, across, up)]
    for tool, colour in COLOURS.items():
        points = sorted((line["rows"], line["rows"] / line["wall"]) for line in lines if line["tool"] == tool)
        if points:
            parts += _curve(tool, colour, [(across(x), up(y)) for x, y in points])
    words = "rows per second over rows, whole processes, two cores; both axes are logarithmic"
    style = "text{font:12px system-ui,sans-serif;fill:#76828c}line{stroke:#76828c;stroke-opacity:.3}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HIGH}" viewBox="0 0 {WIDTH} {HIGH}" role="img">'
    title = f'<title>{words}</title><style>{style}</style><text x="8" y="20">{words}</text>'
    path.write_text("\n".join([head, title, *parts, "</svg>", ""]), "utf-8")


def _axis(values: list[float], start: float, end: float) -> Callable[[float], float]:
    """Where on the page a value lies: from the smallest to the largest, with a little air."""
    low, high = math.log10(min(values)) - 0.1, math.log10(max(values)) + 0.1
    return lambda value: start + (math.log10(value) - low) / (high - low) * (end - start)


def _grid(lines: list[dict[str, Any]], across: Callable, up: Callable) -> list[str]:
    parts = []
    for rows in sorted({line["rows"] for line in lines}):
        x = across(rows)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{HIGH - BELOW}"/>')
        parts.append(f'<text x="{x:.1f}" y="{HIGH - BELOW + 18}" text-anchor="middle">{rows:,}</text>')
    rates = [line["rows"] / line["wall"] for line in lines]
    for power in range(math.ceil(math.log10(min(rates)) - 0.1), math.floor(math.log10(max(rates)) + 0.1) + 1):
        y = up(10**power)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10**power:,}</text>')
    return [*parts, f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HIGH - 8}" text-anchor="middle">rows</text>']


def _curve(tool: str, colour: str, points: list[tuple[float, float]]) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points]
    x, y = points[-1]
    name = f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" style="fill:{colour}">{tool}</text>'
    return [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>', *dots, name]


def _times(line: dict[str, Any], ours: dict[str, Any] | None) -> str:
    if ours is None or line is ours:
        return ""
    return f"{line['wall'] / ours['wall']:.1f} ({line['cpu'] / ours['cpu']:.1f})"


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"
