# ruff: noqa: PLR0917
# A kernel takes arrays and not objects, and numba has no all().
# mypy: disable-error-code="no-untyped-def,call-arg,var-annotated"
"""The loop over beginnings, in numba; see `kernels` for the loops over text and for the house rules."""

import numpy as np
from numba import types

from filters.overlap.kernels import I64, compiled


@compiled(
    types.void(I64, I64, I64, I64, types.Array(types.boolean, 1, "C", readonly=True), types.int64[:, ::1], types.int64[::1])
)
def begun(
    own: np.ndarray,
    parts: np.ndarray,
    begins: np.ndarray,
    families: np.ndarray,
    may: np.ndarray,
    board: np.ndarray,
    twins: np.ndarray,
) -> None:
    """Longest first: twins[u] = the standing unit that begins with the whole of u (-1: none); u falls then, where it may.

    Unit u is the text own[u], and begins with the texts parts[begins[u]:begins[u + 1]]. The board holds, for each text, the
    first two standing units of different families that begin with it; it comes full of -1.
    """
    for unit in range(len(own)):
        first, second = board[own[unit], 0], board[own[unit], 1]
        kin = first >= 0 and families[unit] >= 0 and families[first] == families[unit]
        twin = second if kin else first
        if twin >= 0 and may[unit]:
            twins[unit] = twin
            continue
        for k in range(begins[unit], begins[unit + 1]):
            text = parts[k]
            first = board[text, 0]
            if first < 0:
                board[text, 0] = unit
            elif board[text, 1] < 0 and (families[unit] < 0 or families[unit] != families[first]):
                board[text, 1] = unit
