"""Coverage of benchmark items against a slow count of shared n-grams."""

import json

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.overlap import hashed
from filters.overlap.benchmarks import ANSWER, QUESTION, Item
from filters.overlap.contamination import Index

WORDS = ["the", "a", "reason", "elephant", "counts", "42", "日"]


def item(number, text, benchmark="b", side=QUESTION):
    return Item(benchmark, number, side, text)


def indexed(items, n=8):
    return Index(hashed.hashed(items, n), n)


def hits(index, texts, coverage=0.5, threads=1):
    """(row, item) -> the hit."""
    found = index.cover(
        pa.array([f"r{row}" for row in range(len(texts))]), pa.array(texts, pa.string()), coverage, threads=threads
    )
    return {(int(row["id"][1:]), row["item"]): row for row in found.to_pylist()}


def share(item, row, n):
    """Tulu 3's number: tokens of the item in n-grams that the row has too."""
    held = {tuple(row[at : at + n]) for at in range(len(row) - n + 1)}
    covered = set()
    for at in range(len(item) - n + 1):
        if tuple(item[at : at + n]) in held:
            covered.update(range(at, at + n))
    return len(covered) / len(item)


def expected(item, row, n, least):
    """The share, or 0 where it is no hit."""
    if len(item) >= n:
        part = share(item, row, n)
        return part if part >= (least if len(item) >= 2 * n else 1) else 0
    searched = len(item) >= 3 and len(" ".join(item).encode()) >= 16 and len(row) <= 2 * len(item)
    return float(searched and any(row[at : at + len(item)] == item for at in range(len(row))))


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12), max_size=5),
    st.lists(st.lists(st.sampled_from(WORDS), max_size=25), max_size=5),
    st.integers(2, 5),
    st.sampled_from([0.01, 0.5, 1.0]),
)
def test_coverage_is_what_a_slow_count_says_and_no_hit_is_missed(items, rows, n, least):
    index = indexed([item(number, " ".join(words).upper()) for number, words in enumerate(items)], n)
    found = hits(index, [", ".join(row) for row in rows], least)
    slow = {(at, number): expected(words, row, n, least) for at, row in enumerate(rows) for number, words in enumerate(items)}
    assert {at: hit["share"] for at, hit in found.items()} == {at: part for at, part in slow.items() if part}
    for (at, number), hit in found.items():
        run, row = hit["span"].split(), rows[at]
        assert any(row[start : start + len(run)] == run for start in range(len(row)))
        assert len(run) >= min(n, len(items[number]))


def test_the_span_is_the_longest_shared_run():
    text = "Janet's ducks lay 16 eggs per day. She eats three for breakfast every morning and bakes muffins."
    row = "Question:\nJanet's ducks lay 16 eggs per day; she eats FOUR for breakfast every morning, and bakes muffins (no?)"
    index = indexed([item(7, "unrelated words " * 5, "gsm8k"), item(8, text, "gsm8k")])
    assert hits(index, ["nothing", row, None]) == {
        (1, 8): {
            "id": "r1", "benchmark": "gsm8k", "item": 8, "side": QUESTION, "share": 10 / 18,
            "span": "janet s ducks lay 16 eggs per day she eats",
        }
    }  # fmt: skip


def test_short_items_need_all_of_themselves():
    table = hashed.hashed(
        [item(0, "Yes."), item(1, "What is love?"), item(2, "Explain quantum computing"), item(3, "👍 👍 👍 👍 👍")]
    )
    assert hashed.counted(table).to_pylist() == [{"benchmark": "b", "items": 4, "answers": 0, "too_short": [0, 1, 3]}]
    rows = [
        "Yes. What is love? 👍 👍 👍 👍 👍",
        "please EXPLAIN quantum-computing!",
        "explain quantum computings",
        "explain quantum",
    ]
    found = hits(Index(table), rows)
    assert {at: hit["share"] for at, hit in found.items()} == {(1, 2): 1.0}


def test_a_row_is_told_with_every_item_that_it_holds_and_an_item_once():
    one, two = ("the first question of them all is about the colour of the sea", "and how many ships sail on it in one year")
    index = indexed([item(0, one), item(0, f"{one}\nblue\ngreen"), item(0, two, side=ANSWER), item(1, two), item(2, "x " * 20)])
    found = index.cover(pa.array(["r"]), pa.array([f"{one}? {two}?"])).to_pylist()
    assert [(hit["item"], hit["side"], hit["share"]) for hit in found] == [
        (0, QUESTION, 1.0),
        (0, ANSWER, 1.0),
        (1, QUESTION, 1.0),
    ]


def test_threads_and_pieces_change_nothing(monkeypatch):
    from filters.overlap import contamination

    items = [item(number, " ".join(f"w{number}x{at}" for at in range(10))) for number in range(50)]
    texts = [f"intro {row} " + items[row % 50].text + ", " + items[(row + 1) % 50].text for row in range(500)]
    whole = hits(indexed(items), texts)
    assert len(whole) == 1000
    monkeypatch.setattr(contamination, "PIECE", 1000)
    assert hits(indexed(items), texts, threads=3) == whole


def test_more_hits_than_there_was_room_for():
    items = [
        item(number, f"one long pattern of words that many of the questions of this one benchmark have in common {number}")
        for number in range(50)
    ]
    assert len(hits(indexed(items), [items[0].text] * 3)) == 150


def test_no_items_no_hits():
    assert hits(indexed([]), ["any text of more than eight words is here for us"]) == {}


def test_a_row_without_tokens_is_no_trouble():
    index = indexed([item(0, "one two three four five six seven eight nine")])
    assert hits(index, ["👍 " * 50, "", "? ! ?"]) == {}


def test_alpaca_eval_in_open_assistant(dumps):
    """187 prompts stand word for word in the validation file: each is found, but for those too short to search."""
    prompts = [
        row["instruction"] for row in json.loads(next(dumps.glob("tatsu-lab__alpaca_eval/**/annotations.json")).read_bytes())
    ]
    with open(dumps / "TurkuNLP__oasst-fi/original-data/en-validation.jsonl", "rb") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    copies = [row for row, text in enumerate(texts) if text.strip() in set(map(str.strip, prompts))]
    found = hits(indexed([item(number, text) for number, text in enumerate(prompts)]), texts)
    assert len({texts[row].strip() for row in copies}) >= 187
    shares: dict[int, float] = {}
    for (row, _), hit in found.items():
        shares[row] = max(hit["share"], shares.get(row, 0))
    short = [row for row in copies if row not in shares]
    assert all(len(texts[row].split()) < 3 or len(texts[row]) < 20 for row in short)
    assert all(shares[row] == 1.0 for row in copies if row not in short)
