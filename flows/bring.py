"""The flow that brings declared remote sources into data/raw."""

from pathlib import Path
from typing import Any

from prefect import flow, task

from schemas.faults import StorageFault
from schemas.recipe import Recipe, Source
from sources import scavenge as remote


@task(task_run_name="fetch {url}", retries=2, retry_delay_seconds=2, retry_condition_fn=lambda _t, _r, state: _is_net(state))
def fetch(url: str, into: Path, sha256: str | None) -> bool:
    """One address -> one file; whether it is new."""
    return remote.fetch(url, into, sha256).new


@flow(name="scavenge", flow_run_name="{recipe.name}", persist_result=False)
def scavenge(recipe: Recipe, data: Path) -> tuple[int, int]:
    """Bring every source that has a `from`; returns how many files are new and how many were there already."""
    asked = [(url, data / folder(spec), spec.sha256) for spec in recipe.sources.values() for url in spec.urls or []]
    done = [future.result() for future in [fetch.submit(*each) for each in asked]]
    return sum(done), len(done) - sum(done)


def folder(spec: Source) -> Path:
    """The folder that a source's path begins with: `sharegpt/**/*.json` lands in `sharegpt`."""
    fixed = [part for part in Path(spec.path).parts if not set(part) & set("*?[")]
    path = Path(*fixed) if fixed else Path()
    return path.parent if len(fixed) == len(Path(spec.path).parts) and path.suffix else path


def _is_net(state: Any) -> bool:
    return isinstance(state.result(raise_on_failure=False), StorageFault)
