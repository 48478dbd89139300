"""Beginnings of longer conversations against a slow reading of the rule."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.overlap.prefixes import fall, sign
from schemas.faults import DataFault


def signed(talks, folder, parts=1):
    """talks: name -> [(role, text)]"""
    paths, names = [], sorted(talks)
    for part in range(parts):
        told = [(name, role, text) for name in names[part::parts] for role, text in talks[name]]
        columns = [pa.array([each[at] for each in told], pa.string()) for at in range(3)]
        paths.append(folder / f"part{part}")
        sign(*columns, paths[-1])
    return paths


def run(talks, folder, ids=None, families=None, alone=None, parts=1):
    ids = sorted(talks) if ids is None else ids
    family = None if families is None else pa.chunked_array([pa.array([families[name] for name in ids], pa.string())])
    may = None if alone is None else np.array([alone[name] for name in ids], bool)
    paths = signed(talks, folder, parts)
    return fall(paths, pa.chunked_array([pa.array(ids, pa.string())]), families=family, alone=may).to_pylist()


def chat(*texts):
    return [("user" if at % 2 == 0 else "assistant", text) for at, text in enumerate(texts)]


def test_the_shorter_falls_and_the_longest_is_its_twin(tmp_path):
    talks = {"a": chat("Hi", "Hello."), "b": chat("hi!", "**hello**", "More"), "c": chat("Hi", "Hello.", "more", "No.")}
    assert run(talks, tmp_path) == [
        {"id": "a", "twin": "c", "turns": 2, "longer": 4},
        {"id": "b", "twin": "c", "turns": 3, "longer": 4},
    ]
    assert run(talks, tmp_path, ids=["a", "b"]) == [{"id": "a", "twin": "b", "turns": 2, "longer": 3}]


def test_equal_conversations_and_half_turns_are_no_beginnings(tmp_path):
    talks = {
        "a": chat("Hi", "Hello."),
        "b": chat("Hi", "Hello."),
        "c": chat("Hi", "Hello. And more.", "Yes"),
        "d": chat("Hi Hello", "", "Yes"),
        "e": [("system", "Be brief."), *chat("Hi", "Hello.", "Yes")],
        "f": [("assistant", "Hi"), ("user", "Hello."), ("assistant", "Yes")],
        "g": [],
    }
    assert run(talks, tmp_path) == []


def test_a_family_never_competes_and_what_may_not_fall_stands(tmp_path):
    talks = {"a": chat("Hi"), "b": chat("Hi", "Hello."), "c": chat("Hi", "Hello.", "More")}
    kin = {"a": "tree", "b": "other", "c": "tree"}
    assert run(talks, tmp_path, families=kin) == [{"id": "b", "twin": "c", "turns": 2, "longer": 3}]
    assert [each["id"] for each in run(talks, tmp_path, alone={"a": True, "b": False, "c": True})] == ["a"]


def test_other_files_are_refused(tmp_path):
    with pytest.raises(DataFault, match="sign again"):
        (tmp_path / "x").write_bytes(b"not arrow")
        fall([tmp_path / "x"], pa.chunked_array([pa.array(["a"])]))


ROLES = st.sampled_from(["user", "assistant"])
TALK = st.lists(st.tuples(ROLES, st.sampled_from(["a", "b", ""])), min_size=1, max_size=5)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(TALK, st.sampled_from([None, None, "s", "t"]), st.booleans(), st.booleans()), max_size=14), st.data())
def test_the_walk_is_the_rule(tmp_path_factory, units, data):
    names = [f"u{unit:02d}" for unit in range(len(units))]
    talks, families, alone, up = (dict(zip(names, (unit[at] for unit in units), strict=True)) for at in range(4))
    expected, kept = [], []
    for unit in sorted((name for name in names if up[name]), key=lambda name: (-len(talks[name]), name)):
        size = len(talks[unit])
        longer = [other for other in kept if len(talks[other]) > size and talks[other][:size] == talks[unit]]
        longer = [other for other in longer if families[other] is None or families[other] != families[unit]]
        if longer and alone[unit]:
            expected.append({"id": unit, "twin": longer[0], "turns": size, "longer": len(talks[longer[0]])})
        else:
            kept.append(unit)
    ids = data.draw(st.permutations([name for name in names if up[name]]))
    found = run(talks, tmp_path_factory.mktemp("begun"), ids, families, alone, parts=data.draw(st.integers(1, 3)))
    assert found == sorted(expected, key=lambda each: each["id"])
