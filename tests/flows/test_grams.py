"""The filters that let a search pass over rows: never over one that holds the words, and over nearly all for a rare word."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import finding
from flows.browsing import grams
from flows.browsing.grams import Grams
from flows.browsing.texts import Texts, _file
from schemas import parquet
from schemas.rows import ROW

WORD = st.text(
    st.one_of(
        st.sampled_from([*"abkKsSiI.0\u212a\u017f\u0130\u0131ßẞéÉσςΣ漢字か😀"]), st.characters(exclude_categories=["Cs", "Cc"])
    ),
    max_size=8,
)
TEXTS = st.lists(st.lists(WORD, max_size=5).map(" ".join), min_size=1, max_size=12)


def texts_of(folder, texts: list[str]) -> Texts:
    """A shard of one-turn talks."""
    rows = [
        {"id": f"a/b#{at:09d}", "source": "a", "messages": [{"role": "user", "content": text}], "flags": [], "fingerprint": "f"}
        for at, text in enumerate(texts)
    ]
    parquet.write(pa.Table.from_pylist(rows, schema=ROW), folder / "rows.parquet", ROW)
    return Texts([_file(folder / "rows.parquet", None)])


def places_of(count: int) -> pa.Table:
    return pa.table({"place_file": pa.array([0] * count, pa.int32()), "place_row": pa.array(range(count), pa.int64())})


@given(TEXTS, st.data())
@settings(max_examples=60)
def test_no_row_that_holds_the_words_is_passed_over(tmp_path_factory, texts, data) -> None:
    folder = tmp_path_factory.mktemp("grams")
    whole = data.draw(st.sampled_from(texts))
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    asked = data.draw(st.sampled_from([whole[start:stop], whole[start:stop].swapcase(), whole.upper(), whole.casefold()]))
    held = Grams(texts_of(folder, texts))
    held.make(folder / "x.npy")
    assert held.share == 1
    if wanted := finding.pattern(asked):
        found = pc.match_substring_regex(pa.array(texts), wanted, ignore_case=True).to_numpy(zero_copy_only=False)
        assert not (found & ~held.may_hold(places_of(len(texts)), asked)).any()


def test_a_rare_word_leaves_few_rows_and_the_file_is_used_again(tmp_path) -> None:
    texts = [f"Plain words of row {at} and no more than that" for at in range(5 * grams.ROWS + 7)]
    texts[3 * grams.ROWS + 1] += " Xylophone7"
    lies = texts_of(tmp_path, texts)
    held, places = Grams(lies), places_of(len(texts))
    assert held.may_hold(places, "xylophone7").all(), "what is not looked at yet may hold anything"
    held.make(tmp_path / "filters.npy")
    again = Grams(lies)
    again.make(tmp_path / "filters.npy")
    for each in (held, again):
        assert np.flatnonzero(each.may_hold(places, "xyloPHONE7")).tolist() == [*range(3 * grams.ROWS, 4 * grams.ROWS)]
        assert (
            each.may_hold(places, "plain WORDS").all() and each.may_hold(places, "xyl").all() and each.may_hold(places, "").all()
        )
        assert not each.may_hold(places, "no such xylophone8").any()
    assert [path.name for path in tmp_path.iterdir() if "filters" in path.name] == ["filters.npy"]


@pytest.mark.parametrize("where", ["filters.npy", "not/there/filters.npy"])
def test_one_that_is_stopped_leaves_nothing_and_passes_over_nothing_unseen(tmp_path, where) -> None:
    held = Grams(texts_of(tmp_path, [f"row {at}" for at in range(3 * grams.ROWS)]))
    held.stop()
    held.make(tmp_path / where)
    assert not list(tmp_path.rglob("*filters*")) and 0 < held.share < 1
    assert np.flatnonzero(held.may_hold(places_of(3 * grams.ROWS), "nowhere")).min() == grams.ROWS
