"""Rows by a fragment of their text: kept, dropped and quarantined, as far as their texts are at hand."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flows import releases
from flows.places import Places

_AROUND = 40  # characters shown on each side


class Found(NamedTuple):
    """A row that holds the fragment, and the place where it first does."""

    id: str
    around: str


def find(home: Places, release: Path, fragment: str) -> list[Found]:
    """Rows with a turn that holds the fragment, whatever the case and the white space, sorted by id."""
    wanted = pattern(fragment)
    if not wanted:
        return []
    found = {row.id: row for row in [*_quarantined(home, release, wanted), *_rows(home, release, wanted)]}
    return [found[id] for id in sorted(found, key=str.encode)]


def pattern(fragment: str) -> str:
    """A fragment as a regular expression for which all white space is the same; empty where it has no word."""
    return r"\s+".join(map(re.escape, fragment.split()))


def _rows(home: Places, release: Path, pattern: str) -> Iterator[Found]:
    for path in releases.text_files(home, release):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(10_000, columns=["id", "messages"]):
                turns = batch["messages"].flatten()
                owner = pc.list_parent_indices(batch["messages"])
                yield from _met(batch["id"].take(owner), pc.struct_field(turns, "content"), pattern)


def _quarantined(home: Places, release: Path, pattern: str) -> Iterator[Found]:
    file = home.quarantine / f"{release.name}.parquet"
    if file.is_file():
        table = pq.ParquetFile(file).read(["id", "raw"])
        raw = [None if each is None else each.decode("utf-8", "backslashreplace") for each in table["raw"].to_pylist()]
        yield from _met(table["id"].combine_chunks(), pa.array(raw, pa.string()), pattern)


def _met(ids: pa.Array, texts: pa.Array, pattern: str) -> Iterator[Found]:
    here = pc.fill_null(pc.match_substring_regex(texts, pattern, ignore_case=True), False)
    seen = re.compile(pattern, re.IGNORECASE)
    for id, text in zip(ids.filter(here).to_pylist(), texts.filter(here).to_pylist(), strict=True):
        match = seen.search(text)  # RE2 has its own idea of white space and case
        start, end = match.span() if match else (0, 0)
        yield Found(id, " ".join(text[max(start - _AROUND, 0) : end + _AROUND].split()))
