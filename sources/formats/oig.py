"""OIG, the Open Instruction Generalist: a talk as one text under `text`, each turn after `<human>:` or `<bot>:`."""

from collections.abc import Iterator
from typing import Any

from sources.formats import templated
from sources.marked import messages
from sources.turns import common, extra

_MARKS = {"<human>:": "user", "<bot>:": "assistant"}


def looks(value: Any) -> float:
    """Sure of both marks in the text."""
    text = value.get("text") if isinstance(value, dict) and "role" not in value else None
    return float(isinstance(text, str) and all(mark in text for mark in _MARKS) and not templated.looks(value))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    row, used = common(value)
    yield {**row, "messages": messages(value["text"], _MARKS), "extra": extra(value, {*used, "text"})}
