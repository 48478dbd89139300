"""Baize: a talk of a model with itself as one text under `input`, each turn after `[|Human|]` or `[|AI|]`."""

from collections.abc import Iterator
from typing import Any

from sources.marked import messages
from sources.turns import common, extra

_MARKS = {"[|Human|]": "user", "[|AI|]": "assistant"}


def looks(value: Any) -> float:
    """Sure of both marks in the text."""
    if not isinstance(value, dict) or "output" in value or "role" in value:
        return 0.0
    text = value.get(_key(value))
    return float(isinstance(text, str) and all(mark in text for mark in _MARKS))


def _key(value: dict[str, Any]) -> str:
    return next((key for key in ("input", "text", "chat") if key in value), "input")


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    key = _key(value)
    row, used = common(value)
    yield {**row, "messages": messages(value[key], _MARKS), "extra": extra(value, {*used, key})}
