"""AlpacaEval model outputs: an instruction, one output, and the generator, which is the model that wrote it."""

from collections.abc import Iterator
from typing import Any

from sources.formats import alpaca


def looks(value: Any) -> float:
    """Sure of an instruction and an output with their generator."""
    if not isinstance(value, dict) or not value.keys() >= {"instruction", "output", "generator"}:
        return 0.0
    return float(isinstance(value["output"], str) and isinstance(value["generator"], str))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    yield from alpaca.rows(value)
