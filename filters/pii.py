"""Personal data and secrets in text: what a pattern and a checksum can tell; names and addresses are not covered.

A cheap pattern (run by polars, in Rust) says which texts may hold a kind; only those meet the exact test in Python. Nobody's,
and so not found: reserved domains (RFC 2606, 6761), private addresses, and obvious stand-ins such as `sk-xxxx`.
"""

import re
from bisect import bisect
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import polars as pl

from filters import _people, _secrets


class Span(NamedTuple):
    """Where something was found: `text[start:end]`, in characters; of a secret also whose it is (`github`)."""

    kind: str
    start: int
    end: int
    whose: str = ""


_ESCAPED_END = re.compile(r"\\+[nrt]")
_ESCAPED = re.compile(r"\\+u((?!00[0-7]|d[89a-f])[0-9a-f]{4})", re.IGNORECASE)

_GATE = {"secret": _secrets.GATE, **_people.GATE}
KINDS = ("secret", *_people.FIND)
OPT_IN = frozenset({"phone", "ip"})  # too often something else: found only when asked for by name
DEFAULT = tuple(kind for kind in KINDS if kind not in OPT_IN)


def find(text: str, kinds: Iterable[str] = DEFAULT) -> list[Span]:
    """Every span of the kinds, by start, none overlapping another; where two meet, the first in the order of KINDS stands."""
    wanted, found, text = set(kinds), list[Span](), _unescaped(text)
    for kind in KINDS:
        for span in _spans(kind, text) if kind in wanted else ():
            at = bisect(found, span.start, key=lambda span: span.start)
            if (at == 0 or found[at - 1].end <= span.start) and (at == len(found) or span.end <= found[at].start):
                found.insert(at, span)
    return found


def _spans(kind: str, text: str) -> Iterator[Span]:
    if kind == "secret":
        yield from (Span(kind, start, end, whose) for whose, start, end in _secrets.spans(text))
    else:
        yield from (Span(kind, *span) for span in _people.FIND[kind](text))


def _unescaped(text: str) -> str:
    """As long as the text: a line end that JSON or code writes as `\\n` is no letter of the next word, nor `\\u5361` a number."""
    if "\\" not in text:
        return text
    text = _ESCAPED_END.sub(lambda end: " " * len(end[0]), text)
    return _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 16)).ljust(len(escaped[0])), text)


def might(texts: pl.Series, kinds: Iterable[str] = DEFAULT) -> pl.Series:
    """True where a text may hold one of the kinds: cheap, never false where `find` finds something. Null stays null."""
    gates = [texts.str.contains(_GATE[kind]) for kind in sorted(set(kinds))]
    held = pl.repeat(False, len(texts), dtype=pl.Boolean, eager=True)
    for gate in gates:
        held = held | gate
    return held


def count(texts: pl.Series, kinds: Iterable[str] = DEFAULT) -> pl.Series:
    """How many spans of the kinds each text holds, as UInt32; null stays null."""
    kinds = tuple(kinds)
    rows = might(texts, kinds).fill_null(False).arg_true()
    counts = pl.zeros(len(texts), dtype=pl.UInt32, eager=True)
    found = pl.Series([len(find(text, kinds)) for text in texts.gather(rows)], dtype=pl.UInt32)
    counts = counts.scatter(rows, found) if len(rows) else counts
    return pl.select(pl.when(texts.is_not_null()).then(counts)).to_series().alias(texts.name)
