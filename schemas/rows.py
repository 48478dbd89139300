"""The one row shape: a conversation as its source has it, and the dict that a format gives for it."""

import hashlib
import unicodedata
from typing import TypedDict

import pyarrow as pa

ROLES = ("system", "user", "assistant", "tool")

MESSAGE = pa.struct(
    [
        pa.field("role", pa.string(), nullable=False),
        pa.field("content", pa.string(), nullable=False),
        ("reasoning", pa.string()),
        ("name", pa.string()),
        ("tool_calls", pa.string()),  # JSON text
        ("tool_call_id", pa.string()),
        ("weight", pa.float32()),  # 0 = no loss; null = unsaid
    ]
)

ROW = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        ("license", pa.string()),
        ("format", pa.string()),  # of dumps, that read its record: the name of a file in sources/formats
        ("origin", pa.struct([("file", pa.string()), ("record", pa.int64()), ("offset", pa.int64())])),
        ("records", pa.list_(pa.string())),  # ids of every record the row was made of
        ("messages", pa.list_(MESSAGE)),
        ("tools", pa.string()),  # JSON text
        ("model", pa.string()),
        ("language_declared", pa.string()),
        ("group_id", pa.string()),
        ("tree_id", pa.string()),  # rows of one tree are never compared with each other
        ("rank", pa.int32()),  # dense from 0 = best, ties equal, null in the whole group where there is no order
        ("path_rank", pa.int32()),  # the worst rank along the path from the root
        ("score", pa.float64()),  # higher is better
        ("scores", pa.map_(pa.string(), pa.float64())),
        ("label", pa.bool_()),
        ("raters", pa.int32()),
        ("answer", pa.string()),
        ("extra", pa.string()),  # the record's other fields, JSON text
        ("flags", pa.list_(pa.string())),  # known faults of its data, found at reading, by name; never null
        pa.field("fingerprint", pa.string(), nullable=False),
    ]
)

# What a rule sees beside the signals; `group_size` is made where rows become units.
ROW_COLUMNS: dict[str, pa.DataType] = {
    "source": pa.string(),
    "license": pa.string(),
    "format": pa.string(),
    "model": pa.string(),
    "language_declared": pa.string(),
    "flags": pa.list_(pa.string()),
    "rank": pa.int32(),
    "path_rank": pa.int32(),
    "score": pa.float64(),
    "label": pa.bool_(),
    "raters": pa.int32(),
    "group_size": pa.int32(),
    "group_mean_score": pa.float64(),
    "has_answer": pa.bool_(),
}


class Message(TypedDict, total=False):
    """One turn; `role` and `content` are always there."""

    role: str
    content: str
    reasoning: str | None
    name: str | None
    tool_calls: str | None
    tool_call_id: str | None
    weight: float | None


def fingerprint(messages: list[Message]) -> str:
    """128 bits of sha256, as 32 hex digits, of roles and texts as read: NFC, white space folded. Edits never change it."""
    digest = hashlib.sha256()
    for message in messages:
        text = " ".join(message["content"].split())
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        digest.update(f"{message['role']}\x1f{text}\x1e".encode())
    return digest.hexdigest()[:32]


def record_id(source: str, path: str, record: int, part: int | None = None) -> str:
    """`<source>/<path below the source's fixed prefix>#<record, nine digits>`, plus `.<n>` for one row of several."""
    return f"{source}/{path}#{record:09d}" + ("" if part is None else f".{part}")
