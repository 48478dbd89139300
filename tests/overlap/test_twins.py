"""The walk against its rule read slowly: exact Jaccard over all pairs, then the best first, on made and on real texts."""

import gzip
import json
import random
import time
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters import overlap
from filters.overlap import buckets, twins
from filters.overlap.signatures import read, sign
from filters.overlap.twins import walk

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
def warm():
    """Kernels are loaded, or compiled, before any time is taken."""
    overlap.warm()


@pytest.fixture(scope="module")
def corpus(alpaca, shingles):
    """20,000 real and edited texts, their sets, and every pair from THRESHOLD up; text 10,000 + i is an edit of text i."""
    rng = random.Random(8)
    base = [text for text in alpaca if len(text.split(" ")) >= 30][:10_000]
    texts = base + [edited(text, rng) for text in base]
    sets = [shingles(text, 5) for text in texts]
    return texts, sets, all_pairs(sets, THRESHOLD)


def told(drops):
    return {row["id"]: (row["twin"], row["similarity"]) for row in drops.to_pylist()}


def slowly(order, alike, families, free, similarity):
    """Who falls, read from the rule: a unit that is not free falls to the kept one of another family most like it, the first."""
    kept, fallen = [], {}
    for unit in order:
        rivals = [(alike(unit, other), other) for other in kept if families[unit] is None or families[unit] != families[other]]
        best = max((value for value, _ in rivals), default=0.0)
        if best >= similarity and unit not in free:
            fallen[unit] = (next(other for value, other in rivals if value == best), best)
        else:
            kept.append(unit)
    return fallen, kept


@st.composite
def worlds(draw):
    """Units of one to three texts (the first is the best), families, an order, those that are free, how texts are compared."""
    text = st.lists(st.sampled_from(["a", "b", "c", "d e f g h", "B!"]), max_size=9).map(" ".join)
    units = draw(st.lists(st.lists(text, min_size=1, max_size=3), min_size=1, max_size=12))
    families = draw(st.lists(st.sampled_from([None, None, "s", "t"]), min_size=len(units), max_size=len(units)))
    order = draw(st.permutations(range(len(units))))
    free = draw(st.sets(st.sampled_from(order), max_size=3))
    return units, families, order, free, draw(st.sampled_from([(2, False), (3, True)])), draw(st.sampled_from([0, 5]))


@settings(max_examples=150, deadline=None)
@given(worlds(), st.sampled_from([0.5, 0.8, 1.0]), st.integers(1, 3), st.sampled_from([(1, 2), (5, 2), (5, 64)]), st.randoms())
def test_the_walk_is_its_rule(shingles, words, whole, tmp_path_factory, world, similarity, threads, sizes, rng):
    """Families, groups, short texts; any files, threads and chunk. One column a band, so that no pair is missed."""
    (units, families, order, free, (size, chars), short), (chunk, wide) = world, sizes
    rows = [(f"u{unit:02}-{at}", text) for unit, texts in enumerate(units) for at, text in enumerate(texts)]
    rng.shuffle(rows)
    folder, cut = tmp_path_factory.mktemp("walk"), rng.randrange(len(rows) + 1)
    for name, part in (("a", rows[:cut]), ("b", rows[cut:])):
        ids, texts = (pa.array([row[at] for row in part], pa.string()) for at in (0, 1))
        sign(ids, texts, size, folder / name, chars=chars, short=short)
    groups = pa.table({"unit": [f"{row[0][:3]}-0" for row in rows], "id": [row[0] for row in rows]}).filter(
        pa.array([len(units[int(row[0][1:3])]) > 1 for row in rows])
    )

    def alike(u, v):
        a, b = units[u][0], units[v][0]
        if whole(a) == whole(b):
            value = 1.0
        elif similarity == 1.0:
            return 0.0
        else:
            value = jaccard(shingles(a, size, chars), shingles(b, size, chars))
        mine, yours = (set(words(text)) if 0 < len(words(text)) < short else set() for text in (a, b))
        if mine and yours and not (mine <= yours or yours <= mine):
            return 0.0
        if len(units[u]) > 1 and len(units[v]) > 1:
            one, other = (set().union(*(shingles(text, size, chars) for text in units[unit])) for unit in (u, v))
            value = min(value, jaccard(one, other))
        return value

    expected, kept = slowly(order, alike, families, free, similarity)
    names = pa.array([f"u{unit:02}-0" for unit in order])
    kin = pa.array([families[unit] for unit in order], pa.string())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buckets, "bands", lambda _: (128, 1))
        patch.setattr(buckets, "WIDE", wide)
        patch.setattr(twins, "CHUNK", chunk)
        patch.setattr(twins, "SLICE", 2)
        how = {"families": kin, "groups": groups, "free": np.array([unit in free for unit in order]), "threads": threads}
        drops, pairs = walk([folder / "a", folder / "b"], "k", similarity, names, **how)
    assert {int(u[1:3]): (int(v[1:3]), value) for u, (v, value) in told(drops).items()} == expected
    place = {unit: at for at, unit in enumerate(order)}
    near = defaultdict(list)
    for row in pairs.to_pylist():
        a, b = sorted([int(row["id"][1:3]), int(row["other"][1:3])], key=place.get)
        assert row["id"] < row["other"]
        if b in expected:
            assert expected[b] == (a, row["similarity"])
        else:
            assert alike(a, b) == row["similarity"]
            near[b].append((-row["similarity"], place[a]))
    assert len(pairs) == len(expected) + sum(map(len, near.values()))
    if similarity < 1.0 and not any(families) and not free and wide > len(units):
        for unit in kept:
            before = [other for other in kept if place[other] < place[unit]]
            misses = [(-alike(unit, other), place[other]) for other in before if alike(unit, other) >= similarity - 0.1 - 1e-9]
            assert sorted(near[unit]) == sorted(misses)[: twins.NEAREST]


