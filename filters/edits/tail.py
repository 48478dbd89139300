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
from schemas.faults import UsageFault
from schemas.rows import ROLES

BAD = ("unanswered", "truncated", "refusal", "empty", "order")
_SYSTEM, _USER, _ASSISTANT, _TOOL = range(len(ROLES))


def turns(rows: pa.Table, bad: Sequence[str] = ("unanswered", "truncated")) -> tuple[pa.Table, list[tuple[int, int, int]]]:
    """Rows without their bad tails, and (row, first turn cut, turns cut) of each that was cut."""
    if unknown := [name for name in bad if name not in BAD]:
        raise UsageFault(f"edit 'tail': {unknown[0]!r} is no bad end; write some of {', '.join(BAD)}")
    lists = rows["messages"].combine_chunks()
    flat, owner = lists.flatten(), pc.list_parent_indices(lists).to_numpy()
    starts = np.searchsorted(owner, np.arange(len(rows) + 1))
    alone = pc.and_(pc.is_null(rows["group_id"]), pc.is_null(rows["tree_id"])).to_numpy(zero_copy_only=False)
    roles = pc.fill_null(pc.index_in(flat.field("role"), value_set=pa.array(ROLES)), -1).to_numpy()
    calls = pc.is_valid(flat.field("tool_calls")).to_numpy(zero_copy_only=False)
    first = _first(rows, bad, owner, starts)
    cuts = []
    for row in np.flatnonzero(alone & ((first < np.diff(starts)) | _open(roles, calls, starts))).tolist():
        start, stop = int(starts[row]), int(starts[row + 1])
        if (stays := _stays(roles[start : start + first[row]], calls[start : start + first[row]])) and start + stays < stop:
            cuts.append((row, stays, stop - start - stays))
    if not cuts:
        return rows, []
    again, later = turns(_shortened(rows, lists, cuts, starts), bad)  # the answer that is the last now may stop short too
    last = {row: stays for row, stays, _ in [*cuts, *later]}
    return again, [(row, stays, int(starts[row + 1] - starts[row]) - stays) for row, stays in sorted(last.items())]


def _first(rows: pa.Table, bad: Sequence[str], owner: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The place of each row's first bad turn; its length where it has none."""
    first = np.diff(starts)
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


def _shortened(rows: pa.Table, lists: pa.ListArray, cuts: list[tuple[int, int, int]], starts: np.ndarray) -> pa.Table:
    lengths, owner = np.diff(starts), pc.list_parent_indices(lists).to_numpy()
    for row, stays, _ in cuts:
        lengths[row] = stays
    kept = lists.flatten().filter(pa.array(np.arange(len(owner)) - starts[owner] < lengths[owner]))
    whole = pa.ListArray.from_arrays(pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32()), kept, type=lists.type)
    place = rows.schema.get_field_index("messages")
    return rows.set_column(place, rows.schema.field(place), whole)
