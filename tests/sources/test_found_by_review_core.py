"""What a review proved of the reader's core: nothing kills a run, is lost in silence, or costs more than its size."""

import bz2
import gzip
import json
import lzma
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from sources import File, archives, branches, csvs, inspect, opening, read, tables
from sources.formats import constitutional, documents, helpsteer, moss, openai, ultrafeedback
from sources.members import Entry, Member
from sources.pieces import pieces
from sources.streams import chunks


def told(path: Path, lines: list[Any], batch_bytes: int = 16 << 20, **more: Any) -> tuple[list[dict], list[dict], int]:
    """Rows, refusals and the number of batches of a file of these lines, each record of which is in one of the two."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    batches = list(read(File("s", path, path.name, **more), batch_bytes))
    rows = [row for batch in batches for row in batch.rows.to_pylist()]
    refused = [line for batch in batches for line in batch.refused.to_pylist()]
    named = {record for row in rows for record in row["records"]} | {line["id"] for line in refused}
    assert len(named) == sum(batch.records for batch in batches) == len(lines)
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    return rows, refused, len(batches)


RATED = {"response": "x", "helpfulness": 3, "correctness": 3, "coherence": 4, "complexity": 1, "verbosity": 1}
TALK = {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}
UTTERED = {"conversation_id": "c", "turn": 0, "model_response": "x", "if_chosen": True, "score": 4}


@pytest.mark.parametrize(
    ("many", "few"),
    [
        ({**RATED, "prompt": "q" * 40}, {**RATED, "prompt": "Why?"}),
        ({**UTTERED, "user_prompt": "q" * 40}, {**UTTERED, "user_prompt": "Why?", "conversation_id": "d"}),
    ],
)
def test_answers_that_would_outgrow_memory_cost_no_other_group_of_the_file(tmp_path, many, few):
    with patch("sources.answers._MOST", 100):
        rows, refused, _ = told(tmp_path / "f.jsonl", [few, many, many, many, few])
    assert [row["origin"]["record"] for row in rows] == [0, 4]
    assert [(line["reason"], line["fate"]) for line in refused] == [("too_large", "quarantined")] * 3


def test_whatever_a_format_fails_at_when_it_gathers_every_record_is_told(tmp_path):
    def gather(values):
        first, _ = next(values)
        yield [first], {"messages": [{"role": "user", "content": "a"}]}
        next(values)
        raise TypeError

    with patch.object(helpsteer, "gather", gather):
        rows, refused, _ = told(tmp_path / "f.jsonl", [{**RATED, "prompt": "Why?"}] * 4)
        assert inspect(tmp_path / "f.jsonl").quarantined == {"unknown_shape": [1, 2, 3]}
    assert len(rows) == 1 and [line["record"] for line in refused] == [1, 2, 3]


def test_a_batch_is_bounded_by_its_rows_too(tmp_path):
    record = {"instruction": "q" * 2000, "completions": [{"response": "x", "annotations": {}}] * 100}
    rows, _, batches = told(tmp_path / "f.jsonl", [record] * 10, 300_000)
    assert (len(rows), batches) == (1000, 5)


def test_gathered_rows_come_in_several_tables_where_they_are_large(tmp_path):
    lines = [{**RATED, "prompt": f"Why {n}?"} for n in range(30)]
    wanted, *_ = told(tmp_path / "f.jsonl", lines)
    with patch.object(tables, "MOST", 100):
        rows, _, batches = told(tmp_path / "f.jsonl", lines)
    assert rows == wanted and batches == 3


@pytest.mark.parametrize("kind", ["instruction", "conversations"])
def test_what_a_glued_record_gives_does_not_depend_on_where_the_file_is_cut(tmp_path, kind):
    good = {"instruction": '{"instruction":"a","output":"b"}', "conversations": json.dumps(TALK)}[kind]
    lines = [good] * 40 + [
        good.replace('"b"', "tru"),
        good + good,
        good.replace('"b"', "tru") + good,
        good,
        good + good[:-9] + good,
    ]
    path = tmp_path / "f.jsonl"
    path.write_text("\n".join(lines * 2) + "\n")
    file = File("s", path, "f", size=path.stat().st_size)
    found = []
    for size in (80, 96, 110, 1000, 1 << 20):
        batches = [batch for piece in pieces(file, size) for batch in read(piece)]
        rows = [row for batch in batches for row in batch.rows.to_pylist()]
        found.append((rows, [line for batch in batches for line in batch.refused.to_pylist()]))
    assert all(each == found[0] for each in found) and len(found[0][0]) > 80 and len(found[0][1]) > 3


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_stream_behind_much_padding_is_read(tmp_path, pack):
    path = tmp_path / "f"
    path.write_bytes(pack(b"one") + bytes(600_000) + pack(b"two") + bytes(600_000))
    assert b"".join(chunks(path)) == b"onetwo"


def test_repeated_names_are_numbered_past_those_that_are_there():
    assert csvs._numbered(["a", "a_2", "a", "", "a", "", "column_4"]) == [
        "a",
        "a_2",
        "a_3",
        "column_4",
        "a_4",
        "column_6",
        "column_4_2",
    ]


def rated(n: int) -> dict[str, Any]:
    return {"completions": [{"response": "x", "overall_score": 10, "fine-grained_score": 1} for _ in range(n)]}


def sampled(n: int) -> dict[str, Any]:
    return {"rl_prompt": "\n\nHuman: a" + "\n" * n + "b", "sampled_answers": [{"sampled_string": "x" + "\n" * n + "y"}]}


@pytest.mark.parametrize(
    "work",
    [
        lambda n: csvs._numbered(["a"] * n),
        lambda n: list(archives._names([Entry("a/b", Member(Path("a"), "tar", 0, 0, 1), 0, None, "")] * n)),
        lambda n: documents.looks({"text": "\n" * n + "a"}),
        lambda n: moss._said({"MOSS": "x" + " " * n + "y"}, "MOSS"),
        lambda n: list(constitutional.rows(sampled(n))),
        lambda n: ultrafeedback.repair(rated(n)),
    ],
)
def test_time_grows_with_the_size(work):
    begun = time.process_time()
    work(60_000)
    assert time.process_time() - begun < 2


def test_many_sessions_in_one_file_are_no_tree_that_is_too_large():
    def said(n: int) -> list[Any]:
        return [{"role": "user" if n % 2 == 0 else "assistant", "content": str(n)}]

    nodes = {f"{s}.{n}": branches.Node(f"{s}.{n - 1}", said(n)) for s in range(30) for n in range(10)}
    nodes |= {f"29.a{n}": branches.Node("29.8", said(1)) for n in range(10)}
    with patch.object(branches, "MOST", 100):
        found = [row for _, row in branches.rows(nodes)]
    assert [len(row["messages"]) for row in found] == [10] * 30
    assert [row["flags"] for row in found] == [None] * 29 + [["branches_left_out"]]


def test_few_records_that_are_huge_are_not_all_held(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_text((json.dumps({"instruction": "q" * 5000, "output": "b"}) + "\n") * 6)
    with patch.multiple(opening, _SMALL=1000, _WINDOW=500, _NEAR=9000):
        found = opening.opened(File("s", path, "f"))
        assert not isinstance(found.records(), list) and found.guess.format == "alpaca"
        assert len(list(found.records())) == len(list(found.records())) == 6


def test_control_characters_taken_out_of_a_table_are_told(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes(b"instruction,output\na,b\nc\x01,d\ne,f\n")
    rows = [row for batch in read(File("s", path, "f")) for row in batch.rows.to_pylist()]
    assert [row["messages"][0]["content"] for row in rows] == ["a", "c", "e"]
    assert [row["flags"] for row in rows] == [[], ["controls_removed"], []]


@pytest.mark.parametrize(
    ("weight", "read"), [(0, 0), (0.5, 0.5), ("1", 1), (None, None), (1e300, None), ("much", None), (True, None)]
)
def test_a_weight_that_is_no_number_of_32_bits_stays_beside_the_turn(weight, read):
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "weight": weight}]
    [row] = openai.rows({"messages": turns})
    assert row["messages"][1].get("weight") == read
    left = json.loads(row["extra"] or "{}")
    assert list(left.values()) == ([[{}, {"weight": weight}]] if read is None and weight is not None else [])
