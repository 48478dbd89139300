"""Benchmark items as hashes of their word n-grams: all that a search by words needs, and no text.

Those of public benchmarks ship with winnow (`shipped`), made by docs/public_benchmarks.py. A hash is of
64 bits over the tokens of `tokens.normalise`; HASH names the function, and a file that was made with another one, with
n-grams of another length, or whose probe no longer hashes to the same, is refused.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from filters.overlap import kernels_cover as kernels
from filters.overlap.benchmarks import ANSWER, QUESTION, Item
from filters.overlap.tokens import normalise
from schemas.faults import DataFault, UsageFault

HASH = "winnow-words-1"  # multiply and xor-shift over eight bytes at a time, then a polynomial modulo 2**64: kernels_cover
PROBE = "Zoë counts 42 élan vitals in 東京, and the quick brown fox naps."
HEAD, LEAST_BYTES = 3, 16  # the least tokens and bytes of an item that is worth a search

HASHED = pa.schema(
    [
        ("benchmark", pa.string()),
        ("item", pa.int64()),
        ("side", pa.string()),
        ("tokens", pa.int32()),
        ("grams", pa.large_list(pa.uint64())),  # see `kernels_cover.item_grams`; empty where the item is too short
    ]
)

COUNTED = pa.schema(
    [("benchmark", pa.string()), ("items", pa.int64()), ("answers", pa.int64()), ("too_short", pa.list_(pa.int64()))]
)


def hashed(items: Iterable[Item], ngram: int = 8) -> pa.Table:
    """Items as HASHED, in their order."""
    found = list(items)
    normal = normalise(pa.array([item.text for item in found], pa.large_string()))
    hashes, begins = np.empty(int(normal.tokens.sum()) + 2 * len(found), np.uint64), np.empty(len(found) + 1, np.int64)
    size = kernels.item_grams(normal.data, normal.bounds, normal.tokens, ngram, HEAD, LEAST_BYTES, hashes, begins)
    columns = [
        pa.array([item.benchmark for item in found], pa.string()),
        pa.array([item.number for item in found], pa.int64()),
        pa.array([item.side for item in found], pa.string()),
        pa.array(normal.tokens),
        pa.LargeListArray.from_arrays(pa.array(begins), pa.array(hashes[:size])),
    ]
    return pa.Table.from_arrays(columns, schema=HASHED)


def counted(table: pa.Table) -> pa.Table:
    """Per benchmark: its items, those with a worked answer, and the numbers of those too short to be searched; sorted."""
    short = pc.equal(pc.list_value_length(table["grams"]), 0)
    each = pa.table(
        [table["benchmark"], table["item"], short, pc.equal(table["side"], ANSWER)], ["benchmark", "item", "short", "answer"]
    )
    records = each.group_by(["benchmark", "item"]).aggregate([("short", "all"), ("answer", "any")]).sort_by(
        [("benchmark", "ascending"), ("item", "ascending")]
    )  # fmt: skip
    lines = []
    for name in sorted(set(records["benchmark"].to_pylist())):
        mine = records.filter(pc.equal(records["benchmark"], name))
        told = mine["item"].filter(mine["short_all"]).to_pylist()
        lines.append({"benchmark": name, "items": len(mine), "answers": pc.sum(mine["answer_any"]).as_py(), "too_short": told})
    return pa.Table.from_pylist(lines, COUNTED)


def made_with(ngram: int) -> dict[str, str]:
    """What a file of hashes says of itself; the probe tells a change that nobody wrote down."""
    probe = hashed([Item("probe", 0, QUESTION, PROBE)], ngram)["grams"].combine_chunks().values.to_numpy()
    return {"hash": HASH, "ngram": str(ngram), "probe": f"{np.bitwise_xor.reduce(probe, initial=np.uint64(0)):016x}"}


def save(table: pa.Table, path: Path, ngram: int, about: dict[str, str]) -> None:
    """One benchmark's hashes; `about` is its licence, source and the like. The same items make the same bytes."""
    pq.write_table(
        table.replace_schema_metadata({**about, **made_with(ngram)}), path, compression="zstd", compression_level=19,
        use_dictionary=["benchmark", "side"], store_schema=True, row_group_size=len(table) or 1,
    )  # fmt: skip


def load(path: Path, ngram: int) -> pa.Table:
    """A file that `save` wrote. Raises DataFault where it was made by another hash, UsageFault for n-grams of another length."""
    table = pq.read_table(path)
    about = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    for name, here in made_with(int(about.get("ngram", ngram))).items():
        if about.get(name) != here:
            raise DataFault(
                f"{path}: hashed with {name} {about.get(name)}, here it is {here}: make it anew (docs/public_benchmarks.py)"
            )
    if about["ngram"] != str(ngram):
        told = f"public:{path.stem} holds n-grams of {about['ngram']} words, and the recipe asks for {ngram}"
        raise UsageFault(f"{told}: write `ngram: {about['ngram']}`")
    return table.replace_schema_metadata(None).cast(HASHED)
