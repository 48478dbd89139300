"""A file as a stream of decompressed bytes: plain, gzip or zstd, told by its first bytes and never by its name."""

import bz2
import lzma
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from sources.kinds import HEAD, Where, columnar, compression

WINDOW = 4 << 20  # bytes handed on at a time
BOMB_RATIO, BOMB_FLOOR = 400, 256 << 20  # text reaches 30:1; gzip itself cannot pass 1032:1
_ZSTD_PIECE = 2048  # compressed bytes a step: a zstd block of a few bytes can hold 128 KiB


class Corrupt(Exception):
    """The stream broke off; what came before it is good. `reason` is corrupt_stream or bomb."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def chunks(where: Where, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The decompressed bytes in pieces of about WINDOW bytes; tables by columns come as JSON lines.

    `start` and `end` cut a piece out of a plain file. Raises Corrupt where checksum, end or ratio is wrong.
    """
    with where.open("rb") as handle:
        head = handle.read(HEAD)
        handle.seek(start)
        kind = compression(head)
        if kind == "plain":
            yield from _plain(handle, start, end)
        else:
            yield from _guarded(_UNPACK[kind](handle), handle)


def whole(where: Where) -> Corrupt | None:
    """What is wrong with a compressed stream, all of which is read; None for a sound or plain one."""
    with where.open("rb") as handle:
        if compression(handle.read(HEAD)) == "plain":
            return None
    try:
        for _ in chunks(where):
            pass
    except Corrupt as broken:
        return broken
    return None


def _plain(handle: BinaryIO, start: int, end: int | None) -> Iterator[bytes]:
    left = WINDOW if end is None else end - start
    while left > 0 and (piece := handle.read(min(WINDOW, left))):
        yield piece
        left = WINDOW if end is None else left - len(piece)


def _guarded(pieces: Iterator[bytes], handle: BinaryIO) -> Iterator[bytes]:
    """Pieces joined to windows, with the expansion watched; what is whole before a break is handed on first."""
    held: list[bytes] = []
    size = total = 0
    try:
        for piece in pieces:
            held.append(piece)
            size += len(piece)
            total += len(piece)
            if total > max(BOMB_FLOOR, BOMB_RATIO * handle.tell()):
                raise Corrupt("bomb", f"{handle.tell():,} bytes have grown to over {total:,}: more than {BOMB_RATIO} times")
            if size >= WINDOW:
                yield b"".join(held)
                held, size = [], 0
    except Corrupt:
        yield b"".join(held)
        raise
    yield b"".join(held)


def _gunzip(handle: BinaryIO) -> Iterator[bytes]:
    """All members; zlib checks each member's CRC and length at its end."""
    rest, member = b"", zlib.decompressobj(31)
    fresh = True
    while piece := rest or handle.read(1 << 18):
        if fresh and not piece.strip(b"\0"):  # padding after the last member
            rest = b""
            continue
        try:
            text = member.decompress(piece, WINDOW)
        except zlib.error as error:
            raise Corrupt("corrupt_stream", f"gzip: {error}") from None
        if text:
            yield text
        fresh, rest = member.eof, member.unused_data if member.eof else member.unconsumed_tail
        if member.eof:
            member = zlib.decompressobj(31)
    if not fresh:
        raise Corrupt("corrupt_stream", "gzip: the file ends before the stream does")


def _unzstd(handle: BinaryIO) -> Iterator[bytes]:
    """All frames, with their checksums where they have them."""
    import zstandard

    make = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj
    frame, rest, fresh = make(), b"", True
    while piece := rest or handle.read(_ZSTD_PIECE):
        try:
            text = frame.decompress(piece)
        except zstandard.ZstdError as error:
            raise Corrupt("corrupt_stream", f"zstd: {error}") from None
        if text:
            yield text
        fresh, rest = frame.eof, frame.unused_data if frame.eof else b""
        if frame.eof:
            frame = make()
    if not fresh:
        raise Corrupt("corrupt_stream", "zstd: the file ends before the stream does")


_UNPACK = {"gzip": _gunzip, "zstd": _unzstd}
