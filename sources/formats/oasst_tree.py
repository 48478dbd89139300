"""Open Assistant trees: a prompt with replies within replies. Every assistant message on a sound path is a row."""

from collections.abc import Iterator
from typing import Any

from sources.oasst import walk
from sources.turns import NoRow, Unreadable


def looks(value: Any) -> float:
    """Sure of a tree's id beside a prompt with a role and a text."""
    if not isinstance(value, dict) or not isinstance(value.get("prompt"), dict):
        return 0.0
    return (
        1.0
        if {"role", "text"} <= value["prompt"].keys() and ("message_tree_id" in value or "replies" in value["prompt"])
        else 0.0
    )


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row for every assistant message whose whole path is sound."""
    prompt = value.get("prompt")
    if not isinstance(prompt, dict):
        raise Unreadable("unknown_shape", "a tree has a prompt with replies")
    tree = str(value.get("message_tree_id") or prompt.get("message_id") or "")
    found = False
    for _, row in walk([{"node": prompt, "key": 0}], _replies):
        found = True
        yield {**row, "tree_id": tree}
    if not found:
        raise NoRow("no_answer", "a tree in which nobody answered, or whose answers were all rejected")


def _replies(item: dict[str, Any]) -> list[dict[str, Any]]:
    replies = item["node"].get("replies") or []
    if not isinstance(replies, list) or not all(isinstance(reply, dict) for reply in replies):
        raise Unreadable("unknown_shape", "replies are a list of messages")
    return [{"node": reply, "key": 0} for reply in replies]
