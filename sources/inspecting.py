"""What a file is and what it holds, without writing anything: `winnow inspect`."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from schemas.ledger import DROPPED
from schemas.rows import ROW
from sources import archives
from sources.file import File
from sources.kinds import HEAD, columnar, compression
from sources.reading import Batch, opened, read

SAMPLE = 64  # rows of a batch whose language may be told, evenly spread
KINDS = 100
_NUMBER = re.compile(r"\b(?:0x)?[0-9][0-9a-f,]*\b")


@dataclass
class Finding:
    """A file's container, compression and format, with counts; reasons map to the numbers of their records."""

    container: str
    compression: str
    format: str | None
    confidence: float
    others: list[tuple[str, float]]  # formats that came close, best first
    name: str
    records: int = 0
    rows: int = 0
    groups: int = 0  # sets of answers to one context
    turns: int = 0
    quarantined: dict[str, list[int]] = field(default_factory=dict)
    dropped: dict[str, list[int]] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)  # what was said of the first of each reason
    kinds: dict[str, set[str]] = field(default_factory=dict)  # the different things said of each, at most KINDS, numbers as 0
    flags: Counter[str] = field(default_factory=Counter)  # known faults of data -> rows that have them
    prompts: list[npt.NDArray[np.uint64]] = field(default_factory=list)  # hashes of the first questions, one a row, group or tree
    sample: list[pa.Table] = field(default_factory=list)  # rows from all over the file


def inspect(path: Path, format: str | None = None) -> Finding:
    """Read the whole file and say what was found. A format can be pinned. Of an archive it is the first part."""
    return next(parts(File("file", path, path.name, format=format)), Finding("archive", "plain", None, 0.0, [], path.name))


def parts(file: File) -> Iterator[Finding]:
    """A finding for the file, or for each part of an archive, whose `name` begins with the archive's."""
    for part in archives.parts(file):
        if isinstance(part, archives.Refused):
            finding = Finding("archive", "plain", None, 0.0, [], part.name, 1)
            finding.quarantined[part.reason], finding.details[part.reason] = [0], part.detail
        else:
            with part.where.open("rb") as handle:
                head = handle.read(HEAD)
            found = opened(part)
            finding = Finding(columnar(head) or found.container, compression(head), *found.guess, part.name)
            for batch in read(part):
                _add(finding, batch)
        yield finding


def _add(finding: Finding, batch: Batch) -> None:
    rows, step = batch.rows, max(1, -(-len(batch.rows) // SAMPLE))
    units = pl.DataFrame(rows.select(["tree_id", "group_id"]))
    unit = units.select(pl.coalesce("tree_id", "group_id")).to_series()
    finding.records += batch.records
    finding.rows += len(rows)
    finding.groups += units["group_id"].drop_nulls().n_unique()
    finding.turns += pc.sum(pc.list_value_length(rows["messages"])).as_py() or 0
    finding.flags.update(pc.list_flatten(rows["flags"]).to_pylist())
    finding.prompts.append(_prompts(rows.filter((unit.is_null() | unit.is_first_distinct()).to_arrow())))
    if len(rows):
        finding.sample.append(rows.take(pa.array(range(0, len(rows), step), pa.int64())))
    for line in batch.refused.select(["fate", "reason", "record", "detail"]).to_pylist():
        where = finding.dropped if line["fate"] == DROPPED else finding.quarantined
        where.setdefault(line["reason"], []).append(line["record"])
        finding.details.setdefault(line["reason"], line["detail"] or "")
        if len(kinds := finding.kinds.setdefault(line["reason"], set())) < KINDS:
            kinds.add(_NUMBER.sub("0", line["detail"] or ""))


def _prompts(rows: pa.Table) -> npt.NDArray[np.uint64]:
    """A hash of each row's first question; good within one run of one program, and kept nowhere."""
    messages = pc.list_flatten(rows["messages"])
    asked = {"row": pc.list_parent_indices(rows["messages"]), "role": pc.struct_field(messages, "role")}
    frame: Any = pl.DataFrame(pa.table({**asked, "said": pc.struct_field(messages, "content")}))
    first = frame.filter(pl.col("role") == "user").unique("row", keep="first", maintain_order=True)
    return first["said"].str.strip_chars().hash().to_numpy()


def sampled(findings: list[Finding], most: int) -> pa.Table:
    """At most `most` rows from all over these files."""
    rows = pa.concat_tables([ROW.empty_table(), *(part for finding in findings for part in finding.sample)])
    return rows.take(pa.array(range(0, len(rows), max(1, -(-len(rows) // most))), pa.int64()))
