"""What a file is and what it holds, without writing anything: `winnow inspect`."""

from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.compute as pc

from schemas.ledger import DROPPED
from sources.places import File
from sources.reading import opened, read
from sources.streams import compression


@dataclass
class Finding:
    """A file's container, compression and format, with counts; reasons map to the numbers of their records."""

    container: str
    compression: str
    format: str | None
    confidence: float
    others: list[tuple[str, float]]  # formats that came close, best first
    records: int = 0
    rows: int = 0
    turns: int = 0
    quarantined: dict[str, list[int]] = field(default_factory=dict)
    dropped: dict[str, list[int]] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)  # what was said of the first of each reason


def inspect(path: Path, format: str | None = None) -> Finding:
    """Read the whole file and say what was found. A format can be pinned."""
    with open(path, "rb") as handle:
        packed = compression(handle.read(4))
    found = opened(path, format)
    finding = Finding(found.container, packed, *found.guess)
    for batch in read(File("file", path, path.name, format=format)):
        finding.records += batch.records
        finding.rows += len(batch.rows)
        finding.turns += pc.sum(pc.list_value_length(batch.rows["messages"])).as_py() or 0
        for line in batch.refused.select(["fate", "reason", "record", "detail"]).to_pylist():
            where = finding.dropped if line["fate"] == DROPPED else finding.quarantined
            where.setdefault(line["reason"], []).append(line["record"])
            finding.details.setdefault(line["reason"], line["detail"] or "")
    return finding
