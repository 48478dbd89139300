"""WildChat (the first release, 1M, 4.8M): real talks with ChatGPT. Each turn's language, toxicity and redaction stay in `extra`.

Flags: `redacted`, `toxic`, and `moderated` where the moderation flagged a turn. Hashed IP addresses and the headers of
browsers are never kept.
"""

from collections.abc import Iterator
from typing import Any

from sources.formats.lmsys import flags
from sources.turns import common, extra, is_thread, thread

_PRIVATE = ("hashed_ip", "header", "accept-language", "user-agent")
_MARKS = ("toxic", "conversation_hash", "detoxify_moderation", "hashed_ip")


def looks(value: Any) -> float:
    """Sure of a talk with a hash or a word on its toxicity."""
    if not isinstance(value, dict) or not is_thread(value.get("conversation")):
        return 0.0
    return 1.0 if any(name in value for name in _MARKS) else 0.0


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    turns = value.get("conversation")
    messages = thread(turns)
    public = [{name: field for name, field in turn.items() if name not in _PRIVATE} for turn in turns]
    row, used = common(value)
    rest = extra(value, {*used, "conversation", *_PRIVATE}, turns=public, key="conversation")
    yield {**row, "messages": messages, "extra": rest, "flags": flags(value)}
