"""Repetition against a plain reading of Gopher's rules."""

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.signals._grams import repeated
from filters.signals._kernels import tokens
from filters.signals._lines import repeated_lines
from filters.signals._talk import buffers

ALL = np.ones(9, bool)

SINGLE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def words(text: str) -> list[str]:
    """Tokens: split at white space and around characters that are words by themselves, punctuation out, ASCII lower-cased."""
    pieces = SINGLE.sub(lambda found: f" {found[0]} ", text).split()
    lowered = ("".join(c.lower() if c.isascii() else c for c in piece) for piece in pieces)
    return [token for token in (re.sub(r"[!-/:-@\[-^`{-~\u2000-\u2bff。、，！？]", "", piece) for piece in lowered) if token]


def top(tokens: list[str], n: int) -> float:
    """Characters inside the most frequent n-gram (ties: the one with more), each counted once; 0 where none comes twice."""
    grams = [tuple(tokens[a : a + n]) for a in range(len(tokens) - n + 1)]
    best = (1, 0)
    for gram, often in Counter(grams).items():
        inside = {a + z for a, other in enumerate(grams) if other == gram for z in range(n)}
        best = max(best, (often, sum(len(tokens[k]) for k in inside) if often > 1 else 0))
    return best[1] / sum(map(len, tokens))


def again(tokens: list[str], n: int) -> float:
    """Characters inside n-grams that came before, each counted once."""
    grams = [tuple(tokens[a : a + n]) for a in range(len(tokens) - n + 1)]
    inside = {a + z for a, gram in enumerate(grams) if gram in grams[:a] for z in range(n)}
    return sum(len(tokens[k]) for k in inside) / sum(map(len, tokens))


def measured(*texts: str):
    import polars as pl

    return buffers(pl.Series(texts, dtype=pl.String))


TEXTS = st.lists(
    st.sampled_from(["the", "The", "a", "fox", "fox,", "naïve", "猫", "狗猫", "…", "-", "é", "x1", "\n", "don't"]),
    min_size=0,
    max_size=60,
).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_shares_equal_the_plain_reading(texts):
    shares = repeated(*measured(*texts), ALL)
    for i, text in enumerate(texts):
        told = words(text)
        expected = [top(told, n) for n in (2, 3, 4)] + [again(told, n) for n in range(5, 11)] if told else [None] * 9
        assert [None if share != share else share for share in shares[:, i].tolist()] == pytest.approx(expected)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="aB é猫の。,'_9\n\t\u00a0\u3000—🙂", max_size=80))
def test_tokens_equal_the_plain_reading(text):
    import numpy as np

    offsets, data = measured(text)
    hashes, lengths = np.zeros(len(data) + 1, np.uint64), np.zeros(len(data) + 1, np.int64)
    n = tokens(data, offsets[0], offsets[1], hashes, lengths)
    plain = words(text.replace("🙂", ""))
    assert lengths[:n].tolist() == [len(token) for token in plain]
    for a in range(n):  # equal words, equal hashes; others differ
        assert [hashes[a] == hashes[b] for b in range(n)] == [plain[a] == plain[b] for b in range(n)]


def test_gopher_by_hand():
    shares = repeated(*measured("to be or not to be", "one two three", "na " * 20), ALL)
    assert shares[0].tolist() == pytest.approx([8 / 13, 0.0, 1.0])
    assert shares[8].tolist() == pytest.approx([0.0, 0.0, 19 / 20])  # only the first word of all is new


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["a", "bb", " a ", "", "ccc", "\t"]), max_size=20))
def test_lines_equal_the_plain_reading(lines):
    told = [line.strip() for line in lines if line.strip()]
    found = repeated_lines(*measured("\n".join(lines)))[:, 0].tolist()
    if not told:
        assert found[0] != found[0] and found[1] != found[1]
        return
    late = [line for k, line in enumerate(told) if line in told[:k]]
    assert found == pytest.approx([len(late) / len(told), sum(map(len, late)) / sum(map(len, told))])
