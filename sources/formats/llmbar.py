"""LLMBar: an instruction as `input`, two outputs, and a label: 1 the first follows it, 2 the second does."""

from collections.abc import Iterator
from typing import Any

from sources.answers import asked
from sources.turns import extra
from sources.votes import told, vote

_READ = {"input", "output_1", "output_2"}
_LEANS = {1.0: 1.0, 2.0: -1.0}


def looks(value: Any) -> float:
    """Sure of an input with two outputs and a label, and no instruction beside it."""
    if not isinstance(value, dict) or not value.keys() >= {*_READ, "label"} or "instruction" in value:
        return 0.0
    return float(all(isinstance(value[key], str) for key in _READ))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """Two rows of one group."""
    lean = told(value["label"], _LEANS)
    rest = extra(value, _READ)
    for row in vote(asked(value["input"]), [value["output_1"], value["output_2"]], lean):
        yield {**row, "extra": rest}
