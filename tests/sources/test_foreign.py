"""A file that is none of ours is one record, with what it seems to be and what to do about it; nothing of it is ever run."""

import io
import pickle
from pathlib import Path

import pytest

from sources import foreign, read
from sources.places import File


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
    ],
)
def test_what_it_seems_to_be(tmp_path, first, said):
    (tmp_path / "f.jsonl").write_bytes(first)
    offset, raw, value, reason, detail = foreign.record(tmp_path / "f.jsonl")
    assert (offset, raw, value, reason) == (0, first, None, "unknown_container") and said in detail


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
