"""Anthropic's HH transcripts: `chosen` and `rejected` are whole talks as text, which part at their last answer.

`rank` is 0 for the chosen and 1 for the rejected; there are no scores. Pairs that part earlier are dropped as `contexts_differ`.
"""

from collections.abc import Iterator
from typing import Any

from sources.answers import group, is_transcript, part, transcript
from sources.turns import extra


def looks(value: Any) -> float:
    """Sure of two transcripts and no prompt."""
    if not isinstance(value, dict) or "prompt" in value:
        return 0.0
    return float(is_transcript(value.get("chosen")) and is_transcript(value.get("rejected")))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """Two rows of one group."""
    context, *replies = part(transcript(value["chosen"]), transcript(value["rejected"]))
    rest = extra(value, ("chosen", "rejected"))
    for row in group(context, replies, [0, 1]):
        yield {**row, "extra": rest}