def test_precision_is_one_and_recall_is_high(corpus, tmp_path):
    texts, sets, truth = corpus
    drops, pairs = walk([signed(texts, tmp_path / "a")], "conversation", THRESHOLD, pa.array(named(texts)), threads=2)
    mine = {(int(b[-9:]), int(a[-9:])): value for a, (b, value) in told(drops).items()}
    assert all(value == jaccard(sets[a], sets[b]) >= THRESHOLD for (a, b), value in mine.items())
    assert all(a < b for a, b in mine)
    fallen = {b for _, b in mine}
    slow = slow_walk(truth, len(texts))
    just_above = {b for b, value in slow.items() if value <= THRESHOLD + 0.05}
    assert len(just_above) > 1000
    assert len(just_above & fallen) >= 0.995 * len(just_above)
    assert len(set(slow) & fallen) >= 0.999 * len(slow)
    assert len(fallen - set(slow)) <= 0.001 * len(slow)  # whose twin fell only by a pair that was missed
    near = [value for value in pairs["similarity"].to_pylist() if value < THRESHOLD]
    assert len(near) > 100
    assert min(near) >= THRESHOLD - 0.1 - 1e-9
    assert len(pairs) == len(drops) + len(near)


def slow_walk(truth, count):
    """Who falls by all true pairs, the first rows first, and how close its twin is."""
    links, kept, fallen = defaultdict(list), np.zeros(count, bool), {}
    for (a, b), value in truth.items():
        links[max(a, b)].append((value, min(a, b)))
    for row in range(count):
        best = max((value for value, other in links[row] if kept[other]), default=0.0)
        kept[row] = not best
        if best:
            fallen[row] = best
    return fallen


def test_shards_threads_and_order_change_nothing(corpus, tmp_path):
    texts = corpus[0][8_000:12_000]
    ids = pa.array(named(texts)[::-1])
    whole = walk([signed(texts, tmp_path / "whole")], "k", THRESHOLD, ids)
    names, order = named(texts), random.Random(1).sample(range(len(texts)), len(texts))
    parts = []
    for part in range(7):
        parts.append(tmp_path / f"part{part}")
        rows = order[part::7]
        sign(pa.array([names[row] for row in rows]), pa.array([texts[row] for row in rows]), 5, parts[-1])
    for threads in (1, 2, 4):
        again = walk(parts[::-1], "k", THRESHOLD, ids, threads=threads)
        assert all(one.equals(other) for one, other in zip(again, whole, strict=True))


LIST = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron"


def test_a_popular_text_makes_a_star(tmp_path):
    texts = ["unlike all else here"] + [LIST, LIST.upper(), f"**{LIST}**"] * 100 + [LIST + " pi", "unlike all else there"]
    drops, pairs = walk([signed(texts, tmp_path / "a")], "k", THRESHOLD, pa.array(named(texts)))
    assert len(drops) == len(pairs) == 299 + 1
    assert set(drops["twin"].to_pylist()) == {"row#000000001"}
    assert drops.to_pylist()[-1] == {"id": "row#000000301", "twin": "row#000000001", "similarity": 11 / 12}
    exact, _ = walk([tmp_path / "a"], "k", 1.0, pa.array(named(texts)))
    assert exact["similarity"].unique().to_pylist() == [1.0]
    assert len(exact) == 299


