"""Bytes of a container, as they come, to its records: what is whole is parsed, what is broken ends where the next one begins."""

from collections.abc import Generator, Iterable, Iterator
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

from sources import mending, spans, strict
from sources.foreign import KEPT
from sources.plain import Chunk, Plain, Run
from sources.strokes import Ints

LONGEST = 64 << 20  # bytes of one record
BATCH = 1 << 14
_LOOKED = 32  # first good records that show what records look like; the last one before a broken one does too
_OVERLAP = 1 << 10  # a record's beginning may lie across two pieces
_WHITE = b" \r\n\t"


class Record(NamedTuple):
    """One record; `value` is its decoded JSON unless `fault` names why it has none."""

    number: int
    offset: int  # bytes from the start of the decompressed file
    raw: bytes
    value: Any  # or the Run that begins here, where plain threads were asked for
    fault: str | None
    detail: str | None
    flags: tuple[str, ...] = ()  # what the strict parser mended: controls_removed, surrogates_replaced


_UNREAD = Record(0, 0, b"", None, None, None)


def _value(known: Any) -> Any:
    """A record's value, from the value or its bytes."""
    return strict.decode(known, 0) if isinstance(known, bytes) else known


class Cutter:
    """A buffer over the file: the place reached in it, how things stand there, and what good records look like."""

    def __init__(self, mode: int, base: int = 0, number: int = 0, blind: bool = False, plain: Plain | None = None) -> None:
        self.mode, self.base, self.number, self.blind, self.plain = mode, base, number, blind, plain
        self.buffer, self.place, self.broken, self.marks = b"", 0, -1, 0
        self.opened = spans.BEFORE
        self.held: list[bytes] = []
        self.fellows = mending.Fellows()
        self.before: Any = None  # the good record that came last, or its bytes where nobody parsed it
        self.joined: Any = None  # the same, of those that stand together with nothing between them
        self.lost = False  # in a record that is too long
        self.spans = np.empty((3, BATCH), np.int64)

    def feed(self, piece: bytes, now: bool = False) -> bool:
        """Take more bytes. A record longer than a window waits until the buffer has doubled, so that time stays linear."""
        self.held.append(piece)
        held, left = sum(map(len, self.held)), len(self.buffer) - self.place
        if not now and held < left and held + left <= LONGEST:
            return False
        self.base += self.place
        self.buffer, self.held, self.place = b"".join([self.buffer[self.place :], *self.held]), [], 0
        return True

    def whole(self, ended: bool = False) -> Iterator[Record]:
        """The records that are whole in the buffer."""
        while not self.lost or self.found(ended):
            data = np.frombuffer(self.buffer, np.uint8)
            count, place, opened, self.broken = spans.cut(data, self.place, self.mode, self.opened, self.spans)
            self.marks = int(self.spans[2, count]) if self.broken >= 0 else 0
            yield from self.read(count)
            if self.lost:
                continue
            self.place, self.opened = place, opened
            long = len(self.buffer) - place > LONGEST
            if self.broken < 0 and count == BATCH:
                continue
            if self.mode == spans.LINES and long:
                yield self.overlong()
            elif self.mode != spans.LINES and (self.broken >= 0 or long or (ended and place < len(self.buffer))):
                again = yield from self.mend(ended, long)
                if not again:
                    return
            else:
                return

    def mend(self, ended: bool, long: bool) -> Generator[Record, None, bool]:
        """Give up the record that stands at `place`, if the next one can be told; returns whether to go on."""
        if self.before is not None:
            self.fellows.learn(_value(self.before))
        end, again = mending.resume(self.buffer, self.place, ended or long, self.fellows)
        if again >= 0:
            yield self.bad(self.place, end)
            self.place, self.opened = again, spans.INSIDE
        elif long and not ended:
            yield self.overlong()
        else:
            return False
        return True

    def read(self, count: int) -> Iterator[Record]:
        """The records between the places that the kernel found."""
        if self.blind and len(self.buffer) <= LONGEST:
            yield from repeat(_UNREAD, count)
            return
        found = self.spans[:, :count]
        over = np.flatnonzero(found[1] - found[0] > LONGEST).tolist() if self.mode == spans.LINES else []
        found = found[:, : over[0]] if over else found
        if self.plain and found.size:
            yield Record(self.number, self.base, b"", self.run(found, self.plain), None, None)
        else:
            yield from self.each(found, range(found.shape[1]))
        if over:
            self.place = int(self.spans[0, over[0]])
            yield self.overlong()

    def run(self, found: Ints, plain: Plain) -> Run:
        """All of them at once, the plain ones as columns. The first good ones of a file are not taken so: the cutter learns."""
        may = (found[2] & spans.GLUED) == 0
        may[: max(0, _LOOKED - self.fellows.seen)] = False
        first, last = self.number, found.shape[1] - 1
        run = Chunk(self.buffer, found, plain).run(first, self.base, may)
        run.others.extend(self.each(found, np.delete(np.arange(last + 1), run.at).tolist()))
        if len(run.at):
            raw = self.raw(found, int(run.at[-1]))
            self.joined = raw if run.at[-1] == last else self.joined
            good = next((record.number - first for record in reversed(run.others) if not record.fault), -1)
            self.before = raw if run.at[-1] > good else self.before
        return run

    def raw(self, found: Ints, at: int) -> bytes:
        """The bytes of one of them."""
        return self.buffer[found[0, at] : found[1, at]]

    def each(self, found: Ints, which: Iterable[int]) -> Iterator[Record]:
        """Some of them, one by one."""
        first, then, young, places = self.number, 0, self.fellows.seen < _LOOKED, found.T.tolist()
        for at in which:
            if at > then:
                self.joined = self.raw(found, at - 1)
            then, self.number = at + 1, first + at
            start, end, marks = places[at]
            raw = self.buffer[start:end]
            if not marks & spans.GLUED:
                self.joined = None
            try:
                value, flags = strict.told(raw, marks & ~spans.GLUED)
                if marks & spans.SPLIT:
                    raise strict.Refused("json_syntax", "the record goes on over the end of its line")
                if marks & spans.GLUED and not mending.alike(_value(self.joined), value):
                    raise strict.Refused("json_syntax", "no comma or new line before it, and not like the record that is there")
            except strict.Refused as error:
                yield self.fault(start, end, error.reason, error.detail)
                continue
            self.joined = self.before = value
            if young:
                self.fellows.learn(value)
                young = self.fellows.seen < _LOOKED
            yield Record(self.number, self.base + start, raw, value, None, None, flags)
        self.number = first + found.shape[1]

    def overlong(self) -> Record:
        """Give up a record that outgrew LONGEST."""
        self.lost, kept = True, min(KEPT, LONGEST)
        detail = f"longer than {LONGEST:,} bytes; the first {kept:,} are kept"
        return self.fault(self.place, self.place + kept, "too_long", detail)

    def found(self, ended: bool) -> bool:
        """Whether the bytes at hand tell where the record behind one that was too long begins."""
        if self.mode == spans.LINES:
            line = spans.opening(np.frombuffer(self.buffer, np.uint8), self.place, True)
            again = line + 1 if line >= 0 else mending.NONE
        else:
            last = ended or len(self.buffer) - self.place > LONGEST
            _, again = mending.resume(self.buffer, self.place, last, self.fellows)
        if again >= 0:
            self.lost, self.place, self.opened = False, again, spans.INSIDE
        elif again == mending.NONE:
            self.place = max(self.place, len(self.buffer) - _OVERLAP)
        return not self.lost

    def tail(self) -> Iterator[Record]:
        """At the end of the file: what is left over."""
        start, end = self.place, len(self.buffer)
        tail, array = self.buffer[start:].strip(_WHITE), self.mode == spans.ARRAY
        if self.lost or (not tail and (not array or self.opened in (spans.BEFORE, spans.CLOSED))):
            return
        if array and self.opened in (spans.BEFORE, spans.CLOSED):
            yield self.fault(start, end, "json_syntax", "these bytes follow the end of the array")
        elif self.broken >= 0:
            yield self.bad(start, self.buffer.rindex(b"]") if array and tail.endswith(b"]") else end)
        elif not array:
            yield self.bad(start, end)
        elif tail and (last := self.alone(start, end)):
            yield last
            yield self.fault(end, end, "truncated", "the file ends inside the array")
        else:
            yield self.fault(start, end, "truncated", "the file ends inside the array")

    def alone(self, start: int, end: int) -> Record | None:
        """The record between two places, if it is a good one."""
        text = self.buffer[start:end].lstrip(_WHITE)
        try:
            value, flags = strict.told(raw := text.rstrip(_WHITE), spans.DUPLICATE)
        except strict.Refused:
            return None
        self.number += 1
        return Record(self.number - 1, self.base + end - len(text), raw, value, None, None, flags)

    def bad(self, start: int, end: int) -> Record:
        """A record that is known to be broken, with the parser's reason."""
        try:
            strict.slow(self.buffer[start:end].strip(_WHITE), self.marks)
        except strict.Refused as error:
            return self.fault(start, end, error.reason, error.detail)
        return self.fault(start, end, "json_syntax", "it opens like a record and does not end like one")

    def fault(self, start: int, end: int, reason: str, detail: str) -> Record:
        """A record that cannot be read."""
        raw = self.buffer[start:end].lstrip(_WHITE)
        self.number += 1
        return Record(self.number - 1, self.base + end - len(raw), raw.rstrip(_WHITE), None, reason, detail)
