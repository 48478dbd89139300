"""Whether text is a table: names of columns, and below them rows that fit. A broken row among them costs only itself."""

import re
from itertools import islice

from sources.csvs import Item, Table
from sources.kinds import not_utf8

_NAME = re.compile(r"(?!(\S+\s+){5})(?!.*[.:]$)[\w.()/#:?&*%+ -]{0,64}")  # of a column: five words, no sentence, no JSON
_BREAKS = ("csv_columns", "csv_quote")
_ROWS_SEEN = 64
_KNOWN = {
    "instruction",
    "input",
    "output",
    "response",
    "prompt",
    "completion",
    "question",
    "answer",
    "query",
    "context",
    "system",
}
_KNOWN |= {
    "chosen",
    "rejected",
    "text",
    "label",
    "score",
    "rating",
    "category",
    "source",
    "model",
    "reply",
    "target",
    "reference",
}
_KNOWN |= {"messages", "conversation", "history", "response_a", "response_b", "winner"}


def is_table(head: bytes) -> bool:
    """Whether a file that begins so is a table."""
    return why_not(head) is None


def why_not(head: bytes) -> str | None:
    """Why a file that begins so is no table, or None. Where columns have well-known names, a quarter of fit rows is enough."""
    body = head.removeprefix(b"\xef\xbb\xbf")
    if body.lstrip()[:1] in (b"", b"{", b"[", b"<") or b"\0" in body[:4096]:
        return "no row of names is at its top"
    table = Table(iter([head]))
    if not table.header:
        return f"its first row is broken: {not_utf8(table.first) or 'a quote is open'}"
    known = sum(name.lower() in _KNOWN for name in table.header) > 1
    if not known and (why := _no_header(table)):
        return why
    rows: list[Item] = []
    fit = False
    for item in islice(table.rows(), _ROWS_SEEN):
        if item[3] and (table.ended or head.endswith(item[1])):  # the head may end inside this row
            fit = fit or _fit(rows, known)
        rows.append(item)
    return None if fit or _fit(rows, known) else _unfit(rows)


def _no_header(table: Table) -> str | None:
    """Why the first row holds no names of columns."""
    names, mark = table.header, table.delimiter.encode()
    if len(names) < 2 or sum(map(bool, names)) * 2 <= len(names):
        return "its first row holds fewer than two names of columns"
    if odd := next((name for name in names if not _NAME.fullmatch(name)), None):
        return f"its first row must hold the names of the columns, and {odd[:60]!r} is no name"
    return (
        "a space follows every comma of its first row, as in prose" if table.first.count(mark + b" ") == len(names) - 1 else None
    )


def _fit(rows: list[Item], known: bool) -> bool:
    fit = sum(reason not in _BREAKS for _, _, _, reason, _ in rows)
    return fit > 0 and (4 if known else 2) * fit >= len(rows) + (not known)


def _unfit(rows: list[Item]) -> str:
    """Which row breaks it."""
    bad = [(number, detail) for number, (_, _, _, reason, detail) in enumerate(rows, 1) if reason in _BREAKS]
    if not bad:
        return "no row is below the names of its columns"
    return f"{len(bad)} of its first {len(rows)} rows do not fit, row {bad[0][0]} below the names first: {bad[0][1]}"
