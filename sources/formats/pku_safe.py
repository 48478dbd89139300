"""PKU-SafeRLHF: two responses, the better one (more helpful, whatever its harm) and the safer one, each by its number.

Ranks follow `better_response_id`. `scores` says of each answer: safe (1 or 0), safer (1 or 0), severity (0 none to 3 severe).
"""

from collections.abc import Iterator
from typing import Any

from sources.answers import asked
from sources.turns import extra, number, string
from sources.votes import told, vote

_READ = {"prompt", "response_0", "response_1"}
_LEANS = {0.0: 1.0, 1.0: -1.0}


def looks(value: Any) -> float:
    """Sure of two numbered responses and the number of the better or safer one."""
    if not isinstance(value, dict) or not value.keys() >= _READ or not all(isinstance(value[key], str) for key in _READ):
        return 0.0
    return float("better_response_id" in value or "safer_response_id" in value)


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """Two rows of one group; without a better one the safer one leads."""
    first = "better_response_id" if value.get("better_response_id") is not None else "safer_response_id"
    lean = told(value.get(first), _LEANS)
    rest = extra(value, _READ)
    pair = vote(asked(value["prompt"]), [value["response_0"], value["response_1"]], lean)
    for at, row in enumerate(pair):
        model = string(value.get(f"response_{at}_source"))
        yield {**row, "model": model, "scores": _scores(value, at) or None, "extra": rest}


def _scores(value: dict[str, Any], at: int) -> dict[str, float]:
    safe, safer = value.get(f"is_response_{at}_safe"), number(value.get("safer_response_id"))
    severity = number(value.get(f"response_{at}_severity_level"))
    scores = {"safe": float(safe)} if isinstance(safe, bool | int) else {}
    if safer in _LEANS:
        scores["safer"] = float(safer == at)
    return scores if severity is None else {**scores, "severity": severity}
