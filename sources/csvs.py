"""Tables as text (CSV, TSV and their like): a record a row, each with its place in the file.

A row is quarantined for itself: `csv_columns` where it has not as many cells as the header, `csv_quote` where a quote does not
close or text follows a closing one, `encoding`, `control` for a NUL, `too_long`. Where a bad row swallowed the rows behind it,
it is cut down to its first line, and reading goes on at the next. Empty and repeated names of columns are numbered.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, NamedTuple, cast

from sources.kinds import Corrupt, Where, not_utf8
from sources.streams import chunks

Item = tuple[int, bytes, Any, str | None, str | None]  # offset, bytes, value, fault, detail
_FLAGS = ("controls_removed",)

LONGEST, KEPT = 64 << 20, 1 << 20  # bytes of one row; bytes kept of one that is longer
_AT_ONCE = 4096  # lines
_LINE = 200  # bytes that a line costs beside its own
_BOM = b"\xef\xbb\xbf"
_CONTROL = bytes([*range(1, 9), 11, 12, *range(14, 32)])  # taken out, as where JSON escapes them
_ODD = _CONTROL + b"\0"
_WORDS = {"expected after": "text follows a closing quote", "unexpected end": "a quote is open, and nothing closes it"}

csv.field_size_limit(LONGEST)


class Long(bytes):
    """The beginning of a line that is too long."""


class Row(NamedTuple):
    """How many lines a row takes, and its cells or the reason why it has none."""

    lines: int
    cells: list[str]
    reason: str | None = None
    detail: str | None = None


def items(where: Where) -> Iterator[tuple[*Item, tuple[str, ...]]]:
    """Every row after the header: a dict of column -> text, or the reason why it has none; and its flags."""
    table = Table(chunks(where))
    for item in table.rows():
        removed = table.odd and item[2] is not None and len(item[1].translate(None, _CONTROL)) < len(item[1])
        yield *item, _FLAGS if removed else ()
    if table.broken:
        yield table.end, table.rest, None, table.broken.reason, table.broken.detail, ()


class Table:
    """A window of lines over a table on its way through, and the place in it where the next row begins."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces, self.broken = pieces, cast("Corrupt | None", None)
        self.lines: list[bytes] = []
        self.starts: list[int] = []  # where each line begins in the file
        self.at = self.end = 0  # the next row's first line; the offset behind the last line
        self.rest, self.skipping, self.odd, self.ended = b"", False, False, False
        self.patience = LONGEST  # bytes that a bad row may swallow; good rows give back, so that the time stays linear
        self.first = self._line(0) or b""
        bare = re.sub(rb'"[^"]*"', b"", self.first)
        self.delimiter = max(",\t;", key=lambda mark: bare.count(mark.encode()))
        header = self._row(0) or Row(0, [])
        self.header = [cell.strip() for cell in header.cells]
        self.names = _numbered(self.header)
        self.at += header.lines

    def rows(self) -> Iterator[Item]:
        """All rows after the header; blank lines are none."""
        while True:
            if self.patience * 2 > LONGEST:
                yield from self._quick()
            row = self._slow()
            if not row:
                return
            raw = b"".join(self.lines[self.at : self.at + row.lines])
            value = None if row.reason else dict(zip(self.names, row.cells, strict=True))
            yield self.starts[self.at], raw.strip(b"\r\n"), value, row.reason, row.detail
            self.at += row.lines

    def _quick(self) -> Iterator[Item]:
        """Sound rows, as long as they are that and whole in the window."""
        lines, names, at = self.lines, self.names, self.at
        texts = map(_clean if self.odd else bytes.decode, lines[at : at + _AT_ONCE])
        rows = csv.reader(texts, delimiter=self.delimiter, strict=True)
        try:
            for cells in rows:
                end = at + rows.line_num
                if len(cells) != len(names):
                    return
                raw = b"".join(lines[self.at : end])
                yield self.starts[self.at], raw.rstrip(b"\r\n"), dict(zip(names, cells, strict=True)), None, None
                self.at = end
        except (csv.Error, UnicodeDecodeError):
            pass

    def _slow(self) -> Row | None:
        """One row, looked at closely; a bad one is cut down to its first line where it swallowed others."""
        while (line := self._line(0)) is not None and not line.strip(b" \r\n"):
            self.at += 1
        row = self._row(0)
        if not row:
            return None
        if self.broken and self.ended and row.reason == "csv_quote":
            broken, self.broken = self.broken, None
            return Row(row.lines, [], broken.reason, broken.detail)
        if row.reason is None and not self._fits(row):
            many = f"{len(row.cells):,} cell{'s' * (len(row.cells) != 1)}, but the header has {len(self.names):,}"
            row = row._replace(reason="csv_columns", detail=many)
        if row.reason and row.lines > 1 and not self._stands(row):
            self._spend(-1, row)
            return row._replace(lines=1)
        self._spend(4, row)
        return row

    def _fits(self, row: Row) -> bool:
        return row.reason is None and len(row.cells) == len(self.names)

    def _stands(self, row: Row) -> bool:
        """Whether a bad row of many lines has swallowed nothing: it is closed, and the next one is sound."""
        if row.reason in ("csv_quote", "too_long"):
            return False
        skip = row.lines
        while (line := self._line(skip)) is not None and not line.strip(b" \r\n"):
            skip += 1
        after = self._row(skip)
        if after:
            self._spend(-1, after)
        return after is None or self._fits(after)

    def _spend(self, times: int, row: Row) -> None:
        size = sum(map(len, self.lines[self.at : self.at + row.lines])) + _LINE * row.lines
        self.patience = max(0, min(LONGEST, self.patience + times * size))

    def _row(self, skip: int) -> Row | None:
        """The row that begins so many lines on, whatever its width; None at the end."""
        taken: list[bytes] = []
        try:
            cells = next(csv.reader(self._text(skip, taken), delimiter=self.delimiter, strict=True), None)
        except csv.Error as error:
            return self._bad(taken, str(error))
        if cells is None:
            return None
        if any(b"\0" in line for line in taken):
            return Row(len(taken), [], "control", "a NUL byte is in it")
        try:
            "".join(cells).encode()
        except UnicodeEncodeError:
            return Row(len(taken), [], "encoding", not_utf8(b"".join(taken)))
        return Row(len(taken), cells)

    def _text(self, skip: int, taken: list[bytes]) -> Iterator[str]:
        """Lines for the parser, noted in `taken`. Raises csv.Error for a row that grows too long."""
        size = 0
        while (line := self._line(skip + len(taken))) is not None:
            taken.append(line)
            size += len(line) + _LINE
            most = min(LONGEST, self.patience + len(taken[0]) + 2 * _LINE) if len(taken) > 1 else LONGEST + _LINE
            if isinstance(line, Long) or size > most:
                raise csv.Error("too_long")
            yield line.translate(None, _CONTROL).decode("utf-8", "surrogateescape")

    def _bad(self, taken: list[bytes], why: str) -> Row:
        if why == "too_long":
            many = f"longer than {LONGEST:,} bytes" if len(taken) == 1 else "a quote is open, and no line near closes it"
            return Row(len(taken), [], why, f"{many}; the beginning is kept")
        if self.delimiter == "\t":  # where tabs part the cells, quotes are often only quotes
            text = taken[0].translate(None, _CONTROL).decode("utf-8", "replace")
            cells = next(csv.reader([text], delimiter="\t", quoting=csv.QUOTE_NONE))
            if len(cells) == len(self.names) and "\ufffd" not in text and "\0" not in text:
                return Row(1, cells)
        detail = next((said for part, said in _WORDS.items() if part in why), "a line ends inside a cell")
        return Row(len(taken), [], "csv_quote", detail)

    def _line(self, skip: int) -> bytes | None:
        """The line so many lines behind the place, or None at the end; what lies before the place is let go."""
        while self.at + skip >= len(self.lines):
            if self.ended:
                return None
            del self.lines[: self.at], self.starts[: self.at]
            self.at = 0
            self._load()
        return self.lines[self.at + skip]

    def _load(self) -> None:
        """The next piece's lines; of a line that is too long only the beginning."""
        try:
            piece = next(self.pieces, None)
        except Corrupt as broken:
            self.broken, piece = broken, None
        self.ended = piece is None
        if piece is None:
            lines, self.rest = ([self.rest], b"") if self.rest and not self.broken and not self.skipping else ([], self.rest)
        else:
            data = self.rest + piece
            if not self.end and data:
                self.end = len(data) - len(data.removeprefix(_BOM))
                data = data.removeprefix(_BOM)
            lines = data.splitlines(keepends=True)
            self.rest = b"" if not lines or lines[-1].endswith(b"\n") else lines.pop()
        if lines and self.skipping:
            self.skipping, self.end = False, self.end + len(lines.pop(0))
        self.starts += accumulate(map(len, lines), initial=self.end)
        self.end = self.starts.pop()
        self.lines += lines
        self.odd = self.odd or bool(piece and len(piece.translate(None, _ODD)) < len(piece))
        if len(self.rest) > LONGEST or (self.skipping and piece):
            if not self.skipping:
                self.lines.append(Long(self.rest[:KEPT]))
                self.starts.append(self.end)
                self.odd = True
            self.end += len(self.rest)
            self.rest, self.skipping = b"", True


def _clean(line: bytes) -> str:
    """A line's text, with control characters taken out. Raises csv.Error for one that needs a closer look."""
    if isinstance(line, Long) or b"\0" in line:
        raise csv.Error
    return line.translate(None, _CONTROL).decode()


def _numbered(header: list[str]) -> list[str]:
    """Names of columns, each its own: `column_3` for one without, `prompt_2` for a repeated one."""
    names: dict[str, None] = {}
    last: Counter[str] = Counter()
    for n, name in enumerate(header, 1):
        own, stem = name or f"column_{n}", name or "column"
        while own in names:
            last[stem] += 1
            own = f"{stem}_{last[stem] + 1}"
        names[own] = None
    return list(names)
