"""winnow audit: what is in a dataset, what is wrong with it, and what would be left."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def command(
    dumps: Annotated[list[str], typer.Argument(metavar="PATH...", help="files, folders, or hf://datasets/OWNER/NAME")],
    out: Annotated[Path, typer.Option(help="folder for NAME.audit.html and NAME.audit.json")] = Path(),
    recipe: Annotated[str, typer.Option(help="whose repairs and rules say what a cleaned release would be")] = "everyday",
    gallery: Annotated[
        bool, typer.Option("--gallery", help="audit each folder below PATH; numbers alone, no text: gallery.md and gallery.json")
    ] = False,
    n: Annotated[int, typer.Option("-n", min=1, max=200, help="rows to read of each reason")] = 8,
    workers: Annotated[int | None, typer.Option(min=1, help="at most so many shards at once  [default: all cores]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the numbers as one JSON object")] = False,
) -> None:
    """Say what a dataset is, before you use it: one page, no recipe to write, no release made.

    Formats, languages, copies and near-copies with examples, items of public benchmarks, refusals, cut answers, known faults of
    labels, how often the longer answer wins, secrets and personal data by kind and place, the licence, and what the recipe
    `everyday` would leave of it. 71,482 rows of real dumps take 38 CPU seconds; a `winnow run` after it finds most steps done.

    ```
    winnow audit my_dump.json                          # my_dump.audit.html and .json, here
    winnow audit hf://datasets/OWNER/NAME@v1           # brought to data/raw first, as winnow scavenge does
    winnow audit dumps/ --out audits --recipe mine.yaml
    winnow audit --gallery dumps/ --out docs           # a table over all folders below dumps/, numbers alone
    ```

    The page shows texts of rows, secrets and personal data masked: it is for your eyes. The JSON holds numbers and ids alone.
    """
    from flows import kernels

    kernels.prepare()
    from flows import audits, screen
    from flows.places import cores, places
    from schemas.faults import DataFault

    shown = sys.stderr.isatty() and not as_json
    if gallery:
        print(audits.gallery(dumps, recipe, places(), out, workers or cores()))
    else:
        said = audits.one(dumps, recipe, places(), out, workers or cores(), rows=n, as_json=as_json, shown=shown)
        if said.alarm and not as_json:
            screen.console().print(screen.safe(said.alarm), style="bold red", soft_wrap=True)
        print(said.text)
        if not said.read:
            raise DataFault(f"{said.alarm}: see `winnow inspect {' '.join(dumps)}`")
