"""winnow serve: runs on a schedule."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    recipe: Annotated[str, typer.Argument(help="a recipe file, or a name in recipes/")] = "everyday",
    cron: Annotated[str, typer.Option(help="when, as cron has it")] = "0 3 * * *",
    data: Annotated[Path | None, typer.Option(help="where the sources' paths begin  [default: data/raw]")] = None,
    out: Annotated[Path | None, typer.Option(help="where releases land  [default: data/releases]")] = None,
    push: Annotated[str | None, typer.Option(help="OWNER/NAME on the Hub, where each release is published")] = None,
    private: Annotated[bool, typer.Option("--private/--public", help="who may see a new repository there")] = True,
) -> None:
    """Run a recipe on a schedule for as long as this command runs: what is new is brought, and a new release made of it.

    Needs a Prefect server, since one that lives and dies with a run has no clock: `prefect server start`, then
    `export PREFECT_API_URL=http://127.0.0.1:4200/api`. For a team's work pool use prefect.yaml instead.
    """
    import os

    from flows import engine, kernels, runs
    from flows.places import places
    from schemas.faults import UsageFault

    kernels.prepare()
    if not os.environ.get("PREFECT_API_URL"):
        raise UsageFault(
            "no Prefect server is named: start one with `prefect server start`, then "
            "`export PREFECT_API_URL=http://127.0.0.1:4200/api` and serve again"
        )
    asked = runs.load(recipe, [])
    engine.prepare(places(), quiet=False)
    from flows.nightly import nightly

    where: dict[str, str | bool] = {name: str(path.resolve()) for name, path in (("data", data), ("out", out)) if path}
    where |= {"repo": push, "private": private} if push else {}
    nightly.serve(name=f"{asked.name}-served", cron=cron, parameters={"recipe": str(runs.recipe_file(recipe).resolve()), **where})
