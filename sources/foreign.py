"""A file that is no JSON: one record that cannot be read, with what the file seems to be and what to do about it."""

import re
import zipfile
from pathlib import Path

import orjson

from sources import tabular
from sources.kinds import Where, compression, not_utf8
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
_CONTROL = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
_POINTER = b"version https://git-lfs.github.com/spec/"
_TABLE = re.compile(rb"[^\n]*?([,\t;])[^\n]*\n[^\n]*\1|[^\s,\t;]+[,\t;]\S*\s*$")
_NONE = "neither JSON lines, nor a JSON array, nor JSON values"


def record(where: Where) -> tuple[int, bytes, None, str, str]:
    """Offset, first bytes, no value, reason and detail."""
    try:
        first = next(chunks(where), b"")[:KEPT]
    except Corrupt as broken:
        return 0, b"", None, broken.reason, broken.detail
    if is_utf16(first):
        return 0, first, None, "encoding", "the file is UTF-16, not UTF-8: `iconv -f UTF-16 -t UTF-8` writes it anew"
    return 0, first, None, "unknown_container", _looks(where, first)


def is_utf16(first: bytes) -> bool:
    """Whether every other byte of the first four is NUL, or a mark says so."""
    even, odd = first[0:4:2], first[1:4:2]
    return first[:2] in (b"\xff\xfe", b"\xfe\xff") or (b"\0\0" in (even, odd) and even != odd)


def _looks(where: Where, first: bytes) -> str:
    """What a file that is no JSON seems to be."""
    known = next((said for magic, said in _MAGIC.items() if first.startswith(magic)), None)
    if known:
        return f"the file is {known}"
    if (kind := compression(first)) != "plain":
        return f"the file is packed twice, {kind} inside: unpack the outer one"
    if first.startswith(_POINTER):
        return "the file is a Git LFS pointer, and the data is elsewhere: `git lfs pull` in its repository brings it"
    if isinstance(where, Path) and zipfile.is_zipfile(where):
        return "the file is a zip archive behind other bytes, as one that unpacks itself: `unzip` unpacks it"
    return _reads(first)


def _reads(first: bytes) -> str:
    """What is wrong with a file of text, if it is one."""
    text = first[:4096]
    if _CONTROL.search(text):
        return f"the file is binary: {_NONE}"
    if holds_json(first.lstrip().partition(b"\n")[0]):
        return "each line is text that holds JSON, encoded twice: `jq -c fromjson` writes it anew"
    if _TABLE.match(text) and (why := tabular.why_not(first)):
        return f"the file is a table (CSV or TSV) that cannot be read: {why}"
    if odd := not_utf8(first[: first.rfind(b"\n") + 1] or text):
        return f"the file is text, but {odd}" if "iconv" in odd else f"the file is binary: {_NONE}"
    return f"the file is plain text: {_NONE}"


def holds_json(line: bytes | str) -> bool:
    """Whether this is a text in JSON, or its decoded text, that holds an object or a list in JSON once more."""
    try:
        text = line if isinstance(line, str) else orjson.loads(line)
        return isinstance(text, str) and text.lstrip()[:1] in ("{", "[") and isinstance(orjson.loads(text), dict | list)
    except orjson.JSONDecodeError:
        return False
