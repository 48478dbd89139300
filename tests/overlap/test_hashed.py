"""Benchmarks that ship as hashes: no text, the same hits as from the text, and no other hash is taken for ours."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from filters.overlap import hashed, nearest, shipped
from filters.overlap.benchmarks import ANSWER, QUESTION, Item, items
from filters.overlap.contamination import Index
from schemas.faults import DataFault, UsageFault

MADE = [
    Item("made", 0, QUESTION, "How many of the nine ferries that leave the harbour at dawn are back before the lights go on?"),
    Item("made", 1, QUESTION, "Who painted the harbour bridge?"),
    Item("made", 2, QUESTION, "Why?"),
    Item("made", 0, ANSWER, "seven of them are back " * 10),
]
ROWS = ["who painted the HARBOUR bridge", "x " * 20, MADE[0].text.upper(), "why"]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    hashed.save(hashed.hashed(MADE), tmp_path / "made.parquet", 8, {"licence": "cc0-1.0"})
    return tmp_path / "made.parquet"


def test_hits_are_those_of_the_text(saved: Path) -> None:
    names = pa.array([str(at) for at in range(len(ROWS))])
    found = [Index(table).cover(names, pa.array(ROWS)).to_pylist() for table in (hashed.hashed(MADE), hashed.load(saved, 8))]
    assert found[0] == found[1]
    spans = [(hit["id"], hit["item"], hit["span"]) for hit in found[0]]
    assert spans == [("0", 1, ROWS[0].lower()), ("2", 0, ROWS[2].lower()[:-1])]


def test_a_file_holds_no_word_and_is_the_same_each_time(saved: Path, tmp_path: Path) -> None:
    raw = saved.read_bytes()
    assert not any(word.encode() in raw for item in MADE for word in item.text.lower().split() if len(word) > 4)
    hashed.save(hashed.hashed(MADE), tmp_path / "again.parquet", 8, {"licence": "cc0-1.0"})
    assert (tmp_path / "again.parquet").read_bytes() == raw


@pytest.mark.parametrize("what", ["hash", "probe"])
def test_another_hash_is_refused(saved: Path, what: str) -> None:
    table = pq.read_table(saved)
    pq.write_table(table.replace_schema_metadata(table.schema.metadata | {what.encode(): b"other"}), saved)
    with pytest.raises(DataFault, match=f"hashed with {what} other"):
        hashed.load(saved, 8)


def test_n_grams_of_another_length_are_refused(saved: Path) -> None:
    with pytest.raises(UsageFault, match="n-grams of 8 words, and the recipe asks for 13: write `ngram: 8`"):
        hashed.load(saved, 13)


def test_what_ships_can_be_read_and_is_small() -> None:
    counts = [line for path in shipped.public("public") for line in hashed.counted(hashed.load(path, 8)).to_pylist()]
    items_of = {line["benchmark"].split("-")[0]: 0 for line in counts}
    for line in counts:
        items_of[line["benchmark"].split("-")[0]] += line["items"]
    assert items_of == {
        "alpaca_eval": 805, "bbh": 6511, "gsm8k": 1319, "humaneval": 164, "ifeval": 541, "mt_bench": 80, "truthfulqa": 817,
    }  # fmt: skip
    assert sum(path.stat().st_size for path in [*shipped.public("public"), shipped.COMMON]) < 3_500_000
    with pytest.raises(UsageFault, match="no public benchmark 'gsm'; did you mean gsm8k"):
        shipped.public("public:gsm")


def test_what_ships_is_what_the_script_makes(dumps: Path) -> None:
    path = dumps / "openai__human-eval/data/HumanEval.jsonl.gz"
    assert hashed.hashed(items(path, "humaneval")).equals(hashed.load(shipped.public("public:humaneval")[0], 8))


def test_common_runs_of_another_hash_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = nearest.common(["one text of some words", "another text of some words"], 2)
    assert table.schema.metadata[b"texts"] == b"2"
    pq.write_table(table.replace_schema_metadata({b"texts": b"2", b"probe": b"other"}), tmp_path / "c.parquet")
    monkeypatch.setattr(nearest, "COMMON", tmp_path / "c.parquet")
    with pytest.raises(DataFault, match="made with another hash"):
        nearest._common.__wrapped__()
