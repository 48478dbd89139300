"""One record's bytes to one decoded value, or the reason why not.

The fast parser reads nearly everything. What it refuses, and what `spans` marked, goes to a slow one that knows the reason:
duplicate keys, numbers that are not finite, integers over 64 bits (kept as text), lone surrogates (read as U+FFFD), control
characters behind escapes (removed, but for tab, newline and the return that is half of a line's end). What was mended so is
told by name, to be counted.
"""

import json
import re
from functools import partial
from typing import Any

import orjson

from sources.kinds import not_utf8
from sources.spans import DEEP, DEEPEST

CONTROLS, SURROGATES = "controls_removed", "surrogates_replaced"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LONE = re.compile(r"[\ud800-\udfff]")
_ESCAPES = re.compile(r"\\(?:[bf]|u(?:00[01]|[dD][89a-fA-F]))")
_LARGEST = 2**63


class Refused(ValueError):
    """A record cannot be read: `reason` is one word, `detail` says where."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def decode(raw: bytes, marks: int) -> Any:
    """The value in `raw`, with the kernel's marks for it. Raises Refused."""
    return told(raw, marks)[0]


def told(raw: bytes, marks: int) -> tuple[Any, tuple[str, ...]]:
    """The value in `raw`, and by name what had to be mended in its texts. Raises Refused."""
    if not marks:
        try:
            return orjson.loads(raw), ()
        except orjson.JSONDecodeError:
            pass
    return slow(raw, marks)


def slow(raw: bytes, marks: int) -> tuple[Any, tuple[str, ...]]:
    """The same by the slow parser alone. Raises Refused."""
    if marks & DEEP:
        raise Refused("too_deep", f"brackets are nested more than {DEEPEST} deep")
    twice: list[str] = []
    try:
        text = raw.decode().removeprefix("\ufeff")
        hook = partial(_once, twice)
        value = json.loads(text, object_pairs_hook=hook, parse_int=_int, parse_float=_float, parse_constant=_constant)
    except UnicodeDecodeError:
        raise Refused("encoding", not_utf8(raw) or "not UTF-8") from None
    except json.JSONDecodeError as error:
        raise Refused("json_syntax", f"{error.msg} at character {error.pos} of the record") from None
    except RecursionError:
        raise Refused("too_deep", "brackets are nested too deep") from None
    mended: set[str] = set()
    if _ESCAPES.search(text):
        value = _clean(value, mended, twice)
    if twice:
        raise Refused("duplicate_key", f"the key {_LONE.sub(chr(0xFFFD), twice[0][:80])!r} is there twice")
    return value, tuple(sorted(mended))


def _once(twice: list[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; keys that it has twice are noted."""
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        twice.extend(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
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


def _clean(value: Any, mended: set[str], twice: list[str]) -> Any:
    """The value with its texts mended; keys that cannot be written are too, and may then be there twice."""
    if isinstance(value, str):
        return _without(_LONE, "\ufffd", SURROGATES, _without(_CONTROL, "", CONTROLS, value, mended), mended)
    if isinstance(value, list):
        return [_clean(item, mended, twice) for item in value]
    if isinstance(value, dict):
        pairs = value.items()
        return _once(twice, [(_without(_LONE, "\ufffd", SURROGATES, key, mended), _clean(v, mended, twice)) for key, v in pairs])
    return value


def _without(pattern: re.Pattern[str], put: str, name: str, text: str, mended: set[str]) -> str:
    changed, times = pattern.subn(put, text)
    if times:
        mended.add(name)
    return changed
