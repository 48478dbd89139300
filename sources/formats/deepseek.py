"""DeepSeek's export: a tree under `mapping` like ChatGPT's, whose messages are made of fragments.

REQUEST is the person, RESPONSE the answer, THINK its reasoning; what a SEARCH found stays in `extra`. The export does not say
which of several answers was on the page, so regenerated ones are a group without an order.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from schemas.rows import Message
from sources import branches
from sources.formats.chatgpt import conversation, parents
from sources.turns import Unreadable, extra, string
from sources.turns import message as turn

_ROLE = {"REQUEST": "user", "RESPONSE": "assistant", "THINK": "assistant", "TEMPLATE_RESPONSE": "assistant"}


def looks(value: Any) -> float:
    """Sure of a mapping whose messages hold fragments."""
    mapping = value.get("mapping") if isinstance(value, dict) else None
    if not isinstance(mapping, dict):
        return 0.0
    said = [node["message"] for node in islice(mapping.values(), 4) if isinstance(node, dict) and node.get("message")]
    return (
        1.0 if any(isinstance(message, dict) and "fragments" in message for message in said) else 0.5 * ("inserted_at" in value)
    )


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row, or one a thread and one a regenerated answer."""
    mapping = value.get("mapping")
    if not isinstance(mapping, dict) or not all(isinstance(node, dict) for node in mapping.values()):
        raise Unreadable("unknown_shape", "mapping holds nodes by their ids")
    nodes, found = {}, []
    for key, parent in parents(mapping).items():
        message = mapping[key].get("message") or {}
        said, other = _messages(message)
        found += other
        nodes[key] = branches.Node(parent, said, string(message.get("model")))
    left = {**value, **({"fragments": found} if found else {})}
    for row in conversation(nodes, string(value.get("current_node")), partial=False):
        yield {**row, "extra": extra(left, ("mapping", "current_node"))}


def _messages(message: dict[str, Any]) -> tuple[list[Message], list[Any]]:
    """A message's turns, and its fragments that are none."""
    if "fragments" not in message and "role" in message:
        return [turn(message)], []
    if message.get("files"):
        raise Unreadable("not_text", "a turn came with files, whose text is not here")
    turns: list[Message] = []
    others = []
    for fragment in message.get("fragments") or []:
        role, text = _ROLE.get(fragment.get("type")), fragment.get("content")
        if role is None or not isinstance(text, str):
            others.append(fragment)
        elif not text.strip():
            continue
        elif fragment["type"] == "THINK":
            turns.append({"role": role, "content": "", "reasoning": text})
        else:
            turns.append({"role": role, "content": text})
    return turns, others
