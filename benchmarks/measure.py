"""What a process and all its children take: seconds on the wall, CPU seconds, memory."""

import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LAST = 4_000  # bytes of what a command that failed said


class Failed(SystemExit):
    """A command that ended otherwise than well, and the last that it said: where nobody catches it, the end."""


class Spent(NamedTuple):
    """What a process and its children took: seconds on the wall, CPU seconds, megabytes at most."""

    wall: float
    cpu: float
    memory: float


def spent(command: list[str], *, cores: int = 0, limit: float | None = None, **environment: str) -> Spent:
    """Run a command and measure it, on the first `cores` of the cores of this process (0: on all), for at most `limit` seconds.

    What it says is not shown. Raises Failed.
    """
    mine = sorted(os.sched_getaffinity(0))
    before, started, peak, used = getrusage(RUSAGE_CHILDREN), time.monotonic(), [0.0], {}
    os.sched_setaffinity(0, mine[: cores or None])  # this thread's, which the child inherits
    child = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "", **environment},  # as on a user's machine
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    os.sched_setaffinity(0, mine)
    watch = threading.Thread(target=watched, args=(child, peak, used))
    watch.start()
    try:
        said = child.communicate(timeout=limit)[0]
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        raise Failed(f"stopped after {limit:,.0f} s") from None
    finally:
        watch.join()
    wall, after = time.monotonic() - started, getrusage(RUSAGE_CHILDREN)
    if child.returncode:
        raise Failed(f"ended with {child.returncode}: {said[-LAST:].decode(errors='replace')}")
    reaped = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(wall, max(reaped, sum(used.values())), peak[0])  # those nobody waited for are only seen, not reaped


def watched(child: subprocess.Popen[bytes], peak: list[float], used: dict[int, float]) -> None:
    """Note, while it runs, the highest memory of a process and all below it in megabytes, and the CPU seconds of each."""
    while child.poll() is None:
        processes = below(child.pid)
        peak[0] = max(peak[0], sum(memory(process) for process in processes) / 1e6)
        used.update({process: seconds(process) or used.get(process, 0.0) for process in processes})
        time.sleep(0.1)


def below(process: int) -> list[int]:
    """A process and all its descendants."""
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        children = [int(each) for task in tasks for each in (task / "children").read_text().split()]
    except OSError:
        return []
    return [process, *(each for child in children for each in below(child))]


def memory(process: int) -> int:
    """Its proportional set size in bytes; pages of files that are mapped count too."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def seconds(process: int) -> float:
    """Its own CPU seconds so far."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
