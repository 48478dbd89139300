"""PRM800K: a mathematical problem, one model's solution in steps, and people's ratings of the steps.

One row: the whole solution, its steps joined by a line break. In phase 2 that is `pre_generated_steps`; in phase 1 it is
the way the labeller chose, step by step. `label` is up where `finish_reason` is `solution`, down where it is `found_error`.
Ratings are -1 (wrong), 0 (no progress) and 1; `scores` holds the lowest and the mean of the steps on the way as
`worst_step` and `mean_step`, and the verifier's `pre_generated_verifier_score`. `answer` is the ground truth. All labels,
other steps too, stay in `extra`, with the steps' lengths and whether each is right (rated 1, as in TRL's copy of the set).
The flag `bad_problem` says that the labeller reported the problem.
"""

from collections.abc import Iterator
from typing import Any

from sources.turns import NoRow, Unreadable, extra, number, string

_ENDS = {"solution": True, "found_error": False}


def looks(value: Any) -> float:
    """Sure of a problem beside labelled steps."""
    question, label = (value.get("question"), value.get("label")) if isinstance(value, dict) else (None, None)
    if not isinstance(question, dict) or not isinstance(label, dict):
        return 0.0
    return float("problem" in question and isinstance(label.get("steps"), list))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    question, label = value["question"], value["label"]
    problem, given, labelled = question.get("problem"), question.get("pre_generated_steps"), label.get("steps")
    way = [_step(step) for step in labelled]
    steps = given if given else [text for text, _ in way if text is not None]
    if not isinstance(problem, str) or not isinstance(steps, list) or not all(isinstance(step, str) for step in steps):
        raise Unreadable("not_text", "the problem or a step is not text")
    if not steps:
        raise NoRow("no_answer", "a problem without a single step")
    ratings = [rating for _, rating in way if rating is not None]
    verifier = number(question.get("pre_generated_verifier_score"))
    scores = {"worst_step": min(ratings), "mean_step": sum(ratings) / len(ratings)} if ratings else {}
    rest = {name: held for name, held in question.items() if name not in ("problem", "ground_truth_answer")}
    yield {
        "messages": [{"role": "user", "content": problem}, {"role": "assistant", "content": "\n".join(steps)}],
        "label": _ENDS.get(str(label.get("finish_reason"))),
        "scores": scores | ({} if verifier is None else {"pre_generated_verifier_score": verifier}) or None,
        "raters": 1,
        "answer": string(question.get("ground_truth_answer")),
        "flags": ["bad_problem"] if label.get("finish_reason") == "bad_problem" else [],
        "extra": extra({**value, "question": rest, **_judged(steps, labelled)}, ()),
    }


def _judged(steps: list[str], labelled: list[dict[str, Any]]) -> dict[str, Any]:
    """The lengths of the steps, and of each whether it is right; nobody judged those after the first that has no rating."""
    labels: list[int | None] = []
    for text, step in zip(steps, labelled, strict=False):
        rating = _rating(step, text)
        if rating is None:
            break
        labels.append(int(rating == 1))
    none = [None] * (len(steps) - len(labels))
    return {"step_lengths": [len(step) for step in steps], "labels": [*labels, *none]} if labels else {}


def _rating(step: dict[str, Any], text: str) -> float | None:
    """How this text was rated where it was offered; what a person wrote instead is right if nothing else is said."""
    for offered in step.get("completions") or []:
        if offered.get("text") == text:
            return number(offered.get("rating"))
    own, rating = _written(step)
    return None if own != text else 1.0 if rating is None else rating


def _step(step: dict[str, Any]) -> tuple[str | None, float | None]:
    """The text chosen at a step, where one was, and the rating of the step that the solution took."""
    offered, chosen = step.get("completions") or [], step.get("chosen_completion")
    if isinstance(chosen, int) and 0 <= chosen < len(offered):
        return offered[chosen].get("text"), number(offered[chosen].get("rating"))
    if step.get("human_completion"):
        return _written(step)
    return None, number(offered[0].get("rating")) if offered else None


def _written(step: dict[str, Any]) -> tuple[str | None, float | None]:
    """What a person wrote instead of what was offered, and its rating; phase 1 has it as a text, phase 2 as an object."""
    held = step.get("human_completion")
    fields = held if isinstance(held, dict) else {"text": held}
    said = [number(fields.get(name)) for name in ("rating", "corrected_rating")]
    return fields.get("text"), next((rating for rating in said if rating is not None), None)
