"""What one can press without a script: a switch between views, and what the colours of charts mean."""

from collections.abc import Iterable

from exports.report.harmless import shown


def switch(name: str, views: list[tuple[str, str]]) -> str:
    """Several views of which one is shown, chosen by name; at most four. A single view has nothing to choose."""
    if len(views) == 1:
        return views[0][1]
    inputs = "".join(
        f'<input type="radio" name="{name}" id="{name}-{at}"{"" if at else " checked"}>'
        f'<label for="{name}-{at}">{shown(said)}</label>'
        for at, (said, _) in enumerate(views)
    )
    return f'<div class="switch">{inputs}{"".join(f"<div>{body}</div>" for _, body in views)}</div>'


def legend(kinds: Iterable[tuple[str, str]]) -> str:
    """A patch of colour for each kind, and what it means."""
    drawn = "".join(f'<span><i class="key {shown(kind)}"></i>{shown(said)}</span>' for kind, said in kinds)
    return f'<p class="legend">{drawn}</p>'
