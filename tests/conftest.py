"""Fixtures that many tests share: the folder of real dumps, where there is one, and compiled kernels."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from hypothesis import settings

from flows import kernels

if "NUMBA_CACHE_DIR" not in os.environ:
    kernels.place()  # each test compiles what it needs
settings.register_profile("people", deadline=None)  # a slow machine is no fault
settings.register_profile("ci", derandomize=True, deadline=None)  # a change is judged by the change; people draw new examples
settings.load_profile("ci" if os.environ.get("CI") else "people")

ROOT = Path(__file__).resolve().parent.parent
DUMPS = Path(os.environ.get("WINNOW_DUMPS", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def dumps() -> Path:
    """The real dumps; tests that need them skip where the folder is absent."""
    if not DUMPS.is_dir():
        pytest.skip(f"no real dumps at {DUMPS}: set WINNOW_DUMPS to their folder")
    return DUMPS


@pytest.fixture(scope="session")
def curated() -> Callable[..., Path]:
    """curated(recipe, data, home, shard=bytes) -> release folder: what flows/curate.py does, in order, without Prefect.

    Its report has empty pictures unless `charts` is true: to paint them takes longer than all else of a small run.
    """
    from flows import leave, plan, stages
    from flows.places import Places

    def made(recipe, data: Path, home: Path, shard: int = 16 << 20, *, charts: bool = False) -> Path:
        places = Places(home)
        planned = plan.make(recipe, data)
        models = {each.name: stages.train(places.work, each, recipe) for each in plan.piles(planned)}
        reads = [stages.read(places.work, files, hashes, min(shard, stages.BATCH)) for files, hashes in planned.shards(shard)]
        job = stages.job(planned, places.work, models)
        shards = [stages.refine(job, done, part) for done in reads for part in range(done.facts["parts"])]
        facts = {name: done.facts for name, done in models.items()}
        with nullcontext() if charts else unpainted():
            return leave.release(planned, places, places.releases, leave.Made(reads, shards, facts))

    return made


@contextmanager
def unpainted() -> Iterator[None]:
    """Charts are put together as ever, and the outside renderer alone paints nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vl_convert.vegalite_to_svg", lambda *_, **__: '<svg class="marks"></svg>')
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Where the real dumps are, a test that needs them may not skip."""
    report = yield
    if report.skipped and "dumps" in getattr(item, "fixturenames", ()) and DUMPS.is_dir():
        report.outcome = "failed"
        report.longrepr = f"skipped although the real dumps are at {DUMPS}: {report.longrepr}"
    return report
