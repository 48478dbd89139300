"""A query with one response: MetaMath, whose last line is `The answer is: 42`, and evaluation sets with a `ground_truth`.

The final value, or the ground truth, is the row's truth, never what is said: a query of an evaluation set whose response is
still empty is dropped. With a history or a system prompt such records are ms-swift's.
"""

from collections.abc import Iterator
from typing import Any

from sources.exchanges import exchange, text
from sources.turns import NoRow, common, extra

_MARKS = {"original_question", "type", "ground_truth"}
_OTHERS = {"history", "system", "rejected_response", "chosen", "messages", "images", "tools"}
_FINAL = "The answer is: "


def looks(value: Any) -> float:
    """Sure of a query and a response where a mark stands by; less so of the two alone, never where ms-swift's fields do."""
    if not isinstance(value, dict) or not isinstance(value.get("query"), str) or not _OTHERS.isdisjoint(value):
        return 0.0
    if not isinstance(value.get("response"), str | int | float):
        return 0.0
    return 0.4 if _MARKS.isdisjoint(value) else 1.0


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row."""
    answer = value.get("response")
    if answer == "" and "ground_truth" in value:
        raise NoRow("no_answer", "a query whose response is still empty")
    talk = exchange(text(value["query"]), answer, value.get("system"))
    row, used = common(value)
    _, mark, final = talk["messages"][-1]["content"].rpartition(_FINAL)
    if not isinstance(value.get("ground_truth"), list | dict | None):
        row["answer"] = text(value["ground_truth"]) or None
        used.add("ground_truth")
    elif mark:
        row["answer"] = final.strip()
    yield {**row, **talk, "extra": extra(value, {*used, "query", "response", "system"})}
