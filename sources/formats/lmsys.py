"""LMSYS-Chat-1M: real talks with many models. `openai_moderation` and `redacted` stay in `extra`; `language` is declared.

Flags: `redacted` where names were replaced (NAME_1 and the like), `moderated` where the moderation flagged a turn.
"""

from collections.abc import Iterator
from typing import Any

from sources.turns import common, extra, is_thread, thread

_MARKS = {"conversation_id", "conversation", "model", "turn", "language"}
_WILDCHAT = ("toxic", "conversation_hash", "detoxify_moderation", "hashed_ip")


def looks(value: Any) -> float:
    """Sure of a talk with a model, its count of turns and its moderation."""
    if not isinstance(value, dict) or not is_thread(value.get("conversation")) or any(name in value for name in _WILDCHAT):
        return 0.0
    return 1.0 if "openai_moderation" in value and "model" in value else 0.9 * (value.keys() >= _MARKS)


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    turns = value.get("conversation")
    messages = thread(turns)
    row, used = common(value)
    rest = extra(value, {*used, "conversation"}, turns=turns, key="conversation")
    yield {**row, "messages": messages, "extra": rest, "flags": flags(value)}


def flags(value: dict[str, Any]) -> list[str]:
    """What the set's makers found: redacted names, toxic turns, turns that the moderation flagged."""
    found = [name for name in ("redacted", "toxic") if value.get(name) is True]
    judged = value.get("openai_moderation")
    moderated = isinstance(judged, list) and any(isinstance(each, dict) and each.get("flagged") is True for each in judged)
    return [*found, "moderated"] if moderated else found
