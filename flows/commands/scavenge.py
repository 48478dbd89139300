"""winnow scavenge: bring the declared remote sources."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    recipe: Annotated[str, typer.Argument(help="a recipe file, or a name in recipes/")],
    data: Annotated[Path | None, typer.Option(help="where they land  [default: data/raw]")] = None,
) -> None:
    """Bring the sources that a recipe declares with `from:`, checked against their sha256. Nothing new: exit 0."""
    from flows import engine, runs
    from flows.places import places
    from schemas import recipe as recipes

    home = places()
    asked = recipes.load(runs.recipe_file(recipe))
    engine.prepare(home)
    from flows.bring import scavenge

    brought, known = scavenge(asked, (data or home.raw).resolve())
    print(f"{brought} new, {known} already there in {(data or home.raw).resolve()}")
