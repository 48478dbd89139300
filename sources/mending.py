"""Where the next record begins behind a broken one, in an array or among values: it opens like a record, it and what follows
it keep the grammar up to a place where records may end, and it looks more like the other records than like their parts.

Every byte is in one such chain only, so that the search takes time with the length of what is broken.
"""

import re
from functools import partial
from itertools import chain, islice
from typing import Any

import numpy as np

from sources import spans, strict

NONE, WAIT = -1, -2  # there is none; the bytes at hand do not tell
_REACH, _LINKS = 16 << 20, 64  # bytes and records of one chain
_OPENS = rb'\{\s{0,99}"(?:[^"\\]|\\.){0,99}"\s{0,99}:'
_ANCHOR = re.compile(
    rb"\]\s{0,99}\[\s{0,99}(?=%b)|(?:[,\r\n]|(?<=[}\]]))[ \t]{0,99}(?=%b|\[\s{0,99}\{)" % (_OPENS, _OPENS), re.DOTALL
)
_LEARNT, _LAYERS = 16, 4  # records whose keys are known, and parts in each layer of a record


class Fellows:
    """What records look like: their keys, and the keys of the objects in them."""

    def __init__(self) -> None:
        self.whole: list[frozenset[str]] = []
        self.parts: list[set[frozenset[str]]] = []

    def learn(self, value: Any) -> None:
        """Look at one good record; the latest count."""
        self.whole = [_keys(value), *self.whole][:_LEARNT]
        self.parts = [_inner(value), *self.parts][:_LEARNT]

    def like(self, value: Any) -> bool:
        """Whether a value may be a record: it is as much like one as like a part of one."""
        keys = _keys(value)
        return max((_alike(keys, other) for other in self.whole), default=1) >= max(
            (_alike(keys, other) for other in chain.from_iterable(self.parts)), default=0
        )


def resume(data: bytes, start: int, ended: bool, fellows: Fellows) -> tuple[int, int]:
    """(end of the broken record that begins at `start`, where the next one begins); or twice NONE, or twice WAIT."""
    at = start + 1
    while found := _ANCHOR.search(data, at):
        begin, at = found.end(), found.end() + 1
        links, after = _chain(data, begin, ended)
        if after == WAIT:
            return WAIT, WAIT
        if links:
            at = begin + links[-1][1]
        if after == NONE:
            continue
        if (link := _first(data, begin, links, fellows)) is not None:
            end = begin + links[link - 1][1] if link else found.start()
            return end, begin + links[link][0]
    return (NONE, NONE) if ended else (WAIT, WAIT)


def _chain(data: bytes, begin: int, ended: bool) -> tuple[list[list[int]], int]:
    """Whole values from `begin` on, and what follows them: NONE if it shows that they are parts of a record."""
    near = np.frombuffer(data, np.uint8, min(_REACH, len(data) - begin), begin)
    found = np.empty((3, _LINKS), np.int64)
    count, place, _, broken = spans.cut(near, 0, spans.VALUES, spans.INSIDE, found)
    links = found[:, :count].T.tolist()
    if count == _LINKS:
        return links, 0
    if broken < 0:
        last = ended or len(data) - begin > _REACH
        return links, (0 if links else NONE) if last else WAIT
    behind = data[begin + place : begin + place + 1]
    if behind == b"]":
        behind = data[begin + place + 1 : begin + place + 101].lstrip(b" \t\r\n")[:1]
        if not behind and not ended:
            return links, WAIT
    return links, NONE if not links or (behind and behind in b":},]") else 0


def _first(data: bytes, begin: int, links: list[list[int]], fellows: Fellows) -> int | None:
    """The first of some values that may be a record. Where no record is known yet, the last of them shows what one is."""
    values = list(map(partial(_value, data, begin), links))
    if not fellows.whole and len(values) > 1:
        fellows = Fellows()
        fellows.learn(values[-1])
    good = (n for n, value in enumerate(values) if isinstance(value, dict | list) and fellows.like(value))
    return next(good, None)


def _value(data: bytes, begin: int, link: list[int]) -> Any:
    start, end, marks = link
    try:
        return strict.decode(data[begin + start : begin + end], marks)
    except strict.Refused:
        return None


def _keys(value: Any) -> frozenset[str]:
    """The keys of an object, or of the first one in a list."""
    if isinstance(value, list):
        return frozenset(["[]", *(value[0] if value and isinstance(value[0], dict) else ())])
    return frozenset(value) if isinstance(value, dict) else frozenset()


def _inner(value: Any) -> set[frozenset[str]]:
    """The keys of the objects and lists in a value, of as many as are looked at."""
    found: set[frozenset[str]] = set()
    layer = [value] if isinstance(value, dict | list) else []
    for _ in range(_LAYERS):
        inner = chain.from_iterable(each.values() if isinstance(each, dict) else each for each in layer)
        layer = list(islice((each for each in inner if isinstance(each, dict | list)), _LEARNT))
        found.update(map(_keys, layer))
    return found


def alike(one: Any, other: Any) -> bool:
    """Whether two records have most of their keys in common."""
    return 2 * _alike(_keys(one), _keys(other)) >= 1


def _alike(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b) if a or b else 1.0
