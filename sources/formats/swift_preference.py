"""ms-swift pairs over messages: `messages` ends with the better answer; `rejected_response` or `rejected_messages` has the worse.

There are no scores: rank 0 is the answer within `messages`. Where nothing is rejected the record is a conversation and no pair.
"""

from collections.abc import Iterator
from typing import Any

from sources.answers import group, part, reply
from sources.turns import NoRow, common, extra, is_thread, leftovers, thread

_WORSE = ("rejected_response", "rejected_messages")
_OTHERS = {"chosen", "rejected", "choices", "chosen_response", "chosen_messages"}  # the pair stands there, not in the messages


def looks(value: Any) -> float:
    """Sure of turns under `messages` beside what was rejected, be that null."""
    if not isinstance(value, dict) or not any(name in value for name in _WORSE) or not _OTHERS.isdisjoint(value):
        return 0.0
    return float(is_thread(value.get("messages")))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """Two rows of one group, or one row where nothing is rejected."""
    messages = thread(value.get("messages"))
    row, used = common(value)
    response, whole = (value.get(name) for name in _WORSE)
    row["extra"] = _rest(value, {*used, "messages", "rejected_messages" if response in (None, "", []) else "rejected_response"})
    if response in (None, "", []) and not whole:
        yield {**row, "messages": messages}
        return
    if messages[-1]["role"] != "assistant":
        raise NoRow("no_answer", "messages does not end with the answer that something else was rejected for")
    worse = [*messages[:-1], *reply(response)] if response else thread(whole)
    context, *replies = part(messages, worse)
    for pair in group(context, replies, [0, 1]):
        yield {**row, **pair}


def _rest(value: dict[str, Any], used: set[str]) -> str | None:
    """The other fields, and what turns say beside their messages."""
    left = {name: held for name, held in value.items() if name not in used and held is not None}
    lists = {name: value[name] for name in ("messages", *_WORSE) if name in used and is_thread(value.get(name))}
    return extra({**left, **{name: more for name, turns in lists.items() if (more := leftovers(turns))}}, ())
