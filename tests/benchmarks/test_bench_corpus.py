import json
import random
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import corpus, truth


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    """A hundred little talks of words drawn from a few; one in a script that tools cut in different ways."""
    rng = random.Random(1)
    words = [f"word{number}" for number in range(400)]
    talks = [
        {"instruction": f"Say {number}", "input": "", "output": ". ".join(" ".join(rng.choices(words, k=9)) for _ in range(6))}
        for number in range(100)
    ]
    talks.append({"instruction": "Say it", "input": "", "output": "今日は良い天気ですね"})
    path = tmp_path_factory.mktemp("dump") / "talks.json"
    path.write_text(json.dumps(talks), "utf-8")
    return path


@pytest.fixture(autouse=True, scope="module")
def few():
    """Blocks of a thousand rows, made in this process."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"BLOCK": 1000, "REAL": 60, "DISTINCT": 620, "ProcessPoolExecutor": Here}.items():
            patch.setattr(corpus, name, value)
        yield


@pytest.fixture(scope="module")
def made(dump, few, tmp_path_factory):
    """A corpus of two blocks, the second not full."""
    out = tmp_path_factory.mktemp("corpus") / "1500.parquet"
    corpus.make([dump], 1500, out)
    return out


class Here:
    """A pool without processes, so that nothing is imported anew."""

    def __init__(self, _processes, _context, start=lambda: None, given=()):
        start(*given)
        self.map = map

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def test_the_same_dump_gives_the_same_corpus(dump):
    pool, again = corpus.gathered([dump]), corpus.gathered([dump])
    assert pool == again
    assert corpus.block(pool, 3) == corpus.block(again, 3)
    assert corpus.block(pool, 3) != corpus.block(pool, 4)
    assert len(pool.real) == 100  # the one that tools cut in different ways is left out


def test_a_smaller_corpus_is_the_beginning_of_a_larger(dump, made, tmp_path):
    corpus.make([dump], 1200, tmp_path / "made.parquet")
    corpus.cut(made, 1200, tmp_path / "cut.parquet")
    for name in ("{}.parquet", "{}.parquet.planted.parquet"):
        assert pq.read_table(tmp_path / name.format("made")).equals(pq.read_table(tmp_path / name.format("cut")))
    assert pq.read_table(tmp_path / "made.parquet").equals(pq.read_table(made).slice(0, 1200))


def test_copies_are_what_they_are_said_to_be(made):
    texts = pq.read_table(made)["text"].to_pylist()
    planted = pq.read_table(f"{made}.planted.parquet").to_pylist()
    assert len(texts) == 1500
    assert {pair["kind"] for pair in planted} == {"exact", "format", "words", "span", "around"}
    for pair in planted:
        source, copy = texts[pair["source"]], texts[pair["copy"]]
        if pair["kind"] == "exact":
            assert source == copy
        elif pair["kind"] == "format":
            assert source != copy or source == source.lower()
            assert source.lower().split() == copy.lower().split()
        elif pair["rate"] < 0.03:
            assert len(set(source.split()) ^ set(copy.split())) <= 8 + 0.3 * len(source.split())


def test_lines_are_talks(dump, tmp_path):
    talks = [row.talk for row in corpus.block(corpus.gathered([dump]), 0)[:4]]
    for line, talk in zip(corpus.shared(7, talks), talks, strict=True):
        assert [turn["value"] for turn in json.loads(line)["conversations"]] == talk


def words(text):
    """Shingles as strings: the definition in words."""
    found = re.findall(r"[^\W_]+", text.lower())
    return {tuple(found[at : at + 5]) for at in range(len(found) - 4)} or {tuple(found)}


def jaccard(left, right):
    return len(left & right) / len(left | right)


@pytest.fixture(scope="module")
def small(made, tmp_path_factory):
    """How alike 500 rows are, each with each, by sets of strings; and the sets that truth.py makes of them."""
    folder = tmp_path_factory.mktemp("small")
    corpus.cut(made, 500, folder / "500.parquet")
    texts = pq.read_table(folder / "500.parquet")["text"].to_pylist()
    texts[:6] = ["one two", "ONE, two!", "one two three", "one two three four five", "one two three four five", "x_y"]
    pq.write_table(pa.table({"id": range(500), "text": pa.array(texts, pa.large_string())}), folder / "500.parquet")
    values, sizes = truth._group(folder / "500.parquet", 0)
    sets = [words(text) for text in texts]
    likeness = {(a, b): jaccard(sets[a], sets[b]) for b in range(500) for a in range(b)}
    return likeness, truth.Sets(values, np.concatenate([[0], np.cumsum(sizes)]))


@pytest.mark.parametrize("similarity", [0.3, 0.5, 0.8, 0.9, 1.0])
def test_all_pairs_are_found_and_no_others(small, similarity):
    likeness, sets = small
    wanted = {pair for pair, found in likeness.items() if found >= similarity}
    found = [tuple(pair) for pair in truth.everything(sets, similarity).tolist()]
    assert set(found) == wanted
    assert len(found) == len(wanted) >= 20


def test_a_smaller_corpus_has_the_first_sets_of_a_larger(made, tmp_path, monkeypatch):
    monkeypatch.setattr(truth, "ProcessPoolExecutor", Here)
    corpus.cut(made, 1200, tmp_path / "1200.parquet")
    alone, whole = truth.shingled(tmp_path / "1200.parquet", tmp_path), truth.shingled(made, made.parent)
    shared = truth.shingled(tmp_path / "1200.parquet", made.parent)
    assert len(alone) == len(shared) == 1200 < len(whole) == 1500
    assert all(np.array_equal(left, right) for left, right in zip(alone, shared, strict=True))


def test_jaccard_is_exact(small):
    likeness, sets = small
    pairs = [*likeness][:20_000]
    assert truth.jaccard(sets, *np.array(pairs).T).tolist() == [likeness[pair] for pair in pairs]


def test_a_judgement_counts_by_the_definition(small):
    likeness, sets = small
    pairs = truth.everything(sets, 0.8)
    kept = np.random.default_rng(2).permutation(500)[:350]
    judged = truth.judged(sets, kept, pairs, pairs[:3], 0.8)
    stays, dropped = set(kept.tolist()), set(range(500)) - set(kept.tolist())
    right = [a for a in dropped if any(likeness[min(a, b), max(a, b)] >= 0.8 for b in stays)]
    assert 0 < len(right) < len(dropped)
    assert judged["kept"] == 350
    assert judged["precision"] == len(right) / len(dropped)
    assert judged["recall"] == pytest.approx(1 - sum(a in stays and b in stays for a, b in pairs.tolist()) / len(pairs))


def test_nothing_dropped_is_nothing_wrong(small):
    _, sets = small
    pairs = truth.everything(sets, 0.8)
    assert truth.judged(sets, np.arange(500), pairs, pairs, 0.8) == {"kept": 500, "recall": 0.0, "near": 0.0, "precision": 1.0}
