"""Plain texts, as for pretraining: nobody asks and nobody answers, so they give no rows."""

import re
from collections.abc import Iterator
from typing import Any

from sources.formats import templated
from sources.turns import NoRow

_MARKS = {"text", "id", "url", "title", "source", "meta", "metadata", "timestamp", "date", "lang", "language", "score"}


_SPEAKERS = re.compile(r"(?:^|\n)[^\w\n]{0,8}(?:human|user|assistant|bot|ai)\W{0,3}:", re.IGNORECASE)


def looks(value: Any) -> float:
    """Nearly sure of a text with nothing but marks of where it is from, in which nobody speaks."""
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        return 0.0
    if any(name not in _MARKS and held is not None for name, held in value.items()):
        return 0.0
    return 0.0 if _SPEAKERS.search(value["text"]) or templated.looks(value) else 0.8


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """None."""
    raise NoRow("no_conversation", "a text that nobody asked for")
