"""winnow browse: a release in the browser, every row of it."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    release: Annotated[str | None, typer.Argument(help="a release's folder or name  [default: the latest]")] = None,
    lists: Annotated[
        Path | None, typer.Option(metavar="DIR", help="where keep.jsonl and block.jsonl lie  [default: data/raw/lists]")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 is any that is free")] = 0,
) -> None:
    """Look at every row of a release in the browser: by SQL, words, fate, clusters, pairs; mark rows to keep or to block.

    Serves on this machine alone, under an address that it prints, until Ctrl-C. Marks go into two files that a recipe names:
    `lists: {keep: lists/keep.jsonl, block: lists/block.jsonl}`.
    """
    import contextlib
    import signal

    from flows import releases
    from flows.browsing import serving
    from flows.places import places

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # leaves nothing behind either
    home = places()
    folder = releases.find(release, home)
    print(folder, flush=True)
    with serving.running(home, folder, lists or home.raw / "lists", port) as url:
        print(f"{url}\nopen this address in a browser; Ctrl-C ends", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
