"""Self-Instruct tasks, seeds among them: an instruction, and instances with inputs of their own. One row an instance.

The inputs differ, so the answers are no comparison: no row has a group. The first row's `extra` has the instances without output.
"""

from collections.abc import Iterator
from typing import Any

from sources.exchanges import exchange, instances, question
from sources.turns import common, extra


def looks(value: Any) -> float:
    """Sure of an instruction with instances that have outputs."""
    if not isinstance(value, dict) or not isinstance(value.get("instruction"), str):
        return 0.0
    held = value.get("instances")
    first = held[0] if isinstance(held, list) and held else held
    return 1.0 if isinstance(first, dict) and "output" in first and "instruction_with_input" not in first else 0.0


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row an instance."""
    answered, unanswered = instances(value["instances"])
    row, used = common(value)
    rest = {key: held for key, held in value.items() if key not in {*used, "instruction", "instances"}}
    for number, one in enumerate(answered):
        talk = exchange(question(value["instruction"], one.get("input")), one["output"])
        own = {key: held for key, held in one.items() if key not in ("input", "output")}
        left = {"instances": unanswered} if unanswered and not number else {}
        yield {**row, **talk, "group_id": None, "extra": extra({**rest, **own, **left}, ())}
