"""One record's bytes to one decoded value, or the reason why not.

The fast parser reads nearly everything. What it refuses, and what `spans` marked, goes to a slow one that knows the reason:
duplicate keys, numbers that are not finite, integers over 64 bits (kept as text), lone surrogates (read as U+FFFD), control
characters behind escapes (removed, but for tab, newline and return).
"""

import json
import re
from typing import Any

import orjson

from sources.spans import DEEP, DEEPEST

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LONE = re.compile(r"[\ud800-\udfff]")
_LARGEST = 2**63


class Refused(ValueError):
    """A record cannot be read: `reason` is one word, `detail` says where."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def decode(raw: bytes, marks: int) -> Any:
    """The value in `raw`, with the kernel's marks for it. Raises Refused."""
    if not marks:
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError:
            pass
    if marks & DEEP:
        raise Refused("too_deep", f"brackets are nested more than {DEEPEST} deep")
    return _slow(raw)


def _slow(raw: bytes) -> Any:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise Refused("encoding", f"not UTF-8 at byte {error.start} of the record: 0x{raw[error.start]:02x}") from None
    try:
        value = json.loads(
            text.removeprefix("\ufeff"), object_pairs_hook=_once, parse_int=_int, parse_float=_float, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        raise Refused("json_syntax", f"{error.msg} at character {error.pos} of the record") from None
    except RecursionError:
        raise Refused("too_deep", "brackets are nested too deep") from None
    return _clean(value) if "\\" in text else value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise Refused("duplicate_key", f"the key {twice[:80]!r} is there twice")
    return value


def _int(digits: str) -> int | str:
    return int(digits) if len(digits) <= 20 and -_LARGEST <= int(digits) < _LARGEST else digits


def _float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise Refused("non_finite", f"{digits[:40]} is too large for a number")
    return number


def _constant(name: str) -> None:
    raise Refused("non_finite", f"{name} is not JSON")


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE.sub("\ufffd", _CONTROL.sub("", value))
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return _once([(_LONE.sub("\ufffd", key), _clean(item)) for key, item in value.items()])
    return value
