"""Bring declared files: what an address holds, which of it is new, and each new file whole, checked and noted down.

Addresses are https://, hf://datasets/..., s3://, any other that fsspec reads, and paths. A file gets its name only when it is
whole and has the bytes it must have; a download that broke off goes on where it stopped.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from schemas.addresses import public
from schemas.faults import DataFault, DeniedFault, Fault, UsageFault
from sources import hub_files, notes, stores, web
from sources.drafts import Draft, draft
from sources.notes import Note
from sources.wanted import NetworkFault, Remote, Wanted, chosen, distinct

__all__ = ["Fetched", "NetworkFault", "Wanted", "distinct", "fetch", "look", "standing"]


@dataclass(frozen=True)
class Fetched:
    """A file that is there now; `new` is false when the same bytes were there before."""

    source: str
    path: Path
    note: Note
    new: bool


def look(source: str, url: str, spec: Any, data: Path) -> list[Wanted]:
    """The files of one address that a source wants; `spec` has path, sha256 and license. Nothing is brought.

    Raises UsageFault, MissingFault, DeniedFault, NetworkFault, and DataFault for a hostile name.
    """
    try:
        kind = _kind(url)
    except ValueError:
        raise UsageFault(f"source {source!r}: {public(url)} is no address") from None
    remotes = {"web": web.look, "hub": hub_files.look, "store": stores.look}[kind](url)
    if spec.sha256:
        if len(remotes) != 1:
            raise UsageFault(f"source {source!r}: sha256 pins one file, and {public(url)} holds {len(remotes):,}")
        remotes = [replace(remotes[0], sha256=spec.sha256)]
    return chosen(source, url, remotes, spec, data)


def standing(wanted: Wanted) -> Fetched | None:
    """The file, where it is there already and its place has nothing newer; known without bringing it."""
    remote = wanted.remote
    note = notes.standing(wanted.folder, wanted.name)
    if note is None and remote.sha256 and wanted.path.is_file() and notes.digest(wanted.path) == remote.sha256:
        note = Note(wanted.shown, remote.sha256, wanted.path.stat().st_size)  # somebody put it there
    if note is None or not _same(remote, wanted.shown, note):
        return None
    return _noted(wanted, note.sha256, note.size, remote.version or note.etag, new=False)


def fetch(wanted: Wanted, tell: Callable[[int, int | None], None] = lambda done, size: None) -> Fetched:
    """Bring one file and note it down; `tell` hears of bytes done and bytes in all.

    Raises NetworkFault (the next try goes on from there), BusyFault, StorageFault, and DataFault for other bytes than promised.
    """
    if (there := standing(wanted)) is not None and wanted.remote.version:
        return there
    known = notes.standing(wanted.folder, wanted.name)
    if known and wanted.remote.sha256 not in (None, known.sha256):
        known = None  # other bytes are wanted than those that are there
    with draft(wanted.path) as begun:
        version = _bring(wanted, begun, known, tell)
        if version is None:
            assert known is not None
            return _noted(wanted, known.sha256, known.size, known.etag, new=False)
        sha256, git, size = begun.sums()
        if (expected := wanted.remote.sha256 or wanted.remote.git) and expected not in (sha256, git):
            begun.drop()
            raise _other(wanted, sha256 if wanted.remote.sha256 else git, expected)
        new = not wanted.path.is_file() or notes.digest(wanted.path) != sha256
        begun.settle() if new else begun.drop()
        return _noted(wanted, sha256, size, version or None, new=new)


def _bring(wanted: Wanted, begun: Draft, known: Note | None, tell: Callable[[int, int | None], None]) -> str | None:
    """The bytes into the draft; their version, '' where it has none; None where the place has nothing newer."""
    mark = begun.mark() or {}
    version = wanted.remote.version if _kind(wanted.remote.url) == "hub" else mark.get("etag")
    done = begun.done({"url": _lasting(wanted), "etag": version}) if _joins(wanted, version) else 0
    for first in (done, 0):
        try:
            with _stream(wanted, first, version, known) as stream:
                if stream is None:
                    return None
                if stream.start == 0:
                    begun.begin({"url": _lasting(wanted), "etag": stream.version})
                begun.take(stream.pieces, stream.size, tell)
                return stream.version or ""
        except web.Stale:
            continue
    raise NetworkFault(f"{wanted.shown}: the server sends parts that nobody asked for; try again")


def _joins(wanted: Wanted, version: str | None) -> bool:
    """Whether a draft of this version may be gone on with: its bytes cannot be another version's, or the sum will tell."""
    return wanted.remote.sha256 is not None or _kind(wanted.remote.url) != "web" or web.is_strong(version)


def _lasting(wanted: Wanted) -> str:
    """An address that stays the same from one try to the next: on the Hub it names the commit, which may move."""
    return f"hub {wanted.name}" if _kind(wanted.remote.url) == "hub" else wanted.shown


@contextmanager
def _stream(wanted: Wanted, done: int, version: str | None, known: Note | None) -> Iterator[web.Stream | None]:
    """The bytes of a file from where its draft ends."""
    remote, kind = wanted.remote, _kind(wanted.remote.url)
    if kind == "web":
        etag = known.etag if known and known.url == wanted.shown else None
        with web.stream(remote.url, done=done, version=version, known=etag) as stream:
            yield stream
    elif kind == "hub":
        if done and done == remote.size:
            yield web.Stream(iter(()), done, remote.version, done)
            return
        url, headers = hub_files.request(remote)
        try:
            with web.stream(url, done=done, headers=headers) as stream:
                assert stream is not None
                yield replace(stream, version=remote.version, size=remote.size)
        except DeniedFault:
            raise hub_files.denied(remote) from None
    else:
        with stores.stream(remote, done, version) as stream:
            yield stream


def _same(remote: Remote, shown: str, note: Note) -> bool:
    """Whether a noted file is what its place has now, as far as can be known from the listing."""
    if remote.sha256:
        return note.sha256 == remote.sha256
    if remote.git:
        return note.etag == remote.git
    return remote.version is not None and (remote.version, shown) == (note.etag, note.url) and remote.size in (None, note.size)


def _noted(wanted: Wanted, sha256: str, size: int, etag: str | None, *, new: bool) -> Fetched:
    remote = wanted.remote
    license = remote.license or (wanted.license if wanted.license != "unknown" else None)
    note = Note(wanted.shown, sha256, size, etag, remote.revision, license)
    notes.add(wanted.folder, wanted.name, note)
    return Fetched(wanted.source, wanted.path, note, new)


def _other(wanted: Wanted, found: str, expected: str) -> Fault:
    if wanted.remote.revision:
        return NetworkFault(f"{wanted.shown}: the bytes have the hash {found}, the Hub says {expected}; try again")
    return DataFault(
        f"{wanted.shown}: the bytes have sha256 {found}, the recipe pins {expected}; run again, and if it stays so,"
        " pin the new one if you trust it"
    )


def _kind(url: str) -> str:
    scheme = urlsplit(url).scheme.lower()
    return "web" if scheme in ("http", "https") else "hub" if scheme == "hf" else "store"
