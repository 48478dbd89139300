"""The flow: dumps -> release. Tasks are shards or stages, take and return small values, and are done once (flows/store.py)."""

from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.runtime import flow_run

from flows import kernels, leave, plan, stages, store
from flows.lock import lock
from flows.places import Places
from flows.places import places as home
from flows.progress import Progress
from schemas.recipe import Recipe

Item = TypeVar("Item")

_TASKS, _MOST = 32, 8  # tasks that a stage has at least, where there are as many shards; shards of one task

_IO: Any = {"retries": 2, "retry_delay_seconds": 1, "retry_condition_fn": lambda _task, _run, state: _is_io(state)}


def _is_io(state: Any) -> bool:
    """Only disk and network deserve a second try; everything else would fail again."""
    return isinstance(state.result(raise_on_failure=False), OSError)


def _runs(shards: list[Item]) -> list[list[Item]]:
    """Runs of neighbours, each the work of one task: a task costs a fifth of a second where it goes to another process."""
    size = min(_MOST, max(1, len(shards) // _TASKS))
    return [shards[start : start + size] for start in range(0, len(shards), size)]


@task(task_run_name="read {first}", **_IO)
def read(first: str, work: Path, shards: list[tuple[list[Any], list[str]]], batch: int) -> list[store.Done]:
    """Shards of files -> rows."""
    kernels.prepare()
    return [stages.read(work, files, hashes, batch) for files, hashes in shards]


@task(task_run_name="refine {name}", **_IO)
def refine(name: str, job: stages.Job, parts: list[tuple[store.Done, int]]) -> list[stages.Shard]:
    """Shards of rows -> edits, signals, signatures."""
    kernels.prepare()
    return [stages.refine(job, done, part) for done, part in parts]


@task(task_run_name="train {piles.name}", **_IO)
def train(work: Path, piles: plan.Piles, recipe: Recipe) -> store.Done:
    """Two labelled piles -> a classifier with its evidence."""
    return stages.train(work, piles, recipe)


@task(task_run_name="judge and export", **_IO)
def release(planned: plan.Plan, places: Places, out: Path, made: leave.Made) -> Path:
    """All shards -> a release, switched in when its laws hold."""
    return leave.release(planned, places, out, made)


def _run_name() -> str:
    asked = flow_run.parameters
    recipe = asked["recipe"] if isinstance(asked["recipe"], Recipe) else Recipe.model_validate(asked["recipe"])
    return f"{recipe.name}-{plan.make(recipe, Path(asked['data']), asked['base']).fingerprint[:12]}"


@flow(name="curate", flow_run_name=_run_name, persist_result=False)
def curate(
    recipe: Recipe, data: Path, out: Path, *, base: Path | None = None, shard: int = plan.SHARD, progress: bool = False
) -> Path:
    """The main job: every shard read, edited, measured and signed; then one judgement and one release."""
    kernels.prepare()
    places, planned = home(), plan.make(recipe, data, base)
    with Progress(progress) as bar, lock(out / recipe.name):
        piles = plan.piles(planned)
        trained = bar.each("train", [train.submit(places.work, each, recipe) for each in piles])
        models = {each.name: done for each, done in zip(piles, trained, strict=True)}
        asked = _runs(list(planned.shards(shard)))
        batch = min(shard, stages.BATCH)
        reads = bar.each("read", [read.submit(some[0][0][0].name, places.work, some, batch) for some in asked])
        job = stages.job(planned, places.work, models)
        parts = _runs([(done, part) for done in chain(*reads) for part in range(done.facts["parts"])])
        shards = bar.each("edit, measure, sign", [refine.submit(f"{n:05}", job, some) for n, some in enumerate(parts)])
        made = leave.Made([*chain(*reads)], [*chain(*shards)], {name: done.facts for name, done in models.items()})
        folder = bar.each("judge, export", [release.submit(planned, places, out, made)])[0]
    _artifacts(folder)
    return folder


def _artifacts(folder: Path) -> None:
    funnel, summary = leave.told(folder)
    create_table_artifact(key="funnel", table=funnel, description=f"what became of every row of {folder.parent.name}")
    create_markdown_artifact(key="summary", markdown=summary)
