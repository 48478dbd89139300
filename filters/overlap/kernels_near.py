# ruff: noqa: ANN001, ANN201, ANN202, PLR0917
# numba's types stand in the decorator and a kernel takes arrays, not objects.
# mypy: disable-error-code="no-untyped-def,call-arg,var-annotated"
"""The loops that look for the benchmark item nearest to a text by its characters, in numba; see `kernels` for the house rules."""

import numpy as np
from numba import njit, types

from filters.overlap.kernels import BYTES, F64, I32, I64, U64, compiled, word
from filters.overlap.kernels_cover import look

_BASE = np.uint64(0x9E3779B97F4A7C15)


@compiled(types.int64(BYTES, types.int64, types.int64, types.int64, types.uint64[::1], types.int64[::1]))
def char_grams(data: np.ndarray, start: int, stop: int, n: int, hashes: np.ndarray, begins: np.ndarray) -> int:
    """Hash of every run of n characters of data[start:stop], and where each character begins; returns the number of runs."""
    count = 0
    for at in range(start, stop):
        if data[at] & 0xC0 != 0x80:
            begins[count] = at
            count += 1
    begins[count] = stop
    for i in range(count - n + 1):
        at, end, key = begins[i], begins[i + n], np.uint64(0)
        while at < end:
            size = min(end - at, 8)
            eight = word(data, at)
            if size < 8:
                eight &= (np.uint64(1) << np.uint64(8 * size)) - np.uint64(1)
            key = (key ^ eight ^ np.uint64(size)) * _BASE
            key ^= key >> np.uint64(32)
            at += size
        hashes[i] = key * _BASE
    return max(count - n + 1, 0)


@njit(inline="always")
def _first_seen(key, keys, stamps, mark):
    """Whether a row (`mark`) meets this key for the first time; remembers it."""
    mask = np.uint64(len(keys) - 1)
    slot = (key >> np.uint64(17)) & mask
    while stamps[slot] == mark:
        if keys[slot] == key:
            return False
        slot = (slot + np.uint64(1)) & mask
    keys[slot], stamps[slot] = key, mark
    return True


@njit(nogil=True)
def _run(grams, count, n, mine, stamp, begins):
    """Bounds in bytes of the longest run of characters all of whose n-grams are the item's."""
    start, stop, first = 0, 0, -1
    for p in range(count):
        if grams[p] < 0 or mine[grams[p]] != stamp:
            first = -1
            continue
        first = p if first < 0 else first
        if begins[p + n] - begins[first] > stop - start:
            start, stop = begins[first], begins[p + n]
    return start, stop


@njit(nogil=True)
def _nominated(told, some, need, post_bounds, posts, met, touched):
    """Items for which at least `need` of the keys told[:some] speak, in touched[:...]; returns their number. `met` stays zero."""
    touching = 0
    for i in range(some):
        for k in range(post_bounds[told[i]], post_bounds[told[i] + 1]):
            met[posts[k]] += 1
            if met[posts[k]] == need:
                touched[touching] = posts[k]
                touching += 1
    for i in range(some):
        for k in range(post_bounds[told[i]], post_bounds[told[i] + 1]):
            met[posts[k]] = 0
    return touching


@njit(nogil=True)
def _spare(bounds, most, unknown):
    """The longest row, and a power of two with room for twice the runs that a row of a weight up to `most` can have."""
    longest, room = np.int64(0), np.int64(64)
    for row in range(len(bounds) - 1):
        longest = max(longest, bounds[row + 1] - bounds[row])
    while room < 2 * min(longest, np.int64(most / unknown) + 2):
        room *= 2
    return longest, room


_TABLE = types.Tuple((U64, U64, I32, F64))
_ITEMS = types.Tuple((F64, I64, I32, I64, I32))
_HITS = types.Tuple((types.int32[::1], types.int32[::1], types.float64[::1], types.int64[:, ::1]))


@compiled(
    types.int64(
        BYTES, I64, types.int64, _TABLE, _ITEMS, types.int64, types.Tuple((types.float64, types.float64, types.float64)), _HITS,
    ),
)  # fmt: skip
def near(data, bounds, n, table, items, need, limits, found):
    """Every row and item with a cosine of at least limits[0] that share grams of a weight of limits[1]: row, item, cosine, run.

    `table`: keys, sieve, slots, and each key's weight; limits[2] is that of a gram in no item. `items`: the weight of all
    of an item's grams, and two lists (bounds, values): the items that a key speaks for, and the keys of an item. An item
    for which `need` keys speak is compared. Returns the number of hits; those that `found` has no room for are counted only.
    """
    keys, sieve, slots, weights = table
    masses, post_bounds, posts, key_bounds, item_keys = items
    least, evidence, unknown = limits
    rows, hit_items, shares, spans = found
    heaviest = 0.0
    for item in range(len(masses)):
        heaviest = max(heaviest, masses[item])
    most = heaviest / (least * least)  # a heavier row cannot be near to any item
    longest, room = _spare(bounds, most, unknown)
    hashes, begins = np.empty(longest + 1, np.uint64), np.empty(longest + 2, np.int64)
    grams, told = np.empty(longest + 1, np.int64), np.empty(longest + 1, np.int64)
    others, stamps = np.zeros(room, np.uint64), np.full(room, -1, np.int32)
    seen, mine = np.full(len(keys), -1, np.int32), np.full(len(keys), -1, np.int32)
    met, touched = np.zeros(len(masses), np.int32), np.empty(len(masses), np.int64)
    to = stamp = 0
    for row in range(len(bounds) - 1):
        count = char_grams(data, bounds[row], bounds[row + 1], n, hashes, begins)
        mass, known, at, some = 0.0, 0.0, 0, 0
        while at < count and mass <= most:
            gram = look(hashes[at], keys, sieve, slots)
            grams[at] = gram
            if gram < 0:
                mass += unknown if _first_seen(hashes[at], others, stamps, row) else 0.0
            elif seen[gram] != row:
                seen[gram] = row
                mass += weights[gram]
                known += weights[gram]
                told[some] = gram
                some += 1
            at += 1
        if mass > most or known < evidence:
            continue
        for t in range(_nominated(told, some, need, post_bounds, posts, met, touched)):
            item = touched[t]
            enough = max(least * np.sqrt(masses[item] * mass), evidence)
            shared, stamp = 0.0, stamp + 1
            for k in range(key_bounds[item], key_bounds[item + 1]):
                mine[item_keys[k]] = stamp
                shared += weights[item_keys[k]] if seen[item_keys[k]] == row else 0.0
            if shared >= enough:
                if to < len(rows):
                    rows[to], hit_items[to], shares[to] = row, item, shared / np.sqrt(masses[item] * mass)
                    spans[to, 0], spans[to, 1] = _run(grams, count, n, mine, stamp, begins)
                to += 1
    return to
