"""What a file is: its container, and the format of its records, told by records from all over it.

A small file is decoded once. A large plain one is looked into at places spread over it, each from the next record's beginning;
of a packed one the same is kept while the pass that proves its stream sound goes through it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from sources import csvs, spans, tabular, wrapping
from sources.cutter import Cutter
from sources.detect import Guess, Spread, beside, guess, load, spread
from sources.file import File
from sources.foreign import holds_json
from sources.kinds import HEAD, Corrupt, Where, columnar, compression
from sources.plain import Plain
from sources.records import CONTAINERS, Record, container, head, records
from sources.streams import chunks
from sources.turns import is_turn

_SMALL = 8 << 20  # a file up to this size is decoded once: looked at and then read
_PLACES, _WINDOW, _EACH = 32, 256 << 10, 2  # where a larger one is looked into, how many bytes there, how many records of them
_FIRST = 8  # records looked at where none ends within its window
_NEAR = 64 << 20  # bytes of them: decoded, they take several times as much; a file of one record is looked into
_TABLE = 4096  # rows of a large table looked at
_NEW_LINE = re.compile(rb"\n(?=[{\[])")


@dataclass(frozen=True)
class Opened:
    """A file whose container and format are known; `records()` reads it from the first on, as often as one likes."""

    container: str
    mode: int | None  # how `records` reads it
    guess: Guess
    beside: tuple[str, ...]  # formats of records seen that the file's own format does not know
    broken: Corrupt | None  # what is wrong with the compressed stream
    records: Callable[..., Iterable[Record]]  # given a format's PLAIN, threads that are plain come taken apart


def opened(file: File) -> Opened:
    """Look over the whole file and say what it is; a piece is what its file is. A pinned format is taken at its word."""
    if file.end is None:
        return _opened(file.where, file.format)
    known = file.path.stat()
    whole = _whole(file.path, file.format, known.st_size, known.st_mtime_ns)
    end = file.end if file.end < known.st_size else None
    return replace(whole, records=lambda plain=None: records(file.path, whole.mode, file.start, end, file.first, plain))


@lru_cache(maxsize=16)
def _whole(path: Path, pinned: str | None, _size: int, _changed: int) -> Opened:
    """The file that pieces are of, without its records."""
    return replace(_opened(path, pinned), records=list)


def _opened(where: Where, pinned: str | None) -> Opened:
    mode = container(first := head(where))
    if mode == spans.ARRAY and _is_one_talk(where):
        mode = spans.VALUES
    table = mode is None and tabular.is_table(first)
    name = "csv" if table else CONTAINERS[mode]

    def stream(plain: Plain | None = None) -> Iterator[Record]:
        return (Record(n, *item) for n, item in enumerate(csvs.items(where))) if table else records(where, mode, plain=plain)

    windows, size, broken = _windows(where)
    held = list(stream()) if size <= _SMALL or (mode is None and not table) else None
    values = [] if held is not None or mode is None else _glimpsed(windows, mode)
    if not values:
        near, ended = (held, True) if held is not None else _near(stream(), _TABLE if table else _FIRST)
        values = spread(record.value for record in near if not record.fault)
        held = near if ended and not table else held
    found = Guess(pinned, 1.0, []) if pinned and load(pinned) else guess(values)
    if held and len(held) == 1 and mode in (spans.LINES, spans.VALUES) and not held[0].fault:
        held, inner = _lone(held[0], found, pinned)
        if inner is not None:
            name, values, found = "object", inner, found if pinned else guess(inner)
    if held and not found.format and values and all(isinstance(value, str) and holds_json(value) for value in values):
        held = [
            _unread(record, "a text that holds JSON, encoded twice: `jq -c '.[] | fromjson'` writes it anew") for record in held
        ]
    others = () if pinned else beside(found.format, values)
    return Opened(name, mode, found, others, broken, stream if held is None else lambda plain=None: held)


def _near(stream: Iterable[Record], most: int) -> tuple[list[Record], bool]:
    """The first records, fewer where they are huge, and whether the file has no others."""
    near: list[Record] = []
    left = _NEAR
    for record in stream:
        near.append(record)
        left -= len(record.raw)
        if len(near) == most or left < 0:
            return near, False
    return near, True


def _windows(where: Where) -> tuple[list[bytes], int, Corrupt | None]:
    """Bytes from places all over a file, the first from its beginning; its size; and whether its stream is broken."""
    with where.open("rb") as handle:
        first = handle.read(HEAD)
        if isinstance(where, Path) and compression(first) == "plain" and not columnar(first):
            size = handle.seek(0, 2)
            places = range(0, size, max(_WINDOW, size // _PLACES)) if size > _SMALL else ()
            return [handle.read(_WINDOW) for place in places if handle.seek(place) == place], size, None
    kept, size = Spread(), 0
    try:
        for chunk in chunks(where):
            kept.add(chunk[:_WINDOW])
            size += len(chunk)
    except Corrupt as broken:
        return kept.items, size, broken
    return kept.items, size, None


def _glimpsed(windows: list[bytes], mode: int) -> list[Any]:
    """The values of the first records that are whole in each window."""
    values: list[Any] = []
    for place, window in enumerate(windows):
        cutter = Cutter(mode)
        cutter.feed(_begun(window, mode, values) if place else window)
        values += islice((record.value for record in cutter.whole() if not record.fault), _EACH)
    return values


def _begun(window: bytes, mode: int, known: list[Any]) -> bytes:
    """The window from where a record begins: after a newline; in an array where an element opens with the key of the others."""
    if mode != spans.ARRAY:
        found = _NEW_LINE.search(window)
        return window[found.end() :] if found else b""
    key = next(iter(known[0]), None) if known and isinstance(known[0], dict) else None
    found = re.search(rb",\s*(?=\{\s*%b\s*:)" % re.escape(orjson.dumps(key)), window) if key is not None else None
    return b"[" + window[found.end() :] if found else b""


def _lone(record: Record, found: Guess, pinned: str | None) -> tuple[list[Record], list[Any] | None]:
    """What a file of one record holds, and a sample of the values of the records inside it where there are such."""
    if not pinned and wrapping.is_columns(record.value):
        return [_unread(record, "each of its fields is a column: write one object a record")], None
    if found.format and load(found.format).looks(record.value) > 0:
        return [record], None
    if inner := wrapping.unwrapped(record, pinned):
        return inner, spread(record.value for record in inner)
    if found.format is None:
        return [_unread(record, wrapping.strange(record.value))], None
    return [record], None


def _unread(record: Record, why: str) -> Record:
    return record if record.fault else record._replace(value=None, fault="unknown_shape", detail=why)


def _is_one_talk(where: Where) -> bool:
    """Whether an array's elements are the turns of one conversation."""
    first = [record for record in islice(records(where, spans.ARRAY), 3) if not record.fault]
    return bool(first) and all(is_turn(record.value) for record in first)
