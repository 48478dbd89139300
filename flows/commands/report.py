"""winnow report: the picture of a release, as one page."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    release: Annotated[str | None, typer.Argument(help="a release's folder or name  [default: the latest]")] = None,
    out: Annotated[Path | None, typer.Option(help="where to write it  [default: NAME.report.html]")] = None,
    n: Annotated[int, typer.Option("-n", min=1, max=200, help="rows to read of each reason")] = 8,
    seed: Annotated[int, typer.Option(help="another seed draws others")] = 0,
) -> None:
    """Make a release's report.html again, elsewhere, with more rows or others: one file, which asks no network."""
    from flows import releases, reporting
    from flows.places import places

    folder = releases.find(release, places())
    path = out or Path(f"{releases.manifest(folder)['name']}.report.html")
    text = reporting.made(places(), folder, n, seed)
    path.write_text(text, "utf-8")
    print(f"{len(text.encode()):,} bytes -> {path}; open it in a browser")
