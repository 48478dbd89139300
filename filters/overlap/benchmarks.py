"""Benchmark files as items to look for: a JSON array, JSON lines, CSV or Parquet; plain, gzip or zstd; told by content.

A record's fields are told apart by the names that public benchmarks use. Its question is one item; with its choices it
is another (many a question is "Which is true?" without them); a worked answer is a third. All bear the record's number.
"""

import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from schemas.faults import DataFault, MissingFault

QUESTION = ("question", "problem", "instruction", "prompt", "input", "query", "turns", "goal", "ctx", "sentence", "text")
CHOICES = ("choices", "options", "endings")
ANSWER = ("answer", "solution", "canonical_solution", "target", "reference", "best answer")
EXAMPLES = ("examples", "data", "questions", "rows")  # where an object holds the records
WORDS = 8  # a question of fewer words is looked for only with its choices, where it has any
ANSWER_WORDS = 40  # an answer of fewer words is common knowledge ("Mercury, Venus, ..."), no trace of the benchmark


class Item(NamedTuple):
    """One text to look for, and the benchmark record that it comes from."""

    benchmark: str
    number: int
    text: str


def items(path: Path, benchmark: str | None = None) -> list[Item]:
    """Items of a benchmark file, in its order; the benchmark's name is the file's unless given.

    Raises MissingFault or DataFault (a file that cannot be read, or without a field that reads as a question).
    """
    name = benchmark or path.name.split(".")[0]
    found = [item for number, record in enumerate(_records(path)) for item in _items(name, number, record)]
    if not found:
        raise DataFault(f"{path}: no question found: its records need one of the fields {', '.join(QUESTION)}")
    return found


def _items(name: str, number: int, record: object) -> Iterator[Item]:
    if isinstance(record, str):
        yield Item(name, number, record)
    if not isinstance(record, dict):
        return
    fields = {str(key).lower(): value for key, value in record.items()}
    question = _text(fields, QUESTION)
    extra = _text(fields, ("input",)) if "instruction" in fields else ""
    whole = f"{question}\n{extra}" if extra else question
    choices = _text(fields, CHOICES)
    answer = _text(fields, ANSWER)
    if whole and (not choices or len(whole.split()) >= WORDS):
        yield Item(name, number, whole)
    if choices and whole:
        yield Item(name, number, f"{whole}\n{choices}")
    if len(answer.split()) >= ANSWER_WORDS:
        yield Item(name, number, answer)


def _text(fields: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := _flat(fields.get(name)))), "")


def _flat(value: object) -> str:
    """A field's text: a string as it is, the texts of a list or of an object's values one a line."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        return "\n".join(filter(None, map(_flat, value.get("text", value).values() if "text" not in value else [value["text"]])))
    if isinstance(value, list):
        return "\n".join(filter(None, map(_flat, value)))
    return ""


def _records(path: Path) -> list[Any]:
    if not path.is_file():
        raise MissingFault(f"{path}: no such benchmark file")
    raw = path.read_bytes()
    if raw[:4] == b"PAR1":
        import pyarrow.parquet as pq

        return pq.read_table(io.BytesIO(raw)).to_pylist()
    try:
        raw = _unpacked(raw).removeprefix(b"\xef\xbb\xbf")
        if raw.lstrip()[:1] not in (b"{", b"["):
            return list(csv.DictReader(io.StringIO(raw.decode(), newline="")))
        return _json(raw)
    except (OSError, EOFError, ValueError, csv.Error) as fault:
        raise DataFault(f"{path}: cannot be read as a benchmark ({fault})") from fault


def _unpacked(raw: bytes) -> bytes:
    if raw[:2] == b"\x1f\x8b":
        return gzip.decompress(raw)
    if raw[:4] == b"\x28\xb5\x2f\xfd":
        import zstandard

        with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(raw), read_across_frames=True) as stream:
            return stream.read()
    return raw


def _json(raw: bytes) -> list[Any]:
    try:
        whole = orjson.loads(raw)
    except ValueError:
        return [orjson.loads(line) for line in raw.split(b"\n") if line.strip()]
    if isinstance(whole, dict):
        lists = [whole[name] for name in EXAMPLES if isinstance(whole.get(name), list)]
        return lists[0] if lists else [whole]
    return whole if isinstance(whole, list) else [whole]
