"""Stanford Human Preferences: a post and two comments, A and B. `labels` 1 says that A is preferred, 0 that B is.

`score` is a comment's votes on Reddit (score_A, score_B): a count of people, up less down, not a grade.
"""

from collections.abc import Iterator
from typing import Any

from sources.answers import asked
from sources.turns import extra, number, string
from sources.votes import told, vote

_READ = {"history", "human_ref_A", "human_ref_B"}
_LEANS = {1.0: 1.0, 0.0: -1.0}


def looks(value: Any) -> float:
    """Sure of a history and two human references."""
    return float(isinstance(value, dict) and value.keys() >= _READ and all(isinstance(value[key], str) for key in _READ))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """Two rows of one group; who wrote them is nobody's model."""
    lean = told(value.get("labels"), _LEANS)
    scores = [number(value.get("score_A")), number(value.get("score_B"))]
    rest = extra(value, _READ)
    for row in vote(asked(string(value["history"])), [value["human_ref_A"], value["human_ref_B"]], lean, scores):
        yield {**row, "extra": rest}
