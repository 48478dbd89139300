"""The parts of a run as plain functions, without Prefect: fast enough for properties."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flows import leave, plan, stages
from flows.places import Places
from schemas import recipe as recipes


def curate(recipe: recipes.Recipe, data: Path, home: Path, shard: int = 16 << 20) -> Path:
    """What flows/curate.py does, in order, in this process."""
    places = Places(home)
    planned = plan.make(recipe, data)
    models = {each.name: stages.train(places.work, each, recipe) for each in plan.piles(planned)}
    reads = [stages.read(places.work, files, hashes, min(shard, stages.BATCH)) for files, hashes in planned.shards(shard)]
    job = stages.job(planned, places.work, models)
    shards = [stages.refine(job, done, part) for done in reads for part in range(done.facts["parts"])]
    made = leave.Made(reads, shards, {name: done.facts for name, done in models.items()})
    return leave.release(planned, places, places.releases, made)


@pytest.fixture(scope="session")
def curated() -> Callable[..., Path]:
    """curate(recipe, data, home, shard=bytes) -> release folder."""
    return curate


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Path]:
    """run(recipe text, data folder, shard=bytes, home=name) -> release folder."""

    def made(text: str, data: Path, shard: int = 16 << 20, home: str = "home") -> Path:
        file = tmp_path / "recipe.yaml"
        file.write_text(text, "utf-8")
        return curate(recipes.load(file), data, tmp_path / home, shard)

    return made
