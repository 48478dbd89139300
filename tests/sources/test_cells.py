"""Turns as JSON text in a cell: read as the turns that they are, by the door's rules, or told to be broken."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from sources import File, inspect, read
from sources.cells import decoded, opened
from sources.turns import Unreadable

ASKED, SAID, WORSE = (
    [{"role": "user", "content": "Why is the sky blue?\nIn short, please."}],
    [{"role": "assistant", "content": "Air scatters blue light more."}],
    [{"role": "assistant", "content": 'It is, "so" to say.'}],
)


def table(path: Path, records: list[dict[str, Any]]) -> Path:
    """A CSV whose lists are JSON text."""
    with path.open("w", newline="") as file:
        rows = csv.DictWriter(file, list(records[0]))
        rows.writeheader()
        rows.writerows({k: json.dumps(v, indent=1) if isinstance(v, list) else v for k, v in one.items()} for one in records)
    return path


def same(path: Path, records: list[dict[str, Any]]) -> bool:
    """Whether the CSV is read as the same records in JSON lines are."""
    lines = path.with_suffix(".jsonl")
    lines.write_text("".join(json.dumps(one) + "\n" for one in records))
    assert inspect(path).format == inspect(lines).format is not None
    left, right = (
        [{**row, "origin": None} for batch in read(File("s", at, "f")) for row in batch.rows.to_pylist()] for at in (path, lines)
    )
    return left == right != []


@pytest.mark.parametrize(
    "record",
    [
        {"messages": ASKED + SAID, "id": "7"},
        {"id": "7", "conversations": [{"from": "human", "value": "Hello"}, {"from": "gpt", "value": "Hello."}]},
        {"prompt": ASKED, "chosen": SAID, "rejected": WORSE},
        {"prompt": "Why is the sky blue?", "chosen": ASKED + SAID, "rejected": ASKED + WORSE},
        {"prompt": ASKED, "completion": "Air.", "label": "True"},
    ],
    ids=" ".join,
)
def test_a_table_of_json_cells_is_read_as_the_lists_that_they_are(tmp_path, record):
    assert same(table(tmp_path / "f.csv", [record, record]), [record, record])


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ('[{"role": "user", "content": "cut', "json_syntax"),
        ("[{'role': 'user', 'content': 'as Python prints it'}]", "json_syntax"),
        ('[{"role": "user", "content": "a", "content": "b"}]', "duplicate_key"),
        ('[{"role": "user", "content": NaN}]', "non_finite"),
        ("[" * 100_000, "too_deep"),
    ],
    ids=["cut", "python", "twice", "nan", "deep"],
)
def test_a_broken_cell_costs_its_row_and_says_why(tmp_path, cell, reason):
    good = json.dumps(ASKED + SAID)
    [batch] = read(
        File("s", table(tmp_path / "f.csv", [{"id": n, "messages": c} for n, c in enumerate([good, cell, good])]), "f")
    )
    assert len(batch.rows) == 2 and batch.refused["reason"].to_pylist() == [reason]
    assert "messages is text" in batch.refused["detail"][0].as_py()


def test_what_only_begins_like_turns_stays_a_text():
    for text in ("[1] is a citation", "[]", "[{}]", '[{"a": 1}]', "[{"):
        assert opened({"prompt": text}) == ({"prompt": text}, ())
    cut = {"prompt": "p", "chosen": '[{"role": "assistant", "content": "cut', "rejected": "b"}
    assert opened(cut) == (cut, ("bad_json",))


def test_what_is_mended_in_a_cell_is_told():
    value, flags = opened({"messages": '[{"role": "user", "content": "a\\u0000b\\ud800"}]'})
    assert value["messages"][0]["content"] == "ab\ufffd" and flags == ("controls_removed", "surrogates_replaced")


def test_looking_never_fails():
    for value in (None, 3, [], {"messages": "[{"}, {"messages": "[" * 9999}):
        assert decoded(value) is value
    with pytest.raises(Unreadable):
        opened({"messages": "[{"})


CALL = {"role": "assistant", "content": "", "tool_calls": "clock(city='Oslo')"}


@pytest.mark.parametrize(
    ("record", "tools", "kept"),
    [
        ({"messages": ASKED + SAID, "tools": "a clock, a map", "id": 7}, None, {"tools": "a clock, a map"}),
        ({"messages": [*ASKED, CALL], "tools": "[]", "id": 7}, "[]", {"tool_calls": [None, CALL["tool_calls"]]}),
        ({"conversations": ASKED + SAID, "tools": "[{", "id": 7}, None, {"tools": "[{"}),
        ({"prompt": "p", "chosen": SAID, "rejected": [CALL], "id": 7}, None, {"tool_calls": [None, CALL["tool_calls"]]}),
    ],
    ids=["tools", "calls", "sharegpt", "pair"],
)
def test_tools_and_calls_that_are_no_json_are_kept_beside(tmp_path, record, tools, kept):
    file = tmp_path / "f.jsonl"
    file.write_text(json.dumps(record))
    [batch] = read(File("s", file, "f"))
    row = batch.rows.to_pylist()[-1]
    assert row["tools"] == tools and json.loads(row["extra"]) == {"id": 7, "bad_json": kept} and "bad_json" in row["flags"]
    assert not any(message["tool_calls"] for message in row["messages"])


def test_tools_and_calls_that_are_json_stay(tmp_path):
    file = tmp_path / "f.jsonl"
    file.write_text(json.dumps({"messages": [*ASKED, {**CALL, "tool_calls": '[{"a": 1}]'}], "tools": '[{"name": "clock"}]'}))
    [batch] = read(File("s", file, "f"))
    [row] = batch.rows.to_pylist()
    assert (row["tools"], row["messages"][1]["tool_calls"], row["flags"]) == ('[{"name": "clock"}]', '[{"a": 1}]', [])
