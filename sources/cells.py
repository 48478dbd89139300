"""Records as exports of tables write them: turns that a field holds as JSON text are decoded, and a null column is no column.

Tables that were merged have columns of each other's, null in every row. A null says nothing: where its name is one that tells
formats apart, the record is looked at, and read, without it, and it is not in `extra` either.
"""

import re
from typing import Any

from sources import spans, strict
from sources.turns import Unreadable, is_thread

BAD = "bad_json"  # a flag: a text that should be JSON is none, and is kept as text
_TALKS, _TEXTS = ("messages", "conversations"), ("prompt", "chosen", "rejected")  # turns only; turns or a text
_NAMES = (*_TALKS, *_TEXTS)
_MARKS = {*_TALKS, "conversation", "instruction", "input", "definition", "instances", "completion", "completions"}
_MARKS |= {"chosen", "rejected", "chosen_response", "choices", "options", "output_1", "conversation_hash"}
_MARKS |= {"openai_moderation", "toxic", "gen_input_configs", "gen_input_config", "input_quality", "instruct_reward"}
_TURNS = re.compile(r"\[\s*\{\s*[\"'](?:role|from|content|value)[\"']")


def decoded(value: Any) -> Any:
    """The value with such fields decoded, and without such nulls; itself where it has none, or one that is broken."""
    try:
        return opened(value)[0]
    except Unreadable:
        return value


def told(value: dict[str, Any]) -> dict[str, Any]:
    """The fields but for the nulls under names that tell formats apart."""
    if None not in value.values():
        return value
    return {name: held for name, held in value.items() if held is not None or name not in _MARKS}


def opened(value: Any) -> tuple[Any, tuple[str, ...]]:
    """The value with such fields decoded, and its flags: what was mended, as at the door. Raises Unreadable for a broken talk."""
    flags: tuple[str, ...] = ()
    if type(value) is not dict:
        return value, flags
    talks = value = told(value)
    for name in _NAMES:
        if type(held := value.get(name)) is str and held[:1] == "[":
            turns, mended = _turns(name, held)
            talks, flags = talks if turns is None else {**talks, name: turns}, (*flags, *mended)
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
