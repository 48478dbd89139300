"""HelpSteer and HelpSteer2: one answer a record, rated from 0 to 4. The records of one prompt are one group.

`scores` has all five ratings, `score` is helpfulness. Complexity and verbosity say how much, not how good. The file of
disagreements gives lists of ratings: their mean is taken, and their number is `raters`.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from schemas.rows import Message
from sources.answers import odd
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


def gather(values: Iterable[tuple[int, Any]]) -> Iterator[tuple[list[int], dict[str, Any] | Unreadable]]:
    """Each record's row; those of one prompt are ranked by helpfulness, wherever they stand in the file."""
    groups: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for at, value in values:
        before = context(value["prompt"])
        if any(turn["content"].strip() for turn in before):
            groups.setdefault(value["prompt"], []).append((at, _row(value, before)))
        else:
            yield [at], NoRow("no_prompt", "the answer has no question")
    for members in groups.values():
        ranks = dense([row["score"] for _, row in members])
        name = str(members[0][0])
        alone = len(members) == 1
        for (at, row), rank in zip(members, ranks, strict=True):
            yield [at], row if alone else {**row, "tree_id": name, "group_id": name, "rank": rank}


def _row(value: dict[str, Any], before: list[Message]) -> dict[str, Any]:
    lists = [value[name] for name in _RATINGS if isinstance(value[name], list)]
    scores = {name: rated for name in _RATINGS if (rated := _rated(value[name])) is not None}
    messages: list[Message] = [*before, {"role": "assistant", "content": value["response"]}]
    return {
        "messages": messages,
        "flags": odd(messages),
        "score": scores.get("helpfulness"),
        "scores": scores,
        "raters": max(map(len, lists), default=None),
        "extra": extra(value, ("prompt", "response", *(() if lists else _RATINGS))),
    }


def _rated(held: Any) -> float | None:
    numbers = [read for item in (held if isinstance(held, list) else [held]) if (read := number(item)) is not None]
    return sum(numbers) / len(numbers) if numbers else None
