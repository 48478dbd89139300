"""Signing: one Arrow file per shard and key, from which pairs, caps and datasketch indexes are made without the texts.

A file holds, per row, `id`, `exact` (128 bits of the normalised text), `signature` (128 x uint32), `shingles` (sorted
distinct XXH64 of n tokens joined by one space, or of n characters without spaces) and, for short texts only, `words` (sorted
distinct XXH64 of the tokens). It maps into memory as it lies. Its schema's metadata says how it was made; a file made
another way is refused, never misread.
"""

import json
import mmap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from filters.overlap import signing
from filters.overlap.tokens import Texts
from schemas.faults import DataFault
from schemas.parquet import settle

if TYPE_CHECKING:
    from datasketch import LeanMinHash, MinHashLSH

_STATM = Path("/proc/self/statm")
HELD = 160 << 20  # bytes of signatures and shingles that need no file: 1 KB for a row of 40 words, 7 KB for one of 1,000


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
    batches = signing.batches([pa.table({"id": ids, "text": texts})], shingle, chars, short, threads)
    rows = _write(batches, draft, signing.schema(shingle, chars, short))
    settle(draft, path)
    return rows


def held(
    tables: Iterable[pa.Table], spare: Path, shingle: int, *, chars: bool = False, short: int = 0, threads: int = 1
) -> Signed:
    """As `sign` and `read`, of tables (id, text) that come one by one and once only.

    The first HELD bytes stay in memory; what is beyond is in the file `spare`, and nothing sees to it that it is on disk.
    """
    batches, first, size = signing.batches(tables, shingle, chars, short, threads), [], 0
    while size < HELD and (batch := next(batches, None)):
        first.append(batch)
        size += batch.nbytes
    _write(batches, spare, signing.schema(shingle, chars, short))
    rest = read([spare])
    ids = pa.chunked_array([*(batch["id"] for batch in first), *rest.ids.chunks], pa.string())
    return Signed(ids, [*map(_piece, first), *rest.pieces], rest.maps)


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
            _check(
                path,
                made,
                first or signing.manner(made.get("shingle", 0), made.get("unit") == "characters", made.get("short", 0)),
            )
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
    for rows in range(signing.PERMUTATIONS, 1, -1):
        count = signing.PERMUTATIONS // rows
        if 1 - (1 - similarity**rows) ** count >= recall:
            return count, rows
    return signing.PERMUTATIONS, 1


def open_lsh(paths: list[Path], similarity: float) -> "MinHashLSH":
    """The signed rows as a `datasketch.MinHashLSH`, for people with their own tools."""
    from datasketch import LeanMinHash, MinHashLSH

    signed = read(paths)
    lsh = MinHashLSH(num_perm=signing.PERMUTATIONS, params=bands(similarity))
    rows = (row for piece in signed.pieces for row in piece.signatures)
    for name, values in zip(signed.ids.to_pylist(), rows, strict=True):
        lsh.insert(name, LeanMinHash(seed=signing.SEED, hashvalues=values, scheme="affine32"))
    return lsh


def minhashes(texts: Texts, shingle: int = 5, *, chars: bool = False) -> list["LeanMinHash"]:
    """Each text's signature as a `datasketch.LeanMinHash`, to ask a `MinHashLSH` with; a null is left out."""
    from datasketch import LeanMinHash

    table = pa.table({"id": pa.nulls(len(texts), pa.string()), "text": texts}).combine_chunks()
    batches = (signing.signed(part, shingle, chars, 0, signing.SIGNED) for part in signing.parts(table)) if len(table) else ()
    rows = (row for batch in batches for row in _piece(batch).signatures)
    return [LeanMinHash(seed=signing.SEED, hashvalues=row, scheme="affine32") for row in rows]


def _check(path: Path, made: dict[str, object], wanted: dict[str, object]) -> None:
    for name, value in wanted.items():
        if made.get(name) != value:
            raise DataFault(f"{path}: signed with {name} {made.get(name)}, here it is {value}: sign the texts again")


def _write(batches: Iterable[pa.RecordBatch], path: Path, schema: pa.Schema) -> int:
    rows = 0
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += len(batch)
    return rows


def _sound(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch, where its columns are those of SIGNED and no bound leads out of it. Raises ValueError (or Arrow's own)."""
    if not batch.schema.equals(signing.SIGNED):
        raise ValueError("other columns")
    batch.validate(full=True)
    if any(column.null_count or column.offset for column in batch.columns):
        raise ValueError("a column with gaps")
    return batch


def _piece(batch: pa.RecordBatch) -> Piece:
    shingles, words = (Sets(batch[name].values.to_numpy(), batch[name].offsets.to_numpy()) for name in ("shingles", "words"))
    return Piece(
        np.frombuffer(batch["exact"].buffers()[1], np.uint64).reshape(-1, 2)[: len(batch)],
        batch["signature"].values.to_numpy().reshape(-1, signing.PERMUTATIONS),
        shingles,
        words,
    )
