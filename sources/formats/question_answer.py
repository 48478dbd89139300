"""A question or problem with an answer, and sometimes with the whole solution.

The solution is what is said then, and the answer is the truth. A solution's last `\\boxed{...}` (MATH) is the truth where no
answer stands beside it. A context or passage follows the question. Of several answers, all right, the first is said, and all
are in `extra`.
"""

from collections.abc import Iterator
from typing import Any

from sources.exchanges import exchange, first, question, text
from sources.turns import common, extra

_ASKED = ("question", "problem", "input")
_SAID = ("solution", "response", "answer", "output")
_AROUND = ("context", "passage")
_KNOWN = {
    *_ASKED,
    *_SAID,
    *_AROUND,
    "id",
    "idx",
    "question_id",
    "unique_id",
    "url",
    "source",
    "dataset",
    "split",
    "subject",
    "topic",
}
_KNOWN |= {"category", "level", "type", "difficulty", "lang", "language", "model", "rationale", "explanation", "title"}
_OTHERS = {"instruction", "choices", "options", "system_prompt", "chosen", "rejected", "human_answers"}
_OTHERS |= {"messages", "conversations"}


def looks(value: Any) -> float:
    """Nearly sure of a question and an answer with nothing strange beside them; of `#### 42` another is."""
    if not isinstance(value, dict) or not _OTHERS.isdisjoint(value):
        return 0.0
    asked, said = _named(value)
    if asked is None or said is None or not _is_plain(value[said]):
        return 0.0
    final = str(value[said]).rpartition("\n")[2].startswith("#### ")
    return 0.9 if value.keys() <= _KNOWN and not final else 0.45


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row."""
    asked, said = _named(value)
    before = question(value[asked] if asked else None, *(value.get(key) for key in _AROUND))
    answer, more = first(value[said] if said else None)
    talk = exchange(before, answer)
    row, used = common(value)
    used |= {*_AROUND, *([asked] if asked else []), *([said] if said and not more else [])}
    if said != "answer" and not isinstance(value.get("answer"), list | dict | None):
        row["answer"] = text(value["answer"])
        used.add("answer")
    elif said == "solution":
        row["answer"] = _boxed(talk["messages"][-1]["content"])
    yield {**row, **talk, "extra": extra(value, used)}


def _is_plain(held: Any) -> bool:
    return all(isinstance(one, str) for one in held) if isinstance(held, list) else not isinstance(held, dict)


def _named(value: dict[str, Any]) -> tuple[str | None, str | None]:
    asked = next((key for key in _ASKED if isinstance(value.get(key), str)), None)
    there = [key for key in _SAID if key in value]
    return asked, next((key for key in there if value[key] not in (None, "")), there[0] if there else None)


def _boxed(said: str) -> str | None:
    """What stands in the last `\\boxed{...}`, braces within it counted."""
    _, mark, rest = said.rpartition("\\boxed{")
    depth = 1
    for place, sign in enumerate(rest if mark else ""):
        depth += (sign == "{") - (sign == "}")
        if not depth:
            return rest[:place]
    return None
