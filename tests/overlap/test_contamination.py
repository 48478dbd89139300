"""Coverage of benchmark items against a slow count of shared n-grams, and the files that items come from."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.overlap.benchmarks import Item, items
from filters.overlap.contamination import Index
from schemas.faults import DataFault, MissingFault

WORDS = ["the", "a", "reason", "elephant", "counts", "42", "日"]


def hits(index, texts, coverage=0.5, threads=1):
    found = index.cover(
        pa.array([f"r{row}" for row in range(len(texts))]), pa.array(texts, pa.string()), coverage, threads=threads
    )
    return {int(row["id"][1:]): row for row in found.to_pylist()}


def share(item, row, n):
    """Tulu 3's number: tokens of the item in n-grams that the row has too."""
    held = {tuple(row[at : at + n]) for at in range(len(row) - n + 1)}
    covered = set()
    for at in range(len(item) - n + 1):
        if tuple(item[at : at + n]) in held:
            covered.update(range(at, at + n))
    return len(covered) / len(item)


def expected(items, row, n):
    best = (-1, 0.0)
    for number, item in enumerate(items):
        if len(item) >= n:
            part = share(item, row, n)
        else:
            searched = len(item) >= 3 and len(" ".join(item).encode()) >= 16
            part = float(searched and any(row[at : at + len(item)] == item for at in range(len(row))))
        if part > best[1]:
            best = (number, part)
    return best


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9), max_size=5),
    st.lists(st.lists(st.sampled_from(WORDS), max_size=25), max_size=5),
    st.integers(3, 5),
)
def test_coverage_is_what_a_slow_count_says(items, rows, n):
    index = Index([Item("b", number, " ".join(item).upper()) for number, item in enumerate(items)], n)
    found = hits(index, [", ".join(row) for row in rows], 0.01)
    for number, row in enumerate(rows):
        item, part = expected(items, row, n)
        if item < 0:
            assert number not in found
        else:
            assert (found[number]["item"], found[number]["coverage"]) == (item, part)
            run = found[number]["span"].split()
            assert any(row[at : at + len(run)] == run for at in range(len(row)))
            assert len(run) >= min(n, len(items[item]))


def test_the_span_is_the_longest_shared_run():
    item = "Janet's ducks lay 16 eggs per day. She eats three for breakfast every morning and bakes muffins."
    row = "Question:\nJanet's ducks lay 16 eggs per day; she eats FOUR for breakfast every morning, and bakes muffins (no?)"
    found = hits(Index([Item("gsm8k", 7, "unrelated words " * 5), Item("gsm8k", 8, item)]), ["nothing", row, None])
    assert found == {
        1: {
            "id": "r1", "benchmark": "gsm8k", "item": 8, "coverage": 10 / 18,
            "span": "janet s ducks lay 16 eggs per day she eats",
        }
    }  # fmt: skip


def test_short_items_need_all_of_themselves():
    index = Index(
        [
            Item("b", 0, "Yes."),
            Item("b", 1, "What is love?"),
            Item("b", 2, "Explain quantum computing"),
            Item("b", 3, "👍 👍 👍 👍 👍"),
        ]
    )
    assert index.unsearched == 3
    found = hits(
        index,
        [
            "Yes. What is love? 👍 👍 👍 👍 👍",
            "please EXPLAIN quantum-computing!",
            "explain quantum computings",
            "explain quantum",
        ],
    )
    assert list(found) == [1]
    assert found[1]["coverage"] == 1.0


def test_threads_and_pieces_change_nothing(monkeypatch):
    from filters.overlap import contamination

    items = [Item("b", number, " ".join(f"w{number}x{at}" for at in range(10))) for number in range(50)]
    texts = [f"intro {row} " + items[row % 50].text for row in range(500)]
    whole = hits(Index(items), texts)
    assert len(whole) == 500
    monkeypatch.setattr(contamination, "PIECE", 1000)
    assert hits(Index(items), texts, threads=3) == whole


def test_no_items_no_hits():
    assert hits(Index([]), ["any text of more than eight words is here for us"]) == {}


def test_a_row_without_tokens_is_no_trouble():
    index = Index([Item("b", 0, "one two three four five six seven eight nine")])
    assert hits(index, ["👍 " * 50, "", "? ! ?"]) == {}


RECORDS = [
    {"question": "Which of these is true?", "choices": {"text": ["Snow is white", "Snow is green"], "label": ["A", "B"]}},
    {"question": "A much longer question that has more than eight words in it?", "options": ["red", "blue"]},
    {"instruction": "Sum the numbers.", "input": "1 2 3", "output": "6"},
    {"turns": ["Write a poem.", "Now in prose."], "answer": "word " * 40},
    {"id": 5},
]  # fmt: skip
EXPECTED = [
    (0, "Which of these is true?\nSnow is white\nSnow is green"),
    (1, RECORDS[1]["question"]),
    (1, RECORDS[1]["question"] + "\nred\nblue"),
    (2, "Sum the numbers.\n1 2 3"),
    (3, "Write a poem.\nNow in prose."),
    (3, ("word " * 40).strip()),
]


@pytest.mark.parametrize("kind", ["array", "lines", "gzip", "zstd", "object", "parquet"])
def test_benchmark_files_of_any_kind(tmp_path, kind):
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


def test_csv_benchmarks(tmp_path):
    path = tmp_path / "truthful.csv"
    path.write_text('Type,Question,Best Answer\nx,"What happens,\nif you crack your knuckles?",Nothing\n')
    assert items(path) == [Item("truthful", 0, "What happens,\nif you crack your knuckles?")]


def test_files_that_cannot_serve_say_so(tmp_path):
    with pytest.raises(MissingFault, match="no such benchmark"):
        items(tmp_path / "none.jsonl")
    (tmp_path / "a.jsonl").write_text('{"id": 1}\n')
    with pytest.raises(DataFault, match="no question found"):
        items(tmp_path / "a.jsonl")
    (tmp_path / "b.jsonl").write_text('{"question": "x"}\n{"question": \n')
    with pytest.raises(DataFault, match="cannot be read"):
        items(tmp_path / "b.jsonl")


def test_alpaca_eval_in_open_assistant(dumps):
    """187 prompts stand word for word in the validation file: each is found, but for those too short to search."""
    prompts = [
        row["instruction"] for row in json.loads(next(dumps.glob("tatsu-lab__alpaca_eval/**/annotations.json")).read_bytes())
    ]
    with open(dumps / "TurkuNLP__oasst-fi/original-data/en-validation.jsonl", "rb") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    copies = [row for row, text in enumerate(texts) if text.strip() in set(map(str.strip, prompts))]
    index = Index([Item("alpaca_eval", number, text) for number, text in enumerate(prompts)])
    found = hits(index, texts)
    assert len({texts[row].strip() for row in copies}) >= 187
    short = [row for row in copies if row not in found]
    assert all(len(texts[row].split()) < 3 or len(texts[row]) < 20 for row in short)
    assert all(found[row]["coverage"] == 1.0 for row in copies if row not in short)
