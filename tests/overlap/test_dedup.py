"""The engine alone, over files."""

import gzip
import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from filters.overlap import textfile
from filters.overlap.dedup import Count, dedup, drops
from schemas.faults import DataFault, MissingFault, UsageFault

LONG = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron"
TEXTS = [LONG, LONG + " pi", "quite another text, of its own", LONG.upper(), None]


def fall(texts, folder, *how, **more):
    """Row by row, in two batches."""
    texts = pa.array(texts)
    return drops([texts[:2], texts[2:]], folder, *how, **more)[1]


def test_the_longest_stays_then_the_first(tmp_path):
    assert fall(TEXTS, tmp_path).to_pylist() == [
        {"row": 0, "twin": 1, "similarity": 11 / 12},
        {"row": 3, "twin": 1, "similarity": 11 / 12},
    ]
    assert fall(TEXTS, tmp_path, 1.0).to_pylist() == [{"row": 3, "twin": 0, "similarity": 1.0}]


def test_characters_and_short_texts_are_a_choice(tmp_path):
    texts = [LONG + " pi", LONG + " rho", "Donaudampfschifffahrt", "Donau-Dampf-Schifffahrt"]
    assert fall(texts, tmp_path)["row"].to_pylist() == [0]
    assert fall(texts, tmp_path, short=50)["row"].to_pylist() == []
    assert fall(texts, tmp_path, 0.9, shingle=4, chars=True, short=50)["row"].to_pylist() == []  # one word, and three
    assert fall(texts, tmp_path, 0.9, shingle=4, chars=True)["row"].to_pylist() == [0, 2]


def test_parquet_keeps_its_rows_and_schema(tmp_path):
    table = pa.table({"n": pa.array(range(5), pa.int8()), "text": TEXTS})
    pq.write_table(table, tmp_path / "in.parquet")
    assert dedup(tmp_path / "in.parquet", tmp_path / "out.parquet") == Count(5, 3)
    assert pq.read_table(tmp_path / "out.parquet").equals(table.take([1, 2, 4]))
    assert pq.read_table(tmp_path / "out.dropped.parquet")["row"].to_pylist() == [0, 3]


def test_lines_stay_byte_for_byte(tmp_path):
    lines = [json.dumps({"n": 1.0, "text": text}).encode() + b"\n" for text in TEXTS]
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(lines).removesuffix(b"\n"))
    assert dedup(tmp_path / "in.jsonl", tmp_path / "out.jsonl") == Count(5, 3)
    assert (tmp_path / "out.jsonl").read_bytes() == lines[1] + lines[2] + lines[4]
    assert pq.read_table(tmp_path / "out.jsonl.dropped.parquet")["twin"].to_pylist() == [1, 1]
    assert dedup(tmp_path / "out.jsonl", tmp_path / "again.jsonl") == Count(3, 3)


def test_conversations_are_texts_too(tmp_path):
    rows = [
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": text}]} for text in (LONG, LONG + "!")
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows)))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "in.parquet")
    assert dedup(tmp_path / "in.jsonl", tmp_path / "out.jsonl") == Count(2, 1)
    assert dedup(tmp_path / "in.parquet", tmp_path / "out.parquet", text="messages") == Count(2, 1)


def test_the_suffix_of_out_decides_between_parquet_and_lines(tmp_path):
    source, rows, lines = tmp_path / "in.jsonl", tmp_path / "out.parquet", tmp_path / "out.jsonl"
    source.write_text('{"text": "one two"}\n{"text": "one two", "n": 1}\n{"text": "three", "n": 2, "m": {"é": [null]}}\n')
    assert dedup(source, rows) == (3, 2)
    kept = [{"text": "one two", "n": None, "m": None}, {"text": "three", "n": 2, "m": {"é": [None]}}]
    assert pq.read_table(rows).to_pylist() == kept
    assert dedup(rows, lines) == (2, 2)
    assert [json.loads(line) for line in lines.read_text().splitlines()] == kept


def test_a_file_without_a_line_is_kept_as_it_is(tmp_path):
    (tmp_path / "in.jsonl").write_text("")
    assert dedup(tmp_path / "in.jsonl", tmp_path / "out.jsonl") == (0, 0)
    assert (tmp_path / "out.jsonl").read_bytes() == b""


def test_what_cannot_be_done_says_why(tmp_path):
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    with pytest.raises(MissingFault, match="no such file"):
        dedup(source, out)
    source.write_text('{"body": "x"}\n')
    with pytest.raises(UsageFault, match=r"name one of body with --text"):
        dedup(source, out)
    with pytest.raises(UsageFault, match="the file that is read"):
        dedup(source, source, text="body")
    with pytest.raises(UsageFault, match="a folder"):
        dedup(source, tmp_path)
    with pytest.raises(UsageFault, match="not between 0 and 1"):
        dedup(source, out, similarity=80)
    source.write_text('\n [{"text": "x"}]\n')
    with pytest.raises(DataFault, match=r"one JSON array.*jq"):
        dedup(source, out)
    source.write_bytes(gzip.compress(b'{"text": "x"}'))
    with pytest.raises(DataFault, match="gunzip"):
        dedup(source, out)
    source.write_text('{"text": "x"}\n{"text": \n')
    with pytest.raises(DataFault, match="line 2 is not JSON"):
        dedup(source, out)
    source.write_text('{"text": "x"}\n[1]\n')
    with pytest.raises(DataFault, match="line 2 is not an object"):
        dedup(source, out)
    assert not out.exists()


def test_how_much_is_read_at_once_follows_the_texts_alone(tmp_path):
    """A column that nobody reads, ten times as large, makes the batches no smaller."""
    rng = random.Random(3)
    texts = ["".join(rng.choices("abcdefgh ", k=900)) for _ in range(2000)]
    other = ["".join(rng.choices("abcdefgh ", k=9000)) for _ in range(2000)]
    columns = {"text": texts, "html": other, "messages": [[{"role": "user", "content": each}] for each in other]}
    sizes = []
    for held in (["text"], list(columns)):
        pq.write_table(pa.table({name: columns[name] for name in held}), tmp_path / "a.parquet", use_dictionary=False)
        sizes.append([len(batch) for batch in textfile.texts(tmp_path / "a.parquet", "text")])
    assert sizes[0] == sizes[1] and len(sizes[0]) < 4
