"""Who stands: units are taken from the most preferred down, and only one that stands drops another.

No transitive closure: where A is like B and B like C but A not like C, the best first decides, and a chain of look-alikes
never collapses to one. A family (a tree, a group) never competes with itself. Ties go by id, so the order of the input
means nothing.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.overlap import kernels_pairs as kernels
from filters.overlap.signatures import read
from filters.overlap.twins import DROPS, family_codes

Column: TypeAlias = pa.Array | pa.ChunkedArray


def walk(pairs: pa.Table, ids: Column, rank: np.ndarray, similarity: float, *, families: Column | None = None) -> pa.Table:
    """The units that fall (DROPS, sorted by id), each with the standing twin that is most like it (then: most preferred).

    `ids`: the units still standing; the rest drop nobody. `rank`: lower is better. `pairs` as `twins.pairs` gives
    them: classes of similarity 1.0 as stars, and near pairs between one member of each class.
    """
    close = pairs.filter(pc.greater_equal(pairs["similarity"], similarity))
    everyone = pc.unique(pa.chunked_array([*_chunks(ids), *_chunks(close["id"]), *_chunks(close["other"])], pa.string()))
    left, right = (_numbers(close[side], everyone) for side in ("id", "other"))
    values = close["similarity"].to_numpy()
    classes = np.arange(len(everyone))
    kernels.unite(left[values == 1.0], right[values == 1.0], classes)
    begins, others, near = _neighbours(classes[left], classes[right], values, len(everyone))
    family = np.full(len(everyone), -1, np.int64)
    if families is not None:
        family[: len(ids)] = family_codes(families)  # units come first in `everyone`
    twins, found = np.full(len(everyone), -1, np.int64), np.zeros(len(everyone))
    kernels.walk(_preferred(ids, rank), family, classes, begins, others, near, twins, found)
    fallen = np.flatnonzero(twins >= 0)
    return _drops(everyone.take(pa.array(fallen)), everyone.take(pa.array(twins[fallen])), found[fallen])


def cap(signed: Sequence[Path], ids: Column, rank: np.ndarray, at_most: int, *, families: Column | None = None) -> pa.Table:
    """The units beyond the `at_most` most preferred with an equal text (DROPS); one family counts once, for all its units.

    Their twin is the most preferred that stands. A unit without a signed text is never dropped.
    """
    found = read(list(signed))
    at = pc.index_in(_flat(ids), value_set=_flat(found.ids))
    order = _preferred(ids, rank)
    order = order[pc.is_valid(at).to_numpy(zero_copy_only=False)[order]]
    exact = found.exact()[at.to_numpy(zero_copy_only=False)[order].astype(np.int64)].view("V16").ravel()
    _, inverse, counts = np.unique(exact, return_inverse=True, return_counts=True)
    many = counts[inverse] > at_most
    order, texts = order[many], inverse[many]
    family = np.full(len(ids), -1, np.int64) if families is None else family_codes(families)
    alone = family < 0
    family[alone] = np.arange(len(ids))[alone] + len(ids)
    kept: dict[int, tuple[int, dict[int, None]]] = {}
    fallen, twins = [], []
    for unit, text in zip(order.tolist(), texts.tolist(), strict=True):
        first, families_in = kept.setdefault(text, (unit, {}))
        if family[unit] in families_in or len(families_in) < at_most:
            families_in[int(family[unit])] = None
        else:
            fallen.append(unit)
            twins.append(first)
    flat = _flat(ids)
    return _drops(flat.take(pa.array(fallen, pa.int64())), flat.take(pa.array(twins, pa.int64())), np.ones(len(fallen)))


def _preferred(ids: Column, rank: np.ndarray) -> np.ndarray:
    """Units from the most preferred down, ties by id."""
    by_id = pc.sort_indices(_flat(ids)).to_numpy().astype(np.int64)
    return by_id[np.argsort(np.asarray(rank)[by_id], kind="stable")]


def _neighbours(left: np.ndarray, right: np.ndarray, values: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Links between classes, both ways, as begins, others, similarities (CSR)."""
    apart = left != right
    here = np.concatenate([left[apart], right[apart]])
    there = np.concatenate([right[apart], left[apart]])
    near = np.concatenate([values[apart], values[apart]])
    order = np.lexsort((there, here))
    begins = np.searchsorted(here[order], np.arange(size + 1)).astype(np.int64)
    return begins, there[order], near[order]


def _numbers(names: pa.ChunkedArray, everyone: pa.Array) -> np.ndarray:
    return pc.index_in(_flat(names), value_set=everyone).to_numpy(zero_copy_only=False).astype(np.int64)


def _chunks(column: Column) -> list[pa.Array]:
    return [chunk.cast(pa.string()) for chunk in (column.chunks if isinstance(column, pa.ChunkedArray) else [column])]


def _flat(column: Column) -> pa.Array:
    chunks = _chunks(column)
    return pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())


def _drops(ids: pa.Array, twins: pa.Array, similarity: np.ndarray) -> pa.Table:
    return pa.Table.from_arrays([ids, twins, pa.array(similarity)], schema=DROPS).sort_by("id")
