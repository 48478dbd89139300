"""Compression is told by content; a stream that breaks gives what came before and says so."""

import gzip
from pathlib import Path

import pytest
import zstandard

from sources import streams
from sources.streams import Corrupt, chunks, compression

TEXT = b"".join(b'{"n": %d, "text": "%d apples and %d pears"}\n' % (n, n * 7919, n * 104729) for n in range(3000))
PACK = {"plain": bytes, "gzip": gzip.compress, "zstd": zstandard.ZstdCompressor(write_checksum=True).compress}


def broken(path: Path) -> tuple[bytes, str | None]:
    """What comes out, and the reason where it breaks."""
    out = []
    try:
        for piece in chunks(path):
            out.append(piece)
    except Corrupt as error:
        return b"".join(out), error.reason
    return b"".join(out), None


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("name", ["a.json", "a.json.gz", "a.zst"])
def test_content_tells_the_compression_and_not_the_name(tmp_path, kind, name):
    path = tmp_path / name
    path.write_bytes(PACK[kind](TEXT))
    assert compression(path.read_bytes()[:4]) == kind
    assert broken(path) == (TEXT, None)


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_members_one_after_the_other_are_one_text(tmp_path, kind):
    path = tmp_path / "a"
    path.write_bytes(PACK[kind](TEXT) + PACK[kind](b"") + PACK[kind](TEXT))
    assert broken(path) == (TEXT * 2, None)


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_cut_stream_keeps_what_was_whole(tmp_path, kind):
    packed = PACK[kind](TEXT)
    path = tmp_path / "a"
    path.write_bytes(packed[: len(packed) // 2])
    got, reason = broken(path)
    assert reason == "corrupt_stream" and TEXT.startswith(got)


def test_a_wrong_checksum_is_found(tmp_path):
    for kind, place in (("gzip", -6), ("zstd", -1)):
        packed = bytearray(PACK[kind](TEXT))
        packed[place] ^= 1
        path = tmp_path / "a"
        path.write_bytes(packed)
        assert broken(path)[1] == "corrupt_stream"


def test_padding_is_no_fault_and_garbage_is(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(gzip.compress(TEXT) + b"\0" * 512)
    assert broken(path) == (TEXT, None)
    path.write_bytes(gzip.compress(TEXT) + b"garbage")
    assert broken(path) == (TEXT, "corrupt_stream")


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_bomb_is_stopped(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(streams, "BOMB_FLOOR", 1 << 20)
    monkeypatch.setattr(streams, "_ZSTD_PIECE", 64)
    path = tmp_path / "a"
    path.write_bytes(PACK[kind](b"0" * (40 << 20)))
    got, reason = broken(path)
    assert reason == "bomb" and len(got) < 40 << 20
