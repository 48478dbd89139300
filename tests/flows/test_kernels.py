"""Compiled kernels are found again, or made; a machine on which nothing can be written still runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows import kernels

USE = """
import numpy as np
from filters.signals._kernels import count
print(count(np.zeros(1, np.int64), np.zeros(0, np.uint8)).size)
"""


def test_a_missing_cache_is_told_and_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    made: list[str] = []
    monkeypatch.setattr(kernels, "compile_all", lambda: made.append(os.environ["NUMBA_CACHE_DIR"]))
    kernels.prepare()
    assert made and made[0].startswith(str(tmp_path)) and "compiling kernels" in capsys.readouterr().err
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    kernels.prepare()
    assert len(made) == 1 and not capsys.readouterr().err


def test_where_nothing_can_be_written_a_cache_of_the_process_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setattr(kernels, "_writable", lambda folder: False)  # root may write everywhere
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    ready = tmp_path / "numba" / kernels._hash()
    ready.mkdir(parents=True)
    (ready / "compiled").touch()
    (ready / "kernel").write_text("machine code")
    folder = kernels.place()
    assert (folder / "kernel").read_text() == "machine code" and not folder.is_relative_to(tmp_path)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder))
    kernels.prepare()  # nothing to do: nothing is said or made


def test_the_user_s_cache_comes_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "prefix", "/dev/null")
    assert kernels.place().is_relative_to(tmp_path / "cache")


def test_two_processes_may_compile_one_kernel_at_once(tmp_path: Path) -> None:
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    both = [subprocess.Popen([sys.executable, "-c", USE], env=env, cwd=kernels.ROOT, stdout=subprocess.PIPE) for _ in range(2)]
    assert [each.communicate()[0].strip() for each in both] == [b"0", b"0"]
    assert list(tmp_path.rglob("*.nbc"))


def test_the_lean_start_finds_nothing_heavy() -> None:
    code = "import sys\nfrom flows import kernels\nkernels.place()\nwith kernels.lean():\n import pyarrow as pa, numba\n"
    code += " from filters.overlap import kernels\n pa.array([0])\nprint({'pandas', 'scipy.linalg'} & set(sys.modules))\n"
    code += "import gc, pandas\nprint(gc.isenabled(), pa.array([1, 2]).to_pylist())"
    done = subprocess.run([sys.executable, "-c", code], cwd=kernels.ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\nTrue [1, 2]\n"
