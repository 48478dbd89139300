"""winnow report: the picture of a release, as one page."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def command(
    release: Annotated[str | None, typer.Argument(help="a release's folder or name  [default: the latest]")] = None,
    out: Annotated[Path | None, typer.Option(help="where to write it  [default: data/reports/NAME.html]")] = None,
    n: Annotated[int, typer.Option("-n", min=1, max=200, help="rows to read of each reason")] = 8,
    seed: Annotated[int, typer.Option(help="another seed draws others")] = 0,
    texts: Annotated[
        Literal["all", "kept", "none"], typer.Option(help="whose texts it shows: of all rows, of kept ones as published, or none")
    ] = "all",
) -> None:
    """Make a release's page: with texts of what fell too, with more rows or others; one file, which asks no network."""
    from flows import releases, reporting
    from flows.places import places

    folder = releases.find(release, places())
    path = out or reporting.whole_at(places(), folder)
    [text] = reporting.made(places(), folder, texts, rows=n, seed=seed)
    reporting.write(path, text)
    print(f"{len(text.encode()):,} bytes -> {path}; open it in a browser")
