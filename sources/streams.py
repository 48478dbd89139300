"""A file as a stream of decompressed bytes: how it is packed is told by its first bytes and never by its name."""

import bz2
import io
import lzma
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from itertools import chain
from typing import BinaryIO

from sources import columns
from sources.kinds import HEAD, Corrupt, Where, columnar, compression

__all__ = ["WINDOW", "Corrupt", "chunks", "compression", "peek", "unpacked", "whole"]

WINDOW = 4 << 20  # bytes handed on at a time
BOMB_RATIO, BOMB_FLOOR = 400, 256 << 20  # text reaches 30:1; gzip itself cannot pass 1032:1
_PIECE, _ZSTD_PIECE = 1 << 18, 512  # compressed bytes a step: a zstd block of four bytes can hold 128 KiB
_XZ_MEMORY = 256 << 20


def chunks(where: Where, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The decompressed bytes in pieces of about WINDOW bytes; tables by columns come as JSON lines.

    `start` and `end` cut a piece out of a plain file. Raises Corrupt where checksum, end or ratio is wrong.
    """
    with where.open("rb") as handle, closing(_lines(handle, start, end)) as pieces:
        yield from pieces


def whole(where: Where) -> Corrupt | None:
    """What is wrong with a file that can be checked as a whole, all of which is read; None for a sound or a plain one."""
    try:
        with where.open("rb") as handle:
            head = handle.read(HEAD)
            handle.seek(0)
            if compression(head) != "plain" or columnar(head) or isinstance(handle, zipfile.ZipExtFile):
                for _ in _lines(handle, check=True):
                    pass
    except Corrupt as broken:
        return broken
    return None


def peek(where: Where, size: int = HEAD) -> bytes:
    """The first decompressed bytes, as far as they can be had."""
    first = b""
    try:
        with where.open("rb") as handle:
            first = handle.read(size)
            if (kind := compression(first)) != "plain":
                first = b""
                handle.seek(0)
                for piece in _UNPACK[kind](handle):
                    first += piece
                    if len(first) >= size:
                        break
    except Corrupt:
        pass
    return first[:size]


def unpacked(handle: BinaryIO, start: int = 0, end: int | None = None) -> Generator[bytes]:
    """The decompressed bytes of an open file, whatever they are. Raises Corrupt."""
    kind = compression(handle.read(HEAD))
    handle.seek(start)
    pieces = _plain(handle, start, end) if kind == "plain" else _guarded(_UNPACK[kind](handle), handle.tell)
    yield from pieces


def _lines(handle: BinaryIO, start: int = 0, end: int | None = None, check: bool = False) -> Generator[bytes]:
    pieces = unpacked(handle, start, end)
    first = next(pieces, b"")
    if start == 0 and columnar(first):
        with _real(handle, chain([first], pieces)) as table, closing(columns.lines(table, check)) as lines:
            size = os.fstat(table.fileno()).st_size
            yield from _guarded(lines, lambda: size)
    else:
        yield first
        yield from pieces


@contextmanager
def _real(handle: BinaryIO, pieces: Iterator[bytes]) -> Iterator[BinaryIO]:
    """A file with all these bytes, which is the open one where it is a plain file."""
    raw = handle.raw if isinstance(handle, io.BufferedReader) else None
    if isinstance(raw, io.FileIO) and columnar(os.pread(raw.fileno(), HEAD, 0)):
        yield handle
        return
    with tempfile.TemporaryFile() as spool:
        for piece in pieces:
            spool.write(piece)
        spool.flush()
        yield spool


def _plain(handle: BinaryIO, start: int, end: int | None) -> Iterator[bytes]:
    left = WINDOW if end is None else end - start
    try:
        while left > 0 and (piece := handle.read(min(WINDOW, left))):
            yield piece
            left = WINDOW if end is None else left - len(piece)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise Corrupt("corrupt_stream", f"zip: {error or 'the file ends before the member does'}") from None


def _guarded(pieces: Iterator[bytes], spent: Callable[[], int]) -> Iterator[bytes]:
    """Pieces joined to windows, with the expansion watched; what is whole before a break is handed on first."""
    held: list[bytes] = []
    size = total = 0
    try:
        for piece in pieces:
            held.append(piece)
            size += len(piece)
            total += len(piece)
            if total > max(BOMB_FLOOR, BOMB_RATIO * spent()):
                raise Corrupt("bomb", f"{spent():,} bytes have grown to over {total:,}: more than {BOMB_RATIO} times")
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
    while piece := rest or handle.read(_PIECE):
        if fresh and not (piece := piece.lstrip(b"\0")):  # padding
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


def _streams(handle: BinaryIO, name: str, make: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor]) -> Iterator[bytes]:
    """All streams of a bzip2 or xz file, with their checksums; these two hold back input that would give too much."""
    stream, rest = make(), handle.read(_PIECE)
    while rest or not stream.needs_input:
        try:
            text = stream.decompress(rest, WINDOW)
        except (OSError, ValueError, EOFError, lzma.LZMAError) as error:
            raise Corrupt("corrupt_stream", f"{name}: {error}") from None
        if text:
            yield text
        rest = b""
        if stream.eof:
            piece = stream.unused_data or handle.read(_PIECE)
            while piece and not (rest := piece.lstrip(b"\0")):  # padding
                piece = handle.read(_PIECE)
            if not rest:
                return
            stream = make()
        elif stream.needs_input:
            rest = handle.read(_PIECE)
    raise Corrupt("corrupt_stream", f"{name}: the file ends before the stream does")


def _unbzip(handle: BinaryIO) -> Iterator[bytes]:
    return _streams(handle, "bzip2", bz2.BZ2Decompressor)


def _unxz(handle: BinaryIO) -> Iterator[bytes]:
    return _streams(handle, "xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY))


_UNPACK = {"gzip": _gunzip, "zstd": _unzstd, "bzip2": _unbzip, "xz": _unxz}
