# ruff: noqa: ANN001, ANN201, ANN202, PLR0917
# numba's types stand in the decorator, a kernel takes arrays, not objects.
# mypy: disable-error-code="no-untyped-def,call-arg,var-annotated"
"""The loops that find who may be alike: classes of equal texts, buckets of bands and of rare shingles; see `kernels`.

Units are numbered from the most preferred down. Their sets stay in the mapped files: unit u is row rows[u] of piece pieces[u],
and `where` has each piece's addresses: shingles, their bounds, words, their bounds.
"""

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

from filters.overlap.kernels import I32, I64, U32, U64, compiled
from filters.overlap.kernels_hash import xxh64

_EXACT = types.Array(types.uint64, 2, "C", readonly=True)
_WHERE = types.Array(types.int64, 2, "C", readonly=True)
_SIGNATURES = types.Array(types.uint32, 2, "C", readonly=True)
_OUT32, _OUT64, _OUTU64 = types.int32[::1], types.int64[::1], types.uint64[::1]
SHINGLES, WORDS = 0, 2  # columns of `where`


@intrinsic
def load(context, address):
    """The eight bytes at an address; the caller keeps what lies there."""

    def code(context, builder, signature, values):
        eight = builder.load(builder.inttoptr(values[0], context.get_value_type(types.uint64).as_pointer()))
        eight.align = 1
        return eight

    return types.uint64(types.int64), code


@compiled(types.void(_EXACT, types.int32[::1]))
def first_equal(exact: np.ndarray, first: np.ndarray) -> None:
    """first[u] = the first unit whose 128 bits are those of u."""
    size = 2
    while size < 2 * len(exact):
        size *= 2
    table, mask = np.full(size, -1, np.int32), np.uint64(size - 1)
    for unit in range(len(exact)):
        at = exact[unit, 0] & mask
        while table[at] >= 0 and (exact[table[at], 0] != exact[unit, 0] or exact[table[at], 1] != exact[unit, 1]):
            at = (at + np.uint64(1)) & mask
        if table[at] < 0:
            table[at] = unit
        first[unit] = table[at]


@compiled(types.void(_EXACT, I64, types.uint64[:, ::1]))
def whole_groups(exact: np.ndarray, begins: np.ndarray, out: np.ndarray) -> None:
    """out[g] = 128 bits of all texts of group g, exact[begins[g]:begins[g + 1]]: the first, then the rest in any order."""
    for group in range(len(out)):
        texts = exact[begins[group] : begins[group + 1]].copy()
        for i in range(2, len(texts)):
            j = i
            while j > 1 and (texts[j, 0], texts[j, 1]) < (texts[j - 1, 0], texts[j - 1, 1]):
                for k in range(2):
                    texts[j, k], texts[j - 1, k] = texts[j - 1, k], texts[j, k]
                j -= 1
        data = np.append(texts, np.uint64(0)).view(np.uint8)  # and eight bytes more
        for k in range(2):
            out[group, k] = xxh64(data, 0, len(data) - 8, np.uint64(2 + k))


@compiled(types.void(_SIGNATURES, I32, I32, types.int64, types.uint32[:, ::1]))
def band_keys(signatures: np.ndarray, inside: np.ndarray, which: np.ndarray, rows: int, keys: np.ndarray) -> None:
    """keys[b, which[k]] = 32 bits of the band b (its `rows` columns) of signature inside[k]; a clash only costs a look."""
    for k in range(len(inside)):
        for band in range(len(keys)):
            key = np.uint64(0)
            for column in range(band * rows, (band + 1) * rows):
                key = (key ^ np.uint64(signatures[inside[k], column])) * np.uint64(0xFF51AFD7ED558CCD)
                key ^= key >> np.uint64(32)
            keys[band, which[k]] = np.uint32(key)


