"""Personal data and secrets become typed placeholders such as `[EMAIL]`; inside code fences only secrets do.

In tool calls they do so within the strings of the JSON, which stays valid and is otherwise the same bytes.

Kinds by default: secret, e-mail, IBAN, national id (American, Chinese, British, Italian, Spanish, French, Brazilian, Korean),
card number. `also: [phone, ip]` adds kinds that are more often something else.
"""

import json
import re
from collections.abc import Sequence

import polars as pl

from filters import pii
from filters.edits import _fences
from schemas.faults import UsageFault
from schemas.rows import Message

ALONE = True
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def might(texts: pl.Series, also: Sequence[str] = ()) -> pl.Series:
    """True where a text may hold something to redact."""
    return pii.might(texts, _kinds(also))


def repair(messages: list[Message], also: Sequence[str] = ()) -> list[tuple[str, int]]:
    """Each turn's text with placeholders, and how many were put in."""
    kinds = _kinds(also)
    return [_redact(message["content"], kinds) for message in messages]


def calls(messages: list[Message], also: Sequence[str] = ()) -> list[tuple[str, int]]:
    """Each turn's tool calls with placeholders, and how many were put in."""
    kinds = _kinds(also)
    return [_within(message["content"], kinds) for message in messages]


def _kinds(also: Sequence[str]) -> tuple[str, ...]:
    named = also if isinstance(also, list | tuple) else [also]
    for kind in named:
        if kind not in pii.KINDS:
            raise UsageFault(f"redact knows no kind {kind!r}; `also` may name {', '.join(sorted(pii.OPT_IN))}")
    return pii.DEFAULT + tuple(kind for kind in pii.KINDS if kind in named and kind in pii.OPT_IN)


def _redact(text: str, kinds: tuple[str, ...]) -> tuple[str, int]:
    text, keys = _replace(text, ("secret",))  # first and everywhere: a key may hold the end of a fence
    text, others = _fences.outside(text, lambda piece: _replace(piece, kinds))
    return text, keys + others


def _within(text: str, kinds: tuple[str, ...]) -> tuple[str, int]:
    """JSON text with placeholders in its strings, JSON in a string included; what is no JSON is text."""
    if not _is_json(text):
        return _replace(text, kinds)
    changes = 0

    def mended(string: re.Match[str]) -> str:
        nonlocal changes
        new, more = _within(json.loads(string[0], strict=False), kinds)
        changes += more
        return json.dumps(new, ensure_ascii=False) if more else string[0]

    return _STRING.sub(mended, text), changes


def _is_json(text: str) -> bool:
    try:
        return text.lstrip()[:1] in ("{", "[") and isinstance(json.loads(text, strict=False), dict | list)
    except (ValueError, RecursionError):
        return False


def _replace(text: str, kinds: tuple[str, ...]) -> tuple[str, int]:
    """Until nothing is found: a placeholder may give its neighbour the room to be recognised."""
    changes = 0
    while spans := pii.find(text, kinds):
        ends = [0, *(span.end for span in spans)]
        pieces = [f"{text[at : span.start]}[{span.kind.upper()}]" for at, span in zip(ends, spans, strict=False)]
        text, changes = "".join(pieces) + text[ends[-1] :], changes + len(spans)
    return text, changes
