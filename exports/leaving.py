"""What of a release may leave: the files that its manifest lists, each with the bytes that it says, and nothing else."""

import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import Any

from exports.card import card
from schemas.faults import DataFault, MissingFault

Files = dict[str, Path | bytes]  # name -> the file, or what is sent in its place
Leaves = tuple[dict[str, Any], Files]  # a manifest, and what is sent


def verified(release: Path) -> Leaves:
    """The manifest, and every file to send, each with the hash that the manifest says."""
    path = release / "manifest.json"
    if not path.is_file():
        raise MissingFault(f"{path}: no manifest, so this is no release; `winnow run` makes one")
    manifest = json.loads(path.read_bytes())
    files: Files = {"manifest.json": path}
    for name, said in sorted(manifest["files"].items()):
        files[name] = _checked(release, name, said)
    if "README.md" not in files:
        files["README.md"] = card(release).encode()
    return manifest, files


def instead(manifest: dict[str, Any], files: Files, made: dict[str, bytes], **facts: Any) -> Leaves:
    """The same with these bytes in place of files, and a manifest that has their hashes, and these facts."""
    hashes = {name: hashlib.sha256(text).hexdigest() for name, text in made.items()}
    said = manifest | facts | {"files": dict(sorted((manifest["files"] | hashes).items()))}
    return said, {**files, **made, "manifest.json": written(said)}


def written(manifest: dict[str, Any]) -> bytes:
    """A manifest as it lies in a release."""
    return (json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def safe(name: str) -> str:
    """A file's name as a manifest lists it. Raises DataFault where it leads out of the release, or to quarantine."""
    parts = PurePosixPath(name).parts
    if (
        not parts
        or name.startswith("/")
        or "\\" in name
        or "\0" in name
        or {"..", ".git"} & set(parts)
        or any("quarantine" in part.lower() for part in parts)
    ):
        raise DataFault(
            f"manifest.json lists {name!r}, which may not leave: a release holds only its own files, and never quarantine"
        )
    return name


def _checked(release: Path, name: str, said: str) -> Path:
    path = release / safe(name)
    if not path.is_file():
        raise MissingFault(f"{path}: listed in manifest.json and not there; make the release again with `winnow run`")
    if not path.resolve().is_relative_to(release.resolve()):
        raise DataFault(f"{path} leads out of the release: only files of the release are pushed")
    found = sha256(path)
    if found != said:
        raise DataFault(f"{path} was changed: its sha256 is {found[:12]}, manifest.json says {said[:12]}; make the release again")
    return path


def sha256(path: Path) -> str:
    """Of a file's bytes, in hex."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def size(content: Path | bytes) -> int:
    """Bytes of a file, or of what would be one."""
    return len(content) if isinstance(content, bytes) else content.stat().st_size
