"""What Open Assistant's trees and flat messages share: which messages are sound, and the rows along every path.

`rank` is theirs, 0 for the best of the messages that stand side by side, dense again once the unsound ones are gone.
`scores` are the reviewers' mean labels by name, most from 0 to 1; `raters` counts reviews. A row's `flags` say
`partly_ranked` where only some of the sound siblings have a rank, `same_answers` where a sound sibling says the same,
`spam` where most reviewers called it that, and `aborted_low_grade` or `halted_by_moderator` where the tree ended so.
Groups published as partly ranked, in which only deleted or rejected messages lack a rank, are whole again without those.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from sys import intern
from typing import Any

import orjson

from schemas.rows import Message
from sources.turns import ROLE, Unreadable, as_json, count, dense, extra, number, string

LONGEST = 200  # messages on one path: each row repeats its whole path, so a longer chain would cost its square
MOST = 1 << 26  # characters in all rows of one tree
WORDS = {
    "deleted": "deleted in Open Assistant",
    "failed_review": "Open Assistant's reviewers rejected it",
    "empty": "it has no text",
    "too_large": f"the paths of its tree hold more than {MOST:,} characters together",
}
_USED = {"text", "role", "lang", "model_name", "replies", "review_count", "parent_id"}
_BAD_ENDS = ("aborted_low_grade", "halted_by_moderator")


@dataclass(slots=True)
class Node:
    """A message, with all that its row does not need at once packed as JSON; `key` is its record's number."""

    key: int
    id: str | None
    parent: str | None
    role: str
    text: str
    rank: float | None
    fault: str | None  # why it must never be shown
    rest: str
    replies: list[dict[str, Any]] | None  # as read; None where the messages stand side by side


def node(value: dict[str, Any], key: int = 0) -> Node:
    """A message as read. Only a review that failed is a fault; one not yet done is none. Raises Unreadable."""
    text, role = value.get("text"), ROLE.get(str(value.get("role")))
    fault = "deleted" if value.get("deleted") else "failed_review" if value.get("review_result") is False else None
    if not isinstance(text, str) or role is None:
        fault, text, role = fault or "empty", "", ""
    replies = value.get("replies")
    if replies and (not isinstance(replies, list) or not all(isinstance(reply, dict) for reply in replies)):
        raise Unreadable("unknown_shape", "replies are a list of messages")
    rest = as_json({name: held for name, held in value.items() if name not in ("text", "replies")})
    own, parent = _name(value.get("message_id")), _name(value.get("parent_id"))
    return Node(key, own, parent, role, text, number(value.get("rank")), fault, rest, replies or None)


def _name(value: Any) -> str | None:
    return intern(value) if isinstance(value, str) else None


def walk(
    roots: list[Node], replies: Callable[[Node], list[Node]], about: dict[str, Any] | None = None
) -> Iterator[tuple[list[int], dict[str, Any]]]:
    """Depth first over sound messages: for each assistant message the keys of its path and its row; `about` is of the tree.

    Raises Unreadable where the rows would hold more than MOST characters, since each repeats its path.
    """
    size = 0
    heap: list[tuple[Node, str, list[int], list[Message], int, int | None, list[str]]] = []
    heap += [(root, "", [], [], 0, None, []) for root in reversed(roots) if not root.fault]
    while heap:
        item, parent, path, before, worst, rank, flags = heap.pop()
        keys = [*path, item.key]
        if len(keys) > LONGEST:
            continue
        messages: list[Message] = [*before, {"role": item.role, "content": item.text}]
        worst = max(worst, rank or 0)
        if item.role == "assistant" and before:
            size += sum(len(message["content"]) for message in messages)
            if size > MOST:
                raise Unreadable("too_large", WORDS["too_large"])
            row = _row({**(about or {}), **orjson.loads(item.rest)}, flags)
            yield keys, {**row, "messages": messages, "group_id": parent, "rank": rank, "path_rank": worst}
        siblings = replies(item)
        sound = [reply for reply in siblings if not reply.fault]
        if sound and item.id is None:
            raise Unreadable("unknown_shape", "a message that has replies has no message_id")
        ranked = reversed(list(zip(sound, _places(sound), _shared(sound), strict=True)))
        heap += [(reply, item.id or "", keys, messages, worst, place, odd) for reply, place, odd in ranked]


def _places(siblings: list[Node]) -> list[int | None]:
    """Ranks of messages that stand side by side; 0 is best."""
    return dense([None if reply.rank is None else -reply.rank for reply in siblings])


def _shared(sound: list[Node]) -> list[list[str]]:
    """For each sound message what is odd about it among its sound siblings."""
    some = {reply.rank is None for reply in sound}
    partly = ["partly_ranked"] if len(some) == 2 else []
    said = Counter(reply.text for reply in sound)
    return [[*partly, *(["same_answers"] if said[reply.text] > 1 else [])] for reply in sound]


def _row(record: dict[str, Any], flags: list[str]) -> dict[str, Any]:
    scores = _labels(record.get("labels"))
    spam = ["spam"] if scores and scores.get("spam", 0) > 0.5 else []
    state = record.get("tree_state")
    return {
        "model": string(record.get("model_name")),
        "language_declared": string(record.get("lang")),
        "scores": scores,
        "raters": count(record.get("review_count")),
        "flags": [*flags, *spam, *([state] if state in _BAD_ENDS else [])],
        "extra": extra(record, _USED),
    }


def _labels(labels: Any) -> dict[str, float] | None:
    """Labels as name and value: from lists side by side, from one object a label, or from a list of such."""
    if isinstance(labels, list):
        labels = {str(held.get("name")): held for held in labels if isinstance(held, dict)}
    if not isinstance(labels, dict):
        return None
    names, values = labels.get("name"), labels.get("value")
    if not isinstance(names, list) or not isinstance(values, list):
        names, values = list(labels), [held.get("value") if isinstance(held, dict) else held for held in labels.values()]
    return {str(name): read for name, value in zip(names, values, strict=False) if (read := number(value)) is not None} or None
