"""Text as the overlap sees it: tokens in lower case with one space between, so that only the words count.

NFC, full case folding, NFC again (Unicode 3.13, D145), then tokens. A token starts at a letter or number and runs on over
letters, numbers and marks; in scripts that write no spaces (Han, kana, Thai, Lao, Myanmar, Khmer) every character with its
marks is one token. Format characters (zero width, soft hyphen, joiners) and variation selectors vanish; everything else
separates. So case, punctuation, white space, Markdown marks and NFC hide no duplicate. A text without any token ("?", an
emoji) is itself, in NFC with white space folded. The tables are those of the running Python (`unicodedata.unidata_version`).

A Chinese word has about two characters. Measured over Chinese and English Alpaca with one word in a hundred to one in 25
changed: shingles of 5 Chinese characters are as strict as 3 English words, and 8 to 10 as strict as 5.
"""

import hashlib
import os
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.overlap import kernels_fold as kernels
from filters.overlap.alphabet import ALONE, SELECTORS

Texts: TypeAlias = pa.Array | pa.ChunkedArray


@dataclass(frozen=True)
class Normal:
    """Normalised texts: row i is data[bounds[i]:bounds[i + 1]] (UTF-8) and has tokens[i] tokens; 8 spare bytes follow."""

    data: np.ndarray
    bounds: np.ndarray
    tokens: np.ndarray

    def __len__(self) -> int:
        return len(self.tokens)

    def text(self, row: int) -> str:
        """One row's normalised text."""
        return self.data[self.bounds[row] : self.bounds[row + 1]].tobytes().decode()


def normalise(texts: Texts) -> Normal:
    """Normalise a string array; a null counts as empty. One thread; free of the GIL but for rare characters."""
    array = _plain(texts)
    kinds, lower = _tables()
    data, bounds = _buffers(array)
    hard = np.zeros(len(array), np.uint8)
    kernels.find_hard(data, bounds, kinds, hard)
    if hard.any():
        array = _replaced(array, hard.view(bool))
        data, bounds = _buffers(array)
    out = np.empty(2 * (int(bounds[-1]) - int(bounds[0])) + 8, np.uint8)  # folding and spaces at most double a text
    ends, tokens = np.empty(len(array) + 1, np.int64), np.empty(len(array), np.int32)
    kernels.fold(data, bounds, kinds, lower, out, ends, tokens)
    return _with_bare(array, Normal(out[: ends[-1] + 8], ends, tokens))


def _plain(texts: Texts) -> pa.Array:
    array = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    return array.cast(pa.large_string()).fill_null("")


def _buffers(array: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    if not len(array):
        return np.zeros(1, np.uint8), np.zeros(1, np.int64)
    _, offsets, data = array.buffers()
    bounds = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    return np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8), bounds


def _replaced(array: pa.Array, hard: np.ndarray) -> pa.Array:
    """The rows in which NFC or case folding goes beyond one character for one, done by Python's own tables."""
    mask = pa.array(hard)
    folded = [_nfc(_nfc(text).casefold()) for text in array.filter(mask).to_pylist()]
    return array if not folded else pc.replace_with_mask(array, mask, pa.array(folded, pa.large_string()))


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _with_bare(array: pa.Array, normal: Normal) -> Normal:
    """Rows without a token get their own text back: an emoji is not another emoji."""
    bare = np.flatnonzero(normal.tokens == 0)
    if not len(bare):
        return normal
    raw = [" ".join(_nfc(text).split()).encode() for text in array.take(pa.array(bare)).to_pylist()]
    lengths = np.diff(normal.bounds)
    lengths[bare] = [len(text) for text in raw]
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    pieces, done = [], 0
    for row, text in zip(bare.tolist(), raw, strict=True):
        pieces += [normal.data[done : normal.bounds[row]], np.frombuffer(text, np.uint8)]
        done = int(normal.bounds[row])
    return Normal(np.concatenate([*pieces, normal.data[done:]]), bounds, normal.tokens)


@cache
def _tables() -> tuple[np.ndarray, np.ndarray]:
    """Per code point: its kind (see `kernels`), and the character that lower case turns it into.

    They take a while to make, so they are kept beside the compiled kernels.
    """
    folder = os.environ.get("NUMBA_CACHE_DIR")
    if not folder:
        return _made()
    code = b"".join(Path(__file__).with_name(name).read_bytes() for name in ("tokens.py", "alphabet.py", "kernels_fold.py"))
    file = Path(folder, f"tokens-{unicodedata.unidata_version}-{hashlib.sha256(code).hexdigest()[:16]}.npy")
    try:
        packed = np.load(file)
    except (OSError, ValueError, EOFError):
        packed = np.zeros(0)
    if packed.shape != (0x110000,):
        kinds, lower = _made()
        packed = lower.astype(np.uint32) | kinds.astype(np.uint32) << np.uint32(24)
        _save(packed, file)
    return (packed >> np.uint32(24)).astype(np.uint8), (packed & np.uint32(0xFFFFFF)).astype(np.int32)


def _save(table: np.ndarray, file: Path) -> None:
    try:
        with TemporaryDirectory(dir=file.parent) as folder:  # beside it, so that it is given its name in one step
            draft = Path(folder, file.name)
            np.save(draft, table)
            os.replace(draft, file)
    except OSError:  # a place that cannot be written to, or is full: made again next time
        pass


def _made() -> tuple[np.ndarray, np.ndarray]:
    kinds, lower = np.zeros(0x110000, np.uint8), np.arange(0x110000, dtype=np.int32)
    moving = _composing()
    for point in [*range(0x32400), *range(0xE0000, 0xE0200)]:
        char = chr(point)
        category = unicodedata.category(char)
        if category[0] in "CZPS" and category != "Cf":
            kind = kernels.BREAK
        else:
            kind = {"L": kernels.WORD, "N": kernels.WORD, "M": kernels.MARK, "C": kernels.IGNORED}[category[0]]
        if point > 0x7F and (char in moving or unicodedata.combining(char) or not unicodedata.is_normalized("NFC", char)):
            kind |= kernels.HARD
        small = char.casefold()
        if len(small) > 1:
            kind |= kernels.HARD
        elif small != char:
            lower[point] = ord(small)
        kinds[point] = kind
    _mark(kinds, ALONE, kernels.ALONE, only=kernels.WORD)
    _mark(kinds, SELECTORS, kernels.IGNORED, only=None)
    return kinds, lower


def _mark(kinds: np.ndarray, ranges: tuple[tuple[int, int], ...], kind: int, only: int | None) -> None:
    for first, last in ranges:
        part = kinds[first : last + 1]
        chosen = (part & ~np.uint8(kernels.HARD)) == only if only is not None else np.ones(len(part), bool)
        part[chosen] = (part[chosen] & kernels.HARD) | kind


def _composing() -> set[str]:
    """Characters that NFC may join to the one before (NFC_Quick_Check=Maybe), beside those with a combining class."""
    parts = (unicodedata.decomposition(chr(point)).split() for point in range(0x32400))
    pairs = {chr(int(found[1], 16)) for found in parts if len(found) == 2 and not found[0].startswith("<")}
    return pairs | {chr(point) for point in [*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]}
