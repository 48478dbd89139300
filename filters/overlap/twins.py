"""Twins: the most preferred stand, and whoever is like one that stands falls.

Units are taken from the most preferred down; each is compared with the standing units that share a band of its signature
(locality-sensitive hashing: recall >= 0.995 at the threshold), by exact Jaccard similarity of the shingle sets, and falls to
the most similar one, then the most preferred. So no step looks at all pairs of a bucket, a chain of look-alikes never
collapses to one, and a popular text is a class that one unit speaks for. A family (a tree, a group) never competes with
itself.

Two short texts ("Translate Paris into French", "Translate Rome into French") may share nearly all their shingles and yet ask
for different things: where their words were signed, one of them must have all the words of the other.

A group of answers is compared by its best row, and with another group by all answers together as well: the lower similarity
counts, so a comparison that has an answer of its own stays.
"""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.overlap import buckets, kernels_buckets
from filters.overlap import kernels_walk as kernels
from filters.overlap.signatures import Signed, read
from schemas.ledger import PAIRS

NEAR = 0.1  # how far below the threshold pairs are kept
NEAREST = 4  # how many of them a unit may have with more preferred ones
CHUNK, SLICE = 2048, 128  # units settled at a time, and compared with what stands by one thread; no verdict depends on it
DROPS = pa.schema([("id", pa.string()), ("twin", pa.string()), ("similarity", pa.float64())])

Column: TypeAlias = pa.Array | pa.ChunkedArray
Near: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]


class Verdicts(NamedTuple):
    """Units are numbered from the most preferred down. Per unit: its twin (-1: it stands), their similarity; and near misses."""

    twins: np.ndarray
    similarity: np.ndarray
    left: np.ndarray
    right: np.ndarray
    near: np.ndarray


class Members(NamedTuple):
    """Rows of groups: unit u has rows[begins[u]:begins[u + 1]], its best first; a unit alone has none."""

    begins: np.ndarray
    rows: np.ndarray


def walk(
    signed: Sequence[Path],
    key: str,
    similarity: float,
    ids: Column,
    *,
    families: Column | None = None,
    groups: pa.Table | None = None,
    free: np.ndarray | None = None,
    threads: int = 1,
) -> tuple[pa.Table, pa.Table]:
    """The units that fall (DROPS, sorted by id), and the verified pairs met (schemas.ledger.PAIRS, sorted).

    `ids`: units from the most preferred down; one without a signed text stands. `families`: beside each id its tree or group,
    or null. `groups` (unit, id): all rows of the units that are several answers. Of pairs under `similarity`, down to 0.1
    less, each standing unit's nearest are told. `similarity` 1.0 means equal texts only. `free`: which units stand whatever
    they are like; others fall to them.
    """
    found = read(list(signed))
    names = flat(ids)
    at = pc.index_in(names, value_set=flat(found.ids))
    known = np.flatnonzero(at.is_valid().to_numpy(zero_copy_only=False))
    rows = at.drop_null().to_numpy().astype(np.int64)
    family = None if families is None else family_codes(families)[known]
    members = None if groups is None or not len(groups) else _members(found, names.take(pa.array(known)), rows, groups)
    may = None if free is None else free[known]
    said = settle(found, rows, similarity, families=family, members=members, free=may, threads=threads)
    fallen = np.flatnonzero(said.twins >= 0)
    units, twins = (names.take(pa.array(known[some])) for some in (fallen, said.twins[fallen]))
    drops = pa.Table.from_arrays([units, twins, pa.array(said.similarity[fallen])], schema=DROPS).sort_by("id")
    left, right = (names.take(pa.array(known[some])) for some in (said.left, said.right))
    near = pa.Table.from_arrays([left, right, pa.array(said.near)], schema=DROPS)
    return drops, _pairs(pa.concat_tables([drops, near]), key)


