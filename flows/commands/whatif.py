"""winnow whatif: the funnel under other choices."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    recipe: Annotated[str, typer.Argument(help="a recipe file, or a name in recipes/, that was run already")],
    paths: Annotated[list[Path] | None, typer.Argument(help="your own dumps, as they were given to `winnow run`")] = None,
    data: Annotated[Path | None, typer.Option(help="where the sources' paths begin  [default: data/raw]")] = None,
    out: Annotated[Path | None, typer.Option(help="where releases land  [default: data/releases]")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="change one choice, e.g. overlap.near_duplicates.similarity=0.9"),
    ] = None,
    compute: Annotated[
        bool, typer.Option("--compute", help="where the change asks for new signals or signatures, work them out and keep them")
    ] = False,
    trust: Annotated[bool, typer.Option("--trust", help="allow a recipe that reads a model file")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of text")] = False,
) -> None:
    """Say what other thresholds, rules, preferences or budgets would keep, in seconds. No release is made.

    `winnow whatif everyday my_dump.json --set overlap.near_duplicates.similarity=0.7`
    """
    import json

    from flows import kernels, releases, runs, screen
    from flows.places import places
    from schemas.faults import MissingFault, UsageFault

    kernels.prepare()
    from flows import trying

    home = places()
    if not set_:
        raise UsageFault("what if what? Say --set KEY=VALUE, e.g. --set overlap.near_duplicates.similarity=0.9")
    (base, place), (asked, _) = (runs.plan_for(recipe, paths or [], data, out, changes) for changes in ([], set_))
    if not trust:
        runs.trusted(asked)
    release = place / base.recipe.name / base.fingerprint
    if not releases.whole(release) or not releases.at_hand(home, base.fingerprint):
        raise MissingFault(f"{base.recipe.name} was not run over these dumps as they are: `winnow run` it once, without --set")
    found = trying.compared(release, trying.decided(base, asked, home, compute=compute))
    if as_json:
        print(json.dumps({"release": str(release), "set": set_, **found}, sort_keys=True))
        return
    for name, title in (("funnel", "what became of every row"), ("exports", "what leaves"), ("pairs", "verified look-alikes")):
        if found[name]:
            screen.console().print(screen.differences(found[name], title))
    print(f"now: {release}; then: with {', '.join(set_)}; nothing was written")
