"""What bytes are, told by how they begin and never by a file's name."""

from typing import BinaryIO, Literal, Protocol

HEAD = 512  # bytes that tell


class Corrupt(Exception):
    """The stream broke off; what came before it is good. `reason` is corrupt_stream, bomb or crashed."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


class Where(Protocol):
    """What can be opened again and again: a path, or a member of an archive."""

    def open(self, mode: Literal["rb"], /) -> BinaryIO:
        """The bytes, from the first on."""
        ...


def compression(head: bytes) -> str:
    """`gzip`, `zstd`, `bzip2`, `xz` or `plain`."""
    if head[:3] == b"\x1f\x8b\x08":
        return "gzip"
    if head[:4] == b"\x28\xb5\x2f\xfd" or (head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5):  # the second is a frame to skip
        return "zstd"
    if head[:3] == b"BZh" and head[3:4].isdigit() and head[4:10] in (b"", b"1AY&SY", b"\x17rE8P\x90"):
        return "bzip2"
    return "xz" if head[:5] == b"\xfd7zXZ" or head == b"\xfd7zX" else "plain"


def archive(head: bytes) -> str | None:
    """`zip` or `tar`, for bytes that hold several files."""
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    return "tar" if head[257:262] == b"ustar" else None


def columnar(head: bytes) -> str | None:
    """`parquet` or `arrow` (file or stream), for bytes that hold a table by its columns."""
    if head[:4] == b"PAR1":
        return "parquet"
    stream = head[:4] == b"\xff\xff\xff\xff" and head[7:8] == b"\0" and head[4:8] != b"\0\0\0\0"
    return "arrow" if head[:6] == b"ARROW1" or stream else None


def not_utf8(raw: bytes) -> str | None:
    """Where text is not UTF-8, and how to write it anew if it is a Western Windows text; None for UTF-8."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        said = f"not UTF-8 at byte {error.start} of the record: 0x{raw[error.start]:02x}"
    else:
        return None
    try:
        raw.decode("cp1252")
    except UnicodeDecodeError:
        return said
    return f"{said}; if the file is in Windows-1252 or Latin-1, `iconv -f CP1252 -t UTF-8` writes it anew"
