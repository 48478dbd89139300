"""Who speaks, and in what order."""

import numpy as np
import pyarrow as pa

from ._talk import ASSISTANT, SYSTEM, TOOL, USER, Columns, Talk

_N, _B = pa.int64(), pa.bool_()
ROW = {
    "turns": (_N, "turns, any role"),
    "user_turns": (_N, "turns of the user"),
    "assistant_turns": (_N, "turns of the assistant"),
    "empty_turns": (_N, "turns of any role without text and without a tool call"),
    "roles_alternate": (_B, "user and assistant take turns; system only before them, tools only after the assistant"),
    "starts_with_user": (_B, "the first turn that is not the system's is the user's"),
    "ends_with_assistant": (_B, "the last turn is the assistant's"),
}

_START = TOOL + 1
_FOLLOWS = {  # who may speak after whom; any other role (none is known) breaks the order
    _START: (SYSTEM, USER, ASSISTANT),
    SYSTEM: (SYSTEM, USER, ASSISTANT),
    USER: (ASSISTANT,),
    ASSISTANT: (USER, TOOL),
    TOOL: (TOOL, ASSISTANT),
}
_ALLOWED = np.zeros((_START + 1, _START + 1), bool)
for _before, _after in _FOLLOWS.items():
    _ALLOWED[_before, list(_after)] = True


def measure(talk: Talk) -> Columns:
    """Counts and order of the turns; a conversation without turns has no order, so all three are false."""
    before = np.where(talk.turn == 0, _START, np.roll(talk.role, 1))
    broken = ~_ALLOWED[before, talk.role]
    some = np.diff(talk.starts) > 0
    opening = (talk.role != SYSTEM) & ((before == SYSTEM) | (before == _START))
    closing = np.roll(talk.row, -1) != talk.row
    closing[-1:] = True
    empty = (talk.content.str.strip_chars() == "") & (talk.tool_calls.fill_null("").str.len_bytes() == 0)
    return {
        "turns": np.diff(talk.starts),
        "user_turns": talk.sum(talk.role == USER),
        "assistant_turns": talk.sum(talk.role == ASSISTANT),
        "empty_turns": talk.sum(empty),
        "roles_alternate": some & (talk.sum(broken) == 0),
        "starts_with_user": talk.sum(opening & (talk.role == USER) & _first(talk, opening)) > 0,
        "ends_with_assistant": talk.sum(closing & (talk.role == ASSISTANT)) > 0,
    }


def _first(talk: Talk, mask: np.ndarray) -> np.ndarray:
    """The first turn of each row for which `mask` holds."""
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(mask)])[:-1]
    return mask & (before == before[talk.starts[:-1]][talk.row] if len(before) else mask)
