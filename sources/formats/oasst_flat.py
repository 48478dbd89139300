"""Open Assistant messages, one a record, which name their parents. A row needs the records of its whole path.

A parent can stand anywhere in the file, so its messages are all held at once, but packed. Ranks, scores and flags: see
`sources.oasst`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sources.oasst import LONGEST, WORDS, Node, node, walk
from sources.turns import NoRow, Unreadable

_MARKS = {"message_id", "role", "text"}


def looks(value: Any) -> float:
    """Sure of a message with an id of its own and a parent's."""
    if not isinstance(value, dict) or not value.keys() >= _MARKS or not isinstance(value["message_id"], str):
        return 0.0
    if not isinstance(value.get("parent_id"), str | None):
        return 0.0
    return 1.0 if "parent_id" in value or "message_tree_id" in value else 0.0


def gather(values: Iterable[tuple[int, Any]]) -> Iterator[tuple[list[int], dict[str, Any] | NoRow]]:
    """Rows with the numbers of the records on their path, its own last; and for each record in no row, why."""
    ids: dict[str, Node] = {}
    children: dict[str | None, list[Node]] = {}
    for number, value in values:
        item = node({**value, "replies": None}, number)
        if ids.setdefault(value["message_id"], item) is item:
            children.setdefault(item.parent, []).append(item)
        else:
            yield [number], NoRow("repeated_id", f"message {value['message_id']} is in the file already")
    taken: set[int] = set()
    for root in children.get(None, []):
        try:
            for path, row in walk([root], lambda item: children.get(item.id, [])):
                taken.update(path)
                yield path, {**row, "tree_id": root.id}
        except Unreadable as why:
            root.fault = why.reason
    for item in ids.values():
        if item.key not in taken:
            yield [item.key], _why(item, ids)


def _why(item: Node, ids: dict[str, Node]) -> NoRow:
    if item.fault:
        return NoRow(item.fault, WORDS[item.fault])
    seen = {item.id}
    while (parent := item.parent) is not None:
        if parent not in ids or parent in seen:
            return NoRow("orphan", f"it answers message {parent}, which is not in the file")
        seen.add(parent)
        if len(seen) > LONGEST:
            return NoRow("too_deep", f"more than {LONGEST} messages lead to it")
        item = ids[parent]
        if item.fault == "too_large":
            return NoRow(item.fault, WORDS[item.fault])
        if item.fault:
            return NoRow("broken_path", f"it follows on a message that may not be shown: {WORDS[item.fault]}")
    return NoRow("no_answer", "a question that nobody answered, or whose answers were all rejected")
