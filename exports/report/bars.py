"""Charts as inline SVG that stretches with the page: a bar somewhere on a line, and a histogram before and after."""

from collections.abc import Sequence

_WIDE, _HIGH = 1000, 100


def bar(start: float, end: float, kind: str, *, half: bool = False) -> str:
    """A bar from `start` to `end`, both shares of the line's width; `half` draws a line at its middle."""
    wide = max((end - start) * _WIDE, 3 if end > start else 0)
    line = f'<line class="half" x1="{_WIDE / 2}" y1="0" x2="{_WIDE / 2}" y2="1"/>' if half else ""
    rect = f'<rect class="{kind}" x="{min(start * _WIDE, _WIDE - wide):.1f}" y="0" width="{wide:.1f}" height="1"/>'
    return f'<svg class="bar" viewBox="0 0 {_WIDE} 1" preserveAspectRatio="none" aria-hidden="true">{line}{rect}</svg>'


def histogram(before: Sequence[int], after: Sequence[int], limits: Sequence[float]) -> str:
    """Two counts a bin, the second drawn over the first, and a line at each limit, a share of the width."""
    top, step, drawn = max([*before, *after, 1]), _WIDE / max(len(before), 1), []
    for kind, counts in (("before", before), ("kept", after)):
        for at, count in enumerate(counts):
            if count:
                high = max(count / top * _HIGH, 1)
                place = f'x="{at * step + 1:.1f}" y="{_HIGH - high:.1f}" width="{step - 2:.1f}" height="{high:.1f}"'
                drawn.append(f'<rect class="{kind}" {place}/>')
    drawn += [f'<line class="limit" x1="{x * _WIDE:.1f}" y1="0" x2="{x * _WIDE:.1f}" y2="{_HIGH}"/>' for x in limits]
    return f'<svg class="hist" viewBox="0 0 {_WIDE} {_HIGH}" preserveAspectRatio="none" aria-hidden="true">{"".join(drawn)}</svg>'
