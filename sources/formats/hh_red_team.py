"""Anthropic's red-team attempts: one transcript of a person who tries to make a model do harm.

`score` is `min_harmlessness_score_transcript`, a preference model's number for the worst answer: any size, higher is less
harmful. `scores` holds it, the attacker's own `rating` (0 to 4, higher is a better attack, so a worse model) and the task's
harmlessness (`task_descripton_harmlessness_score`, as the data spells it). `raters` is 1 where the attacker rated. Docta's
`suggest_*` stay in `extra`.
"""

from collections.abc import Iterator
from typing import Any

from sources.answers import is_transcript, odd, transcript
from sources.turns import NoRow, extra, number

_WORST = "min_harmlessness_score_transcript"
_SCORES = (_WORST, "rating", "task_descripton_harmlessness_score", "task_description_harmlessness_score")


def looks(value: Any) -> float:
    """Sure of a transcript beside the attack's marks."""
    if not isinstance(value, dict) or not is_transcript(value.get("transcript")):
        return 0.0
    return float(_WORST in value or "task_description" in value)


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    messages = transcript(value["transcript"])
    if not any(message["content"] for message in messages):
        raise NoRow("empty", "no message holds any text")
    scores = {name: read for name in _SCORES if (read := number(value.get(name))) is not None}
    names = [name for name in (value.get("model_type"), value.get("num_params")) if isinstance(name, str)]
    yield {
        "messages": messages,
        "model": " ".join(names) or None,
        "score": scores.get(_WORST),
        "scores": scores or None,
        "raters": 1 if "rating" in scores else None,
        "flags": odd(messages),
        "extra": extra(value, ("transcript",)),
    }
