"""Where numba keeps compiled kernels: a folder of the environment, named by the hash of all kernel files.

numba does not see a change in a callee of another file, so a changed kernel gets a new folder. Where the environment cannot be
written to, the folder lies in the user's cache, and where that cannot either, it lasts as long as the process.
"""

import atexit
import gc
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile, mkdtemp

from flows.places import ROOT

_DONE = "compiled"  # a file that says so
_HEAVY = ("pandas", "scipy.linalg", "cffi")


class _Absent:
    """Finds nothing of what is heavy, and says so before anybody else looks."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name in _HEAVY:
            raise ModuleNotFoundError(f"{name} is left out here", name=name)


@contextmanager
def lean() -> Iterator[None]:
    """Meanwhile pandas, scipy's BLAS and cffi are not found, where nobody has loaded them yet, and no garbage is looked for.

    pyarrow and numba each look for them once; without, this process has no `to_pandas` and no `np.dot` in kernels. What is
    loaded is kept to the end and nothing looks at it again, which would cost as much as half of loading it.
    """
    sys.meta_path.insert(0, _Absent)  # type: ignore[arg-type]
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
        sys.meta_path.remove(_Absent)  # type: ignore[arg-type]


def prepare() -> None:
    """Have all kernels compiled; to be called before numba is imported. Processes started later find them too."""
    if "NUMBA_CACHE_DIR" in os.environ:  # somebody's own, or made ready by the process that started this one
        return
    folder = place()
    if not (folder / _DONE).exists():
        sys.stderr.write("winnow: compiling kernels, once: about half a minute\n")
        sys.stderr.flush()
        compile_all()
        (folder / _DONE).touch()


def place() -> Path:
    """Point numba at its folder."""
    name, cache = _hash(), os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folders = [Path(sys.prefix, "numba", name), Path(cache, "winnow", "numba", name)]
    folder = next((each for each in folders if _writable(each)), None) or _passing(folders)
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    return folder


def _writable(folder: Path) -> bool:
    """Whether files can be made there; numba will not even read where it cannot write."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _passing(folders: list[Path]) -> Path:
    """A folder for this process alone, with the kernels of the first of the others that has them."""
    folder = Path(mkdtemp(prefix="winnow-kernels-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for each in folders:
        if (each / _DONE).exists():
            shutil.copytree(each, folder, dirs_exist_ok=True)
            break
    return folder


def compile_all() -> None:
    """Run every kernel once on a few words, so that no later run waits for the compiler; half of them in a process beside."""
    beside = subprocess.Popen([sys.executable, "-m", "flows.kernels", "overlap"], cwd=ROOT)
    _sources_and_signals()
    if beside.wait():
        _overlap()


def _overlap() -> None:
    from filters import overlap

    overlap.warm()


def _sources_and_signals() -> None:
    import sources
    from filters import signals
    from sources import plain

    one = '{"instruction": "Warm up?", "input": "", "output": "Already warm, thank you."}'
    with TemporaryDirectory() as folder:
        for name, text in (
            ("warm.json", f'[{{"broken" 1}}, {one}]'),
            ("warm.jsonl", f"{one}\n{one}"),
            ("values.json", f"{one}\n\n{{}}"),
        ):
            file = Path(folder) / name
            file.write_text(text)
            for batch in sources.read(sources.File("warm", file, name)):
                signals.measure(batch.rows, set(signals.columns()))
    plain.warm()


def _hash() -> str:
    digest = hashlib.sha256()
    for folder in ("filters", "sources"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            text = file.read_bytes()
            if b"numba" in text:
                digest.update(text)
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    _overlap() if sys.argv[1:] == ["overlap"] else prepare()
