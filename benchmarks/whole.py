"""`winnow run everyday` beside its floor, in one run, on the same file of JSON lines: wall seconds, and memory of all processes.

    python benchmarks/dumps.py lines 1.8GB made.jsonl
    python benchmarks/whole.py made.jsonl

The floor reads records with orjson, one after the other, and writes them as zstd Parquet: no check, no repair, no ledger. winnow
is the command as people start it, Prefect's server included, with everything that the recipe asks for. A second table says where
its seconds went.
"""

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
from datetime import datetime
from itertools import accumulate, islice
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from reading import Spent, spent
from rich.console import Console
from rich.table import Table

from flows import kernels

BATCH = 20_000  # records
WINNOW = [sys.executable, "-c", "from flows.commands import main; main()"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--floor", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.floor:
        copied(options.file, options.floor)
        return
    kernels.prepare()
    with tempfile.TemporaryDirectory(dir=options.file.parent) as folder:
        os.environ["WINNOW_HOME"] = f"{folder}/home"
        subprocess.run([*WINNOW, "demo"], check=True, stdout=subprocess.DEVNULL)  # Prefect's home is made once in a life
        floor = spent([sys.executable, __file__, str(options.file), "--floor", f"{folder}/copy.parquet"])
        ours = spent([*WINNOW, "run", "everyday", str(options.file.absolute()), "--json"])
        steps = steps_of(Path(folder) / "home" / "prefect" / "prefect.db")
    shown(options.file, floor, ours, steps)


def copied(file: Path, target: Path) -> None:
    """The floor: who speaks and what is said, as lists."""
    turn = pa.struct([("from", pa.string()), ("value", pa.string())])
    with (
        open(file, "rb") as lines,
        pq.ParquetWriter(target, pa.schema([("turns", pa.list_(turn))]), compression="zstd") as writer,
    ):
        while batch := [orjson.loads(line)["conversations"] for line in islice(lines, BATCH)]:
            flat = [said for turns in batch for said in turns]
            sides = [pa.array([said[name] for said in flat], pa.string()) for name in ("from", "value")]
            ends = pa.array(list(accumulate(map(len, batch), initial=0)), pa.int32())
            talks = pa.ListArray.from_arrays(ends, pa.StructArray.from_arrays(sides, fields=list(turn)))
            writer.write_table(pa.table({"turns": talks}))


def steps_of(database: Path) -> dict[str, float]:
    """Wall seconds of each kind of task in the last flow that Prefect noted."""
    last = "SELECT flow_run_id FROM task_run ORDER BY start_time DESC LIMIT 1"
    asked = f"SELECT name, start_time, end_time FROM task_run WHERE flow_run_id = ({last})"
    spans: dict[str, list[datetime]] = {}
    for name, start, end in sqlite3.connect(database).execute(asked):
        spans.setdefault(name.split()[0], []).extend(map(datetime.fromisoformat, (start, end)))
    return {name: (max(times) - min(times)).total_seconds() for name, times in spans.items()}


def shown(file: Path, floor: Spent, ours: Spent, steps: dict[str, float]) -> None:
    """Both tables."""
    size = file.stat().st_size / 1e6
    table = Table("who", "wall s", "MB/s", "CPU s", "peak MB", "times the floor", title=f"{file.name}, {size:,.0f} MB")
    for name, took in (("bare copy: orjson to Parquet", floor), ("winnow run everyday", ours)):
        rates = f"{took.wall:.1f}", f"{size / took.wall:.1f}", f"{took.cpu:.1f}", f"{took.memory:,.0f}"
        table.add_row(name, *rates, f"{took.wall / floor.wall:.1f}")
    parts = Table("step", "wall s", "times the floor")
    steps = {**steps, "start, Prefect's server, hashes": ours.wall - sum(steps.values())}
    for name, seconds in steps.items():
        parts.add_row({"refine": "edit, measure, sign"}.get(name, name), f"{seconds:.1f}", f"{seconds / floor.wall:.1f}")
    for each in (table, parts):
        Console(width=120).print(each)


if __name__ == "__main__":
    main()
