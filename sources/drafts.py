"""A file that is not whole yet: hidden, held by one process, and beside it what it is the beginning of.

A download that was killed goes on from here. Two halves of different versions are never joined: a draft that is the beginning
of something else is begun again.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from schemas.faults import BusyFault, DataFault, StorageFault
from schemas.parquet import settle
from sources.wanted import MOST, NetworkFault

_PIECE = 1 << 20


class Draft:
    """The bytes so far."""

    def __init__(self, path: Path, handle: BinaryIO) -> None:
        self._path, self._handle = path, handle
        self._part, self._of = _names(path)

    def done(self, of: dict[str, str | None]) -> int:
        """How many bytes of this version (`of`: its url and its etag) are there already."""
        return os.fstat(self._handle.fileno()).st_size if self.mark() == of else 0

    def mark(self) -> dict[str, str | None] | None:
        """What the bytes are the beginning of."""
        try:
            found = json.loads(self._of.read_bytes())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def begin(self, of: dict[str, str | None]) -> None:
        """Empty it, and say what it will be."""
        self._handle.truncate(0)
        self._of.unlink(missing_ok=True)  # a kill between the two writes leaves bytes of nothing, which nobody goes on with
        fresh = self._of.with_name(self._of.name + "~")
        fresh.write_text(json.dumps(of))
        os.replace(fresh, self._of)

    def take(self, pieces: Iterable[bytes], size: int | None, tell: Callable[[int, int | None], None]) -> None:
        """Add what comes until it ends. Raises NetworkFault where it ends too early, Storage- and DataFault for too much."""
        self._handle.seek(0, os.SEEK_END)
        done = self._handle.tell()
        self._room(done, size)
        tell(done, size)
        for piece in pieces:
            self._handle.write(piece)
            done += len(piece)
            if done > (most := MOST if size is None else size):
                raise DataFault(f"{self._path.name}: {done:,} bytes came, and {most:,} are the most")
            tell(done, size)
        self._handle.flush()
        if size is not None and done != size:
            raise NetworkFault(f"the connection closed after {done:,} of {size:,} bytes")

    def sums(self) -> tuple[str, str, int]:
        """sha256, git's own hash, and size."""
        self._handle.seek(0)
        size = os.fstat(self._handle.fileno()).st_size
        whole, git = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        while piece := self._handle.read(_PIECE):
            whole.update(piece)
            git.update(piece)
        return whole.hexdigest(), git.hexdigest(), size

    def settle(self) -> None:
        """Give it its name."""
        settle(self._part, self._path)
        self._of.unlink(missing_ok=True)

    def drop(self) -> None:
        """Leave nothing of it."""
        self._part.unlink(missing_ok=True)
        self._of.unlink(missing_ok=True)

    def _room(self, done: int, size: int | None) -> None:
        if size is not None and size > MOST:
            raise DataFault(f"{self._path.name} has {size:,} bytes, and {MOST:,} are the most for one file: bring it by hand")
        folder = self._path.parent
        if size is not None and size - done > (free := shutil.disk_usage(folder).free):
            raise StorageFault(f"{self._path.name} needs {size - done:,} bytes more, and {free:,} are free under {folder}")


@contextmanager
def draft(path: Path) -> Iterator[Draft]:
    """The draft of a file, held by this process. Raises BusyFault where another holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part, of = _names(path)
    with open(part, "a+b") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mine = part.stat().st_ino == os.fstat(handle.fileno()).st_ino
        except OSError:
            mine = False
        if not mine:  # held by another, or just finished by it: then these bytes have their name already
            raise BusyFault(f"another winnow brings {path}: wait for it, and try again")
        try:
            yield Draft(path, handle)
        finally:
            if part.is_file() and part.stat().st_size == 0:
                part.unlink()
                of.unlink(missing_ok=True)


def _names(path: Path) -> tuple[Path, Path]:
    return path.with_name(f".{path.name}.part"), path.with_name(f".{path.name}.part.of")