def settle(
    signed: Signed,
    rows: np.ndarray,
    similarity: float,
    *,
    families: np.ndarray | None = None,
    members: Members | None = None,
    free: np.ndarray | None = None,
    near: float = NEAR,
    threads: int = 1,
) -> Verdicts:
    """The walk over signed rows, the most preferred first. `families`: a number for each unit's family, -1 for none.

    Near misses are told down to `near` below `similarity`.
    """
    limits = similarity, max(round(similarity - near, 9), 0.0)
    board = np.full(len(rows), -1, np.int32), np.full(len(rows), -1, np.int32), np.zeros(len(rows))
    with ThreadPoolExecutor(threads) as pool:
        order, field, stand = _field(signed, rows, similarity, families, members, free, pool)
        large, small = buckets.lots(order, rows, field[0], field[-3:], CHUNK)
        seen: SimpleQueue[np.ndarray] = SimpleQueue()
        deque(map(seen.put, (np.full(len(rows), -1, np.int32) for _ in range(threads))), 0)

        def meet(chunk: np.ndarray, helpers: ThreadPoolExecutor | None = None) -> Near:
            found = _meet(chunk, (*limits, *field), (*stand, *board), seen, helpers)
            signed.let_go(buckets.MAPPED)
            return found

        misses = [(order[:0], order[:0], np.zeros(0))]
        misses += [meet(one[base : base + CHUNK], pool) for one in large for base in range(0, len(one), CHUNK)]
        misses += pool.map(meet, small)
    _, twins, alike = board
    return Verdicts(twins, alike, *(np.concatenate(part) for part in zip(*misses, strict=True)))


def family_codes(families: Column) -> np.ndarray:
    """One number for each family, -1 for null."""
    array = families.combine_chunks() if isinstance(families, pa.ChunkedArray) else families
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    if pa.types.is_null(array.type):
        return np.full(len(array), -1)
    return pc.fill_null(array.dictionary_encode().indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)


def _meet(
    chunk: np.ndarray, field: tuple[Any, ...], board: tuple[Any, ...], seen: SimpleQueue[Any], pool: ThreadPoolExecutor | None
) -> Near:
    """Settle a chunk: by all threads of a pool against what stands before it, then among itself. Returns its near misses."""
    units, values = np.full((len(chunk), NEAREST), -1, np.int32), np.zeros((len(chunk), NEAREST))

    def meet(start: int, stop: int, since: int, settle: bool) -> None:
        kernels.meet(chunk, start, stop, since, settle, *field, *board, mine := seen.get(), units, values)
        seen.put(mine)

    if pool:
        deque(pool.map(lambda start: meet(start, min(start + SLICE, len(chunk)), 0, False), range(0, len(chunk), SLICE)), 0)
    meet(0, len(chunk), int(chunk[0]) if pool else 0, True)
    twins = board[-2]
    unit, place = np.nonzero((units >= 0) & (twins[chunk] < 0)[:, None])
    return chunk[unit], units[unit, place], values[unit, place]


