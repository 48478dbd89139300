"""The cap against a slow reading of its rule, over classes, families and any order."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.overlap.signatures import sign
from filters.overlap.standing import cap


@st.composite
def worlds(draw):
    """Units in classes of copies, preferences, families, and who passed the rules."""
    size = draw(st.integers(1, 12))
    classes = draw(st.lists(st.integers(0, 6), min_size=size, max_size=size))
    families = draw(st.lists(st.sampled_from([None, None, "s", "t"]), min_size=size, max_size=size))
    rank = draw(st.lists(st.integers(0, 4), min_size=size, max_size=size))
    standing = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    return classes, families, rank, standing


@settings(deadline=None, max_examples=100)
@given(worlds(), st.integers(1, 3), st.randoms(use_true_random=False))
def test_the_cap_keeps_n_families_of_a_text(tmp_path_factory, world, at_most, rng):
    classes, families, rank, standing = world
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
