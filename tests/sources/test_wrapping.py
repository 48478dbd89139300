"""One object in a file: lists in it are records only where they plainly are, and what stands around them is kept."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from sources import File, inspect, read

TALK = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
PAIR = {"question": "How far is it?", "answer": "Nine miles."}
TRIPLE = {"instruction": "Say A.", "input": "", "output": "A"}
NODE = {"message": {"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["Hi"]}}}


def written(folder: Path, value: Any) -> Path:
    path = folder / "f.jsonl"
    path.write_text(json.dumps(value))
    return path


def rows(path: Path, format: str | None = None) -> list[dict[str, Any]]:
    return [row for batch in read(File("s", path, "f", format=format)) for row in batch.rows.to_pylist()]


ONE = {
    "speakers": {"talk_id": 7, "topic": "x", "utterances": [{"speaker": n, "text": f"m{n}"} for n in "ABAB"]},
    "speakers elsewhere": {"data": [{"speaker": n, "text": f"m{n}"} for n in "ABAB"]},
    "exchanges": {"id": 7, "conversations": [PAIR, PAIR]},
    "exchanges of a talk": {"topic": "roads", "dialogue_rounds": [PAIR, PAIR]},
    "exchanges of one id": {"session_id": 7, "asked": [PAIR, PAIR]},
    "turns": {"topic": "x", "data": TALK},
    "strangers": {"topic": "x", "data": [{"a": 1}, {"b": 2}]},
    "some strangers": {"train": [TRIPLE], "classes": [{"name": "a"}]},
}


@pytest.mark.parametrize("name", ONE)
def test_one_talk_is_one_record(name, tmp_path):
    found = inspect(written(tmp_path, ONE[name]))
    assert (found.records, found.rows, list(found.quarantined)) == (1, 0, ["unknown_shape"])
    said = found.details["unknown_shape"]
    assert repr(list(ONE[name])[-1]) in said and "read as records only where" in said


MANY = {
    "data": {"version": "1", "data": [TRIPLE, TRIPLE]},
    "a list with an id beside it": {"id": 7, "rows": [TRIPLE, PAIR]},
    "any name": {"made": 2023, "set_a": [TRIPLE, TRIPLE]},
    "BIG-Bench-Hard": {"canary": "do not train", "examples": [{"input": "1+1", "target": "2"}] * 2},
    "whole talks": {"conversations": [{"mapping": {"a": NODE}, "current_node": "a"}] * 2},
    "a name in other letters": {"données": [TRIPLE, TRIPLE]},
    "the same name further in": {"about": {"data": [1], "more": {"data": []}}, "data": [TRIPLE, TRIPLE]},
    "validation": {"valid": [TRIPLE, TRIPLE]},
}


@pytest.mark.parametrize("name", MANY)
def test_lists_of_records_are_unwrapped(name, tmp_path):
    found = inspect(written(tmp_path, MANY[name]))
    assert (found.container, found.records, found.rows, found.quarantined) == ("object", 2, 2, {})


def test_what_stands_around_the_records_is_kept(tmp_path):
    items = [{**TRIPLE, "topic": "own"}, TRIPLE]
    path = written(tmp_path, {"topic": "all", "model": "m9", "canary": "x", "none": [], "about": {"year": 1}, "data": items})
    first, second = rows(path)
    assert [row["model"] for row in (first, second)] == ["m9", "m9"] and not first["flags"]
    assert json.loads(first["extra"]) == {"topic": "own", "about": {"year": 1}}
    assert json.loads(second["extra"]) == {"topic": "all", "about": {"year": 1}}


def test_what_is_too_long_to_be_repeated_is_told(tmp_path):
    found = rows(written(tmp_path, {"essay": "x" * 9000, "topic": "all", "data": [TRIPLE, TRIPLE]}))
    assert [row["flags"] for row in found] == [["around_left_out"]] * 2
    assert [json.loads(row["extra"]) for row in found] == [{"topic": "all"}] * 2


def test_several_lists_follow_each_other_and_their_names_are_kept(tmp_path):
    path = written(tmp_path, {"train": [TRIPLE, {**TRIPLE, "split": "own"}], "of": "us", "test": [TRIPLE], "dev": []})
    found = rows(path)
    assert [row["id"] for row in found] == [f"s/f#{n:09d}" for n in range(3)]
    assert [json.loads(row["extra"]) for row in found] == [{"split": name, "of": "us"} for name in ("train", "own", "test")]
    raw = path.read_bytes()
    assert all(raw[row["origin"]["offset"] :].startswith(b'{"instruction"') for row in found)
    assert len({row["origin"]["offset"] for row in found}) == 3


def test_a_pinned_format_unwraps_what_it_knows(tmp_path):
    path = written(tmp_path, {"talks": [{"messages": TALK}, {"messages": TALK}]})
    assert len(rows(path, "openai")) == 2 and rows(path, "alpaca") == []


COLUMNS = [
    {"instruction": ["a", "b"], "output": ["c", "d"]},
    {"question": ["a", None], "answer": ["c", 2]},
    {"prompt": {"0": "a", "1": "b"}, "completion": {"0": "c", "1": "d"}},
]


@pytest.mark.parametrize("value", COLUMNS)
def test_a_table_by_columns_is_told(value, tmp_path):
    found = inspect(written(tmp_path, value))
    assert found.rows == 0 and "each of its fields is a column" in found.details["unknown_shape"]


def test_an_unknown_object_names_its_fields(tmp_path):
    found = inspect(written(tmp_path, {f"field_{n}": n for n in range(20)} | {"\x1b[2J": 1}))
    assert "'field_0', 'field_1'" in found.details["unknown_shape"] and "\x1b" not in found.details["unknown_shape"]


def test_many_lists_and_many_places_like_them_cost_little(tmp_path):
    many = {f"set_{n}": [TRIPLE] for n in range(5_000)}
    alike = {"about": {f"k{n}": {"data": [n]} for n in range(60_000)}, "data": [TRIPLE, TRIPLE]}
    start = time.process_time()
    for value in (many, alike):
        assert inspect(written(tmp_path, value)).quarantined == {"unknown_shape": [0]}
    assert time.process_time() - start < 20
