"""winnow scavenge: bring the declared remote sources."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def command(
    recipe: Annotated[str, typer.Argument(help="a recipe file, or a name in recipes/")],
    data: Annotated[Path | None, typer.Option(help="where they land  [default: data/raw]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of text")] = False,
) -> None:
    """Bring the sources that a recipe declares with `from:`. Nothing new: exit 0, and nothing is brought.

    What can be written there:

    ```
    sources:
      hh:                              # the Hub, pinned to the commit found
        {path: "hh/**/*.jsonl.gz", from: hf://datasets/Anthropic/hh-rlhf}
      tulu:                            # a revision, and a part of it
        {path: tulu, from: "hf://datasets/OWNER/NAME@v1/data/*.parquet"}
      dolly:                           # one file, its bytes pinned
        {path: dolly/dolly.jsonl, from: "https://host/x.jsonl", sha256: 1f0...}
      ours:                            # AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL
        {path: ours, from: "s3://bucket/dumps/"}
      theirs:                          # any protocol of fsspec's
        {path: theirs, from: "gs://bucket/dumps/*.json"}
      local:                           # a path, or file://
        {path: local, from: [/mnt/dumps/a.jsonl, /mnt/dumps/b.jsonl]}
    ```

    Only files that `path` means are brought, into the folder it begins with. A private or gated dataset needs HF_TOKEN.
    A download that broke off goes on where it stopped. What was brought is noted in `.scavenged.json` beside it.
    """
    from flows import bringing

    print(bringing.bring(recipe, data, as_json, shown=sys.stderr.isatty()))
