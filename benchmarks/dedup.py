"""winnow dedup beside the tools people use: Parquet in, near-duplicates out of it, Parquet out; how fast, and how right.

    python benchmarks/dedup.py --install [--tools rensa datasketch]    each tool into an environment of its own, by pip
    python benchmarks/dedup.py FILE_OR_FOLDER... [--rows 10000 50000] [--tools winnow rensa] [--rounds 3]
    python benchmarks/dedup.py --draw                                  what was measured last as Markdown, and docs/dedup.svg

A corpus with known edits is made from the dumps (see corpus.py) and its exact truth worked out without winnow (truth.py). Every
tool is a process of its own, on the same number of cores, start and imports included, kernels compiled; they take turns, and
the median of the rounds by seconds on the wall counts (one round, where it took more than a minute). All have word 5-grams,
128 permutations and the same threshold; peers/ says what else each was given.

* recall: the share of true pairs, exact Jaccard at or above the threshold, of which not both rows stay. Of all pairs up to
  50,000 rows, beyond that of the planted ones. `near`: of the planted pairs at most 0.05 above the threshold.
* precision: the share of dropped rows that are alike, exact Jaccard at or above the threshold, to a row that stays.
"""

import argparse
import hashlib
import json
import shutil
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import chart
import corpus
import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import truth
from measure import ROOT, Failed, Spent, spent

PEERS = {
    path.stem.removeprefix("with_").replace("_", "-"): path for path in sorted(Path(__file__).parent.glob("peers/with_*.py"))
}
TOP = {"datatrove": 50_000, "data-juicer": 200_000, "text-dedup": 200_000, "datasketch": 200_000}  # rows: the slow end there
WHOLE = 50_000  # rows: up to here all pairs are the truth
SLOW = 60.0  # seconds: a tool that takes longer runs once
NEAR = 0.05
HOME = ROOT / "data" / "work" / "bench"


class Known(NamedTuple):
    """A corpus and the truth about it; `pairs` are true ones, `near` those planted just above the threshold."""

    path: Path
    rows: int
    megabytes: float
    sets: truth.Sets
    pairs: np.ndarray
    near: np.ndarray


def main() -> None:
    """Install, measure or draw."""
    options = asked()
    options.home.mkdir(parents=True, exist_ok=True)
    results = options.home / "results.jsonl"
    if options.install:
        for tool in sorted(set(options.tools) & set(PEERS)):
            install(tool, options.home / "peers" / tool)
        return
    if not options.draw:
        with open(results, "w", encoding="utf-8") as file:
            for found in measured(options):
                print(found, file=file, flush=True)
    lines = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    print(chart.table(lines))
    if options.draw:
        chart.draw(lines, ROOT / "docs" / "dedup.svg")


