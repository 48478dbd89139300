"""Questions without answers: prompt collections and benchmarks (HumanEval, IFEval, MT-bench, TruthfulQA, moderation samples).

What a benchmark holds for judging (a canonical solution, a best answer) is not an answer that anybody gave, and is not read as
one. Where some record of such a file has an answer under a plain name, it is read.
"""

import re
from collections.abc import Iterator
from typing import Any

from sources.exchanges import exchange, text
from sources.turns import NoRow, common, extra

_MARKS = (
    {"prompt", "canonical_solution"},
    {"prompt", "instruction_id_list"},
    {"act", "prompt"},
    {"Question", "Best Answer", "Incorrect Answers"},
)
_MODERATED = {"prompt", "S", "H", "V", "HR", "SH", "S3", "H2", "V2"}  # any of them may be absent
_ASKED = ("prompt", "question", "instruction", "query", "Question")
_ANSWERS = ("response", "completion", "output", "answer")
_MAY_ANSWER = re.compile(
    "answer|response|output|completion|solution|target|chosen|reject|message|conversation|turn|label|choice|result|generation"
    "|preferred|winner|history|instance|transcript|chat|text|repl(?:y|ies)|candidate",
    re.IGNORECASE,
)


def looks(value: Any) -> float:
    """Nearly sure of what known benchmarks look like; half so of a prompt with nothing beside it that may be an answer."""
    if not isinstance(value, dict) or any(isinstance(value.get(key), str) and value[key] for key in _ANSWERS):
        return 0.0
    if any(marks <= value.keys() for marks in _MARKS) or _is_bench(value):
        return 0.9
    if not any(isinstance(value.get(key), str) for key in _ASKED):
        return 0.0
    return 0.0 if any(_MAY_ANSWER.search(key) for key in value if key not in _ANSWERS) else 0.4


def _is_bench(value: dict[str, Any]) -> bool:
    turns = value.get("turns")
    asked = isinstance(turns, list) and bool(turns) and isinstance(turns[0], str) and "question_id" in value
    named = {name for name, held in value.items() if held is not None or name in _MODERATED}
    return asked or ("prompt" in named and {"prompt"} < named <= _MODERATED)


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """None, but for a record that has an answer after all."""
    asked = next((key for key in _ASKED if isinstance(value.get(key), str)), None)
    said = next((key for key in _ANSWERS if value.get(key) not in (None, "")), None)
    if asked is None or said is None:
        raise NoRow("no_answer", "a prompt, and no answer that was given to it")
    talk = exchange(text(value[asked]), value[said])
    row, used = common(value)
    yield {**row, **talk, "extra": extra(value, {*used, asked, said})}
