"""Two texts side by side are as alike as plain Python's sets of their word groups."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from filters.overlap.likeness import likeness

WORD = st.sampled_from(["Ä", "yes", "no,", "maybe", "I", "am", "a", "teapot!", "茶"])
TEXT = st.lists(WORD, max_size=14).map(" ".join)


def plain(text, n):
    words = [word.strip(",!").casefold() for word in text.split()]
    return {tuple(words[at : at + n]) for at in range(len(words) - n + 1)} or {tuple(words)}, set(words)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=6), st.integers(1, 5), st.sampled_from([0, 8]))
def test_it_is_the_jaccard_of_plain_sets(pairs, n, short):
    left, right = (pa.array([pair[side] for pair in pairs], pa.string()) for side in (0, 1))
    for found, (one, other) in zip(likeness(left, right, n, short), pairs, strict=True):
        (a, words), (b, more) = plain(one, n), plain(other, n)
        wanted = len(a & b) / len(a | b)
        if len(one.split()) < short and len(other.split()) < short and len(words & more) < min(len(words), len(more)):
            wanted = 0.0
        assert found == wanted, (one, other)


def test_no_text_at_all():
    assert likeness(pa.array([], pa.string()), pa.array([], pa.string())).tolist() == []
    assert likeness(pa.chunked_array([["Yes."], ["Go on"]]), pa.array(["yes", "Stop"])).tolist() == [1.0, 0.0]
    assert np.isfinite(likeness(pa.array(["", "!"]), pa.array(["", "?"]))).all()
