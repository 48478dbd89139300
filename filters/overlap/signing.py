"""Texts -> signed rows, batch by batch: what a file of `signatures` holds, and how it is made.

The signature is, bit for bit, datasketch 2.0's `MinHash(num_perm=128, scheme="affine32", seed=1)` over the low 32 bits of
the shingles (Broder 1997 for the idea). A text too short for one shingle has one: all of it.
"""

import json
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.overlap import kernels_sign as kernels
from filters.overlap.tokens import normalise

PERMUTATIONS, SEED = 128, 1
PIECE = 4 << 20  # bytes of text signed at a time: small enough to share out, and it never depends on threads

SIGNED = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("exact", pa.binary(16), nullable=False),
        pa.field("signature", pa.list_(pa.field("item", pa.uint32(), nullable=False), PERMUTATIONS), nullable=False),
        pa.field("shingles", pa.large_list(pa.field("item", pa.uint64(), nullable=False)), nullable=False),
        pa.field("words", pa.large_list(pa.field("item", pa.uint64(), nullable=False)), nullable=False),
    ]
)


def manner(shingle: int, chars: bool, short: int) -> dict[str, object]:
    """How texts are signed: what a file of signatures says of itself."""
    return {
        "format": 2, "shingle": shingle, "unit": "characters" if chars else "words", "short": short, "hash": "xxh64",
        "scheme": "affine32", "permutations": PERMUTATIONS, "seed": SEED, "unicode": unicodedata.unidata_version,
    }  # fmt: skip


def schema(shingle: int, chars: bool, short: int) -> pa.Schema:
    """SIGNED, and how the rows were made."""
    return SIGNED.with_metadata({"winnow": json.dumps(manner(shingle, chars, short))})


def batches(tables: Iterable[pa.Table], shingle: int, chars: bool, short: int, threads: int) -> Iterator[pa.RecordBatch]:
    """Signed rows, in order, while later ones are signed."""
    waiting: deque[Future[pa.RecordBatch]] = deque()
    made = schema(shingle, chars, short)
    with ThreadPoolExecutor(threads) as pool:
        for part in (part for table in tables for part in parts(table)):
            waiting.append(pool.submit(signed, part, shingle, chars, short, made))
            if len(waiting) > 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def parts(table: pa.Table) -> Iterator[pa.Table]:
    """Runs of rows with a text, of about PIECE bytes each."""
    table = table.filter(pc.is_valid(table["text"])).combine_chunks()
    sizes = np.cumsum(pc.binary_length(table["text"]).to_numpy() + 1) // PIECE if len(table) else np.zeros(0)
    starts = [*np.flatnonzero(np.diff(sizes, prepend=-1)).tolist(), len(table)]
    for start, stop in pairwise(starts):
        yield table.slice(start, stop - start)


def signed(part: pa.Table, shingle: int, chars: bool, short: int, made: pa.Schema) -> pa.RecordBatch:
    """The rows of one part, as `made` says."""
    normal = normalise(part["text"])
    rows = len(normal)
    signatures, exact = np.empty((rows, PERMUTATIONS), np.uint32), np.empty((rows, 2), np.uint64)
    most = np.diff(normal.bounds) if chars else normal.tokens
    shingles, bounds = np.empty(int(np.maximum(most, 1).sum()), np.uint64), np.empty(rows + 1, np.int64)
    texts = (normal.data, normal.bounds, normal.tokens)
    used = kernels.sign(*texts, shingle, chars, *_permutations(), signatures, shingles, bounds, exact)
    few = int(normal.tokens[normal.tokens < short].sum())
    words, word_bounds = np.empty(few, np.uint64), np.empty(rows + 1, np.int64)
    told = kernels.few_words(*texts, short, words, word_bounds)
    columns = [
        part["id"].combine_chunks().cast(pa.string()),
        pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), rows, [None, pa.py_buffer(exact)]),
        pa.FixedSizeListArray.from_arrays(pa.array(signatures.ravel()), type=made.field("signature").type),
        pa.LargeListArray.from_arrays(pa.array(bounds), pa.array(shingles[:used]), type=made.field("shingles").type),
        pa.LargeListArray.from_arrays(pa.array(word_bounds), pa.array(words[:told]), type=made.field("words").type),
    ]
    return pa.record_batch([pa.concat_arrays(c.chunks) if isinstance(c, pa.ChunkedArray) else c for c in columns], schema=made)


@cache
def _permutations() -> tuple[np.ndarray, np.ndarray]:
    """Those of datasketch, which takes long to import (`MinHash._init_permutations`, affine32)."""
    random = np.random.RandomState(SEED)
    a = random.randint(0, 1 << 31, PERMUTATIONS, np.uint32) * np.uint32(2) + np.uint32(1)
    return a, random.randint(0, 1 << 32, PERMUTATIONS, np.uint32)
