"""A file of lines in pieces gives what the whole file gives: the same rows, ids, offsets and refusals, whatever the size."""

import json
from dataclasses import replace
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources import File, pieces, read

LINE = json.dumps({"instruction": "say {", "input": "", "output": "one\n[two]"})
TALK = json.dumps({"messages": [{"role": "user", "content": "ü"}, {"role": "assistant", "content": "y"}]}, ensure_ascii=False)
PARTS = [
    LINE,
    TALK,
    '{"instruction": "cut in',
    'two", "output": "x"}',
    LINE + LINE,
    f"{LINE},",
    "",
    "  ",
    "}",
    "null",
    "[1]",
    "\ufeff" + LINE,
]
ELEMENTS = [LINE, TALK, "null", "[1]", '{"instruction": 3}', '{"a": 1, "a": 2}']
BROKEN = ['{"instruction": "un"quoted", "output": "x"}', '{"instruction": "open', LINE + LINE, "", "]", "}"]
ENDS = st.sampled_from(["\n", "\r\n", "\n\n", "\n \n"])


def gathered(files):
    """Rows, refusals and how many records, of several files or pieces one after the other."""
    batches = [batch for file in files for batch in read(file)]
    rows = pa.concat_tables([batch.rows for batch in batches]).to_pylist()
    return rows, pa.concat_tables([batch.refused for batch in batches]).to_pylist(), sum(batch.records for batch in batches)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PARTS), ENDS), min_size=3, max_size=40), st.integers(1, 400))
def test_pieces_give_what_the_whole_gives(tmp_path_factory, parts, size):
    path = tmp_path_factory.mktemp("p") / "f.jsonl"
    path.write_bytes((LINE + "\n" + "".join(text + end for text, end in parts)).encode())
    whole = File("s", path, "f.jsonl", size=path.stat().st_size)
    cut = list(pieces(whole, size))
    assert [piece.start for piece in cut[1:]] == [piece.end for piece in cut[:-1]] or cut == [whole]
    assert sum(piece.size for piece in cut) == whole.size
    assert gathered(cut) == gathered([whole])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([*ELEMENTS, *BROKEN]), min_size=3, max_size=40),
    st.integers(1, 400),
    st.sampled_from(["]", ",]", "", "]\n x"]),
)
def test_pieces_of_an_array_give_what_the_whole_gives(tmp_path_factory, parts, size, last):
    path = tmp_path_factory.mktemp("p") / "f.json"
    path.write_bytes((f"\ufeff[ {LINE}, " + " ,\n".join(parts) + last).encode())
    whole = File("s", path, "f.json", size=path.stat().st_size)
    with patch("sources.streams.WINDOW", 300):
        cut = list(pieces(whole, size))
    assert [piece.start for piece in cut[1:]] == [piece.end + 1 for piece in cut[:-1]]
    assert gathered(cut) == gathered([whole])


def test_a_sound_array_is_cut_everywhere(tmp_path):
    path = tmp_path / "f.json"
    path.write_text("[" + ",\n".join([LINE] * 1000) + "]")
    with patch("sources.streams.WINDOW", 1000):
        cut = list(pieces(File("s", path, "f.json", size=path.stat().st_size), 10_000))
    assert len(cut) == path.stat().st_size // 11_000 + 1
    assert [piece.first for piece in cut] == [(piece.start + 1) // (len(LINE) + 2) for piece in cut]


def test_pieces_are_about_as_long_as_asked(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_text(f"{LINE}\n" * 1000)
    whole = File("s", path, "f.jsonl", size=path.stat().st_size)
    cut = list(pieces(whole, 10_000))
    assert len(cut) == whole.size // (10_000 + len(LINE) // 2) + 1
    assert all(10_000 <= piece.size < 10_000 + len(LINE) + 1 for piece in cut[:-1])
    assert [piece.first for piece in cut] == [piece.start // (len(LINE) + 1) for piece in cut]


@pytest.mark.parametrize("name", ["values", "packed", "flat"])
def test_what_cannot_be_cut_stays_whole(tmp_path, name):
    import gzip

    text = {
        "values": (LINE.replace(", ", ",\n") * 50).encode(),
        "packed": gzip.compress(f"{LINE}\n".encode() * 500, 0),
        "flat": b'{"message_id": "a", "parent_id": null, "role": "prompter", "text": "x"}\n' * 50,
    }[name]
    path = tmp_path / "f"
    path.write_bytes(text)
    whole = File("s", path, "f", size=len(text))
    assert list(pieces(whole, 200)) == [whole]


def test_a_piece_is_of_the_format_of_its_file(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_text(f"{LINE}\n" * 90 + f"{TALK}\n" * 10)
    whole = File("s", path, "f.jsonl", size=path.stat().st_size)
    cut = list(pieces(whole, 1000))
    rows, refused, _ = gathered(cut[-1:])
    assert (rows[-1]["messages"][0]["content"], refused) == ("ü", [])
    assert gathered([replace(piece, format="alpaca") for piece in cut])[1][-1]["record"] == 99
