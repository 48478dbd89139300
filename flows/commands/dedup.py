"""winnow dedup: the overlap engine alone."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    source: Annotated[Path, typer.Argument(metavar="IN", help="a Parquet or JSONL file")],
    target: Annotated[
        Path,
        typer.Argument(metavar="OUT", help="kept rows, Parquet or JSON lines by its suffix; OUT.dropped.parquet names twins"),
    ],
    text: Annotated[str | None, typer.Option(help="the column to compare  [default: messages, conversations or text]")] = None,
    similarity: Annotated[
        float, typer.Option(min=0.1, max=1.0, help="exact Jaccard of shingles from which two rows are the same")
    ] = 0.8,
    shingle: Annotated[int, typer.Option(min=1, max=100, help="words in a shingle")] = 5,
    chars: Annotated[bool, typer.Option("--chars", help="count characters in a shingle, not words")] = False,
    short: Annotated[
        int, typer.Option(min=0, max=1000, help="texts of fewer words are the same only where one has all the other's words")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of text")] = False,
) -> None:
    """Drop near-duplicates of any Parquet or JSONL file, each verified by exact Jaccard and named beside its twin."""
    import json
    import time

    from flows import kernels
    from flows.places import cores

    kernels.prepare()
    with kernels.lean():
        import pyarrow as pa

        from filters.overlap import textfile

        pa.array([0])  # this is where pyarrow looks
        started, begun = time.time(), textfile.texts(source, text)
        from filters.overlap import dedup  # which takes as long to load as 100,000 rows to read: at the same time, then

    count = dedup.dedup(
        source, target, begun=begun, similarity=similarity, shingle=shingle, chars=chars, short=short, threads=cores()
    )
    if as_json:
        print(json.dumps({"rows": count.rows, "kept": count.kept}))
    else:
        seconds = time.time() - started
        fell = count.rows - count.kept
        print(f"{source}: {count.rows:,} rows, {count.kept:,} kept, {fell:,} dropped in {seconds:.1f} s -> {target}")
