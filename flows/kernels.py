"""Where numba keeps compiled kernels: a folder of the environment, named by the hash of all kernel files.

numba does not see a change in a callee of another file, so a changed kernel gets a new folder. `python -m flows.kernels` compiles
everything once; after that a command starts in half a second.
"""

import hashlib
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.places import ROOT


def prepare() -> None:
    """Point numba at its folder; to be called before numba is imported. Somebody who set NUMBA_CACHE_DIR keeps it."""
    os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(sys.prefix) / "numba" / _hash()))


def compile_all() -> None:
    """Run every kernel once on a few words, so that no later run waits for the compiler."""
    import sources
    from filters import overlap, signals
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
    overlap.warm()


def _hash() -> str:
    digest = hashlib.sha256()
    for folder in ("filters", "sources"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            text = file.read_bytes()
            if b"numba" in text:
                digest.update(text)
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    prepare()
    compile_all()
