"""The whole road beside its floor, in one run, on the same files: a bare copy to Parquet, and every step of the everyday recipe.

    python benchmarks/whole.py FILE...

The floor reads each file's records with orjson and writes them as Parquet, one after the other: no check, no repair, no ledger.
winnow reads strictly, edits, measures, compares, judges, exports and accounts, in one process without Prefect. CPU seconds.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from flows import kernels, leave, plan, runs, stages
from flows.places import Places


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    files = parser.parse_args().files
    kernels.prepare()
    kernels.compile_all()
    megabytes = sum(file.stat().st_size for file in files) / 1e6
    with tempfile.TemporaryDirectory() as folder:
        floor = spent(lambda: copied(files, Path(folder) / "copy.parquet"))
        parts = winnowed(files, Path(folder))
    whole = sum(parts.values())
    table = Table("step", "CPU s", "MB/s", "times the floor", title=f"{len(files)} files, {megabytes:.1f} MB")
    for name, seconds in {"bare copy: orjson to Parquet": floor, **parts, "winnow, all of it": whole}.items():
        table.add_row(name, f"{seconds:.2f}", f"{megabytes / seconds:.1f}", f"{seconds / floor:.1f}")
    Console().print(table)


def copied(files: list[Path], target: Path) -> None:
    """The floor: every record's JSON as one text column."""
    texts = []
    for file in files:
        raw = file.read_bytes()
        values = (
            orjson.loads(raw) if raw.lstrip()[:1] == b"[" else [orjson.loads(line) for line in raw.splitlines() if line.strip()]
        )
        texts += [orjson.dumps(value).decode() for value in values]
    pq.write_table(pa.table({"record": texts}), target, compression="zstd")


def winnowed(files: list[Path], home: Path) -> dict[str, float]:
    """CPU seconds of each step."""
    recipe, base = plan.given(runs.load("everyday", ["limits=off"]), files)
    planned, places, seconds = plan.make(recipe, base, base), Places(home), {}
    reads, shards = [], []

    def reading() -> None:
        reads.extend(stages.read(places.work, *group) for group in planned.shards(plan.SHARD))

    def refining() -> None:
        job = stages.job(planned, places.work, {})
        shards.extend(stages.refine(job, done, part) for done in reads for part in range(done.facts["parts"]))

    seconds["winnow: read"] = spent(reading)
    seconds["winnow: edit, measure, sign"] = spent(refining)
    made = leave.Made(reads, shards, {})
    seconds["winnow: judge, export, account"] = spent(lambda: leave.release(planned, places, places.releases, made))
    return seconds


def spent(work: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    main()
