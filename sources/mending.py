"""Where the next record begins behind a broken one, in an array or among values: it opens like a record, it and what follows
it keep the grammar up to a place where records may end, and it looks more like the other records than like their parts.

Every byte is in one such chain only, so that the search takes time with the length of what is broken.
"""

import re
from collections import Counter
from functools import partial
from itertools import chain, islice, takewhile
from typing import Any

import numpy as np

from sources import spans, strict

NONE, WAIT = -1, -2  # there is none; the bytes at hand do not tell
_REACH, _LINKS = 16 << 20, 64  # bytes and records of one chain
_OPENS = rb'\{\s{0,99}"(?:[^"\\]|\\.){0,99}"\s{0,99}:'
_ANCHOR = re.compile(rb"(\]\s{0,99}\[)\s{0,99}(?=%b)|[,\r\n}\]][ \t\r]{0,99}(?=%b|\[\s{0,99}\{)" % (_OPENS, _OPENS), re.DOTALL)
_QUOTE, _WHITE = 34, b" \t\r\n"
_MUCH = 0.5  # of all keys of two objects in common
_KINDS, _WIDE, _LAYERS = 64, 16, 4  # kinds of records, and of parts, that are known; parts looked at in each layer of a record


class Fellows:
    """What records look like: the keys they have, and the keys of the objects in them, with how many records have such a part."""

    def __init__(self) -> None:
        self.seen = 0
        self.whole: Counter[frozenset[str]] = Counter()
        self.parts: Counter[frozenset[str]] = Counter()

    def learn(self, value: Any) -> None:
        """Look at one good record."""
        self.seen += 1
        self.whole[_keys(value)] += 1
        self.parts.update(_inner(value))
        for kinds in (self.whole, self.parts):
            if len(kinds) > 2 * _KINDS:
                for rare, _ in kinds.most_common()[_KINDS:]:
                    del kinds[rare]

    def like(self, value: Any, surely: bool = False) -> bool:
        """Whether a value may be a record: it is as much like one as like a part that records have, or surely, more so."""
        keys = _keys(value)
        parts = ((_alike(keys, other), times / self.seen) for other, times in self.parts.items())
        part = max((much * share for much, share in parts if much >= _MUCH), default=0)
        whole = max((_alike(keys, other) for other in self.whole), default=0 if surely else 1)
        return whole > part if surely else whole >= part


def resume(data: bytes, start: int, ended: bool, fellows: Fellows) -> tuple[int, int]:
    """(end of the broken record that begins at `start`, where the next one begins); or twice NONE, or twice WAIT."""
    at, bytes_ = start + 1, np.frombuffer(data, np.uint8)
    while (sep := spans.opening(bytes_, max(at, 0), False)) >= 0:
        at = sep + 1
        if not (found := _ANCHOR.match(data, sep)):
            continue
        begin = at = found.end()
        links, after = _chain(data, begin, ended)
        if after == WAIT:
            return WAIT, WAIT
        if links:
            at = begin + links[-1][1]
        if (link := _first(data, begin, links, fellows, after == NONE)) is not None:
            end = sep if found[1] or data[sep] not in b"}]" else sep + 1
            return begin + links[link - 1][1] if link else end, begin + links[link][0]
    return (NONE, NONE) if ended else (WAIT, WAIT)


def _chain(data: bytes, begin: int, ended: bool) -> tuple[list[list[int]], int]:
    """Whole values from `begin` on, and what follows them: NONE if it shows that they are parts of a record."""
    near = np.frombuffer(data, np.uint8, min(_REACH, len(data) - begin), begin)
    found = np.empty((3, _LINKS), np.int64)
    count, place, _, broken = spans.cut(near, 0, spans.VALUES, spans.INSIDE, found)
    links = list(takewhile(lambda link: near[link[0]] in b"{[", found[:, :count].T.tolist()))
    full, behind = len(data) - begin > _REACH or ended, data[begin + place : begin + place + 1]
    if not links:
        after = NONE if count or broken >= 0 or full else WAIT
    elif len(links) == _LINKS:
        after = 0
    elif len(links) < count:  # a key is no value
        end = begin + int(found[1, len(links)])
        key = near[found[0, len(links)]] == _QUOTE and data[end : end + 99].lstrip(_WHITE)[:1] == b":"
        after = NONE if key else 0
    elif broken < 0:
        after = 0 if full else WAIT
    elif behind == b"]":
        behind = data[begin + place + 1 : begin + place + 99].lstrip(_WHITE)[:1]
        after = WAIT if not behind and not ended else NONE if behind and behind in b"},]" else 0
    else:
        comma = b"," in data[begin + links[-1][1] : begin + place]
        after = NONE if behind in b":}" and not comma else 0
    return links, after


def _first(data: bytes, begin: int, links: list[list[int]], fellows: Fellows, surely: bool) -> int | None:
    """The first of some values that may be a record. Where no record is known yet, the last of them shows what one is."""
    values = list(map(partial(_value, data, begin), links))
    if not fellows.seen and len(values) > 1 and not surely:
        fellows = Fellows()
        fellows.learn(values[-1])
    good = (n for n, value in enumerate(values) if isinstance(value, dict | list) and fellows.like(value, surely))
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
        layer = list(islice((each for each in inner if isinstance(each, dict | list)), _WIDE))
        found.update(map(_keys, layer))
    return found


def alike(one: Any, other: Any) -> bool:
    """Whether two records have most of their keys in common."""
    return _alike(_keys(one), _keys(other)) >= _MUCH


def _alike(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b) if a or b else 1.0
