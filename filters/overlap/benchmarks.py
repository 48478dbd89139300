"""Benchmark files as items to look for: a JSON array, JSON lines, CSV or Parquet; plain, gzip or zstd; told by content.

A record's fields are told apart by the names that public benchmarks use. Its question is one item, with its choices
another (many a question is "Which is true?" without them), each further turn of it a third; a worked answer is an item
of the other side. A program that goes on where the question ends is looked for together with it. All bear the record's
number.
"""

import csv
import gzip
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from schemas.faults import DataFault, MissingFault

QUESTIONS = (
    "question", "problem", "instruction", "prompt", "input", "query", "turns", "goal", "ctx", "sentence", "question_content",
    "text", "messages", "conversation",
)  # fmt: skip
CHOICES = ("choices", "options", "endings", "candidates")
LETTERED = (("a", "b", "c", "d", "e"), ("sol1", "sol2"), ("option1", "option2"), ("ending0", "ending1", "ending2", "ending3"))
PROGRAMS = ("canonical_solution",)  # goes on where the question ends
ANSWERS = ("answer", "solution", "code", "target", "reference", "best answer", "rationale", "explanation")
EXAMPLES = ("examples", "data", "questions", "rows", "problems")  # where an object holds the records
QUESTION, ANSWER = "question", "answer"  # the sides
WORDS = 8  # a question of fewer words is looked for only with its choices, where it has any; a further turn not at all
ANSWER_WORDS = 40  # an answer of fewer words is common knowledge ("Mercury, Venus, ..."), no trace of the benchmark
_NAMELESS = {"test", "train", "dev", "val", "validation", "data", "question", "questions", "problems", "input_data"}
_WORKINGS = re.compile("<<[^<>]*>>")  # GSM8K's calculator: in its own answers, and in few copies of them


class Item(NamedTuple):
    """One text to look for, the side it belongs to, and the benchmark record that it comes from."""

    benchmark: str
    number: int
    side: str
    text: str


def items(path: Path, benchmark: str | None = None) -> list[Item]:
    """Items of a benchmark file, in its order; the benchmark is called by `called` unless given.

    Raises MissingFault or DataFault (a file that cannot be read, or without a field that reads as a question).
    """
    name = benchmark or called([path])[0]
    found = [item for number, record in enumerate(_records(path)) for item in _items(name, number, record)]
    if not any(item.side == QUESTION for item in found):
        raise DataFault(f"{path}: no question found: its records need one of the fields {', '.join(QUESTIONS)}")
    return found


def called(paths: list[Path]) -> list[str]:
    """A name for every file: its own, with a folder's before it where it says nothing (test.jsonl) or is not the only one."""
    names = [path.name.split(".")[0] for path in paths]
    names = [f"{_folder(path)}-{name}" if name in _NAMELESS else name for path, name in zip(paths, names, strict=True)]
    return [f"{_folder(path)}-{name}" if names.count(name) > 1 else name for path, name in zip(paths, names, strict=True)]


def _folder(path: Path) -> str:
    """The nearest folder whose name says something, of the nearest three."""
    near = [parent.name for parent in path.parents[:3]]
    return next((name for name in near if name not in _NAMELESS), near[0])


def _items(name: str, number: int, record: object) -> Iterator[Item]:
    if isinstance(record, str):
        yield Item(name, number, QUESTION, record)
    if not isinstance(record, dict):
        return
    fields = {str(key).lower(): value for key, value in record.items()}
    turns = _question(fields)
    whole, choices = turns[0] if turns else "", _choices(fields)
    if whole and (not choices or len(whole.split()) >= WORDS):
        yield Item(name, number, QUESTION, whole)
    if choices and whole:
        yield Item(name, number, QUESTION, f"{whole}\n{choices}")
    for turn in turns[1:]:
        if len(turn.split()) >= WORDS:
            yield Item(name, number, QUESTION, turn)
    for answer in _answers(fields, whole):
        if len(answer.split()) >= ANSWER_WORDS:
            yield Item(name, number, ANSWER, answer)


def _question(fields: dict[str, Any]) -> list[str]:
    """What is asked, a turn each: of a list of messages the user's."""
    found = next((value for name in QUESTIONS if _flat(value := fields.get(name))), "")
    if isinstance(found, list):
        told = [turn for turn in found if not isinstance(turn, dict) or turn.get("role", "user") == "user"]
        return list(filter(None, map(_flat, told)))
    extra = _flat(fields.get("input")) if "instruction" in fields else ""
    return [f"{_flat(found)}\n{extra}" if extra else _flat(found)]


def _choices(fields: dict[str, Any]) -> str:
    each = ["\n".join(_flat(fields[name]) for name in names if name in fields) for names in LETTERED if names[1] in fields]
    return next(filter(None, [*(_flat(fields.get(name)) for name in CHOICES), *each]), "")


def _answers(fields: dict[str, Any], whole: str) -> list[str]:
    program = next(filter(None, (fields.get(name) for name in PROGRAMS)), "")
    answer = next(filter(None, (_flat(fields.get(name)) for name in ANSWERS)), "")
    found = [f"{whole}\n{program}"] if isinstance(program, str) and program else []
    return list(dict.fromkeys([*found, answer, _WORKINGS.sub("", answer)]))


def _flat(value: object) -> str:
    """A field's text: a string as it is, the texts of a list or of an object's values one a line."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        return _flat(value["text"] if "text" in value else value["content"] if "content" in value else list(value.values()))
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
