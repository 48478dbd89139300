"""Which format a file is in: every format looks at records from all over the file, and says how sure it is."""

import pkgutil
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

from schemas.faults import UsageFault
from sources import cells, formats

SAMPLE = 64  # records looked at, evenly spread
KNOWN = 0.9  # a look that is sure enough to read another format's record in a file
_ENOUGH = 0.25  # mean of the looks: a file is what a good part of its records are


class Guess(NamedTuple):
    """The format, how sure that is (0 to 1), and every other format that came close, best first."""

    format: str | None
    confidence: float
    others: list[tuple[str, float]]


@cache
def names() -> list[str]:
    """All formats, by name."""
    return sorted(module.name for module in pkgutil.iter_modules(formats.__path__))


@cache
def load(name: str) -> ModuleType:
    """The format's module. Raises UsageFault for a name that is none."""
    if name not in names():
        raise UsageFault(f"format {name!r} is unknown; the formats are {', '.join(names())}")
    return import_module(f"{formats.__name__}.{name}")


def guess(values: list[Any]) -> Guess:
    """The format whose mean look at these values is highest; none where no format knows a quarter of them."""
    values = [cells.decoded(value) for value in values]
    scores = [(name, sum(load(name).looks(value) for value in values) / len(values)) for name in names()] if values else []
    scores.sort(key=lambda score: (-score[1], score[0]))
    close = [(name, round(score, 4)) for name, score in scores if score > 0]
    if not close or close[0][1] < _ENOUGH:
        return Guess(None, 0.0, close)
    return Guess(close[0][0], close[0][1], close[1:])


def beside(format: str | None, values: list[Any]) -> tuple[str, ...]:
    """The formats, by name, that know some of these values well while the file's own does not."""
    found = {knower(format, names(), value) for value in values}
    return tuple(sorted(name for name in found if name))


def knower(format: str | None, others: Iterable[str], value: Any) -> str | None:
    """The one of some other formats that knows a value well, where a file's own format hardly does."""
    value = cells.decoded(value)
    mine = load(format).looks(value) if format else 0.0
    if mine > KNOWN / 2:
        return None
    looks = ((load(name).looks(value), name) for name in others if name != format and hasattr(load(name), "rows"))
    sure, name = min(((-look, name) for look, name in looks), default=(0.0, ""))
    return name if -sure >= max(KNOWN, 2 * mine) else None


class Spread:
    """An evenly spread sample of a stream whose length is not known: every 2**k-th item, with k growing."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.step, self.seen = 1, 0

    def add(self, item: Any) -> None:
        """See one more item."""
        if self.seen % self.step == 0:
            self.items.append(item)
            if len(self.items) > SAMPLE:
                self.items = self.items[::2]
                self.step *= 2
        self.seen += 1


def spread(items: Iterable[Any]) -> list[Any]:
    """Between SAMPLE / 2 and SAMPLE items from all over, or all where there are fewer."""
    sample = Spread()
    for item in items:
        sample.add(item)
    return sample.items
