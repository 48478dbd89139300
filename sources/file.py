"""What a file of a source is: where it lies, its name, and how its source wants it read."""

from dataclasses import dataclass
from pathlib import Path

from sources.members import Member


@dataclass(frozen=True)
class File:
    """One file of a source; `name` is its path below the source's fixed prefix, with `/`."""

    source: str
    path: Path
    name: str
    license: str = "unknown"
    format: str | None = None
    size: int = 0
    salvage: bool = False  # keep what a compressed stream gave before it broke
    repair: bool = False  # mend known faults of the data
    member: Member | None = None  # the file is this part of the archive at `path`
    start: int = 0  # a piece of a file of lines: from this byte
    end: int | None = None  # to this one
    first: int = 0  # the number of the first record there

    @property
    def where(self) -> Path | Member:
        """What to open."""
        return self.member or self.path
