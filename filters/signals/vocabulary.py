"""How rich the assistant's words are; distinct words is the best single free signal of human preference after length."""

import zlib

import numpy as np
import polars as pl
import pyarrow as pa

from ._talk import Columns, Talk, buffers, said

_F = pa.float64()
ROW = {
    "distinct_words": (pa.int64(), "different tokens (words lower-cased, punctuation left out)"),
    "type_token_ratio": (_F, "different tokens per token (RedPajama-v2: rps_doc_frac_unique_words)"),
    "root_type_token_ratio": (_F, "different tokens per square root of tokens (Guiraud 1954): less bound to length"),
    "compression_ratio": (_F, "bytes after zlib (level 6) per byte: low is repetitive, near or above 1 is short or random"),
}
_CAP = 1 << 16  # bytes: what zlib sees of one answer; a ratio is settled long before


def measure(talk: Talk) -> Columns:
    """NULL where the assistant says no word."""
    from ._grams import distinct

    texts = talk.once(said)
    offsets, data = buffers(texts)
    tokens, different = distinct(offsets, data)
    known = np.where(tokens > 0, tokens, np.nan)
    return {
        "distinct_words": pl.Series(different).set(texts.is_null(), None),
        "type_token_ratio": different / known,
        "root_type_token_ratio": different / np.sqrt(known),
        "compression_ratio": _compressed(offsets, data),
    }


def _compressed(offsets: np.ndarray, data: np.ndarray) -> np.ndarray:
    ratios = np.full(len(offsets) - 1, np.nan)
    view = data.data
    for i, (start, end) in enumerate(zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)):
        if size := min(end - start, _CAP):
            ratios[i] = len(zlib.compress(view[start : start + size], 6)) / size
    return ratios
