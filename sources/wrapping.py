"""A file that is one JSON object: records under the names of lists in it, a table by columns, or one record of a shape unknown.

Lists are unwrapped only where they plainly hold records: under a name that says so, or where one format knows each of them
well, the object has no id of its own, and the list is not called like the turns of a talk (unless whole talks are in it).
"""

import re
from typing import Any

from sources.detect import KNOWN, guess, load, spread
from sources.records import Record, inside
from sources.turns import is_turn

_PLAIN = {"data", "rows", "records", "examples", "samples", "instances", "items", "dataset", "entries", "train", "training"}
_PLAIN |= {"test", "validation", "valid", "val", "dev", "eval"}
_TALK = re.compile("convers|messag|turn|dialog|utteranc|chat|talk|thread|histor|exchang|round|speech", re.IGNORECASE)
_ID = re.compile(r"(^|_)(uu|gu)?id$|[a-z]Id$|ID$|hash$")
_SPEAKS = {"speaker", "sender"}
_SHOWN = 12  # names of fields told
_LISTS = 128  # in one object


def unwrapped(record: Record, pinned: str | None) -> list[Record] | None:
    """The records in the lists that an object has, one list after the other; None where they are not plainly that."""
    value = record.value
    lists = [key for key, held in value.items() if _is_list(held)] if isinstance(value, dict) else []
    named = any(map(_ID.search, value)) if lists else False
    return (
        inside(record, lists)
        if 0 < len(lists) <= _LISTS and all(_hold_records(key, value[key], pinned, named) for key in lists)
        else None
    )


def is_columns(value: Any) -> bool:
    """Whether an object holds a table by its columns: lists of one length, or objects with the same keys, of plain values."""
    if not isinstance(value, dict) or len(value) < 2:
        return False
    first, *others = value.values()
    if not isinstance(first, list | dict) or not first or any(type(field) is not type(first) for field in others):
        return False
    alike = (len(field) == len(first) if isinstance(first, list) else field.keys() == first.keys() for field in others)
    return all(alike) and not any(isinstance(cell, list | dict) for field in value.values() for cell in _cells(field))


def strange(value: Any) -> str:
    """What to tell of a file whose only object has a shape that no format knows."""
    if not isinstance(value, dict) or not value:
        return "no format knows this record"
    some = ", ".join(repr(key[:40]) for key in list(value)[:_SHOWN]) + (" ..." if len(value) > _SHOWN else "")
    lists = [key for key, held in value.items() if _is_list(held)]
    said = f"no format knows an object of {some}"
    if not lists:
        return said
    why = "a format fits what is in it and no part is a turn of one talk"
    return f"{said}; a list inside, as {lists[0][:40]!r}, is read as records only where {why}: write the records as JSON lines"


def _is_list(held: Any) -> bool:
    return isinstance(held, list) and bool(held) and isinstance(held[0], dict)


def _hold_records(key: str, items: list[Any], pinned: str | None, named: bool) -> bool:
    sample = spread(items)
    if any(is_turn(item) or (isinstance(item, dict) and not _SPEAKS.isdisjoint(item)) for item in sample):
        return False
    talk = _TALK.search(key) is not None
    if talk and not all(map(_is_talk, sample)):
        return False
    format, least = (pinned, 0.0) if pinned else (guess(sample).format, KNOWN)
    if format is None or talk or key.lower() in _PLAIN:
        return format is not None
    return not named and all(load(format).looks(item) >= max(least, 1e-9) for item in sample)


def _is_talk(value: Any) -> bool:
    """Whether this is a whole talk: it holds messages of its own."""
    return isinstance(value, dict) and any(_is_list(held) or _is_list(_cells(held)) for held in value.values())


def _cells(field: Any) -> list[Any]:
    return list(field.values()) if isinstance(field, dict) else field if isinstance(field, list) else []
