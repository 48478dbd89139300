"""winnow verify: does a release hold what it says?"""

from typing import Annotated

import typer


def command(
    release: Annotated[str | None, typer.Argument(help="a release's folder or name  [default: the latest]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of text")] = False,
) -> None:
    """Check hashes, schemas and conservation of a release from its files alone; exit 65 with the first thing that is wrong."""
    import json

    from flows import laws, releases
    from flows.places import places

    folder = releases.find(release, places())
    checks = laws.verify(folder)
    print(
        json.dumps(checks, sort_keys=True)
        if as_json
        else f"{folder}: {', '.join(f'{n:,} {what}' for what, n in checks.items())}: all hold"
    )
