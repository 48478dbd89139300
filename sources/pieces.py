"""A large plain file of lines, cut where records begin, so that several processes read one file.

A line that opens an object or a list always begins a record, so that is where pieces end. The records of each piece are counted
by the cutter, blind, so that every record has the number, and every row the id, that reading the whole file gives.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import BinaryIO

from sources.detect import load
from sources.kinds import HEAD, archive, columnar, compression
from sources.opening import opened
from sources.places import File
from sources.records import count

_REACH = 1 << 20  # bytes read at a time in search of a record's beginning
_BEGINS = re.compile(rb"\n(?=[{\[])")


def pieces(file: File, size: int) -> Iterator[File]:
    """The file in pieces of about `size` bytes; as it is where it is smaller, packed, no file of lines, or must be seen whole.

    Each comes as soon as the records before it are counted, so that the first are read while the others are still sought.
    """
    if file.size <= size or file.member or file.end is not None or not _is_plain_lines(file):
        yield file
        return
    first = 0
    with open(file.path, "rb") as handle:
        for start, end in pairwise(_bounds(handle, file.size, size)):
            yield replace(file, size=end - start, start=start, end=end, first=first)
            first += count(file.path, start, end) if end < file.size else 0


def _is_plain_lines(file: File) -> bool:
    """Whether each line of the file, as it lies on the disk, is a record for itself, which needs no other."""
    with open(file.path, "rb") as handle:
        head = handle.read(HEAD)
    if compression(head) != "plain" or columnar(head) or archive(head):
        return False
    found = opened(file)
    return found.container == "lines" and not (found.guess.format and hasattr(load(found.guess.format), "gather"))


def _bounds(handle: BinaryIO, whole: int, size: int) -> Iterator[int]:
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
