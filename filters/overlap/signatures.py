"""Signing: one Arrow file per shard and key, from which pairs, caps and datasketch indexes are made without the texts.

A file holds, per row, `id`, `exact` (128 bits of the normalised text), `signature` (128 x uint32), `shingles` (sorted
distinct XXH64 of n tokens joined by one space, or of n characters without spaces) and, for short texts only, `words` (sorted
distinct XXH64 of the tokens). It maps into memory as it lies. Its schema's metadata says how it was made; a file made
another way is refused, never misread.

The signature is, bit for bit, datasketch 2.0's `MinHash(num_perm=128, scheme="affine32", seed=1)` over the low 32 bits of
the shingles (Broder 1997 for the idea). A text too short for one shingle has one: all of it.
"""

import json
import mmap
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.overlap import kernels_sign as kernels
from filters.overlap.tokens import Texts, normalise
from schemas.faults import DataFault
from schemas.parquet import settle

if TYPE_CHECKING:
    from datasketch import LeanMinHash, MinHashLSH

PERMUTATIONS, SEED = 128, 1
_STATM = Path("/proc/self/statm")
PIECE = 1 << 20  # bytes of text signed at a time: small enough to share out, and it never depends on threads

SIGNED = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("exact", pa.binary(16), nullable=False),
        pa.field("signature", pa.list_(pa.field("item", pa.uint32(), nullable=False), PERMUTATIONS), nullable=False),
        pa.field("shingles", pa.large_list(pa.field("item", pa.uint64(), nullable=False)), nullable=False),
        pa.field("words", pa.large_list(pa.field("item", pa.uint64(), nullable=False)), nullable=False),
    ]
)


class Sets(NamedTuple):
    """Sets of hashes, each sorted: row i has values[bounds[i]:bounds[i + 1]]."""

    values: np.ndarray
    bounds: np.ndarray


@dataclass(frozen=True)
class Piece:
    """Some rows of a signed file, as views of the mapped file."""

    exact: np.ndarray  # (rows, 2) uint64
    signatures: np.ndarray  # (rows, 128) uint32
    shingles: Sets
    words: Sets  # empty where the text is not short

    def __len__(self) -> int:
        return len(self.exact)


@dataclass(frozen=True)
class Signed:
    """Signed rows of one key: ids in the order of the pieces."""

    ids: pa.ChunkedArray
    pieces: list[Piece]
    maps: list[mmap.mmap]

    def exact(self) -> np.ndarray:
        """(rows, 2) uint64: equal where the normalised texts are equal."""
        return np.concatenate([piece.exact for piece in self.pieces] or [np.zeros((0, 2), np.uint64)])

    def let_go(self, most: int) -> None:
        """Give mapped pages back to the system's cache where this process holds more than so many bytes of files."""
        if _STATM.exists() and int(_STATM.read_bytes().split()[2]) * mmap.PAGESIZE > most:
            for each in self.maps:
                each.madvise(mmap.MADV_DONTNEED)


def sign(ids: Texts, texts: Texts, shingle: int, path: Path, *, chars: bool = False, short: int = 0, threads: int = 1) -> int:
    """Sign `texts` under `ids` into the file `path`; a null text is left out. Returns the number of rows signed.

    A shingle is of so many words, or of so many characters where `chars`. Texts of fewer than `short` words tell their words:
    `twins.walk` then refuses a pair of them where each has a word that the other has not.
    """
    draft = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = write([pa.table({"id": ids, "text": texts})], draft, shingle, chars=chars, short=short, threads=threads)
    settle(draft, path)
    return rows


def write(tables: Iterable[pa.Table], path: Path, shingle: int, *, chars: bool = False, short: int = 0, threads: int = 1) -> int:
    """As `sign`, of tables (id, text) that come one by one, into a file for now: nothing sees to it that it is on disk."""
    rows = 0
    schema = SIGNED.with_metadata({"winnow": json.dumps(manner(shingle, chars, short))})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer, ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[pa.RecordBatch]] = deque()
        for part in (part for table in tables for part in _parts(table)):
            waiting.append(pool.submit(_signed, part, shingle, chars, short, schema))
            rows += len(part)
            if len(waiting) > 2 * threads:
                writer.write_batch(waiting.popleft().result())
        while waiting:
            writer.write_batch(waiting.popleft().result())
    return rows


def read(paths: list[Path]) -> Signed:
    """Map signed files into memory. All must have been made with one kind of shingle, one hash and one Unicode version.

    Raises DataFault where a file is damaged: compiled loops will read it by address, so every bound is looked at first.
    """
    ids, pieces, maps, first = [], [], [], None
    for path in sorted(paths):
        try:
            with open(path, "rb") as handle:
                maps.append(mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ))
            reader = pa.ipc.open_file(pa.py_buffer(maps[-1]))
            made: dict[str, Any] = dict(json.loads((reader.schema.metadata or {}).get(b"winnow", b"{}")))
            _check(path, made, first or manner(made.get("shingle", 0), made.get("unit") == "characters", made.get("short", 0)))
            for number in range(reader.num_record_batches):
                batch = reader.get_batch(number)
                ids.append(batch["id"])
                pieces.append(_piece(_sound(batch)))
        except (OSError, ValueError, TypeError, pa.ArrowException) as fault:
            raise DataFault(f"{path}: not a sound file of signatures ({fault}): delete it and sign again") from fault
        first = made
    return Signed(pa.chunked_array(ids, pa.string()), pieces, maps)


