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

from filters.overlap import kernels_prefixes, kernels_sign
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
    kernels_sign.chain(normal.data, normal.bounds, role.data, role.bounds, starts, hashes)
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
    files = [_mapped(path) for path in signed]
    ends = pa.concat_tables([_PREFIXES.empty_table(), *(file.filter(file["last"]) for file in files)])
    wholes = pl.DataFrame(ends.filter(pc.is_in(ends["id"], value_set=ids))).sort(["turn", "id"], descending=[True, False])
    wholes = wholes.with_columns(code=pl.struct("a", "b").rank("dense").cast(pl.Int64) - 1, place=pl.int_range(pl.len()))
    known = wholes["a"].unique().sort().to_numpy()
    parts = pl.concat([wholes.head(0).select(_PREFIXES.names), *(_inner(file, known) for file in files)])
    parts = parts.join(wholes.select("a", "b", "code").unique(), on=["a", "b"]).join(wholes.select("id", "place"), on="id")
    parts = parts.sort("place", "turn")
    begins = np.searchsorted(parts["place"].to_numpy(), np.arange(len(wholes) + 1)).astype(np.int64)
    at = pc.index_in(wholes["id"].to_arrow().cast(pa.string()), value_set=ids).to_numpy(zero_copy_only=False).astype(np.int64)
    family = np.full(len(wholes), -1) if families is None else family_codes(families)[at]
    may = np.ones(len(wholes), bool) if alone is None else alone[at]
    twins = np.full(len(wholes), -1, np.int64)
    own = wholes["code"].to_numpy()
    kernels_prefixes.begun(own, parts["code"].to_numpy(), begins, family, may, np.full((len(wholes), 2), -1), twins)
    fallen = np.flatnonzero(twins >= 0)
    shorter, longer = wholes[fallen], wholes[twins[fallen]]
    found = shorter.select("id", twin=longer["id"], turns="turn", longer=longer["turn"])
    return found.sort("id").to_arrow().cast(BEGUN)


def _mapped(path: Path) -> pa.Table:
    try:
        table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    except (OSError, pa.ArrowInvalid) as fault:
        raise DataFault(f"{path}: not a file of beginnings ({fault}): delete it and sign again") from fault
    if table.schema.metadata != _PREFIXES.metadata:
        raise DataFault(f"{path}: made another way: delete it and sign again")
    return table


def _inner(file: pa.Table, known: np.ndarray) -> pl.DataFrame:
    """The turns on the way at which some conversation ends (half a hash tells): few, so that memory goes by rows, not turns."""
    hashes = file["a"].to_numpy()
    at = np.minimum(np.searchsorted(known, hashes), max(len(known) - 1, 0))
    met = known[at] == hashes if len(known) else np.zeros(len(hashes), bool)
    return pl.DataFrame(file.filter(pa.array(met & ~file["last"].to_numpy(zero_copy_only=False))))
