"""A mistake in a recipe, in words: where it stands, what was expected, what is there, and the nearest right name."""

import difflib
import json
from collections.abc import Iterable
from typing import Any

Path = tuple[str | int, ...]


def nearest(name: str, known: Iterable[str]) -> str:
    """`did you mean a or b?`, else what there is."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, 3, 0.6)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"known are: {', '.join(names[:60])}" if names else "there is none"


def dotted(path: Path) -> str:
    """`exports.sft.keep`"""
    return ".".join(str(step) for step in path)


def said(error: Any, value: Any, name: str, lines: dict[Path, int]) -> str:
    """One of pydantic's errors about `value`, in words: file, line, path in the recipe, what was expected and what is there."""
    path = _written(error["loc"], value, error["type"] == "missing")
    line = next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), None)
    context = error.get("ctx", {})
    if error["type"] == "unknown_key":
        line = lines.get((*path, context["key"]), line)
    where = name + (f", line {line}" if line else "")
    return f"{where}: " + (f"{dotted(path)}: " if path else "") + _words(error, context)


_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "dict_type": "a map",
    "model_type": "a map",
    "list_type": "a list",
    "string_too_short": "some text",
    "finite_number": "a finite number",
}
_PATTERNS = {
    "^[a-z]": "a lower-case word (a-z, 0-9, _)",
    "^[A-Z": "a name of letters, digits, - and _",
    "^[0-9a-f]": "64 hex digits, in lower case",
}


def _words(error: Any, context: dict[str, Any]) -> str:
    kind, got = error["type"], shown(error["input"])
    if kind == "missing":
        return "is missing"
    if kind == "literal_error":
        return f"expected {context['expected']}, got {got}"
    if kind == "string_pattern_mismatch":
        expected = next((said for start, said in _PATTERNS.items() if context["pattern"].startswith(start)), context["pattern"])
        return f"expected {expected}, got {got}"
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, got {got}"
    if kind.startswith(("greater_than", "less_than")):
        return f"{error['msg'].replace('Input should be', 'must be')}, and is {got}"
    return str(error["msg"])


def shown(value: Any) -> str:
    """A value for a message: short, and maps and lists by their kind."""
    if isinstance(value, dict | list):
        return "a map" if isinstance(value, dict) else "a list"
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False, default=repr)[:60]


def _written(loc: Path, value: Any, missing: bool) -> Path:
    """The path as written: without the names of kinds that pydantic puts in, and with what is missing last."""
    path: list[str | int] = []
    for at, step in enumerate(loc):
        inside = (isinstance(value, dict) and step in value) or (isinstance(value, list) and isinstance(step, int))
        if inside:
            path.append(step)
            value = value[step] if not isinstance(step, int) or step < len(value) else None
        elif at == len(loc) - 1 and missing:
            path.append(step)
    return tuple(path)
