"""HelpSteer and HelpSteer2: one answer a record, rated from 0 to 4. The records of one prompt are one group.

`scores` has all five ratings, `score` is helpfulness. Complexity and verbosity say how much, not how good. The file of
disagreements gives lists of ratings: their mean is taken, and their number is `raters`.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from schemas.rows import Message
from sources.answers import group, reply
from sources.turns import ROLE, NoRow, Unreadable, dense, extra, number

_RATINGS = ("helpfulness", "correctness", "coherence", "complexity", "verbosity")
_MARK = re.compile(r"\n?<extra_id_[01]>(System|User|Assistant)\n?")


def looks(value: Any) -> float:
    """Sure of a prompt and a response with the five ratings."""
    if not isinstance(value, dict) or not value.keys() >= {"prompt", "response", *_RATINGS}:
        return 0.0
    return float(isinstance(value["prompt"], str) and isinstance(value["response"], str))


def context(prompt: str) -> list[Message]:
    """The turns of a prompt, which after the first are marked `<extra_id_1>User` and `<extra_id_1>Assistant`."""
    first, *marked = _MARK.split(prompt)
    turns: list[Message] = [{"role": "user", "content": first}] if first.strip() or not marked else []
    turns += [{"role": ROLE[who.lower()], "content": said} for who, said in zip(marked[::2], marked[1::2], strict=True)]
    waits = turns[-1]["role"] == "assistant" and not turns[-1]["content"].strip()
    return turns[:-1] if waits else turns


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """The row of a record that stands among those of another format: there is nothing to compare it with."""
    yield from _together([value])


def gather(values: Iterable[tuple[int, Any]]) -> Iterator[tuple[list[int], dict[str, Any] | Unreadable]]:
    """Each record's row; those of one prompt are a group, ranked by helpfulness, wherever they stand in the file."""
    groups: dict[str, list[tuple[int, Any]]] = {}
    for at, value in values:
        groups.setdefault(value["prompt"], []).append((at, value))
    for members in groups.values():
        numbers = [at for at, _ in members]
        named = {"tree_id": str(numbers[0]), "group_id": str(numbers[0])} if len(members) > 1 else {}
        try:
            for at, row in zip(numbers, _together([value for _, value in members]), strict=True):
                yield [at], {**row, **named}
        except Unreadable as why:
            yield from (([at], why) for at in numbers)


def _together(values: list[Any]) -> Iterator[dict[str, Any]]:
    """One row for each answer to one prompt."""
    before = context(values[0]["prompt"])
    if not any(turn["content"].strip() for turn in before):
        raise NoRow("no_prompt", "the answers have no question")
    rated = [{name: read for name in _RATINGS if (read := _rated(value[name])) is not None} for value in values]
    scores = [held.get("helpfulness") for held in rated]
    answers = group(before, [reply(value["response"]) for value in values], dense(scores) if len(values) > 1 else None, scores)
    for value, held, row in zip(values, rated, answers, strict=True):
        lists = [value[name] for name in _RATINGS if isinstance(value[name], list)]
        people = max(map(len, lists), default=None)
        rest = extra(value, ("prompt", "response", *(() if lists else _RATINGS)))
        yield {**row, "scores": held or None, "raters": people, "extra": rest}


def _rated(held: Any) -> float | None:
    numbers = [read for item in (held if isinstance(held, list) else [held]) if (read := number(item)) is not None]
    return sum(numbers) / len(numbers) if numbers else None
