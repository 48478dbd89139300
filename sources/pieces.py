"""A large plain file cut where records begin, so that several processes read one file.

A line that opens an object or a list always begins a record, and so does what follows a comma between two elements of an array.
The records of each piece are counted by the kernel, and none is decoded, so that every record has the number, and every row the
id, that reading the whole file gives. An array is cut as far as it is sound; what follows its first broken element is one piece.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from io import BufferedReader
from itertools import pairwise

import numpy as np

from sources import spans
from sources.cutter import BATCH, LONGEST
from sources.detect import load
from sources.file import File
from sources.kinds import HEAD, archive, columnar, compression
from sources.opening import opened
from sources.records import count
from sources.streams import chunks
from sources.strokes import Bytes

_REACH = 1 << 20  # bytes read at a time in search of a record's beginning
_BEGINS = re.compile(rb"\n(?=[{\[])")


def pieces(file: File, size: int) -> Iterator[File]:
    """The file in pieces of about `size` bytes; as it is where it is smaller, packed, no array or lines, or must be seen whole.

    Each comes as soon as the records before it are counted, so that the first are read while the others are still sought.
    """
    mode = _mode(file) if file.size > size and not file.member and file.end is None else None
    if mode is None:
        yield file
        return
    for start, end, first in _lines(file, size) if mode == spans.LINES else _elements(file, size):
        yield replace(file, size=end - start, start=start, end=end, first=first)


def _mode(file: File) -> int | None:
    """LINES or ARRAY, for a file that lies on the disk as it is read and whose records need no others."""
    with open(file.path, "rb") as handle:
        head = handle.read(HEAD)
    if compression(head) != "plain" or columnar(head) or archive(head):
        return None
    found = opened(file)
    apart = not (found.guess.format and hasattr(load(found.guess.format), "gather"))
    return found.mode if apart and found.container in ("lines", "array") else None


def _lines(file: File, size: int) -> Iterator[tuple[int, int, int]]:
    """From where to where each piece goes, and the number of its first record."""
    first = 0
    room = np.empty(2 * size + _REACH, np.uint8)  # kept, as new memory costs more than reading into it
    with open(file.path, "rb") as handle:
        for start, end in pairwise(_bounds(handle, file.size, size)):
            yield start, end, first
            if end < file.size:
                known = _counted(handle, start, room[: end - start]) if end - start <= room.size else None
                first += count(file.path, start, end) if known is None else known


def _counted(handle: BufferedReader, start: int, room: Bytes) -> int | None:
    """How many records begin in the bytes that `room` has place for; None where something other than whole lines is there."""
    handle.seek(start)
    if not 0 < room.size <= LONGEST or handle.readinto(room.data) < room.size:
        return None
    room.setflags(write=False)
    found, opened, place, seen, full = np.empty((3, BATCH), np.int64), spans.BEFORE, 0, 0, True
    while full:
        number, place, opened, _ = spans.cut(room, place, spans.LINES, opened, found)
        seen, full = seen + number, number == BATCH
    return seen if place == room.size else None


def _bounds(handle: BufferedReader, whole: int, size: int) -> Iterator[int]:
    """0, the beginnings of records that come next after each `size` bytes, and the end."""
    yield 0
    place = size
    while place < whole:
        handle.seek(place)
        window = handle.read(_REACH)
        if found := _BEGINS.search(window):
            place += found.end()
            yield place
            place += size
        else:
            place += max(1, len(window) - 1)
    yield whole


def _elements(file: File, size: int) -> Iterator[tuple[int, int, int]]:
    """The same for an array: each piece goes from behind a comma to before another."""
    start = first = 0
    for comma, before in _commas(file):
        if comma - start >= size:
            yield start, comma, first
            start, first = comma + 1, before
    yield start, file.size, first


def _commas(file: File) -> Iterator[tuple[int, int]]:
    """Commas between sound objects, a window apart, each with how many elements are before it."""
    room, opened = np.empty((3, BATCH), np.int64), spans.BEFORE
    buffer, base, seen, comma = b"", 0, 0, -1
    for chunk in chunks(file.path):
        buffer, place, full = buffer + chunk, 0, True
        while full:
            number, place, opened, broken = spans.cut(np.frombuffer(buffer, np.uint8), place, spans.ARRAY, opened, room)
            if broken >= 0 or opened == spans.CLOSED or len(buffer) - place > LONGEST:
                return
            if number and comma >= 0:
                yield comma, seen
            seen, full = seen + number, number == BATCH
            if number:
                comma = base + _last(buffer, place) if opened == spans.INSIDE else -1
        base, buffer = base + place, buffer[place:]


def _last(buffer: bytes, place: int) -> int:
    """The last comma before `place`; far below 0 where it stands behind a bracket, which may have closed the array."""
    comma = buffer.rindex(b",", 0, place)
    return comma if buffer[max(0, comma - 256) : comma].rstrip()[-1:] == b"}" else -(1 << 62)
