"""AlpacaEval annotations: two outputs and a preference from 1 (the first, the baseline's) to 2 (the second).

As AlpacaEval counts: below 1.5 the first wins, above it the second, 1.5 is a draw, and so is the old 0. Anything else is no
verdict. `score` is the weight that the judge, a model, gives to each output, from 0 to 1.
"""

from collections.abc import Iterator
from typing import Any

from sources.formats import alpaca
from sources.turns import extra, number, string
from sources.votes import vote

_OUTPUTS = ("output_1", "output_2")


def looks(value: Any) -> float:
    """Sure of an instruction with two outputs and a preference."""
    if not isinstance(value, dict) or not value.keys() >= {"instruction", "preference", *_OUTPUTS}:
        return 0.0
    return float(all(isinstance(value[key], str) for key in _OUTPUTS))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """Two rows of one group, each with its generator as the model."""
    said = number(value["preference"])
    said = 1.5 if said == 0 else said if said is not None and 1 <= said <= 2 else None
    scores = [None, None] if said is None else [2 - said, said - 1]
    lean = None if said is None else 1.5 - said
    rest = extra(value, {*_OUTPUTS, *alpaca.taken(value), "generator_1", "generator_2"})
    pair = vote(alpaca.context(value), [value[key] for key in _OUTPUTS], lean, scores)
    for at, row in enumerate(pair, 1):
        yield {**row, "model": string(value.get(f"generator_{at}")), "extra": rest}
