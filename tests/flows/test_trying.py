"""whatif says what a real run would: the same ledger and pairs, for every kind of change, and nothing is written."""

import json
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows import commands, plan, trying
from flows.places import ROOT, Places
from schemas import recipe as recipes
from schemas.faults import MissingFault, UsageFault
from sql import duck

SAMPLES = ROOT / "data" / "samples"
CHANGES = [
    ["overlap.near_duplicates.similarity=0.95"],
    ["overlap.near_duplicates.prefer=[words ASC]"],
    ["overlap.prompts.at_most=1", "overlap.benchmarks=null"],
    ["keep.complete=null", "keep.english=null"],  # asks for fewer signals than are there
    ["keep.long=words > 60"],
    ["exports.sft.select.words=3000"],
    ["exports.preference=null"],
    ["sources.sharegpt=null"],
]


RECIPE = recipes.load(ROOT / "recipes" / "demo.yaml")


def files(home: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file() and "locks" not in path.parts}


@pytest.mark.parametrize("changes", CHANGES, ids=" ".join)
def test_what_it_says_is_what_a_run_makes(changes, curated, own):
    home, release = own
    asked = recipes.override(RECIPE, changes)
    before = files(home)
    found = trying.decided(plan.make(RECIPE, SAMPLES), plan.make(asked, SAMPLES), Places(home))
    assert files(home) == before
    made = curated(asked, SAMPLES, home)
    assert found.ledger.equals(pq.read_table(made / "ledger.parquet"))
    assert found.pairs.equals(pq.read_table(made / "pairs.parquet"))
    told = trying.compared(release, found)
    then = duck.query(duck.release(made), "SELECT stage, reason, sum(rows)::BIGINT, sum(words)::BIGINT FROM funnel GROUP BY ALL")
    said = {(line["stage"], line["reason"]): (line["rows_then"], line["words_then"]) for line in told["funnel"]}
    assert {key: counts for key, counts in said.items() if counts[0]} == {
        (stage, reason): (rows, words) for stage, reason, rows, words in zip(*then.to_pydict().values(), strict=True)
    }
    assert not found.ledger.equals(pq.read_table(release / "ledger.parquet"))  # each change matters


def test_without_a_change_nothing_differs(own):
    home, release = own
    base = plan.make(RECIPE, SAMPLES)
    told = trying.compared(release, trying.decided(base, base, Places(home)))
    lines = [line for table in told.values() for line in table]
    assert len(lines) > 20
    assert not any(count for line in lines for name, count in line.items() if name.endswith("_difference"))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("edits=[unicode]", "a classifier is to be trained"),
        ("keep.new=NOT identity", "texts are to be measured"),
        ("overlap.near_duplicates.shingle=3", "texts are to be signed"),
        ("overlap.more={key: prefix}", "turns are to be signed"),
        ("overlap.benchmarks.ngram=5", "benchmarks are to be looked for"),
        ("overlap.benchmarks.coverage=0.3", "benchmarks are to be looked for"),
        ("overlap.benchmarks.similar=0.2", "benchmarks are to be looked for"),
    ],
)
def test_what_is_missing_is_named_and_made_when_asked_for(change, what, curated, own):
    home, _ = own
    base, asked = (plan.make(recipes.override(RECIPE, changes), SAMPLES) for changes in ([], [change]))
    with pytest.raises(MissingFault, match=f"{what}.*--compute"):
        trying.decided(base, asked, Places(home))
    found = trying.decided(base, asked, Places(home), compute=True)
    assert found.ledger.equals(trying.decided(base, asked, Places(home)).ledger)  # kept: not missing any more
    assert found.ledger.equals(pq.read_table(curated(asked.recipe, SAMPLES, home) / "ledger.parquet"))


def test_a_source_that_was_not_read_is_refused(own):
    home, _ = own
    base, asked = (
        plan.make(recipes.override(RECIPE, changes), SAMPLES) for changes in ([], ["license=mit", "sources.alpaca.license=mit"])
    )
    with pytest.raises(UsageFault, match=r"sources\.alpaca is not what was read"):
        trying.decided(base, asked, Places(home))


