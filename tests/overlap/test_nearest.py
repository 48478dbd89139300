"""The nearest item by characters: every score against plain sets of runs, what an edit costs, and what unrelated texts score."""

import json
import math
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from filters.overlap import nearest
from filters.overlap.benchmarks import ANSWER, QUESTION, Item, items
from filters.overlap.nearest import CHARS, COMMON, EVIDENCE, Nearest

QUESTIONS = [
    "A baker in Lyon bakes 240 croissants before dawn and sells three quarters of them to two hotels by the river. How many "
    "croissants remain for the market stall if five of them are burnt?",
    "The tram from the harbour needs 12 minutes to the museum and twice as long to the observatory on the hill. Marta rides it "
    "both ways on four days a week. How many hours does she spend on the tram in three weeks?",
    "Write a short letter in which a lighthouse keeper explains to his niece why he never learned how to swim.",
]
REWORDED = [
    "Before dawn a baker from Lyon bakes 240 croissants, and then sells three quarters of these to two hotels beside the river. "
    "If five croissants are burnt, how many of them remain for his market stall?",
    "Going by tram from the harbour to the museum takes 12 minutes, and to the observatory on the hill twice as long. Four days "
    "a week Marta rides both ways. How many hours on the tram does she spend in three weeks?",
]
UNLIKE = [
    "A farmer has 36 hens and each of them lays 5 eggs a week. How many eggs does he sell in a month if he keeps a dozen?",
    "What is the capital of France?",
    "",
    None,
    "👍 👍",
    "Explain why the lighthouse keeper's niece went to the market, and write a short letter about it.",
]


@pytest.fixture
def looked():
    def look(texts, index, rows):
        names = pa.array([str(at) for at in range(len(rows))])
        return index.near(names, pa.array(rows, pa.string())).to_pylist()

    return look


def item(number, text, side=QUESTION):
    return Item("b", number, side, text)


def test_a_reworded_question_is_found_and_an_unlike_one_is_not(looked) -> None:
    index = Nearest([item(number, text) for number, text in enumerate(QUESTIONS)], 0.35)
    found = looked(QUESTIONS, index, REWORDED + UNLIKE)
    assert [(hit["id"], hit["item"], hit["side"]) for hit in found] == [("0", 0, QUESTION), ("1", 1, QUESTION)]
    assert found[0]["span"] == "sells three quarters of"  # whole words alone: "the" would be of "them" here, of "the" there


def score(one: str, other: str, index: Nearest, whole) -> tuple[float, float]:
    """Cosine and evidence of two texts, from Python sets and a count over strings."""
    hashes = {}
    for text in (one, other):
        plain = whole(text)
        runs = {plain[at : at + CHARS] for at in range(len(plain) - CHARS + 1)}
        hashes[text] = runs
    table = pq.read_table(COMMON)
    common = dict(zip(table["gram"].to_pylist(), table["texts"].to_pylist(), strict=True))
    held = [{normal[at : at + CHARS] for at in range(len(normal) - CHARS + 1)} for normal in map(whole, QUESTIONS)]
    everything = int(table.schema.metadata[b"texts"]) + len(QUESTIONS) + 1

    def weight(run: str) -> float:
        _, keys = nearest.grams(_raw(run))
        often = common.get(int(keys[0]), 0) if any(run in runs for runs in held) else 0
        return math.log(everything / (often + sum(run in runs for runs in held) + 0.5))

    left, right = hashes[one], hashes[other]
    shared = sum(map(weight, sorted(left & right)))
    return shared / math.sqrt(sum(map(weight, left)) * sum(map(weight, right))), shared / math.log(everything / 0.5)


def _raw(run: str) -> nearest.Normal:
    import numpy as np

    data = np.frombuffer(run.encode() + bytes(8), np.uint8)
    return nearest.Normal(data, np.array([0, len(run.encode())]), np.array([1], np.int32))


def test_the_score_is_the_cosine_of_weighted_sets(looked, whole) -> None:
    index = Nearest([item(number, text) for number, text in enumerate(QUESTIONS)], 0.2)
    found = {hit["id"]: hit for hit in looked(QUESTIONS, index, REWORDED)}
    for at, row in enumerate(REWORDED):
        cosine, evidence = score(QUESTIONS[at], row, index, whole)
        assert evidence >= EVIDENCE
        assert found[str(at)]["share"] == pytest.approx(cosine, rel=1e-9)


def test_the_item_itself_scores_one_and_threads_change_nothing(looked, monkeypatch) -> None:
    from filters.overlap import contamination

    index = Nearest([item(number, text) for number, text in enumerate(QUESTIONS)], 0.35)
    found = looked(QUESTIONS, index, QUESTIONS)
    assert [hit["share"] for hit in found if hit["id"] == str(hit["item"])] == pytest.approx([1.0] * 3)
    monkeypatch.setattr(contamination, "PIECE", 100)
    names = pa.array(["0", "1", "2"])
    assert index.near(names, pa.array(QUESTIONS), threads=3).to_pylist() == found


def test_a_long_text_around_an_item_is_left_to_the_words(looked) -> None:
    index = Nearest([item(0, QUESTIONS[0])], 0.35)
    rng = random.Random(1)
    filler = " ".join("".join(rng.choices("abcdefghijklmnop", k=6)) for _ in range(2000))
    assert looked(QUESTIONS, index, [filler + QUESTIONS[0]]) == []


def edited(text: str, rng: random.Random) -> str:
    """One word in six replaced, and two neighbours in eight exchanged."""
    words = text.split()
    for at in rng.sample(range(len(words)), len(words) // 6):
        words[at] = rng.choice(["some", "thing", "of", "that", "other", "kind"])
    for at in rng.sample(range(len(words) - 1), len(words) // 8):
        words[at], words[at + 1] = words[at + 1], words[at]
    return " ".join(words)


def test_recall_of_edits_and_false_hits_among_unrelated_rows(dumps, looked) -> None:
    """One word in six replaced: words alone find a few, characters most; of 10,000 Alpaca rows hardly one is a hit."""
    from filters.overlap import hashed
    from filters.overlap.contamination import Index

    found = items(dumps / "openai__grade-school-math/grade_school_math/data/test.jsonl", "gsm8k")
    found += items(dumps / "openai__human-eval/data/HumanEval.jsonl.gz", "humaneval")
    asked, rng = [one for one in found if one.side == QUESTION], random.Random(20230504)
    index = Nearest(asked, 0.35)
    chosen = rng.sample(range(1319), 200)
    rows = [edited(asked[at].text, rng) for at in chosen]
    near = {(int(hit["id"]), hit["item"]) for hit in looked(None, index, rows)}
    names = pa.array([str(at) for at in range(len(rows))])
    words = Index(hashed.hashed(asked)).cover(names, pa.array(rows))
    by_words = {(int(hit["id"]), hit["item"]) for hit in words.to_pylist()}
    right = set(enumerate(chosen))
    assert len(near & right) >= 140
    assert len(by_words & right) <= 60
    assert len(near - right) <= 2
    paths = sorted((dumps / "hikariming__alpaca_chinese_dataset/history/原始英文数据").glob("*.json"))[:4]
    alpaca = [row for path in paths for row in json.loads(path.read_bytes())]
    prompts = [f"{row['instruction']}\n{row['input']}" for row in alpaca]
    assert len(prompts) > 10_000
    assert len({hit["id"] for hit in looked(None, index, prompts)}) <= 2
    answers = Nearest([one for one in found if one.side == ANSWER], 0.35)
    assert len({hit["id"] for hit in looked(None, answers, [row["output"] for row in alpaca])}) <= 10
