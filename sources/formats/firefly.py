"""Firefly: `conversation` is a list of exchanges, each with `human` and `assistant`."""

from collections.abc import Iterator
from typing import Any

from sources.pairs import from_pairs
from sources.turns import common, extra


def looks(value: Any) -> float:
    """Sure of exchanges between `human` and `assistant`."""
    turns = value.get("conversation") if isinstance(value, dict) else None
    first = turns[0] if isinstance(turns, list) and turns else None
    return float(isinstance(first, dict) and "human" in first and "assistant" in first)


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    turns = value.get("conversation")
    messages = from_pairs(turns, "human", "assistant")
    rest = [{name: field for name, field in turn.items() if name not in ("system", "human", "assistant")} for turn in turns]
    row, used = common(value)
    left = {**{name: field for name, field in value.items() if name != "conversation"}, **({"turns": rest} if any(rest) else {})}
    yield {**row, "messages": messages, "extra": extra(left, used)}
