"""Two answers and a vote. A lean says who won: above 0 the first answer, below 0 the second, 0 is a tie, None is no verdict."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from schemas.rows import Message
from sources import spans, strict
from sources.answers import group, odd, part, reply
from sources.turns import NoRow, Unreadable, dense, in_words, number


def told(held: Any, leans: Mapping[float, float]) -> float | None:
    """The lean that a dump's own number means, be it written as text; None for a number that means nothing."""
    read = number(held)
    return None if read is None else leans.get(read)


def vote(
    context: list[Message], answers: Sequence[Any], lean: float | None, scores: Sequence[float | None] = (None, None)
) -> Iterator[dict[str, Any]]:
    """Two rows of one group from two texts: the winner has rank 0, a tie has 0 twice, no verdict has no ranks."""
    for held in answers:
        if not isinstance(held, str):
            raise Unreadable("not_text", f"an answer is not text but {in_words(held)}")
    yield from _ranked(context, [reply(held) for held in answers], lean, scores)


def strengths(lean: float | None) -> list[float | None]:
    """How much each answer is preferred: the winner by the size of the lean, the loser by 0. Their difference is the margin."""
    return [None, None] if lean is None else [max(lean, 0.0), max(-lean, 0.0)]


def agreement(votes: Sequence[float | None], lean: float | None) -> dict[str, float]:
    """The share of votes that say what the verdict says, as `scores` names it; empty without votes or verdict."""
    if lean is None or not votes:
        return {}
    return {"agreement": sum(held is not None and _side(held) == _side(lean) for held in votes) / len(votes)}


def ballots(votes: Sequence[float | None], lean: float | None) -> list[dict[str, float] | None]:
    """`scores` of two answers: the agreement, and what each rater gave (`vote.1`, ...); who said nothing gave nothing."""
    given = [(f"vote.{at}", held) for at, held in enumerate(votes, 1) if held is not None]
    shared = agreement(votes, lean)
    return [shared | {name: max(sign * held, 0.0) + 0.0 for name, held in given} or None for sign in (1.0, -1.0)]


def battle(sides: Sequence[list[Message]], models: Sequence[str | None], lean: float | None) -> Iterator[dict[str, Any]]:
    """The threads of two models with one user. Where they part before the last answer, each is a row alone, with a flag."""
    try:
        context, *replies = part(*sides)
    except NoRow:
        for side, model in zip(sides, models, strict=True):
            yield {"messages": side, "model": model, "group_id": None, "flags": ["contexts_differ", *odd(side)]}
        return
    for row, model in zip(_ranked(context, replies, lean), models, strict=True):
        yield {**row, "model": model}


def listed(value: Any, mended: set[str]) -> list[Any]:
    """A list, or the list that a text writes as JSON; the flags of what was mended in it go to `mended`. Raises Unreadable."""
    if isinstance(value, str):
        try:
            value, flags = strict.told(value.encode(), spans.DUPLICATE)
            mended.update(flags)
        except strict.Refused as error:
            raise Unreadable(error.reason, f"a list written as text: {error.detail}") from None
    if not isinstance(value, list):
        raise Unreadable("unknown_shape", "a list was expected, or a list written as text")
    return value


def _ranked(
    context: list[Message], replies: list[list[Message]], lean: float | None, scores: Sequence[float | None] | None = None
) -> Iterator[dict[str, Any]]:
    if not any(turn["content"].strip() for turn in context):
        raise NoRow("no_prompt", "the answers have no question")
    scores = None if scores is None else [None if score is None else score + 0.0 for score in scores]  # -0.0 is 0.0
    yield from group(context, replies, [None, None] if lean is None else dense([lean, -lean]), scores)


def _side(lean: float) -> int:
    return (lean > 0) - (lean < 0)
