"""Code within fences, by the rules of CommonMark."""

import numpy as np
import polars as pl
import pyarrow as pa

from ._talk import ASSISTANT, Columns, Talk, buffers
from .length import ratio

ROW = {
    "code_share": (pa.float64(), "share of the assistant's bytes that lie in fenced code, fences included"),
    "unclosed_fences": (pa.int64(), "turns of the assistant with a code fence that is never closed"),
}
TURN = {"unclosed_fence": (pa.bool_(), "a code fence is opened and never closed")}


def fenced(talk: Talk) -> tuple[pl.Series, np.ndarray]:
    """All turns with fenced code blanked, and per turn the bytes within fences and 1 where one stays open."""
    from ._lines import fences

    offsets, data = buffers(talk.content)
    prose, counts = fences(offsets, data)
    array = pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(prose))
    return pl.Series(pl.from_arrow(array), dtype=pl.String), counts


def by_turn(talk: Talk) -> Columns:
    """Whether a fence stays open."""
    return {"unclosed_fence": talk.once(fenced)[1][1] > 0}


def measure(talk: Talk) -> Columns:
    """Shares and counts over the assistant's turns."""
    mine, (inside, opened) = talk.role == ASSISTANT, talk.once(fenced)[1]
    sizes = np.diff(buffers(talk.content)[0])
    return {
        "code_share": ratio(talk.sum(np.where(mine, inside, 0)), talk.sum(np.where(mine, sizes, 0))),
        "unclosed_fences": talk.sum(mine & (opened > 0)),
    }
