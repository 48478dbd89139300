"""winnow run: dumps -> release."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer


def command(
    recipe: Annotated[str, typer.Argument(help="a recipe file, or a name in recipes/ (such as `everyday`)")],
    paths: Annotated[list[Path] | None, typer.Argument(help="your own dumps; they replace the recipe's sources")] = None,
    data: Annotated[Path | None, typer.Option(help="where the sources' paths begin  [default: data/raw]")] = None,
    out: Annotated[Path | None, typer.Option(help="where releases land  [default: data/releases]")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="change one choice, e.g. exports.sft.select.words=100_000"),
    ] = None,
    runner: Annotated[str, typer.Option(help="threads, processes or dask: same bytes")] = "threads",
    workers: Annotated[int | None, typer.Option(min=1, help="at most so many shards at once  [default: all cores]")] = None,
    shard: Annotated[float, typer.Option(min=0.001, help="megabytes of input a shard: memory follows it; same bytes")] = 16,
    trust: Annotated[bool, typer.Option("--trust", help="allow a recipe that reads a model file")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of text")] = False,
) -> None:
    """Turn dumps into a release, with every record accounted for.

    `winnow run everyday my_dump.json` needs no YAML. A step that is done is not done again: run it again after a stop, a new
    threshold or a new dump, and only what changed is worked out.
    """
    from flows import kernels, lists, releases, runs, screen, story
    from flows.places import cores, places

    kernels.prepare()
    started = time.time()
    planned, out = runs.plan_for(recipe, paths or [], data, out, set_ or [])
    if not trust:
        runs.trusted(planned)
    folder, new = runs.run(planned, out, runner, workers or cores(), int(shard * 2**20))
    runs.note(places(), planned, started, new)
    sys.stderr.writelines(f"{line}\n" for line in lists.told(releases.manifest(folder)))
    if sys.stdout.isatty() and not as_json:
        story.funnel(folder, screen.console())
        story.evidence(folder, screen.console())
        story.wins(folder, screen.console())
    screen.ended(folder, releases.manifest(folder), new=new, seconds=time.time() - started, as_json=as_json)
    if sys.stdout.isatty() and not as_json:
        story.paths(places(), folder, screen.console())
        print("next: winnow look kept -n 5 · winnow look REASON -n 5 · winnow explain ID · winnow sql why_dropped")
