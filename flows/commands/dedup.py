"""winnow dedup: the overlap engine alone."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    source: Annotated[Path, typer.Argument(metavar="IN", help="a Parquet or JSONL file")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="the kept rows, as Parquet; OUT.dropped.parquet names each twin")],
    text: Annotated[str | None, typer.Option(help="the column to compare  [default: messages, conversations or text]")] = None,
    similarity: Annotated[float, typer.Option(min=0.1, max=1.0, help="exact Jaccard of word shingles from which two rows are the same")] = 0.8,
    shingle: Annotated[int, typer.Option(min=1, help="words in a shingle")] = 5,
) -> None:
    """Drop near-duplicates of any Parquet or JSONL file, each verified by exact Jaccard and named beside its twin. No recipe, no Prefect."""
    from flows import kernels

    kernels.prepare()
    from filters.overlap import dedup

    print(dedup.run(source, target, text, similarity, shingle))
