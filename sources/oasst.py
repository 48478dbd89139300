"""What Open Assistant's trees and flat messages share: which messages are sound, and the rows along every path."""

from collections.abc import Callable, Iterator
from typing import Any

from schemas.rows import Message
from sources.turns import ROLE, Unreadable, count, dense, extra, number, string

_USED = {"text", "role", "lang", "rank", "model_name", "labels", "replies", "review_count", "parent_id"}
Item = dict[str, Any]  # node: the message as read; key: its record's number


LONGEST = 200  # messages on one path: each row repeats its whole path, so a longer chain would cost its square
WORDS = {
    "deleted": "deleted in Open Assistant",
    "failed_review": "Open Assistant's reviewers rejected it",
    "empty": "it has no text",
}


def fault(node: Item) -> str | None:
    """Why a message must never be shown, or None. Only a review that failed counts; one not yet done does not."""
    if node.get("deleted"):
        return "deleted"
    if node.get("review_result") is False:
        return "failed_review"
    if not isinstance(node.get("text"), str) or ROLE.get(str(node.get("role"))) is None:
        return "empty"
    return None


def walk(roots: list[Item], replies: Callable[[Item], list[Item]]) -> Iterator[tuple[list[int], dict[str, Any]]]:
    """Depth first over sound messages: for each assistant message the keys of its path and its row."""
    heap: list[tuple[Item, str, list[int], list[Message], int, int | None]] = []
    heap += [(root, "", [], [], 0, None) for root in reversed(roots) if not fault(root["node"])]
    while heap:
        item, parent, path, before, worst, rank = heap.pop()
        node = item["node"]
        keys = [*path, item["key"]]
        if len(keys) > LONGEST:
            continue
        messages: list[Message] = [*before, {"role": ROLE[node["role"]], "content": node["text"]}]
        worst = max(worst, rank or 0)
        if messages[-1]["role"] == "assistant" and before:
            yield keys, {**_row(node, messages), "group_id": parent, "rank": rank, "path_rank": worst}
        sound = [reply for reply in replies(item) if not fault(reply["node"])]
        if sound and not isinstance(node.get("message_id"), str):
            raise Unreadable("unknown_shape", "a message that has replies has no message_id")
        mine = node.get("message_id", "")
        ranked = reversed(list(zip(sound, _places(sound), strict=True)))
        heap += [(reply, mine, keys, messages, worst, place) for reply, place in ranked]


def _places(siblings: list[Item]) -> list[int | None]:
    """Ranks of messages that stand side by side, dense again once the unsound ones are gone; 0 is best."""
    ranks = (number(item["node"].get("rank")) for item in siblings)
    return dense([None if rank is None else -rank for rank in ranks])


def _row(node: Item, messages: list[Message]) -> dict[str, Any]:
    return {
        "messages": messages,
        "model": string(node.get("model_name")),
        "language_declared": string(node.get("lang")),
        "scores": _labels(node.get("labels")),
        "raters": count(node.get("review_count")),
        "extra": extra(node, _USED),
    }


def _labels(labels: Any) -> dict[str, float] | None:
    """Labels as name and value, from lists side by side or from one object a label."""
    if not isinstance(labels, dict):
        return None
    names, values = labels.get("name"), labels.get("value")
    if not isinstance(names, list) or not isinstance(values, list):
        names, values = list(labels), [held.get("value") if isinstance(held, dict) else held for held in labels.values()]
    return {str(name): read for name, value in zip(names, values, strict=False) if (read := number(value)) is not None} or None
