"""The cap: of units with an equal text so many stand, the most preferred; see `twins` for those that are only alike.

A family (a tree, a group) never competes with itself. Ties go by id, so the order of the input means nothing.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.overlap.signatures import read
from filters.overlap.twins import DROPS, Column, family_codes, flat


def cap(signed: Sequence[Path], ids: Column, rank: np.ndarray, at_most: int, *, families: Column | None = None) -> pa.Table:
    """The units beyond the `at_most` most preferred with an equal text (DROPS); one family counts once, for all its units.

    Their twin is the most preferred that stands. A unit without a signed text is never dropped.
    """
    found = read(list(signed))
    at = pc.index_in(flat(ids), value_set=flat(found.ids))
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
    names = flat(ids)
    return _drops(names.take(pa.array(fallen, pa.int64())), names.take(pa.array(twins, pa.int64())), np.ones(len(fallen)))


def _preferred(ids: Column, rank: np.ndarray) -> np.ndarray:
    """Units from the most preferred down, ties by id."""
    by_id = pc.sort_indices(flat(ids)).to_numpy().astype(np.int64)
    return by_id[np.argsort(np.asarray(rank)[by_id], kind="stable")]


def _drops(ids: pa.Array, twins: pa.Array, similarity: np.ndarray) -> pa.Table:
    return pa.Table.from_arrays([ids, twins, pa.array(similarity)], schema=DROPS).sort_by("id")