@compiled(types.Tuple((_OUT32, _OUT32))(U64))
def buckets(ordered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Units that share a key with others, and which of the shared keys: from sorted key << 32 | unit."""
    count = 0
    for i in range(len(ordered)):
        key = ordered[i] >> np.uint64(32)
        before = i > 0 and ordered[i - 1] >> np.uint64(32) == key
        count += before or (i + 1 < len(ordered) and ordered[i + 1] >> np.uint64(32) == key)
    units, groups = np.empty(count, np.int32), np.empty(count, np.int32)
    to, group = 0, -1
    for i in range(len(ordered)):
        key = ordered[i] >> np.uint64(32)
        before = i > 0 and ordered[i - 1] >> np.uint64(32) == key
        if before or (i + 1 < len(ordered) and ordered[i + 1] >> np.uint64(32) == key):
            group += not before
            units[to], groups[to] = np.int32(ordered[i] & np.uint64(0xFFFFFFFF)), group
            to += 1
    return units, groups


@compiled(types.void(I32, I32, types.int64, _OUT64, _OUT32))
def enter(units: np.ndarray, groups: np.ndarray, first: int, cursors: np.ndarray, entries: np.ndarray) -> None:
    """Add the group first + groups[k] to what units[k] is a member of."""
    for k in range(len(units)):
        entries[cursors[units[k]]] = first + groups[k]
        cursors[units[k]] += 1


@njit
def _root(roots, unit):
    while roots[unit] != unit:
        roots[unit] = roots[roots[unit]]
        unit = roots[unit]
    return unit


@compiled(types.void(I32, I64, I32, types.int64, _OUT32))
def together(classes: np.ndarray, begins: np.ndarray, entries: np.ndarray, groups: int, roots: np.ndarray) -> None:
    """roots[u] = the first unit of all that share a class or a bucket with u, or with another that does (union-find)."""
    first = np.full(groups, -1, np.int32)
    for unit in range(len(roots)):
        roots[unit] = classes[unit]
        for e in range(begins[unit], begins[unit + 1]):
            group = entries[e]
            if first[group] < 0:
                first[group] = unit
            a, b = _root(roots, unit), _root(roots, first[group])
            roots[max(a, b)] = min(a, b)
    for unit in range(len(roots)):
        roots[unit] = _root(roots, unit)


@njit
def at(where, piece, row, column):
    """Addresses of the start and end of a set."""
    bounds = where[piece, column + 1] + 8 * row
    return where[piece, column] + 8 * np.int64(load(bounds)), where[piece, column] + 8 * np.int64(load(bounds + 8))


@njit
def _beyond(size, share):
    """How many shingles a text may lack of another that has `share` of them, and one more."""
    return size - np.int64(np.ceil(share * size - 1e-6)) + 1


@compiled(types.void(I32, _WHERE, I32, I32, types.uint32[::1]))
def count_shingles(units: np.ndarray, where: np.ndarray, pieces: np.ndarray, rows: np.ndarray, counts: np.ndarray) -> None:
    """Add to counts[shingle mod its length, a power of two] for every shingle of `units`."""
    mask = np.uint64(len(counts) - 1)
    for unit in units:
        i, stop = at(where, pieces[unit], rows[unit], SHINGLES)
        while i < stop:
            counts[load(i) & mask] += np.uint32(1)
            i += 8


@compiled(_OUTU64(I32, _WHERE, I32, I32, U32, types.float64))
def rare_shingles(
    units: np.ndarray, where: np.ndarray, pieces: np.ndarray, rows: np.ndarray, counts: np.ndarray, similarity: float
) -> np.ndarray:
    """32 bits of shingle << 32 | unit << 1 | late, for the rarest shingles of each unit, in one order for all.

    Two texts that are alike have one of them in common (Chaudhuri, Ganti, Kaushik 2006), and the first such is not late in the
    shorter text: not beyond what may lack of as many shingles as both have at least in common (Xiao et al. 2008).
    """
    mask, total = np.uint64(len(counts) - 1), 0
    for unit in units:
        i, stop = at(where, pieces[unit], rows[unit], SHINGLES)
        total += _beyond((stop - i) // 8, similarity)
    out, to = np.empty(total, np.uint64), 0
    for unit in units:
        i, stop = at(where, pieces[unit], rows[unit], SHINGLES)
        size = (stop - i) // 8
        often, values = np.empty(size, np.uint32), np.empty(size, np.uint64)
        for k in range(size):
            values[k] = load(i + 8 * k)
            often[k] = counts[values[k] & mask]
        order = np.argsort(often, kind="mergesort")  # stable, and values ascend: ties go by the shingle
        early = _beyond(size, 2.0 * similarity / (1.0 + similarity))
        for k in range(_beyond(size, similarity)):
            out[to] = (values[order[k]] >> np.uint64(32) << np.uint64(32)) | np.uint64(2 * unit + (k >= early))
            to += 1
    return out
