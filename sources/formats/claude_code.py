"""Sessions of Claude Code: each line is a message below another, or a note of the program, which is no message.

One row a path through a session; where the person went back and asked again, there are several, of one tree. Lines of one
answer are one turn, thinking is reasoning, and results of calls made side by side all stay on the path.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from sources import blocks, branches
from sources.turns import NoRow, Unreadable, string

_NOTES = ("summary", "system", "file-history-snapshot", "queue-operation", "progress", "attachment")
_MARKS = ("sessionId", "leafUuid", "parentUuid", "snapshot")
_KEPT = ("sessionId", "version", "gitBranch", "cwd", "timestamp", "isSidechain", "agentId")


def looks(value: Any) -> float:
    """Sure of a message with an id of its own and a session's; less so of the program's notes."""
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        return 0.0
    if value["type"] in ("user", "assistant") and isinstance(value.get("message"), dict) and "uuid" in value:
        return 1.0
    if value["type"] in _NOTES and any(mark in value for mark in _MARKS):
        return 0.6
    return 0.2 if "sessionId" in value else 0.0


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
    for key in branches.circles(nodes):
        del nodes[key]
        why.setdefault(lines[key][0], Unreadable("broken_tree", "the line stands below itself"))
    taken: set[int] = set()
    for keys, row in branches.rows(_beside(nodes)):
        numbers = [lines[key][0] for key in keys]
        taken.update(numbers)
        last = lines[keys[-1]][1]
        flags = [*(row["flags"] or ()), *([] if partial.isdisjoint(keys) else [blocks.LEFT_OUT])]
        rest = orjson.dumps({key: last[key] for key in _KEPT if key in last}).decode()
        yield numbers, {**row, "flags": flags, "extra": rest}
    for number in sorted({*why, *(number for number, _ in lines.values())} - taken):
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
    below: dict[str | None, list[str]] = {}
    for key, node in nodes.items():
        below.setdefault(node.parent, []).append(key)
    feet: dict[str, str] = {}
    loose: dict[str, list[str]] = {}
    for parent, keys in below.items():
        if parent in nodes and len(keys) > 1 and any(map(_is_result, (nodes[key] for key in keys))):
            twice = Counter(call for key in keys for call in _calls(nodes[key]))
            ends = [key for key in keys if key not in below and _is_result(nodes[key])]
            own = [key for key in ends if all(twice[call] == 1 for call in _calls(nodes[key]))]
            loose.setdefault(_foot(nodes, below, feet, parent), []).extend(own)
    found = dict(nodes)
    for foot, keys in loose.items():
        chain = dict(zip(keys, [foot, *keys], strict=False))
        followers = [key for key in below.get(foot, []) if keys and key not in chain]
        for key, parent in [*chain.items(), *((key, keys[-1]) for key in followers)]:
            found[key] = found[key]._replace(parent=parent)
    return found


def _foot(nodes: dict[str, branches.Node], below: dict[str | None, list[str]], feet: dict[str, str], start: str) -> str:
    """The last line of the answer that a line belongs to."""
    way, key = {start: None}, start
    while key not in feet:
        following = [child for child in below.get(key, []) if _is_answer(nodes[child])]
        if not following or following[-1] in way:
            feet[key] = key
        else:
            key = following[-1]
            way[key] = None
    feet |= dict.fromkeys(way, feet[key])
    return feet[key]


def _is_result(node: branches.Node) -> bool:
    return bool(node.messages) and all(message["role"] == "tool" for message in node.messages)


def _is_answer(node: branches.Node) -> bool:
    return bool(node.messages) and node.messages[0]["role"] == "assistant"


def _calls(node: branches.Node) -> set[str | None]:
    return {message.get("tool_call_id") for message in node.messages if message["role"] == "tool"}
