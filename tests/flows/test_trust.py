"""A model file comes with its sha256 and the user's word, or not at all; with both, its probability is a column."""

import hashlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows import plan, runs, stages
from flows.places import ROOT
from schemas import recipe as recipes
from schemas.faults import Fault, UsageFault

SAMPLES = ROOT / "data" / "samples"
RECIPE = """
name: brought
sources: {{a: {{path: {samples}/alpaca}}}}
classifiers: {{good: {{model: {model}, sha256: {sha}}}}}
exports: {{sft: {{keep: {{liked: good >= 0.5}}}}}}
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    demo = recipes.load(ROOT / "recipes" / "demo.yaml")
    [piles] = plan.piles(plan.make(demo, SAMPLES))
    return stages.train(tmp_path_factory.mktemp("work"), piles, demo).folder / "model.bin"


def written(tmp_path: Path, model: Path, sha: str) -> recipes.Recipe:
    (tmp_path / "r.yaml").write_text(RECIPE.format(samples=SAMPLES, model=model, sha=sha))
    return recipes.load(tmp_path / "r.yaml")


def test_a_model_file_needs_the_users_word(tmp_path, model) -> None:
    asked = written(tmp_path, model, hashlib.sha256(model.read_bytes()).hexdigest())
    with pytest.raises(UsageFault, match="--trust"):
        runs.trusted(plan.make(asked, tmp_path))


def test_a_model_file_of_other_bytes_is_refused(tmp_path, model, curated) -> None:
    with pytest.raises(Fault, match="sha256"):
        curated(written(tmp_path, model, "0" * 64), tmp_path, tmp_path / "home")


def test_its_probability_is_a_column(tmp_path, model, curated) -> None:
    asked = written(tmp_path, model, hashlib.sha256(model.read_bytes()).hexdigest())
    release = curated(asked, tmp_path, tmp_path / "home")
    values = pq.read_table(release / "signals.parquet")["good"].to_pylist()
    assert values and all(0 <= value <= 1.00001 for value in values) and len(set(values)) > 10
