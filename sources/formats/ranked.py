"""Lists of answers with scores or ranks in one record, of no named set: reward-model dumps, best-of-n samples.

`score` is the answer's own number under one of the usual names, or the one beside it in a list of scores; higher is better.
`rank` comes from ranks where there are any (low is best), else from the scores. Every number of the answer under a usual
name is in `scores`; of a list beside the answers each row keeps its own in `extra`. `rankings` holds one list a rater, the
place of each answer from 1 on: they are kept as `vote.1`, `vote.2`, ... in `scores` (higher is better), and a record without
an order of its own is ordered by the mean place (Borda), until a recipe's `score` counts the votes in another way.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from sources.answers import asked, group, ranked_by, reply
from sources.formats import alpaca, nectar, stepwise, ultrafeedback
from sources.turns import Unreadable, common, extra, number, string

_ANSWERS = ("completions", "answers", "responses", "candidates", "outputs", "generations")
_CONTEXTS = ("prompt", "instruction", "question", "messages", "conversations", "conversation", "context")
_TEXTS = ("response", "answer", "text", "content", "output", "completion", "message")
_SCORES = ("overall_score", "score", "rating", "reward")
_BESIDE = {"scores": False, "ratings": False, "rewards": False, "ranks": True, "rank": True, "ranking": True}
_RATERS = 100
_NAMED = (nectar, stepwise, ultrafeedback)  # sets of this shape that have a format of their own


def looks(value: Any) -> float:
    """Sure of a question, a list of answers, and a number for some of them."""
    if not isinstance(value, dict) or "chosen" in value:
        return 0.0
    name, question = _first(value, _ANSWERS), _first(value, _CONTEXTS)
    if name is None or question is None or not isinstance(value[name], list) or not value[name]:
        return 0.0
    sure = _sure(value, value[name])
    return min(sure, 0.3) if any(format.looks(value) for format in _NAMED) else sure


def _sure(value: dict[str, Any], items: list[Any]) -> float:
    voted = _beside(value, len(items)) or _places(value.get("rankings"), len(items))
    if all(isinstance(item, dict) and isinstance(_text(item), str | list) for item in items):
        return 0.95 if any(_held(item, (*_SCORES, "rank")) is not None for item in items) or voted else 0.0
    return 0.9 if all(isinstance(item, str) for item in items) and voted else 0.0


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row an answer, all of one group."""
    name, question = _first(value, _ANSWERS), _first(value, _CONTEXTS)
    if name is None or question is None or not isinstance(value[name], list):
        raise Unreadable("unknown_shape", "a question and a list of answers were expected")
    items = [item if isinstance(item, dict) else {"text": item} for item in value[name]]
    texts = [_text(item) for item in items]
    if not all(isinstance(text, str | list) for text in texts):
        raise Unreadable("not_text", "an answer is not text")
    scores = [_held(item, _SCORES) for item in items]
    ranks = [_held(item, ("rank",)) for item in items]
    if beside := _beside(value, len(items)):
        numbers = [number(held) for held in value[beside]]
        scores, ranks = (scores, numbers) if _BESIDE[beside] else (numbers, ranks)
    context = alpaca.context(value) if question == "instruction" else asked(value[question])
    row, used = common(value)
    votes = _votes(_places(value.get("rankings"), len(items)), len(items))
    used |= {name, *(alpaca.taken(value) if question == "instruction" else [question])} | ({"rankings"} if votes else set())
    rest = {key: held for key, held in value.items() if key not in used and key != beside}
    if votes and not any(held is not None for held in (*scores, *ranks)):
        ranks = [-sum(held.values()) / len(held) if held else None for held in votes]
    answers = group(context, [reply(text) for text in texts], ranked_by(scores, ranks), scores)
    for at, (answer, item) in enumerate(zip(answers, items, strict=True)):
        own = {key: held for key, held in item.items() if key != _text_name(item)}
        left = {**rest, **({beside: value[beside][at]} if beside else {}), **({"answer": own} if own else {})}
        ratings = {name: read for name in _SCORES if (read := number(item.get(name))) is not None}
        ratings |= votes[at] if votes else {}
        named = {"model": string(item.get("model")) or row.get("model"), "scores": ratings or None}
        yield {**row, **named, **answer, "extra": extra(left, ())}


def _places(rankings: Any, size: int) -> list[list[float | None]]:
    """Of each rater the place of every answer, null where there is none; empty where that is not what `rankings` is."""
    if not isinstance(rankings, list) or not all(isinstance(places, list) and len(places) == size for places in rankings):
        return []
    read = [[number(place) for place in places] for places in rankings]
    strange = any(held is not None and place is None for held, place in zip(chain(*rankings), chain(*read), strict=True))
    return [] if strange or not any(place is not None for place in chain(*read)) else read


def _votes(places: list[list[float | None]], size: int) -> list[dict[str, float]]:
    """Of each answer the places that raters gave it, turned; none where there are no rankings."""
    if len(places) > _RATERS:
        raise Unreadable("too_large", f"{len(places):,} rankings of one question: {_RATERS} are read")
    return [
        {f"vote.{rater}": -place for rater, given in enumerate(places, 1) if (place := given[at]) is not None}
        for at in range(size if places else 0)
    ]


def _first(value: dict[str, Any], names: tuple[str, ...]) -> str | None:
    return next((name for name in names if value.get(name)), None)


def _text_name(item: dict[str, Any]) -> str | None:
    return next((name for name in _TEXTS if name in item), None)


def _text(item: dict[str, Any]) -> Any:
    return item.get(_text_name(item) or "")


def _held(item: dict[str, Any], names: tuple[str, ...]) -> float | None:
    return next((read for name in names if (read := number(item.get(name))) is not None), None)


def _beside(value: dict[str, Any], size: int) -> str | None:
    """The name of a list of numbers that goes along with the answers."""
    return next((name for name in _BESIDE if isinstance(value.get(name), list) and len(value[name]) == size), None)
