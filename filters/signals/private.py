"""Personal data and secrets that a conversation holds, of the kinds that `filters.pii` can tell."""

import polars as pl
import pyarrow as pa

from ..pii import DEFAULT, count
from ._talk import Columns, Talk

_SECRET = ("secret",)
_PII = tuple(kind for kind in DEFAULT if kind not in _SECRET)
ROW = {
    "pii_count": (
        pa.int64(),
        f"personal data in turns of any role, of the kinds that redaction replaces by itself: {', '.join(_PII)}",
    ),
    "secret_count": (pa.int64(), "keys, tokens and passwords in turns of any role"),
}
TURN = {name: ROW[name] for name in ROW}


def by_turn(talk: Talk) -> Columns:
    """Counts of each turn."""
    return {"pii_count": count(talk.content, _PII).cast(pl.Int64), "secret_count": count(talk.content, _SECRET).cast(pl.Int64)}


def measure(talk: Talk) -> Columns:
    """Sums over all turns."""
    return {name: talk.sum(values) for name, values in talk.once(by_turn).items()}
