"""Pairs against exact Jaccard over all pairs, on real texts and edits of known strength."""

import gzip
import json
import random
from collections import defaultdict
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.overlap.signatures import sign
from filters.overlap.standing import walk
from filters.overlap.twins import pairs

THRESHOLD = 0.8


def named(texts, prefix="row"):
    return [f"{prefix}#{row:09d}" for row in range(len(texts))]


def signed(texts, path, prefix="row", shingle=5, **how):
    sign(pa.array(named(texts, prefix)), pa.array(texts, pa.string()), shingle, path, threads=2, **how)
    return path


def jaccard(a, b):
    return len(a & b) / len(a | b)


def edited(text, rng):
    """Some tokens replaced: 1 to 5 in a hundred, so that similarities land on both sides of the threshold."""
    words = text.split(" ")
    for at in rng.sample(range(len(words)), max(1, round(len(words) * rng.uniform(0.01, 0.05)))):
        words[at] = f"edit{rng.randrange(10**6)}"
    return " ".join(words)


def all_pairs(sets, least):
    """Every pair of sets at `least` or more: prefix filter (Chaudhuri, Ganti, Kaushik 2006), then the exact similarity."""
    often = defaultdict(int)
    for one in sets:
        for shingle in one:
            often[shingle] += 1
    holders, found = defaultdict(list), {}
    for row, one in enumerate(sets):
        rare_first = sorted(one, key=lambda shingle: (often[shingle], shingle))
        met = set()
        for shingle in rare_first[: len(one) - int(np.ceil(least * len(one) - 1e-9)) + 1]:
            met.update(holders[shingle])
            holders[shingle].append(row)
        found |= {(other, row): value for other in met if (value := jaccard(sets[other], one)) >= least}
    return found


@pytest.fixture(scope="module")
def corpus(alpaca, shingles):
    """20,000 real and edited texts, their sets, and every pair from THRESHOLD up; text 10,000 + i is an edit of text i."""
    rng = random.Random(8)
    base = [text for text in alpaca if len(text.split(" ")) >= 30][:10_000]
    texts = base + [edited(text, rng) for text in base]
    sets = [shingles(text, 5) for text in texts]
    return texts, sets, all_pairs(sets, THRESHOLD)


def test_precision_is_one_and_recall_is_high(corpus, tmp_path):
    texts, sets, truth = corpus
    found = pairs([signed(texts, tmp_path / "a")], "conversation", THRESHOLD, threads=2)
    mine = {
        (int(a[-9:]), int(b[-9:])): value
        for a, b, value in zip(*(found[c].to_pylist() for c in found.column_names[:3]), strict=True)
    }
    assert all(value == jaccard(sets[a], sets[b]) for (a, b), value in mine.items())
    assert min(mine.values()) < THRESHOLD  # near misses are kept
    just_above = {pair for pair, value in truth.items() if pair[1] == pair[0] + 10_000 and value <= THRESHOLD + 0.05}
    assert len(just_above) > 1000
    assert len(just_above & set(mine)) >= 0.99 * len(just_above)
    assert len(set(truth) & set(mine)) >= 0.99 * len(truth)
    assert found["key"].unique().to_pylist() == ["conversation"]


def test_shards_threads_and_order_change_nothing(corpus, tmp_path):
    texts = corpus[0][8_000:12_000]
    whole = pairs([signed(texts, tmp_path / "whole")], "k", THRESHOLD)
    names, order = named(texts), random.Random(1).sample(range(len(texts)), len(texts))
    parts = []
    for part in range(7):
        parts.append(tmp_path / f"part{part}")
        rows = order[part::7]
        sign(pa.array([names[row] for row in rows]), pa.array([texts[row] for row in rows]), 5, parts[-1])
    assert pairs(parts[::-1], "k", THRESHOLD, threads=3).equals(whole)


def test_an_exact_class_is_a_star_and_speaks_with_one_voice(tmp_path):
    first = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron"
    texts = ["unlike all else here"] + [first, first.upper(), f"**{first}**"] * 100 + [first + " pi", "unlike all else there"]
    found = pairs([signed(texts, tmp_path / "a")], "k", THRESHOLD)
    assert len(found) == 299 + 1
    assert set(found["id"].to_pylist()) == {"row#000000001"}
    near = found.filter(pa.compute.less(found["similarity"], 1.0)).to_pylist()
    assert near == [{"id": "row#000000001", "other": "row#000000301", "similarity": 11 / 12, "key": "k"}]
    exact = pairs([tmp_path / "a"], "k", 1.0)
    assert exact["similarity"].unique().to_pylist() == [1.0]
    assert len(exact) == 299


def test_only_the_wanted_and_never_one_family(tmp_path):
    text = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron"
    texts = [text + " pi", text + " rho", text + " sigma", text + " tau"]
    path, names = signed(texts, tmp_path / "a"), pa.array(named(texts))
    assert len(pairs([path], "k", 0.8)) == 6
    assert len(pairs([path], "k", 0.8, wanted=names.slice(1))) == 3
    found = pairs([path], "k", 0.8, wanted=names, families=pa.array(["tree", None, "tree", "other"]))
    assert ("row#000000000", "row#000000002") not in zip(found["id"].to_pylist(), found["other"].to_pylist(), strict=True)
    assert len(found) == 5