def _field(  # noqa: PLR0917
    signed: Signed,
    rows: np.ndarray,
    similarity: float,
    families: np.ndarray | None,
    members: Members | None,
    free: np.ndarray | None,
    pool: ThreadPoolExecutor,
) -> tuple[np.ndarray, tuple[Any, ...], tuple[np.ndarray, ...]]:
    """What `kernels.meet` reads: units that may meet one, everything that is fixed, and room for who stands in each bucket."""
    places = buckets.places(signed, rows)
    spread = list(buckets.spread(signed, rows, places))
    sizes, exact, classes = np.empty(len(rows), np.int32), np.empty((len(rows), 2), np.uint64), np.empty(len(rows), np.int32)
    for piece, inside, which in spread:
        sizes[which] = np.diff(piece.shingles.bounds)[inside]
        exact[which] = piece.exact[inside]
        signed.let_go(buckets.MAPPED)
    kernels_buckets.first_equal(exact if members is None else _whole(signed, exact, members), classes)
    if similarity < 1.0:
        keys = buckets.band_keys(signed, spread, classes, similarity, pool)
    else:  # equal texts only: a class of them needs no band, but groups of one best text may differ
        keys = exact[None, :, 0].astype(np.uint32) if members else np.empty((0, len(rows)), np.uint32)
    del exact, spread
    where = np.array([buckets.addresses(piece) for piece in signed.pieces], np.int64).reshape(-1, 4)
    shared = buckets.narrowed(
        buckets.by_band(keys, classes, pool), lambda units: buckets.rarest(signed, where, places, similarity, units)
    )
    begins, entries, slot_begins = buckets.entered(shared, len(rows))
    del keys, shared
    many = np.bincount(classes, minlength=len(rows)) > 1
    order = np.flatnonzero((many | (np.diff(begins) > 0))[classes]).astype(np.int32)
    family = np.full(len(rows), -1, np.int32) if families is None else _with_others(families)
    theirs = Members(np.zeros(0, np.int64), rows[:0]) if members is None else members
    groups = members is not None, theirs.begins, *buckets.places(signed, theirs.rows)
    immune = np.zeros(len(rows), bool) if free is None else np.ascontiguousarray(free, bool)
    fixed = classes, family, immune, where, *places, sizes, *groups, begins, entries, slot_begins
    room = np.zeros(len(slot_begins) - 1, np.int32), np.empty(len(entries), np.int32)
    sketches = [np.empty((many, kernels.WORDS_OF_SKETCH), np.uint64) for many in (len(rows), len(rows) * groups[0])]
    return order, fixed, (*room, *sketches, np.zeros(len(rows) * groups[0], np.int32))


def _members(signed: Signed, names: pa.Array, rows: np.ndarray, groups: pa.Table) -> Members:
    """The signed rows of the units (`names`) that are groups, the best first."""
    unit = pc.index_in(flat(groups["unit"]), value_set=names)
    row = pc.index_in(flat(groups["id"]), value_set=flat(signed.ids))
    here = pc.and_(unit.is_valid(), row.is_valid())
    units, found = (column.filter(here).to_numpy().astype(np.int64) for column in (unit, row))
    order = np.lexsort((found, found != rows[units], units))
    return Members(np.searchsorted(units[order], np.arange(len(names) + 1)).astype(np.int64), found[order])


def _whole(signed: Signed, exact: np.ndarray, members: Members) -> np.ndarray:
    """`exact`, but for a group the 128 bits of all its texts."""
    each = np.empty((len(members.rows), 2), np.uint64)
    for piece, inside, which in buckets.spread(signed, members.rows, buckets.places(signed, members.rows)):
        each[which] = piece.exact[inside]
    groups = np.flatnonzero(np.diff(members.begins))
    whole, own = np.empty((len(groups), 2), np.uint64), exact.copy()
    kernels_buckets.whole_groups(each, np.append(members.begins[groups], len(each)), whole)
    own[groups] = whole
    return own


def _with_others(families: np.ndarray) -> np.ndarray:
    """A family of one unit is none."""
    alone = np.bincount(families + 1, minlength=1)[families + 1] < 2
    return np.where(alone, -1, families).astype(np.int32)


def _pairs(found: pa.Table, key: str) -> pa.Table:
    """Rows of DROPS as pairs, the lesser id first, sorted."""
    swap = pc.greater(found["id"], found["twin"])
    left, right = pc.if_else(swap, found["twin"], found["id"]), pc.if_else(swap, found["id"], found["twin"])
    table = pa.Table.from_arrays([left, right, found["similarity"], pa.repeat(key, len(found))], schema=PAIRS)
    return table.sort_by([("id", "ascending"), ("other", "ascending")])


def flat(column: Column) -> pa.Array:
    """A column of names as one array."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    return pa.concat_arrays([chunk.cast(pa.string()) for chunk in chunks]) if chunks else pa.array([], pa.string())
