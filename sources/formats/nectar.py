"""Nectar: a transcript that waits for an answer, and answers of several models in GPT-4's order.

`rank` is theirs, 1 for the best, made dense from 0; there are no scores. `good_natured` says that the prompt asks for no
harm; it, `source`, `turns` and `num_responses` stay in `extra`.
"""

from collections.abc import Iterator
from typing import Any

from sources.answers import asked, group, ranked_by, reply
from sources.turns import NoRow, Unreadable, extra, number, string


def looks(value: Any) -> float:
    """Sure of ranked answers to a transcript, beside one of Nectar's own fields."""
    if not isinstance(value, dict) or not isinstance(value.get("prompt"), str) or not _answers(value):
        return 0.0
    return float(not {"good_natured", "num_responses"}.isdisjoint(value) and any("rank" in answer for answer in _answers(value)))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row an answer, all of one group."""
    answers = _answers(value)
    if not answers:
        raise NoRow("no_answer", "a prompt without answers")
    if not all(isinstance(answer.get("answer"), str) for answer in answers):
        raise Unreadable("not_text", "an answer is not text")
    ranks = ranked_by([None] * len(answers), [number(answer.get("rank")) for answer in answers])
    rest = {name: held for name, held in value.items() if name not in ("prompt", "answers")}
    found = group(asked(value["prompt"]), [reply(answer["answer"]) for answer in answers], ranks)
    for row, answer in zip(found, answers, strict=True):
        own = {name: held for name, held in answer.items() if name not in ("answer", "model")}
        yield {**row, "model": string(answer.get("model")), "extra": extra({**rest, "answer": own}, ())}


def _answers(value: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers, or none where they are not all objects."""
    held = value.get("answers")
    return held if isinstance(held, list) and all(isinstance(answer, dict) and "answer" in answer for answer in held) else []
