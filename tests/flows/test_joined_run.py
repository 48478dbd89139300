"""Verdicts that come one a record, as MT-bench's do, through a whole run: joined, voted on, and all accounted for."""

import json

import pyarrow.parquet as pq
import pytest

from flows import laws

RECIPE = """
name: judged
sources: {j: {path: j.jsonl}}
overlap: {near: {key: conversation, similarity: 0.8}}
exports: {preference: {pairs: all, CHOICE}, sft: {}}
"""
SAID = {
    "oak": "A cloud is water that hangs in the air as drops so small that they do not fall.",
    "elm": "Clouds are made of wool, which sheep on high mountains lose in the wind.",
    "fir": "What you see is vapour turned to droplets where warm air rises and cools down.",
}


def judged(one, other, winner, judge="expert_1", turn=1, question="What are clouds?"):
    """One verdict in the shape of lmsys/mt_bench_human_judgments."""
    talks = [
        [
            {"role": "user", "content": question},
            {"role": "assistant", "content": SAID[model]},
            {"role": "user", "content": "In a rhyme."},
            {"role": "assistant", "content": f"{model} in the sky"},
        ]
        for model in (one, other)
    ]
    told = {"question_id": 81, "model_a": one, "model_b": other, "winner": winner, "judge": judge}
    return told | {"conversation_a": talks[0], "conversation_b": talks[1], "turn": turn}


VERDICTS = [
    judged("oak", "elm", "model_a"),
    judged("oak", "elm", "model_a", "expert_2"),
    judged("elm", "oak", "model_a", "gpt4_pair"),
    judged("elm", "fir", "model_b"),
    judged("fir", "oak", "tie"),
    judged("fir", "elm", "model_a", "expert_2"),
    judged("oak", "elm", "model_a", "expert_3", turn=2),  # whose contexts differ
    judged("oak", "elm", "model_b", "expert_4", question="And mist?"),
]


@pytest.fixture
def joined(run, tmp_path):
    """joined(choice, records) -> release."""

    def made(choice, records=VERDICTS):
        data = tmp_path / "d"
        data.mkdir(exist_ok=True)
        (data / "j.jsonl").write_text("\n".join(map(json.dumps, records)))
        release = run(RECIPE.replace("CHOICE", choice), data)
        laws.verify(release)
        return release

    return made


def table(release, name):
    files = (
        [release / f"{name}.parquet"] if (release / f"{name}.parquet").is_file() else sorted((release / name).glob("*.parquet"))
    )
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def said(row):
    """A pair as who won over whom, by their answers."""
    names = {text: name for name, text in SAID.items()}
    return tuple(names[row[side][-1]["content"]] for side in ("chosen", "rejected"))


def test_the_verdicts_on_one_question_are_one_vote_each(joined):
    release = joined("join: bradley_terry")
    pairs = {said(row): row for row in table(release, "preference") if row["prompt"][0]["content"] == "What are clouds?"}
    assert pairs.keys() == {("oak", "elm"), ("fir", "elm"), ("fir", "oak")}  # fir and oak tie: fir has the better of elm
    assert {two: row["agreement"] for two, row in pairs.items()} == {
        ("oak", "elm"): pytest.approx(2 / 3),
        ("fir", "elm"): 1,
        ("fir", "oak"): 0,
    }
    assert (
        pairs["fir", "elm"]["score_margin"] > pairs["oak", "elm"]["score_margin"]
        and pairs["fir", "oak"]["margin_by"] == "bradley_terry"
    )
    other = [row for row in table(release, "preference") if row["prompt"][0]["content"] == "And mist?"]
    assert [said(row) for row in other] == [("elm", "oak")] and other[0]["margin_by"] == "rank"  # as it came


def test_every_verdict_has_a_line_and_every_row_a_reason(joined):
    release = joined("join: ranked_pairs, ties: apart")
    lines = {line["id"]: line for line in table(release, "comparisons")}
    records = {
        side.split("#")[1].split(".")[0] for id in lines for side in id.split("|") if lines[id]["reason"] in (None, "joined")
    }
    assert {int(each) for each in records} == {0, 1, 2, 3, 4, 5, 7}
    voted = [line for line in lines.values() if line["reason"] == "joined"]
    assert voted and all(line["twin"] in lines for line in voted)
    assert (
        "one of 3 records that compare these answers: 2 put j/j.jsonl#000000000.0 above"
        in lines["j/j.jsonl#000000001.0|j/j.jsonl#000000001.1"]["detail"]
    )
    ledger = {row["id"]: row for row in table(release, "ledger")}
    held = {side for name in ("preference", "ties") for row in table(release, name) for side in row["id"].split("|")}
    assert held == {id for id, row in ledger.items() if {"preference", "ties"} & set(row["exports"])}
    gone = [row for row in ledger.values() if row["reason"] == "joined"]
    assert gone and all(row["twin"] in ledger and not row["exports"] for row in gone)
    assert not any(row["stage"] == "overlap" for row in ledger.values())  # a second judge of two answers is no duplicate
    lone = [row for row in ledger.values() if row["file"] and row["record"] == 6]
    assert {row["fate"] for row in lone} == {"kept"} and {tuple(row["exports"]) for row in lone} == {("sft",)}


def test_without_it_every_record_is_for_itself(joined):
    lines = table(joined("join: no, contradictions: keep"), "comparisons")
    assert len(lines) == 7 - 2 and not any(line["reason"] == "joined" for line in lines)  # two said what another had said


def test_the_order_of_records_decides_nothing(joined):
    there = {
        said(row): (row["score_margin"], row["agreement"])
        for row in table(joined("join: bradley_terry", VERDICTS[:7]), "preference")
    }
    back = {
        said(row): (row["score_margin"], row["agreement"])
        for row in table(joined("join: bradley_terry", VERDICTS[6::-1]), "preference")
    }
    assert there == back and len(there) == 3
