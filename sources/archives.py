"""Files inside a zip or tar, read where they lie: nothing is ever written under a member's name.

Members are refused that a sound archive of data does not have: paths that lead out, links and devices, encrypted ones, archives
in archives, names that a disk could take for one, sizes that only a bomb has. A packed tar is unpacked once, into a file that
has no name; like any packed stream it gives nothing where its checksum or its end is wrong, unless it is to be salvaged.
"""

import os
import re
import stat
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from sources import streams
from sources.data import SEEN, is_data
from sources.file import File
from sources.kinds import Corrupt, archive, compression
from sources.members import BROKEN, FLOOR, RATIO, Entry, Member, is_bomb, taped, zipped

__all__ = ["Member", "Refused", "left_out", "parts"]

MOST = 100_000  # members of one archive
_AGAIN = 4  # what is packed twice should gain nothing the second time


@dataclass(frozen=True)
class Refused:
    """A member, or a whole archive, that breaks the rules."""

    name: str
    reason: str
    detail: str


def parts(file: File) -> Iterator[File | Refused]:
    """The members of an archive that are data, sorted by the bytes of their ids; any other file is its own only part."""
    for part in _all(file):
        if not isinstance(part, _Other):
            yield part


def left_out(file: File) -> list[str]:
    """The names of members that are no data."""
    return [part.name for part in _all(file) if isinstance(part, _Other)]


class _Other(NamedTuple):
    """A member that is no data."""

    name: str


def _all(file: File) -> Iterator[File | Refused | _Other]:
    if file.member:
        yield file
        return
    try:
        if not stat.S_ISREG(file.path.stat().st_mode):
            yield Refused(file.name, "not_regular", "neither a file nor a folder")
            return
        kind = archive(streams.peek(file.path))
    except OSError as error:
        yield Refused(file.name, "unreadable", error.strerror or str(error))
        return
    if not kind:
        yield file
        return
    found: list[Entry] = []
    try:
        for entry in zipped(file.path) if kind == "zip" else taped(file.path, file.salvage):
            found.append(entry)
            if len(found) > MOST:
                raise Corrupt("too_many", f"more than {MOST:,} members")
    except Corrupt as broken:
        found = [] if broken.reason in ("bomb", "too_many") else found
        yield Refused(file.name, broken.reason, broken.detail)
    except (*BROKEN, OSError) as error:
        yield Refused(file.name, "corrupt_stream", f"{kind}: {error}; the archive is cut or changed: bring it anew")
    named = zip(_names(found), found, strict=True)
    yield from sorted((_judged(file, *name, entry) for name, entry in named), key=lambda part: f"{part.name}#".encode())


def _names(entries: list[Entry]) -> Iterator[tuple[str, bool]]:
    """Each member's name as text that leads nowhere, no two the same, and whether a disk would take it for an earlier one."""
    taken: set[str] = set()
    folded: set[str] = set()
    last: Counter[str] = Counter()
    for entry in entries:
        parts = re.split(r"[/\\]+", os.fsencode(entry.name).decode("utf-8", "backslashreplace").replace("\0", "%00"))
        name = own = "/".join("__" if part == ".." else part for part in parts if part not in ("", "."))
        fold = unicodedata.normalize("NFC", name).casefold()
        while own in taken:
            last[name] += 1
            own = f"{name} ({last[name] + 1})"
        taken.add(own)
        yield own, fold in folded
        folded.add(fold)


def _judged(file: File, name: str, again: bool, entry: Entry) -> File | Refused | _Other:
    own = f"{file.name}/{name}"
    steps = re.split(r"[/\\]", entry.name)
    if ".." in steps or steps[0] == "" or re.match("[A-Za-z]:", entry.name) or "\0" in entry.name or not name:
        return Refused(own, "unsafe_name", f"{entry.name[:200]!r} leads out of the archive, or is no name")
    if any(part.startswith(".") or part == "__MACOSX" for part in name.split("/")):
        return _Other(own)
    try:
        fault = _fault(entry, again) or _content(entry, name)
    except (Corrupt, *BROKEN) as error:
        fault = "corrupt_stream", str(error)
    if fault:
        return Refused(own, *fault) if fault[0] else _Other(own)
    return replace(file, name=own, member=entry.member, size=entry.member.size)


def _fault(entry: Entry, again: bool) -> tuple[str, str] | None:
    """What is wrong with a member as its archive lists it."""
    size = entry.member.size
    if entry.reason:
        return entry.reason, entry.detail
    if is_bomb(size, entry.packed):
        return "bomb", f"{entry.packed:,} bytes would grow to {size:,}: more than {RATIO} times"
    return ("repeated_name", "an earlier member has this name, or one that differs only by case") if again else None


def _content(entry: Entry, name: str) -> tuple[str, str] | None:
    """What is wrong with what a member holds; no reason where it is only no data."""
    with entry.member.open() as handle:
        first = handle.read(SEEN)
    packed = compression(first) != "plain"
    if archive(first) or (packed and archive(streams.peek(entry.member))):
        return "nested_archive", "an archive in an archive is not opened: unpack the outer one"
    if packed and entry.member.size > max(FLOOR // 10, _AGAIN * entry.packed):
        return "bomb", f"it is packed, and the archive packs it {_AGAIN} times closer once more"
    return None if is_data(name, first) else ("", "")
