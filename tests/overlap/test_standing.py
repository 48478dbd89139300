"""The walk and the cap against a slow reading of their rules, over classes, families and any order."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.overlap.signatures import sign
from filters.overlap.standing import cap, walk
from schemas.ledger import PAIRS


def table(rows):
    columns = list(zip(*[(*sorted(row[:2]), row[2], "k") for row in rows], strict=True)) or [[]] * 4
    return pa.Table.from_arrays([pa.array(column, kind.type) for column, kind in zip(columns, PAIRS, strict=True)], schema=PAIRS)


def run(rows, ids, rank, similarity=0.8, families=None):
    column = None if families is None else pa.array(families, pa.string())
    found = walk(table(rows), pa.array(ids, pa.string()), np.array(rank), similarity, families=column)
    return {row["id"]: (row["twin"], row["similarity"]) for row in found.to_pylist()}


def test_a_chain_never_collapses():
    chain = [("a", "b", 0.9), ("b", "c", 0.85)]
    assert run(chain, ["a", "b", "c"], [0, 1, 2]) == {"b": ("a", 0.9)}
    assert run(chain, ["a", "b", "c"], [1, 0, 2]) == {"a": ("b", 0.9), "c": ("b", 0.85)}
    assert run(chain, ["a", "c"], [0, 1]) == {}


def test_the_twin_is_the_closest_then_the_most_preferred():
    rows = [("a", "x", 0.85), ("b", "x", 0.9), ("c", "x", 0.9)]
    assert run(rows, ["a", "b", "c", "x"], [0, 2, 1, 3]) == {"x": ("c", 0.9)}
    assert run(rows, ["x", "c", "b", "a"], [0, 0, 0, 0]) == {"x": ("b", 0.9)}  # ties go by id


def test_what_is_like_one_copy_is_like_all():
    rows = [("a", "b", 1.0), ("a", "c", 1.0), ("a", "x", 0.9)]
    assert run(rows, ["b", "c", "x"], [0, 1, 2]) == {"c": ("b", 1.0), "x": ("b", 0.9)}
    assert run(rows, ["c", "x"], [1, 0]) == {"c": ("x", 0.9)}


def test_a_family_never_competes_with_itself():
    rows = [("a", "b", 1.0), ("a", "c", 1.0), ("a", "x", 0.9)]
    assert run(rows, ["a", "b", "c", "x"], [0, 1, 2, 3], families=["t", "t", None, "t"]) == {"c": ("a", 1.0)}


def test_pairs_under_the_threshold_drop_nobody():
    assert run([("a", "b", 0.79)], ["a", "b"], [0, 1]) == {}
    assert run([("a", "b", 0.79)], ["a", "b"], [0, 1], similarity=0.79) == {"b": ("a", 0.79)}


@st.composite
def worlds(draw):
    """Units in classes of copies, similarities between classes, preferences, families, and who passed the rules."""
    size = draw(st.integers(1, 12))
    classes = draw(st.lists(st.integers(0, 6), min_size=size, max_size=size))
    near = draw(
        st.dictionaries(st.tuples(st.integers(0, 6), st.integers(0, 6)), st.sampled_from([0.7, 0.8, 0.85, 0.95]), max_size=12)
    )
    near = {pair: value for pair, value in near.items() if pair[0] < pair[1]}
    families = draw(st.lists(st.sampled_from([None, None, "s", "t"]), min_size=size, max_size=size))
    rank = draw(st.lists(st.integers(0, 4), min_size=size, max_size=size))
    standing = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    return classes, near, families, rank, standing


@settings(deadline=None, max_examples=300)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_walk_keeps_what_its_rule_keeps(world, rng):
    classes, near, families, rank, standing = world
    names = [f"u{unit:02d}" for unit in range(len(classes))]
    speaker = {kind: names[classes.index(kind)] for kind in classes}
    rows = [(speaker[kind], name, 1.0) for kind, name in zip(classes, names, strict=True) if speaker[kind] != name]
    rows += [(speaker[a], speaker[b], value) for (a, b), value in near.items() if a in speaker and b in speaker]

    def alike(u, v):
        a, b = sorted([classes[u], classes[v]])
        return 1.0 if a == b else near.get((a, b), 0.0)

    units = [unit for unit in range(len(names)) if standing[unit]]
    kept, dropped = [], {}
    for unit in sorted(units, key=lambda unit: (rank[unit], names[unit])):
        rivals = [k for k in kept if families[k] is None or families[k] != families[unit]]
        best = max(rivals, key=lambda k: alike(k, unit), default=None)  # kept is in order of preference, and max takes the first
        if best is not None and alike(best, unit) >= 0.8:
            dropped[names[unit]] = (names[best], alike(best, unit))
        else:
            kept.append(unit)

    def again(some):
        some = rng.sample(some, len(some))
        return run(
            rng.sample(rows, len(rows)), [names[u] for u in some], [rank[u] for u in some], families=[families[u] for u in some]
        )

    assert again(units) == dropped
    assert again(kept) == {}


@settings(deadline=None, max_examples=100)
@given(worlds(), st.integers(1, 3), st.randoms(use_true_random=False))
def test_the_cap_keeps_n_families_of_a_text(tmp_path_factory, world, at_most, rng):
    classes, _, families, rank, standing = world
    names = [f"u{unit:02d}" for unit in range(len(classes))]
    path = tmp_path_factory.mktemp("cap") / "signed"
    sign(
        pa.array(names),
        pa.array([f"What is {kind}?" if unit % 2 else f"what IS {kind}" for unit, kind in enumerate(classes)]),
        5,
        path,
    )
    expected = {}
    for kind in set(classes):
        members = [unit for unit in range(len(names)) if classes[unit] == kind and standing[unit]]
        members.sort(key=lambda unit: (rank[unit], names[unit]))
        seen = list(dict.fromkeys(families[unit] or names[unit] for unit in members))[:at_most]
        expected |= {names[unit]: names[members[0]] for unit in members if (families[unit] or names[unit]) not in seen}
    units = [unit for unit in range(len(names)) if standing[unit]]
    units = rng.sample(units, len(units))
    column = pa.array([families[unit] for unit in units], pa.string())
    found = cap(
        [path],
        pa.array([names[unit] for unit in units], pa.string()),
        np.array([rank[unit] for unit in units]),
        at_most,
        families=column,
    )
    assert {row["id"]: row["twin"] for row in found.to_pylist()} == expected


def test_the_cap_leaves_units_without_a_text_alone(tmp_path):
    sign(pa.array(["a", "b"]), pa.array(["Hi", "hi!"]), 5, tmp_path / "signed")
    found = cap([tmp_path / "signed"], pa.array(["a", "b", "c"]), np.array([1, 0, 2]), 1)
    assert found.to_pylist() == [{"id": "a", "twin": "b", "similarity": 1.0}]
