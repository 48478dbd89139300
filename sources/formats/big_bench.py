"""BIG-Bench and BIG-Bench-Hard: inputs with a target, one record an example of the file's `examples`.

The target is what is said and the truth. Of several targets, all right, the first is said; all are in `extra`. Where choices
have `target_scores` (0 to 1, higher is better), each choice is an answer of one group.
"""

from collections.abc import Iterator
from typing import Any

from schemas.rows import Message
from sources.answers import group, reply
from sources.exchanges import exchange, first, text
from sources.turns import Unreadable, dense, extra, number


def looks(value: Any) -> float:
    """Sure of an input with a target or with scores of targets."""
    if not isinstance(value, dict) or not isinstance(value.get("input"), str) or "instruction" in value:
        return 0.0
    if isinstance(value.get("target_scores"), dict):
        return 1.0
    return 0.9 if isinstance(value.get("target"), str | list | int | float) else 0.0


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row; one a choice where choices have scores."""
    if isinstance(value.get("target_scores"), dict):
        yield from _scored(value)
        return
    target, more = first(value.get("target"))
    rest = extra(value, {"input", *([] if more else ["target"])})
    yield {**exchange(text(value["input"]), target), "answer": text(target), "extra": rest}


def _scored(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    scores = [number(score) for score in value["target_scores"].values()]
    if not scores or None in scores:
        raise Unreadable("unknown_shape", "target_scores are numbers, one a choice")
    context: list[Message] = [{"role": "user", "content": text(value["input"])}]
    replies = [reply(choice) for choice in value["target_scores"]]
    for row in group(context, replies, dense(scores), scores):
        yield {**row, "extra": extra(value, {"input", "target_scores"})}
