"""`winnow run` as people run it: a real Prefect server, runners, hash seeds, shard sizes; the same bytes each time."""

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from flows.places import ROOT
from schemas import recipe as recipes

RECIPE = ROOT / "recipes" / "demo.yaml"
SAMPLES = ROOT / "data" / "samples"
WINNOW = [sys.executable, "-c", "from flows.commands import main; main()"]


def digests(release: Path) -> dict[str, str]:
    return {
        file.relative_to(release).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(release.rglob("*"))
        if file.is_file()
    }


def winnow(home: Path, *words: str, **environment: str) -> subprocess.CompletedProcess:
    known = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment = known | {"WINNOW_HOME": str(home)} | environment
    return subprocess.run([*WINNOW, *words], env=environment, capture_output=True, text=True, timeout=900, cwd=ROOT, check=False)


@pytest.fixture(scope="module")
def reference(demo) -> dict[str, str]:
    """The release of the plain parts, in one process and one shard."""
    return digests(demo[1])


@pytest.fixture(scope="module")
def threads(tmp_path_factory) -> Path:
    """The home of a run on one thread."""
    home = tmp_path_factory.mktemp("threads")
    done = winnow(home, "run", "demo", "--data", str(SAMPLES), "--workers", "1", "--json", PYTHONHASHSEED="0", TZ="Asia/Tokyo")
    assert done.returncode == 0, done.stderr
    steps = [line.partition(":")[0] for line in done.stderr.splitlines()]
    assert steps == ["train", "read", "edit, measure, sign", "judge, export"], "a line a step, and Prefect's noise is silenced"
    assert re.fullmatch(r"(.+: [\d,]+ done in \d+\.\d s\n)+", done.stderr), "and no control of a terminal"
    assert json.loads(done.stdout)["new"] is True
    return home


def test_one_thread_makes_the_same_bytes(threads: Path, reference) -> None:
    assert digests((threads / "releases" / "demo" / "current").resolve()) == reference


def test_two_processes_small_shards_and_another_hash_seed_make_the_same_bytes(tmp_path, reference) -> None:
    small = ["--runner", "processes", "--workers", "2", "--shard", "0.02"]
    done = winnow(tmp_path, "run", "demo", "--data", str(SAMPLES), *small, PYTHONHASHSEED="4711", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "work" / "read").iterdir())) >= 8
    assert digests((tmp_path / "releases" / "demo" / "current").resolve()) == reference


@pytest.mark.long
def test_two_threads_make_the_same_bytes(tmp_path, reference) -> None:
    done = winnow(tmp_path, "run", "demo", "--data", str(SAMPLES), "--workers", "2", "--shard", "0.01", PYTHONHASHSEED="1")
    assert done.returncode == 0, done.stderr
    assert digests((tmp_path / "releases" / "demo" / "current").resolve()) == reference


def test_files_laid_down_in_another_order_and_small_shards_make_the_same_bytes(curated, tmp_path, reference) -> None:
    for file in sorted(SAMPLES.rglob("*"), reverse=True):
        if file.is_file():
            (tmp_path / "data" / file.relative_to(SAMPLES)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, tmp_path / "data" / file.relative_to(SAMPLES))
    release = curated(recipes.load(RECIPE), tmp_path / "data", tmp_path / "home", shard=1 << 13, charts=True)
    assert digests(release) == reference


def test_a_second_run_says_that_nothing_is_new_and_touches_nothing(threads: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in (threads / "releases").rglob("*.parquet")}
    done = winnow(threads, "run", "demo", "--data", str(SAMPLES), PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0 and "nothing new" in done.stdout
    assert {file: file.stat().st_mtime_ns for file in before} == before
    assert "flows.runs" in done.stderr and "prefect" not in done.stderr, "Prefect is not loaded for nothing"


def test_prefect_knows_the_run_by_name_and_holds_the_funnel(threads: Path) -> None:
    with sqlite3.connect(threads / "prefect" / "prefect.db") as known:
        names = [name for (name,) in known.execute("SELECT name FROM flow_run")]
        kinds = dict(known.execute("SELECT key, type FROM artifact"))
        states = {state for (state,) in known.execute("SELECT state_type FROM flow_run")}
    [release] = [path.name for path in (threads / "releases" / "demo").iterdir() if path.is_dir() and not path.is_symlink()]
    assert names == [f"demo-{release[:12]}"] and states == {"COMPLETED"}
    assert kinds == {"funnel": "table", "summary": "markdown"}


CHANGE = "exports.sft.select.words=5000"


def read(home: Path) -> dict[Path, int]:
    return {file: file.stat().st_mtime_ns for file in (home / "work" / "read").rglob("*.parquet")}


def test_what_a_run_of_prefect_has_read_is_not_read_again_after_a_changed_threshold(curated, threads: Path) -> None:
    before, was = read(threads), (threads / "releases" / "demo" / "current").resolve()
    made = curated(recipes.override(recipes.load(RECIPE), [CHANGE]), SAMPLES, threads)
    assert made != was and before and read(threads) == before


@pytest.mark.long
def test_a_changed_threshold_does_not_read_again(threads: Path) -> None:
    before = read(threads)
    done = winnow(threads, "run", "demo", "--data", str(SAMPLES), "--set", CHANGE)
    assert done.returncode == 0, done.stderr
    assert read(threads) == before
