"""A batch of conversations laid flat, and what the signal families share about it."""

from collections.abc import Callable, Collection
from typing import TypeVar

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from schemas.rows import ROLES

SYSTEM, USER, ASSISTANT, TOOL = range(4)
Column = pl.Series | np.ndarray
Columns = dict[str, Column]
_T = TypeVar("_T")


class Talk:
    """Conversations as flat turns: row `i` owns the turns `starts[i]:starts[i + 1]`.

    `role` holds the place of each turn's role in `schemas.rows.ROLES`; `content` its text, never null.
    """

    def __init__(self, rows: pa.Table, wanted: Collection[str] | None = None) -> None:
        self._wanted = wanted
        messages = rows["messages"]
        lengths = pc.fill_null(pc.list_value_length(messages), 0).to_numpy()
        flat = pc.list_flatten(messages)
        self.rows = len(rows)
        self.starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
        self.row = np.repeat(np.arange(self.rows), lengths)
        self.turn = (np.arange(len(flat)) - self.starts[self.row]).astype(np.int32)
        roles = pc.index_in(pc.struct_field(flat, "role"), value_set=pa.array(ROLES))
        self.role = pc.fill_null(roles, len(ROLES)).to_numpy().astype(np.int8)
        self.content = _text(flat, "content").fill_null("")
        self.tool_calls = _text(flat, "tool_calls")
        self.declared = _column(rows, "language_declared")
        self._known: dict[Callable, object] = {}

    def asks(self, column: str) -> bool:
        """Whether anybody asked for a column; a family may leave out what nobody did."""
        return self._wanted is None or column in self._wanted

    def once(self, derive: "Callable[[Talk], _T]") -> _T:
        """What `derive` makes of this batch, made the first time that a family asks for it."""
        if derive not in self._known:
            self._known[derive] = derive(self)
        return self._known[derive]  # type: ignore[return-value]

    def sum(self, values: Column) -> np.ndarray:
        """Per row, the sum over its turns (true counts 1, unknown 0)."""
        filled = values.fill_null(0).to_numpy() if isinstance(values, pl.Series) else values
        total = np.concatenate([np.zeros(1, np.int64), np.cumsum(filled, dtype=np.int64)])
        return total[self.starts[1:]] - total[self.starts[:-1]]

    def pick(self, values: Column, turns: np.ndarray) -> pl.Series:
        """Per row, the value of the turn named (an index into the flat turns), NULL where that is -1."""
        where = pl.Series(turns, dtype=pl.Int64)
        return pl.Series(values).gather(where.set(where < 0, None))

    def last(self, mask: np.ndarray) -> np.ndarray:
        """Per row, the flat index of its last turn for which `mask` holds, else -1."""
        found = np.full(self.rows, -1, np.int64)
        turns = np.flatnonzero(mask)
        found[self.row[turns]] = turns  # the last of several assignments stands
        return found


def answers(talk: Talk) -> np.ndarray:
    """The flat indices of the assistant's turns."""
    return np.flatnonzero(talk.role == ASSISTANT)


def last_answer(talk: Talk) -> np.ndarray:
    """Per row, the flat index of the assistant's last turn, else -1."""
    return talk.last(talk.role == ASSISTANT)


def first_prompt(talk: Talk) -> np.ndarray:
    """Per row, the flat index of the user's first turn, else -1."""
    found = np.full(talk.rows, -1, np.int64)
    turns = np.flatnonzero(talk.role == USER)[::-1]
    found[talk.row[turns]] = turns
    return found


def last_prompt(talk: Talk) -> np.ndarray:
    """Per row, the flat index of the user's last turn before the assistant's last one, else -1."""
    before = talk.once(last_answer)[talk.row] > np.arange(len(talk.row))
    return talk.last((talk.role == USER) & before)


def said(talk: Talk) -> pl.Series:
    """Per row, all that the assistant says, its turns joined by a blank line; NULL where it says nothing."""
    turns = talk.once(answers)
    frame = pl.DataFrame({"row": talk.row[turns], "text": talk.content.gather(turns)})
    joined = frame.group_by("row", maintain_order=True).agg(pl.col("text").str.join("\n\n"))
    texts = pl.DataFrame({"row": np.arange(talk.rows)}).join(joined, on="row", how="left", maintain_order="left")["text"]
    return texts.set(texts.str.strip_chars() == "", None)


def on_answers(talk: Talk, values: Column) -> pl.Series:
    """Values of the assistant's turns spread over all turns, NULL on the others."""
    place = np.full(len(talk.row), -1, np.int64)
    place[talk.once(answers)] = np.arange(len(values))
    return talk.pick(values, place)


def buffers(texts: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """Arrow's own offsets (int64) and UTF-8 bytes of a column of texts; NULL reads as empty."""
    array = texts.fill_null("").rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = array.buffers()
    start = array.offset
    places = np.frombuffer(offsets or bytes(8), np.int64)[start : start + len(array) + 1]
    return places, np.frombuffer(data or b"", np.uint8)


def _column(rows: pa.Table, name: str) -> pl.Series:
    """One column of the rows; unknown throughout where the table lacks it."""
    held = rows.select([name] if name in rows.column_names else [])
    return pl.DataFrame(held).get_column(name, default=pl.repeat(None, len(rows), dtype=pl.String, eager=True))


def _text(flat: pa.Array | pa.ChunkedArray, name: str) -> pl.Series:
    return pl.Series(name, pl.from_arrow(pc.struct_field(flat, name)), dtype=pl.String)
