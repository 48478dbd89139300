"""The flow that brings declared remote sources into data/raw: what each address holds, then a task for each new file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.task_runners import ThreadPoolTaskRunner
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
from rich.progress import Progress as Bars

from schemas.recipe import Recipe
from sources import scavenge as remote
from sources.scavenge import Fetched, NetworkFault, Wanted

_AT_ONCE = 4  # files; more would be no faster and less polite
_NET: Any = {
    "retries": 3,
    "retry_delay_seconds": [1, 4, 16],
    "retry_condition_fn": lambda _task, _run, state: _is_net(state),
    "cache_policy": NO_CACHE,
    "persist_result": False,
}


def _is_net(state: Any) -> bool:
    """Only the network deserves a second try; a full disk or a refusal would stay so."""
    return isinstance(state.result(raise_on_failure=False), NetworkFault)


@dataclass(frozen=True)
class Address:
    """One address of a source: the place of its URL in the recipe, which may hold a secret and is never a parameter."""

    source: str
    at: int


@task(task_run_name="look at {address.source}", **_NET)
def look(address: Address, recipe: Recipe, data: Path) -> list[Wanted]:
    """One address -> the files that are wanted of it."""
    spec = recipe.sources[address.source]
    return remote.look(address.source, (spec.urls or [])[address.at], spec, data)


@task(task_run_name="fetch {wanted.name}", **_NET)
def fetch(wanted: Wanted, bars: Bars) -> Fetched:
    """One file, whole and noted down; a retry goes on where it broke off."""
    return remote.fetch(wanted, _line(bars, wanted.name))


@flow(
    name="scavenge",
    flow_run_name="{recipe.name}",
    persist_result=False,
    task_runner=ThreadPoolTaskRunner(max_workers=_AT_ONCE),  # type: ignore[arg-type]
)
def scavenge(recipe: Recipe, data: Path, *, progress: bool = False) -> list[Fetched]:
    """Bring every source that has a `from`. A file that fails stops no other; the first failure is raised at the end."""
    addresses = [Address(name, at) for name, spec in recipe.sources.items() for at in range(len(spec.urls or []))]
    listed = _all([look.submit(each, recipe, data) for each in addresses])
    wanted = remote.distinct(each for files in listed for each in files)
    there = [remote.standing(each) for each in wanted]
    with _bars(progress) as bars:
        pending = [fetch.submit(each, bars) for each, done in zip(wanted, there, strict=True) if done is None]
        brought = iter(_all(pending))
    return [done or next(brought) for done in there]


def _all(futures: list[PrefectFuture[Any]]) -> list[Any]:
    """Every result; what went wrong is raised when all are done, the first in order."""
    for future in futures:
        future.wait()
    return [future.result() for future in futures]


def _bars(shown: bool) -> Bars:
    """A line for every file on a terminal, with its bytes; silent in a pipe."""
    columns = (TextColumn("{task.description:>40}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    return Bars(*columns, console=Console(stderr=True), disable=not shown)


def _line(bars: Bars, name: str) -> Any:
    """A new line; call it with bytes done and bytes in all."""
    bar = bars.add_task(name[-40:].replace("[", "\\["), total=None)
    return lambda done, size: bars.update(bar, completed=done, total=size)