def test_only_who_is_named_is_compared_and_never_one_family(tmp_path):
    texts = [f"{LIST} {last}" for last in ("pi", "rho", "sigma", "tau")]
    path, names = signed(texts, tmp_path / "a"), pa.array(named(texts))
    assert len(walk([path], "k", 0.8, names)[0]) == 3
    assert len(walk([path], "k", 0.8, names.slice(1))[0]) == 2
    drops, _ = walk([path], "k", 0.8, names, families=pa.array(["tree", None, "tree", "other"]))
    assert {u[-1]: v[-1] for u, (v, _) in told(drops).items()} == {"1": "0", "3": "0"}
    assert len(walk([path], "k", 0.8, pa.array(["nobody", "row#000000001"]))[0]) == 0


def test_short_texts_with_other_words_are_no_twins(tmp_path):
    text = "please translate this one word of mine into French and tell me nothing else but it"
    texts = [f"{text}: Rome", f"{text}: Paris", f"{text}: Rome now", text.upper()]
    names = pa.array(named(texts))
    assert len(walk([signed(texts, tmp_path / "a")], "k", 0.8, names)[0]) == 3
    found = told(walk([signed(texts, tmp_path / "b", short=50)], "k", 0.8, names)[0])
    assert {u[-1]: v[-1] for u, (v, _) in found.items()} == {"2": "0", "3": "0"}
    assert len(walk([signed(texts, tmp_path / "c", short=16)], "k", 0.8, names)[0]) == 3


def test_comparisons_with_other_rejected_answers_both_stay(tmp_path):
    """One prompt and best answer: only a comparison without an answer of its own falls; a lone row falls by the best."""
    other = "quite another answer that nobody would ever choose, for it says nothing of what was asked here"
    texts = {
        "a": LIST,
        "a2": other,
        "b": LIST,
        "b2": " ".join(reversed(other.split())),
        "c": LIST,
        "c2": other.upper(),
        "d": LIST,
    }
    sign(pa.array(list(texts)), pa.array(list(texts.values())), 5, tmp_path / "s")
    groups = pa.table({"unit": ["a", "a", "b", "b", "c", "c"], "id": ["a", "a2", "b", "b2", "c", "c2"]})
    drops, _ = walk([tmp_path / "s"], "k", 0.8, pa.array(["a", "b", "c", "d"]), groups=groups)
    assert told(drops) == {"c": ("a", 1.0), "d": ("a", 1.0)}
    drops, _ = walk([tmp_path / "s"], "k", 0.8, pa.array(["d", "c", "b", "a"]), groups=groups)
    assert told(drops) == {"c": ("d", 1.0), "b": ("d", 1.0), "a": ("d", 1.0)}
    assert len(walk([tmp_path / "s"], "k", 0.8, pa.array(["a", "b", "c", "d"]))[0]) == 3


def test_a_template_does_not_meet_one_by_one(warm, tmp_path):
    """5,000 texts of one template in one bucket, all apart, and 500 copies but for a word: each finds its own among them."""
    rng = random.Random(2)
    fills = [" ".join(f"w{rng.randrange(10**6)}" for _ in range(8)) for _ in range(5000)]
    texts = [f"{LIST} {LIST[::-1]} {fill} {LIST.upper()} {LIST[::-1]} end" for fill in fills]
    texts += [text.replace(" end", " fin") for text in texts[:500]]
    path = signed(texts, tmp_path / "a")
    started = time.process_time()
    drops, pairs = walk([path], "k", THRESHOLD, pa.array(named(texts)), threads=2)
    assert time.process_time() - started < 3  # one by one, it takes ten times as long
    assert {int(u[-9:]): int(v[-9:]) for u, (v, _) in told(drops).items()} == {5000 + at: at for at in range(500)}
    assert len(pairs) <= twins.NEAREST * len(texts)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 8), max_size=3, unique=True), min_size=1, max_size=30), st.integers(1, 4), st.randoms())
def test_lots_never_meet(shared, most, rng):
    """Whoever shares a bucket is in one lot, in the order given; a lot of its own is large, and small ones are not too many."""
    units = len(shared)
    begins = np.cumsum([0, *map(len, shared)]).astype(np.int64)
    entries = np.array([bucket for each in shared for bucket in sorted(each)], np.int32)
    rows, classes = np.array(rng.sample(range(units), units)), np.arange(units, dtype=np.int32)
    order = np.arange(units, dtype=np.int32)
    large, small = buckets.lots(order, rows, classes, (begins, entries, np.arange(10)), most)
    lots = {int(unit): at for at, lot in enumerate([*large, *small]) for unit in lot}
    assert len(lots) == sum(map(len, [*large, *small])) == units
    assert all(lots[a] == lots[b] for a in range(units) for b in range(units) if set(shared[a]) & set(shared[b]))
    assert all(len(lot) > most and (np.diff(lot) > 0).all() for lot in large)
    assert all(len(lot) < 2 * most for lot in small)


