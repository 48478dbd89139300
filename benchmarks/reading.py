"""Reading beside polars, in one run, on the same files: dumps to the canonical Parquet, with every check, in two processes.

    python benchmarks/reading.py FILE... [--rounds 3] [--workers 2] [--alone]        (--alone: without polars)

winnow reads as a run does: it takes the sha256, cuts a large file of lines into pieces, reads strictly, writes rows and
refusals, and hashes them. polars copies: `scan_ndjson(FILE).sink_parquet(...)`; it knows lines only. Each starts as a process
of its own, in turn; the best round counts. Memory is the highest sum of the processes' proportional set sizes.
"""

import argparse
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pyarrow.parquet as pq
from measure import ROOT, Spent, spent
from rich.console import Console
from rich.table import Table

COPY = "import sys, polars; polars.scan_ndjson(sys.argv[1]).sink_parquet(sys.argv[2])"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.into:
        read(options.files[0], options.into, options.workers)
        return
    subprocess.run([sys.executable, "-m", "flows.kernels"], check=True, cwd=ROOT)  # once compiled, kernels are found by all
    table = Table("file", "who", "wall s", "MB/s", "CPU s", "MB/CPU s", "peak MB", "rows", "refused")
    for file in options.files:
        compare(table, file, options)
    Console(width=140).print(table)


def compare(table: Table, file: Path, options: argparse.Namespace) -> None:
    """Lines of the table for one file."""
    rounds, workers = options.rounds, options.workers
    size = file.stat().st_size / 1e6
    ours: list[Spent] = []
    theirs: list[Spent] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=file.parent) as folder:
            command = [sys.executable, __file__, str(file), "--into", folder, "--workers", str(workers)]
            ours.append(spent(command))
            rows, refused = (counted(Path(folder), kind) for kind in ("rows", "refused"))
        if first(file) == b"{" and not options.alone:
            with tempfile.TemporaryDirectory(dir=file.parent) as folder:
                theirs.append(spent([sys.executable, "-c", COPY, str(file), f"{folder}/copy.parquet"]))
    add(table, f"{file.name} ({size:,.0f} MB)", f"winnow, {workers} processes", size, min(ours), f"{rows:,}", f"{refused:,}")
    if theirs:
        add(table, "", "polars", size, min(theirs), "", "")
        table.add_row("", f"winnow/polars: {min(theirs).wall / min(ours).wall:.2f} of its MB/s")


def add(table: Table, name: str, who: str, size: float, took: Spent, *counts: str) -> None:
    """One line."""
    rates = f"{took.wall:.1f}", f"{size / took.wall:.0f}", f"{took.cpu:.1f}", f"{size / took.cpu:.0f}", f"{took.memory:.0f}"
    table.add_row(name, who, *rates, *counts)


def read(file: Path, home: Path, workers: int) -> None:
    """What a run does up to the rows, without Prefect."""
    ready()
    from flows import plan, runs, stages
    from flows.places import Places

    with ProcessPoolExecutor(workers, get_context("spawn"), ready) as pool:
        pool.submit(int)  # at the first task all processes start, while this one takes the file's hash
        recipe, base = plan.given(runs.load("everyday", []), [file])
        planned, work = plan.make(recipe, base, base), Places(home).work
        for done in [pool.submit(stages.read, work, *shard) for shard in planned.shards(plan.SHARD)]:
            done.result()


def ready() -> None:
    """What a process needs before its first file."""
    from flows import kernels

    kernels.prepare()  # before numba is imported
    from flows import stages  # noqa: F401


def counted(folder: Path, kind: str) -> int:
    """Rows of all the Parquet files of a kind below a folder."""
    return sum(pq.read_metadata(path).num_rows for path in folder.rglob(f"{kind}-*.parquet"))


def first(file: Path) -> bytes:
    """The first byte, which tells lines from an array."""
    with open(file, "rb") as handle:
        return handle.read(1)


if __name__ == "__main__":
    main()
