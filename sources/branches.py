"""Conversations that chat apps keep as trees: edited questions and regenerated answers are branches of one conversation.

A tree without branches is one row. With branches, each thread down to a leaf is a row, and so is every answer that has
rivals: rivals answer one question and are a group, rank 0 for the one on the current thread and 1 for those left behind.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from schemas.rows import Message
from sources.turns import Unreadable, as_json

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
        self.question: dict[str, str | None] = {}  # what a node answers
        for key in nodes:
            self.climb(key)
        self.spoken = [key for key in nodes if nodes[key].messages]
        self.below: dict[str | None, list[str]] = {}
        for key in self.spoken:
            self.below.setdefault(self.above[key], []).append(key)
        hidden = current in nodes and not nodes[current].messages
        self.current = set(self.thread(self.above[current] if hidden and current else current if current in nodes else None))

    def climb(self, start: str) -> None:
        """Note what stands above a node, and above all on the way up."""
        way = []
        key: str | None = start
        while key in self.nodes and key not in self.above:
            way.append(key)
            key = self.nodes[key].parent
        for step in reversed(way):
            parent = self.nodes[step].parent
            over = None if parent not in self.nodes else parent if self.nodes[parent].messages else self.above[parent]
            self.above[step] = over
            self.depth[step] = 1 + (0 if over is None else self.depth[over])
            self.root[step] = step if over is None else self.root[over]
            self.question[step] = over if over is None or self.asks(over) else self.question[over]

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


def rows(nodes: dict[str, Node], current: str | None = None) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """For each row its nodes' keys from the root down, and the row. `current` names the leaf that the person sees.

    Raises Unreadable where nodes stand below themselves."""
    if circle := circles(nodes):
        raise Unreadable("broken_tree", f"{len(circle)} nodes stand below themselves, {min(circle)[:60]} among them")
    tree = _Tree(nodes, current)
    answers = [key for key in tree.spoken if not tree.asks(key) and _is_last(tree, key)]
    rivals: dict[str, list[str]] = {}
    for key in answers:
        if (question := tree.question[key]) is not None:
            rivals.setdefault(question, []).append(key)
    rivals = {question: keys for question, keys in rivals.items() if len(keys) > 1}
    ranks = {key: rank for keys in rivals.values() for key, rank in _ranks(tree, keys)}
    left = _left(tree, [key for key, rank in ranks.items() if rank == 1])
    wanted = [key for key in tree.spoken if key in ranks or not tree.below.get(key)]
    wanted, cut = _bounded(tree, wanted)
    shared = Counter(tree.root[key] for key in wanted)
    for key in wanted:
        keys = tree.thread(key)
        row: dict[str, Any] = {
            "messages": joined([m for step in keys for m in nodes[step].messages]),
            "flags": ["branches_left_out"] if tree.root[key] in cut else None,
        }
        row["model"] = next((nodes[step].model for step in reversed(keys) if nodes[step].model), None)
        row["group_id"] = None
        if shared[tree.root[key]] > 1:
            place = {"tree_id": tree.root[key], "group_id": key if tree.asks(key) else tree.question[key] or key}
            row |= {**place, "rank": ranks.get(key), "path_rank": int(not left.isdisjoint(keys))}
        yield keys, row


def _bounded(tree: _Tree, wanted: list[str]) -> tuple[list[str], set[str]]:
    """The rows' last nodes, only one of a tree whose rows would hold more than MOST messages; and the roots of such trees."""
    size: Counter[str] = Counter()
    for key in wanted:
        size[tree.root[key]] += tree.depth[key]
    cut = {root for root, messages in size.items() if messages > MOST}
    if not cut:
        return wanted, cut
    best: dict[str, str] = {}
    for key in wanted:
        root = tree.root[key]
        if root in cut and (root not in best or _worth(tree, key) > _worth(tree, best[root])):
            best[root] = key
    return [key for key in wanted if tree.root[key] not in cut or best[tree.root[key]] == key], cut


def _worth(tree: _Tree, key: str) -> tuple[bool, int]:
    return key in tree.current, tree.depth[key]


def circles(nodes: dict[str, Node]) -> set[str]:
    """The keys of nodes whose way up never ends."""
    endless: dict[str, bool] = {}
    for start in nodes:
        way: dict[str, None] = {}
        key: str | None = start
        while key in nodes and key not in endless and key not in way:
            way[key] = None
            key = nodes[key].parent
        endless |= dict.fromkeys(way, key in way or (key in endless and endless[key]))
    return {key for key, never in endless.items() if never}


def _is_last(tree: _Tree, key: str) -> bool:
    """Whether an answer ends here: nothing follows, or a question does."""
    following = tree.below.get(key)
    return not following or any(tree.asks(below) for below in following)


def _ranks(tree: _Tree, keys: list[str]) -> list[tuple[str, int | None]]:
    """The answer that the person went on with is better than those left behind; elsewhere nobody knows."""
    if tree.current.isdisjoint(keys):
        return [(key, None) for key in keys]
    return [(key, int(key not in tree.current)) for key in keys]


def _left(tree: _Tree, answers: list[str]) -> set[str]:
    """The nodes of answers that were left behind, up to where they part from the current thread."""
    left: set[str] = set()
    for step in answers:
        key: str | None = step
        while key is not None and key not in left and key not in tree.current and not tree.asks(key):
            left.add(key)
            key = tree.above[key]
    return left


def joined(messages: list[Message]) -> list[Message]:
    """Thoughts go to the turn that follows them, and calls to the words that announce them: apps keep them apart."""
    turns: list[Message] = []
    thoughts: list[list[str]] = []
    called: list[list[str]] = []
    for message in messages:
        own, calls = message.get("reasoning"), message.get("tool_calls")
        last = turns[-1] if turns and turns[-1]["role"] == message["role"] == "assistant" else None
        if last and ((calls and not message["content"]) or not (last["content"] or called[-1])):
            turns[-1] = last if last["content"] else {**last, **message}
        else:
            turns.append(message)
            thoughts.append([])
            called.append([])
        thoughts[-1] += [own] if own else []
        called[-1] += [calls] if calls else []
    return [_one(*parts) for parts in zip(turns, thoughts, called, strict=True)]


def _one(turn: Message, thoughts: list[str], calls: list[str]) -> Message:
    """The turn with all that was thought and called on the way to it."""
    if len(thoughts) > 1 or (thoughts and not turn.get("reasoning")):
        turn = {**turn, "reasoning": "\n\n".join(thoughts)}
    if len(calls) > 1 or (calls and not turn.get("tool_calls")):
        turn = {**turn, "tool_calls": as_json([call for each in calls for call in orjson.loads(each)])}
    return turn


def chained(parts: list[list[Message]]) -> dict[str, Node]:
    """Nodes one below the other, for a conversation that is kept as a list."""
    return {str(n): Node(str(n - 1) if n else None, messages) for n, messages in enumerate(parts)}
