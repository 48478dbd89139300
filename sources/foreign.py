"""A file that is no JSON: one record that cannot be read, with what the file seems to be and what to do about it."""

import re

from sources.kinds import Where
from sources.streams import Corrupt, chunks

KEPT = 1 << 20  # bytes kept of a file that is none of ours, or of a record that is too long
_MAGIC = {
    **{bytes([0x80, version]): "a Python pickle (which is code, so nothing here opens it)" for version in range(2, 6)},
    b"PK\x03\x04": "an archive in an archive (unpack the outer one)",
    b"PARE": "Parquet, encrypted (write it anew without a key)",
    b"FEA1": "Feather of its first version (write it anew as Parquet)",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive (unpack it first)",
    b"Rar!": "a RAR archive (unpack it first)",
    b"\x93NUMPY": "a NumPy array",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"%PDF": "a PDF",
    b"SQLite format 3": "an SQLite database",
    b"<": "HTML or XML",
}
_TABLE = re.compile(rb"[^\n]*?([,\t;])[^\n]*\n[^\n]*\1")


def record(where: Where) -> tuple[int, bytes, None, str, str]:
    """Offset, first bytes, no value, reason and detail."""
    try:
        first = next(chunks(where), b"")[:KEPT]
    except Corrupt as broken:
        return 0, b"", None, broken.reason, broken.detail
    if is_utf16(first):
        return 0, first, None, "encoding", "the file is UTF-16, not UTF-8: `iconv -f UTF-16 -t UTF-8` writes it anew"
    return 0, first, None, "unknown_container", f"{_looks(first)}: neither JSON lines, nor a JSON array, nor JSON values"


def is_utf16(first: bytes) -> bool:
    """Whether every other byte of the first four is NUL, or a mark says so."""
    even, odd = first[0:4:2], first[1:4:2]
    return first[:2] in (b"\xff\xfe", b"\xfe\xff") or (b"\0\0" in (even, odd) and even != odd)


def _looks(first: bytes) -> str:
    """What a file that is no JSON seems to be."""
    known = next((said for magic, said in _MAGIC.items() if first.startswith(magic)), None)
    if known:
        return f"the file is {known}"
    text = first[:4096]
    if b"\0" in text or len(text.decode("utf-8", "ignore").encode()) < len(text) - 3:
        return "the file is binary"
    return "the file is a table (CSV or TSV)" if _TABLE.match(text) else "the file is plain text"
