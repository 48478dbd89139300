"""Turns that a field holds as JSON text, as exports of tables write them: they are looked at, and read, decoded."""

import re
from typing import Any

from sources import spans, strict
from sources.turns import Unreadable, is_thread

BAD = "bad_json"  # a flag: a text that should be JSON is none, and is kept as text
_TALKS, _TEXTS = ("messages", "conversations"), ("prompt", "chosen", "rejected")  # turns only; turns or a text
_NAMES = (*_TALKS, *_TEXTS)
_TURNS = re.compile(r"\[\s*\{\s*[\"'](?:role|from|content|value)[\"']")


def decoded(value: Any) -> Any:
    """The value with such fields decoded; itself where it has none, or one that is broken."""
    try:
        return opened(value)[0]
    except Unreadable:
        return value


def opened(value: Any) -> tuple[Any, tuple[str, ...]]:
    """The value with such fields decoded, and its flags: what was mended, as at the door. Raises Unreadable for a broken talk."""
    flags: tuple[str, ...] = ()
    if type(value) is not dict:
        return value, flags
    talks = value
    for name in _NAMES:
        if type(held := value.get(name)) is str and held[:1] == "[":
            turns, told = _turns(name, held)
            talks, flags = talks if turns is None else {**talks, name: turns}, (*flags, *told)
    return talks, flags


def _turns(name: str, text: str) -> tuple[list[Any] | None, tuple[str, ...]]:
    """The turns that a text is, by the door's rules; none where it is another text."""
    try:
        turns, mended = strict.told(text.encode(), spans.DUPLICATE)
    except strict.Refused as error:
        if name in _TALKS:
            raise Unreadable(error.reason, f"{name} is text that should be JSON: {error.detail}") from None
        return None, (BAD,) if _TURNS.match(text) else ()
    return (turns, mended) if is_thread(turns) else (None, ())
