"""The bad end of a conversation is cut off and its good beginning stays: a user's last word, an answer that stops short.

`bad` names what ends the good beginning: `unanswered` (turns after the last answer), `truncated` (the last answer is cut
off), `refusal` (an answer that declines), `empty` (a turn that says nothing), `order` (one side speaks twice). The cut is
made before the first bad turn and the question that led to it; where no answer would stay, nothing is cut. Answers to be
compared, and threads of a tree, stay as they are: their last turn is what they are about.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from filters import signals
from filters.edits import _flat
from schemas.faults import UsageFault
from schemas.rows import ROLES

BAD = ("unanswered", "truncated", "refusal", "empty", "order")
_SYSTEM, _USER, _ASSISTANT, _TOOL = range(len(ROLES))


def turns(rows: pa.Table, bad: Sequence[str] = ("unanswered", "truncated")) -> tuple[pa.Table, list[tuple[int, int, int]]]:
    """Rows without their bad tails, and (row, first turn cut, turns cut) of each that was cut."""
    if unknown := [name for name in bad if name not in BAD]:
        raise UsageFault(f"edit 'tail': {unknown[0]!r} is no bad end; write some of {', '.join(BAD)}")
    lists = rows["messages"].combine_chunks()
    whole = np.diff(_flat.bounds(lists))
    stays = whole.copy()
    some = np.flatnonzero(pc.and_(pc.is_null(rows["group_id"]), pc.is_null(rows["tree_id"])).to_numpy())
    part = rows if len(some) == len(rows) else rows.take(pa.array(some))
    while len(some):  # what is cut is looked at again: the answer that is the last now may stop short too
        left = _left(part, bad)
        again = np.flatnonzero(left < stays[some])
        stays[some] = left
        some, part = some[again], _begun(part.take(pa.array(again)), left[again])
    cut = np.flatnonzero(stays < whole).tolist()
    return (_begun(rows, stays) if cut else rows), [(row, int(stays[row]), int(whole[row] - stays[row])) for row in cut]


def _begun(rows: pa.Table, stays: np.ndarray) -> pa.Table:
    """The rows with so many of their first turns."""
    lists = rows["messages"].combine_chunks()
    ends = _flat.bounds(lists)
    place = np.arange(ends[-1]) - np.repeat(ends[:-1], np.diff(ends))
    kept = lists.flatten().filter(pa.array(place < np.repeat(stays, np.diff(ends))))
    return _flat.put(rows, lists, np.concatenate([[0], np.cumsum(stays)]), kept)


def _left(rows: pa.Table, bad: Sequence[str]) -> np.ndarray:
    """How many turns of each row stay: all, or those up to the last answer before the first bad turn, where there is one."""
    lists = rows["messages"].combine_chunks()
    flat, starts = lists.flatten(), _flat.bounds(lists)
    roles = pc.fill_null(pc.index_in(flat.field("role"), value_set=pa.array(ROLES)), -1).to_numpy()
    calls = pc.is_valid(flat.field("tool_calls")).to_numpy(zero_copy_only=False)
    left = np.diff(starts)
    first = _first(rows, bad, starts)
    for row in np.flatnonzero((first < left) | _open(roles, calls, starts)).tolist():
        good = slice(int(starts[row]), int(starts[row] + first[row]))
        left[row] = _stays(roles[good], calls[good]) or left[row]
    return left


def _first(rows: pa.Table, bad: Sequence[str], starts: np.ndarray) -> np.ndarray:
    """The place of each row's first bad turn; its length where it has none."""
    first = np.diff(starts)
    owner = np.repeat(np.arange(len(rows)), first)
    marks, measured = signals.measure(rows, {"refusal", "truncated"} & set(bad))
    wrong = np.zeros(len(marks), bool)
    if "refusal" in bad:
        wrong |= pc.fill_null(marks["refusal"], False).to_numpy()
    if "empty" in bad:
        flat = pc.list_flatten(rows["messages"])
        says = pc.and_(pc.equal(marks["words"], 0), pc.is_null(pc.struct_field(flat, "tool_calls")))
        wrong |= says.to_numpy()
    if "order" in bad:
        role = pc.index_in(marks["role"], value_set=pa.array(ROLES)).to_numpy()
        before = np.roll(role, 1)
        wrong |= (np.arange(len(role)) != starts[owner]) & (role == before) & (role != _TOOL)
    if "truncated" in bad:
        cut = pc.fill_null(measured["truncated"], False).to_numpy()
        said = pl.DataFrame({"row": owner, "place": np.arange(len(owner)) - starts[owner], "role": marks["role"].to_numpy()})
        last = (
            said.filter(pl.col("role") == "assistant")
            .group_by("row")
            .agg(pl.col("place").max())
            .filter(pl.lit(cut).gather(pl.col("row")))
        )
        first[last["row"].to_numpy()] = last["place"].to_numpy()
    np.minimum.at(first, owner[wrong], (np.arange(len(owner)) - starts[owner])[wrong])
    return first


def _open(roles: np.ndarray, calls: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Whether each row ends with something else than an answer."""
    some, last = np.diff(starts) > 0, np.maximum(starts[1:] - 1, 0)
    return some & ~((roles[last] == _ASSISTANT) & ~calls[last]) if len(roles) else some


def _stays(roles: np.ndarray, calls: np.ndarray) -> int:
    """How many of these turns stay, so that an answer is the last of them; 0 for none."""
    answers = np.flatnonzero((roles == _ASSISTANT) & ~calls)
    return int(answers[-1]) + 1 if len(answers) else 0
