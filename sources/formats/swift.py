"""ms-swift: `query`, `response`, and before them `history` as pairs or objects; `rejected_response` is a pair's worse answer."""

from collections.abc import Iterator
from typing import Any

from schemas.rows import Message
from sources.answers import group, reply
from sources.turns import NoRow, Unreadable, common, extra, string

_READ = {"query", "response", "history", "rejected_response"}
_TEXTS = {"system", "ground_truth"}  # read where they are text


def looks(value: Any) -> float:
    """Sure of a query and a response with a history, less so without."""
    if not isinstance(value, dict) or not isinstance(value.get("response"), str) or not isinstance(value.get("query"), str):
        return 0.0
    if not {"history", "rejected_response", "system"}.isdisjoint(value):
        return 1.0
    return 0.8 if {"ground_truth", "original_question", "type"}.isdisjoint(value) else 0.4


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row, or two of one group. `ground_truth`, where it is text, is the checkable answer."""
    query, answer, worse = value.get("query"), value.get("response"), value.get("rejected_response")
    if not isinstance(query, str) or not isinstance(answer, str) or not isinstance(worse, str | None):
        raise Unreadable("not_text", "query and response are not both text")
    if not (query.strip() or answer.strip()):
        raise NoRow("empty", "neither a query nor a response")
    context = [*_before(value), Message(role="user", content=query)]
    row, used = common(value)
    left = extra(value, used | _READ | {name for name in _TEXTS if isinstance(value.get(name), str | None)})
    row |= {"answer": string(value.get("ground_truth")), "extra": left}
    if worse is None:
        yield {**row, "messages": [*context, *reply(answer)]}
        return
    for pair in group(context, [reply(answer), reply(worse)], [0, 1], [None, None]):
        yield {**row, **pair}


def _before(value: dict[str, Any]) -> list[Message]:
    """The system text and the history."""
    system, history = string(value.get("system")), value.get("history") or []
    messages: list[Message] = [{"role": "system", "content": system}] if system else []
    for held in history if isinstance(history, list) else [history]:
        pair = [held.get("query"), held.get("response")] if isinstance(held, dict) else held
        if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(isinstance(text, str) for text in pair):
            raise Unreadable("unknown_shape", "a history is a list of pairs of texts")
        messages += [{"role": "user", "content": pair[0]}, {"role": "assistant", "content": pair[1]}]
    return messages
