"""Unnatural Instructions, core and full: an instruction, its instances, and reformulations of it. One row each, in no group.

The question is `instruction_with_input`, as the authors put the two together; `constraints`, which the output was held to, stay
in `extra`. A reformulation is marked so in `extra`.
"""

from collections.abc import Iterator
from typing import Any

from sources.exchanges import exchange, instances, question
from sources.turns import extra

_ASKED = ("instruction", "instruction_with_input", "input", "output")


def looks(value: Any) -> float:
    """Sure of instances, or of columns of them, with `instruction_with_input`."""
    if not isinstance(value, dict):
        return 0.0
    held = value.get("instances")
    first = held[0] if isinstance(held, list) and held else held
    return 1.0 if isinstance(first, dict) and {"instruction_with_input", "output"} <= first.keys() else 0.0


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row an instance, then one a reformulation."""
    answered, unanswered = instances(value["instances"])
    again, unasked = instances(value["reformulations"]) if value.get("reformulations") else ([], [])
    rest = {key: held for key, held in value.items() if key not in ("instruction", "instances", "reformulations")}
    left = {key: held for key, held in (("instances", unanswered), ("reformulations", unasked)) if held}
    for number, one in enumerate([*answered, *again]):
        asked = one.get("instruction_with_input") or question(one.get("instruction", value.get("instruction")), one.get("input"))
        own = {key: held for key, held in one.items() if key not in _ASKED}
        more = {"reformulation": True} if number >= len(answered) else {} if number else left
        talk = exchange(question(asked), one["output"])
        yield {**talk, "group_id": None, "extra": extra({**rest, **own, **more}, ())}
