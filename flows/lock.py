"""One run at a time for one release folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.faults import BusyFault


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, or raise BusyFault that names the process that has it. The system frees it when a process dies."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.seek(0)
            raise BusyFault(f"another run (process {handle.read().strip() or 'unknown'}) holds {folder}: wait for it") from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield
