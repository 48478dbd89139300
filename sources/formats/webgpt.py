"""WebGPT comparisons: a question and two answers with sources. Scores go from -1 to 1 and sum to 0; 0 and 0 is a tie."""

from collections.abc import Iterator
from typing import Any

from sources.answers import asked
from sources.turns import Unreadable, extra, number
from sources.votes import vote

_READ = {"question", "answer_0", "answer_1"}


def looks(value: Any) -> float:
    """Sure of a question, two answers and their scores."""
    if not isinstance(value, dict) or not value.keys() >= {*_READ, "score_0", "score_1"}:
        return 0.0
    return float(isinstance(_question(value["question"]), str))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """Two rows of one group; quotes stay in `extra`."""
    question, scores = _question(value["question"]), [number(value["score_0"]), number(value["score_1"])]
    if not isinstance(question, str):
        raise Unreadable("not_text", "the question has no full_text")
    lean = scores[0] - scores[1] if scores[0] is not None and scores[1] is not None else None
    held = value["question"] if isinstance(value["question"], dict) else {}
    left = {"question": {key: field for key, field in held.items() if key != "full_text"}} if held else {}
    rest = extra({**value, **left}, _READ - left.keys())
    for row in vote(asked(question), [value["answer_0"], value["answer_1"]], lean, scores):
        yield {**row, "extra": rest}


def _question(held: Any) -> Any:
    return held.get("full_text") if isinstance(held, dict) else held
