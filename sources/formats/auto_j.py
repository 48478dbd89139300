"""Auto-J pairwise judgments: a prompt, `response 1`, `response 2`, and a label: 0 the first is better, 1 the second, 2 a tie."""

from collections.abc import Iterator
from typing import Any

from sources.answers import asked
from sources.turns import extra
from sources.votes import told, vote

_READ = {"prompt", "response 1", "response 2"}
_LEANS = {0.0: 1.0, 1.0: -1.0, 2.0: 0.0}


def looks(value: Any) -> float:
    """Sure of the two responses, whose names hold a space."""
    return float(isinstance(value, dict) and value.keys() >= _READ and all(isinstance(value[key], str) for key in _READ))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """Two rows of one group."""
    lean = told(value.get("label"), _LEANS)
    rest = extra(value, _READ)
    for row in vote(asked(value["prompt"]), [value["response 1"], value["response 2"]], lean):
        yield {**row, "extra": rest}
