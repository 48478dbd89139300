"""Where files are: a source's path, glob or folder, as a sorted list of files with names that hold no absolute path."""

import difflib
import glob
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.faults import MissingFault, UsageFault
from sources.archives import Member
from sources.kinds import compression

_DATA = {".json", ".jsonl", ".ndjson", ".jl", ".jsonlines"}
_PACKED = {".gz", ".gzip", ".zst", ".zstd"}


@dataclass(frozen=True)
class File:
    """One file of a source; `name` is its path below the source's fixed prefix, with `/`."""

    source: str
    path: Path
    name: str
    license: str = "unknown"
    format: str | None = None
    size: int = 0
    salvage: bool = False  # keep what a compressed stream gave before it broke
    repair: bool = False  # mend known faults of the data
    member: Member | None = None  # the file is this part of the archive at `path`
    start: int = 0  # a piece of a file of lines: from this byte
    end: int | None = None  # to this one
    first: int = 0  # the number of the first record there

    @property
    def where(self) -> Path | Member:
        """What to open."""
        return self.member or self.path


def check(path: Path) -> None:
    """Whether a path that a person gave can be read at all. Raises MissingFault, or UsageFault for a name that is no text."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise UsageFault(f"{_name(str(path))}: the name is not UTF-8: rename it, or give the folder that it is in") from None
    if not (path.is_file() or path.is_dir()):
        raise MissingFault(_absent(path))


def files(source: str, spec: Any, data: Path) -> list[File]:
    """The files of a source (`spec` has path, license, format), sorted by the bytes of their ids. Raises MissingFault."""
    prefix, names = _listed(spec.path, data)
    taken = [name for name in names if _is_data(prefix / name, asked=not (data / spec.path).is_dir())]
    if not taken:
        raise MissingFault(_missing(source, spec.path, data, prefix, names))
    found = (_file(source, prefix, name, spec) for name in taken)
    return sorted(found, key=lambda file: f"{source}/{file.name}#".encode())


def skipped(spec: Any, data: Path) -> list[str]:
    """Names in a folder that are no data (a readme, a picture), for the report; nothing is left out in silence."""
    prefix, names = _listed(spec.path, data)
    return sorted(_name(name) for name in names if not _is_data(prefix / name, asked=not (data / spec.path).is_dir()))


def _file(source: str, prefix: Path, name: str, spec: Any) -> File:
    path = (prefix / name).absolute()
    asked: dict[str, Any] = {name: getattr(spec, name, False) for name in ("salvage", "repair")}
    return File(source, path, _name(name), spec.license or "unknown", spec.format, path.stat().st_size, **asked)


def _name(name: str) -> str:
    """A name as valid text, whatever bytes the file system holds."""
    return os.fsencode(name).decode("utf-8", "backslashreplace").replace(os.sep, "/")


def _pattern(path: str, data: Path) -> bool:
    """A path that is there as it stands is no pattern, even with a star in its name."""
    return glob.has_magic(path) and not os.path.lexists(data / path)


def _listed(path: str, data: Path) -> tuple[Path, list[str]]:
    """The fixed prefix, and the names of all regular files below it that the path means."""
    if _pattern(path, data):
        parts = Path(path).parts
        fixed = next(n for n, part in enumerate(parts) if glob.has_magic(part))
        prefix = data.joinpath(*parts[:fixed])
        names = glob.glob(os.path.join(*parts[fixed:]), root_dir=prefix, recursive=True)
        return prefix, _once(prefix, [name for name in names if _is_regular(prefix / name)])
    there = data / path
    if there.is_dir():
        return there, sorted(_walked(there))
    return there.parent, [there.name] if _is_regular(there) else []


def _once(prefix: Path, names: list[str]) -> list[str]:
    """Links can lead to one file by many names, and in rings; the shortest name is taken."""
    seen: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (name.count(os.sep), name)):
        seen.setdefault(os.path.realpath(prefix / name), name)
    return sorted(seen.values())


def _walked(folder: Path) -> Iterator[str]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            path = Path(root, name)
            if not name.startswith(".") and _is_regular(path):
                yield os.path.relpath(path, folder)


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def _is_data(path: Path, asked: bool) -> bool:
    """A file that was asked for by pattern is data; in a folder, one that is called so or begins like JSON or is packed."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    if asked or (suffixes and (suffixes[-1] in _DATA or (suffixes[-1] in _PACKED and suffixes[0] in _DATA))):
        return True
    with open(path, "rb") as handle:
        first = handle.read(512)
    return compression(first) != "plain" or first.removeprefix(b"\xef\xbb\xbf").lstrip()[:2] in (b'{"', b"[{", b"{\n", b"[\n")


def _missing(source: str, path: str, data: Path, prefix: Path, names: list[str]) -> str:
    if names:
        return f"source {source!r}: none of the {len(names)} files under {prefix} is data; the first is {names[0]!r}"
    return f"source {source!r}: {_absent(data / path)}"


def _absent(path: Path) -> str:
    """Why nothing can be read at a path, with the nearest names."""
    if path.is_symlink() and not path.exists():
        return f"{path} is a link to {os.readlink(path)}, which is not there"
    if path.exists() and not path.is_dir():
        return f"{path} is neither a file nor a folder, but a pipe or a device: save its bytes to a file first"
    folder = path
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    there = sorted(_name(name) for name in os.listdir(folder) if not name.startswith("."))
    if folder == path:
        return f"{path} holds no file that can be read" if there else f"{path} is empty"
    near = difflib.get_close_matches(path.absolute().relative_to(folder.absolute()).parts[0], there, 3, 0.4) or there[:3]
    hint = f"nearest names in {folder}: {', '.join(near)}" if near else f"{folder} is empty"
    return f"nothing at {path}; {hint}"
