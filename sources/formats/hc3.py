"""HC3: what people and what ChatGPT answered to one question. A group without an order; `model` says who wrote each."""

from collections.abc import Iterator
from typing import Any

from schemas.rows import Message
from sources.answers import group, reply
from sources.exchanges import text
from sources.turns import NoRow, Unreadable, common, extra

_WRITERS = {"human_answers": "human", "chatgpt_answers": "chatgpt"}


def looks(value: Any) -> float:
    """Sure of a question with the answers of both."""
    if not isinstance(value, dict) or not isinstance(value.get("question"), str):
        return 0.0
    return 1.0 if all(isinstance(value.get(key), list) for key in _WRITERS) else 0.0


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row an answer, people's first."""
    said = [(writer, text(answer)) for key, writer in _WRITERS.items() for answer in _listed(value.get(key))]
    if not said:
        raise NoRow("no_answer", "neither a person nor ChatGPT answered")
    row, used = common(value)
    rest = extra(value, {*used, "question", *_WRITERS})
    context: list[Message] = [{"role": "user", "content": text(value.get("question"))}]
    answers = group(context, [reply(answer) for _, answer in said])
    for (writer, _), answer in zip(said, answers, strict=True):
        yield {**row, **answer, "model": writer, "extra": rest}


def _listed(held: Any) -> list[Any]:
    if not isinstance(held, list | None):
        raise Unreadable("unknown_shape", "answers are a list of texts")
    return held or []
