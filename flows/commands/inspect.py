"""winnow inspect: what is in these files?"""

from pathlib import Path
from typing import Annotated

import typer


def command(
    paths: Annotated[list[Path], typer.Argument(help="files or folders")],
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a file")] = False,
) -> None:
    """Tell what dumps are: container, format and how sure, records, rows, turns, languages, problems. Nothing is written."""
    from flows import kernels

    kernels.prepare()
    from flows import inspection

    inspection.show(paths, as_json)
