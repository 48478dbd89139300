"""Which files of a folder or an archive are data; the others are named and left out."""

from pathlib import PurePosixPath

from sources.kinds import archive, columnar, compression
from sources.tabular import is_table

SEEN = 1 << 16  # bytes that tell
DATA = {".json", ".jsonl", ".ndjson", ".jl", ".jsonlines", ".parquet", ".arrow", ".feather"}
PACKED = {".gz", ".gzip", ".zst", ".zstd", ".bz2", ".xz"}
_TABLES = {"", ".csv", ".tsv", ".tab", ".txt"}
_JSON = (b'{"', b"[{", b"{\n", b"[\n", b"{\r", b"[\r", b"[[", b'["')


def is_data(name: str, first: bytes) -> bool:
    """Whether a file is called like data, or begins like JSON, a table, a table by columns, or something packed."""
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes[-2:]]
    if suffixes and (suffixes[-1] in DATA or (suffixes[-1] in PACKED and suffixes[0] in DATA)):
        return True
    if compression(first) != "plain" or archive(first) or columnar(first):
        return True
    begins = first.removeprefix(b"\xef\xbb\xbf").lstrip()[:2] in _JSON
    return begins or ((suffixes or [""])[-1] in _TABLES and is_table(first))
