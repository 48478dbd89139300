"""The report's charts over the release that is browsed, and beside the funnel the way to the rows of each fate."""

from exports.report import page as report
from exports.report.harmless import shown
from flows.browsing import pieces, views
from flows.browsing.pieces import Shown, link


def page(to: Shown) -> str:
    """The funnel, signals before and after, overlap, benchmarks, what wins pairs, classifiers, comparisons."""
    parts = to.of.charts()
    return pieces.sections(to, report.sections(parts | {"funnel": parts["funnel"] + _rows(to)}), top=True)


def _rows(to: Shown) -> str:
    items = "".join(
        f'<li><a href="{link("", reason=name)}">{shown(name)}</a> {count:,}</li>' for name, count in views.reasons(to).items()
    )
    return f'<h3>The rows of each</h3><ul class="many">{items}</ul>'
