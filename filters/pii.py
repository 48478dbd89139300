"""Personal data and secrets in text: what a pattern and a checksum can tell; names and addresses are not covered.

A cheap pattern (run by polars, in Rust) says which texts may hold a kind; only those meet the exact test in Python. Nobody's,
and so not found: reserved domains (RFC 2606, 6761), private addresses, and obvious stand-ins such as `sk-xxxx`.
"""

import ipaddress
import re
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import polars as pl

from filters import _secrets


class Span(NamedTuple):
    """Where something was found: `text[start:end]`, in characters."""

    kind: str
    start: int
    end: int


_EMAIL = re.compile(
    r"(?<![A-Za-z0-9@])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,6}([A-Za-z]{2,18})"
    r"(?![A-Za-z0-9@_-])(?!:[\w/~.])",  # host:path is a copy over SSH
    re.ASCII,
)
_NOBODY = re.compile(  # reserved domains, and what people write for "your address here"
    r"(?i).*@(?:.*\.)?(?:example\d*\.[a-z.]+|example|test|invalid|localhost|local|internal|onion|domain\d?\.com|your[\w-]*\.[a-z.]+)"
    r"|(?:example\d*|username|someone|you|your[._-]?\w*)@.*"
)
_ENDING = re.compile(  # countries have two letters; these twelve are files and modules
    r"(?!js|ts|cs|rb|kt|vb|hs|jl|db|cp|ex|hh)[a-z]{2}|com|org|net|edu|gov|mil|int|info|biz|name|pro|jobs|mobi|travel|museum|aero|coop|asia|tel"
    r"|app|dev|page|cloud|online|site|shop|store|tech|xyz|club|live|life|world|email|mail|company|agency|digital|media|network|space"
    r"|website|blog|news|today|group|team|global|studio|design|works|solutions|services|systems|software|engineering|consulting|finance"
    r"|health|care|social|academy|school|university|institute|foundation|international|law|legal|bank"
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]){11,30}")
_CARD = re.compile(
    r"(?<![\w./+*-])(?<!\d[ ,:=-])(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|3\d{3}([ -])\d{6}\2\d{4,5}|\d{13,19})"
    r"(?![\w/*=]|[.:+-]\d| \d{4}|,\d{3}(?!\d))",
    re.ASCII,
)
_CARD_ISSUER = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|6(?:011|4[4-9]\d|5\d\d)\d{12}|62\d{14,17}"
)
_CARD_WORD = re.compile(r"(?i)card|visa|amex|american express|credit|debit|cvv|cvc|tarjeta|carte|karte|карт|卡|カード|카드")
_PHONE = re.compile(
    r"(?<![\w.+(/=-])(?:\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){1,4}|\(\d{3}\) ?\d{3}[-. ]\d{4}"
    r"|(?:1-)?[2-9]\d\d([-.])[2-9]\d\d\1\d{4}|1[3-9]\d{9})(?![\w/=]|[.-]\d)",
    re.ASCII,
)
_IP4 = re.compile(r"(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)", re.ASCII)
_IP6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:){2,7}(?::?[0-9A-Fa-f]{1,4}){1,6}(?![\w:]|\.\d)", re.ASCII)
_VERSION = re.compile(r"(?i)(?:version|ver\.?|release|build|rev\.?|\bv|firmware|driver|section|chapter|[§#])\s*[:=]?\s*$")


def _emails(text: str) -> Iterator[tuple[int, int]]:
    for match in _EMAIL.finditer(text):
        url = re.search(r"://[^\s/]*$", text[max(0, match.start() - 80) : match.start()])  # https://user:password@host
        if (
            _ENDING.fullmatch(match[1].lower())
            and not url
            and not match[0].startswith("git@")
            and not _NOBODY.fullmatch(match[0])
        ):
            yield match.span()


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    from stdnum import iban

    for match in _IBAN.finditer(text):
        for end in range(match.end(), match.start() + 14, -1):  # the longest that checks; words may follow
            whole = end == len(text) or not text[end].isalnum()
            if whole and text[end - 1] != " " and iban.is_valid(text[match.start() : end]):
                yield match.start(), end
                break


def _cards(text: str) -> Iterator[tuple[int, int]]:
    from stdnum import luhn

    for match in _CARD.finditer(text):
        digits = re.sub(r"[ -]", "", match[0])
        near = text[max(0, match.start() - 80) : match.start()] + text[match.end() : match.end() + 40]
        sure = len(digits) < len(match[0]) or _CARD_WORD.search(near)  # bare digits are as often an order number
        if sure and _CARD_ISSUER.fullmatch(digits) and luhn.is_valid(digits):
            yield match.span()


def _phones(text: str) -> Iterator[tuple[int, int]]:
    for match in _PHONE.finditer(text):
        if 9 <= sum(map(str.isdigit, match[0])) <= 15:
            yield match.span()


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    for pattern in (_IP4, _IP6):
        for match in pattern.finditer(text):
            try:
                public = ipaddress.ip_address(match[0]).is_global
            except ValueError:
                continue
            if public and not _VERSION.search(text[max(0, match.start() - 12) : match.start()]):
                yield match.span()


_FIND: dict[str, Callable[[str], Iterable[tuple[int, int]]]] = {
    "secret": _secrets.spans,
    "email": _emails,
    "iban": _ibans,
    "card": _cards,
    "phone": _phones,
    "ip": _addresses,
}
_GATE = {
    "secret": _secrets.GATE,
    "email": r"[A-Za-z0-9._%+-]@[A-Za-z0-9]",
    "iban": r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11}",
    "card": r"[0-9](?:[ -]?[0-9]){12}",
    "phone": r"[0-9](?:[ .()-]{0,2}[0-9]){8}",
    "ip": r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|[0-9A-Fa-f]:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]",
}

KINDS = tuple(_FIND)
OPT_IN = frozenset({"phone", "ip"})  # too often something else: found only when asked for by name
DEFAULT = tuple(kind for kind in KINDS if kind not in OPT_IN)


def find(text: str, kinds: Iterable[str] = DEFAULT) -> list[Span]:
    """Every span of the kinds, by start, none overlapping another; where two meet, the kind that KINDS names first stands."""
    wanted, found = set(kinds), list[Span]()
    for kind in KINDS:
        if kind in wanted:
            for start, end in _FIND[kind](text):
                at = bisect(found, start, key=lambda span: span.start)
                if (at == 0 or found[at - 1].end <= start) and (at == len(found) or end <= found[at].start):
                    found.insert(at, Span(kind, start, end))
    return found


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
