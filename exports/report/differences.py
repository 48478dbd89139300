"""Two texts as one, what only the first has struck out, what only the second has underlaid."""

import re
from difflib import SequenceMatcher
from itertools import zip_longest

from exports.report.harmless import shown

_PIECE = re.compile(r"\s+|\w+|[^\w\s]")
_MOST = 400  # pieces compared between the common ends: comparing takes their square, and hostile texts would their cube
_ALIKE = 0.5  # under such a share of pieces in both, one text after the other is easier to read than a mixture
_GONE = {kind: re.compile(f"<{kind}>.*?</{kind}>", re.DOTALL) for kind in ("ins", "del")}

Messages = list[dict[str, str]]


def turns(messages: Messages, was: Messages | None, most: int) -> str:
    """A conversation, each turn's text with what changed from that of `was`, where that is given, marked."""
    before = [turn["content"] for turn in was or []]
    drawn = []
    for at, turn in enumerate(messages):
        text = turn["content"]
        said = changed(before[at], text, most) if at < len(before) and before[at] != text else shown(text, most)
        if was is not None and at >= len(before):
            said = f"<ins>{said}</ins>"
        drawn.append(_turn(turn["role"], said))
    gone = (was or [])[len(messages) :]
    return "".join([*drawn, *(_turn(turn["role"], f"<del>{shown(turn['content'], most)}</del>") for turn in gone)])


def side_by_side(one: Messages, two: Messages, heads: tuple[str, str], most: int) -> str:
    """What two conversations begin with in common, and then each in a column of its own."""
    last = min(len(one), len(two)) - 1  # stands in the columns, be it the same
    same = next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b or at == last), 0)
    parts = "".join(
        f"<div><h4>{shown(head)}</h4>{turns(side[same:], None, most)}</div>" for head, side in zip(heads, (one, two), strict=True)
    )
    return f'{turns(one[:same], None, most)}<div class="two">{parts}</div>'


def sides(one: Messages, two: Messages, most: int) -> list[tuple[str, str]]:
    """Two conversations turn beside turn, each side whole, with what the other has not marked; "" where a side has ended."""
    both = []
    for left, right in zip_longest(one, two):
        said = changed(left["content"], right["content"], most) if left and right else ""
        ours = _GONE["ins"].sub("", said) if said else shown((left or right)["content"], most)
        theirs = _GONE["del"].sub("", said) if said else ours
        both.append((_turn(left["role"], ours) if left else "", _turn(right["role"], theirs) if right else ""))
    return both


def changed(was: str, now: str, most: int) -> str:
    """`now` with its differences from `was`; of texts longer than `most` characters their beginnings."""
    cut = max(len(was), len(now)) - most
    one, two = (_PIECE.findall(text[:most]) for text in (was, now))
    start = _common(one, two)
    end = _common(one[start:][::-1], two[start:][::-1])
    one_mid, two_mid = one[start : len(one) - end], two[start : len(two) - end]
    said = shown("".join(one[:start])) + _middle(one_mid, two_mid) + shown("".join(one[len(one) - end :]))
    return said + (f" … ({cut:,} more characters)" if cut > 0 else "")


def _middle(one: list[str], two: list[str]) -> str:
    if max(len(one), len(two)) > _MOST:
        return _mark("del", one) + _mark("ins", two)
    both = SequenceMatcher(None, one, two, autojunk=False)
    if both.ratio() < _ALIKE:
        return _mark("del", one) + _mark("ins", two)
    steps = both.get_opcodes()
    return "".join(
        shown("".join(one[a:b])) if kind == "equal" else _mark("del", one[a:b]) + _mark("ins", two[c:d])
        for kind, a, b, c, d in steps
    )


def _mark(kind: str, pieces: list[str]) -> str:
    return f"<{kind}>{shown(''.join(pieces))}</{kind}>" if pieces else ""


def _common(one: list[str], two: list[str]) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


def _turn(role: str, said: str) -> str:
    return f'<div class="turn"><div class="role">{shown(role)}</div><div class="text" dir="auto">{said}</div></div>'
