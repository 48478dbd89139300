"""Magpie as generated: instruction and response (in the first release input and output) with the settings and the judges' tags.

`instruct_reward` (or `reward`) is a reward model's number for the response, without bounds, higher is better; words such as
`difficulty` and `input_quality` stay in `extra`. Where the whole talk stands under `conversations`, as in
the published sets, that is read.
"""

from collections.abc import Iterator
from typing import Any

from sources.beside import copies
from sources.exchanges import exchange, text
from sources.turns import common, extra, is_thread, number, thread

_MARKS = ("gen_input_configs", "gen_input_config", "instruct_reward", "input_quality", "pre_query_template")
_BESIDE_TURNS = ("gen_input_configs", "instruct_reward")  # of these marks no other set of turns has one
_NAMES = (("instruction", "response"), ("input", "output"))


def looks(value: Any) -> float:
    """Sure of an exchange, or of turns under `conversations`, with the settings it was made by or its reward."""
    if not isinstance(value, dict):
        return 0.0
    if is_thread(value.get("conversations")):
        return float(any(value.get(key) is not None for key in _BESIDE_TURNS))
    if _names(value) is None or is_thread(value.get("messages")):
        return 0.0
    return 1.0 if any(key in value for key in _MARKS) else 0.0


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row."""
    names = _names(value) or _NAMES[0]
    turns = value["conversations"] if is_thread(value.get("conversations")) else None
    talk = {"messages": thread(turns)} if turns else exchange(text(value[names[0]]), value.get(names[1]))
    row, used = common(value)
    reward = next((key for key in ("instruct_reward", "reward") if number(value.get(key)) is not None), None)
    if reward:
        row["score"] = number(value[reward])
        row["scores"] = {reward: row["score"]}
    used |= {"conversations", *copies(value, talk["messages"])} if turns else set(names)
    yield {**row, **talk, "extra": extra(value, used, turns=turns, key="conversations")}


def _names(value: dict[str, Any]) -> tuple[str, str] | None:
    return next((names for names in _NAMES if names[0] in value and names[1] in value), None)
