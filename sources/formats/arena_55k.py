"""Arena's 55k of the Kaggle contest: prompt, response_a and response_b are lists of turns written as JSON text.

winner_model_a, winner_model_b and winner_tie are 0 or 1. A null answer is read as an empty one, flag `null_answer`. Battles
of several turns whose earlier answers differ give two rows without a group, flag `contexts_differ`.
"""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from schemas.rows import Message
from sources.turns import Unreadable, extra, string
from sources.votes import battle, listed

_READ = ("prompt", "response_a", "response_b")
_LEANS = {"winner_model_a": 1.0, "winner_model_b": -1.0, "winner_tie": 0.0}
_YES = (1, "1", "1.0", "true", "True")


def looks(value: Any) -> float:
    """Sure of a prompt, two responses and three columns for the winner; without those, of lists written as text."""
    if not isinstance(value, dict) or not value.keys() >= set(_READ) or not isinstance(value["response_a"], str | list):
        return 0.0
    return 1.0 if value.keys() >= _LEANS.keys() else 0.8 * all(str(value[name])[:1] == "[" for name in _READ)


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """Two rows: of one group where both models have one context, else each for itself."""
    mended: set[str] = set()
    prompts, *answers = (_turns(value[name], mended) for name in _READ)
    won = [lean for name, lean in _LEANS.items() if value.get(name) in _YES]
    sides = [_talk(prompts, said) for said in answers]
    missing = ["null_answer"] if any(said is None for said in answers[0] + answers[1]) else []
    models = [string(value.get("model_a")), string(value.get("model_b"))]
    rest = extra(value, _READ)
    for row in battle(sides, models, won[0] if len(won) == 1 else None):
        yield {**row, "raters": 1, "flags": [*row["flags"], *missing, *sorted(mended)], "extra": rest}


def _turns(held: Any, mended: set[str]) -> list[Any]:
    turns = [held] if isinstance(held, str) and held[:1] != "[" else listed(held, mended)
    if not all(turn is None or isinstance(turn, str) for turn in turns):
        raise Unreadable("not_text", "a turn is not text")
    return turns


def _talk(prompts: list[Any], answers: list[Any]) -> list[Message]:
    if not prompts or len(answers) > len(prompts):
        raise Unreadable("unknown_shape", f"{len(prompts)} prompts and {len(answers)} answers: each answer needs its prompt")
    talk: list[Message] = []
    for asked, said in zip_longest(prompts, answers):
        talk += [{"role": "user", "content": asked or ""}, {"role": "assistant", "content": said or ""}]
    return talk
