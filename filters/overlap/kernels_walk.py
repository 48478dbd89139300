# ruff: noqa: ANN001, ANN202, PLR0917
# numba's types stand in the decorator, a kernel takes arrays, not objects.
# mypy: disable-error-code="no-untyped-def,call-arg,var-annotated"
"""The loop that lets the best stand and drops what is like them, in numba; see `kernels_buckets` for how units lie."""

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

from filters.overlap.kernels import I32, I64, compiled, sort_unique
from filters.overlap.kernels_buckets import SHINGLES, WORDS, at, load

_WHERE = types.Array(types.int64, 2, "C", readonly=True)
_FREE = types.Array(types.boolean, 1, "C", readonly=True)
_SKETCHES, _OUT32, _OUTF = types.uint64[:, ::1], types.int32[::1], types.float64[::1]
WORDS_OF_SKETCH = 8


@intrinsic
def _ones(context, value):
    """How many bits of a word are set."""

    def code(context, builder, signature, values):
        return builder.ctpop(values[0])

    return types.uint64(types.uint64), code


@njit
def _common(i, stop_i, j, stop_j, needed):
    """How many values two sorted sets at addresses have in common; some number below `needed` as soon as they miss it."""
    common = 0
    while i < stop_i and j < stop_j:
        for _ in range(32):  # between two looks at what can still be reached
            a, b = load(i), load(j)
            common += a == b
            i += 8 * (a <= b)
            j += 8 * (b <= a)
            if i >= stop_i or j >= stop_j:
                break
        if common + min(stop_i - i, stop_j - j) // 8 < needed:
            break
    return common


@njit
def _needed(total, floor):
    return np.int64(np.ceil(total * floor / (1.0 + floor) - 1e-6))


@njit
def _jaccard(where, pieces, rows, u, v, floor):
    """Exact Jaccard similarity of best rows; 0 under `floor`, or where both are short and each has a word of its own."""
    i, stop_i = at(where, pieces[u], rows[u], SHINGLES)
    j, stop_j = at(where, pieces[v], rows[v], SHINGLES)
    total = (stop_i - i + stop_j - j) // 8
    needed = _needed(total, floor)
    common = _common(i, stop_i, j, stop_j, needed)
    if common < needed:
        return 0.0
    i, stop_i = at(where, pieces[u], rows[u], WORDS)
    j, stop_j = at(where, pieces[v], rows[v], WORDS)
    least = min(stop_i - i, stop_j - j) // 8
    if least > 0 and _common(i, stop_i, j, stop_j, least) < least:
        return 0.0
    return common / (total - common)


@njit
def _union(where, pieces, rows, start, stop):
    """All shingles of several rows, sorted, each once."""
    size = 0
    for k in range(start, stop):
        i, stop_i = at(where, pieces[k], rows[k], SHINGLES)
        size += (stop_i - i) // 8
    values, spare, size = np.empty(size, np.uint64), np.empty(size, np.uint64), 0
    for k in range(start, stop):
        i, stop_i = at(where, pieces[k], rows[k], SHINGLES)
        while i < stop_i:
            values[size] = load(i)
            i += 8
            size += 1
    return values, sort_unique(values, size, spare)


@njit
def _sketch_of_group(where, pieces, rows, begins, unit, sketch):
    """As `_sketch`, of all answers together; returns how many shingles they have."""
    values, size = _union(where, pieces, rows, begins[unit], begins[unit + 1])
    sketch[:] = np.uint64(0)
    for shingle in values[:size]:
        sketch[shingle >> np.uint64(6) & np.uint64(7)] ^= np.uint64(1) << (shingle & np.uint64(63))
    return size


@njit
def _jaccard_of_groups(where, pieces, rows, begins, u, v, floor):
    """Exact Jaccard similarity of all answers together of two groups, 0 under `floor`."""
    mine, size = _union(where, pieces, rows, begins[u], begins[u + 1])
    yours, other = _union(where, pieces, rows, begins[v], begins[v + 1])
    i = j = common = 0
    while i < size and j < other:
        a, b = mine[i], yours[j]
        common += a == b
        i += a <= b
        j += b <= a
    return common / (size + other - common) if common >= _needed(size + other, floor) else 0.0


@njit
def _sketch(where, pieces, rows, unit, sketch):
    """A set in 512 bits, each set where an odd number of shingles fall on it: in two sketches, what is common is the same."""
    sketch[:] = np.uint64(0)
    i, stop = at(where, pieces[unit], rows[unit], SHINGLES)
    while i < stop:
        shingle = load(i)
        sketch[shingle >> np.uint64(6) & np.uint64(7)] ^= np.uint64(1) << (shingle & np.uint64(63))
        i += 8


@njit(inline="always")
def _may(size, other, mine, yours, floor):
    """Whether two sets may be alike, by sizes and sketches: a bit that differs is of one that the other set has not.

    Sandes, Teodoro, Melo 2017.
    """
    if min(size, other) < floor * max(size, other) - 1e-6:
        return False
    apart = np.uint64(0)
    for k in range(WORDS_OF_SKETCH):
        apart += _ones(mine[k] ^ yours[k])
    return np.int64(apart) <= size + other - 2 * _needed(size + other, floor)


