"""Files inside a zip or tar, read where they lie: nothing is ever written under a member's name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

if TYPE_CHECKING:
    from sources.places import File


@dataclass(frozen=True)
class Member:
    """One file inside an archive."""

    archive: Path
    kind: str  # zip or tar
    index: int  # its place in the archive's list
    offset: int
    size: int

    def open(self, mode: Literal["rb"] = "rb", /) -> BinaryIO:
        """Its bytes, from the first on."""
        raise NotImplementedError


@dataclass(frozen=True)
class Refused:
    """A member, or a whole archive, that breaks the rules."""

    name: str
    reason: str
    detail: str


def parts(file: File) -> Iterator[File | Refused]:
    """The members of an archive that are data, sorted by the bytes of their ids; any other file is its own only part."""
    yield file
