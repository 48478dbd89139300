"""Grade School Math: question and answer, whose last line is `#### 42`. That value goes to `answer`; the text stays whole."""

from collections.abc import Iterator
from typing import Any

from sources.exchanges import exchange, text
from sources.turns import common, extra

_FINAL = "#### "


def looks(value: Any) -> float:
    """Sure of an answer that ends in its final value."""
    if not isinstance(value, dict) or not isinstance(value.get("question"), str) or not isinstance(value.get("answer"), str):
        return 0.0
    return 1.0 if value["answer"].rpartition("\n")[2].startswith(_FINAL) else 0.0


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row."""
    talk = exchange(text(value["question"]), value["answer"])
    row, used = common(value)
    _, mark, final = text(value["answer"]).rpartition(_FINAL)
    yield {
        **row,
        **talk,
        "answer": final.strip() if mark else None,
        "extra": extra(value, {*used, "question", "answer"}),
    }
