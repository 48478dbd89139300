"""Shepherd's human critiques of answers: as raw labels, or as question, answer and feedback.

One row: the question and the answer that was criticised. The critique is about the talk and no turn of it: it stays in
`extra`. In the raw file `scores` holds the labeller's `relevant` (correct and relevant) and `justified`, 1 to 5, higher is
better, and `score` is `relevant`; `answer` is the reference solution (`output_correct`).
"""

from collections.abc import Iterator
from typing import Any

from sources.turns import NoRow, Unreadable, extra, number, string

_JOBS = {"relevant": "CLASSIFICATION_JOB_1", "justified": "CLASSIFICATION_JOB"}


def looks(value: Any) -> float:
    """Sure of a critique's labels, or of feedback beside question and answer."""
    if not isinstance(value, dict):
        return 0.0
    if isinstance(value.get("metadata"), dict) and "latestLabel" in value:
        return float("output_candidate" in value["metadata"])
    return float({"question", "answer", "feedback"} <= value.keys() and isinstance(value["feedback"], str))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    raw = "latestLabel" in value
    held = value["metadata"] if raw else value
    names = ("context", "output_candidate") if raw else ("question", "answer")
    question, answer = (held.get(name) for name in names)
    if not isinstance(question, str) or not isinstance(answer, str):
        raise Unreadable("not_text", f"{names[0]} and {names[1]} are not both text")
    if not question.strip() and not answer.strip():
        raise NoRow("empty", "neither a question nor an answer")
    scores = {name: read for name, job in _JOBS.items() if (read := _grade(value, job)) is not None} if raw else {}
    rest = {name: field for name, field in held.items() if name not in (*names, "output_correct")}
    yield {
        "messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}],
        "score": scores.get("relevant"),
        "scores": scores or None,
        "raters": 1,
        "answer": string(held.get("output_correct")) if raw else None,
        "extra": extra({**value, "metadata": rest} if raw else rest, ()),
    }


def _grade(value: dict[str, Any], job: str) -> float | None:
    """The number that a category's name begins with: `3_SOMEWHAT_RELEVANT`."""
    label = value["latestLabel"]
    said = label["jsonResponse"].get(job) if isinstance(label, dict) and isinstance(label.get("jsonResponse"), dict) else None
    chosen = said.get("categories") if isinstance(said, dict) else None
    return number(str(chosen[0].get("name")).partition("_")[0]) if chosen and isinstance(chosen[0], dict) else None
