"""HaluEval: ChatGPT's answers, of which people said whether anything is made up, and pairs of a right and an invented answer.

The label is up where nothing is; the spans that people marked stay in `extra`. In a pair the right answer is rank 0.
"""

from collections.abc import Iterator
from typing import Any

from schemas.rows import Message
from sources.answers import group, reply
from sources.exchanges import exchange, question, text
from sources.turns import extra

_PAIRS = {
    ("right_answer", "hallucinated_answer"): ("question", "knowledge"),
    ("right_response", "hallucinated_response"): ("dialogue_history", "knowledge"),
    ("right_summary", "hallucinated_summary"): ("document",),
}
_CLEAN = {"yes": False, "no": True}


def looks(value: Any) -> float:
    """Sure of an answer with a verdict, or of a right one beside an invented one."""
    if not isinstance(value, dict):
        return 0.0
    return 1.0 if {"user_query", "chatgpt_response", "hallucination"} <= value.keys() or _pair(value) else 0.0


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row with its thumb, or two of one group."""
    if pair := _pair(value):
        context: list[Message] = [{"role": "user", "content": question(*(value.get(key) for key in _PAIRS[pair]))}]
        replies = [reply(text(value[side])) for side in pair]
        for row in group(context, replies, [0, 1]):
            yield {**row, "extra": extra(value, {*pair, *_PAIRS[pair]})}
        return
    verdict = value.get("hallucination")
    label = _CLEAN.get(verdict.strip().lower()) if isinstance(verdict, str) else None
    used = {"user_query", "chatgpt_response", *(["hallucination"] if label is not None else [])}
    talk = exchange(text(value["user_query"]), value["chatgpt_response"])
    yield {**talk, "model": "chatgpt", "label": label, "extra": extra(value, used)}


def _pair(value: dict[str, Any]) -> tuple[str, str] | None:
    return next((pair for pair in _PAIRS if pair[0] in value and pair[1] in value), None)
