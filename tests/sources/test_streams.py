"""Compression is told by content; a stream that breaks gives what came before and says so; no stream eats the machine."""

import bz2
import gzip
import lzma
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from sources import streams
from sources.streams import Corrupt, chunks, compression, peek, whole

TEXT = b"".join(b'{"n": %d, "text": "%d apples and %d pears"}\n' % (n, n * 7919, n * 104729) for n in range(3000))
ZSTD = zstandard.ZstdCompressor(write_checksum=True).compress
PACK = {"plain": bytes, "gzip": gzip.compress, "zstd": ZSTD, "bzip2": bz2.compress, "xz": lzma.compress}
PACKED = [kind for kind in PACK if kind != "plain"]


def broken(path: Path) -> tuple[bytes, str | None]:
    """What comes out, and the reason where it breaks."""
    out = []
    try:
        for piece in chunks(path):
            out.append(piece)
    except Corrupt as error:
        return b"".join(out), error.reason
    return b"".join(out), None


def reason(path: Path) -> str | None:
    fault = whole(path)
    return fault and fault.reason


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("name", ["a.json", "a.json.gz", "a.zst"])
def test_content_tells_the_compression_and_not_the_name(tmp_path, kind, name):
    path = tmp_path / name
    path.write_bytes(PACK[kind](TEXT))
    assert compression(path.read_bytes()[:4]) == compression(path.read_bytes()) == kind
    assert broken(path) == (TEXT, None) and whole(path) is None
    assert len(peek(path)) > 0 and TEXT.startswith(peek(path))


def test_text_that_begins_like_a_packed_file_is_text(tmp_path):
    for text in (b"BZh9 is not bzip2", b"BZh", b"P*M is not zstd", b"PKs", b""):
        path = tmp_path / "a"
        path.write_bytes(text)
        assert broken(path) == (text, None)


@pytest.mark.parametrize("kind", PACKED)
def test_members_one_after_the_other_are_one_text(tmp_path, kind):
    path = tmp_path / "a"
    path.write_bytes(PACK[kind](TEXT) + PACK[kind](b"") + PACK[kind](TEXT))
    assert broken(path) == (TEXT * 2, None) and whole(path) is None


def test_a_frame_to_skip_is_skipped(tmp_path):
    path = tmp_path / "a"
    frame = b"\x5a\x2a\x4d\x18" + struct.pack("<I", 4) + b"note"
    path.write_bytes(frame + ZSTD(TEXT) + frame)
    assert broken(path) == (TEXT, None)


@pytest.mark.parametrize("kind", PACKED)
def test_a_cut_stream_keeps_what_was_whole(tmp_path, kind):
    packed = PACK[kind](TEXT)
    path = tmp_path / "a"
    for cut in (len(packed) // 2, len(packed) - 1):
        path.write_bytes(packed[:cut])
        got, why = broken(path)
        assert why == reason(path) == "corrupt_stream" and TEXT.startswith(got)


@pytest.mark.parametrize(("kind", "place"), [("gzip", -6), ("gzip", -2), ("zstd", -1), ("bzip2", -2), ("xz", -20)])
def test_a_wrong_checksum_is_found(tmp_path, kind, place):
    packed = bytearray(PACK[kind](TEXT))
    packed[place] ^= 1
    path = tmp_path / "a"
    path.write_bytes(packed)
    assert broken(path)[1] == reason(path) == "corrupt_stream"


@pytest.mark.parametrize("kind", PACKED)
def test_garbage_behind_the_end_is_a_fault(tmp_path, kind):
    path = tmp_path / "a"
    path.write_bytes(PACK[kind](TEXT) + b"garbage")
    assert broken(path) == (TEXT, "corrupt_stream") and reason(path) == "corrupt_stream"


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
def test_padding_is_no_fault(tmp_path, kind):
    path = tmp_path / "a"
    path.write_bytes(PACK[kind](TEXT) + b"\0" * 512)
    assert broken(path) == (TEXT, None) and whole(path) is None


@pytest.mark.parametrize("kind", PACKED)
def test_a_bomb_is_stopped(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(streams, "BOMB_FLOOR", 1 << 20)
    monkeypatch.setattr(streams, "_ZSTD_PIECE", 64)
    path = tmp_path / "a"
    path.write_bytes(PACK[kind](b"0" * (40 << 20)))
    got, why = broken(path)
    assert why == reason(path) == "bomb" and len(got) < 40 << 20


def rle(blocks: int) -> bytes:
    """A zstd frame whose every four bytes are 128 KiB of text."""
    block = struct.pack("<I", 1 << 1 | (128 << 10) << 3)[:3] + b"a"
    return b"\x28\xb5\x2f\xfd\x00\x38" + block * blocks


def test_no_bomb_takes_much_memory(tmp_path):
    (tmp_path / "zstd").write_bytes(rle(1 << 16))
    (tmp_path / "bzip2").write_bytes(bz2.compress(b"0" * (20 << 20)) * 100)
    (tmp_path / "gzip").write_bytes(gzip.compress(b"0" * (64 << 20), 9) * 5)
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from sources.streams import whole\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (512 << 20,) * 2)\n"
        "print(*(whole(Path(path)).reason for path in sys.argv[1:]))\n"
    )
    command = [sys.executable, "-c", code, *map(str, sorted(tmp_path.iterdir()))]
    root = Path(streams.__file__).parents[1]
    assert subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split() == ["bomb"] * 3


@given(st.integers(0, len(TEXT)), st.integers(0, len(TEXT)), st.sampled_from([1 << 10, 4 << 20]))
def test_a_piece_of_a_plain_file(tmp_path_factory, start, end, window):
    path = tmp_path_factory.getbasetemp() / "piece"
    if not path.exists():
        path.write_bytes(TEXT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "WINDOW", window)
        assert b"".join(chunks(path, start, end)) == TEXT[start:end]
        assert b"".join(chunks(path, start)) == TEXT[start:]