def test_short_texts_with_other_words_are_no_twins(tmp_path):
    text = "please translate this one word of mine into French and tell me nothing else but it"
    texts = [f"{text}: Rome", f"{text}: Paris", f"{text}: Rome now", text.upper()]
    assert len(pairs([signed(texts, tmp_path / "a")], "k", 0.8)) == 6
    found = pairs([signed(texts, tmp_path / "b", short=50)], "k", 0.8)
    assert {(int(a[-1]), int(b[-1])) for a, b in zip(found["id"].to_pylist(), found["other"].to_pylist(), strict=True)} == {
        (0, 2), (0, 3), (1, 3), (2, 3),
    }  # fmt: skip
    assert len(pairs([signed(texts, tmp_path / "c", short=16)], "k", 0.8)) == 6


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("abc ", max_size=20), max_size=12), st.integers(0, 8), st.sampled_from([(2, False), (3, True)]))
def test_refused_are_only_short_pairs_with_other_words(shingles, words, tmp_path_factory, texts, short, kind):
    folder, (size, chars) = tmp_path_factory.mktemp("few"), kind
    every, some = (
        {
            (int(row["id"][-9:]), int(row["other"][-9:])): row["similarity"]
            for row in pairs([signed(texts, folder / name, shingle=size, chars=chars, short=few)], "k", 0.5).to_pylist()
        }
        for name, few in (("a", 0), ("b", short))
    )
    sets = [set(words(text)) for text in texts]

    def apart(a, b):
        told = all(0 < len(words(texts[row])) < short for row in (a, b))
        return told and not (sets[a] <= sets[b] or sets[b] <= sets[a])

    assert some == {pair: value for pair, value in every.items() if not apart(*pair)}
    for (a, b), value in every.items():
        if words(texts[a]) != words(texts[b]):
            assert value == jaccard(shingles(texts[a], size, chars), shingles(texts[b], size, chars))


def test_nothing_gives_nothing(tmp_path):
    assert len(pairs([], "k", 0.8)) == 0
    assert len(pairs([signed([], tmp_path / "a")], "k", 0.8)) == 0
    assert len(pairs([signed(["", "?"], tmp_path / "b")], "k", 0.8)) == 0
    assert len(pairs([signed(["a b c d e f", "a b c d e g"], tmp_path / "c")], "k", 0.05)) == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("ab ", max_size=12), max_size=12))
def test_texts_from_few_words(shingles, whole, tmp_path_factory, texts):
    """Tiny texts meet all the time: every pair found is exact, and equal texts are always one class."""
    found = pairs([signed(texts, tmp_path_factory.mktemp("few") / "a")], "k", 0.5).to_pylist()
    linked = defaultdict(set)
    for pair in found:
        a, b = int(pair["id"][-9:]), int(pair["other"][-9:])
        assert a < b
        assert pair["similarity"] == jaccard(shingles(texts[a], 5), shingles(texts[b], 5)) >= 0.4
        linked[a].add(b)
    for a, b in combinations(range(len(texts)), 2):
        if whole(texts[a]) == whole(texts[b]):
            first = next(row for row, text in enumerate(texts) if whole(text) == whole(texts[a]))
            assert b in linked[first]


def test_the_disguised_copies_are_all_found(dumps, tmp_path):
    teacher = json.loads((dumps / "teknium1__GPTeacher/Codegen/codegen-instruct.json").read_bytes())
    code = json.loads((dumps / "sahil280114__codealpaca/data/new_codealpaca.json").read_bytes())
    paths = [
        signed([row["instruction"] + "\n" + row["input"] + "\n" + row["response"] for row in teacher], tmp_path / "a", "teacher"),
        signed([row["instruction"] + "\n" + row["input"] + "\n" + row["output"] for row in code], tmp_path / "b", "code"),
    ]
    names = named(teacher, "teacher") + named(code, "code")
    rank = np.array([name.startswith("teacher") for name in names])
    dropped = walk(pairs(paths, "conversation", 0.8), pa.array(names), rank, 0.8)["id"].to_pylist()
    assert sum(name.startswith("teacher") for name in dropped) == 4535


def test_the_sides_of_a_comparison_are_often_alike(dumps, tmp_path):
    """Why comparisons are one unit: 229 of 2,312 would lose a side."""
    with gzip.open(next((dumps / "anthropics__hh-rlhf/harmless-base").glob("test.jsonl*"))) as lines:
        rows = [json.loads(line) for line in lines]
    sides = [row[side] for row in rows for side in ("chosen", "rejected")]
    found = pairs([signed(sides, tmp_path / "a")], "conversation", 0.8).to_pylist()
    class_of = {}
    for pair in found:
        if pair["similarity"] == 1.0:
            class_of[pair["other"]] = pair["id"]
    near = {(pair["id"], pair["other"]) for pair in found if pair["similarity"] >= 0.8}
    names = named(sides)
    speakers = [tuple(sorted(class_of.get(name, name) for name in pair)) for pair in zip(names[::2], names[1::2], strict=True)]
    assert sum(pair[0] == pair[1] or pair in near for pair in speakers) == 229
