"""Chatbot Arena battles: two models answer one person, who names the winner. 33k conversations, 100k and 140k preferences.

`winner` is model_a, model_b or tie; `tie (bothbad)` and `both_bad` are ties with the flag `both_bad`. Once the models have
answered differently their talks are two contexts: such a battle gives two rows without a group, flag `contexts_differ`, and
the verdict stays in `extra`.
"""

from collections.abc import Iterator
from typing import Any

from schemas.rows import Message
from sources.turns import common, extra, is_thread, is_turn, leftovers, string, thread
from sources.votes import battle, listed

_SIDES = ("conversation_a", "conversation_b")
_MARKS = {"anony", "tstamp", "timestamp", "language", "category_tag", "conv_metadata", "full_conversation", "is_code"}
_LEANS = {"model_a": 1.0, "model_b": -1.0, "tie": 0.0}
_BOTH_BAD = ("tie (bothbad)", "tie (both bad)", "both_bad", "bothbad")


def looks(value: Any) -> float:
    """Sure of two conversations and a winner, with one of the arena's other fields."""
    return (0.5 + 0.5 * (not value.keys().isdisjoint(_MARKS))) if is_battle(value) else 0.0


def is_battle(value: Any) -> bool:
    """Whether this is two talks, side by side or turn by turn, with a winner."""
    if not isinstance(value, dict) or "winner" not in value:
        return False
    if "conversation_a" not in value:
        grouped = value.get("full_conversation")
        return isinstance(grouped, list) and bool(grouped) and isinstance(grouped[0], dict) and "model_side_a" in grouped[0]
    return all(is_thread(held) or (isinstance(held, str) and held[:1] == "[") for held in map(value.get, _SIDES))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """Two rows: of one group where both models have one context, else each for itself."""
    mended: set[str] = set()
    given = talks(value, mended)
    row, used = common(value)
    if "full_conversation" in value and _full(value["full_conversation"], set()) == given:
        used.add("full_conversation")
    own = {**row, "raters": 1, "flags": sorted(mended), "extra": rest(value, used, given)}
    yield from verdict(value, [thread(turns) for turns in given], own)


def talks(value: dict[str, Any], mended: set[str]) -> list[list[Any]]:
    """The turns of both sides; see `listed`."""
    if "conversation_a" in value:
        return [listed(value[side], mended) for side in _SIDES]
    return _full(value["full_conversation"], mended)


def verdict(value: dict[str, Any], sides: list[list[Message]], own: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The two rows with what the battle says of both."""
    bad = value["winner"] in _BOTH_BAD
    lean = 0.0 if bad else _LEANS.get(str(value["winner"]))
    models = [string(value.get("model_a")), string(value.get("model_b"))]
    for row in battle(sides, models, lean):
        yield {**own, **row, "flags": [*row["flags"], *own["flags"], *(["both_bad"] if bad else [])]}


def rest(value: dict[str, Any], used: set[str], given: list[list[Any]]) -> str | None:
    """The other fields, and what the turns say beside their messages."""
    more = {side: left for side, turns in zip(_SIDES, given, strict=True) if (left := leftovers(turns))}
    return extra({**value, **more}, used | (set(_SIDES) - more.keys()))


def _full(grouped: Any, mended: set[str]) -> list[list[Any]]:
    """Both sides of a talk that is told turn by turn: what the user said, and what each model did."""
    names, turns = ("model_side_a", "model_side_b"), listed(grouped, mended)
    return [[said for turn in turns for said in _said(turn, name)] for name in names]


def _said(turn: Any, name: str) -> list[Any]:
    return [turn] if is_turn(turn) else [turn[who] for who in ("user", name) if turn.get(who)]
