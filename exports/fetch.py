"""A release from somewhere back into a folder: every file that its manifest lists, each with the bytes that it says."""

import json
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from exports import leaving
from exports.card import card
from schemas.faults import DataFault

Get = Callable[[str, Path], None]  # brings one file, by its name in the release, below a folder
_AT_ONCE = 4


def manifest(get: Get, draft: Path, where: str) -> dict[str, Any]:
    """The manifest, brought into `draft`. Raises DataFault where it is none of ours; a stranger may have written it."""
    get("manifest.json", draft)
    try:
        facts = json.loads((draft / "manifest.json").read_bytes())
        sound = (
            re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", facts["name"])
            and re.fullmatch(r"[0-9a-f]{32}", facts["fingerprint"])
            and all(re.fullmatch(r"[0-9a-f]{64}", sha) for sha in facts["files"].values())
            and all(map(leaving.safe, facts["files"]))
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        sound = None
    if not sound:
        raise DataFault(f"{where}: its manifest.json is none of winnow's, or damaged")
    return dict(facts)


def files(get: Get, draft: Path, facts: dict[str, Any], only: Callable[[str], bool] = lambda _: True) -> None:
    """Bring the files that `only` takes. Raises DataFault with the first whose bytes are not those that the manifest says."""
    names = [name for name in sorted(facts["files"]) if only(name)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda name: get(name, draft), names))
    shutil.rmtree(draft / ".cache", ignore_errors=True)  # the Hub's client keeps its notes there
    found = {name: leaving.sha256(draft / name) for name in names}
    changed = [name for name in names if found[name] != facts["files"][name]]
    if others := [name for name in changed if name != "README.md"]:
        said = f"(sha256 {found[others[0]][:12]}, not {facts['files'][others[0]][:12]})"
        raise DataFault(
            f"{others[0]} is not what its manifest says {said}: it was changed there since; a tag still has it: --revision TAG"
        )
    if changed:
        _card_again(draft, facts)


def _card_again(draft: Path, facts: dict[str, Any]) -> None:
    """A card that somebody wrote into since is made again from the release, and the manifest says so."""
    (draft / "README.md").unlink()
    text = card(draft).encode()
    (draft / "README.md").write_bytes(text)
    (draft / "manifest.json").write_bytes(leaving.written(leaving.instead(facts, {}, {"README.md": text})[0]))
