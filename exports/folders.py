"""A release to any place that fsspec knows: a folder, s3://, gs://, ...

ADDRESS/<fingerprint>/ holds a release, its manifest sent last; ADDRESS/current.json names the one that counts and is written when
all of it is there. So a reader sees the old release or the new one, older ones stay, and a push that broke off is done again.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from exports import leaving
from schemas.addresses import clean, public
from schemas.faults import DataFault, DeniedFault, MissingFault, StorageFault, UsageFault

_POINTER = "current.json"


def current(address: str) -> str | None:
    """The fingerprint of the release that stands there; None where there is none."""
    fs, root = _open(address)
    with _faults(address):
        if not fs.exists(f"{root}/{_POINTER}"):
            return None
        try:
            named = json.loads(fs.cat_file(f"{root}/{_POINTER}"))["fingerprint"]
        except (ValueError, KeyError, TypeError):
            named = ""
    if not re.fullmatch(r"[0-9a-f]{32}", str(named)):
        raise DataFault(f"{public(address)}/{_POINTER} names no release: somebody else keeps something there")
    return str(named)


def put(facts: dict[str, Any], files: leaving.Files, address: str) -> bool:
    """Send what leaves of a release (see `leaving`); False where it stood there already. Raises DeniedFault and StorageFault."""
    fs, root = _open(address)
    folder = f"{root}/{facts['fingerprint']}"
    if current(address) == facts["fingerprint"] and not lacks(facts, files, address):
        return False
    with _faults(address):
        for name in sorted(files, key=lambda name: name == "manifest.json"):
            _send(fs, files[name], f"{folder}/{name}", address)
        said = json.dumps({"fingerprint": facts["fingerprint"], "name": facts["name"]}).encode()
        fs.pipe_file(f"{root}/{_POINTER}", said)
    return True


def lacks(facts: dict[str, Any], files: leaving.Files, address: str) -> list[str]:
    """Of what leaves of a release, the files that are not there, or not of this size; of the manifest every byte counts."""
    fs, root = _open(address)

    def held(name: str, content: Path | bytes) -> bool:
        path = f"{root}/{facts['fingerprint']}/{name}"
        if not fs.exists(path) or fs.size(path) != leaving.size(content):
            return False
        whole = name != "manifest.json"
        return whole or fs.cat_file(path) == (content if isinstance(content, bytes) else content.read_bytes())

    with _faults(address):
        return sorted(name for name, content in files.items() if not held(name, content))


def reader(address: str, revision: str | None) -> tuple[str, Callable[[str, Path], None]]:
    """The fingerprint of the release there, or of the one whose begins with `revision`; and what brings one of its files."""
    fs, root = _open(address)
    found = current(address) if revision is None else _named(fs, root, address, revision)
    if found is None:
        raise MissingFault(f"{public(address)} holds no release: `winnow push RELEASE --to {public(address)}` puts one there")

    def get(name: str, into: Path) -> None:
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        with _faults(address):
            fs.get_file(f"{root}/{found}/{name}", str(into / name))

    return found, get


def _named(fs: Any, root: str, address: str, revision: str) -> str | None:
    with _faults(address):
        names = [each.rstrip("/").rpartition("/")[2] for each in fs.ls(root, detail=False)]
    found = [name for name in names if re.fullmatch(r"[0-9a-f]{32}", name) and name.startswith(revision)]
    return found[0] if len(found) == 1 else None


def _send(fs: Any, content: Path | bytes, into: str, address: str) -> None:
    fs.makedirs(into.rpartition("/")[0], exist_ok=True)
    if isinstance(content, bytes):
        fs.pipe_file(into, content)
    else:
        fs.put_file(str(content), into)
    if (there := fs.size(into)) != (here := leaving.size(content)):
        raise StorageFault(f"{public(address)}: {into.rpartition('/')[2]} has {there:,} bytes there and {here:,} here: try again")


def _open(address: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    try:
        with _faults(address):
            fs, root = url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise UsageFault(f"{public(address)}: {clean(error, address)}") from None
    return fs, str(root).rstrip("/")


@contextmanager
def _faults(address: str) -> Iterator[None]:
    """What a store says, as ours, with nothing secret of its address."""
    try:
        yield
    except FileNotFoundError as error:
        raise MissingFault(f"{public(address)}: not there: {clean(error, address)}") from None
    except PermissionError as error:
        raise DeniedFault(f"{public(address)}: not allowed: {clean(error, address)}") from None
    except OSError as error:
        raise StorageFault(f"{public(address)}: {clean(error, address)}: try again") from None
