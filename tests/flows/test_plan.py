"""A plan knows what a recipe asks for before anything is written, and its fingerprint moves with whatever shapes the release."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows import manifest, plan, stages
from schemas import recipe as recipes
from schemas.faults import UsageFault
from sources import notes

RECIPE = """
name: planned
sources: {a: {path: a.jsonl}}
classifiers: {quality: {good: good.jsonl, bad: bad.jsonl}}
overlap:
  twins: {similarity: 0.8, prefer: [Distinct_Words DESC, echo]}
  tests: {against: "tests/*.jsonl"}
exports: {sft: {}}
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name, text in (("a", "{}"), ("good", '{"g": 1}'), ("bad", '{"b": 1}'), ("tests/one", '{"question": "Why is it so?"}')):
        file = tmp_path / f"{name}.jsonl"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text + "\n")
    return tmp_path


def asked(text: str, tmp_path: Path) -> recipes.Recipe:
    file = tmp_path / "recipe.yaml"
    file.write_text(text)
    return recipes.load(file)


def test_columns_that_prefer_names_are_measured_however_they_are_spelled(tmp_path: Path) -> None:
    assert {"distinct_words", "echo"} <= plan.wanted(asked(RECIPE, tmp_path))


def test_labels_that_change_piles_make_another_release(data: Path) -> None:
    recipe = asked(RECIPE, data)
    before = plan.make(recipe, data).fingerprint
    good, bad = data / "good.jsonl", data / "bad.jsonl"
    texts = good.read_text(), bad.read_text()
    assert plan.make(recipe, data).fingerprint == before
    bad.write_text(texts[0])
    good.write_text(texts[1])
    assert plan.make(recipe, data).fingerprint != before


def test_a_benchmark_by_another_name_is_another_step(data: Path) -> None:
    """The name stands in the ledger, so what was found under the old one is not taken for the new."""
    recipe = asked(RECIPE, data)
    before = plan.make(recipe, data), stages.job(plan.make(recipe, data), data, {}).benchmarks["tests"][1]
    (data / "tests" / "one.jsonl").rename(data / "tests" / "two.jsonl")
    after = plan.make(recipe, data), stages.job(plan.make(recipe, data), data, {}).benchmarks["tests"][1]
    assert (before[0].fingerprint, before[1]) != (after[0].fingerprint, after[1])
    assert before[1] != after[1]
    assert before[0].fingerprint != after[0].fingerprint


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ("[redakt]", "redact"),
        ("[{redact: {allso: [ip]}}]", "no option"),
        ("[{redact: {also: [ssn]}}]", "ssn"),
        ("[{redact: {also: 5}}]", "no kind 5"),
    ],
)
def test_an_edit_that_cannot_run_is_refused_by_the_plan(edits: str, said: str, data: Path) -> None:
    with pytest.raises(UsageFault, match=said):
        plan.make(asked(f"{RECIPE}edits: {edits}\n", data), data)


@pytest.mark.parametrize("before", ["", "key:\n", "the key\tis ", "\r\n"])
def test_secrets_are_counted_wherever_they_stand_in_an_export(before: str, tmp_path: Path) -> None:
    key = "AKIA" + "Q3EGRZ7HTUVWXB2M"
    call = '[{"function": {"arguments": "{\\"text\\": \\"line\\\\n' + key + '\\"}"}}]'
    messages = [
        {"role": "user", "content": before + key, "tool_calls": None},
        {"role": "assistant", "content": "", "tool_calls": call},
    ]
    (tmp_path / "sft").mkdir()
    pq.write_table(pa.table({"id": ["a"], "messages": [messages]}), tmp_path / "sft" / "train-00000-of-00001.parquet")
    assert manifest.secrets(tmp_path) == 2


LICENCES = [("", "mit", "mit"), (", license: cc0-1.0", "mit", "cc0-1.0"), ("", None, "unknown")]


@pytest.mark.parametrize(("said", "found", "told"), LICENCES)
def test_a_licence_found_by_scavenging_is_the_sources_own(said: str, found: str | None, told: str, data: Path) -> None:
    source = f"{{path: a.jsonl, from: 'https://example.org/a.jsonl'{said}}}"
    recipe = asked(f"name: n\nsources: {{a: {source}}}\nexports: {{sft: {{}}}}\n", data)
    notes.add(data, "a.jsonl", notes.Note("https://example.org/a.jsonl", "0" * 64, 3, license=found))
    planned = plan.make(recipe, data)
    assert [planned.recipe.sources["a"].license, *(file.license for file in planned.files)] == [told, told]
