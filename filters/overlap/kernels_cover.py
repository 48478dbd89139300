# ruff: noqa: ANN001, ANN201, ANN202, PLR0917, SIM110
# numba's types stand in the decorator, a kernel takes arrays and not objects, and numba has no all().
# mypy: disable-error-code="no-untyped-def,call-arg,var-annotated"
"""The loops that look for benchmark items in rows, in numba; see `kernels` for the house rules."""

import numpy as np
from numba import njit, types

from filters.overlap.kernels import compiled, until_space, word

_BYTES = types.Array(types.uint8, 1, "C", readonly=True)
_I32 = types.Array(types.int32, 1, "C", readonly=True)
_I64 = types.Array(types.int64, 1, "C", readonly=True)
_U64 = types.Array(types.uint64, 1, "C", readonly=True)


_BASE = np.uint64(0x9E3779B97F4A7C15)


@compiled(types.int64(_BYTES, types.int64, types.int64, types.uint64[::1], types.int64[::1], types.int64[::1]))
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


@compiled(types.void(_BYTES, _I64, _I32, types.int64, types.uint64[::1], types.int32[::1], types.int32[::1]))
def all_grams(
    data: np.ndarray,
    bounds: np.ndarray,
    tokens: np.ndarray,
    n: int,
    hashes: np.ndarray,
    rows: np.ndarray,
    places: np.ndarray,
) -> None:
    """Every n-gram of every row: its hash, its row, its place. The arrays hold exactly as many as there are."""
    longest = 0
    for row in range(len(tokens)):
        longest = max(longest, tokens[row])
    words, found = np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.uint64)
    begins, ends = np.empty(longest + 1, np.int64), np.empty(longest + 1, np.int64)
    to = 0
    for row in range(len(tokens)):
        if tokens[row] < n:
            continue
        count = _roll(words, split(data, bounds[row], bounds[row + 1], words, begins, ends), n, found)
        for place in range(count):
            hashes[to], rows[to], places[to] = found[place], row, place
            to += 1


@compiled(types.void(_U64, types.uint64[::1], types.int32[::1]))
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
def _look(key, keys, sieve, slots):
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


@njit(inline="always")
def _same(data, start, stop, text, begin, end):
    """Whether text[begin:end] stands at `start` as whole tokens of a row that ends at `stop`."""
    after = start + end - begin
    if after > stop or (after < stop and data[after] != 32):
        return False
    for i in range(end - begin):
        if data[start + i] != text[begin + i]:
            return False
    return True


@njit(nogil=True)
def _covering(hits, count, n, mark, table, offsets, scratch):
    """The item with the greatest share of its tokens in the n-grams `hits` (ties: the first item), and that share."""
    _, _, _, begins, items, places = table
    seen_key, seen_token, covered, touched = scratch
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
    best, share = np.int64(-1), 0.0
    for t in range(touching):
        item = np.int64(touched[t])
        part = covered[item] / (offsets[item + 1] - offsets[item])
        covered[item] = 0
        if part > share or (part == share and item < best):
            best, share = item, part
    return best, share


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


_GRAMS = types.Tuple((_U64, _U64, _I32, _I64, _I32, _I32))
_SCRATCH = types.UniTuple(types.int32[::1], 4)


@compiled(
    types.void(
        types.Tuple((_BYTES, _I64, _I32)), types.int64, _GRAMS, types.int64, _GRAMS, types.Tuple((_BYTES, _I64, _I64)),
        _SCRATCH, types.int32[::1], types.float64[::1], types.int64[:, ::1],
    ),
)  # fmt: skip
def cover(texts, n, table, head, heads, known, scratch, best, share, span):
    """Per row: the item it covers most, the share of the item's tokens that it covers, and the longest run (bytes).

    `table` holds the n-grams of long items, `heads` the first `head` tokens of short ones, `known` their text, bounds, and
    where each item's tokens begin when all lie end to end. `scratch` (per key, token, item, item) is zero; a row's mark is
    its number + 1, so nothing is wiped between rows. best = -1: nothing in common.
    """
    data, bounds, tokens = texts
    text, text_bounds, offsets = known
    longest = 0
    for row in range(len(tokens)):
        longest = max(longest, tokens[row])
    words, hashes, hits = np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.int64)
    token_begins, token_ends = np.empty(longest + 1, np.int64), np.empty(longest + 1, np.int64)
    for row in range(len(tokens)):
        best[row], share[row] = -1, 0.0
        if tokens[row] == 0:  # a bare text is no run of tokens
            continue
        size = split(data, bounds[row], bounds[row + 1], words, token_begins, token_ends)
        count, found = _roll(words, size, n, hashes), False
        for p in range(count):
            hits[p] = _look(hashes[p], table[0], table[1], table[2])
            found = found or hits[p] >= 0
        if found:
            best[row], share[row] = _covering(hits, count, n, row + 1, table, offsets, scratch)
            span[row, 0], span[row, 1] = _longest(hits, count, n, table, best[row], token_begins, token_ends)
        count = _roll(words, size, head, hashes) if len(heads[0]) else 0
        for p in range(count):
            hit = _look(hashes[p], heads[0], heads[1], heads[2])
            for k in range(heads[3][hit], heads[3][hit + 1] if hit >= 0 else 0):
                item, at = heads[4][k], token_begins[p]
                better = share[row] < 1.0 or item < best[row]
                if better and _same(data, at, bounds[row + 1], text, text_bounds[item], text_bounds[item + 1]):
                    best[row], share[row] = item, 1.0
                    span[row, 0], span[row, 1] = at, at + text_bounds[item + 1] - text_bounds[item]
