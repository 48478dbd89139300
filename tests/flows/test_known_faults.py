"""Known faults of dumps through a whole run: told as flags, mended where the source asks for it, dropped where a rule says so."""

import json

import pyarrow.parquet as pq
import pytest

ASPECTS = ("instruction_following", "honesty", "truthfulness", "helpfulness")
RECIPE = """
name: faults
sources: {{feedback: {{path: uf.jsonl{repair}}}, chats: {{path: chats.jsonl{repair}}}}}
keep: {{sound: "{rule}"}}
exports: {{sft: {{}}, preference: {{}}}}
limits: off
"""
TEN = "NOT list_contains(flags, 'overall_ten')"


def completion(model: str, text: str, rating: int, overall: float) -> dict:
    annotations = {aspect: {"Rating": str(rating), "Rationale": "So it is."} for aspect in ASPECTS}
    return {"model": model, "response": text, "annotations": annotations, "overall_score": overall, "critique": "Read it."}


@pytest.fixture
def data(tmp_path):
    """An answer rated 1 whose overall score says 10, and a chat that is the middle of another."""
    poor, good = completion("m1", "I like vinegar.", 1, 10.0), completion("m2", "Pickling, cleaning and dressing.", 4, 8.0)
    record = {"instruction": "Name three uses of vinegar.", "source": "own", "models": ["m1", "m2"], "completions": [poor, good]}
    turns = [("gpt", "... and stir."), ("human", "How long does it keep?"), ("gpt", "A week in a cool place.")]
    chat = {"conversations": [{"from": who, "value": said} for who, said in turns]}
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "uf.jsonl").write_text(json.dumps(record))
    (folder / "chats.jsonl").write_text(json.dumps(chat))
    return folder


def kept(release, export: str) -> list[dict]:
    return [row for file in sorted((release / export).glob("*.parquet")) for row in pq.read_table(file).to_pylist()]


def test_as_they_are_they_mislead(run, data):
    release = run(RECIPE.format(repair="", rule="true"), data)
    [pair] = kept(release, "preference")
    assert pair["chosen"][-1]["content"] == "I like vinegar."
    assert [row["messages"][0]["role"] for row in kept(release, "sft") if row["source"] == "chats"] == ["assistant"]


def test_a_source_may_ask_for_repair(run, data):
    release = run(RECIPE.format(repair=", repair: true", rule="true"), data)
    [pair] = kept(release, "preference")
    assert pair["chosen"][-1]["content"] == "Pickling, cleaning and dressing."
    [chat] = [row for row in kept(release, "sft") if row["source"] == "chats"]
    assert [turn["role"] for turn in chat["messages"]] == ["user", "assistant"]


def test_a_rule_may_drop_them(run, data):
    release = run(RECIPE.format(repair="", rule=TEN), data)
    assert not kept(release, "preference")
    ledger = pq.read_table(release / "ledger.parquet").to_pylist()
    assert {line["reason"] for line in ledger if line["source"] == "feedback"} == {"sound"}


def test_what_is_mended_has_the_fault_no_more(run, data):
    asked = RECIPE.format(repair=", repair: true", rule=TEN)
    assert len(kept(run(asked, data), "preference")) == 1
    assert not kept(run(asked.replace("'overall_ten'", "'mended_overall_ten'"), data), "preference")
