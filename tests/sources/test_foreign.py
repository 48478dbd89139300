"""A file that is none of ours is one record, with what it seems to be and what to do about it; nothing of it is ever run."""

import gzip
import io
import json
import pickle
import zipfile
from pathlib import Path

import pytest

from sources import foreign, read
from sources.file import File

ZIPPED = io.BytesIO()
with zipfile.ZipFile(ZIPPED, "w") as box:
    box.writestr("a.jsonl", '{"instruction": "a", "output": "b"}')


class Canary:
    """What is read back from its pickle has touched a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (b"PARE1234", "encrypted"),
        (b"FEA1....", "Feather"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"Rar!\x1a\x07", "RAR"),
        (b"\x93NUMPY\x01\0", "NumPy"),
        (b"\x89PNG\r\n", "picture"),
        (b"<html>", "HTML"),
        (b"SQLite format 3\0", "SQLite"),
        (b"\x00\x01\x02\x03", "binary"),
        (b"Dear all, this is a letter.\n", "plain text"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n", "git lfs pull"),
        (b'"{\\"instruction\\": \\"a\\"}"\n"{\\"instruction\\": \\"b\\"}"\n', "encoded twice"),
        ("Déjà vu\n".encode("cp1252"), "iconv -f CP1252"),
        (b"#!/bin/sh\nexec unzip\n" + ZIPPED.getvalue(), "a zip archive behind other bytes"),
        (b"left,right\n1,2,3\n4,5,6\n", "2 of its first 2 rows do not fit, row 1"),
        (b"a,b\n", "no row is below the names"),
        (b"I wrote this long sentence myself today,and this\nb,c\n", "must hold the names of the columns"),
    ],
)
def test_what_it_seems_to_be(tmp_path, first, said):
    (tmp_path / "f.jsonl").write_bytes(first)
    offset, raw, value, reason, detail = foreign.record(tmp_path / "f.jsonl")
    assert (offset, raw, value, reason) == (0, first, None, "unknown_container") and said in detail


def test_what_is_packed_twice(tmp_path):
    (tmp_path / "f.jsonl.gz").write_bytes(gzip.compress(gzip.compress(b'{"instruction": "a", "output": "b"}')))
    assert "packed twice, gzip inside" in foreign.record(tmp_path / "f.jsonl.gz")[4]


def test_texts_that_hold_json_are_told_in_an_array_too(tmp_path):
    path = tmp_path / "f.json"
    path.write_text(json.dumps([json.dumps({"instruction": "a", "output": "b"})] * 3))
    [batch] = read(File("s", path, "f.json"))
    assert batch.refused["reason"].to_pylist() == ["unknown_shape"] * 3 and "encoded twice" in batch.refused["detail"][0].as_py()


def test_a_line_that_is_not_utf8_says_what_to_do(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_bytes('{"instruction": "é", "output": "b"}\n{"instruction": "e", "output": "b"}\n'.encode("cp1252"))
    [batch] = read(File("s", path, "f.jsonl"))
    assert len(batch.rows) == 1 and "iconv -f CP1252 -t UTF-8" in batch.refused["detail"][0].as_py()


@pytest.mark.parametrize("name", ["f.jsonl", "f.parquet", "f.csv", "f.gz", "f.zip", "f.pt", "f.npy", "f.py"])
@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_is_never_opened(tmp_path, name, protocol):
    canary = tmp_path / "canary"
    (tmp_path / name).write_bytes(pickle.dumps(Canary(canary), protocol))
    [batch] = read(File("s", tmp_path / name, name))
    assert batch.refused["reason"].to_pylist() == ["unknown_container"] and not canary.exists()
    assert protocol < 2 or "pickle" in batch.refused["detail"][0].as_py()
    pickle.loads((tmp_path / name).read_bytes())
    assert canary.exists()


def test_code_is_never_run(tmp_path):
    canary = tmp_path / "canary"
    out = io.StringIO()
    print(f"import pathlib\npathlib.Path({str(canary)!r}).touch()", file=out)
    for name in ("dataset.py", "f.jsonl", "f.parquet"):
        (tmp_path / name).write_text(out.getvalue())
        [batch] = read(File("s", tmp_path / name, name))
        assert batch.refused["reason"].to_pylist() == ["unknown_container"] and not canary.exists()