def test_copies_that_are_too_far_apart_are_told_by_their_sketches(warm, tmp_path):
    """4,000 copies of one text, each with words of its own: all meet, few are alike, and hardly any two are read."""
    rng = random.Random(3)
    base = [f"b{rng.randrange(10**6)}" for _ in range(220)]
    texts = []
    for _ in range(4000):
        words, at = list(base), rng.randrange(200)
        words[at : at + 20] = [f"w{rng.randrange(10**6)}" for _ in range(20)]
        words[(at + 100) % 190] = f"v{rng.randrange(10**6)}"
        texts.append(" ".join(words))
    path = signed(texts, tmp_path / "a")
    started = time.process_time()
    drops, _ = walk([path], "k", 0.9, pa.array(named(texts)), threads=2)
    assert time.process_time() - started < 3
    sets = [{" ".join(text.split()[at : at + 5]) for at in range(216)} for text in texts[:200]]
    fallen = {int(row[-9:]) for row in drops["id"].to_pylist()}
    best = [max((jaccard(sets[a], sets[b]) for b in range(a) if b not in fallen), default=0.0) for a in range(200)]
    assert {at for at in range(200) if best[at] >= 0.9} == {at for at in fallen if at < 200}


def test_many_comparisons_of_one_best_answer_do_not_read_each_other(warm, tmp_path):
    rng = random.Random(1)
    texts = [LIST if at % 2 == 0 else " ".join(f"w{rng.randrange(10**6)}" for _ in range(120)) for at in range(4000)]
    names = pa.array(named(texts))
    path = signed(texts, tmp_path / "a")
    groups = pa.table({"unit": names.take(pa.array(np.arange(4000) // 2 * 2)), "id": names})
    started = time.process_time()
    drops, _ = walk([path], "k", THRESHOLD, names.take(pa.array(np.arange(0, 4000, 2))), groups=groups, threads=2)
    assert time.process_time() - started < 2  # read one by one, it takes ten times as long
    assert len(drops) == 0


def test_nothing_gives_nothing(tmp_path):
    none = pa.array([], pa.string())
    assert len(walk([], "k", 0.8, none)[0]) == 0
    assert len(walk([], "k", 0.8, pa.array(["a"]))[0]) == 0
    assert len(walk([signed([], tmp_path / "a")], "k", 0.8, none)[0]) == 0
    texts = ["", "?"]
    assert len(walk([signed(texts, tmp_path / "b")], "k", 0.8, pa.array(named(texts)))[0]) == 0
    texts = ["a b c d e f", "a b c d e g"]
    assert len(walk([signed(texts, tmp_path / "c")], "k", 0.05, pa.array(named(texts)))[0]) == 1


def test_the_disguised_copies_are_all_found(dumps, tmp_path):
    teacher = json.loads((dumps / "teknium1__GPTeacher/Codegen/codegen-instruct.json").read_bytes())
    code = json.loads((dumps / "sahil280114__codealpaca/data/new_codealpaca.json").read_bytes())
    paths = [
        signed([row["instruction"] + "\n" + row["input"] + "\n" + row["response"] for row in teacher], tmp_path / "a", "teacher"),
        signed([row["instruction"] + "\n" + row["input"] + "\n" + row["output"] for row in code], tmp_path / "b", "code"),
    ]
    names = pa.array(named(code, "code") + named(teacher, "teacher"))
    dropped = walk(paths, "conversation", 0.8, names, threads=2)[0]["id"].to_pylist()
    assert sum(name.startswith("teacher") for name in dropped) == 4535


def test_the_sides_of_a_comparison_are_often_alike(dumps, tmp_path):
    """Why comparisons are one unit: 229 of 2,312 would lose a side."""
    with gzip.open(next((dumps / "anthropics__hh-rlhf/harmless-base").glob("test.jsonl*"))) as lines:
        rows = [json.loads(line) for line in lines]
    sides = read([signed([row[side] for row in rows for side in ("chosen", "rejected")], tmp_path / "a")])
    pairs = np.arange(2 * len(rows)).reshape(-1, 2)
    assert sum(int((twins.settle(sides, pair, 0.8).twins >= 0).sum()) for pair in pairs) == 229
