"""One file that is wanted from elsewhere: where it is, where it lands, and what its bytes must be."""

import glob
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from fsspec.utils import glob_translate

from schemas.addresses import public
from schemas.faults import DataFault, StorageFault, UsageFault
from sources.data import DATA, PACKED

MOST = 200 << 30  # bytes of one file; an answer without an end must not fill the disk
_LONGEST = 240  # bytes of a name: the file systems' 255, less what a draft adds
_NAMED = {*DATA, *PACKED, ".csv", ".tsv", ".zip", ".tar", ".tgz"}  # what cannot be looked into yet is told by its name


class NetworkFault(StorageFault):
    """The connection or the server failed; the same request may do better later."""


@dataclass(frozen=True)
class Remote:
    """A file elsewhere, as its place lists it: its name, its version (an ETag), its size, and what is known of its bytes."""

    url: str  # as it is asked for; it may hold a secret, so only `public(url)` is ever shown
    name: str  # below the address, with /
    version: str | None = None
    size: int | None = None
    sha256: str | None = None
    git: str | None = None  # git's hash of a small file on the Hub
    revision: str | None = None
    license: str | None = None


@dataclass(frozen=True)
class Wanted:
    """A remote file and the folder and name it lands under."""

    source: str
    remote: Remote
    folder: Path
    name: str
    license: str  # as the recipe says

    @property
    def path(self) -> Path:
        """Where it will be."""
        return self.folder / self.name

    @property
    def shown(self) -> str:
        """Its address as it may be shown."""
        return public(self.remote.url)


def folder(path: str, data: Path) -> Path:
    """The folder that a source's path begins with: `sharegpt/**/*.json` lands in `sharegpt`. Raises UsageFault outside data."""
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise UsageFault(f"path {path!r}: files are brought below {data} only; write a path that begins there")
    parts = PurePosixPath(path).parts
    cut = next((at for at, part in enumerate(parts) if glob.has_magic(part)), None)
    if cut is not None:
        return data.joinpath(*parts[:cut])
    return data / path if _is_folder(path, data) else (data / path).parent


def chosen(source: str, address: str, remotes: list[Remote], spec: Any, data: Path) -> list[Wanted]:
    """The files of an address that a source's path means. Raises UsageFault where it means none, DataFault for a hostile name."""
    into = folder(spec.path, data)
    for remote in remotes:
        _checked(remote.name, address)
    below = into.relative_to(data).as_posix()
    only_one = len(remotes) == 1 and not glob.has_magic(spec.path) and not _is_folder(spec.path, data)
    named = [(each, PurePosixPath(spec.path).name if only_one else each.name) for each in remotes]
    means = _pattern(spec.path, _is_folder(spec.path, data))
    found = [(each, name) for each, name in named if means(name if below == "." else f"{below}/{name}")]
    if not found:
        raise UsageFault(_none(source, address, [each.name for each in remotes], spec.path, below))
    return [Wanted(source, each, into, name, spec.license) for each, name in found]


def distinct(wanted: Iterable[Wanted]) -> list[Wanted]:
    """Each once. Raises UsageFault where two files would lie at one place, or on a file system that ignores case would."""
    places: dict[str, Wanted] = {}
    for each in wanted:
        other = places.setdefault(unicodedata.normalize("NFC", str(each.path)).casefold(), each)
        if other.remote.url != each.remote.url or other.path != each.path:
            raise UsageFault(
                f"{other.shown} and {each.shown} would both be {each.path}; give each its own source, with a folder of its own"
            )
    for each in places.values():
        inside = [str(each.path.parent).casefold(), *(str(up).casefold() for up in each.path.parent.parents)]
        if blocked := next((places[up] for up in inside if up in places), None):
            raise UsageFault(f"{blocked.shown} would be {blocked.path}, which is also the folder of {each.shown}")
    return list(places.values())


def _is_folder(path: str, data: Path) -> bool:
    return not glob.has_magic(path) and ((data / path).is_dir() or not PurePosixPath(path).suffix)


def _checked(name: str, address: str) -> None:
    """Refuse a name that would lead out of the folder, or that no file system holds."""
    parts = name.split("/")
    if name.startswith("/") or "\\" in name or {"", ".", ".."} & set(parts) or re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", name):
        raise DataFault(f"{public(address)} holds a file named {name!r:.200}, which is no name for a file: nothing was brought")
    if max(len(part.encode()) for part in parts) > _LONGEST:
        raise DataFault(f"{public(address)} holds a name of more than {_LONGEST} bytes: {name[:60]!r}...; nothing was brought")


def _pattern(path: str, whole: bool) -> Any:
    """What a path means, as a question to a name below data: what `winnow run` will find there, and is called like data."""
    steps = [step if step == "**" else re.sub(r"\*\*+", "*", step) for step in PurePosixPath(path).parts]
    exact = re.compile(glob_translate("/".join([*steps, "**"] if whole else steps)))
    asked = not whole and bool(PurePosixPath(steps[-1]).suffix)
    fixed = {step for step in steps if not glob.has_magic(step)}

    def means(name: str) -> bool:
        hidden = any(step.startswith(".") and step not in fixed for step in name.split("/"))
        return not hidden and bool(exact.match(name)) and (asked or is_data(name))

    return means


def is_data(name: str) -> bool:
    """Whether a file is called like data: `.jsonl`, `.csv`, `.parquet`, or packed."""
    return PurePosixPath(name).suffix.lower() in _NAMED


def _none(source: str, address: str, names: list[str], path: str, below: str) -> str:
    data = [name for name in names if is_data(name) and not name.startswith(".")]
    if len(names) == 1:
        own = "/".join(part for part in (below if below != "." else "", names[0] if data else "dump.jsonl") if part)
        only = f"{public(address)} is the file {names[0]!r}, which `path: {path}` does not mean"
        return f"source {source!r}: {only}; write `path: {own}`"
    if not data:
        return f"source {source!r}: {public(address)} holds {len(names):,} files, and none is called like data"
    ends = sorted({PurePosixPath(name).name[PurePosixPath(name).name.find(".") :] for name in data})
    better = "/".join(part for part in (below if below != "." else "", "**", f"*{ends[0]}") if part)
    shown = ", ".join(sorted(data)[:5]) + (" ..." if len(data) > 5 else "")
    return (
        f"source {source!r}: {public(address)} has {len(data):,} data files, and `path: {path}` means none of them; "
        f"write for example `path: {better}`. They are: {shown}"
    )
