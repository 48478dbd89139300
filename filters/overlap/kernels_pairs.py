# ruff: noqa: PLR0917
# A kernel takes arrays and not objects, and numba has no all().
# mypy: disable-error-code="no-untyped-def,call-arg,var-annotated"
"""The loops over pairs and beginnings, in numba; see `kernels` for the loops over text and for the house rules."""

import numpy as np
from numba import types

from filters.overlap.kernels import compiled

_I64 = types.Array(types.int64, 1, "C", readonly=True)
_F64 = types.Array(types.float64, 1, "C", readonly=True)


@compiled(types.void(_I64, _I64, types.int64[::1]))
def unite(left: np.ndarray, right: np.ndarray, root: np.ndarray) -> None:
    """root[x] = the least member of x's component, for the links left[k] - right[k]; starts from root[x] = x."""
    for k in range(len(left)):
        a, b = left[k], right[k]
        while root[a] != a:
            root[a] = root[root[a]]
            a = root[a]
        while root[b] != b:
            root[b] = root[root[b]]
            b = root[b]
        root[max(a, b)] = min(a, b)
    for x in range(len(root)):
        root[x] = root[root[x]]  # links point down and x rises, so root[root[x]] is final


@compiled(
    types.void(_I64, _I64, _I64, _I64, types.Array(types.boolean, 1, "C", readonly=True), types.int64[:, ::1], types.int64[::1])
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


@compiled(types.void(_I64, _I64, _I64, _I64, _I64, _F64, types.int64[::1], types.float64[::1]))
def walk(
    order: np.ndarray,
    families: np.ndarray,
    classes: np.ndarray,
    begins: np.ndarray,
    others: np.ndarray,
    similarities: np.ndarray,
    twins: np.ndarray,
    found: np.ndarray,
) -> None:
    """Best first: twins[u] = the kept unit that drops u (-1: u is kept), found[u] = their similarity.

    A class is a set of units that are all alike (similarity 1), so what is like one is like all; its neighbours are
    others[begins[c]:begins[c + 1]]. Whatever is kept of one class is of one family, so one unit stands for all.
    """
    standing = np.full(len(begins) - 1, -1, np.int64)
    place = np.empty(len(families), np.int64)
    for x in range(len(order)):
        unit = order[x]
        place[unit] = x
        family, own = families[unit], classes[unit]
        best, closeness = np.int64(-1), 0.0
        twin = standing[own]
        if twin >= 0 and (family < 0 or families[twin] != family):
            best, closeness = twin, 1.0
        else:
            for k in range(begins[own], begins[own + 1]):
                twin = standing[others[k]]
                if twin < 0 or (family >= 0 and families[twin] == family):
                    continue
                nearer = similarities[k] > closeness
                if nearer or (similarities[k] == closeness and place[twin] < place[best]):
                    best, closeness = twin, similarities[k]
        twins[unit], found[unit] = best, closeness
        if best < 0 and standing[own] < 0:
            standing[own] = unit
