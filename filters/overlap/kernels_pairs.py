# ruff: noqa: ANN001, ANN202, PLR0917, SIM110
# numba's types stand in the decorator, a kernel takes arrays and not objects, and numba has no all().
# mypy: disable-error-code="no-untyped-def,call-arg,var-annotated"
"""The loops over signatures and pairs, in numba; see `kernels` for the loops over text and for the house rules."""

import numpy as np
from numba import njit, types

from filters.overlap.kernels import compiled

_I32 = types.Array(types.int32, 1, "C", readonly=True)
_I64 = types.Array(types.int64, 1, "C", readonly=True)
_U64 = types.Array(types.uint64, 1, "C", readonly=True)
_F64 = types.Array(types.float64, 1, "C", readonly=True)
_BYTES = types.Array(types.uint8, 1, "C", readonly=True)
_SIGNATURES = types.Array(types.uint32, 2, "C", readonly=True)


@compiled(types.void(_SIGNATURES, types.int64, types.int64, types.uint64[::1]))
def band_keys(signatures: np.ndarray, first: int, rows: int, keys: np.ndarray) -> None:
    """One 64-bit key a signature for the columns first..first+rows-1; a clash only costs a look."""
    for i in range(len(keys)):
        key = np.uint64(0)
        for k in range(first, first + rows):
            key = (key ^ np.uint64(signatures[i, k])) * np.uint64(0xFF51AFD7ED558CCD)
            key ^= key >> np.uint64(32)
        keys[i] = key


@njit(inline="always")
def _same(signatures, i, j, first, rows):
    for k in range(first, first + rows):
        if signatures[i, k] != signatures[j, k]:
            return False
    return True


@njit(inline="always")
def _first_met(signatures, i, j, band, rows):
    if not _same(signatures, i, j, band * rows, rows):
        return False
    for earlier in range(band):
        if _same(signatures, i, j, earlier * rows, rows):
            return False
    return True


@njit(inline="always")
def _agree(signatures, i, j, least):
    agreeing = 0
    for k in range(signatures.shape[1]):
        agreeing += signatures[i, k] == signatures[j, k]
    return agreeing >= least


@compiled(
    types.Tuple((types.int64, types.int32[::1], types.int32[::1]))(
        _SIGNATURES, _U64, _I64, types.int64, types.int64, _I64, _I64, types.float64, types.int64, types.int64
    ),
)
def nominate(
    signatures: np.ndarray,
    keys: np.ndarray,
    order: np.ndarray,
    band: int,
    rows: int,
    sizes: np.ndarray,
    families: np.ndarray,
    floor: float,
    least: int,
    limit: int,
) -> tuple[int, np.ndarray, np.ndarray]:
    """Pairs (i < j) that meet first in this band and may reach `floor`: number, i, j. Stops past `limit` pairs.

    `order` sorts `keys`. Skipped: one family (>= 0), sizes too far apart, fewer than `least` equal columns.
    """
    left, right = np.empty(1024, np.int32), np.empty(1024, np.int32)
    count = 0
    begin = 0
    while begin < len(order):
        end = begin + 1
        while end < len(order) and keys[order[end]] == keys[order[begin]]:
            end += 1
        for x in range(begin, end):
            i = order[x]
            for y in range(x + 1, end):
                j = order[y]
                if families[i] >= 0 and families[i] == families[j]:
                    continue
                if min(sizes[i], sizes[j]) < floor * max(sizes[i], sizes[j]) - 1e-6:
                    continue
                if not _first_met(signatures, i, j, band, rows) or not _agree(signatures, i, j, least):
                    continue
                if count == limit:
                    return count + 1, left, right
                if count == len(left):
                    left = np.concatenate((left, np.empty(count, np.int32)))
                    right = np.concatenate((right, np.empty(count, np.int32)))
                left[count], right[count] = min(i, j), max(i, j)
                count += 1
        begin = end
    return count, left, right


@compiled(types.void(_U64, _I64, _I64, types.uint64[::1], _I64, _I64))
def gather(
    values: np.ndarray, begins: np.ndarray, rows: np.ndarray, out: np.ndarray, places: np.ndarray, which: np.ndarray
) -> None:
    """Copy the sets of `rows` of one piece to `out`: row rows[k] goes to places[which[k]]."""
    for k in range(len(rows)):
        start, to = begins[rows[k]], places[which[k]]
        for i in range(begins[rows[k] + 1] - start):
            out[to + i] = values[start + i]


@compiled(types.void(_U64, _I64, _I32, _I32, types.float64, types.float64[::1]))
def jaccard(values: np.ndarray, bounds: np.ndarray, left: np.ndarray, right: np.ndarray, floor: float, out: np.ndarray) -> None:
    """Exact Jaccard similarity of each pair of sorted sets; 0 as soon as it is sure to be under `floor`."""
    for p in range(len(left)):
        i, stop_i = bounds[left[p]], bounds[left[p] + 1]
        j, stop_j = bounds[right[p]], bounds[right[p] + 1]
        total = stop_i - i + stop_j - j
        needed = np.int64(np.ceil(total * floor / (1.0 + floor) - 1e-6))
        common = 0
        while i < stop_i and j < stop_j:
            for _ in range(64):  # between two looks at what can still be reached
                a, b = values[i], values[j]
                common += a == b
                i += a <= b
                j += b <= a
                if i >= stop_i or j >= stop_j:
                    break
            if common + min(stop_i - i, stop_j - j) < needed:
                break
        out[p] = common / (total - common) if common >= needed else 0.0


@compiled(types.void(_U64, _I64, _I32, _I32, types.float64[::1]))
def refuse_other_words(words: np.ndarray, bounds: np.ndarray, left: np.ndarray, right: np.ndarray, out: np.ndarray) -> None:
    """out[p] = 0 where both texts of a pair told their words (sorted sets) and each has a word that the other has not."""
    for p in range(len(left)):
        i, stop_i = bounds[left[p]], bounds[left[p] + 1]
        j, stop_j = bounds[right[p]], bounds[right[p] + 1]
        least = min(stop_i - i, stop_j - j)
        if least == 0 or out[p] == 0.0:
            continue
        common = 0
        while i < stop_i and j < stop_j:
            a, b = words[i], words[j]
            common += a == b
            i += a <= b
            j += b <= a
        if common < least:
            out[p] = 0.0


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
