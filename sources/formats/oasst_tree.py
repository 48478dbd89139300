"""Open Assistant trees: a prompt with replies within replies. Every assistant message on a sound path is a row.

The files of all trees hold unfinished ones too; their `tree_state` is in `extra`. Ranks, scores and flags: see `sources.oasst`.
"""

from collections.abc import Iterator
from typing import Any

from sources.oasst import WORDS, Node, node, walk
from sources.turns import NoRow, Unreadable


def looks(value: Any) -> float:
    """Sure of a tree's id beside a prompt with a role and a text."""
    if not isinstance(value, dict) or not isinstance(value.get("prompt"), dict):
        return 0.0
    prompt = value["prompt"]
    return float({"role", "text"} <= prompt.keys() and ("message_tree_id" in value or "replies" in prompt))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row for every assistant message whose whole path is sound."""
    prompt = value.get("prompt")
    if not isinstance(prompt, dict):
        raise Unreadable("unknown_shape", "a tree has a prompt with replies")
    tree = str(value.get("message_tree_id") or prompt.get("message_id") or "")
    about = {name: held for name, held in value.items() if name != "prompt"}
    root = node(prompt)
    if root.fault:
        raise NoRow(root.fault, f"its prompt: {WORDS[root.fault]}")
    found = False
    for _, row in walk([root], _replies, about):
        found = True
        yield {**row, "tree_id": tree}
    if not found:
        raise NoRow("no_answer", "a tree in which nobody answered, or whose answers were all rejected")


def _replies(item: Node) -> list[Node]:
    return [node(reply) for reply in item.replies or []]
