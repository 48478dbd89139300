"""Signatures against datasketch, with shingles that the test makes by itself as Python strings."""

import json
import random
import re

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from datasketch import MinHash
from hypothesis import example, given, settings
from hypothesis import strategies as st

from filters.overlap import kernels, kernels_hash, signatures
from filters.overlap.signatures import bands, open_lsh, read, sign
from filters.overlap.tokens import normalise
from schemas.faults import DataFault


def numbered(count):
    return pa.array([f"{row:09d}" for row in range(count)])


def low_half(piece):
    return xxhash.xxh64_intdigest(piece) & 0xFFFFFFFF


def theirs(sets):
    return np.array([m.hashvalues for m in MinHash.bulk(sets, num_perm=128, seed=1, scheme="affine32", hashfunc=low_half)])


def ours(texts, folder, shingle=5, threads=1, **how):
    path = folder / f"signed-{shingle}-{threads}.arrow"
    sign(numbered(len(texts)), pa.array(texts, pa.string()), shingle, path, threads=threads, **how)
    return read([path])


def told(signed, name):
    return [
        found.values[found.bounds[row] : found.bounds[row + 1]].tolist()
        for piece in signed.pieces
        for found in [getattr(piece, name)]
        for row in range(len(piece))
    ]


def check(shingles, texts, folder, shingle, chars=False):
    signed = ours(texts, folder, shingle, chars=chars)
    sets = [[piece.encode() for piece in shingles(text, shingle, chars)] for text in texts]
    assert np.array_equal(np.concatenate([piece.signatures for piece in signed.pieces]), theirs(sets))
    assert told(signed, "shingles") == [sorted({xxhash.xxh64_intdigest(piece) for piece in one}) for one in sets]


@given(st.binary(max_size=200), st.integers(0, 7), st.integers(0, 2**64 - 1))
def test_xxh64_is_xxh64(data, offset, seed):
    padded = np.frombuffer(b"?" * offset + data + b"!" * 8, np.uint8)
    assert kernels_hash.xxh64(padded, offset, offset + len(data), seed) == xxhash.xxh64_intdigest(data, seed)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=6), st.integers(1, 6), st.booleans())
@example(["日本語のテキスト", "👍👍👍", "+ +", "e\u0301a b", ""], 2, True)
def test_signatures_equal_datasketch_on_any_text(shingles, tmp_path_factory, texts, shingle, chars):
    check(shingles, texts, tmp_path_factory.mktemp("signed"), shingle, chars)


@settings(deadline=None)
@given(st.lists(st.text("ab é日ก\u0e49.👍", max_size=20), max_size=6), st.integers(0, 6))
def test_short_texts_tell_their_words(words, tmp_path_factory, texts, short):
    signed = ours(texts, tmp_path_factory.mktemp("signed"), short=short)
    expected = [words(text) if len(words(text)) < short else [] for text in texts]
    assert told(signed, "words") == [sorted({xxhash.xxh64_intdigest(word.encode()) for word in each}) for each in expected]


def test_signatures_equal_datasketch_on_real_texts(shingles, alpaca, dumps, tmp_path):
    chinese = json.loads((dumps / "carbonz0__alpaca-chinese-dataset/zh-data-part-00.json").read_bytes())
    texts = alpaca[::6] + [row["instruction"] + row["output"] for row in chinese[::7]]
    assert len(texts) >= 10_000
    check(shingles, texts, tmp_path, 5)
    check(shingles, texts[::4], tmp_path, 7, chars=True)


@settings(deadline=None)
@given(st.lists(st.integers(0, 2**64 - 1), max_size=300), st.sampled_from([0, 40, 63]))
def test_sort_unique(values, shift):
    """Also where all hashes share their top bits."""
    hashes = np.array([value >> shift for value in values], np.uint64)
    left = kernels.sort_unique(hashes, len(values), np.empty(len(values) + 1, np.uint64))
    assert hashes[:left].tolist() == sorted({value >> shift for value in values})


def test_the_number_of_threads_changes_no_byte(tmp_path):
    texts = [f"row {row} " + "word " * (row % 50) for row in range(20_000)]
    ours(texts, tmp_path, threads=1)
    ours(texts, tmp_path, threads=3)
    assert (tmp_path / "signed-5-1.arrow").read_bytes() == (tmp_path / "signed-5-3.arrow").read_bytes()


def test_long_texts_and_long_words(shingles, tmp_path):
    """More shingles than are hashed side by side, of any length; runs of ASCII longer than are looked through at once."""
    rng = random.Random(5)
    signs = [*"abcdefghij" * 20, "é", "ß", "日", ".", "\u0301", "👍"]
    words = ["".join(rng.choices(signs, k=rng.choice([1, 3, 5, 8, 13, 21, 40, 90]))) for _ in range(500)]
    texts = [" ".join(rng.choices(words, k=size)) for size in (*range(1, 12), 68, 69, 132, 133, 400)]
    for shingle in (1, 2, 5):
        check(shingles, texts, tmp_path, shingle)


