"""Answers that should not be learned get weight 0 and stay as context, so that their conversation is not lost with them.

`zero` names what they do: `refusal` (opens by declining), `identity` (says that it is a machine, or who made it), or any
other column of single turns that is true or false. Where no answer would be left to learn, nothing is weighed: the rules of
the recipe judge the row.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import signals
from filters.edits import _flat
from schemas.faults import UsageFault
from schemas.mistakes import nearest


def turns(rows: pa.Table, zero: Sequence[str] = ("refusal",)) -> tuple[pa.Table, list[tuple[int, int, int]]]:
    """Rows with weights, and (row, turn, 1) of each turn that was weighed."""
    known = sorted(
        name for family in signals.families() for name, (kind, _) in getattr(family, "TURN", {}).items() if kind == pa.bool_()
    )
    if unknown := [name for name in zero if name not in known]:
        raise UsageFault(f"edit 'weigh': no turn is measured as {unknown[0]!r}; {nearest(unknown[0], known)}")
    asked = (family.ROW for family in signals.families() if set(zero) & getattr(family, "TURN", {}).keys())
    owners = {next((name for name in zero if name in row), next(iter(row))) for row in asked}  # one brings all its turns
    marks, _ = signals.measure(rows, owners)
    lists = rows["messages"].combine_chunks()
    flat, ends = lists.flatten(), _flat.bounds(lists)
    owner = np.repeat(np.arange(len(rows)), np.diff(ends))
    said = pc.equal(flat.field("role"), "assistant").to_numpy(zero_copy_only=False)
    learned = said & (pc.fill_null(flat.field("weight"), 1).to_numpy() != 0)
    wrong = learned & np.logical_or.reduce(
        [pc.fill_null(marks[name], False).to_numpy() for name in zero] or [np.zeros(len(said), bool)]
    )
    left = np.bincount(owner[learned & ~wrong], minlength=len(rows))
    wrong &= left[owner] > 0
    if not wrong.any():
        return rows, []
    weight = pc.if_else(pa.array(wrong), pa.scalar(0, pa.float32()), flat.field("weight"))
    told = [(int(owner[at]), int(at - ends[owner[at]]), 1) for at in np.flatnonzero(wrong)]
    return _flat.put(rows, lists, ends, _flat.changed(flat, {"weight": weight})), told
