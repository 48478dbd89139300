"""GPT4All: prompt, response and source. Prompts with one response and nothing that rates it are read so too."""

from collections.abc import Iterator
from typing import Any

from sources.exchanges import exchange, text
from sources.turns import common, extra

_KNOWN = {"prompt", "response", "source", "id", "model", "system", "lang", "language"}


def looks(value: Any) -> float:
    """Sure of a prompt and a response with their source; far less where fields stand by that GPT4All has not."""
    if not isinstance(value, dict) or not {"prompt", "response"} <= value.keys() or "input" in value:
        return 0.0
    if not isinstance(value["prompt"], str) or not isinstance(value["response"], str | None):
        return 0.0
    return 0.45 if not value.keys() <= _KNOWN else 1.0 if "source" in value else 0.8


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row."""
    talk = exchange(text(value["prompt"]), value.get("response"), value.get("system"))
    row, used = common(value)
    yield {**row, **talk, "extra": extra(value, {*used, "prompt", "response", "system"})}
