"""winnow index: what was published, for later runs to compare with."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    release: Annotated[
        list[str], typer.Argument(metavar="RELEASE...", help="folders or names of releases (a name: its current one)")
    ],
    out: Annotated[Path, typer.Option(metavar="PATH", help="the index, one Parquet file; an index that is there is added to")],
    key: Annotated[
        str | None,
        typer.Option(
            help="compare this too: conversation, prompt, context, response, exchange  [default: as the releases' rules do]"
        ),
    ] = None,
    shingle: Annotated[int, typer.Option(min=1, max=100, help="with --key: words in a shingle")] = 5,
    chars: Annotated[bool, typer.Option("--chars", help="with --key: count characters in a shingle, not words")] = False,
    short: Annotated[int, typer.Option(min=0, max=1000, help="with --key: as `short` in a rule")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of text")] = False,
) -> None:
    """Remember what a release kept, so that tomorrow's run knows its near-duplicates.

    Signatures and shingle hashes of the kept rows go into one file, no text; releases may be added day by day. A recipe reads
    it with `overlap: {published: {index: PATH}}`: a new row that is like a published one falls, or with `wins: new` the
    release's superseded.parquet names the published rows that a new one replaces.

    `winnow run mine.yaml` · `winnow index mine --out published.parquet` · next day `winnow run mine.yaml` again.
    """
    import json
    import time
    from typing import get_args

    from flows import kernels, releases
    from flows.places import cores, places
    from schemas.faults import UsageFault
    from schemas.recipe_overlap import Key

    if key is not None and key not in get_args(Key):
        raise UsageFault(f"--key {key}: choose from {', '.join(get_args(Key))}")
    kernels.prepare()
    from filters.overlap.index import Setting
    from flows import indexing

    started = time.time()
    folders = [releases.find(each, places()) for each in release]
    told = indexing.make(folders, out, Setting(key, shingle, chars, short) if key else None, cores())
    if as_json:
        settings = [each._asdict() for each in told.settings]
        print(json.dumps({"releases": told.releases, "settings": settings, "lines": told.lines, "new": told.new}))
        return
    begin = "" if told.new else "nothing new: "
    by = "; ".join(map(str, told.settings))
    size = f"{told.lines:,} lines, {out.stat().st_size / 1e6:,.1f} MB"
    print(f"{begin}{', '.join(told.releases)} by {by}: {size} in {time.time() - started:.1f} s -> {out}")
