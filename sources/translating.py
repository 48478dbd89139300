"""One record's value becomes rows through its format: known faults found, mended where that is asked for, memory bounded.

Turns written as JSON text are read as turns, and a null under a name that tells formats apart is dropped, as it says nothing:
see `sources.cells`.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from types import ModuleType
from typing import Any, TypeAlias

from sources import cells, promises
from sources.detect import load
from sources.plain import Plain
from sources.turns import Unreadable

Rows: TypeAlias = list[dict[str, Any]]
FEW, _MOST = 16, 128 << 20  # rows of one record that are never too large, and characters of all its rows that are


def reader(format: str | None, repair: bool) -> Callable[[Any], Rows]:
    """How a format reads one value: its known faults are found, mended where that is asked for, and told on its rows."""
    module = load(format) if format else None
    if module is None or not hasattr(module, "rows"):
        return _unknown
    rows, mended = module.rows, mender(module, repair) if hasattr(module, "faults") else None

    def told(value: Any) -> Rows:
        value, flags = cells.opened(value)
        if mended:
            value, found = mended(value)
            flags = (*flags, *found)
        return flagged([promises.kept(row) for row in _bounded(rows(value))], flags)

    return told


def plain(module: ModuleType, repair: bool) -> Plain | None:
    """Which records of a format a kernel may take apart. One that is to be mended goes through the format."""
    return None if repair else getattr(module, "PLAIN", None)


def mender(module: ModuleType, repair: bool) -> Callable[[Any], tuple[Any, list[str]]]:
    """value -> the value to read, and its flags: faults that it has, and `mended_` ones that it had."""
    faults: Callable[[Any], list[str]] = getattr(module, "faults", lambda _value: [])
    repaired = getattr(module, "repair", None) if repair else None

    def mended(value: Any) -> tuple[Any, list[str]]:
        had = faults(value)
        if not had or not repaired:
            return value, had
        value = repaired(value)
        has = faults(value)
        return value, [*has, *(f"mended_{fault}" for fault in had if fault not in has)]

    return mended


def _bounded(found: Iterable[dict[str, Any]]) -> Rows:
    """The rows of one record, as long as they do not outgrow memory: each row of a group repeats its context."""
    found = iter(found)
    rows = list(islice(found, FEW))
    size = sum(map(weight, rows)) if len(rows) == FEW else 0
    for row in found:
        rows.append(row)
        size += weight(row)
        if size > _MOST:
            raise Unreadable("too_large", f"its rows hold more than {_MOST:,} characters: {len(rows):,} answers and not the last")
    return rows


def weight(row: dict[str, Any]) -> int:
    """Characters of a row."""
    said = (message.get(part) for message in row["messages"] for part in ("content", "reasoning", "tool_calls"))
    return len(row.get("extra") or "") + sum(len(text) for text in said if text)


def _unknown(_value: Any) -> Rows:
    raise Unreadable("unknown_shape", "no format knows this record")


def flagged(rows: Rows, flags: Iterable[str]) -> Rows:
    """The rows with more flags."""
    if flags:
        for row in rows:
            row["flags"] = [*(row.get("flags") or ()), *flags]
    return rows
