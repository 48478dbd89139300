"""One run from the command line: its plan, whether anything is new, the flow, and a line in data/runs.parquet."""

import os
import sys
import time
from pathlib import Path

import pyarrow as pa

import sources
from flows import engine, plan, releases
from flows.places import ROOT, Places, places
from schemas import parquet, recipe
from schemas.faults import Fault, MissingFault, StorageFault, UsageFault

_NAMES = 3  # sources that a line has room for
RUNNERS = ("threads", "processes", "dask")
RUNS = pa.schema(
    [
        ("started", pa.timestamp("ms", "UTC")),
        ("name", pa.string()),
        ("fingerprint", pa.string()),
        ("new", pa.bool_()),
        ("seconds", pa.float64()),
    ]
)


def recipe_file(named: str) -> Path:
    """A recipe by path, or by name in recipes/."""
    path = Path(named)
    if path.suffix in (".yaml", ".yml"):
        return path
    here = ROOT / "recipes" / f"{named}.yaml"
    if here.is_file():
        return here
    if path.exists():
        raise UsageFault(
            f"{named} is no recipe (which ends in .yaml): name one before your dumps, as in: winnow run everyday {named}"
        )
    raise MissingFault(f"no recipe {named!r}; {recipe.nearest(named, [each.stem for each in (ROOT / 'recipes').glob('*.yaml')])}")


def load(named: str, changes: list[str]) -> recipe.Recipe:
    """The recipe of this file or name, with changes set."""
    return recipe.override(recipe.load(recipe_file(named)), changes)


def plan_for(named: str, paths: list[Path], data: Path | None, out: Path | None, changes: list[str]) -> tuple[plan.Plan, Path]:
    """The plan of a command line and the folder its release goes to. Raises UsageFault or MissingFault; writes nothing."""
    asked = load(named, changes)
    for path in paths:
        sources.check(path)
    home, base = places(), None
    if paths:
        asked, base = plan.given(asked, paths)
    try:
        planned = plan.make(asked, (data or home.raw).resolve(), base)
    except MissingFault as fault:
        if paths:
            raise
        raise MissingFault(
            f"{fault}\nput the dumps there, name their folder with --data, or your own file: winnow run {named} FILE"
        ) from None
    return planned, (out or home.releases).resolve()


def trusted(planned: plan.Plan) -> None:
    """Refuse a recipe that brings a model file along: a model is read by native code, so its origin must be known."""
    brought = [f"{name} ({given.model})" for name, given in planned.recipe.classifiers.items() if given.model]
    if brought:
        raise UsageFault(f"the recipe reads a model file: {', '.join(brought)}; say --trust if you know where it comes from")


def left_out(planned: plan.Plan) -> list[str]:
    """One line for each source whose folder holds files that are no data."""
    found = {name: sources.skipped(spec, planned.base) for name, spec in planned.recipe.sources.items()}
    return [
        f"{name}: {len(files):,} files are no data and were left out: {', '.join(files[:5])}{' ...' if len(files) > 5 else ''}"
        for name, files in found.items()
        if files
    ]


def standing(planned: plan.Plan, out: Path) -> Path | None:
    """The release that this plan would make, where it stands already, its texts at hand; it is made current."""
    folder = out / planned.recipe.name / planned.fingerprint
    if not releases.whole(folder) or not releases.at_hand(places(), planned.fingerprint):
        return None
    releases.switch(folder)
    return folder


def displaced(planned: plan.Plan, out: Path) -> str | None:
    """What to say where the current release of this name has no source of this plan: the run would take its place."""
    current = out / planned.recipe.name / "current"
    if not (current / "manifest.json").is_file():
        return None
    theirs, mine = sorted(releases.manifest(current)["sources"]), sorted(planned.recipe.sources)
    if set(theirs) & set(mine):
        return None
    name = planned.recipe.name
    return (
        f"{name}: `current` was made of {_some(theirs)}, and this run of {_some(mine)} takes its place; "
        f"to keep it current, give this one a name of its own: --set name={name}-{mine[0]}"
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:_NAMES]) + (f" and {len(names) - _NAMES} more" if len(names) > _NAMES else "")


def run(planned: plan.Plan, out: Path, runner: str, workers: int, shard: int) -> tuple[Path, bool]:
    """The release's folder, and whether it is new. What stands already, whole, is not made again."""
    if runner not in RUNNERS:
        raise UsageFault(f"unknown runner {runner!r}: choose from {', '.join(RUNNERS)}")
    if (said := displaced(planned, out)) is not None:
        sys.stderr.write(f"{said}\n")
    if (folder := standing(planned, out)) is not None:
        return folder, False
    for line in left_out(planned):
        sys.stderr.write(f"{line}\n")
    shown = sys.stderr.isatty()
    if shown:
        size = sum(file.size for file in planned.files) / 1e6
        sys.stderr.write(f"{planned.recipe.name}: {len(planned.files):,} files, {size:,.1f} MB, {workers} {runner}\n")
    engine.prepare(places())
    from flows.curate import curate

    flow = curate.with_options(task_runner=engine.runner(runner, workers))
    try:
        return Path(flow(planned.recipe, planned.data, out, base=planned.base, shard=shard, progress=shown)), True
    except Exception as fault:
        raise own(fault) from fault


def note(home: Places, planned: plan.Plan, started: float, new: bool) -> None:
    """Add a line to data/runs.parquet; times live there and never in a release."""
    line = {
        "started": pa.scalar(int(started * 1000), pa.timestamp("ms", "UTC")).as_py(),
        "name": planned.recipe.name,
        "fingerprint": planned.fingerprint,
        "new": new,
        "seconds": round(time.time() - started, 3),
    }
    known = [parquet.read(home.runs)] if home.runs.is_file() else []
    parquet.write(pa.concat_tables([*known, pa.Table.from_pylist([line], schema=RUNS)]), home.runs, RUNS)


def own(fault: BaseException) -> BaseException:
    """The Fault inside what a task runner raised, where there is one."""
    seen: BaseException | None = fault
    while seen is not None and not isinstance(seen, Fault | OSError):
        seen = seen.__cause__ or seen.__context__
    if seen is None and (type(fault).__module__.startswith(("prefect.", "httpx")) or "Prefect API server" in str(fault)):
        said = str(fault).split(" - ")[0]
        return StorageFault(
            f"Prefect's server failed: {said}; is the disk under {os.environ['PREFECT_HOME']} full, or the server down?"
        )
    return seen or fault
