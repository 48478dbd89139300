"""Conversations longer than a context: split at whole exchanges, none lost, or cut after the last whole one that fits.

An exchange is what a user says and all that follows until a user speaks again; turns without an answer belong to the exchange
before them, so that every part teaches something. The system prompt stands at the head of every part. Lengths are words.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exports.messages import LEFT_OUT, flattened
from schemas.ledger import EDITS

Parts = list[tuple[int, int]]  # (start, stop) of the turns of each part, the system's at the head left out


def parts(roles: Sequence[str], words: Sequence[int], limit: int) -> tuple[int, Parts]:
    """How many turns at the head are the system's, and the parts: each has as many exchanges as fit in `limit` words with it.

    An exchange that does not fit alone is a part alone. One part is the whole conversation.
    """
    head = next((at for at, role in enumerate(roles) if role != "system"), len(roles))
    starts = _exchanges(roles, head)
    room = limit - sum(words[:head])
    found: Parts = []
    held = 0
    for start, stop in pairwise([*starts, len(roles)]):
        size = sum(words[start:stop])
        if found and held + size <= room:
            found[-1] = (found[-1][0], stop)
            held += size
        else:
            found.append((start, stop))
            held = size
    return head, found or [(head, len(roles))]


def split(conversations: pa.Table, words: np.ndarray, limit: int) -> pa.Table:
    """Every conversation (id, messages, words, ...) in parts of at most `limit` words; `words` holds those of every turn.

    A part's id is `ID/part1of3`, and its `words` are its own; every other column is the conversation's.
    """
    return _taken(conversations, words, _all(conversations, words, limit), named=True)


def truncate(conversations: pa.Table, words: np.ndarray, limit: int) -> tuple[pa.Table, pa.Table]:
    """Every conversation up to the last whole exchange that fits in `limit` words, and what was cut (EDITS)."""
    found = _all(conversations, words, limit)
    ids = conversations["id"]
    cuts = [(ids[row].as_py(), whole[0][1], whole[-1][1] - whole[0][1]) for row, (_, whole) in sorted(found.items())]
    firsts = {row: (head, whole[:1]) for row, (head, whole) in found.items()}
    columns: list[Any] = [
        [id for id, _, _ in cuts],
        [turn for _, turn, _ in cuts],
        ["truncate"] * len(cuts),
        [n for *_, n in cuts],
    ]
    return _taken(conversations, words, firsts, named=False), pa.table(columns, schema=EDITS)


def unfit(conversations: pa.Table, words: np.ndarray, limit: int) -> pa.Table:
    """Conversations with an exchange that alone is longer than `limit`, the system prompt counted in."""
    over = [
        row
        for row, head, whole, lengths in _over(conversations, words, limit)
        if any(sum(lengths[:head]) + sum(lengths[a:b]) > limit for a, b in whole)
    ]
    reason = pa.array(["an exchange longer than the limit"] * len(over), pa.string())
    return pa.table([conversations["id"].take(pa.array(over, pa.int64())), reason], schema=LEFT_OUT)


def _exchanges(roles: Sequence[str], head: int) -> list[int]:
    """Where exchanges begin: at a user's turn after somebody answered, if somebody answers it."""
    starts = [head] if head < len(roles) else []
    answered = False
    last = max((at for at, role in enumerate(roles) if role == "assistant"), default=-1)
    for at in range(head, len(roles)):
        if roles[at] == "user" and answered and at < last:
            starts.append(at)
            answered = False
        answered = answered or roles[at] == "assistant"
    return starts


def _all(conversations: pa.Table, words: np.ndarray, limit: int) -> dict[int, tuple[int, Parts]]:
    """The parts of every conversation that has more than one."""
    return {row: (head, whole) for row, head, whole, _ in _over(conversations, words, limit) if len(whole) > 1}


def _over(conversations: pa.Table, words: np.ndarray, limit: int) -> Iterator[tuple[int, int, Parts, list[int]]]:
    """Of each conversation beyond the limit: its row, the length of its head, its parts, and the words of its turns."""
    owner, flat = flattened(conversations["messages"])
    bounds = np.searchsorted(owner, np.arange(len(conversations) + 1))
    roles = pc.struct_field(flat, "role")
    for row in np.flatnonzero(_sums(words, bounds) > limit).tolist():
        start, stop = int(bounds[row]), int(bounds[row + 1])
        lengths = words[start:stop].tolist()
        yield row, *parts(roles[start:stop].to_pylist(), lengths, limit), lengths


def _taken(conversations: pa.Table, words: np.ndarray, cut: dict[int, tuple[int, Parts]], *, named: bool) -> pa.Table:
    """The conversations with those of `cut` replaced by their parts."""
    owner, flat = flattened(conversations["messages"])
    bounds = np.searchsorted(owner, np.arange(len(conversations) + 1)).tolist()
    ids = conversations["id"].to_pylist()
    rows: list[int] = []
    names: list[str] = []
    turns: list[np.ndarray] = []
    for row in range(len(conversations)):
        start, stop = bounds[row], bounds[row + 1]
        head, whole = cut.get(row, (0, [(0, stop - start)]))
        for at, (first, last) in enumerate(whole, 1):
            rows.append(row)
            names.append(f"{ids[row]}/part{at}of{len(whole)}" if named and row in cut else ids[row])
            turns.append(np.r_[start : start + head, start + first : start + last])
    places = np.concatenate([np.zeros(0, np.int64), *turns])
    ends = np.cumsum([0, *(len(each) for each in turns)])
    kind = conversations.schema.field("messages").type
    lists = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), flat.take(pa.array(places)), type=kind)
    made = conversations.take(pa.array(rows, pa.int64()))
    made = made.set_column(0, conversations.schema.field("id"), pa.array(names, pa.string()))
    made = made.set_column(made.schema.get_field_index("messages"), conversations.schema.field("messages"), lists)
    return made.set_column(made.schema.get_field_index("words"), "words", pa.array(_sums(words[places], ends), pa.int64()))


def _sums(words: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    return np.diff(np.concatenate([[0], np.cumsum(words, dtype=np.int64)])[bounds])
