"""Normalised text against a plain reading of the same rules, character by character."""

import unicodedata

import numpy as np
import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from filters.overlap import tokens
from filters.overlap.tokens import normalise


def normal(*texts):
    found = normalise(pa.array(texts, pa.string()))
    return [found.text(row) for row in range(len(found))]


words = st.text(
    st.sampled_from("aB\u0301ß İΣςé日かガ\u3099ไม\u0e49한\u1100\u1161\u11a8👍\ufe0f\u200b_1²\n.*ŉ\u0390"), max_size=30
)


@given(st.lists(st.one_of(st.text(max_size=40), words), max_size=8))
@example(["", "\x00", "👍", "a" * 300])
@example(["\u0344", "ΰ" * 20, "ȺȾ" * 20, "日a" * 20])
def test_tokens_are_those_of_the_reference(whole, texts):
    assert normal(*texts) == [whole(text) for text in texts]


@given(words)
def test_case_form_and_marks_hide_nothing(text):
    there = normal(text.casefold())[0]
    for other in (unicodedata.normalize("NFD", text), f"**{text}**", f"  {text}\n\n", f"> {text}!"):
        if any(unicodedata.category(char)[0] in "LN" for char in text):
            assert normal(other)[0] == normal(text)[0]
    if any(unicodedata.category(char)[0] in "LN" for char in text):
        assert there == normal(text)[0]


def test_the_plain_cases():
    assert normal("Hello, **World**!", "日本語 and kana", "snake_case x²", "STRASSE straße") == [
        "hello world", "日 本 語 and kana", "snake case x²", "strasse strasse",
    ]  # fmt: skip


def test_texts_without_a_token_stay_apart():
    found = normal("👍", "👎", "❤️", "☀️", "?", "...", "", " ", "+ +")
    assert len(set(found)) == len(found) - 1  # only the empty and the blank text are one
    assert found[-1] == "+ +"


def test_slices_chunks_and_nulls():
    array = pa.array(["x", "E\u0301a", None, "b c", "STRASSE Stra\u00dfe", "👍"], pa.string())
    both = pa.chunked_array([array.slice(1, 3), array.slice(4)])
    for texts in (both, pa.table({"text": both}).slice(0)["text"], array.slice(1)):
        found = normalise(texts)
        assert [found.text(row) for row in range(len(found))] == ["éa", "", "b c", "strasse strasse", "👍"]
        assert found.tokens.tolist() == [1, 0, 2, 2, 0]
    assert len(normalise(pa.chunked_array([], pa.string()))) == 0


def test_tables_are_kept_and_made_again_where_they_are_spoilt(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    fresh = tokens._tables.__wrapped__
    made = fresh()
    (kept,) = tmp_path.glob("tokens-*.npy")
    assert all(map(np.array_equal, fresh(), made))
    assert all(map(np.array_equal, tokens._made(), made))
    sound = kept.read_bytes()
    kept.write_bytes(sound[:1000])
    assert all(map(np.array_equal, fresh(), made)) and kept.read_bytes() == sound
    packed = np.load(kept)
    packed[ord("A")] = ord("b")
    np.save(kept, packed)
    assert fresh()[1][ord("A")] == ord("b") != made[1][ord("A")], "what is kept is read"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "not there"))
    assert all(map(np.array_equal, fresh(), made))


def test_a_table_that_cannot_be_kept_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(tokens.np, "save", lambda file, table: (file.write_bytes(b"half"), full()))
    tokens._save(np.zeros(3), tmp_path / "tokens.npy")
    monkeypatch.undo()
    monkeypatch.setattr(tokens.os, "replace", full)
    tokens._save(np.zeros(3), tmp_path / "tokens.npy")
    assert not list(tmp_path.iterdir())
