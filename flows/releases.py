"""Finding a release, and the texts of the rows that did not make it into one."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from flows import store
from flows.places import Places
from schemas.faults import DataFault, MissingFault

_PUBLISHED = re.compile(r"[A-Za-z0-9_-]+@[0-9a-f]{12}:")


def find(named: str | None, places: Places) -> Path:
    """A release by folder, by name (its current one), by name/fingerprint, or the one that was switched in last."""
    if named is None:
        return _latest(places)
    for folder in (Path(named), Path(named) / "current", places.releases / named / "current", places.releases / named):
        if (folder / "manifest.json").is_file():
            return folder.resolve()
    there = sorted(path.parent.name for path in places.releases.glob("*/current"))
    raise MissingFault(f"no release {named!r}; in {places.releases} there are: {', '.join(there) or 'none, run `winnow demo`'}")


def is_release(named: str, places: Places) -> bool:
    """Whether this word names a release."""
    return any((path / "manifest.json").is_file() for path in (Path(named), places.releases / named / "current"))


def manifest(release: Path) -> dict[str, Any]:
    """The release's manifest. Raises DataFault where it is damaged."""
    try:
        known = json.loads((release / "manifest.json").read_bytes())
        known["fingerprint"], known["files"]
    except (ValueError, KeyError, TypeError) as fault:
        raise DataFault(f"{release / 'manifest.json'} is damaged ({fault!r:.80}): run the recipe again") from None
    return known


def whole(release: Path) -> bool:
    """Whether a release stands complete: its manifest is there and every hash in it holds."""
    try:
        return all(store.sha256(release / name) == sha for name, sha in manifest(release)["files"].items())
    except (OSError, DataFault):
        return False


def settle(draft: Path, release: Path) -> None:
    """Give a draft its name, in one rename; a damaged release of that name steps aside first, for a moment only."""
    aside = release.with_name(release.name + ".old")
    release.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(aside, ignore_errors=True)
    if release.exists():
        os.replace(release, aside)
    os.replace(draft, release)
    shutil.rmtree(aside, ignore_errors=True)


def switch(release: Path) -> None:
    """Make this release the current one of its name, by one rename."""
    link = release.parent / "current"
    if link.is_symlink() and os.readlink(link) == release.name:
        os.utime(link, follow_symlinks=False)
        return
    draft = release.parent / ".current.part"
    draft.unlink(missing_ok=True)
    draft.symlink_to(release.name)
    os.replace(draft, link)


def note_texts(places: Places, fingerprint: str, shards: list[tuple[Path, Path]]) -> None:
    """Remember which (read, edited) shards hold the texts of a release's rows, kept and dropped."""
    path = _texts(places, fingerprint)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [[str(read.relative_to(places.work)), str(edited.relative_to(places.work))] for read, edited in shards]
    path.write_text(json.dumps(lines))


def texts(places: Places, release: Path, ids: list[str], *, edited: bool = True) -> dict[str, dict[str, Any]]:
    """Rows by id, as edited or as read, from the shards under `data/work`; where these are gone, what the sft export holds.

    A row NAME@FINGERPRINT:ID is looked for in the release that published it, where that is here.
    """
    held = _shards(places, manifest(release)["fingerprint"])
    wanted = pa.array(sorted(set(ids)), pa.string())
    found: dict[str, dict[str, Any]] = {}
    for pair in held:
        path = pair[1 if edited else 0]
        if path.is_file() and len(found) < len(wanted):
            table = pq.read_table(path, filters=[("id", "in", wanted.to_pylist())])
            found.update((row["id"], row) for row in table.to_pylist())
    for path in sorted(release.glob("sft/*.parquet")) if edited and len(found) < len(wanted) else ():
        table = pq.read_table(path, columns=["id", "messages"], filters=[("id", "in", wanted.to_pylist())])
        found = {row["id"]: row for row in table.to_pylist()} | found
    for name in filter(is_published, ids):
        label, _, row = name.partition(":")
        for folder in places.releases.glob(f"{label.replace('@', '/')}*"):
            found.update((name, each) for each in texts(places, folder, [row]).values())
    return found


def shards(places: Places, fingerprint: str) -> list[Path]:
    """The file of rows as read of each shard that a release was made of, in order; empty where that is not known here."""
    return [read for read, _ in _shards(places, fingerprint)]


def text_files(places: Places, release: Path) -> list[Path]:
    """Files of rows with their texts as judged: all of a release's, or where these are gone what its sft export holds."""
    held = [edited for _, edited in _shards(places, manifest(release)["fingerprint"]) if edited.is_file()]
    return held or sorted(release.glob("sft/*.parquet"))


def is_published(name: str) -> bool:
    """Whether a twin's name is NAME@FINGERPRINT:ID, that of a row which another release published."""
    return bool(_PUBLISHED.match(name))


def at_hand(places: Places, fingerprint: str) -> bool:
    """Whether all texts of a release's rows lie under `data/work`."""
    held = _shards(places, fingerprint)
    return bool(held) and all(path.is_file() for pair in held for path in pair)


def _shards(places: Places, fingerprint: str) -> list[list[Path]]:
    try:
        return [[places.work / name for name in pair] for pair in json.loads(_texts(places, fingerprint).read_bytes())]
    except (OSError, ValueError):
        return []


def _texts(places: Places, fingerprint: str) -> Path:
    return places.work / "texts" / f"{fingerprint}.json"


def _latest(places: Places) -> Path:
    links = [path for path in places.releases.glob("*/current") if (path / "manifest.json").is_file()]
    if not links:
        raise MissingFault(f"no release in {places.releases} yet: start with `winnow demo` or `winnow run everyday my_dump.json`")
    return max(links, key=lambda path: (path.lstat().st_mtime_ns, path.parent.name)).resolve()
