"""Train or test: a prompt lies on one side in every export, so nothing held out is learned from under another name."""

import hashlib
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from filters.overlap.tokens import normalise


def sides(messages: pa.ChunkedArray | pa.Array, test: float, seed: int) -> pa.Array:
    """`train` or `test` for each list of messages (a row's `messages` or a pair's `prompt`); about a share `test` is held out.

    Told by a seeded hash of the first user turn (the first turn where no user speaks), normalised as the overlap compares
    it, so that case, punctuation and white space move nothing. A list without turns is `train`.
    """
    firsts = _firsts(messages)
    normal = normalise(firsts)
    line = int(test * 2**64)
    data, bounds, start = normal.data.tobytes(), normal.bounds.tolist(), f"{seed}\x1f".encode()
    held = [_hash(start + data[here:there]) < line for here, there in pairwise(bounds)]
    spoken = pc.is_valid(firsts)
    return pc.if_else(pc.and_(pa.array(held, pa.bool_()), spoken), "test", "train")


def _hash(text: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(text, digest_size=8, person=b"split").digest(), "big")


def _firsts(messages: pa.ChunkedArray | pa.Array) -> pa.Array:
    """The first user turn of each list, else its first turn, else null."""
    whole = messages.combine_chunks() if isinstance(messages, pa.ChunkedArray) else messages
    turns, owner = whole.flatten(), pc.list_parent_indices(whole)
    heads = pa.table(
        {"row": owner, "content": pc.struct_field(turns, "content"), "user": pc.equal(pc.struct_field(turns, "role"), "user")}
    )
    rows = pa.array(range(len(whole)), owner.type)
    found = [_first(part, rows) for part in (heads.filter(heads["user"]), heads)]
    return pc.coalesce(*found)


def _first(heads: pa.Table, rows: pa.Array) -> pa.Array:
    """The first content of each row, or null."""
    content = heads["content"].combine_chunks()
    return content.take(pc.index_in(rows, value_set=heads["row"].combine_chunks()))
