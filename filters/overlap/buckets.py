"""Who may be alike: units that share a band of their signatures, and, where too many do, one of their rarest shingles.

A band is some columns of the signature (locality-sensitive hashing), and units with the same columns are in one bucket. A
bucket too wide is that of a template; its members are told apart by the shingles that few of them have.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import numpy as np

from filters.overlap import kernels_buckets as kernels
from filters.overlap.signatures import Piece, Signed, bands

WIDE = 64  # units in a bucket that is looked at one by one
BATCH = 2048  # units whose shingles are read at a time
MAPPED = 256 << 20  # bytes of signed files held meanwhile

Inside: TypeAlias = tuple[Piece, np.ndarray, np.ndarray]
Shared: TypeAlias = tuple[np.ndarray, np.ndarray]  # units, and the bucket of each


def band_keys(
    signed: Signed, parts: list[Inside], classes: np.ndarray, similarity: float, pool: ThreadPoolExecutor
) -> np.ndarray:
    """(bands, units) uint32; only for the first unit of each class."""
    count, rows = bands(similarity)
    keys = np.empty((count, len(classes)), np.uint32)

    def one(part: Inside) -> None:
        piece, inside, which = part
        first = classes[which] == which
        kernels.band_keys(piece.signatures, inside[first], which[first], rows, keys)
        signed.let_go(MAPPED)

    deque(pool.map(one, parts), 0)
    return keys


def by_band(keys: np.ndarray, classes: np.ndarray, pool: ThreadPoolExecutor) -> list[Shared]:
    """Per band the units that share their key with another, and which key it is."""
    speakers = np.flatnonzero(classes == np.arange(len(classes), dtype=np.int32)).astype(np.uint64)

    def one(band: int) -> tuple[np.ndarray, np.ndarray]:
        ordered = keys[band][speakers].astype(np.uint64)
        ordered <<= np.uint64(32)
        ordered |= speakers
        ordered.sort()
        return kernels.buckets(ordered)

    return list(pool.map(one, range(len(keys))))


def narrowed(shared: list[Shared], tell: Callable[[np.ndarray], np.ndarray]) -> list[Shared]:
    """Buckets of more than WIDE units give way to one for each of the rarest shingles of their members.

    Nothing alike is lost, and texts of one template, alike to nobody but all in one bucket, no longer meet one by one.
    """
    narrow, crowded = [], []
    for units, groups in shared:
        wide = (np.bincount(groups) > WIDE)[groups]
        crowded.append(np.unique(units[wide]))
        narrow.append((units[~wide], np.unique(groups[~wide], return_inverse=True)[1].astype(np.int32)))
    many = np.unique(np.concatenate([np.zeros(0, np.int32), *crowded]))
    return [*narrow, kernels.buckets(tell(many))] if len(many) else shared


def rarest(
    signed: Signed, where: np.ndarray, at: tuple[np.ndarray, np.ndarray], similarity: float, units: np.ndarray
) -> np.ndarray:
    """Sorted 32 bits of shingle << 32 | unit for the rarest shingles of `units`, where it comes early for one of them."""
    counts = np.zeros(1 << 22, np.uint32)
    found = []
    for start in range(0, len(units), BATCH):
        kernels.count_shingles(units[start : start + BATCH], where, *at, counts)
        signed.let_go(MAPPED)
    for start in range(0, len(units), BATCH):
        found.append(kernels.rare_shingles(units[start : start + BATCH], where, *at, counts, similarity))
        signed.let_go(MAPPED)
    keys = np.unique(np.concatenate(found))
    first = np.flatnonzero(np.diff(keys >> np.uint64(32), prepend=np.uint64(0)))
    starts = np.unique(np.append(np.int64(0), first))
    early = np.add.reduceat(keys & np.uint64(1) == 0, starts, dtype=np.int64)
    keys = keys[np.repeat(early > 0, np.diff(np.append(starts, len(keys))))]
    return np.unique(keys >> np.uint64(32) << np.uint64(32) | (keys & np.uint64(0xFFFFFFFF)) >> np.uint64(1))


def entered(shared: list[Shared], count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit u is in the buckets entries[begins[u]:begins[u + 1]], ascending, and bucket g has room from slot_begins[g] on."""
    begins = np.zeros(count + 1, np.int64)
    for units, _ in shared:
        begins[1:] += np.bincount(units, minlength=count)
    np.cumsum(begins, out=begins)
    entries, cursors = np.empty(begins[-1], np.int32), begins[:-1].copy()
    rooms, first = [np.zeros(1, np.int64)], 0
    for units, groups in shared:
        kernels.enter(units, groups, first, cursors, entries)
        rooms.append(np.bincount(groups))
        first += len(rooms[-1])
    return begins, entries, np.cumsum(np.concatenate(rooms))


def lots(
    order: np.ndarray, rows: np.ndarray, classes: np.ndarray, shared: tuple[np.ndarray, np.ndarray, np.ndarray], most: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """`order` in lots of which no unit ever meets one of another: those of more than `most`, and some small ones at a time.

    They come as their first rows do: what is alike mostly comes from one place, and what was read of it is still at hand.
    `shared`: what `entered` says.
    """
    if not len(order):
        return [], []
    begins, entries, rooms = shared
    roots = np.empty(len(rows), np.int32)
    kernels.together(classes, begins, entries, len(rooms) - 1, roots)
    places = rows[roots[order]]
    by_place = np.argsort(places, kind="stable")
    starts = np.flatnonzero(np.diff(places[by_place], prepend=-1))
    wide = np.diff(starts, append=len(order)) > most
    cuts = np.flatnonzero(np.diff(np.where(wide, ~np.arange(len(starts)), starts // most))) + 1
    parts = list(zip(np.split(order[by_place], starts[cuts]), wide[np.append(0, cuts)].tolist(), strict=True))
    return [part for part, alone in parts if alone], [part for part, alone in parts if not alone]


def places(signed: Signed, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The piece of each signed row, and the row within it."""
    starts = np.cumsum([0, *(len(piece) for piece in signed.pieces)])
    pieces = np.searchsorted(starts, rows, side="right") - 1
    return pieces.astype(np.int32), (rows - starts[pieces]).astype(np.int32)


def spread(signed: Signed, rows: np.ndarray, at: tuple[np.ndarray, np.ndarray]) -> Iterator[Inside]:
    """Per piece with some of `rows`: the rows inside it, and which of `rows` they are."""
    order = np.argsort(rows, kind="stable").astype(np.int32)
    pieces, inside = at[0][order], at[1][order]
    cuts = np.searchsorted(pieces, np.arange(len(signed.pieces) + 1)).tolist()
    for piece, start, stop in zip(signed.pieces, cuts, cuts[1:], strict=False):
        if stop > start:
            yield piece, inside[start:stop], order[start:stop]


def addresses(piece: Piece) -> list[int]:
    """Of the shingles and the words of a piece: where the values start, and the bounds."""
    return [array.ctypes.data for found in (piece.shingles, piece.words) for array in found]
