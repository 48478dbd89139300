"""The recipes that ship: they load, name only what exists, and the everyday one judges the real dumps by the rules it shows."""

from pathlib import Path

import pyarrow as pa
import pytest

from filters import edits, signals
from flows import plan
from schemas import recipe as recipes
from schemas.rows import ROW
from sql.judge import judge
from sql.rules import check

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted([*(ROOT / "recipes").glob("*.yaml"), *(ROOT / "tests" / "real").glob("*.yaml")])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_loads_and_names_only_what_exists(path):
    recipe = recipes.load(path)
    plan.check(recipe)
    assert set(recipe.edits) <= set(edits.names())
    assert recipes.Recipe.model_validate_json(recipes.as_json(recipe)) == recipe


def test_the_twins_have_the_same_rules():
    user, real = (recipes.load(ROOT / folder / "everyday.yaml") for folder in ("recipes", "tests/real"))
    assert list(user.sources) == list(real.sources)
    assert [each.license for each in user.sources.values()] == [each.license for each in real.sources.values()]
    assert (user.edits, user.keep, user.exports, user.seed) == (real.edits, real.keep, real.exports, real.seed)
    assert user.overlap == real.overlap
    assert next(iter(real.overlap)) == "benchmarks"


def talk(*turns):
    roles = ("user", "assistant")
    return [{"role": roles[at % 2], "content": text} for at, text in enumerate(turns)]


FATES = {
    None: talk("What is the capital of France?", "The capital of France is Paris, on the river Seine."),
    "answered": talk("What is the capital of France?", "Paris.", "And of Spain?"),
    "in_order": talk("What is the capital of France?", "Paris.", "And of Spain?", "Madrid.")[1:],
    "language": talk(
        "Quelle est la capitale de la France ?", "La capitale de la France est Paris, une ville au bord de la Seine."
    ),
    "repetitive": talk("Tell me a story about a dog.", "The dog ran down the long road to the sea and back home again. " * 40),
}


@pytest.mark.parametrize("reason", FATES)
def test_fates(reason):
    recipe = recipes.load(ROOT / "recipes" / "everyday.yaml")
    row = {"id": "a/f#000000000", "source": "a", "messages": FATES[reason], "fingerprint": "0" * 32}
    _, measured = signals.measure(pa.Table.from_pylist([row], ROW), plan.wanted(recipe))
    rules = [check(name, rule.sql, plan.columns(recipe), rule.why) for name, rule in recipe.keep.items()]
    assert judge(measured, rules)["reason"].to_pylist() == [reason]
