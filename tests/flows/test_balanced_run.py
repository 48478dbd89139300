"""A recipe that balances its pairs: what leaves, what the ledger says, and what the release tells of it."""

import json

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import sql
from exports.card import card
from flows import laws, plan
from schemas import recipe as recipes
from schemas.faults import DataFault, UsageFault
from sql import duck

RECIPE = """
name: even
sources: {a: {path: a.jsonl}}
exports: {preference: {refusals: keep, balance: BALANCE}}
limits: off
test: 0.2
"""


def words(many, at):
    return " ".join(f"w{at}x{place}" for place in range(many))


def dump(folder, lengths):
    """One record a pair of (words of chosen, words of rejected)."""
    folder.mkdir(exist_ok=True)
    lines = [
        {"prompt": f"Question {at}?", "chosen": words(long, at), "rejected": words(short, at + 1000)}
        for at, (long, short) in enumerate(lengths)
    ]
    (folder / "a.jsonl").write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    return folder


LENGTHS = [(30, 10)] * 40 + [(10, 12)] * 10 + [(9, 9)] * 3


def exported(release):
    return [row for file in sorted((release / "preference").glob("*.parquet")) for row in pq.read_table(file).to_pylist()]


SIZES = st.lists(st.tuples(st.integers(6, 30), st.integers(6, 30)), min_size=2, max_size=30)


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(SIZES, st.sampled_from(["length", "{by: length, how: weight, within: 0.3}", "{by: words, wins: 0.4, within: 0.2}"]))
def test_no_label_is_turned_and_no_text_touched(run, tmp_path_factory, lengths, asked):
    release = run(RECIPE.replace("BALANCE", asked), dump(tmp_path_factory.mktemp("d"), [(20, 8), (8, 20), *lengths]))
    given_ = [(20, 8), (8, 20), *lengths]
    rows = exported(release)
    assert rows
    for row in rows:
        at = int(row["id"].split("#")[1].split(".")[0])
        said = [row[side][-1]["content"] for side in ("chosen", "rejected")]
        assert said == [words(given_[at][0], at), words(given_[at][1], at + 1000)]


def test_the_fewest_pairs_leave_each_with_its_reason(run, tmp_path):
    release = run(RECIPE.replace("BALANCE", "length"), dump(tmp_path / "d", LENGTHS))
    rows = exported(release)
    assert len(rows) == 10 + 10 + 3 and "weight" not in rows[0]
    fell = pq.read_table(release / "ledger.parquet", filters=[("fate", "=", "dropped")]).to_pylist()
    assert {(line["stage"], line["reason"]) for line in fell} == {("export", "balance")} and len(fell) == 60
    assert "won 40 of 50 pairs (80.0%), wanted are 48.0% to 52.0%; 30 leave, the fewest that do" in fell[0]["detail"]
    assert "here 30 beside 10 in the rejected answer" in fell[0]["detail"]
    laws.verify(release)
    told = duck.query(duck.release(release), sql.question("what_wins")).to_pylist()
    whole = {
        line["stage"]: (line["wins"], line["losses"], line["percent"])
        for line in told
        if line["of_source"] == "all sources" and line["of_gap"] == "any"
    }
    assert whole == {"before": (40, 10, 80.0), "after": (10, 10, 50.0)}
    said = card(release)
    assert "80.0% (67.0% to 88.8%)" in said and "What wins pairs: length" in said
    [line] = [line for line in said.splitlines() if line.startswith("| a | before")]
    assert line.endswith("| 0% of 10 | 100% of 40 |") and "| d | from 1.1 to 1.25 | from 3 |" in said  # the curve of a source
    assert "30 of 53 pairs left" in said and "the fewest that can" in said


def test_weights_lose_no_pair(run, tmp_path):
    release = run(RECIPE.replace("BALANCE", "{by: length, how: weight}"), dump(tmp_path / "d", LENGTHS))
    weights = {row["weight"] for row in exported(release)}
    assert len(exported(release)) == len(LENGTHS) and weights == {0.25, 1.0}


def test_a_release_says_what_wins_even_where_nothing_is_balanced(run, tmp_path):
    release = run(RECIPE.replace(", balance: BALANCE", ""), dump(tmp_path / "d", LENGTHS))
    [whole] = [
        line for line in pq.read_table(release / "bias.parquet").to_pylist() if not line["source"] and line["gap_from"] is None
    ]
    sides = [
        (len(row["chosen"][-1]["content"].split()), len(row["rejected"][-1]["content"].split())) for row in exported(release)
    ]
    assert (whole["wins"], whole["losses"]) == (sum(a > b for a, b in sides), sum(a < b for a, b in sides)) == (40, 10)


def test_what_cannot_be_balanced_is_said(run, tmp_path):
    with pytest.raises(DataFault, match=r"won 4 pairs and lost 0.*write a larger `within`"):
        run(RECIPE.replace("BALANCE", "length"), dump(tmp_path / "d", [(30, 10)] * 4))


@pytest.mark.parametrize(
    ("by", "said"), [("lenght", "did you mean length"), ("flags", "write length or model"), ("source", "neither side of a pair")]
)
def test_a_column_that_no_side_has_more_of_is_refused(tmp_path, by, said):
    file = tmp_path / "recipe.yaml"
    file.write_text(RECIPE.replace("BALANCE", by), "utf-8")
    with pytest.raises(UsageFault, match=said):
        plan.check(recipes.load(file))
