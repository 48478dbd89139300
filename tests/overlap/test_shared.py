"""Shared parts: the tokens of the engine with their places, the similarity of the engine, and marks where a person sees them."""

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.overlap.alphabet import symbols
from filters.overlap.shared import run, seal, shared, tokens
from filters.overlap.signatures import sign
from filters.overlap.tokens import normalise
from filters.overlap.twins import walk
from flows import keys

TEXT = st.text(
    st.one_of(
        st.sampled_from([*list("abC z9 .-+*/<>^#\n"), "漢", "か", "ก", "ำ", "́", "\u200b", "️", "ß", "İ", "Å", "ᄀ", "ᅡ", "😀"]),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=40,
)
LINE = "one two three four five six seven eight nine ten"


@given(TEXT)
def test_the_tokens_are_those_of_the_engine(text):
    normal = normalise(pa.array([text], pa.large_string()))
    said = " ".join(token.word for token in tokens(text, spoken=False))
    assert said == (normal.text(0) if normal.tokens[0] else "")


@pytest.mark.parametrize(
    "text", ["C++ and C#, not C", "5+3", "a - 2", "1 < 2 > 3", "2*3/4^5", "x -1-2-3", "F#-7", "C++ 11+2", "−5·3÷2", "10 -  5"]
)
def test_symbols_are_the_words_that_the_engine_reads(text):
    read = keys.compared(pa.table({"messages": [[{"role": "user", "content": text}]]}), "conversation")
    normal = normalise(read.cast(pa.large_string()))
    assert " ".join(token.word for token in tokens(text)) == normal.text(0)
    assert all(0 <= start < end <= len(text) for start, (end, _) in symbols(text).items())


@given(TEXT)
def test_every_token_stands_where_it_says(text):
    found = list(tokens(text))
    for token in found:
        assert normalise(pa.array([text[token.start : token.end]], pa.large_string())).text(0) in (
            token.word,
            text[token.start : token.end],
        )
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))


WORDS = st.lists(st.sampled_from(LINE.split()), max_size=30).map(" ".join)


@given(WORDS, WORDS, st.integers(1, 6), st.booleans())
def test_the_similarity_is_the_exact_jaccard(shingles, left, right, size, chars):
    mine, yours = (shingles(text, size, chars) for text in (left, right))
    if left and right:
        assert shared([left], [right], size, chars=chars).similarity == pytest.approx(len(mine & yours) / len(mine | yours))


def test_the_similarity_is_that_of_the_engine(tmp_path):
    rng = np.random.default_rng(1)
    line = " ".join(f"word{n}" for n in range(200)) + " 中文字符 C++ 5+3"
    texts = [" ".join(word for word in line.split() if rng.random() > share) for share in (0, 0.01, 0.02, 0.03)]
    sign(pa.array(list("abcd")), pa.array(texts), 5, tmp_path / "signed.arrow")
    found = walk([tmp_path / "signed.arrow"], "text", 0.6, pa.array(list("abcd")))[1].to_pylist()
    assert len(found) >= 2
    for pair in found:
        left, right = (texts["abcd".index(pair[side])] for side in ("id", "other"))
        plain = [" ".join(token.word for token in tokens(text, spoken=False)) for text in (left, right)]
        assert shared(plain[:1], plain[1:], 5).similarity == pair["similarity"]


def test_marks_stand_where_both_say_the_same():
    both = shared(["Hello! " + LINE + " and more"], ["Well: " + LINE.upper() + "?"], 5)
    assert both.left == {0: [(7, 7 + len(LINE))]}
    assert both.right == {0: [(6, 6 + len(LINE))]}


def test_what_is_not_alike_is_not_marked():
    both = shared(["one two three four five"], ["five four three two one"], 2)
    assert both == (0.0, {}, {})


def test_marks_go_on_over_turns():
    both = shared(["one two three", None, "four five six"], ["one two", "three four five six"], 5)
    assert both.left == {0: [(0, 13)], 2: [(0, 13)]}
    assert both.right == {0: [(0, 7)], 1: [(0, 19)]}


def test_a_run_of_normalised_words_is_found_in_the_text_as_written():
    assert run(["Well,", "what **is** Love?"], 3, seal("what is love")) == {1: [(0, 16)]}
    assert run(["nothing of it"], 3, seal("what is love")) == {}
    assert run(["what is love"], 2, seal("what is love")) == run(["anything"], 0, seal("")) == {}
