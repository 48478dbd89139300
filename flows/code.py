"""The fingerprint of code: what a step did depends on its module, on every module of ours under it, and on the libraries."""

import hashlib
import re
import sys
import unicodedata
from functools import cache
from importlib import metadata
from pathlib import Path

from flows.places import ROOT

OURS = ("schemas", "sources", "filters", "exports", "sql", "flows")
LIBRARIES = (
    "datasketch",
    "duckdb",
    "fasttext-community",
    "ftfy",
    "html-to-markdown",
    "numba",
    "numpy",
    "orjson",
    "polars",
    "py3langid",
    "pyarrow",
    "python-stdnum",
    "vl-convert-python",
    "zstandard",
)
_FROM = re.compile(r"^[ \t]*from ([\w.]+) import (\([^)]*\)|[^\n(]*)", re.MULTILINE)
_IMPORT = re.compile(r"^[ \t]*import ([^\n]*)", re.MULTILINE)
_NAME = re.compile(r"(?<![\w.])(?<! as )(?!as )[\w.]+")


def version() -> str:
    """Of winnow itself, as it was installed."""
    return metadata.version("winnow")


@cache
def libraries() -> dict[str, str]:
    """Name -> version of everything that shapes a row, Python's Unicode tables included."""
    found = {name: metadata.version(name) for name in LIBRARIES}
    return {"python": f"{sys.version_info[0]}.{sys.version_info[1]}", "unicode": unicodedata.unidata_version, **found}


@cache
def fingerprint(*modules: str) -> str:
    """sha256 over the sources of these modules (or whole folders), of all they import of ours, and libraries' versions."""
    todo = [file for module in modules for file in _files(module)]
    seen: set[Path] = set()
    while todo:
        file = todo.pop()
        if file not in seen:
            seen.add(file)
            todo += [other for module in _imports(file) for other in _files(module)]
    digest = hashlib.sha256(repr(sorted(libraries().items())).encode())
    for file in sorted(seen):
        digest.update(f"\n{file.relative_to(ROOT).as_posix()}\n".encode() + file.read_bytes())
    return digest.hexdigest()


@cache
def _files(module: str) -> list[Path]:
    """A package means its whole folder: its modules are found by listing it. `.sql` files and parts of a page are code too."""
    path = ROOT.joinpath(*module.split("."))
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.suffix in (".py", ".sql", ".html", ".css", ".js"))
    return [path.with_suffix(".py")] if path.with_suffix(".py").is_file() else []


@cache
def _imports(file: Path) -> tuple[str, ...]:
    """Modules of ours that a file imports. Read by pattern, for parsing all files takes half a second; a text may add one."""
    if file.suffix != ".py":
        return ()
    found = [(module, name) for module, names in _FROM.findall(file.read_text("utf-8")) for name in _NAME.findall(names)]
    found += [(name, "") for names in _IMPORT.findall(file.read_text("utf-8")) for name in _NAME.findall(names)]
    return tuple(sorted({_module(f"{module}.{name}".rstrip(".")) for module, name in found if module.split(".")[0] in OURS}))


def _module(name: str) -> str:
    """The longest prefix that is a module: `schemas.rows.ROW` -> `schemas.rows`; a bare folder stays a file, not the folder."""
    parts = name.split(".")
    while len(parts) > 1 and not ROOT.joinpath(*parts).with_suffix(".py").is_file() and not ROOT.joinpath(*parts).is_dir():
        parts.pop()
    return ".".join(parts)
