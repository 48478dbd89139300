"""winnow diff: what changed from one release to another."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    before: Annotated[str, typer.Argument(metavar="RELEASE_A", help="a release's folder, name, or name/fingerprint")],
    after: Annotated[str, typer.Argument(metavar="RELEASE_B", help="the later one")],
    rows: Annotated[bool, typer.Option("--rows", help="every row instead of counts")] = False,
    out: Annotated[Path | None, typer.Option(help="every row as a Parquet file, for questions of your own")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="as a part of a dataset card")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
) -> None:
    """Say which rows were added, removed or changed from one release to another, and why. From their files alone."""
    import sys

    import orjson
    import pyarrow as pa

    from flows import diffing, releases, screen
    from flows.places import places
    from schemas import parquet

    was, now = (releases.find(named, places()) for named in (before, after))
    found = diffing.diff(was, now)
    if out:
        parquet.write(found, out, diffing.DIFF)
    if markdown:
        print(diffing.markdown(was, now, found))
        return
    lines = found.to_pylist() if rows else diffing.counts(found)
    if as_json:
        sys.stdout.writelines(orjson.dumps(line).decode() + "\n" for line in lines)
        return
    if lines:
        screen.console().print(screen.rows(pa.Table.from_pylist(lines)))
    print(f"{len(found):,} rows differ from {was} to {now}")
