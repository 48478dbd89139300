"""Pairs: signatures nominate, exact Jaccard similarity of the shingle sets decides.

Two short texts ("Translate Paris into French", "Translate Rome into French") may share nearly all their shingles and yet ask
for different things: where their words were signed, one of them must have all the words of the other.

Equal texts come first, as a star: every member of a class paired with the class's least id, at similarity 1.0. From then on
that one speaks for its class, so a popular text makes neither a big bucket nor a quadratic table. `standing.walk` gives
the class its meaning back: what is like one member is like them all.

Banding is by sorting, a pair is looked at in the first band where it meets, and sizes and signatures weed out what cannot
reach the floor. Bands give recall >= 0.995 at `similarity`; between floor and `similarity` most pairs are found, not all.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.overlap import kernels_pairs as kernels
from filters.overlap.signatures import PERMUTATIONS, Piece, Sets, bands, read
from schemas.faults import DataFault
from schemas.ledger import PAIRS

LIMIT = 50_000_000  # pairs nominated in one band: about 1 GB
BLOCK = 1 << 16  # pairs verified at a time: their shingles are in memory, nobody else's
NEAR = 0.1  # how far below the threshold pairs are kept


Share: TypeAlias = Callable[..., Iterator[Any]]  # a pool's map


@dataclass(frozen=True)
class _Speakers:
    """One row for every class of equal texts: where it lies, its signature, how many shingles, whose family (-1: nobody's)."""

    rows: np.ndarray
    signatures: np.ndarray
    sizes: np.ndarray
    words: np.ndarray  # how many words it told; 0 where it is not short
    families: np.ndarray


def pairs(
    signed: Sequence[Path],
    key: str,
    similarity: float,
    *,
    wanted: pa.Array | pa.ChunkedArray | None = None,
    families: pa.Array | pa.ChunkedArray | None = None,
    threads: int = 1,
) -> pa.Table:
    """All verified pairs (schemas.ledger.PAIRS, sorted) of signed rows from `similarity` - 0.1 up; 1.0 means equal texts only.

    `wanted`: the ids to compare (default: all). `families`: beside each wanted id, its tree or group, or null;
    near pairs within one family are left out. Raises DataFault where more pairs are alike than can be told one by one.
    """
    found = read(list(signed))
    rows, codes = _chosen(found.ids, wanted, families)
    ids = found.ids.combine_chunks() if found.ids.num_chunks else pa.array([], pa.string())
    ids = (pa.concat_arrays(ids.chunks) if isinstance(ids, pa.ChunkedArray) else ids).take(pa.array(rows))
    first, members = _stars(found.exact()[rows])
    star = _table(ids, first[members], np.flatnonzero(members), np.ones(int(members.sum())), key)
    if similarity >= 1.0:
        return star.sort_by([("id", "ascending"), ("other", "ascending")])
    speaking = np.flatnonzero(~members)
    speakers = _gathered(found.pieces, rows[speaking], _pure(codes, first)[speaking])
    floor = max(round(similarity - NEAR, 9), 0.0)
    with ThreadPoolExecutor(threads) as pool:
        left, right = _nominated(speakers, similarity, floor, pool.map)
        values = _verified(found.pieces, speakers, left, right, floor, pool.map)
    alike = values >= floor
    near = _table(ids, speaking[left[alike]], speaking[right[alike]], values[alike], key)
    return pa.concat_tables([star, near]).sort_by([("id", "ascending"), ("other", "ascending")])


def _chosen(
    ids: pa.ChunkedArray, wanted: pa.Array | pa.ChunkedArray | None, families: pa.Array | pa.ChunkedArray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the wanted ids in the order of ids, and a code for each one's family (-1: none)."""
    order = pc.sort_indices(ids).to_numpy().astype(np.int64)
    if wanted is None:
        return order, np.full(len(order), -1)
    at = pc.index_in(ids, value_set=wanted).combine_chunks().to_numpy(zero_copy_only=False)[order]
    here = ~np.isnan(at)
    codes = np.full(len(wanted), -1) if families is None else family_codes(families)
    return order[here], codes[at[here].astype(np.int64)]


def family_codes(families: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """One number for each family, -1 for null."""
    array = families.combine_chunks() if isinstance(families, pa.ChunkedArray) else families
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    if pa.types.is_null(array.type):
        return np.full(len(array), -1)
    return pc.fill_null(array.dictionary_encode().indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)


def _stars(exact: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each row the first row with an equal text, and whether that is another one."""
    whole = np.ascontiguousarray(exact).view("V16").ravel()
    _, firsts, inverse = np.unique(whole, return_index=True, return_inverse=True)
    first = firsts[inverse] if len(whole) else np.zeros(0, np.int64)
    return first, first != np.arange(len(first))


def _pure(codes: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The family of a class whose members all are of one, else -1."""
    low, high = np.full(len(codes), np.iinfo(np.int64).max), np.full(len(codes), -1)
    np.minimum.at(low, first, codes)
    np.maximum.at(high, first, codes)
    return np.where(low == high, high, -1)


def _gathered(pieces: list[Piece], rows: np.ndarray, families: np.ndarray) -> _Speakers:
    signatures = np.empty((len(rows), PERMUTATIONS), np.uint32)
    sizes, words = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    for piece, inside, which in _spread(pieces, rows):
        signatures[which] = piece.signatures[inside]
        sizes[which] = np.diff(piece.shingles.bounds)[inside]
        words[which] = np.diff(piece.words.bounds)[inside]
    return _Speakers(rows, signatures, sizes, words, np.ascontiguousarray(families))


def _spread(pieces: list[Piece], rows: np.ndarray) -> list[tuple[Piece, np.ndarray, np.ndarray]]:
    """Per piece: the rows inside it, and which of `rows` they are."""
    starts = np.cumsum([0, *(len(piece) for piece in pieces)])
    order = np.argsort(rows, kind="stable")
    cuts = np.searchsorted(rows[order], starts)
    spans = zip(pieces, starts, cuts, cuts[1:], strict=False)
    return [(piece, rows[order[a:b]] - start, order[a:b]) for piece, start, a, b in spans if b > a]


def _nominated(speakers: _Speakers, similarity: float, floor: float, share: Share) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that may reach the floor, each once, sorted."""
    count, rows = bands(similarity)
    least = _fewest_equal(floor)

    def one(band: int) -> tuple[np.ndarray, np.ndarray]:
        keys = np.empty(len(speakers.rows), np.uint64)
        kernels.band_keys(speakers.signatures, band * rows, rows, keys)
        order = np.argsort(keys, kind="stable")
        hits, left, right = kernels.nominate(
            speakers.signatures, keys, order, band, rows, speakers.sizes, speakers.families, floor, least, LIMIT
        )
        if hits > LIMIT:
            raise DataFault(
                f"more than {LIMIT:,} pairs among {len(speakers.rows):,} texts are nearly alike at similarity {similarity}: "
                "raise `similarity`, or compare another key"
            )
        return left[:hits], right[:hits]

    found = list(share(one, range(count)))
    left, right = (np.concatenate([part[side] for part in found]) for side in (0, 1))
    order = np.lexsort((right, left))
    return left[order], right[order]


def _fewest_equal(floor: float, miss: float = 1e-3) -> int:
    """Equal columns that a pair at `floor` has but for one case in 1 / miss (binomial tail); one at the threshold always has."""
    tail = 0.0
    for equal in range(PERMUTATIONS + 1):
        tail += comb(PERMUTATIONS, equal) * floor**equal * (1 - floor) ** (PERMUTATIONS - equal)
        if tail > miss:
            return equal
    return PERMUTATIONS


def _verified(  # noqa: PLR0917
    pieces: list[Piece], speakers: _Speakers, left: np.ndarray, right: np.ndarray, floor: float, share: Share
) -> np.ndarray:
    """Exact similarity of each pair, 0 where under the floor or where short texts differ in words, a block of pairs at a time."""

    def one(start: int) -> np.ndarray:
        here = slice(start, start + BLOCK)
        both, inverse = np.unique(np.concatenate([left[here], right[here]]), return_inverse=True)
        shingles, words = (
            Sets(np.empty(ends[-1], np.uint64), ends) for ends in map(_ends, (speakers.sizes[both], speakers.words[both]))
        )
        for piece, inside, which in _spread(pieces, speakers.rows[both]):
            kernels.gather(*piece.shingles, inside, *shingles, which)
            kernels.gather(*piece.words, inside, *words, which)
        mine, yours = np.split(inverse.astype(np.int32), 2)
        out = np.empty(len(mine))
        kernels.jaccard(*shingles, mine, yours, floor, out)
        kernels.refuse_other_words(*words, mine, yours, out)
        return out

    return np.concatenate([np.zeros(0), *share(one, range(0, len(left), BLOCK))])


def _ends(sizes: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(sizes)])


def _table(ids: pa.Array, left: np.ndarray, right: np.ndarray, values: np.ndarray, key: str) -> pa.Table:
    columns = [ids.take(pa.array(left)), ids.take(pa.array(right)), pa.array(values), pa.repeat(key, len(left))]
    return pa.Table.from_arrays(columns, schema=PAIRS)