def bands(similarity: float, recall: float = 0.995) -> tuple[int, int]:
    """(bands, rows): the most rows a band for which 1 - (1 - s**rows)**bands reaches `recall` (Leskovec, Rajaraman, Ullman)."""
    for rows in range(PERMUTATIONS, 1, -1):
        count = PERMUTATIONS // rows
        if 1 - (1 - similarity**rows) ** count >= recall:
            return count, rows
    return PERMUTATIONS, 1


def open_lsh(paths: list[Path], similarity: float) -> "MinHashLSH":
    """The signed rows as a `datasketch.MinHashLSH`, for people with their own tools."""
    from datasketch import LeanMinHash, MinHashLSH

    signed = read(paths)
    lsh = MinHashLSH(num_perm=PERMUTATIONS, params=bands(similarity))
    rows = (row for piece in signed.pieces for row in piece.signatures)
    for name, values in zip(signed.ids.to_pylist(), rows, strict=True):
        lsh.insert(name, LeanMinHash(seed=SEED, hashvalues=values, scheme="affine32"))
    return lsh


def minhashes(texts: Texts, shingle: int = 5, *, chars: bool = False) -> list["LeanMinHash"]:
    """Each text's signature as a `datasketch.LeanMinHash`, to ask a `MinHashLSH` with; a null is left out."""
    from datasketch import LeanMinHash

    table = pa.table({"id": pa.nulls(len(texts), pa.string()), "text": texts}).combine_chunks()
    batches = (_signed(part, shingle, chars, 0, SIGNED) for part in _parts(table)) if len(table) else ()
    rows = (row for batch in batches for row in _piece(batch).signatures)
    return [LeanMinHash(seed=SEED, hashvalues=row, scheme="affine32") for row in rows]


def manner(shingle: int, chars: bool, short: int) -> dict[str, object]:
    """How texts are signed: what a file of signatures says of itself."""
    return {
        "format": 2, "shingle": shingle, "unit": "characters" if chars else "words", "short": short, "hash": "xxh64",
        "scheme": "affine32", "permutations": PERMUTATIONS, "seed": SEED, "unicode": unicodedata.unidata_version,
    }  # fmt: skip


def _check(path: Path, made: dict[str, object], wanted: dict[str, object]) -> None:
    for name, value in wanted.items():
        if made.get(name) != value:
            raise DataFault(f"{path}: signed with {name} {made.get(name)}, here it is {value}: sign the texts again")


def _parts(table: pa.Table) -> Iterator[pa.Table]:
    """Runs of rows with a text, of about PIECE bytes each."""
    table = table.filter(pc.is_valid(table["text"])).combine_chunks()
    sizes = np.cumsum(pc.binary_length(table["text"]).to_numpy() + 1) // PIECE if len(table) else np.zeros(0)
    starts = [*np.flatnonzero(np.diff(sizes, prepend=-1)).tolist(), len(table)]
    for start, stop in pairwise(starts):
        yield table.slice(start, stop - start)


def _signed(part: pa.Table, shingle: int, chars: bool, short: int, schema: pa.Schema) -> pa.RecordBatch:
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
        pa.FixedSizeListArray.from_arrays(pa.array(signatures.ravel()), type=schema.field("signature").type),
        pa.LargeListArray.from_arrays(pa.array(bounds), pa.array(shingles[:used]), type=schema.field("shingles").type),
        pa.LargeListArray.from_arrays(pa.array(word_bounds), pa.array(words[:told]), type=schema.field("words").type),
    ]
    return pa.record_batch([pa.concat_arrays(c.chunks) if isinstance(c, pa.ChunkedArray) else c for c in columns], schema=schema)


def _sound(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch, where its columns are those of SIGNED and no bound leads out of it. Raises ValueError (or Arrow's own)."""
    if not batch.schema.equals(SIGNED):
        raise ValueError("other columns")
    batch.validate(full=True)
    if any(column.null_count or column.offset for column in batch.columns):
        raise ValueError("a column with gaps")
    return batch


def _piece(batch: pa.RecordBatch) -> Piece:
    shingles, words = (Sets(batch[name].values.to_numpy(), batch[name].offsets.to_numpy()) for name in ("shingles", "words"))
    return Piece(
        np.frombuffer(batch["exact"].buffers()[1], np.uint64).reshape(-1, 2)[: len(batch)],
        batch["signature"].values.to_numpy().reshape(-1, PERMUTATIONS),
        shingles,
        words,
    )


@cache
def _permutations() -> tuple[np.ndarray, np.ndarray]:
    """Those of datasketch, which takes long to import (`MinHash._init_permutations`, affine32)."""
    random = np.random.RandomState(SEED)
    a = random.randint(0, 1 << 31, PERMUTATIONS, np.uint32) * np.uint32(2) + np.uint32(1)
    return a, random.randint(0, 1 << 32, PERMUTATIONS, np.uint32)
