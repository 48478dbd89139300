# ruff: noqa: ANN001, ANN201, ANN202, PLR0917
# numba's types stand in the decorator and a kernel takes arrays, not objects.
# mypy: disable-error-code="no-untyped-def,call-arg,var-annotated"
"""The loops that look for benchmark items in rows, in numba; see `kernels` for the house rules."""

import numpy as np
from numba import njit, types

from filters.overlap.kernels import BYTES, I32, I64, U64, compiled, until_space, word

_BASE = np.uint64(0x9E3779B97F4A7C15)


@compiled(types.int64(BYTES, types.int64, types.int64, types.uint64[::1], types.int64[::1], types.int64[::1]))
def split(data: np.ndarray, start: int, stop: int, hashes: np.ndarray, begins: np.ndarray, ends: np.ndarray) -> int:
    """Hash, begin and end of every token of data[start:stop], eight bytes at a time; returns their number."""
    count, at = 0, start
    while at < stop:
        begins[count] = at
        key = np.uint64(0)
        while True:
            eight = word(data, at)
            size = min(until_space(eight), stop - at)
            if size < 8:
                eight &= (np.uint64(1) << np.uint64(8 * size)) - np.uint64(1)
            key = (key ^ eight ^ np.uint64(size)) * _BASE
            key ^= key >> np.uint64(32)
            at += size
            if size < 8:
                break
        hashes[count], ends[count] = key, at
        count += 1
        at += 1
    return count


@njit(inline="always")
def _roll(hashes, count, n, out):
    """Polynomial hash of every run of n token hashes (Rabin-Karp, modulo 2**64); returns their number."""
    base, top, whole = _BASE, np.uint64(1), np.uint64(0)
    for _ in range(n):
        top *= base
    for i in range(count):
        whole = whole * base + hashes[i]
        if i >= n:
            whole -= hashes[i - n] * top
        if i >= n - 1:
            out[i - n + 1] = whole ^ (whole >> np.uint64(32))
    return max(count - n + 1, 0)


@njit(inline="always")
def _whole(hashes, start, count):
    """The hash that `_roll` gives to the run of `count` token hashes at `start`."""
    whole = np.uint64(0)
    for i in range(start, start + count):
        whole = whole * _BASE + hashes[i]
    return whole ^ (whole >> np.uint64(32))


@compiled(types.int64(BYTES, I64, I32, types.int64, types.int64, types.int64, types.uint64[::1], types.int64[::1]))
def item_grams(
    data: np.ndarray,
    bounds: np.ndarray,
    tokens: np.ndarray,
    n: int,
    head: int,
    least: int,
    hashes: np.ndarray,
    begins: np.ndarray,
) -> int:
    """Hashes of every item, one item after the other from begins[item] on; returns their number.

    All n-grams in order; of an item of fewer than n tokens its first `head` tokens and the whole of it; none of one of
    fewer than `head` tokens or `least` bytes. `hashes` holds at least 2 + the tokens of each item.
    """
    longest = 0
    for row in range(len(tokens)):
        longest = max(longest, tokens[row])
    words, found = np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.uint64)
    starts, ends = np.empty(longest + 1, np.int64), np.empty(longest + 1, np.int64)
    to = 0
    for row in range(len(tokens)):
        begins[row] = to
        size = bounds[row + 1] - bounds[row]
        if tokens[row] < min(n, head) or (tokens[row] < n and size < least):
            continue
        count = split(data, bounds[row], bounds[row + 1], words, starts, ends)
        if count < n:
            hashes[to], hashes[to + 1] = _whole(words, 0, head), _whole(words, 0, count)
            to += 2
            continue
        grams = _roll(words, count, n, found)
        hashes[to : to + grams] = found[:grams]
        to += grams
    begins[len(tokens)] = to
    return to


@compiled(types.void(U64, types.uint64[::1], types.int32[::1]))
def fill(keys: np.ndarray, sieve: np.ndarray, slots: np.ndarray) -> None:
    """A bit per key in `sieve`, and slots[...] = the key's number (open addressing, -1 = free). Sizes are powers of two."""
    bits, mask = np.uint64(64 * len(sieve) - 1), np.uint64(len(slots) - 1)
    for number in range(len(keys)):
        key = keys[number]
        bit = (key >> np.uint64(32)) & bits
        sieve[bit >> np.uint64(6)] |= np.uint64(1) << (bit & np.uint64(63))
        slot = key & mask
        while slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = number


@njit(inline="always")
def look(key, keys, sieve, slots):
    """The number of a key, or -1."""
    bit = (key >> np.uint64(32)) & np.uint64(64 * len(sieve) - 1)
    if not (sieve[bit >> np.uint64(6)] >> (bit & np.uint64(63))) & np.uint64(1):
        return np.int64(-1)
    mask = np.uint64(len(slots) - 1)
    slot = key & mask
    while slots[slot] >= 0:
        if keys[slots[slot]] == key:
            return np.int64(slots[slot])
        slot = (slot + np.uint64(1)) & mask
    return np.int64(-1)


