"""The one door for bytes: a file's records, counted from 0, each with its offset, its bytes, and its value or its fault.

The container is told by content: JSON lines, one JSON array (streamed), or JSON values one after the other, over as many
lines as they like. A bad record costs its neighbours nothing: a line ends where the next one opens a record, and a broken
element or value ends where `mending` finds the next one.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson

from sources import foreign, mending, spans, strict
from sources.cutter import Cutter, Record
from sources.kinds import Where
from sources.plain import Plain
from sources.streams import Corrupt, chunks
from sources.turns import is_turn

__all__ = ["CONTAINERS", "Record", "container", "count", "head", "inside", "records"]

_LINES_SEEN = 64  # lines that tell whether a file is one of lines
_AROUND, _ALL_AROUND = 4096, 64 << 20  # bytes of fields around lists of records that one record gets, and all of them
_SPARE = 64  # places in an object that may only look like the list that is sought
CONTAINERS = {spans.LINES: "lines", spans.ARRAY: "array", spans.VALUES: "values", None: "unknown"}


def container(head: bytes) -> int | None:
    """LINES, ARRAY or VALUES, from the first bytes of a file; None for what is no JSON at all."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        return spans.LINES
    if foreign.is_utf16(text):
        return None
    *lines, last = [line.strip() for line in text.split(b"\n", _LINES_SEEN)]
    lines = [
        line for line in ([*lines, last] if not lines or _value(last) is not None else lines) if line
    ]  # the head may cut the last
    read = [_is_record(line.removesuffix(b",")) for line in lines]
    if text[:1] == b"[":
        many = 2 * sum(read if read[0] else map(_is_list, lines)) > len(lines) > 1
        return spans.LINES if many else spans.ARRAY
    if (read[0] and 2 * sum(read) > len(lines) > 1) or (any(read) and 2 * sum(map(_alone, lines)) >= len(lines)):
        return spans.LINES
    return spans.VALUES if text[:1] == b"{" or (b"\0" not in text[:256] and _goes_on(text)) else None


def records(  # noqa: PLR0917 - where to read, and how
    where: Where, mode: int | None, start: int = 0, end: int | None = None, first: int = 0, plain: Plain | None = None
) -> Iterator[Record]:
    """Every record of the file in order, read as the container `mode` says. Memory is bounded by LONGEST.

    `start` and `end` cut a piece out of a plain file, at the beginnings of records; the first of them has the number `first`.
    A piece of an array goes from behind a comma to before another: with brackets around it, it is an array.
    """
    if mode is None:
        return iter([Record(first, *foreign.record(where))])
    return _cut(where, Cutter(mode, start, first, plain=plain), start, end)


def head(where: Where) -> bytes:
    """The first 256 KiB or so of the decompressed file, or what there is before it breaks."""
    try:
        return next(chunks(where), b"")[: 1 << 18]
    except Corrupt:
        return b""


def inside(record: Record, keys: list[str]) -> list[Record] | None:
    """The elements of the lists that an object has under `keys`, as records of their own, or None where they are not found.

    Each gets the fields that stand around the lists and, of several lists, its own one's name as `split`; its own names win.
    What is too long for that is left out, and the flag `around_left_out` says so. A benchmark's canary is nobody's field.
    """
    around = {name: held for name, held in record.value.items() if name not in {"canary", *keys} and held not in ([], {})}
    told: dict[str, Any] = {}
    room = min(_AROUND, _ALL_AROUND // sum(len(record.value[key]) for key in keys))
    for name, held in around.items():
        if (size := len(name) + len(orjson.dumps(held))) <= room:
            told[name] = held
            room -= size
    flags = () if len(told) == len(around) else ("around_left_out",)
    items: list[Record] = []
    place, spare = 0, _SPARE
    for key in keys:
        own = told if len(keys) == 1 else {"split": key, **told}
        found, place, spare = _elements(record, key, len(items), place, spare)
        if found is None:
            return None
        items += [item._replace(value=_with(item.value, own), flags=(*item.flags, *flags)) for item in found]
    return items


def _elements(record: Record, key: str, number: int, place: int, spare: int) -> tuple[list[Record] | None, int, int]:
    """The elements under a key, sought from a place on; where they end; and how many wrong places are still free."""
    named = b"|".join(map(re.escape, (orjson.dumps(key), json.dumps(key).encode())))
    for found in re.compile(rb"(?:%b)\s*:\s*(?=\[)" % named).finditer(record.raw, place):
        cutter = Cutter(spans.ARRAY, record.offset + found.end(), number)
        cutter.feed(record.raw[found.end() :])
        items = list(cutter.whole())
        if [item.value for item in items] == record.value[key]:
            return items, items[-1].offset - record.offset + len(items[-1].raw), spare
        if not (spare := spare - 1):
            break
    return None, place, spare


def _with(value: Any, around: dict[str, Any]) -> Any:
    return {**value, **{name: held for name, held in around.items() if name not in value}} if isinstance(value, dict) else value


def count(where: Where, start: int = 0, end: int | None = None) -> int:
    """How many records a piece of a file of lines has, from the beginning of one on; none is decoded."""
    return sum(1 for _ in _cut(where, Cutter(spans.LINES, start, blind=True), start, end))


def _cut(where: Where, cutter: Cutter, start: int = 0, end: int | None = None) -> Iterator[Record]:
    array = cutter.mode == spans.ARRAY
    if array and start:
        cutter.base -= 1
        cutter.feed(b"[")
    try:
        for piece in chunks(where, start, end):
            if cutter.feed(piece):
                yield from cutter.whole()
    except Corrupt as broken:
        cutter.feed(b"", now=True)
        yield from cutter.whole(ended=True)
        yield cutter.fault(cutter.place, len(cutter.buffer), broken.reason, broken.detail)
    else:
        cutter.feed(b"\n" if not array else b"" if end is None else b"]", now=True)
        yield from cutter.whole(ended=True)
        yield from cutter.tail()


def _value(line: bytes) -> Any:
    """The object or list that a line is; None where it is none."""
    if line[:1] + line[-1:] not in (b"{}", b"[]"):
        return None
    try:
        return strict.decode(line, 0)
    except strict.Refused:
        return None


def _is_record(line: bytes) -> bool:
    """Whether a line is a record: an object, or a list, but no list of records, which is an array."""
    value = _value(line)
    array = isinstance(value, list) and value and isinstance(value[0], dict) and not is_turn(value[0])
    return value is not None and not array


def _is_list(line: bytes) -> bool:
    return line[:1] == b"[" and _is_record(line)


def _goes_on(text: bytes) -> bool:
    """Whether records follow, each right after the other, on a beginning that is none."""
    _, again = mending.resume(text, -1, True, mending.Fellows())
    if again < 0:
        return False
    found = np.empty((3, _LINES_SEEN), np.int64)
    count, *_ = spans.cut(np.frombuffer(text, np.uint8), again, spans.VALUES, spans.INSIDE, found)
    starts, ends = found[0, :count], found[1, :count]
    opens = all(text[start] in b"{[" for start in starts)
    return bool(count > 1 and opens and 2 * (ends - starts).sum() >= ends[-1])


def _alone(line: bytes) -> bool:
    """Whether a line seems a record for itself, be it broken: it opens one, and none of its parts goes on in the next line."""
    return line[:1] in b"{[" and line[-1:] not in b",{[:"