def asked() -> argparse.Namespace:
    """What the user wants."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rows", nargs="+", type=int, default=[10_000])
    parser.add_argument("--tools", nargs="+", choices=["winnow", *PEERS], default=["winnow", *PEERS])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--similarity", type=float, default=0.8)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--limit", type=float, default=3600.0, help="seconds after which a tool is stopped")
    parser.add_argument("--home", type=Path, default=HOME, help="for environments, corpora and results")
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--draw", action="store_true")
    options = parser.parse_args()
    if not (options.files or options.install or options.draw):
        parser.error("name some dumps: files or folders")
    options.home = options.home.resolve()
    return options


def install(tool: str, folder: Path) -> None:
    """A tool into its own environment, as the head of its script asks; from wherever the user's pip takes packages."""
    wanted = tomllib.loads("".join(line[2:] + "\n" for line in header(PEERS[tool])))["dependencies"]
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    command = [folder / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(folder)
    print(f"{tool}: " + (f"not installed: {done.stderr.strip()[-400:]}" if done.returncode else f"installed in {folder}"))


def header(script: Path) -> list[str]:
    """The lines of a script's inline metadata."""
    lines = script.read_text("utf-8").splitlines()
    return lines[1 : lines.index("# ///", 1)]


def measured(options: argparse.Namespace) -> Iterator[str]:
    """A line of JSON for every tool and size, as they come."""
    there = [tool for tool in options.tools if tool == "winnow" or python(tool, options.home).exists()]
    for tool in sorted({*options.tools} - {*there}):
        print(f"{tool}: not there: python benchmarks/dedup.py --install --tools {tool}")
    spent([sys.executable, "-m", "flows.kernels"])  # compiled once, found by all
    for known in [prepared(options, rows) for rows in sorted(options.rows, reverse=True)][::-1]:
        took: dict[str, list[Spent]] = {tool: [] for tool in there if known.rows <= TOP.get(tool, known.rows)}
        for _ in range(options.rounds):
            for tool in [tool for tool in took if not took[tool] or took[tool][0].wall < SLOW]:
                try:
                    took[tool].append(once(tool, known, options))
                except Failed as fault:
                    print(f"{tool}, {known.rows:,} rows: {fault}")
                    del took[tool]
        for tool, rounds in took.items():
            yield json.dumps(line(tool, known, rounds, options))


def once(tool: str, known: Known, options: argparse.Namespace) -> Spent:
    """One run of a tool."""
    target = out(tool, known, options.home)
    target.unlink(missing_ok=True)
    here = {"PYTHONPATH": "", "HF_HUB_OFFLINE": "1"}
    if tool == "winnow":
        given = [known.path, target, "--text", "text", "--similarity", options.similarity]
        command = [Path(sys.executable).with_name("winnow"), "dedup", *given]
    else:
        command = [python(tool, options.home), PEERS[tool], known.path, target, options.similarity, options.cores]
    return spent([str(part) for part in command], cores=options.cores, limit=options.limit, **here)


def line(tool: str, known: Known, rounds: list[Spent], options: argparse.Namespace) -> dict[str, object]:
    """What a tool took and how right it was."""
    kept = pq.read_table(out(tool, known, options.home), columns=["id"])["id"].to_numpy()
    wall, cpu = (statistics.median(getattr(one, name) for one in rounds) for name in ("wall", "cpu"))
    return {
        "rows": known.rows, "tool": tool, "megabytes": round(known.megabytes, 1), "wall": round(wall, 2), "cpu": round(cpu, 2),
        "memory": round(max(one.memory for one in rounds)), "rounds": len(rounds),
        **truth.judged(known.sets, kept, known.pairs, known.near, options.similarity),
    }  # fmt: skip


def prepared(options: argparse.Namespace, rows: int) -> Known:
    """A corpus with its truth; what was made before is found again."""
    names = sorted((str(path), path.stat().st_size) for given in options.files for path in [given, *given.rglob("*")])
    folder = options.home / "corpora" / hashlib.blake2b(repr((corpus.SEED, names)).encode(), digest_size=4).hexdigest()
    path = folder / f"{rows}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        larger = [at for at in folder.glob("*.parquet") if at.stem.isdigit() and int(at.stem) > rows]
        draft = folder / f"draft-{rows}.parquet"
        corpus.cut(larger[0], rows, draft) if larger else corpus.make(options.files, rows, draft, options.cores)
        corpus.beside(draft).rename(corpus.beside(path))
        draft.rename(path)
    sets = truth.shingled(path, folder, options.cores)
    planted = pq.read_table(corpus.beside(path), columns=["source", "copy"])
    pairs = np.stack([planted[name].to_numpy() for name in planted.column_names], axis=1)
    likeness = truth.jaccard(sets, *pairs.T)
    near = pairs[(likeness >= options.similarity) & (likeness < options.similarity + NEAR)]
    true = pairs[likeness >= options.similarity] if rows > WHOLE else truth.everything(sets, options.similarity)
    size = sum(pc.sum(pc.binary_length(group["text"])).as_py() for group in pq.ParquetFile(path).iter_batches(columns=["text"]))
    return Known(path, rows, size / 1e6, sets, true, near)


def out(tool: str, known: Known, home: Path) -> Path:
    """Where a tool writes."""
    return home / f"{tool}-{known.rows}.parquet"


def python(tool: str, home: Path) -> Path:
    """A tool's interpreter."""
    return home / "peers" / tool / "bin" / "python"


if __name__ == "__main__":
    main()
