"""winnow explain: one row's whole story."""

from typing import Annotated

import typer


def command(
    release: Annotated[str, typer.Argument(help="a release's folder or name; may be left out for the latest")],
    row: Annotated[
        str | None, typer.Argument(metavar="ID", help="the row's id, as in the ledger, or some words of its text")
    ] = None,
    chars: Annotated[int, typer.Option(help="at most so many characters a turn; 0 for all")] = 1500,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object, or one a row where several hold the words")] = False,
) -> None:
    """One row's whole story: where it came from, edits, rules and what they read, twins and what both share, exports.

    `winnow explain ID`, `winnow explain "some words of it"`, or either after a RELEASE.
    """
    from flows import explaining, releases, screen
    from flows.places import places

    home = places()
    named, wanted = (None, release) if row is None else (release, row)
    folder = releases.find(named, home)
    explaining.explain(home, folder, wanted, screen.console(), chars or None, as_json=as_json)
