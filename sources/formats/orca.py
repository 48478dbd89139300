"""OpenOrca: a system prompt, a question from FLAN, and a response."""

from collections.abc import Iterator
from typing import Any

from sources.exchanges import exchange, text
from sources.turns import common, extra


def looks(value: Any) -> float:
    """Sure of a system prompt, be it empty, with a question and a response."""
    if not isinstance(value, dict) or not {"system_prompt", "question", "response"} <= value.keys():
        return 0.0
    return 1.0 if isinstance(value["question"], str) and isinstance(value["response"], str | None) else 0.0


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row."""
    talk = exchange(text(value["question"]), value["response"], value["system_prompt"])
    row, used = common(value)
    yield {**row, **talk, "extra": extra(value, {*used, "system_prompt", "question", "response"})}
