"""Nothing is lost silently: for any dump, every record is in rows or refused, every row is kept or dropped, and counts agree."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from flows import laws, releases
from schemas.faults import DataFault

RECIPE = """
name: law
sources: {a: {path: a.jsonl}, b: {path: b.json}, c: {path: c.jsonl}}
edits: [unicode, redact]
keep: {answered: ends_with_assistant, short: words < 12}
overlap: {twins: {key: conversation, similarity: 0.7, shingle: 2}, prompts: {key: prompt, at_most: 2}}
exports:
  sft: {keep: {loud: "chars > 6"}, select: {words: 60}}
  preference: {keep: {gap: score_margin >= 1}}
limits: off
"""
words = st.lists(st.sampled_from(["yes", "no", "maybe", "I", "am", "a", "teapot", "é", "茶", "123"]), max_size=7).map(" ".join)
turn = st.fixed_dictionaries({"from": st.sampled_from(["human", "gpt", "system", "alien"]), "value": words})
chat = st.fixed_dictionaries({"conversations": st.lists(turn, max_size=4)})
alpaca = st.fixed_dictionaries({"instruction": words, "input": st.just(""), "output": words})
pair = st.fixed_dictionaries(
    {"prompt": words, "chosen": words, "rejected": words, "score_chosen": st.integers(0, 5), "score_rejected": st.integers(0, 5)}
)
broken = st.sampled_from(
    [
        b'{"conversations": [{"from": "hum',
        b"null",
        b'{"a": NaN}',
        b'{"conversations": 3}',
        b'{"conversations": "\xff"}',
        b'{"a":1,"a":2}',
        b"7",
    ]
)
line = st.one_of(chat.map(lambda value: json.dumps(value).encode()), broken)


def chat_of(word: str) -> dict:
    return {
        "conversations": [{"from": "human", "value": f"are you {word}"}, {"from": "gpt", "value": f"I am {word}, thank you."}]
    }


def accounted(release: Path) -> None:
    """The laws again, counted by plain Python from the release's files."""
    facts = releases.manifest(release)
    lines = pq.read_table(release / "ledger.parquet").to_pylist()
    ids = [each["id"] for each in lines]
    assert ids == sorted(set(ids), key=lambda each: each.encode())
    for each in lines:
        assert (each["fate"] == "kept") == bool(each["exports"]) == (each["reason"] is None), each
    taken = {name: set() for name in facts["counts"]}
    for file in release.glob("sft/*.parquet"):
        taken["sft"] |= set(pq.read_table(file)["id"].to_pylist())
    for file in release.glob("preference/*.parquet"):
        taken["preference"] |= {half for both in pq.read_table(file)["id"].to_pylist() for half in both.split("|")}
    for name, found in taken.items():
        assert found == {each["id"] for each in lines if name in each["exports"]}
    funnel = pq.read_table(release / "funnel.parquet").to_pylist()
    assert sum(each["rows"] for each in funnel if each["stage"] == "in") == len(lines)
    assert sum(each["rows"] for each in funnel if each["stage"] != "in") == len(lines)


def stretches(lines: list[bytes]) -> int:
    """Records in lines: what opens no object goes on where the line before is unfinished, and is one record with it."""
    cut = broken_off = 0
    for each in lines:
        cut += broken_off and each[:1] not in b"{["
        broken_off = each.endswith(b'"hum') or (broken_off and each[:1] not in b"{[")
    return len(lines) - cut


def every_record(run, data, first, second, third) -> None:
    first = [json.dumps(chat_of("well")).encode(), *first]
    (data / "a.jsonl").write_bytes(b"\n".join(first))
    (data / "b.json").write_text(json.dumps(second))
    (data / "c.jsonl").write_text("\n".join(map(json.dumps, third)))
    release = run(RECIPE, data)
    accounted(release)
    facts = releases.manifest(release)
    assert facts["records"] == stretches(first) + len(second) + len(third)


# A step back takes seconds, so a failing corpus is shown as it was found.
QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck), "phases": [Phase.generate]}
CORPUS = {"first": st.lists(line, max_size=12), "second": st.lists(alpaca, max_size=8), "third": st.lists(pair, max_size=8)}


@settings(max_examples=12, **QUIET)
@given(**CORPUS)
def test_every_record_is_accounted_for(run, tmp_path_factory, first, second, third) -> None:
    every_record(run, tmp_path_factory.mktemp("dumps"), first, second, third)


@pytest.mark.long
@settings(max_examples=400, **QUIET)
@given(**CORPUS)
def test_every_record_of_many_dumps_is_accounted_for(run, tmp_path_factory, first, second, third) -> None:
    every_record(run, tmp_path_factory.mktemp("dumps"), first, second, third)


def test_a_release_that_lost_a_row_does_not_verify(run, tmp_path) -> None:
    (tmp_path / "d").mkdir()
    for name, text in {
        "a.jsonl": '{"conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "Hello there, friend."}]}'
    }.items():
        (tmp_path / "d" / name).write_text(text)
    release = run("name: one\nsources: {a: {path: a.jsonl}}\nexports: {sft: {}}\n", tmp_path / "d")
    assert laws.verify(release)["records"] == 1
    ledger = pq.read_table(release / "ledger.parquet")
    pq.write_table(ledger.slice(0, 0), release / "ledger.parquet")
    with pytest.raises(DataFault, match="not what the manifest says"):
        laws.verify(release)
    with pytest.raises(DataFault, match="conservation is broken"):
        laws.conserved(release)


def test_records_must_be_in_rows_or_refused_and_not_both() -> None:
    laws.records(2, pa.array(["a", "a"]), pa.array(["b"]))
    with pytest.raises(DataFault, match="3 records were read, 1 are in rows and 1 were refused"):
        laws.records(3, pa.array(["a"]), pa.array(["b"]))
    with pytest.raises(DataFault, match="both"):
        laws.records(2, pa.array(["a", "b"]), pa.array(["b"]))
