"""Sessions of Claude Code: each line is a message below another, or a note of the program, which is no message.

One row a path through a session; where the person went back and asked again, there are several, of one tree. Lines of one
answer are one turn, thinking is reasoning, and results of calls made side by side all stay on the path.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from sources import blocks, branches
from sources.turns import NoRow, Unreadable, string

_NOTES = ("summary", "system", "file-history-snapshot", "queue-operation", "progress", "attachment")
_KEPT = ("sessionId", "version", "gitBranch", "cwd", "timestamp", "isSidechain", "agentId")


def looks(value: Any) -> float:
    """Sure of a message with an id of its own and a session's; less so of the program's notes."""
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        return 0.0
    if value["type"] in ("user", "assistant") and isinstance(value.get("message"), dict) and "uuid" in value:
        return 1.0
    return 0.6 if value["type"] in _NOTES or "sessionId" in value else 0.0


def gather(values: Iterable[tuple[int, Any]]) -> Iterator[tuple[list[int], dict[str, Any] | Unreadable]]:
    """Rows with the numbers of the lines on their path, the last of them last; and for each line in no row, why."""
    lines: dict[str, tuple[int, dict[str, Any]]] = {}
    nodes: dict[str, branches.Node] = {}
    partial: set[str] = set()
    why: dict[int, Unreadable] = {}
    for number, line in values:
        key = string(line.get("uuid")) or f"line {number}"
        try:
            if key in lines:
                raise NoRow("repeated_id", f"line {key[:60]} is in the file already")
            messages, left_out = _messages(line)
        except Unreadable as reason:
            why[number], messages, left_out = reason, [], False
        if key not in lines:
            lines[key] = number, line
            message = line.get("message")
            model = string(message.get("model")) if isinstance(message, dict) else None
            nodes[key] = branches.Node(string(line.get("parentUuid")), messages, model)
            partial |= {key} if left_out else set()
    yield from _threads(lines, nodes, partial, why)


def _threads(
    lines: dict[str, tuple[int, dict[str, Any]]], nodes: dict[str, branches.Node], partial: set[str], why: dict[int, Unreadable]
) -> Iterator[tuple[list[int], dict[str, Any] | Unreadable]]:
    taken: set[int] = set()
    try:
        for keys, row in branches.rows(_beside(nodes)):
            numbers = [lines[key][0] for key in keys]
            taken.update(numbers)
            last = lines[keys[-1]][1]
            flags = [*(row["flags"] or ()), *([] if partial.isdisjoint(keys) else [blocks.LEFT_OUT])]
            rest = orjson.dumps({key: last[key] for key in _KEPT if key in last}).decode()
            yield numbers, {**row, "flags": flags, "extra": rest}
    except Unreadable as broken:
        why = {**{number: broken for number, _ in lines.values()}, **why}
    for number in {*why, *(number for number, _ in lines.values())} - taken:
        yield [number], why.get(number) or NoRow("branches_left_out", "the session has too many branches to read them all")


def _messages(line: dict[str, Any]) -> tuple[list[Any], bool]:
    """A line's messages. Raises NoRow for what the program notes for itself, Unreadable for what is no message."""
    kind, message = line.get("type"), line.get("message")
    if kind not in ("user", "assistant") or line.get("isMeta") is True or line.get("isApiErrorMessage") is True:
        raise NoRow("not_a_message", f"a note of the program: {kind}")
    if not isinstance(message, dict):
        raise Unreadable("unknown_shape", "the line holds no message")
    messages, partial = blocks.messages(str(kind), message.get("content"))
    if not messages:
        raise NoRow("empty", "the message holds no text")
    return messages, partial


def _beside(nodes: dict[str, branches.Node]) -> dict[str, branches.Node]:
    """Results of calls made side by side hang below several lines of one answer: here they follow each other."""
    below: dict[str, list[str]] = {}
    for key, node in nodes.items():
        if node.parent in nodes:
            below.setdefault(node.parent, []).append(key)
    for key in list(nodes):
        parent = nodes[key].parent
        if parent not in nodes or not _is_result(nodes[key]) or below.get(key) or len(below[parent]) == 1:
            continue
        if any(_calls(nodes[key]) & _calls(nodes[rival]) for rival in below[parent] if rival != key):
            continue
        below[parent].remove(key)
        place = _foot(nodes, below, parent)
        for child in below.get(place, []):
            nodes[child] = nodes[child]._replace(parent=key)
        below[key], below[place] = below.get(place, []), [key]
        nodes[key] = nodes[key]._replace(parent=place)
    return nodes


def _foot(nodes: dict[str, branches.Node], below: dict[str, list[str]], key: str) -> str:
    """The last line of the answer that a line belongs to."""
    seen = {key}
    while following := [child for child in below.get(key, []) if _is_answer(nodes[child]) and child not in seen]:
        key = following[-1]
        seen.add(key)
    return key


def _is_result(node: branches.Node) -> bool:
    return bool(node.messages) and all(message["role"] == "tool" for message in node.messages)


def _is_answer(node: branches.Node) -> bool:
    return bool(node.messages) and node.messages[0]["role"] == "assistant"


def _calls(node: branches.Node) -> set[str | None]:
    return {message.get("tool_call_id") for message in node.messages if message["role"] == "tool"}
