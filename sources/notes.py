"""What is known of brought files: `.scavenged.json` beside them, name -> url, etag, sha256, size, revision, license.

It decides that nothing is new without bringing anything, and holds no time and no secret.
"""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

NAME = ".scavenged.json"


@dataclass(frozen=True)
class Note:
    """One brought file. `etag` is what its place calls this version of it; `url` is without secrets."""

    url: str
    sha256: str
    size: int
    etag: str | None = None
    revision: str | None = None
    license: str | None = None


def read(folder: Path) -> dict[str, Note]:
    """All notes of a folder; a file that is none of ours, or was damaged, says nothing."""
    try:
        found = json.loads((folder / NAME).read_bytes())
        return {name: Note(**said) for name, said in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def standing(folder: Path, name: str) -> Note | None:
    """The note of a file that is there as it was brought: of the same size, and the same bytes where it was written to since."""
    note = read(folder).get(name)
    try:
        there, noted = (folder / name).stat(), (folder / NAME).stat()
    except OSError:
        return None
    if note is None or there.st_size != note.size:
        return None
    return note if there.st_mtime_ns <= noted.st_mtime_ns or digest(folder / name) == note.sha256 else None


def add(folder: Path, name: str, note: Note) -> None:
    """Write a note down, one writer at a time; nothing is written where it stands already."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = read(folder)
        if known.get(name) != note:
            _write(folder / NAME, {each: _plain(said) for each, said in sorted((known | {name: note}).items())})
    finally:
        os.close(lock)


def digest(path: Path) -> str:
    """The sha256 of a file, as 64 hex digits."""
    with open(path, "rb") as handle:
        return file_digest(handle, "sha256").hexdigest()


def _plain(note: Note) -> dict[str, Any]:
    return {name: value for name, value in asdict(note).items() if value is not None}


def _write(path: Path, value: dict[str, Any]) -> None:
    draft = path.with_name(path.name + ".part")
    with open(draft, "w", encoding="utf-8") as handle:
        json.dump(value, handle, indent=1, ensure_ascii=False)
        handle.write("\n")
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(draft, path)