@njit(nogil=True)
def _covering(hits, count, n, mark, table, offsets, least, scratch, touched):
    """Items with at least `least` (short ones: all) of their tokens in the n-grams `hits`, in touched[:...]; see `covered`."""
    _, _, _, begins, items, places = table
    seen_key, seen_token, covered = scratch
    touching = 0
    for p in range(count):
        hit = hits[p]
        if hit < 0 or seen_key[hit] == mark:
            continue
        seen_key[hit] = mark
        for k in range(begins[hit], begins[hit + 1]):
            item = items[k]
            for token in range(offsets[item] + places[k], offsets[item] + places[k] + n):
                if seen_token[token] != mark:
                    seen_token[token] = mark
                    if covered[item] == 0:
                        touched[touching] = item
                        touching += 1
                    covered[item] += 1
    kept = 0
    for t in range(touching):
        item = touched[t]
        size = offsets[item + 1] - offsets[item]
        if covered[item] / size >= (least if size >= 2 * n else 1.0):
            touched[kept] = item
            kept += 1
        else:
            covered[item] = 0
    return kept


@njit(nogil=True)
def _longest(hits, count, n, table, item, token_begins, token_ends):
    """Bounds in bytes of the row's longest run of n-grams of `item`, each touching the next."""
    _, _, _, begins, items, _ = table
    start, stop, first, after = 0, 0, 0, -1
    for p in range(count):
        mine = False
        if hits[p] >= 0:
            for k in range(begins[hits[p]], begins[hits[p] + 1]):
                mine = mine or items[k] == item
        if mine:
            if p > after:
                first = p
            after = p + n
            if token_ends[after - 1] - token_begins[first] > stop - start:
                start, stop = token_begins[first], token_ends[after - 1]
    return start, stop


_GRAMS = types.Tuple((U64, U64, I32, I64, I32, I32))
_SCRATCH = types.UniTuple(types.int32[::1], 3)
_HITS = types.Tuple((types.int32[::1], types.int32[::1], types.float64[::1], types.int64[:, ::1]))


@compiled(
    types.int64(
        types.Tuple((BYTES, I64, I32)), types.int64, _GRAMS, types.int64, _GRAMS, types.Tuple((I64, U64)),
        types.float64, _SCRATCH, _HITS,
    ),
)  # fmt: skip
def cover(texts, n, table, head, heads, known, least, scratch, found):
    """Every row and item of which the row covers at least `least`: row, item, share of its tokens, longest run (bytes).

    An item of fewer than 2n tokens must be covered whole; one of fewer than n must be half of the row as well.

    `table` holds the n-grams of long items, `heads` the first `head` tokens of short ones, `known` where each item's tokens
    begin when all lie end to end, and the hash of each short item whole. `scratch` (per key, token, item) is zero; a row's
    mark is its number + 1, so nothing is wiped between rows. Returns the number of hits; those that `found` has no room
    for are counted only.
    """
    data, bounds, tokens = texts
    offsets, wholes = known
    rows, items, shares, spans = found
    longest = 0
    for row in range(len(tokens)):
        longest = max(longest, tokens[row])
    words, hashes, hits = np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.int64)
    token_begins, token_ends = np.empty(longest + 1, np.int64), np.empty(longest + 1, np.int64)
    touched, taken = np.empty(len(wholes) + 1, np.int32), np.zeros(len(wholes) + 1, np.int32)
    to = 0
    for row in range(len(tokens)):
        if tokens[row] == 0:  # a bare text is no run of tokens
            continue
        size = split(data, bounds[row], bounds[row + 1], words, token_begins, token_ends)
        count, some = _roll(words, size, n, hashes), False
        for p in range(count):
            hits[p] = look(hashes[p], table[0], table[1], table[2])
            some = some or hits[p] >= 0
        for t in range(_covering(hits, count, n, row + 1, table, offsets, least, scratch, touched) if some else 0):
            item = touched[t]
            if to < len(rows):
                rows[to], items[to] = row, item
                shares[to] = scratch[2][item] / (offsets[item + 1] - offsets[item])
                spans[to, 0], spans[to, 1] = _longest(hits, count, n, table, item, token_begins, token_ends)
            to += 1
            scratch[2][item] = 0
        count = _roll(words, size, head, hashes) if len(heads[0]) else 0
        for p in range(count):
            hit = look(hashes[p], heads[0], heads[1], heads[2])
            for k in range(heads[3][hit], heads[3][hit + 1] if hit >= 0 else 0):
                item = heads[4][k]
                end = p + offsets[item + 1] - offsets[item]
                fits = end <= size <= 2 * (end - p)
                if fits and taken[item] <= row and _whole(words, p, end - p) == wholes[item]:
                    taken[item] = row + 1
                    if to < len(rows):
                        rows[to], items[to], shares[to] = row, item, 1.0
                        spans[to, 0], spans[to, 1] = token_begins[p], token_ends[end - 1]
                    to += 1
    return to
