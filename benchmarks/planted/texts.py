"""The planted set: every kind of secret in every carrier, among a thousand decoys; the same seed, the same set."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from benchmarks.planted.carriers import CARRIERS, NEUTRAL
from benchmarks.planted.decoys import PERSONLIKE, SECRETLIKE, filled
from benchmarks.planted.keys import KEYS, Maker, inner
from benchmarks.planted.people import PEOPLE, bare

Finder = Callable[[str], Iterable[tuple[str, int, int]]]  # a text -> what kind of secret lies from where to where


class Text(NamedTuple):
    """A text, and the kind and place of its one secret; of a decoy kind "" and no place."""

    kind: str
    text: str
    start: int
    end: int


class Score(NamedTuple):
    """Of one kind: how many were planted and found, and how many spans were called so, rightly and wrongly."""

    planted: int
    found: int
    right: int
    wrong: int

    @property
    def recall(self) -> float:
        return self.found / self.planted

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)


def secrets(seed: int) -> list[Text]:
    """50 texts of each kind of secret, one a carrier, and 1,000 decoys, each in a carrier as well."""
    return _texts(random.Random(seed), KEYS, inner, SECRETLIKE, each=1)


def people(seed: int) -> list[Text]:
    """500 texts of each kind of personal data, ten a carrier, and 1,000 decoys, the greater part those of secrets."""
    return _texts(random.Random(seed), PEOPLE, bare, [*PERSONLIKE, *SECRETLIKE], each=10)


def _texts(
    rng: random.Random, makers: dict[str, Maker], part: Callable[[str, str], str], decoys: list[str], *, each: int
) -> list[Text]:
    made = list[Text]()
    for kind, make in makers.items():
        for carrier in CARRIERS * each:
            whole = make(rng)
            text, told = carrier(whole)
            inside = carrier(part(kind, whole))[1]
            start = text.index(inside, text.index(told))
            made.append(Text(kind, text, start, start + len(inside)))
    for number in range(1000):
        text, _ = rng.choice(NEUTRAL)(filled(rng, decoys[number % len(decoys)]))
        made.append(Text("", text, 0, 0))
    return made


def score(planted: list[Text], find: Finder) -> dict[str, Score]:
    """Kind -> its score.

    Found is what no character of stands outside of the spans. A span is right where its kind is, and where it reaches at most
    two characters farther.
    """
    counts: dict[str, Counter[str]] = {each.kind: Counter() for each in planted if each.kind}
    for kind, text, start, end in planted:
        open_ = set(range(start, end))
        for name, begin, stop in find(text):
            right = name == kind and start - 2 <= begin <= start and end <= stop <= end + 2
            counts.setdefault(name, Counter())["right" if right else "wrong"] += 1
            open_ -= set(range(begin, stop))
        if kind:
            counts[kind]["planted"] += 1
            counts[kind]["found"] += not open_
    return {kind: Score(*(count[field] for field in Score._fields)) for kind, count in counts.items()}


def pooled(planted: list[Text], find: Finder) -> Score:
    """Of all kinds as one: a span of another kind than the secret's is right as well."""
    one = [each._replace(kind=each.kind and "any") for each in planted]
    return score(one, lambda text: (("any", start, end) for _, start, end in find(text)))["any"]