@njit
def _alike(where, pieces, rows, grouped, begins, member_pieces, member_rows, u, v, floor):
    """The similarity of two units; 0 under `floor`."""
    alike = _jaccard(where, pieces, rows, u, v, floor)
    if grouped and alike > 0.0 and begins[u + 1] > begins[u] and begins[v + 1] > begins[v]:
        alike = min(alike, _jaccard_of_groups(where, member_pieces, member_rows, begins, u, v, floor))
    return alike


@njit(inline="always")
def _note(units, values, unit, value):
    """Put a near miss among the nearest, the most similar first, then the most preferred; the last falls off."""
    if value < values[-1] or (value == values[-1] and unit > units[-1]):
        return
    at = len(units) - 1
    while at > 0 and (value > values[at - 1] or (value == values[at - 1] and unit < units[at - 1])):
        units[at], values[at] = units[at - 1], values[at - 1]
        at -= 1
    units[at], values[at] = unit, value


@compiled(
    types.void(
        I32, types.int64, types.int64, types.int64, types.boolean, types.float64, types.float64,
        I32, I32, _FREE, _WHERE, I32, I32, I32, types.boolean, I64, I32, I32, I64, I32, I64,
        _OUT32, _OUT32, _SKETCHES, _SKETCHES, _OUT32, _OUT32, _OUT32, _OUTF, _OUT32, types.int32[:, ::1], types.float64[:, ::1],
    )
)  # fmt: skip
def meet(  # noqa: PLR0912
    order: np.ndarray,
    start: int,
    stop: int,
    since: int,
    settle: bool,
    similarity: float,
    floor: float,
    classes: np.ndarray,
    families: np.ndarray,
    free: np.ndarray,
    where: np.ndarray,
    pieces: np.ndarray,
    rows: np.ndarray,
    sizes: np.ndarray,
    grouped: bool,
    member_begins: np.ndarray,
    member_pieces: np.ndarray,
    member_rows: np.ndarray,
    begins: np.ndarray,
    entries: np.ndarray,
    slot_begins: np.ndarray,
    filled: np.ndarray,
    slots: np.ndarray,
    sketches: np.ndarray,
    wholes: np.ndarray,
    whole_sizes: np.ndarray,
    stands: np.ndarray,
    twins: np.ndarray,
    found: np.ndarray,
    seen: np.ndarray,
    near: np.ndarray,
    nearness: np.ndarray,
) -> None:
    """Compare order[start:stop] with what stands from unit `since` on; twins[u] is the most similar, then most preferred.

    A class (classes[u]: its first unit) is of units that nothing tells apart; stands[class] is the one of it that stands. The
    class is a member of the groups entries[begins[class]:begins[class + 1]], ascending, and slots[slot_begins[g]:][:filled[g]]
    stand in group g. With `settle` a unit without a twin stands from now on. Else nothing but its own line is written, so
    that several may run at once. A unit that is `free` stands whatever it is like. near[x] has the units most like order[x]
    among those under `similarity`, or that it did not fall to. seen[u], each run's own and never order[x] at first, is the last
    that u was compared with.
    """
    mine, whole = np.empty(WORDS_OF_SKETCH, np.uint64), np.empty(WORDS_OF_SKETCH, np.uint64)
    for x in range(start, stop):
        unit = order[x]
        own, family = classes[unit], families[unit]
        best, closest, size = twins[unit], found[unit], 0
        copy = stands[own]
        if copy >= since and (family < 0 or families[copy] != family) and closest < 1.0:
            best, closest = copy, 1.0
        done = closest == 1.0 and (best < since or (best == copy and families[best] < 0))  # nothing better can come
        if begins[own + 1] > begins[own]:
            _sketch(where, pieces, rows, unit, mine)
            if grouped and member_begins[unit + 1] > member_begins[unit]:
                size = _sketch_of_group(where, member_pieces, member_rows, member_begins, unit, whole)
        for e in range(begins[own], begins[own + 1]):
            group = entries[e]
            for k in range(filled[group] - 1, -1, -1):
                other = slots[slot_begins[group] + k]
                if done or other < since:
                    break
                if seen[other] == unit or classes[other] == own or (family >= 0 and families[other] == family):
                    continue
                seen[other] = unit
                least = max(floor, closest)
                if not _may(sizes[unit], sizes[other], mine, sketches[other], least):
                    continue
                if size > 0 and whole_sizes[other] > 0 and not _may(size, whole_sizes[other], whole, wholes[other], least):
                    continue
                alike = _alike(where, pieces, rows, grouped, member_begins, member_pieces, member_rows, unit, other, least)
                if alike >= similarity and (alike > closest or (alike == closest and other < best)):
                    best, closest = other, alike
                elif alike > 0.0 and best < 0:
                    _note(near[x], nearness[x], other, alike)
        if free[unit] and best >= 0:
            _note(near[x], nearness[x], best, closest)
            best, closest = -1, 0.0
        twins[unit], found[unit] = best, closest
        if settle and best < 0 and stands[own] < 0:
            stands[own] = unit
            sketches[unit] = mine
            if size > 0:
                wholes[unit], whole_sizes[unit] = whole, size
            for e in range(begins[own], begins[own + 1]):
                group = entries[e]
                slots[slot_begins[group] + filled[group]] = unit
                filled[group] += 1
