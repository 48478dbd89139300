"""BeaverTails and PKU-SafeRLHF-QA: a prompt, a response, harms by name, and whether it is safe: thumb up or down.

`scores` has 1 for each harm that was found and 0 for the others, and the severity (0 none to 3 severe) where it is told.
"""

from collections.abc import Iterator
from typing import Any

from sources.answers import asked, odd, reply
from sources.turns import NoRow, extra, number, thumb

_READ = {"prompt", "response"}
_HARMS = ("category", "harm_category")


def looks(value: Any) -> float:
    """Sure of a prompt and a response with harms by name and `is_safe`."""
    if not isinstance(value, dict) or "is_safe" not in value or not value.keys() >= _READ:
        return 0.0
    return float(isinstance(value["prompt"], str) and any(isinstance(value.get(name), dict) for name in _HARMS))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row with its thumb."""
    harms: dict[str, Any] = next((value[name] for name in _HARMS if isinstance(value.get(name), dict)), {})
    scores = {str(name): float(found) for name, found in harms.items() if isinstance(found, bool | int)}
    if (severity := number(value.get("severity_level"))) is not None:
        scores["severity"] = severity
    messages = [*asked(value["prompt"]), *reply(value["response"])]
    if not any(turn["content"].strip() for turn in messages):
        raise NoRow("empty", "neither a prompt nor a response")
    yield {
        "messages": messages,
        "label": thumb(value["is_safe"]),
        "scores": scores or None,
        "flags": odd(messages),
        "extra": extra(value, _READ),
    }
