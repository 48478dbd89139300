"""The one door for bytes: a file's records, counted from 0, each with its offset, its bytes, and its value or its fault.

The container is told by content: JSON lines, one JSON array (streamed), or JSON values one after the other, over as many
lines as they like. A bad record costs its neighbours nothing: where a broken element of an array swallows what follows, it
is cut off where the next element that looks like the others begins.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import orjson

from sources import foreign, spans, strict
from sources.kinds import Where
from sources.streams import Corrupt, chunks

LONGEST = 64 << 20  # bytes of one record
_BATCH = 1 << 14
_LINES_SEEN = 64  # lines that tell whether a file is one of lines
_NEXT = re.compile(rb',\s*(?=\{\s*"((?:[^"\\]|\\.)*)"\s*:)')
_FIRST = re.compile(rb'\s*\{\s*"((?:[^"\\]|\\.)*)"')
_TRIES, _REACH = 1000, 1 << 20  # how often, and over how many bytes each, the next whole element is sought
CONTAINERS = {spans.LINES: "lines", spans.ARRAY: "array", spans.VALUES: "values", None: "unknown"}


Item = tuple[int, bytes, Any, Any, Any]  # a Record without its number


class Record(NamedTuple):
    """One record; `value` is its decoded JSON unless `fault` names why it has none."""

    number: int
    offset: int  # bytes from the start of the decompressed file
    raw: bytes
    value: Any
    fault: str | None
    detail: str | None
    flags: tuple[str, ...] = ()  # what the strict parser mended: controls_removed, surrogates_replaced


def container(head: bytes) -> int | None:
    """LINES, ARRAY or VALUES, from the first bytes of a file; None for what is no JSON at all."""
    body = head.removeprefix(b"\xef\xbb\xbf")
    text = body.lstrip()
    if not text:
        return spans.LINES
    if text[:1] not in b'{["-0123456789tfn' or text[1:2] == b"\0":
        return None
    *lines, last = [line.strip() for line in text.split(b"\n", _LINES_SEEN)]
    lines = [line for line in ([*lines, last] if not lines or _reads(last) else lines) if line]  # the head may cut the last
    whole = sum(_reads(line) for line in lines)
    if text[:1] == b"[":
        return spans.LINES if len(lines) > 1 and whole * 2 > len(lines) else spans.ARRAY
    if whole and 2 * sum(_alone(line) for line in lines) >= len(lines):
        return spans.LINES
    return spans.VALUES if text[:1] == b"{" else None


def records(where: Where, mode: int | None, start: int = 0, end: int | None = None, first: int = 0) -> Iterator[Record]:
    """Every record of the file in order, read as the container `mode` says. Memory is bounded by LONGEST.

    `start` and `end` cut a piece out of a plain file, at the beginnings of records; the first of them has the number `first`.
    """
    items = _items(where, mode, start, end) if mode is not None else iter([foreign.record(where)])
    return (Record(number, *item) for number, item in enumerate(items, first))


def head(where: Where) -> bytes:
    """The first 256 KiB or so of the decompressed file, or what there is before it breaks."""
    try:
        return next(chunks(where), b"")[: 1 << 18]
    except Corrupt:
        return b""


def inside(record: Record, key: str) -> list[Record] | None:
    """The elements of the list that an object has under `key`, as records of their own, or None where they are not found."""
    for found in re.finditer(rb"%b\s*:\s*(?=\[)" % re.escape(orjson.dumps(key)), record.raw):
        cutter = Cutter(spans.ARRAY, record.offset + found.end())
        cutter.feed(record.raw[found.end() :])
        items = list(cutter.whole())
        if [item[2] for item in items] == record.value[key]:
            return [Record(number, *item) for number, item in enumerate(items)]
    return None


def _reads(line: bytes) -> bool:
    if line[:1] + line[-1:] not in (b"{}", b"[]"):
        return False
    try:
        return isinstance(strict.decode(line, 0), dict | list)
    except strict.Refused:
        return False


def _alone(line: bytes) -> bool:
    """Whether a line seems a record for itself, be it broken: it opens one, and none of its parts goes on in the next line."""
    return line[:1] in b"{[" and line[-1:] not in b",{[:"


def _items(where: Where, mode: int, start: int, end: int | None) -> Iterator[Item]:
    cutter, broken = Cutter(mode, start), None
    stream = chunks(where, start, end)
    while True:
        try:
            piece = next(stream, None)
        except Corrupt as error:
            broken, piece = error, None
        if piece is None:
            break
        if cutter.feed(piece):
            yield from cutter.whole()
            yield from cutter.overlong()
    if broken:
        cutter.feed(b"", now=True)
        yield from cutter.whole()
        yield cutter.fault(cutter.place, len(cutter.buffer), broken.reason, broken.detail)
    else:
        cutter.feed(b"" if mode == spans.ARRAY else b"\n", now=True)
        yield from cutter.whole()
        yield from cutter.overlong()
        yield from cutter.rest()


class Cutter:
    """A buffer over the file: the place reached in it, the array's state, and the keys that good records have."""

    def __init__(self, mode: int, base: int = 0) -> None:
        self.mode, self.base = mode, base
        self.buffer, self.place, self.opened = b"", 0, spans.BEFORE
        self.held: list[bytes] = []
        self.known: frozenset[str] = frozenset()
        self.lost = False
        self.spans = np.empty((3, _BATCH), np.int64)

    def feed(self, piece: bytes, now: bool = False) -> bool:
        """Take more bytes. A record longer than a window waits until the buffer has doubled, so that time stays linear."""
        if not self.base and not self.place and not self.buffer and not self.held:
            bom = len(piece) - len(piece.removeprefix(b"\xef\xbb\xbf"))
            piece, self.base = piece[bom:], bom
        self.held.append(piece)
        if not now and sum(map(len, self.held)) < len(self.buffer) - self.place:
            return False
        self.base += self.place
        self.buffer, self.held, self.place = b"".join([self.buffer[self.place :], *self.held]), [], 0
        return True

    def whole(self) -> Iterator[Item]:
        """The records that are whole in the buffer."""
        data, full = np.frombuffer(self.buffer, np.uint8), True
        while full and not self.lost:
            count, place, opened = spans.cut(data, self.place, self.mode, self.opened, self.spans)
            full, self.opened = count == _BATCH, opened
            for start, end, marks in self.spans[:, :count].T.tolist():
                item = self.decoded(start, end, marks)
                if item[3] and (again := self.mend(start, end)):
                    item, place, full, self.opened = self.fault(start, again[0], *item[3:]), again[1], True, spans.INSIDE
                    yield item
                    break
                yield item
            self.place = place

    def rest(self) -> Iterator[Item]:
        """At the end of the file: what is whole, and then what is left over."""
        yield from self.whole()
        while not self.lost and ((tail := self.buffer[self.place :].strip()) or self.opened in (spans.FRESH, spans.INSIDE)):
            start, end = self.place, len(self.buffer)
            self.place, state = end, self.opened
            self.opened = spans.CLOSED
            outside = self.mode == spans.ARRAY and state in (spans.BEFORE, spans.CLOSED)
            item = self.decoded(start, end, spans.DUPLICATE) if tail else None
            if outside:
                item = self.fault(start, end, "json_syntax", "these bytes follow the end of the array")
            if item and item[3] and (again := self.mend(start, end)):
                yield self.fault(start, again[0], *item[3:])
                self.place, self.opened = again[1], spans.INSIDE
                yield from self.whole()
                continue
            if item and outside:
                yield item
                return
            if item and not item[3]:
                yield item
                start = end
            if self.mode == spans.ARRAY:
                yield self.fault(start, end, "truncated", "the file ends inside the array")
            elif item and item[3]:
                yield item
            return

    def overlong(self) -> Iterator[Item]:
        """Give up a record that outgrew LONGEST, and go on where the next one begins, if that can be told."""
        if not self.lost:
            if len(self.buffer) - self.place <= LONGEST:
                return
            detail = f"longer than {LONGEST:,} bytes; the first {foreign.KEPT:,} are kept"
            yield self.fault(self.place, self.place + foreign.KEPT, "too_long", detail)
        line = self.buffer.find(b"\n", self.place) if self.mode == spans.LINES else -1
        again = (line, line + 1) if line >= 0 else self.mend(self.place, len(self.buffer))
        self.lost, self.place = not again, again[1] if again else max(self.place, len(self.buffer) - _REACH)
        if again:
            self.opened = spans.INSIDE
            yield from self.whole()

    def mend(self, start: int, end: int) -> tuple[int, int] | None:
        """Where a broken element should have ended and the next one begins: one that reads, with the keys of its fellows."""
        if self.mode != spans.ARRAY:
            return None
        first = _FIRST.match(self.buffer, start)
        keys = {key.encode() for key in self.known} or {first.group(1) if first else b""}
        ahead = list(islice(_NEXT.finditer(self.buffer, start + 1, end), _TRIES))
        found = (m for m in ahead if m.group(1) in keys and self.fits(m.end()))
        anyhow = (m for m in ahead if not self.known and self.fits(m.end()))
        best = next(found, None) or next(anyhow, None)
        return (best.start(), best.end()) if best else None

    def fits(self, begin: int) -> bool:
        """Whether an element that reads and looks like the others begins here."""
        near = self.buffer[begin : begin + _REACH]
        one = np.empty((3, 1), np.int64)
        count, _, _ = spans.cut(np.frombuffer(near, np.uint8), 0, self.mode, spans.INSIDE, one)
        try:
            value = strict.decode(near[: int(one[1, 0])] if count else near, int(one[2, 0]) if count else spans.DUPLICATE)
        except strict.Refused:
            return False
        return isinstance(value, dict) and 2 * len(self.known & set(value)) >= len(self.known | set(value)) * bool(self.known)

    def decoded(self, start: int, end: int, marks: int) -> Item:
        """The record between two places of the buffer."""
        raw = self.buffer[start:end]
        try:
            value = strict.decode(raw, marks)
        except strict.Refused as error:
            return self.fault(start, end, error.reason, error.detail)
        if len(self.known) == 0 and isinstance(value, dict):
            self.known = frozenset(value)
        return self.base + start, raw, value, None, None

    def fault(self, start: int, end: int, reason: str, detail: str) -> Item:
        """A record that cannot be read."""
        raw = self.buffer[start:end].lstrip(b" \r\n\t")
        return self.base + end - len(raw), raw.rstrip(b" \r\n\t"), None, reason, detail
