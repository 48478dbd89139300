"""How a zip or tar lists its members, and how one is read where it lies. What the lists say is not believed here, nor judged."""

import io
import os
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple, cast

from sources import streams
from sources.kinds import HEAD, Corrupt, compression

RATIO, FLOOR = 200, 10 << 20  # what holds more bytes than this and is packed this much closer is a bomb
LARGEST = 64 << 30  # bytes that a packed tar may take on the disk
_LISTED = 32 << 20  # bytes of an archive's own lists and headers that are read at once
BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, struct.error, RuntimeError),
    *(ArithmeticError, LookupError, ValueError, EOFError),
)


@dataclass(frozen=True)
class Member:
    """One file inside an archive."""

    archive: Path
    kind: str  # zip or tar
    index: int  # its place in the archive's list
    offset: int  # where its bytes begin in the (unpacked) archive
    size: int

    def open(self, mode: Literal["rb"] = "rb", /) -> BinaryIO:
        """Its bytes, from the first on. Raises Corrupt."""
        try:
            if self.kind == "zip":
                box = _box(*_stamp(self.archive), os.getpid())
                return cast(BinaryIO, box.open(box.infolist()[self.index]))
            return cast(BinaryIO, io.BufferedReader(_Piece(_tape(*_stamp(self.archive)).file, self.offset, self.size)))
        except BROKEN as error:
            raise Corrupt("corrupt_stream", f"{self.kind}: {error}") from None


class Entry(NamedTuple):
    """A member as its archive lists it."""

    name: str
    member: Member
    packed: int  # bytes that it takes in the archive
    reason: str | None
    detail: str


def is_bomb(size: int, packed: int) -> bool:
    """Whether so many bytes are packed closer than data ever is."""
    return size > FLOOR and size > RATIO * packed


class _Tape(NamedTuple):
    """A tar that can be read anywhere, and where it broke off when it was unpacked."""

    file: BinaryIO
    broken: Corrupt | None


class _Modest(io.BufferedReader):
    """A file of which nobody reads much at once: headers that ask for more are lies."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Bytes from the place. Raises EOFError."""
        wanted = _LISTED + 1 if size is None or size < 0 else size
        found = super().read(min(wanted, _LISTED + 1))
        if len(found) > _LISTED:
            raise EOFError("its own lists are larger than those of any sound one")
        return found


class _Piece(io.RawIOBase):
    """A stretch of a file, read without moving that file's own place."""

    def __init__(self, file: BinaryIO, offset: int, size: int) -> None:
        self.file, self.offset, self.size, self.at = file, offset, size, 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It has a place that moves."""
        return True

    def seek(self, place: int, whence: int = 0, /) -> int:
        """Move the place."""
        self.at = max(0, place + (0, self.at, self.size)[whence])
        return self.at

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Fill the buffer from the place on. Raises EOFError where the archive ends first."""
        wanted = max(0, min(len(buffer), self.size - self.at))
        got = os.pread(self.file.fileno(), wanted, self.offset + self.at)
        if wanted and not got:
            raise EOFError("the archive ends before its member does")
        buffer[: len(got)] = got
        self.at += len(got)
        return len(got)


def _stamp(path: Path) -> tuple[Path, int, int]:
    facts = path.stat()
    return path, facts.st_mtime_ns, facts.st_size


@lru_cache(maxsize=2)
def _box(path: Path, changed: int, size: int, process: int) -> zipfile.ZipFile:
    """The open zip; each process has its own, because they would move one another's place."""
    return zipfile.ZipFile(_Modest(io.FileIO(path)))


def zipped(path: Path) -> Iterator[Entry]:
    infos = _box(*_stamp(path), os.getpid()).infolist()
    packed = path.stat().st_size
    total = sum(info.file_size for info in infos if not is_bomb(info.file_size, info.compress_size))
    if is_bomb(total, packed):
        raise Corrupt("bomb", f"{packed:,} bytes would grow to {total:,}: more than {RATIO} times")
    overlapping, end = set[int](), 0
    for start, size in sorted((info.header_offset, info.compress_size) for info in infos):
        if start < end:
            overlapping.add(start)
        end = max(end, start + size)
    for index, info in enumerate(infos):
        if info.is_dir():
            continue
        reason, detail = _zip_fault(info)
        if info.header_offset in overlapping:
            reason, detail = "bomb", "its bytes are another member's too"
        member = Member(path, "zip", index, info.header_offset, info.file_size)
        yield Entry(info.orig_filename, member, info.compress_size, reason, detail)


def _zip_fault(info: zipfile.ZipInfo) -> tuple[str | None, str]:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "not_regular", "a link or a device"
    if info.flag_bits & 0x41:
        return "encrypted", "it is encrypted: unpack it with its password"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "unknown_container", f"packed by method {info.compress_type}, which is not read: unpack it and pack it anew"
    return None, ""


@lru_cache(maxsize=1)
def _tape(path: Path, changed: int, size: int) -> _Tape:
    """The tar, unpacked into an unnamed file where it is packed."""
    handle = path.open("rb")
    if compression(handle.read(HEAD)) == "plain":
        return _Tape(handle, None)
    handle.seek(0)
    spool, total = cast(BinaryIO, tempfile.TemporaryFile()), 0  # noqa: SIM115 - members are read from it as long as it is needed
    broken = None
    try:
        for piece in streams.unpacked(handle):
            total += len(piece)
            if total > LARGEST or is_bomb(total, size):
                raise Corrupt("bomb", f"{size:,} bytes have grown to over {total:,}: more than {RATIO} times, or {LARGEST:,}")
            spool.write(piece)
    except Corrupt as why:
        broken = why
    finally:
        handle.close()
    spool.flush()
    return _Tape(spool, broken)


def taped(path: Path, salvage: bool) -> Iterator[Entry]:
    tape = _tape(*_stamp(path))
    if tape.broken and (tape.broken.reason == "bomb" or not salvage):
        raise tape.broken
    size = os.fstat(tape.file.fileno()).st_size
    with _Modest(_Piece(tape.file, 0, size)) as file, tarfile.open(fileobj=file, mode="r:", errors="surrogateescape") as box:
        for index, info in enumerate(box):
            cast(Any, box).members.clear()  # it would remember them all
            if not info.isdir():
                member = Member(path, "tar", index, info.offset_data, info.size)
                yield Entry(info.name, member, info.size, *_tar_fault(info, size))
        file.seek(box.offset)
        if tape.broken:
            raise tape.broken
        if file.read(HEAD).strip(b"\0"):
            raise Corrupt("corrupt_stream", f"tar: no header can be read at byte {box.offset:,}")


def _tar_fault(info: tarfile.TarInfo, size: int) -> tuple[str | None, str]:
    if not info.isreg() or info.issparse():
        return "not_regular", "a link, a device or a sparse file"
    if info.size < 0 or info.offset_data < 0 or info.offset_data + info.size > size:
        return "corrupt_stream", "the archive ends before its member does"
    return None, ""
