"""A step's folder. The manifest is written last, so its existence, and hashes that hold, mean that the step is done.

A step is named by the fingerprint of its inputs, its parameters and its code; that is the only cache there is, and it is also
how a killed run resumes. A step that finds its folder whole does nothing; a folder that was damaged is made again. Two that
come to one step at the same time (runs of two recipes over the same dumps, shards with equal rows) take turns, and the second
finds it done.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
_MAKES = ContextVar("makes", default=True)


class NotDone(Exception):
    """A step that is not done, by its name, where none may be made."""


@dataclass(frozen=True)
class Done:
    """A finished step: its folder, the sha256 of each of its files, and a few small facts."""

    folder: Path
    files: dict[str, str]
    facts: dict[str, Any]

    @property
    def content(self) -> str:
        """The fingerprint of what the step made, whatever made it."""
        return digest(self.files, self.facts)


def digest(*values: object) -> str:
    """sha256 of values as canonical JSON."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def sha256(path: Path) -> str:
    """The sha256 of a file's bytes."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def done(work: Path, name: str, key: str) -> Done | None:
    """The step, where it is done and whole."""
    return load(work / name / key[:32])


def step(work: Path, name: str, key: str, make: Callable[[Path], dict[str, Any]]) -> Done:
    """Do a step unless it is done: `make(folder)` writes files into a fresh folder and returns small facts."""
    if (here := done(work, name, key)) is not None:
        return here
    if not _MAKES.get():
        raise NotDone(name)
    folder = work / name / key[:32]
    turn = work / "locks" / f"{name}-{folder.name}"
    turn.parent.mkdir(parents=True, exist_ok=True)
    with open(turn, "w") as mine:
        fcntl.flock(mine, fcntl.LOCK_EX)  # the system frees it when a process dies
        return load(folder) or _made(folder, make)


@contextmanager
def as_it_is() -> Iterator[None]:
    """Within, no step is made: one that is not done raises NotDone."""
    before = _MAKES.set(False)
    try:
        yield
    finally:
        _MAKES.reset(before)


def _made(folder: Path, make: Callable[[Path], dict[str, Any]]) -> Done:
    draft = folder.with_name(folder.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    draft.mkdir(parents=True)
    facts = make(draft)
    seal(draft, facts)
    os.replace(draft, folder)
    return Done(folder, *_manifest(folder))


def seal(folder: Path, facts: dict[str, Any]) -> None:
    """Hash every file of a folder and write its manifest, last and flushed."""
    files = {path.relative_to(folder).as_posix(): sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()}
    write_json(folder / MANIFEST, {"files": files, "facts": facts})


def write_json(path: Path, value: object) -> None:
    """Sorted keys, one fact a line, flushed to disk."""
    with open(path, "w", encoding="utf-8") as handle:
        json.dump(value, handle, sort_keys=True, indent=1, ensure_ascii=False)
        handle.write("\n")
        handle.flush()
        os.fsync(handle.fileno())


def load(folder: Path) -> Done | None:
    """The step in this folder, or None when it is not there, not finished, or damaged."""
    try:
        files, facts = _manifest(folder)
        whole = all(sha256(folder / name) == known for name, known in files.items())
    except (OSError, ValueError, KeyError):
        return None
    return Done(folder, files, facts) if whole else None


def _manifest(folder: Path) -> tuple[dict[str, str], dict[str, Any]]:
    known = json.loads((folder / MANIFEST).read_bytes())
    return known["files"], known["facts"]
