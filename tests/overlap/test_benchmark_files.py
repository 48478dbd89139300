"""What is an item in a benchmark's file, and on which side: files of every kind, fields of every name."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from filters.overlap.benchmarks import ANSWER, QUESTION, Item, called, items
from schemas.faults import DataFault, MissingFault

RECORDS = [
    {"question": "Which of these is true?", "choices": {"text": ["Snow is white", "Snow is green"], "label": ["A", "B"]}},
    {"question": "A much longer question that has more than eight words in it?", "options": ["red", "blue"]},
    {"instruction": "Sum the numbers.", "input": "1 2 3", "output": "6"},
    {"turns": ["Write a poem.", "Now in prose.", "And now once more, but every line begins with an A."], "answer": "word " * 40},
    {"id": 5},
]  # fmt: skip
EXPECTED = [
    (0, QUESTION, "Which of these is true?\nSnow is white\nSnow is green"),
    (1, QUESTION, RECORDS[1]["question"]),
    (1, QUESTION, RECORDS[1]["question"] + "\nred\nblue"),
    (2, QUESTION, "Sum the numbers.\n1 2 3"),
    (3, QUESTION, "Write a poem."),
    (3, QUESTION, "And now once more, but every line begins with an A."),
    (3, ANSWER, ("word " * 40).strip()),
]


@pytest.mark.parametrize("kind", ["array", "lines", "gzip", "zstd", "object", "parquet"])
def test_benchmark_files_of_any_kind(tmp_path: Path, kind: str) -> None:
    lines = "\n".join(map(json.dumps, RECORDS)).encode()
    raw = {
        "array": json.dumps(RECORDS).encode(), "lines": b"\xef\xbb\xbf" + lines, "gzip": gzip.compress(lines),
        "zstd": zstandard.compress(lines), "object": json.dumps({"canary": "x", "examples": RECORDS}).encode(),
    }  # fmt: skip
    path = tmp_path / "arc.test.jsonl"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist([{"row": 0} | RECORDS[0], RECORDS[1]]).select(["question", "choices"]), path)
        assert [tuple(item) for item in items(path)] == [("arc", *EXPECTED[0]), ("arc", *EXPECTED[1])]
        return
    path.write_bytes(raw[kind])
    assert [tuple(item) for item in items(path)] == [("arc", *one) for one in EXPECTED]
    assert items(path, "mine")[0].benchmark == "mine"


SHAPES = {
    "a program goes on where the question ends": (
        {"prompt": "def f(x):\n", "canonical_solution": "    return " + "x + " * 40 + "x"},
        [(QUESTION, "def f(x):"), (ANSWER, "def f(x):\n    return " + "x + " * 40 + "x")],
    ),
    "calculator notes are read with and without": (
        {"question": "How many?", "answer": "so " * 40 + "<<4/2=2>>2"},
        [(QUESTION, "How many?"), (ANSWER, "so " * 40 + "<<4/2=2>>2"), (ANSWER, "so " * 40 + "2")],
    ),
    "lettered choices": (
        {"Question": "Which one?", "A": "red", "B": "blue", "C": "green", "Answer": "B"},
        [(QUESTION, "Which one?\nred\nblue\ngreen")],
    ),
    "two options": ({"sentence": "The _ barks.", "option1": "dog", "option2": "cat"}, [(QUESTION, "The _ barks.\ndog\ncat")]),
    "messages": (
        {"messages": [{"role": "user", "content": "Why is it so?"}, {"role": "assistant", "content": "Because."}]},
        [(QUESTION, "Why is it so?")],
    ),
    "a plain string": ("What is the height of it?", [(QUESTION, "What is the height of it?")]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_fields_are_told_apart(tmp_path: Path, shape: str) -> None:
    record, expected = SHAPES[shape]
    (tmp_path / "b.json").write_text(json.dumps([record]))
    assert [(item.side, item.text) for item in items(tmp_path / "b.json")] == expected


def test_csv_benchmarks(tmp_path: Path) -> None:
    path = tmp_path / "truthful.csv"
    path.write_text('Type,Question,Best Answer\nx,"What happens,\nif you crack your knuckles?",Nothing\n')
    assert items(path) == [Item("truthful", 0, QUESTION, "What happens,\nif you crack your knuckles?")]


def test_a_name_that_says_nothing_takes_its_folders() -> None:
    paths = [Path(name) for name in ("b/arc.jsonl", "gsm8k/data/test.jsonl.gz", "x/math.json", "y/math.json")]
    assert called(paths) == ["arc", "gsm8k-test", "x-math", "y-math"]


def test_files_that_cannot_serve_say_so(tmp_path: Path) -> None:
    with pytest.raises(MissingFault, match="no such benchmark"):
        items(tmp_path / "none.jsonl")
    (tmp_path / "a.jsonl").write_text('{"id": 1}\n')
    with pytest.raises(DataFault, match="no question found"):
        items(tmp_path / "a.jsonl")
    (tmp_path / "b.jsonl").write_text('{"question": "x"}\n{"question": \n')
    with pytest.raises(DataFault, match="cannot be read"):
        items(tmp_path / "b.jsonl")
