"""Databricks' Dolly: instruction, context, response and category; the context comes after the instruction."""

from collections.abc import Iterator
from typing import Any

from sources.exchanges import exchange, question
from sources.turns import common, extra


def looks(value: Any) -> float:
    """Sure of an instruction with a context, be it empty, and a response."""
    if not isinstance(value, dict) or not {"instruction", "context", "response"} <= value.keys() or "input" in value:
        return 0.0
    if not isinstance(value["instruction"], str) or not isinstance(value["context"], str | None):
        return 0.0
    return 1.0 if "category" in value else 0.9


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row."""
    talk = exchange(question(value.get("instruction"), value.get("context")), value.get("response"))
    row, used = common(value)
    yield {**row, **talk, "extra": extra(value, {*used, "instruction", "context", "response"})}
