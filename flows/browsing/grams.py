"""Which rows may hold a word: for each block of rows the runs of four bytes in its texts, so that a rare word reads few of them.

A Bloom filter of one hash (Bloom 1970) a block, made once in the background into data/work, about 128 bytes a row, and mapped. A
block that is not looked at yet may hold anything. Letters are folded as the search folds them: A to Z here, and of a word only
runs of characters without case count. Two characters fold to k and s (U+212A, U+017F): a block that has one may hold anything.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flows import store
from flows.browsing.texts import CONTENT, File, Texts
from flows.places import Places

ROWS, BITS = 512, 1 << 19  # of a block
_VERSION = 1
_MIX, _SHIFT = np.uint32(2654435761), np.uint32(13)  # the upper bits of a product are a hash (Knuth 1998, 6.4)
_FOLDED = np.array([byte + 32 if 65 <= byte <= 90 else byte for byte in range(256)], np.uint8)
_ODD = (b"\xe2\x84\xaa", b"\xc5\xbf")  # the sign for kelvin and the long s, in UTF-8


class Grams:
    """The filters of all files of a release's texts; `share` of the blocks are looked at."""

    def __init__(self, texts: Texts) -> None:
        self._files = texts.files
        counts = [0 if file.raw else -(-file.facts.num_rows // ROWS) for file in texts.files]
        self._begins = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self._known = np.zeros(self._begins[-1], bool)
        self._bits: Any = None
        self._stop = threading.Event()

    @property
    def share(self) -> float:
        """How much of it is made."""
        return float(self._known.mean()) if len(self._known) else 1.0

    def may_hold(self, places: pa.Table, words: str) -> np.ndarray:
        """Of places (place_file, place_row) those whose texts may hold these words."""
        wanted = _wanted(words).astype(np.int64)
        file, row = (places[name].fill_null(-1).to_numpy() for name in ("place_file", "place_row"))
        if not len(wanted) or self._bits is None:
            return np.ones(len(places), bool)
        held = ~self._known
        known = np.flatnonzero(self._known)
        held[known] = (self._bits[known[:, None], wanted >> 3] >> (wanted & 7) & 1).all(axis=1)
        indexed = (file >= 0) & np.array([not file.raw for file in self._files], bool)[np.maximum(file, 0)]
        may = np.ones(len(places), bool)
        may[indexed] = held[self._begins[file[indexed]] + row[indexed] // ROWS]
        return may

    def make(self, path: Path) -> None:
        """Map the filters that lie there, or make them; ends early where asked to, and leaves nothing then."""
        with suppress(OSError):  # no disk, no filters: all is searched
            if not path.is_file() and len(self._known):
                path.parent.mkdir(parents=True, exist_ok=True)
                draft = path.with_name(f"{path.name}.{os.getpid()}.part")
                try:
                    self._fill(draft)
                    if not self._stop.is_set():
                        os.replace(draft, path)
                finally:
                    draft.unlink(missing_ok=True)
            elif len(self._known):
                self._bits = np.load(path, mmap_mode="r")
                self._known[:] = True

    def stop(self) -> None:
        """End what is being made."""
        self._stop.set()

    def _fill(self, draft: Path) -> None:
        bits = np.lib.format.open_memmap(draft, "w+", np.uint8, (len(self._known), BITS // 8))
        self._bits = bits
        for begin, file in zip(self._begins.tolist(), self._files, strict=False):
            if file.raw:
                continue
            for at, texts in _blocks(file):
                bits[begin + at] = _packed(texts)
                self._known[begin + at] = True
                if self._stop.is_set():
                    return
        bits.flush()


@contextmanager
def made(places: Places, texts: Texts) -> Iterator[Grams]:
    """Filters that are made by a thread of their own until the block is left."""
    found = Grams(texts)
    about = [(str(file.path), file.path.stat().st_mtime_ns, file.facts.num_rows) for file in texts.files]
    path = places.work / "grams" / f"{store.digest(_VERSION, ROWS, BITS, about)[:32]}.npy"
    thread = threading.Thread(target=found.make, args=(path,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.stop()
        thread.join()


def _blocks(file: File) -> Iterator[tuple[int, np.ndarray]]:
    """The bytes of each block's texts, numbered."""
    with pq.ParquetFile(file.path, metadata=file.facts, pre_buffer=False) as opened:
        left, at = None, 0
        for batch in opened.iter_batches(ROWS * 8, columns=[CONTENT], use_threads=False):
            held = batch.column(0) if left is None else pa.concat_arrays([left, batch.column(0)])
            whole = len(held) // ROWS * ROWS
            for start in range(0, whole, ROWS):
                yield at, _bytes(held.slice(start, ROWS))
                at += 1
            left = held.slice(whole)
        if left is not None and len(left):
            yield at, _bytes(left)


def _bytes(messages: pa.ListArray) -> np.ndarray:
    """One text after another; the runs across their ends do no harm."""
    texts = pc.struct_field(messages.flatten(), "content")
    _, ends, data = texts.buffers()
    if data is None:
        return np.zeros(0, np.uint8)
    bounds = np.frombuffer(ends, np.int64 if pa.types.is_large_string(texts.type) else np.int32)
    return np.frombuffer(data, np.uint8)[bounds[texts.offset] : bounds[texts.offset + len(texts)]]


def _packed(text: np.ndarray) -> np.ndarray:
    """The filter of a block."""
    raw = text.tobytes()
    if any(odd in raw for odd in _ODD):
        return np.full(BITS // 8, 255, np.uint8)
    found = np.zeros(BITS, bool)
    found[_places(_FOLDED[text])] = True
    return np.packbits(found, bitorder="little")


def _places(folded: np.ndarray) -> np.ndarray:
    """The bit of every run of four bytes."""
    starts = [folded[at : at + max(len(folded) - at, 0) // 4 * 4].view(np.uint32) for at in range(4)]
    return (np.concatenate(starts) * _MIX) >> _SHIFT


def _wanted(words: str) -> np.ndarray:
    """The bits that a block with these words has."""
    found = [np.zeros(0, np.uint32)]
    for word in words.split():
        plain = "".join(char if char.isascii() or (char.lower() == char == char.upper()) else "\0" for char in word)
        for part in plain.split("\0"):
            found.append(_places(_FOLDED[np.frombuffer(part.encode("utf-8", "surrogatepass"), np.uint8)]))
    return np.unique(np.concatenate(found))
