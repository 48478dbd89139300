"""Capybara and xtuner: `conversation` is a list of exchanges, each with `input`, `output` and perhaps `system`.

xtuner's `output_with_loss: false` is a weight of 0.
"""

from collections.abc import Iterator
from typing import Any

from sources.answers import odd
from sources.pairs import from_pairs
from sources.turns import common, extra

_KEYS = ("conversation", "conversations")
_READ = {"system", "input", "output", "output_with_loss"}


def looks(value: Any) -> float:
    """Sure of exchanges under `conversation`."""
    turns = value.get(_key(value)) if isinstance(value, dict) else None
    first = turns[0] if isinstance(turns, list) and turns else None
    return float(isinstance(first, dict) and "output" in first and "input" in first)


def _key(value: dict[str, Any]) -> str:
    return next((key for key in _KEYS if key in value), _KEYS[0])


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    key = _key(value)
    turns = value.get(key)
    messages = from_pairs(turns, "input", "output")
    answers = (message for message in messages if message["role"] == "assistant")
    for message, turn in zip(answers, [turn for turn in turns if isinstance(turn.get("output"), str)], strict=True):
        if turn.get("output_with_loss") is False:
            message["weight"] = 0.0
    row, used = common(value)
    rest = [{name: field for name, field in turn.items() if name not in _READ} for turn in turns]
    left = {**{name: field for name, field in value.items() if name != key}, **({key: rest} if any(rest) else {})}
    yield {**row, "messages": messages, "flags": odd(messages), "extra": extra(left, used)}
