"""One question and one answer, from whatever fields a dump has them in; and the instances of a task, which are no comparison."""

import re
from math import isfinite
from typing import Any

from schemas.rows import Message
from sources.turns import NoRow, Unreadable, as_json, in_words, message

_EDGE = r"(?:[\W_]|&[lg]t;)*"
_NOTHING = re.compile(
    rf"(?i){_EDGE}(?:no{_EDGE}input{_EDGE}(?:required|needed|provided|given|necessary)?|(?:无|没有|无需|不需要)输入){_EDGE}"
)
_SHORT = 40  # characters: no longer text is looked at for such words


def text(value: Any, name: str = "the answer") -> str:
    """A text as it is, a number or a truth value as its JSON text; null and NaN say nothing. Raises Unreadable for all else."""
    if isinstance(value, str):
        return value
    if _is_nothing(value):
        return ""
    if isinstance(value, list | dict):
        raise Unreadable("not_text", f"{name} is not text but {in_words(value)}")
    return as_json(value)


def question(opening: Any, *more: Any) -> str:
    """What is asked: its parts with a blank line between them; a later part that says nothing, or "No input", is left out."""
    said = text(opening, "the question")
    for part in more:
        if part not in (None, "", []) and not _says_nothing(held := text(part, "a part of the question")):
            said = f"{said}\n\n{held}" if said else held
    return said


def _says_nothing(held: str) -> bool:
    return not held.strip() or (len(held) <= _SHORT and _NOTHING.fullmatch(held) is not None)


def exchange(asked: str, answer: Any, system: Any = None) -> dict[str, Any]:
    """The messages, and the flag `empty_answer` where the answer is blank. Raises NoRow where there is no answer, or nothing."""
    said = text(answer)
    if not (asked.strip() or said.strip()):
        raise NoRow("empty", "neither a question nor an answer")
    if not said and _is_nothing(answer):
        raise NoRow("no_answer", "a question without an answer")
    spoken: list[Message] = [{"role": "user", "content": asked}, message({"role": "assistant", "content": said})]
    told = text(system, "the system prompt") if system else ""
    if told.strip():
        spoken.insert(0, {"role": "system", "content": told})
    return {"messages": spoken, "flags": [] if said.strip() else ["empty_answer"]}


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and not isfinite(value))


def first(held: Any) -> tuple[Any, bool]:
    """The first of several answers that are all right, and whether there are more; one answer is the first."""
    if not isinstance(held, list):
        return held, False
    return (held[0] if held else None), len(held) > 1


def instances(held: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The instances of a task, from a list of objects or an object of lists: those with an output, and those without."""
    if isinstance(held, dict):
        names, columns = list(held), list(held.values())
        if not all(isinstance(column, list) and len(column) == len(columns[0]) for column in columns):
            raise Unreadable("unknown_shape", "instances are objects, or lists of one length")
        held = [dict(zip(names, fields, strict=True)) for fields in zip(*columns, strict=True)]
    if not isinstance(held, list) or not all(isinstance(one, dict) for one in held):
        raise Unreadable("unknown_shape", f"instances are a list of objects, not {in_words(held)}")
    answered = [one for one in held if one.get("output") not in (None, [])]
    if not answered:
        raise NoRow("no_answer", "a task without an instance that has an output")
    return answered, [one for one in held if one.get("output") in (None, [])]
