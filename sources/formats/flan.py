"""FLAN, P3, xP3 and Aya: inputs and targets, or both as they were before tokenisation.

P3 gives every choice of an evaluation a record, and `is_correct` says which is right: that is the row's label. Token ids beside
the texts that they stand for are not kept.
"""

from collections.abc import Iterator
from typing import Any

from sources.exchanges import exchange, text
from sources.turns import common, extra

_TEXTS = ("inputs_pretokenized", "targets_pretokenized")
_NAMES = ("inputs", "targets")


def looks(value: Any) -> float:
    """Sure of inputs and targets that are text."""
    if not isinstance(value, dict) or "definition" in value:
        return 0.0
    asked, said = _names(value)
    if not isinstance(value.get(asked), str) or not isinstance(value.get(said), str | None) or said not in value:
        return 0.0
    return 1.0


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row."""
    asked, said = _names(value)
    row, used = common(value)
    if isinstance(value.get("is_correct"), bool):
        row["label"] = value["is_correct"]
        used.add("is_correct")
    if (asked, said) == _TEXTS:
        used |= {key for key in _NAMES if isinstance(value.get(key), list)}
    yield {**row, **exchange(text(value[asked]), value.get(said)), "extra": extra(value, {*used, asked, said})}


def _names(value: dict[str, Any]) -> tuple[str, str]:
    return _TEXTS if _TEXTS[0] in value else _NAMES
