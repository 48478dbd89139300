"""Tables as text: CSV, TSV and their like, a record a row, each with its place in the file."""

import csv
from collections.abc import Iterator
from typing import Any

from sources.kinds import Where
from sources.streams import chunks

Item = tuple[int, bytes, Any, str | None, str | None]  # offset, bytes, value, fault, detail


def is_table(head: bytes) -> bool:
    """Whether a file that begins so is a table with a header."""
    return False


def items(where: Where) -> Iterator[Item]:
    """Every row after the header: a dict of column -> text, or the reason why it has none."""
    lines = b"".join(chunks(where)).decode().splitlines()
    rows = csv.reader(lines)
    names = next(rows)
    for row in rows:
        yield 0, b"", dict(zip(names, row, strict=True)), None, None