def test_what_is_held_in_memory_is_what_a_file_would_hold(tmp_path, monkeypatch):
    texts = pa.array([f"row {row} " + "word " * (row % 50) for row in range(20_000)])
    table = pa.table({"id": numbered(len(texts)), "text": texts})
    sign(table["id"], texts, 5, tmp_path / "signed.arrow")
    whole = read([tmp_path / "signed.arrow"])
    for most in (0, 1 << 20, 1 << 30):
        monkeypatch.setattr(signatures, "HELD", most)
        some = signatures.held([table], tmp_path / "spare", 5, threads=2)
        assert some.ids.equals(whole.ids)
        assert np.array_equal(some.exact(), whole.exact())
        assert told(some, "shingles") == told(whole, "shingles")
        assert (len(read([tmp_path / "spare"]).ids) == len(texts)) == (most == 0)
    assert len(read([tmp_path / "spare"]).ids) == 0


def test_short_texts_are_compared_whole(tmp_path):
    exact = ours(["No", "Yes.", "no!", "👍", "👎", "", "No yes"], tmp_path).exact().view("V16").ravel().tolist()
    assert exact[0] == exact[2]
    assert len(set(exact)) == 6


def test_null_texts_are_left_out(tmp_path):
    signed = ours(["a", None, "b"], tmp_path)
    assert signed.ids.to_pylist() == ["000000000", "000000002"]


def test_a_file_made_another_way_is_refused(tmp_path):
    path = tmp_path / "signed.arrow"
    sign(numbered(1), pa.array(["a b c"]), 3, path)
    other = tmp_path / "other.arrow"
    sign(numbered(1), pa.array(["a b c"]), 5, other)
    with pytest.raises(DataFault, match=re.escape("shingle 3, here it is 5")):
        read([other, path])
    sign(numbered(1), pa.array(["a b c"]), 5, path, chars=True)
    with pytest.raises(DataFault, match=re.escape("unit characters, here it is words")):
        read([other, path])
    sign(numbered(1), pa.array(["a b c"]), 5, path, short=50)
    with pytest.raises(DataFault, match=re.escape("short 50, here it is 0")):
        read([other, path])
    table = pa.ipc.open_file(path).read_all()
    made = json.loads(table.schema.metadata[b"winnow"]) | {"hash": "md5"}
    with pa.ipc.new_file(path, table.schema.with_metadata({"winnow": json.dumps(made)})) as writer:
        writer.write_table(table)
    with pytest.raises(DataFault, match="hash md5"):
        read([path])
    path.write_bytes(b"not arrow")
    with pytest.raises(DataFault, match="sign again"):
        read([path])


def test_a_damaged_file_is_refused_whatever_is_wrong_with_it(tmp_path):
    path = tmp_path / "signed.arrow"
    sign(numbered(40), pa.array([" ".join(f"w{row * n % 97}" for n in range(30)) for row in range(40)]), 3, path, short=50)
    whole = path.read_bytes()
    bounds = np.cumsum([0, *map(len, told(read([path]), "shingles"))]).astype(np.int64)
    at = whole.index(bounds.tobytes())
    for row, wrong in [(40, 1 << 40), (5, -8), (6, int(bounds[40])), (0, 1 << 33)]:
        spoilt = bytearray(whole)
        spoilt[at + 8 * row : at + 8 * row + 8] = np.int64(wrong).tobytes()
        path.write_bytes(spoilt)
        with pytest.raises(DataFault, match="sign again"):
            read([path])
    for size in (len(whole) // 2, len(whole) - 1, 0):
        path.write_bytes(whole[:size])
        with pytest.raises(DataFault, match="sign again"):
            read([path])
    for told_of_itself in ("[1", "[1]", "7"):
        with pa.ipc.new_file(path, pa.schema({"id": pa.string()}, metadata={"winnow": told_of_itself})):
            pass
        with pytest.raises(DataFault, match="sign"):
            read([path])
    table = pa.ipc.open_file(pa.py_buffer(whole)).read_all()
    with pa.ipc.new_file(path, table.schema.remove(4).with_metadata(table.schema.metadata)) as writer:
        writer.write_table(table.drop_columns("words"))
    with pytest.raises(DataFault, match="other columns"):
        read([path])


def test_opens_as_a_datasketch_index(shingles, tmp_path):
    texts = ["one two three four five six seven eight", "nine ten eleven", "One, two three four five six seven eight!"]
    ours(texts, tmp_path)
    lsh = open_lsh([tmp_path / "signed-5-1.arrow"], 0.8)
    probe = MinHash(num_perm=128, seed=1, scheme="affine32", hashfunc=low_half)
    probe.update_batch([piece.encode() for piece in shingles(texts[0], 5)])
    assert sorted(lsh.query(probe)) == ["000000000", "000000002"]


@pytest.mark.parametrize("similarity", [0.5, 0.7, 0.8, 0.9, 0.95])
def test_bands_reach_the_recall_and_no_more_rows_would(similarity):
    count, rows = bands(similarity)
    assert 1 - (1 - similarity**rows) ** count >= 0.995
    more = rows + 1
    assert 1 - (1 - similarity**more) ** (128 // more) < 0.995


def test_normalise_and_sign_agree_on_what_is_one_text(tmp_path):
    texts = ["Straße", "STRASSE", "cafe\u0301", "CAFÉ", "a\u200bb", "ab"]
    found = normalise(pa.array(texts))
    assert found.text(0) == found.text(1)
    exact = ours(texts, tmp_path).exact().view("V16").ravel().tolist()
    assert exact[0] == exact[1] != exact[2] == exact[3] != exact[4] == exact[5]