def said(capsys, *words: str) -> tuple[int, str, str]:
    sys.argv = ["winnow", *words]
    with pytest.raises(SystemExit) as left:
        commands.main()
    return int(left.value.code or 0), *capsys.readouterr()


def test_the_command(own, monkeypatch, capsys, tmp_path):
    home, _ = own
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setenv("WINNOW_HOME", str(home))
    given = ["whatif", "demo", "--data", str(SAMPLES)]
    change = ["--set", "overlap.near_duplicates.similarity=0.95"]
    code, out, _ = said(capsys, *given, *change)
    assert code == 0 and "what became of every row" in out and "nothing was written" in out
    code, out, _ = said(capsys, *given, *change, "--json")
    lines = json.loads(out)["funnel"]
    assert [line["rows_difference"] < 0 for line in lines if line["reason"] == "near_duplicates"] == [True]
    assert sum(line["rows_then"] for line in lines if line["stage"] != "in") == lines[0]["rows_then"]
    assert said(capsys, *given)[0] == 64
    monkeypatch.setenv("WINNOW_HOME", str(tmp_path))
    code, out, err = said(capsys, *given, *change)
    assert code == 66 and not out and "was not run over" in err


QUESTION = (
    "A baker in the old harbour sells forty loaves of rye bread each morning and twelve more in the afternoon; if every loaf "
    "costs three coins and rent takes ninety coins a week, how many coins are left to her after six working days?"
)


def test_thresholds_of_a_benchmark_move_without_a_new_search(curated, tmp_path):
    """Up, and off, from the lowest; each says what a run says, and who falls changes with them."""
    words = QUESTION.split()
    asked = {
        "whole": QUESTION,
        "half": " ".join(words[: len(words) * 6 // 10]) + " " + "tell me what bread is made of in the south please " * 2,
        "reworded": " ".join("quite" if at % 5 == 4 else word for at, word in enumerate(words)),
        "other": "Which birds sing before the sun is up, and why do they?",
    }
    talks = [
        {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": name}]} for name, text in asked.items()
    ]
    (tmp_path / "talks.jsonl").write_text("".join(json.dumps(talk) + "\n" for talk in talks))
    (tmp_path / "bench.jsonl").write_text(json.dumps({"question": QUESTION}) + "\n")
    (tmp_path / "recipe.yaml").write_text(
        "name: moved\nsources: {any: {path: talks.jsonl, license: mit}}\nexports: {sft: {}}\nlimits: off\n"
        "overlap: {bench: {against: bench.jsonl, coverage: 0.3, similar: 0.2}}\n"
    )
    low, home = recipes.load(tmp_path / "recipe.yaml"), tmp_path / "home"
    curated(low, tmp_path, home)
    fell = {}
    for coverage, similar in ((0.3, 0.2), (0.9, 0.2), (0.9, 0.9), (0.9, "off"), (0.5, "off"), (0.5, 0.9)):
        moved = recipes.override(low, [f"overlap.bench.coverage={coverage}", f"overlap.bench.similar={similar}"])
        found = trying.decided(plan.make(low, tmp_path), plan.make(moved, tmp_path), Places(home))
        fresh = curated(moved, tmp_path, tmp_path / f"fresh{len(fell)}")
        assert found.ledger.equals(pq.read_table(fresh / "ledger.parquet"))
        lines = found.ledger.to_pylist()
        fell[coverage, similar] = {tuple(asked)[line["record"]] for line in lines if line["reason"] == "bench"}
    assert fell[0.3, 0.2] == {"whole", "half", "reworded"} and fell[0.9, "off"] == fell[0.9, 0.9] == {"whole"}
    assert "reworded" in fell[0.9, 0.2] and fell[0.5, "off"] == fell[0.5, 0.9] == {"whole", "half"}
