"""Tables by columns (Parquet, Arrow, Feather) as JSON lines, read in a child process: what kills that reader kills no more."""

import fcntl
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

from sources.kinds import Corrupt

if TYPE_CHECKING:
    from sources import columns_child  # noqa: F401 - it is never imported, but a change of it is a change of this module

SILENCE = 60  # seconds
_CHILD = str(Path(__file__).with_name("columns_child.py"))
_PIECE = 1 << 20
_BROKEN = 65  # the child's exit code for a file that breaks its format
_KEPT = ("PATH", "LD_LIBRARY_PATH")  # all that the child gets of the environment
_ENVIRONMENT = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def lines(table: BinaryIO, check: bool = False) -> Generator[bytes]:
    """The rows as JSON lines; with `check` nothing is written, all is read. `table` is a real file. Raises Corrupt."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    command = [sys.executable, "-I", _CHILD, *(["check"] if check else [])]
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            command, stdin=table, stdout=subprocess.PIPE, stderr=errors, env={**kept, **_ENVIRONMENT}, cwd="/"
        )
        assert child.stdout
        try:
            yield from _heard(child.stdout)
            code = child.wait(SILENCE)
        except subprocess.TimeoutExpired:
            raise Corrupt("crashed", f"its reader did not end within {SILENCE} seconds") from None
        finally:
            child.kill()
            child.wait()
            child.stdout.close()
        if code:
            raise _fault(code, errors)


def _heard(pipe: IO[bytes]) -> Iterator[bytes]:
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIECE)
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    while poll.poll(SILENCE * 1000):
        piece = os.read(pipe.fileno(), _PIECE)
        if not piece:
            return
        yield piece
    raise Corrupt("crashed", f"its reader said nothing for {SILENCE} seconds")


def _fault(code: int, errors: IO[bytes]) -> Corrupt:
    errors.seek(0)
    said = errors.read(1 << 16).decode("utf-8", "replace").strip()
    if code == _BROKEN:
        return Corrupt("corrupt_stream", f"a table by columns: {said}")
    last = said.rpartition("\n")[2][:300]
    return Corrupt("crashed", f"its reader {f'was killed by signal {-code}' if code < 0 else 'failed'}: {last or 'no word'}")
