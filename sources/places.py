"""Where files are: a source's path, glob or folder, as a sorted list of files with names that hold no absolute path."""

import difflib
import glob
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from schemas.faults import MissingFault, UsageFault
from sources.archives import left_out
from sources.data import SEEN, is_data
from sources.file import File
from sources.kinds import archive
from sources.streams import peek


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
    why = {name: _left_out(prefix / name, asked=not (data / spec.path).is_dir()) for name in names}
    taken = [name for name in names if why[name] is None]
    if not taken:
        raise MissingFault(_missing(source, spec.path, data, prefix, why))
    found = (_file(source, prefix, name, spec) for name in taken)
    return sorted(found, key=lambda file: f"{file.name}{'/' if _is_archive(file.path) else '#'}".encode())


def _is_archive(path: Path) -> bool:
    """Whether the ids in a file go on with a member's name."""
    try:
        return archive(peek(path)) is not None
    except OSError:
        return False


def skipped(spec: Any, data: Path) -> list[str]:
    """Names that are no data (a readme, a picture, a pipe), in archives too, for the report; nothing is left out in silence."""
    prefix, names = _listed(spec.path, data)
    found: list[str] = []
    for name in names:
        why = _left_out(prefix / name, asked=not (data / spec.path).is_dir())
        found += left_out(_file("", prefix, name, spec)) if why is None else [f"{_name(name)} ({why})" if why else _name(name)]
    return sorted(found)


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
    """The fixed prefix, and the names of all files below it that the path means, be they pipes or links to nowhere."""
    if _pattern(path, data):
        parts = Path(path).parts
        fixed = next(n for n, part in enumerate(parts) if glob.has_magic(part))
        prefix = data.joinpath(*parts[:fixed])
        names = glob.glob(os.path.join(*parts[fixed:]), root_dir=prefix, recursive=True)
        return prefix, _once(prefix, [name for name in names if not (prefix / name).is_dir()])
    there = data / path
    if there.is_dir():
        return there, sorted(_walked(there))
    return there.parent, [there.name] if there.is_file() else []


def _once(prefix: Path, names: list[str]) -> list[str]:
    """Links can lead to one file by many names, and in rings; the shortest name is taken."""
    seen: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (name.count(os.sep), name)):
        seen.setdefault(os.path.realpath(prefix / name), name)
    return sorted(seen.values())


def _walked(folder: Path) -> Iterator[str]:
    """Files, links to folders (which are not followed) and folders that cannot be listed."""
    closed: list[OSError] = []
    for root, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        linked = [name for name in folders if os.path.islink(os.path.join(root, name))]
        yield from (os.path.relpath(os.path.join(root, name), folder) for name in names + linked if not name.startswith("."))
    yield from (os.path.relpath(error.filename, folder) for error in closed)


def _left_out(path: Path, asked: bool) -> str | None:
    """Why a file is no data, None where it is. A file that was asked for by its name or by a pattern is taken at its word."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            os.listdir(path)
            return "not regular: a link to a folder"
        if not stat.S_ISREG(mode):
            return "not regular: a pipe or a device"
        with open(path, "rb") as handle:
            first = handle.read(SEEN)
        return None if asked or is_data(path.name, first) else ""
    except OSError as error:
        return f"unreadable: {error.strerror}"


def _missing(source: str, path: str, data: Path, prefix: Path, why: dict[str, str | None]) -> str:
    if not why:
        return f"source {source!r}: {_absent(data / path)}"
    name, reason = next(iter(why.items()))
    return (
        f"source {source!r}: none of the {len(why)} files under {prefix} is data; the first is {name!r}{reason and f', {reason}'}"
    )


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
