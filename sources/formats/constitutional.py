"""Samples of Anthropic's constitutional paper: a transcript that waits, and many answers with a preference model's scores.

`score` is the mean of an answer's `pm_scores`: any size, higher is better; ranks follow from it. The `Human:` at which
sampling stopped is no part of an answer. The answer of another lab's model (`comparison_model`) has no score and stays in
`extra`.
"""

import re
from collections.abc import Iterator
from typing import Any

from sources.answers import asked, group, ranked_by, reply
from sources.turns import NoRow, Unreadable, extra, number

_SPEAKER = re.compile(r"(?<!\n)\n+(Human|Assistant):")
_STOP = re.compile(r"(?<!\n)\n+Human:\s*\Z")


def looks(value: Any) -> float:
    """Sure of sampled answers beside the prompt that they were sampled from."""
    return float(
        isinstance(value, dict) and isinstance(value.get("rl_prompt"), str) and isinstance(value.get("sampled_answers"), list)
    )


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row an answer, all of one group."""
    answers = value["sampled_answers"]
    if not answers:
        raise NoRow("no_answer", "a prompt without answers")
    texts = [answer.get("sampled_string") for answer in answers]
    if not all(isinstance(text, str) for text in texts):
        raise Unreadable("not_text", "an answer is not text")
    context = asked(_SPEAKER.sub(r"\n\n\1:", value["rl_prompt"]))
    scores = [_score(answer) for answer in answers]
    rest = {name: held for name, held in value.items() if name not in ("rl_prompt", "sampled_answers")}
    replies = [reply(_STOP.sub("", text).strip()) for text in texts]
    for row, answer in zip(group(context, replies, ranked_by(scores, []), scores), answers, strict=True):
        own = {name: held for name, held in answer.items() if name != "sampled_string"}
        named = {"pm_score": row["score"]} if row["score"] is not None else None
        yield {**row, "scores": named, "extra": extra({**rest, "answer": own}, ())}


def _score(answer: dict[str, Any]) -> float | None:
    held = [number(said.get("pm_score")) for said in answer.get("pm_scores") or ()]
    known = [score for score in held if score is not None]
    return sum(known) / len(known) if known else None
