"""UltraFeedback as OpenBMB published it: an instruction and completions, each with four ratings, a critique and two scores.

`score` is `overall_score`, GPT-4's 1 to 10, or the mean of the four ratings (1 to 5) where no completion has it; ranks
follow from it. `scores` holds both and the ratings by aspect; `N/A` is no rating. The system prompts differ from completion
to completion, so they are no part of the question: they stay in `extra`, with `principle`, rationales and critiques.

The first release wrote 10 for many a critique that said 1 (issue 8 of OpenBMB/UltraFeedback, 2,628 completions with a 10).
Its authors' rule: with a mean rating of 2 or less it is wrong (`overall_ten`, repaired to 1), up to 4 it is doubtful
(`overall_ten_doubtful`, left: in their mended release the judge was asked again).
"""

from collections.abc import Iterator
from typing import Any

from schemas.rows import Message
from sources.answers import group, ranked_by, reply
from sources.turns import NoRow, Unreadable, extra, number, string

_MARKS = {"annotations", "fine-grained_score", "critique"}


def looks(value: Any) -> float:
    """Sure of completions with ratings of their own beside an instruction."""
    found = isinstance(value, dict) and isinstance(value.get("instruction"), str)
    return float(found and any(not _MARKS.isdisjoint(completion) for completion in _completions(value)))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a completion, all of one group."""
    held = value.get("completions")
    completions = _completions(value)
    if not isinstance(held, list) or len(completions) < len(held):
        raise Unreadable("unknown_shape", "completions are a list of objects")
    if not completions:
        raise NoRow("no_answer", "an instruction without completions")
    texts = [value.get("instruction"), *(completion.get("response") for completion in completions)]
    if not all(isinstance(text, str) for text in texts):
        raise Unreadable("not_text", "the instruction or a response is not text")
    overall = [number(completion.get("overall_score")) for completion in completions]
    scores = overall if any(score is not None for score in overall) else [_mean(completion) for completion in completions]
    context: list[Message] = [{"role": "user", "content": texts[0]}]
    rest = {name: held for name, held in value.items() if name not in ("instruction", "completions")}
    truths = value.get("correct_answers")
    answer = string(truths[0]) if isinstance(truths, list) and len(truths) == 1 and truths[0] != "None" else None
    found = group(context, [reply(text) for text in texts[1:]], ranked_by(scores, []), scores)
    for row, completion in zip(found, completions, strict=True):
        own = {name: held for name, held in completion.items() if name != "response"}
        named = {"model": string(completion.get("model")), "answer": answer, "scores": _scores(completion)}
        yield {**row, **named, "extra": extra({**rest, "completion": own}, ())}


def faults(value: Any) -> list[str]:
    """Tens that the ratings deny."""
    means = [_mean(completion) for completion in _tens(value)]
    wrong = ["overall_ten"] if any(mean is not None and mean <= 2 for mean in means) else []
    return wrong + (["overall_ten_doubtful"] if any(mean is not None and 2 < mean <= 4 for mean in means) else [])


def repair(value: Any) -> Any:
    """The record with tens of completions that were rated 2 or less on the mean written as 1."""
    wrong = {id(completion) for completion in _tens(value) if (mean := _mean(completion)) is not None and mean <= 2}
    if not wrong:
        return value
    mended = [{**held, "overall_score": 1.0} if id(held) in wrong else held for held in value["completions"]]
    return {**value, "completions": mended}


def _completions(value: Any) -> list[dict[str, Any]]:
    held = value.get("completions") if isinstance(value, dict) else None
    return [completion for completion in held if isinstance(completion, dict)] if isinstance(held, list) else []


def _tens(value: Any) -> list[dict[str, Any]]:
    return [completion for completion in _completions(value) if number(completion.get("overall_score")) == 10]


def _ratings(completion: dict[str, Any]) -> dict[str, float]:
    held = completion.get("annotations")
    aspects = held.items() if isinstance(held, dict) else ()
    ratings = {name: number(said.get("Rating")) for name, said in aspects if isinstance(said, dict)}
    return {name: rating for name, rating in ratings.items() if rating is not None}


def _mean(completion: dict[str, Any]) -> float | None:
    given, ratings = number(completion.get("fine-grained_score")), _ratings(completion)
    return given if given is not None else sum(ratings.values()) / len(ratings) if ratings else None


def _scores(completion: dict[str, Any]) -> dict[str, float] | None:
    given = {name: number(completion.get(name)) for name in ("overall_score", "fine-grained_score")}
    return {name: score for name, score in given.items() if score is not None} | _ratings(completion) or None
