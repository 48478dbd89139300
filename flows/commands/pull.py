"""winnow pull: a published release back."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    repo: Annotated[str, typer.Argument(help="OWNER/NAME on the Hub, or a folder or address that --to was given")],
    revision: Annotated[
        str | None, typer.Option(help="a tag or commit; elsewhere the first digits of a fingerprint  [default: the latest]")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="where releases land  [default: data/releases]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of text")] = False,
) -> None:
    """Bring a release that `winnow push` published, every file checked by its hash; `winnow verify` holds on it."""
    import json
    import sys

    from huggingface_hub.utils import disable_progress_bars

    from flows import publishing, releases
    from flows.places import places

    if not sys.stderr.isatty():
        disable_progress_bars()
    where, at, get = publishing.reader(repo, revision)
    folder = publishing.pull(get, where, (out or places().releases).resolve())
    facts = releases.manifest(folder)
    if as_json:
        said = {"release": str(folder), "at": at, "fingerprint": facts["fingerprint"], "counts": facts["counts"]}
        print(json.dumps(said, sort_keys=True))
        return
    rows = ", ".join(f"{sum(splits.values()):,} {name}" for name, splits in sorted(facts["counts"].items()))
    print(f"{where} at {at[:12]}: {rows} -> {folder}")
