"""Conversations that chat apps keep as trees: edited questions and regenerated answers are branches of one conversation.

A tree without branches is one row. With branches, each thread down to a leaf is a row, and so is every answer that has
rivals: rivals answer one question and are a group, rank 0 for the one on the current thread and 1 for those left behind.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from schemas.rows import Message
from sources.turns import Unreadable

MOST = 100_000  # messages in all rows of one tree: beyond it only one thread is read


class Node(NamedTuple):
    """What one node says (nothing where it is hidden), below which other, and which model wrote it."""

    parent: str | None
    messages: list[Message]
    model: str | None = None


class _Tree:
    """The nodes that say something, each below the nearest such one."""

    def __init__(self, nodes: dict[str, Node], current: str | None) -> None:
        self.nodes = nodes
        self.above: dict[str, str | None] = {}
        self.depth: dict[str, int] = {}
        self.root: dict[str, str] = {}
        for key in nodes:
            self.climb(key)
        self.spoken = [key for key in nodes if nodes[key].messages]
        self.below: dict[str | None, list[str]] = {}
        for key in self.spoken:
            self.below.setdefault(self.above[key], []).append(key)
        hidden = current in nodes and not nodes[current].messages
        self.current = set(self.thread(self.above[current] if hidden and current else current if current in nodes else None))

    def climb(self, start: str) -> None:
        """Note what stands above a node, and above all on the way up. Raises Unreadable where the way is a circle."""
        way: dict[str, None] = {}
        key: str | None = start
        while key in self.nodes and key not in self.above:
            if key in way:
                raise Unreadable("broken_tree", f"node {key[:60]} stands below itself")
            way[key] = None
            key = self.nodes[key].parent
        for step in reversed(way):
            parent = self.nodes[step].parent
            over = None if parent not in self.nodes else parent if self.nodes[parent].messages else self.above[parent]
            self.above[step] = over
            self.depth[step] = 1 + (0 if over is None else self.depth[over])
            self.root[step] = step if over is None else self.root[over]

    def asks(self, key: str) -> bool:
        """Whether a node is the person's turn."""
        return self.nodes[key].messages[-1]["role"] in ("user", "system")

    def thread(self, key: str | None) -> list[str]:
        """The keys from the root down to this one."""
        keys = []
        while key is not None:
            keys.append(key)
            key = self.above[key]
        return keys[::-1]

    def question(self, key: str) -> str | None:
        """What a node answers."""
        above = self.above[key]
        while above is not None and not self.asks(above):
            above = self.above[above]
        return above


def rows(nodes: dict[str, Node], current: str | None = None) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """For each row its nodes' keys from the root down, and the row. `current` names the leaf that the person sees."""
    tree = _Tree(nodes, current)
    answers = [key for key in tree.spoken if not tree.asks(key) and _is_last(tree, key)]
    rivals: dict[str, list[str]] = {}
    for key in answers:
        if (question := tree.question(key)) is not None:
            rivals.setdefault(question, []).append(key)
    rivals = {question: keys for question, keys in rivals.items() if len(keys) > 1}
    ranks = {key: rank for keys in rivals.values() for key, rank in _ranks(tree, keys)}
    left = {step for key, rank in ranks.items() if rank == 1 for step in _answer(tree, key)} - tree.current
    wanted = [key for key in tree.spoken if key in ranks or not tree.below.get(key)]
    flags = None
    if sum(tree.depth[key] for key in wanted) > MOST:
        seen = [key for key in wanted if key in tree.current] or wanted
        wanted, flags = [max(seen, key=lambda key: tree.depth[key])], ["branches_left_out"]
    shared = Counter(tree.root[key] for key in wanted)
    for key in wanted:
        keys = tree.thread(key)
        row: dict[str, Any] = {"messages": joined([m for step in keys for m in nodes[step].messages]), "flags": flags}
        row["model"] = next((nodes[step].model for step in reversed(keys) if nodes[step].model), None)
        row["group_id"] = None
        if shared[tree.root[key]] > 1:
            place = {"tree_id": tree.root[key], "group_id": key if tree.asks(key) else tree.question(key) or key}
            row |= {**place, "rank": ranks.get(key), "path_rank": int(not left.isdisjoint(keys))}
        yield keys, row


def _is_last(tree: _Tree, key: str) -> bool:
    """Whether an answer ends here: nothing follows, or a question does."""
    following = tree.below.get(key)
    return not following or any(tree.asks(below) for below in following)


def _ranks(tree: _Tree, keys: list[str]) -> list[tuple[str, int | None]]:
    """The answer that the person went on with is better than those left behind; elsewhere nobody knows."""
    if tree.current.isdisjoint(keys):
        return [(key, None) for key in keys]
    return [(key, int(key not in tree.current)) for key in keys]


def _answer(tree: _Tree, key: str) -> list[str]:
    """The nodes of an answer, from its last to its first."""
    steps, step = [], key
    while True:
        steps.append(step)
        above = tree.above[step]
        if above is None or tree.asks(above):
            return steps
        step = above


def joined(messages: list[Message]) -> list[Message]:
    """Thoughts go to the turn that follows them, and calls to the words that announce them: apps keep them apart."""
    turns: list[Message] = []
    for message in messages:
        last = turns[-1] if turns else message
        if last is message or last["role"] != "assistant" or message["role"] != "assistant":
            turns.append(message)
        elif not last["content"] and not last.get("tool_calls"):
            turns[-1] = {**message, "reasoning": _text(last.get("reasoning"), message.get("reasoning"))}
        elif message.get("tool_calls") and not message["content"]:
            calls = [
                call for each in (last, message) if each.get("tool_calls") for call in orjson.loads(each["tool_calls"] or "")
            ]
            thoughts = _text(last.get("reasoning"), message.get("reasoning"))
            turns[-1] = {**last, "reasoning": thoughts, "tool_calls": orjson.dumps(calls).decode()}
        else:
            turns.append(message)
    return turns


def _text(*parts: str | None) -> str | None:
    return "\n\n".join(part for part in parts if part) or None


def chained(parts: list[list[Message]]) -> dict[str, Node]:
    """Nodes one below the other, for a conversation that is kept as a list."""
    return {str(n): Node(str(n - 1) if n else None, messages) for n, messages in enumerate(parts)}
