"""Open Assistant messages, one a record, which name their parents. A row needs the records of its whole path."""

from collections.abc import Iterable, Iterator
from typing import Any

from sources.oasst import LONGEST, WORDS, fault, walk
from sources.turns import NoRow

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
    items: list[dict[str, Any]] = []
    ids: dict[str, dict[str, Any]] = {}
    for number, value in values:
        item = {"node": value, "key": number}
        if ids.setdefault(value["message_id"], item) is item:
            items.append(item)
        else:
            yield [number], NoRow("repeated_id", f"message {value['message_id']} is in the file already")
    children: dict[Any, list[dict[str, Any]]] = {}
    for item in items:
        children.setdefault(item["node"].get("parent_id"), []).append(item)
    taken: set[int] = set()
    for root in children.get(None, []):
        for path, row in walk([root], lambda item: children.get(item["node"]["message_id"], [])):
            taken.update(path)
            yield path, {**row, "tree_id": root["node"]["message_id"]}
    for item in items:
        if item["key"] not in taken:
            yield [item["key"]], _why(item["node"], ids)


def _why(node: dict[str, Any], ids: dict[str, Any]) -> NoRow:
    own = fault(node)
    if own:
        return NoRow(own, WORDS[own])
    seen = {node["message_id"]}
    while (parent := node.get("parent_id")) is not None:
        if parent not in ids or parent in seen:
            return NoRow("orphan", f"it answers message {parent}, which is not in the file")
        seen.add(parent)
        if len(seen) > LONGEST:
            return NoRow("too_deep", f"more than {LONGEST} messages lead to it")
        node = ids[parent]["node"]
        if bad := fault(node):
            return NoRow("broken_path", f"it follows on a message that may not be shown: {WORDS[bad]}")
    return NoRow("no_answer", "a question that nobody answered, or whose answers were all rejected")
