"""Conversations that are the beginning of a longer one: the shorter falls, for the longer says all of it again.

Turn by turn, by role and normalised text, and exact: a conversation has one 128-bit hash for each of its beginnings, and is
the beginning of another where its last hash is among the other's. Units are taken from the longest down, and each puts the
hashes of its own beginnings on a board, two names a hash at most (two families): no step looks at a pair twice.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from filters.overlap import kernels, kernels_pairs
from filters.overlap.tokens import Texts, normalise
from filters.overlap.twins import family_codes
from schemas.faults import DataFault
from schemas.parquet import settle

BEGUN = pa.schema([("id", pa.string()), ("twin", pa.string()), ("turns", pa.int64()), ("longer", pa.int64())])
_PREFIXES = pa.schema(
    [("id", pa.string()), ("turn", pa.int32()), ("last", pa.bool_()), ("a", pa.uint64()), ("b", pa.uint64())],
    metadata={"winnow": "beginnings 1: XXH64, chained"},
)


def sign(ids: Texts, roles: Texts, texts: Texts, path: Path) -> int:
    """Sign the beginnings of conversations, one turn a row, the turns of a conversation together and in order.

    Returns the number of turns.
    """
    table = pa.table({"id": ids, "role": roles, "text": texts}).combine_chunks()
    names = pl.Series(table["id"])
    starts = np.append(np.flatnonzero((names != names.shift()).fill_null(True).to_numpy()), len(names)).astype(np.int64)
    normal = normalise(table["text"])
    role = normalise(table["role"])
    hashes = np.empty((len(names), 2), np.uint64)
    kernels.chain(normal.data, normal.bounds, role.data, role.bounds, starts, hashes)
    last = np.zeros(len(names), bool)
    last[starts[1:] - 1] = True
    turn = np.arange(1, len(names) + 1) - np.repeat(starts[:-1], np.diff(starts))
    columns = [table["id"].cast(pa.string()), pa.array(turn, pa.int32()), pa.array(last), *map(pa.array, hashes.T)]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    with pa.OSFile(str(draft), "wb") as sink, pa.ipc.new_file(sink, _PREFIXES) as writer:
        writer.write_table(pa.Table.from_arrays(columns, schema=_PREFIXES))
    settle(draft, path)
    return len(names)


def fall(
    signed: Sequence[Path], ids: pa.ChunkedArray, *, families: pa.ChunkedArray | None = None, alone: np.ndarray | None = None
) -> pa.Table:
    """The units that are the beginning of a longer one that stands (BEGUN, sorted by id); the twin is the longest, then by id.

    `ids`: the units still standing. A family (a tree, a group) never competes with itself. `alone`: which units may fall
    (default: all); the others stand, and drop.
    """
    turns = _turns(signed, ids)
    wholes = turns.filter("last").sort(["turn", "id"], descending=[True, False])
    code = turns.join(wholes.select("a", "b").unique(), on=["a", "b"], how="semi")  # what no conversation ends with drops nobody
    code = code.with_columns(code=pl.struct("a", "b").rank("dense").cast(pl.Int64) - 1)
    place = wholes.select("id", place=pl.int_range(pl.len(), dtype=pl.Int64))
    code = code.join(place, on="id").sort("place", "turn")
    own = code.filter("last")["code"].to_numpy()
    parts = code.filter(~pl.col("last"))
    begins = np.searchsorted(parts["place"].to_numpy(), np.arange(len(wholes) + 1)).astype(np.int64)
    at = pc.index_in(wholes["id"].to_arrow().cast(pa.string()), value_set=ids).to_numpy(zero_copy_only=False).astype(np.int64)
    family = np.full(len(wholes), -1) if families is None else family_codes(families)[at]
    may = np.ones(len(wholes), bool) if alone is None else alone[at]
    twins = np.full(len(wholes), -1, np.int64)
    kernels_pairs.begun(own, parts["code"].to_numpy(), begins, family, may, np.full((len(wholes), 2), -1), twins)
    fallen = np.flatnonzero(twins >= 0)
    shorter, longer = wholes[fallen], wholes[twins[fallen]]
    found = shorter.select("id", twin=longer["id"], turns="turn", longer=longer["turn"])
    return found.sort("id").to_arrow().cast(BEGUN)


def _turns(signed: Sequence[Path], ids: pa.ChunkedArray) -> pl.DataFrame:
    """The signed beginnings of the units `ids`."""
    found = [_PREFIXES.empty_table()]
    for path in signed:
        try:
            table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
        except (OSError, pa.ArrowInvalid) as fault:
            raise DataFault(f"{path}: not a file of beginnings ({fault}): delete it and sign again") from fault
        if table.schema.metadata != _PREFIXES.metadata:
            raise DataFault(f"{path}: made another way: delete it and sign again")
        found.append(table.filter(pc.is_in(table["id"], value_set=ids)))
    return pl.DataFrame(pa.concat_tables(found))
