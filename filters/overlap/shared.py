"""Which parts two texts share: the shingles that both have, as places in the texts as they are written.

The same tokens as in `tokens`, one text at a time and with their places, in plain Python: for a person who looks at one pair.
"""

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from filters.overlap.alphabet import ALONE, SELECTORS, symbols

Spans = dict[int, list[tuple[int, int]]]  # turn -> where in its text


class Token(NamedTuple):
    """A normalised token (or a character of one), and where it stands: turn, start and end in its text."""

    word: str
    turn: int
    start: int
    end: int


class Shared(NamedTuple):
    """The exact Jaccard similarity of two texts, and the shared parts in each."""

    similarity: float
    left: Spans
    right: Spans


def shared(left: Sequence[str | None], right: Sequence[str | None], size: int, *, chars: bool = False) -> Shared:
    """What two lists of turns share, in shingles of `size` tokens (or characters); a turn that is None is not compared."""
    mine, yours = (_units(_tokens_of(turns, spoken=True), chars=chars) for turns in (left, right))
    grams = [_grams(units, size) for units in (mine, yours)]
    both = grams[0].keys() & grams[1].keys()
    whole = len(grams[0].keys() | grams[1].keys())
    spans = [
        _spans(units, size, [at for gram in both for at in found[gram]])
        for units, found in zip((mine, yours), grams, strict=True)
    ]
    return Shared(len(both) / whole if whole else 0.0, *spans)


def seal(span: str) -> str:
    """A run of normalised tokens, one space between, as 32 hex digits of its sha256, by which who has the text finds it."""
    return hashlib.sha256(span.encode()).hexdigest()[:32]


def run(turns: Sequence[str | None], words: int, sealed: str) -> Spans:
    """Where a run of so many normalised tokens with this seal first stands in a list of turns; empty where it does not."""
    tokens = _tokens_of(turns, spoken=False)
    said = [token.word for token in tokens]
    for at in range(len(said) - words + 1):
        if words and seal(" ".join(said[at : at + words])) == sealed:
            return _spans(tokens, words, [at])
    return {}


def tokens(text: str, turn: int = 0, *, spoken: bool = True) -> Iterator[Token]:
    """The normalised tokens of one text with their places; `spoken`: symbols that tell questions apart are tokens too."""
    told = symbols(text) if spoken else {}
    start = end = done = 0  # text[start:end] is the token at hand
    alone = False
    for at, char in enumerate(text):
        if at < done or (category := unicodedata.category(char)) == "Cf" or _within(char, SELECTORS):
            continue
        word = category[0] in "LN"
        single = word and _within(char, ALONE)
        if category[0] == "M" and end > start:
            end = at + 1
            continue
        if word and end > start and not single and not alone:
            end = at + 1
            continue
        yield from _token(text, turn, start, end)
        start, end, alone = (at, at + 1, single) if word else (at, at, False)
        if at in told:
            done, said = told[at]
            yield Token(said, turn, at, done)
    yield from _token(text, turn, start, end)


def _token(text: str, turn: int, start: int, end: int) -> Iterator[Token]:
    if end > start:
        seen = (char for char in text[start:end] if unicodedata.category(char) != "Cf" and not _within(char, SELECTORS))
        yield Token(_nfc(_nfc("".join(seen)).casefold()), turn, start, end)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _within(char: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(char) <= last for first, last in ranges)


def _tokens_of(turns: Sequence[str | None], *, spoken: bool) -> list[Token]:
    return [token for turn, text in enumerate(turns) if text is not None for token in tokens(text, turn, spoken=spoken)]


def _units(found: list[Token], *, chars: bool) -> list[Token]:
    """Tokens, or their characters, each where it stands as far as folding left it in place."""
    if not chars:
        return found
    return [
        Token(char, turn, start + at, start + at + 1) if len(word) == end - start else Token(char, turn, start, end)
        for word, turn, start, end in found
        for at, char in enumerate(word)
    ]


def _grams(units: list[Token], size: int) -> dict[tuple[str, ...], list[int]]:
    """Every shingle and where it begins; a text too short for one is one."""
    found: dict[tuple[str, ...], list[int]] = {}
    words = tuple(unit.word for unit in units)
    for at in range(max(len(words) - size + 1, min(len(words), 1))):
        found.setdefault(words[at : at + size], []).append(at)
    return found


def _spans(units: list[Token], size: int, begins: list[int]) -> Spans:
    """The places of units that lie in a shingle, neighbours as one span."""
    covered = sorted({at for begin in begins for at in range(begin, min(begin + size, len(units)))})
    found: Spans = {}
    for before, at in pairwise([-2, *covered]):
        unit = units[at]
        spans = found.setdefault(unit.turn, [])
        if at == before + 1 and spans:
            spans[-1] = (spans[-1][0], unit.end)
        else:
            spans.append((unit.start, unit.end))
    return found
